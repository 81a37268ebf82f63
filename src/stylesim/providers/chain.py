"""Several providers as one."""

from __future__ import annotations

import asyncio
from itertools import chain, islice, repeat, zip_longest
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import ProviderError, StyleSimError, expected
from stylesim.products import Product, ProviderTerms, SkippedProduct
from stylesim.providers._rows import check_name
from stylesim.providers.base import AbstractProductProvider, SearchResult, provider_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stylesim.products import ProductQuery

_MODES = ("first", "merge")


@attrs.frozen
class ProviderFailure:
    """A provider of a chain that gave no answer, or only a part of one.

    Attributes:
        provider: Its name.
        error: What went wrong.
    """

    provider: str
    error: StyleSimError


def _providers(values: Iterable[Any]) -> tuple[AbstractProductProvider, ...]:
    wish, todo = "at least one provider", "pass a list of providers"
    try:
        providers = tuple(values)
    except TypeError:
        raise expected("providers", wish, values, todo) from None
    if not providers or not all(isinstance(each, AbstractProductProvider) for each in providers):
        raise expected("providers", wish, providers, todo)
    return providers


@attrs.define(eq=False)
class ChainProvider(AbstractProductProvider):
    """Asks several providers: until one answers, or all of them.

    A provider that fails, or has retired by its terms, costs only its own
    answer: ``errors`` and ``skipped`` of the answer then name it, and what it gave
    before it failed is kept. Products with an address that came before are left out.

    Args:
        providers: In the order in which they are asked.
        mode: ``"first"`` stops at the first that has products; ``"merge"`` asks
            all and takes from them in turn. One whose terms forbid mixing
            (``may_mix=False``) is then asked only where the others have nothing,
            and stands alone.
        name: Name in messages.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind.
        ProviderError: When searched: every provider failed.

    Examples:
        >>> from stylesim.products import Product, ProductQuery
        >>> from stylesim.providers import CatalogProvider, FunctionProvider
        >>> shirt = Product("1", "Linen shirt", "https://shop.example/1")
        >>> broken = FunctionProvider(lambda query: 1 / 0, name="broken")
        >>> shop = ChainProvider([broken, CatalogProvider.from_products([shirt])])
        >>> len(shop.search(ProductQuery())), [failure.provider for failure in shop.errors]
        (1, ['broken'])
    """

    providers: tuple[AbstractProductProvider, ...] = attrs.field(converter=_providers)
    mode: str = attrs.field(default="first", kw_only=True)
    name: str = attrs.field(default="chain", kw_only=True)
    terms: ProviderTerms = attrs.field(init=False, repr=False)
    errors: tuple[ProviderFailure, ...] = attrs.field(default=(), init=False, repr=False)
    """Who failed in the last search, and how."""

    def __attrs_post_init__(self) -> None:
        check_name(self.name)
        if self.mode not in _MODES:
            raise expected("mode", "'first' or 'merge'", self.mode, "pass one of them")
        terms = [provider.terms for provider in self.providers]
        lifetimes = [each.cache_ttl for each in terms if each.cache_ttl is not None]
        self.terms = ProviderTerms(
            cache_ttl=min(lifetimes, default=None),
            may_mix=all(each.may_mix for each in terms),
            affiliate=any(each.affiliate for each in terms),
        )

    def search(self, query: ProductQuery) -> SearchResult:
        """Ask the providers; see ``AbstractProductProvider.search``."""
        answers: list[_Answer] = []
        for group in self._groups():
            asked = [_ask(provider, query) for provider in group]
            answers += asked
            found = _in_turn(asked, query.limit)
            if found:
                break
        return self._end(found, answers)

    async def asearch(self, query: ProductQuery) -> SearchResult:
        """Ask without blocking the event loop; merged providers all at once."""
        answers: list[_Answer] = []
        for group in self._groups():
            asked = await asyncio.gather(*(_aask(provider, query) for provider in group))
            answers += asked
            found = _in_turn(asked, query.limit)
            if found:
                break
        return self._end(found, answers)

    def _groups(self) -> list[list[AbstractProductProvider]]:
        """Providers that are asked together; the first group with products ends the search."""
        if self.mode == "first":
            return [[provider] for provider in self.providers]
        mixed = [provider for provider in self.providers if provider.terms.may_mix]
        alone = [[provider] for provider in self.providers if not provider.terms.may_mix]
        return [mixed, *alone] if mixed else alone

    def _end(self, found: SearchResult, answers: list[_Answer]) -> SearchResult:
        failures = [answer.failure for answer in answers if answer.failure is not None]
        order = {provider_name(each): place for place, each in enumerate(self.providers)}
        self.errors = tuple(sorted(failures, key=lambda failure: order[failure.provider]))
        if not found and len(failures) == len(self.providers):
            reasons = "; ".join(str(failure.error) for failure in self.errors)
            message = f"{self.name}: every provider failed: {reasons}"
            raise ProviderError(message, provider=self.name, status=None)
        told = [SkippedProduct(str(one.error), source=one.provider) for one in self.errors]
        told += [one for answer in answers for one in answer.skipped]
        return attrs.evolve(found, skipped=told)


