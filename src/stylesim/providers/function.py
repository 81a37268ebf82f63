"""A provider of any function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from stylesim._checks import check_whole
from stylesim.errors import expected
from stylesim.products import ProductQuery, ProviderTerms
from stylesim.providers.base import AbstractProductProvider, SearchResult, ask, fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@attrs.frozen
class FunctionProvider(AbstractProductProvider):
    """Makes a provider of a function from a query to products.

    Args:
        function: Takes a ``stylesim.ProductQuery``, returns products, or mappings with
            the fields of ``stylesim.Product``, read as the rows of a catalogue are. A
            mapping that is no product is skipped and reported. It may ignore the query: what
            does not fit is dropped.
        name: What to call it in messages.
        terms: What may be done with its answers.
        most: Products read at most from one answer, so that an endless one ends.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind.

    Examples:
        >>> shelf = [
        ...     {"id": "1", "title": "Pleated skirt", "url": "https://shop.example/1"},
        ...     {"id": "2", "title": "Wool coat", "url": "javascript:alert(1)"},
        ... ]
        >>> shop = FunctionProvider(lambda query: shelf, name="shelf")
        >>> found = shop.search(ProductQuery(words="skirt"))
        >>> [product.title for product in found], found.skipped[0].id
        (['Pleated skirt'], '2')
    """

    function: Callable[[ProductQuery], Iterable[Any]]
    name: str = attrs.field(default="function", kw_only=True)
    terms: ProviderTerms = attrs.field(factory=ProviderTerms, kw_only=True)
    most: int = attrs.field(default=10_000, kw_only=True)

    def __attrs_post_init__(self) -> None:
        function: object = self.function
        name: object = self.name
        terms: object = self.terms
        if not callable(function):
            raise expected("function", "a function of one query", function, "pass a callable")
        if not isinstance(name, str) or not name:
            raise expected("name", "a name", name, "name the shop")
        if not isinstance(terms, ProviderTerms):
            raise expected("terms", "ProviderTerms", terms, "pass ProviderTerms()")
        check_whole("most", self.most, "pass most=10_000")

    def search(self, query: ProductQuery) -> SearchResult:
        """Call the function, and keep what fits the query.

        Raises:
            ProviderError: The function failed, or returned something other than products.
        """
        return fitting(ask(self.function, query, name=self.name, most=self.most), query)
