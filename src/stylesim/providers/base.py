"""The one method that makes a provider."""

from __future__ import annotations

import abc
import asyncio
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.products import ProviderTerms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stylesim.products import Product, ProductQuery


class SkippedProductWarning(UserWarning):
    """Some rows of a catalogue or answer could not be used; ``skipped`` lists them."""


@attrs.frozen
class SkippedProduct:
    """A row that made no product.

    Attributes:
        source: File or provider it stood in.
        row: Its number: the line of a CSV or JSONL file counted from 1, header
            included; the place in an answer or a list counted from 1.
        reason: Why, in words for people.
    """

    source: str
    row: int
    reason: str


class AbstractProductProvider(abc.ABC):
    """A source of products: a shop, a catalogue, a database.

    Write :meth:`search`; the rest has defaults. Check the result with
    :func:`stylesim.providers.contract.check_provider`.

    Attributes:
        name: Name in messages and in ``Product.source``; the class's own unless set.
        terms: What may be done with the answers.

    Example:
        >>> from stylesim.products import Product, ProductQuery
        >>> class OneShirt(AbstractProductProvider):
        ...     def search(self, query):
        ...         shirt = Product("1", "Linen shirt", "https://shop.example/1", slot="top")
        ...         return [shirt] if query.matches(shirt) else []
        >>> [product.title for product in OneShirt().search(ProductQuery(slot="top"))]
        ['Linen shirt']
    """

    name: str = ""
    terms: ProviderTerms = ProviderTerms()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        stated = "name" in vars(cls) or "name" in vars(cls).get("__annotations__", {})
        if not stated and isinstance(cls.name, str):  # a slot or property is inherited as it is
            cls.name = cls.__name__

    @abc.abstractmethod
    def search(self, query: ProductQuery) -> Iterable[Product]:
        """Give the products that answer a query, best first.

        Args:
            query: What is wanted; give at most ``query.limit`` products.

        Returns:
            Products, none twice; ranking by their pictures is left to the caller.

        Raises:
            ProviderError: The source did not answer, or answered with nonsense.
        """

    async def asearch(self, query: ProductQuery) -> list[Product]:
        """Search without blocking the event loop; by default in a thread.

        Args:
            query: As for :meth:`search`.

        Returns:
            As :meth:`search`, as a list.

        Raises:
            ProviderError: As for :meth:`search`.
        """
        return await asyncio.to_thread(lambda: list(self.search(query)))
