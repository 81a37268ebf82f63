"""A provider made of any function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import ProviderError, StyleSimError, expected
from stylesim.products import ProviderTerms
from stylesim.providers._rows import Intake
from stylesim.providers.base import AbstractProductProvider, SkippedProduct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stylesim.products import Product, ProductQuery


@attrs.define(eq=False)
class FunctionProvider(AbstractProductProvider):
    """Makes a provider of any function from a query to products.

    What does not match the query is left out, so the function may give more
    than was asked for. Rows that make no product are left out and listed in
    ``skipped``.

    Args:
        function: Takes a :class:`ProductQuery`; gives :class:`Product` values,
            or mappings with their fields.
        name: Name in messages and in ``Product.source``.
        terms: What may be done with the answers.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind.

    Example:
        >>> from stylesim.products import ProductQuery
        >>> row = {"id": "1", "title": "Jeans", "url": "https://shop.example/1", "slot": "bottom"}
        >>> shop = FunctionProvider(lambda query: [row], name="shelf")
        >>> [product.title for product in shop.search(ProductQuery(slot="bottom"))]
        ['Jeans']
    """

    function: Callable[[ProductQuery], Iterable[Any]]
    name: str = attrs.field(default="function", kw_only=True)
    terms: ProviderTerms = attrs.field(factory=ProviderTerms, kw_only=True)
    skipped: tuple[SkippedProduct, ...] = attrs.field(default=(), init=False, repr=False)
    """Rows of the last search that made no product."""

    def __attrs_post_init__(self) -> None:
        function: object = self.function
        if not callable(function):
            wish = "a function of a ProductQuery"
            raise expected("function", wish, function, "pass a callable")
        check_name(self.name)

    def search(self, query: ProductQuery) -> list[Product]:
        """Call the function; see :meth:`AbstractProductProvider.search`."""
        intake = Intake(self.name)
        try:
            for number, row in enumerate(self.function(query), start=1):
                intake.take(number, row, source=self.name)
        except StyleSimError:
            raise
        except Exception as error:
            message = f"Provider {self.name!r} failed: {type(error).__name__}: {error}"
            raise ProviderError(message, provider=self.name) from error
        self.skipped = tuple(intake.skipped)
        return [product for product in intake.products if query.matches(product)][: query.limit]


def check_name(name: object) -> None:
    """Refuse what is no name."""
    if not isinstance(name, str) or not name.strip():
        raise expected("name", "a name", name, "name the source of the products")
