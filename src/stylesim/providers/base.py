"""The plug-in that products come from: one method, its terms, and what it answers."""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, overload

import attrs

from stylesim.errors import ProviderError, StyleSimError, StyleSimWarning, expected
from stylesim.products import Product, ProviderTerms, SkippedProduct
from stylesim.providers._rows import Intake

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylesim.products import ProductQuery


_TODO = "return a list of products from search"


class SkippedProductWarning(StyleSimWarning):
    """Some rows of a catalogue could not be used; its ``skipped`` lists them."""


class AbstractProductProvider(abc.ABC):
    """Where products come from: a shop, a database, a file.

    To write one, derive from this class and write ``search``. Ranking by
    the picture, leaving out what is owned, and the reasons are not its work.

    Attributes:
        name: What to call it in messages.
        terms: What may be done with its answers.

    Examples:
        >>> from stylesim.products import ProductQuery
        >>> class OneSkirt(AbstractProductProvider):
        ...     name = "one skirt"
        ...
        ...     def search(self, query):
        ...         skirt = Product(id="1", title="Skirt", url="https://shop.example/1")
        ...         return [skirt] if query.matches(skirt) else []
        >>> len(OneSkirt().search(ProductQuery(slot="bottom")))
        1
    """

    name: str = "provider"
    terms: ProviderTerms = ProviderTerms()

    @abc.abstractmethod
    def search(self, query: ProductQuery) -> Iterable[Product]:
        """Find products.

        Args:
            query: What is asked; ``stylesim.ProductQuery.matches`` says whether a
                product fits.

        Returns:
            Products, the likeliest first, at most ``query.limit``. A
            ``SearchResult`` can also tell what could not be used.

        Raises:
            ProviderError: The shop did not answer, or answered with nonsense.
        """

    async def asearch(self, query: ProductQuery) -> Sequence[Product]:
        """Search without blocking the event loop; by default in a thread.

        Args:
            query: As for ``search``.

        Returns:
            As ``search``, as a sequence.

        Raises:
            ProviderError: As for ``search``.
        """

        def found() -> Sequence[Product]:
            answer = self.search(query)
            return answer if isinstance(answer, Sequence) else tuple(answer)

        return await asyncio.to_thread(found)


@attrs.frozen(repr=False)
class SearchResult(Sequence[Product]):
    """Products found, and what was found but could not be used.

    Attributes:
        products: The products, the likeliest first.
        skipped: What could not be used, each with the reason.
        cosines: How near each product is to ``query.near``, -1 to 1; empty where nothing was
            to be near, or the provider has no vectors.

    Examples:
        >>> skirt = Product(id="1", title="Skirt", url="https://shop.example/1")
        >>> found = SearchResult([skirt], [SkippedProduct("its price is not known", id="2")])
        >>> len(found), found[0].title, found.skipped[0].id
        (1, 'Skirt', '2')
    """

    products: tuple[Product, ...] = attrs.field(default=(), converter=tuple[Product, ...])
    skipped: tuple[SkippedProduct, ...] = attrs.field(
        default=(), converter=tuple[SkippedProduct, ...]
    )
    cosines: tuple[float, ...] = attrs.field(default=(), converter=tuple[float, ...])

    def __repr__(self) -> str:
        return f"SearchResult({len(self.products)} products, {len(self.skipped)} skipped)"

    def __len__(self) -> int:
        return len(self.products)

    @overload
    def __getitem__(self, place: int) -> Product: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Product, ...]: ...
    def __getitem__(self, place: int | slice) -> Product | tuple[Product, ...]:
        return self.products[place]


def ask(
    search: Callable[[ProductQuery], object], query: ProductQuery, *, name: str, most: int
) -> SearchResult:
    """Search where nobody has promised to keep to the contract.

    Args:
        search: The method or function.
        query: What is asked.
        name: What to call the shop in messages.
        most: Products read at most, so that an endless answer ends.

    Returns:
        What it found, each id of a source once. Mappings are made into products; those that
        cannot be are among the skipped ones.

    Raises:
        ProviderError: It failed, or answered with something other than products.
        StyleSimError: It raised such an error itself.
    """
    try:
        answer = search(query)
        offers = _listed(answer, name, most)
    except StyleSimError:
        raise
    except Exception as error:  # whatever a plug-in raises
        raise _failed(name, error) from error
    return _read(answer, offers, name, most)


async def aask(
    provider: AbstractProductProvider, query: ProductQuery, *, name: str, most: int
) -> SearchResult:
    """As ``ask``, without blocking the event loop.

    A provider that has an ``asearch`` of its own is awaited; any other is asked in a thread.
    """
    own = getattr(type(provider), "asearch", None)
    if own is None or own is AbstractProductProvider.asearch:
        return await asyncio.to_thread(ask, provider.search, query, name=name, most=most)
    try:
        answer = await provider.asearch(query)
        offers = _listed(answer, name, most)
    except StyleSimError:
        raise
    except Exception as error:  # whatever a plug-in raises
        raise _failed(name, error) from error
    return _read(answer, offers, name, most)


def _listed(answer: object, name: str, most: int) -> list[object]:
    """What an answer holds, and one more where it holds more than ``most``."""
    if isinstance(answer, (str, bytes, Mapping)) or not isinstance(answer, Iterable):
        raise expected(name, "products", type(answer).__name__, _TODO, ProviderError)
    return list(islice(answer, most + 1))


def _read(answer: object, offers: list[object], name: str, most: int) -> SearchResult:
    skipped = list(answer.skipped) if isinstance(answer, SearchResult) else []
    if len(offers) > most:
        del offers[most:]
        skipped.append(SkippedProduct(f"{name} had more; only its first {most:,} were read"))
    intake = Intake(name, several=True)
    for number, offer in enumerate(offers, start=1):
        if not isinstance(offer, (Product, Mapping)):
            raise expected(name, "products", type(offer).__name__, _TODO, ProviderError)
        intake.take(number, offer, source=name)
    return SearchResult(intake.products, (*skipped, *intake.skipped))


def _failed(name: str, error: Exception) -> StyleSimError:
    wish, got = "an answer", f"{type(error).__name__}: {error}"
    return expected(name, wish, got, "look at the error above", ProviderError)


def fitting(found: SearchResult, query: ProductQuery) -> SearchResult:
    """Keep what fits a query; products whose price cannot be compared are told of.

    Args:
        found: Products of any kind.
        query: What is asked.

    Returns:
        At most ``query.limit`` of them, in their order.
    """
    unclear = [(product, query.unclear(product)) for product in found]
    told = [
        SkippedProduct(why, id=product.id, source=product.source)
        for product, why in unclear
        if why is not None
    ]
    kept = [product for product, why in unclear if why is None and query.matches(product)]
    return SearchResult(kept[: query.limit], (*found.skipped, *told))


def provider_name(provider: AbstractProductProvider) -> str:
    """Name of a provider for messages; its class where it has kept the default."""
    name = getattr(provider, "name", None)
    if not isinstance(name, str) or name == AbstractProductProvider.name:
        return type(provider).__name__
    return name
