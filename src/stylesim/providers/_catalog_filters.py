"""A query as a filter of a catalogue on disk.

Filters are built of columns and literals, never of text, so nothing that a title, a brand or a
user says can be read as part of the filter. A product passes exactly where
``stylesim.ProductQuery.matches`` lets it pass.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

from stylesim._matching import folded_size, has_bounds
from stylesim._product_checks import folded, folded_kind
from stylesim.providers._catalog_rows import UNKNOWN_PRICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stylesim.products import ProductQuery

    Silent = Callable[[str], bool]

_TITLED = ("category", "brand")  # where nothing is said, the title has to name it


def one_of(column: str, values: Iterable[str]) -> Any:
    """Whether a column holds one of some texts."""
    from lancedb.expr import col, lit

    wanted = [lit(value) for value in values]
    return col(column) == wanted[0] if len(wanted) == 1 else col(column).isin(wanted)


def values(query: ProductQuery) -> dict[str, list[str]]:
    """What columns have to hold, unless they hold nothing, which the title or nobody decides."""
    asked: dict[str, list[str]] = {}
    if query.slot is not None:
        asked["slot"] = [query.slot.value]
    if query.category is not None:
        asked["category"] = [folded_kind(query.category)]
    if query.brand is not None:
        asked["brand"] = [folded(query.brand)]
    if query.colour:
        asked["colour"] = [folded(query.colour)]
    if query.gender:
        asked["gender"] = ["unisex", query.gender]
    if query.available is not None:
        asked["available"] = ["yes" if query.available else "no"]
    return asked


def facts(query: ProductQuery, silent: Silent) -> list[Any]:
    """Terms for all but the price.

    Args:
        query: What is asked.
        silent: Says whether some product leaves a column empty; asked only where it matters,
            since a filter without that case is served by an index alone.
    """
    from lancedb.expr import col, lit

    terms: list[Any] = []
    for column, wanted in values(query).items():
        named = one_of(column, wanted)
        if silent(column):
            unsaid = one_of(column, [""])
            if column in _TITLED:
                unsaid = unsaid & col("title").contains(lit(wanted[0]))
            named = or_(named, unsaid)
        terms.append(named)
    if query.size is not None:
        terms.append(col("size").contains(lit(f"|{folded_size(query.size)}|")))
    terms += [col("text").contains(lit(word.casefold())) for word in query.words]
    return terms


def price(query: ProductQuery, *, doubt: bool) -> list[Any]:
    """Terms for a price that is known and within the bounds.

    Args:
        query: What is asked.
        doubt: Whether some product has a price that cannot be compared.
    """
    from lancedb.expr import col, lit

    if not has_bounds(query):
        return []
    terms = []
    if doubt or query.min_price:
        terms.append(col("price") >= lit(float(query.min_price or 0.0)))
    if query.max_price is not None:
        terms.append(col("price") <= lit(float(query.max_price)))
    if doubt and query.currency is not None:
        terms.append(one_of("currency", [query.currency]))
    return terms


def unclear(query: ProductQuery) -> Any:
    """Term for a price that cannot be compared."""
    from lancedb.expr import col, lit

    term = col("price") == lit(UNKNOWN_PRICE)
    if query.currency is not None:
        term = or_(term, col("currency") != lit(query.currency))
    return term


def joined(terms: list[Any]) -> Any:
    """All terms at once; None for no term."""
    return reduce(and_, terms) if terms else None


def equal(column: str, value: object) -> Any:
    """Whether a column holds one value."""
    from lancedb.expr import col, lit

    return col(column) == lit(value)


def seen() -> Any:
    """Whether a row has a vector."""
    return equal("seen", True)
