"""Tests that every provider has to pass; run them on yours.

With pytest, derive a test class and say how your provider is made:

    from stylesim.providers.contract import ProviderContract


    class TestMyShop(ProviderContract):
        def make_provider(self):
            return MyShop()

Without pytest, call ``check_provider``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import SkipTest

import attrs

from stylesim.errors import ProviderError
from stylesim.products import Product, ProductQuery, ProviderTerms
from stylesim.providers._rows import key_of
from stylesim.providers.base import AbstractProductProvider

HOSTILE = (
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "a&b=c#d?e",
    "%00%n{0}${HOME}",
    "skirt\r\nHost: evil.example",
    "한복 👗",
)


class ProviderContract:
    """The contract of ``stylesim.AbstractProductProvider`` as tests.

    Derive from it, write ``make_provider``, and override what else has to be
    told. A provider that asks a shop over a network should be given a local stand-in of
    the shop here.

    Attributes:
        secrets: Keys that the provider was given; none may show in its ``repr``.
    """

    secrets: Sequence[str] = ()

    def make_provider(self) -> AbstractProductProvider:
        """Make the provider that is tested."""
        raise NotImplementedError("write make_provider")

    def make_query(self) -> ProductQuery:
        """Make a query to which it has at least one answer."""
        return ProductQuery(limit=20)

    def make_broken(self) -> AbstractProductProvider | None:
        """Make one whose shop is down; None where there is no such thing."""
        return None

    def test_it_is_a_provider(self) -> None:
        """It is derived from the base, has a name and says its terms."""
        provider: object = self.make_provider()
        _require(
            isinstance(provider, AbstractProductProvider),
            f"derive {type(provider).__name__} from AbstractProductProvider",
        )
        name, terms = getattr(provider, "name", None), getattr(provider, "terms", None)
        _require(isinstance(name, str) and bool(name.strip()), "name has to be text")
        _require(isinstance(terms, ProviderTerms), "terms have to be ProviderTerms")

    def test_it_finds_products(self) -> None:
        """It answers with products, at least one."""
        _require(bool(self._found(self.make_query())), "make_query() found no product")

    def test_it_may_be_asked_again(self) -> None:
        """Asking does not use it up."""
        provider, query = self.make_provider(), self.make_query()
        counts = [len(_products(provider.search(query))) for _ in range(2)]
        _require(min(counts) > 0, f"asked twice, it found {counts[0]}, then {counts[1]} products")

    def test_no_product_comes_twice(self) -> None:
        """Each id of a shop is there once."""
        found = self._found(self.make_query())
        often = Counter(key_of(product) for product in found)
        twice = [name for (_, name), count in often.items() if count > 1]
        _require(not twice, f"came more than once: {twice[:3]}")

    def test_it_keeps_to_the_limit(self) -> None:
        """It gives no more than was asked for."""
        found = self._found(attrs.evolve(self.make_query(), limit=1))
        _require(len(found) <= 1, f"limit=1, but {len(found)} products came")

    def test_slots_are_those_asked_for(self) -> None:
        """No product says another slot than the query."""
        for slot in self._told("slot"):
            for product in self._found(attrs.evolve(self.make_query(), slot=slot)):
                _require(product.slot in (slot, None), f"asked for {slot}, got {_shown(product)}")

    def test_prices_are_those_asked_for(self) -> None:
        """No price in the currency of the query is outside its bounds."""
        priced = [one for one in self._found(self.make_query()) if one.price is not None]
        for one in priced[:3]:
            at, query = one.price, self.make_query()
            query = attrs.evolve(query, currency=one.currency, min_price=None, max_price=None)
            for bounded in (
                attrs.evolve(query, min_price=at),
                attrs.evolve(query, max_price=at),
            ):
                for product in self._found(bounded):
                    fits = not _is_priced_outside(product, bounded)
                    asked = f"{bounded.min_price} to {bounded.max_price} {bounded.currency}"
                    _require(fits, f"asked for {asked}, got {_shown(product)}")

    def test_genders_are_those_asked_for(self) -> None:
        """No product says another gender than the query, unless it is for all."""
        for said in self._told("gender"):
            for product in self._found(attrs.evolve(self.make_query(), gender=said)):
                fits = product.gender in (said, "unisex", None)
                _require(fits, f"asked for gender {said!r}, got {product.gender!r}")

    def test_brands_are_those_asked_for(self) -> None:
        """No product says another brand than the query."""
        for said in self._told("brand"):
            for product in self._found(attrs.evolve(self.make_query(), brand=said)):
                fits = product.brand is None or ProductQuery(brand=said).matches(product)
                _require(fits, f"asked for brand {said!r}, got {_shown(product)}")

    def test_finding_nothing_is_no_error(self) -> None:
        """Words that no product has give an answer too."""
        self._found(attrs.evolve(self.make_query(), words=("qzxjkwv", "vwkjxzq")))

    def test_words_are_words(self) -> None:
        """Words that mean something to a database, a page or an address mean nothing here."""
        for words in HOSTILE:
            self._found(attrs.evolve(self.make_query(), words=words))

    def test_two_threads_may_ask(self) -> None:
        """It can be used from another thread, and from two at once."""
        provider, query = self.make_provider(), self.make_query()
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda _: _products(provider.search(query)), range(2)))
        _require(all(found), "asked by two threads, it found nothing for one of them")

    def test_asking_without_blocking_gives_products(self) -> None:
        """``asearch`` answers as ``search`` does."""
        provider, query = self.make_provider(), self.make_query()
        found = _products(asyncio.run(_within(provider, query)))
        _require(bool(found), "asearch found nothing where search finds products")

    def test_it_keeps_its_secrets(self) -> None:
        """Keys are not in its ``repr``, where logs and notebooks show them."""
        shown = repr(self.make_provider())
        _require(not any(secret in shown for secret in self.secrets), "its repr shows a key")

    def test_a_shop_that_is_down_is_a_provider_error(self) -> None:
        """It raises ProviderError, and nothing else, and tells no secret."""
        broken = self.make_broken()
        if broken is None:
            raise SkipTest("make_broken() makes none")
        try:
            _products(broken.search(self.make_query()))
        except ProviderError as error:
            told = f"{error} {error.details}"
            _require(not any(secret in told for secret in self.secrets), "its error shows a key")
        except Exception as error:
            raise AssertionError(f"it raised {error!r} instead of ProviderError") from error
        else:
            raise AssertionError("its shop is down, and it answered")

    def _told(self, field: str) -> list[Any]:
        values = {getattr(product, field) for product in self._found(self.make_query())}
        return sorted(values - {None})

    def _found(self, query: ProductQuery) -> list[Product]:
        return _products(self.make_provider().search(query))


def check_provider(provider: AbstractProductProvider, query: ProductQuery | None = None) -> None:
    """Run the contract on a provider, without pytest.

    Args:
        provider: The provider.
        query: One to which it has at least one answer; None for a query of nothing in particular.

    Raises:
        AssertionError: It breaks the contract; the message says where.

    Examples:
        >>> from stylesim.providers import FunctionProvider
        >>> from stylesim.providers.contract import check_provider
        >>> skirt = {"id": "1", "title": "Skirt", "url": "https://shop.example/1"}
        >>> check_provider(FunctionProvider(lambda query: [skirt]))
        >>> check_provider(FunctionProvider(lambda query: []))
        Traceback (most recent call last):
        ...
        AssertionError: make_query() found no product
    """

    class Contract(ProviderContract):
        def make_provider(self) -> AbstractProductProvider:
            return provider

        def make_query(self) -> ProductQuery:
            return super().make_query() if query is None else query

    contract = Contract()
    for name in vars(ProviderContract):
        if name.startswith("test_"):
            try:
                getattr(contract, name)()
            except SkipTest:
                continue


async def _within(provider: AbstractProductProvider, query: ProductQuery) -> object:
    return await provider.asearch(query)


def _products(answer: object) -> list[Product]:
    fits = isinstance(answer, Iterable) and not isinstance(answer, (str, bytes, Mapping))
    _require(fits, f"search has to return products, not {type(answer).__name__}")
    found: list[Product] = list(answer)  # type: ignore[call-overload]  # it is an iterable
    for one in found:
        _require(isinstance(one, Product), f"search has to return products, not {one!r}")
    return found


def _is_priced_outside(product: Product, query: ProductQuery) -> bool:
    if product.price is None or product.currency != query.currency:
        return False
    low = query.min_price is not None and product.price < query.min_price
    return low or (query.max_price is not None and product.price > query.max_price)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _shown(product: Product) -> str:
    return f"{product.title!r} ({product.slot}, {product.price_text}, {product.brand})"
