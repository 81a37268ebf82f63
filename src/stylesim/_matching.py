"""Whether a product is what a query asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stylesim import _product_checks as checks

if TYPE_CHECKING:
    from stylesim.products import Product, ProductQuery


def sizes_of(product: Product) -> list[str]:
    """The sizes to be had, one by one."""
    return [part for part in re.split("[,;/|]", product.size or "") if part.strip()]


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
    named = ((query.category, product.category), (query.brand, product.brand))
    if not all(checks.is_named(wanted, said, product.title) for wanted, said in named):
        return False
    if query.colour and product.colour and not checks.same(query.colour, product.colour):
        return False
    if query.gender and product.gender not in (None, "unisex", query.gender):
        return False
    if query.available is not None and product.available not in (None, query.available):
        return False
    size = query.size
    return size is None or any(checks.same(size, part) for part in sizes_of(product))


def words_fit(query: ProductQuery, product: Product) -> bool:
    """Whether each word is found in the texts of the product."""
    if not query.words:
        return True
    text = text_of(product)
    return all(word.casefold() in text for word in query.words)
