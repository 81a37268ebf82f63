"""Several providers as one."""

from __future__ import annotations

import asyncio
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import ProviderError, StyleSimError, expected
from stylesim.products import Product, ProviderTerms, SkippedProduct
from stylesim.providers._rows import check_name
from stylesim.providers.base import AbstractProductProvider, SearchResult, provider_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

    Example:
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
        """Ask the providers; see :meth:`AbstractProductProvider.search`."""
        failures: list[ProviderFailure] = []
        skipped: list[SkippedProduct] = []
        for group in self._groups():
            answers = [_ask(provider, query, failures, skipped) for provider in group]
            found = _in_turn(answers, query.limit)
            if found:
                break
        return self._end(found, failures, skipped)

    async def asearch(self, query: ProductQuery) -> SearchResult:
        """Ask without blocking the event loop; merged providers all at once."""
        failures: list[ProviderFailure] = []
        skipped: list[SkippedProduct] = []
        for group in self._groups():
            asked = (_aask(each, query, failures, skipped) for each in group)
            found = _in_turn(await asyncio.gather(*asked), query.limit)
            if found:
                break
        return self._end(found, failures, skipped)

    def _groups(self) -> list[list[AbstractProductProvider]]:
        """Providers that are asked together; the first group with products ends the search."""
        if self.mode == "first":
            return [[provider] for provider in self.providers]
        mixed = [provider for provider in self.providers if provider.terms.may_mix]
        alone = [[provider] for provider in self.providers if not provider.terms.may_mix]
        return [mixed, *alone] if mixed else alone

    def _end(
        self,
        found: list[Product],
        failures: list[ProviderFailure],
        skipped: list[SkippedProduct],
    ) -> SearchResult:
        order = {provider_name(each): place for place, each in enumerate(self.providers)}
        self.errors = tuple(sorted(failures, key=lambda failure: order[failure.provider]))
        if not found and len(failures) == len(self.providers):
            reasons = "; ".join(str(failure.error) for failure in self.errors)
            message = f"{self.name}: every provider failed: {reasons}"
            raise ProviderError(message, provider=self.name, status=None)
        told = [SkippedProduct(str(one.error), source=one.provider) for one in self.errors]
        return SearchResult(found, (*told, *skipped))


def _ask(
    provider: AbstractProductProvider,
    query: ProductQuery,
    failures: list[ProviderFailure],
    skipped: list[SkippedProduct],
) -> list[Product]:
    found: list[Product] = []
    try:
        _check_alive(provider)
        answer = provider.search(query)
        skipped += _skipped_of(answer)
        for product in answer:  # one by one: what came before a failure is kept
            found.append(_checked(product, provider))
            if len(found) == query.limit:
                break
    except Exception as error:  # noqa: BLE001 - one plug-in must not cost the others' answers
        failures.append(_failure(provider, error))
    return found


async def _aask(
    provider: AbstractProductProvider,
    query: ProductQuery,
    failures: list[ProviderFailure],
    skipped: list[SkippedProduct],
) -> list[Product]:
    try:
        _check_alive(provider)
        answer = await provider.asearch(query)
        skipped += _skipped_of(answer)
        return [_checked(product, provider) for product in answer]
    except Exception as error:  # noqa: BLE001 - one plug-in must not cost the others' answers
        failures.append(_failure(provider, error))
    return []


def _skipped_of(answer: object) -> tuple[SkippedProduct, ...]:
    return answer.skipped if isinstance(answer, SearchResult) else ()


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


def _in_turn(answers: Sequence[Sequence[Product]], limit: int | None) -> list[Product]:
    found: dict[str, Product] = {}
    for turn in zip_longest(*answers):
        for product in turn:
            if product is not None:
                found.setdefault(product.url, product)
    return list(found.values())[:limit]
