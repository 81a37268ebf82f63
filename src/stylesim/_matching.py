"""Whether a product is what a query asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stylesim import _product_checks as checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylesim.products import Product, ProductQuery


_NUMBER = r"\d+(?:\.\d+|,5)?"
# Half sizes have a comma also in lists that are parted by commas.
_LISTED = re.compile(r"\d\d,5(?!\d)|[^,]+")
# Waist and length, a double size, or a fraction: which of them, a shop does not say.
_ONE_SIZE = re.compile(rf"{_NUMBER}|(?:\d+ )?{_NUMBER} ?/ ?{_NUMBER}")


def folded_size(text: str) -> str:
    """A size without case and spaces; nothing else of it is dropped, as "XS" is no "X"."""
    plain = re.sub(r"[^\w./]|_", "", text.casefold().replace(",", "."))
    return plain.strip("./").removesuffix(".0")


def sizes_of(product: Product) -> list[str]:
    """The sizes to be had, folded: one by one, and the text that lists them."""
    text = product.size or ""
    items = re.split(r"[;|]|,(?!\d)|(?<!\d),", text)
    found = [text, *items]
    for item in items:
        for part in [item] if _ONE_SIZE.fullmatch(item.strip()) else item.split("/"):
            found += [part] if _ONE_SIZE.fullmatch(part.strip()) else _LISTED.findall(part)
    return [size for size in dict.fromkeys(map(folded_size, found)) if size]


def text_of(product: Product) -> str:
    """All that a product says, in one case, for words to be found in."""
    said = (product.title, product.brand, product.category, product.colour, product.description)
    return " ".join(part for part in said if part).casefold()


def has_bounds(query: ProductQuery) -> bool:
    """Whether a lowest or highest price is asked for."""
    return query.min_price is not None or query.max_price is not None


def price_fits(query: ProductQuery, product: Product) -> bool:
    """Whether the price is known, comparable and within the bounds, where there are any."""
    if not has_bounds(query):
        return True
    if product.price is None or query.currency not in (None, product.currency):
        return False
    low = 0.0 if query.min_price is None else query.min_price
    return low <= product.price and (query.max_price is None or product.price <= query.max_price)


def facts_fit(query: ProductQuery, product: Product) -> bool:
    """Whether nothing that the product says is against the query, price and words aside."""
    if query.slot is not None and product.slot not in (None, query.slot):
        return False
    if not _is_named(query.category, product.category, product.title, checks.folded_kind):
        return False
    if not _is_named(query.brand, product.brand, product.title, checks.folded):
        return False
    if query.colour and product.colour and not checks.same(query.colour, product.colour):
        return False
    if query.gender and product.gender not in (None, "unisex", query.gender):
        return False
    if query.available is not None and product.available not in (None, query.available):
        return False
    return query.size is None or folded_size(query.size) in sizes_of(product)


def _is_named(wanted: str | None, said: str | None, title: str, fold: Callable[[str], str]) -> bool:
    if wanted is None:
        return True
    return fold(wanted) in checks.folded(title) if said is None else fold(wanted) == fold(said)


def words_fit(query: ProductQuery, product: Product) -> bool:
    """Whether each word is found in the texts of the product."""
    if not query.words:
        return True
    text = text_of(product)
    return all(word.casefold() in text for word in query.words)