@attrs.define
class _Answer:
    """What one provider gave: products, each with its cosine or None."""

    provider: AbstractProductProvider
    products: list[tuple[Product, float | None]] = attrs.field(factory=list)
    skipped: tuple[SkippedProduct, ...] = ()
    failure: ProviderFailure | None = None

    def take(self, answer: Iterable[Product], limit: int | None) -> None:
        """Read products one by one, so that what came before a failure is kept."""
        cosines: Iterable[float | None] = ()
        if isinstance(answer, SearchResult):
            self.skipped, cosines = answer.skipped, answer.cosines
        for product, cosine in zip(
            islice(answer, limit), chain(cosines, repeat(None)), strict=False
        ):
            self.products.append((_checked(product, self.provider), cosine))


def _ask(provider: AbstractProductProvider, query: ProductQuery) -> _Answer:
    answer = _Answer(provider)
    try:
        _check_alive(provider)
        answer.take(provider.search(query), query.limit)
    except Exception as error:  # noqa: BLE001 - one plug-in must not cost the others' answers
        answer.failure = _failure(provider, error)
    return answer


async def _aask(provider: AbstractProductProvider, query: ProductQuery) -> _Answer:
    if type(provider).asearch is AbstractProductProvider.asearch:
        return await asyncio.to_thread(_ask, provider, query)
    answer = _Answer(provider)
    try:
        _check_alive(provider)
        answer.take(await provider.asearch(query), query.limit)
    except Exception as error:  # noqa: BLE001 - one plug-in must not cost the others' answers
        answer.failure = _failure(provider, error)
    return answer


def _check_alive(provider: AbstractProductProvider) -> None:
    if provider.terms.retired():
        name = provider_name(provider)
        raise ProviderError(f"{name}: retired on {provider.terms.retires}.", provider=name)


def _checked(product: object, provider: AbstractProductProvider) -> Product:
    if not isinstance(product, Product):
        name = provider_name(provider)
        raise ProviderError(f"{name}: gave {type(product).__name__}.", provider=name)
    return product


def _failure(provider: AbstractProductProvider, error: Exception) -> ProviderFailure:
    name = provider_name(provider)
    if isinstance(error, StyleSimError):
        return ProviderFailure(name, error)
    wrapped = ProviderError(f"{name}: {type(error).__name__}: {error}", provider=name)
    wrapped.__cause__ = error
    return ProviderFailure(name, wrapped)


def _in_turn(answers: Iterable[_Answer], limit: int | None) -> SearchResult:
    found: dict[str, tuple[Product, float | None]] = {}
    for turn in zip_longest(*(answer.products for answer in answers)):
        for one in turn:
            if one is not None:
                found.setdefault(one[0].url, one)
    best = list(found.values())[:limit]
    cosines = [cosine for _, cosine in best if cosine is not None]
    return SearchResult(
        [product for product, _ in best], cosines=cosines if len(cosines) == len(best) else ()
    )
