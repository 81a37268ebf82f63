"""The contract suite: good providers pass it, and each promise that is broken is found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest import SkipTest

import attrs
import pytest

from stylesim.errors import ProviderError
from stylesim.products import Product, ProductQuery
from stylesim.providers import AbstractProductProvider, CatalogProvider
from stylesim.providers.contract import ProviderContract, check_provider


def product(number: int, **fields: Any) -> Product:
    return Product(f"{number}", f"Item {number}", f"https://shop.example/{number}", **fields)


GOODS = [
    product(1, slot="top", price=10, currency="EUR", brand="Acme", gender="men"),
    product(2, slot="bottom", price=20, currency="EUR", brand="Other", gender="women"),
    product(3, slot="bottom", price=30, currency="USD", brand="Acme", gender="unisex"),
]


class Shop(AbstractProductProvider):
    """Searches by a function; one promise at a time is broken."""

    def __init__(self, search: Callable[[ProductQuery], Any], **attributes: Any) -> None:
        self._search = search
        vars(self).update(attributes)

    def search(self, query: ProductQuery) -> Any:
        return self._search(query)


def good(query: ProductQuery) -> list[Product]:
    return [one for one in GOODS if query.matches(one)][: query.limit]


def without(**ignored: Any) -> Callable[[ProductQuery], list[Product]]:
    """A search that forgets some of the query."""
    return lambda query: good(attrs.evolve(query, **ignored))


def one_thread(query: ProductQuery) -> list[Product]:
    return good(query) if threading.current_thread() is threading.main_thread() else []


def no_quotes(query: ProductQuery) -> list[Product]:
    if any("'" in word for word in query.words):
        raise SyntaxError("near OR")
    return good(query)


def never_nothing(query: ProductQuery) -> list[Product]:
    return [good(query)[0]]


class Once(Shop):
    def search(self, query: ProductQuery) -> Any:
        found, self._search = self._search(query), lambda query: []
        return found


class Deaf(Shop):
    async def asearch(self, query: ProductQuery) -> Any:
        return []


class NoProvider:
    name, terms = "x", None
    search = staticmethod(good)


BROKEN: list[tuple[str, Any]] = [
    ("test_it_is_a_provider", NoProvider()),
    ("test_it_is_a_provider", Shop(good, name=" ")),
    ("test_it_is_a_provider", Shop(good, terms=None)),
    ("test_it_finds_products", Shop(lambda query: [])),
    ("test_it_finds_products", Shop(lambda query: ["skirt"])),
    ("test_it_finds_products", Shop(lambda query: {"1": GOODS[0]})),
    ("test_it_finds_products", Shop(lambda query: None)),
    ("test_it_may_be_asked_again", Once(good)),
    ("test_no_product_comes_twice", Shop(lambda query: [*good(query), *good(query)])),
    ("test_it_keeps_to_the_limit", Shop(without(limit=None))),
    ("test_slots_are_those_asked_for", Shop(without(slot=None))),
    ("test_prices_are_those_asked_for", Shop(without(max_price=None))),
    ("test_prices_are_those_asked_for", Shop(without(min_price=None))),
    ("test_genders_are_those_asked_for", Shop(without(gender=None))),
    ("test_brands_are_those_asked_for", Shop(without(brand=None))),
    ("test_finding_nothing_is_no_error", Shop(never_nothing)),
    ("test_words_are_words", Shop(no_quotes)),
    ("test_two_threads_may_ask", Shop(one_thread)),
    ("test_asking_without_blocking_gives_products", Deaf(good)),
]


def contract_of(provider: Any, **attributes: Any) -> ProviderContract:
    contract = ProviderContract()
    contract.make_provider = lambda: provider  # type: ignore[method-assign]
    for name, value in attributes.items():
        setattr(contract, name, value)
    return contract


@pytest.mark.parametrize(("test", "provider"), BROKEN, ids=range(len(BROKEN)))
def test_each_broken_promise_is_found(test: str, provider: Any) -> None:
    with pytest.raises((AssertionError, IndexError, SyntaxError)):
        getattr(contract_of(provider), test)()


def test_every_promise_has_a_provider_that_breaks_it() -> None:
    promises = {name for name in vars(ProviderContract) if name.startswith("test_")}
    special = {"test_it_keeps_its_secrets", "test_a_shop_that_is_down_is_a_provider_error"}
    assert promises == {test for test, _ in BROKEN} | special


def test_secrets_in_a_repr_are_found() -> None:
    class Chatty(Shop):
        def __repr__(self) -> str:
            return "Chatty(key='s3cret')"

    contract = contract_of(Chatty(good), secrets=["s3cret"])
    with pytest.raises(AssertionError, match="its repr shows a key"):
        contract.test_it_keeps_its_secrets()
    contract_of(Chatty(good), secrets=["other"]).test_it_keeps_its_secrets()


def down(error: Exception) -> Callable[[], Shop]:
    def fails(query: ProductQuery) -> Any:
        raise error

    return lambda: Shop(fails)


@pytest.mark.parametrize(
    ("make_broken", "says"),
    [
        (down(OSError("down")), "instead of ProviderError"),
        (down(ProviderError("down, key s3cret")), "its error shows a key"),
        (down(ProviderError("down", request="?key=s3cret")), "its error shows a key"),
        (lambda: Shop(good), "and it answered"),
    ],
)
def test_wrong_ways_to_be_down_are_found(make_broken: Any, says: str) -> None:
    contract = contract_of(Shop(good), make_broken=make_broken, secrets=["s3cret"])
    with pytest.raises(AssertionError, match=says):
        contract.test_a_shop_that_is_down_is_a_provider_error()


def test_the_right_way_to_be_down_passes() -> None:
    contract = contract_of(Shop(good), make_broken=down(ProviderError("down")))
    contract.test_a_shop_that_is_down_is_a_provider_error()
    with pytest.raises(SkipTest):
        contract_of(Shop(good)).test_a_shop_that_is_down_is_a_provider_error()


def test_a_good_provider_passes_without_pytest() -> None:
    check_provider(Shop(good))
    check_provider(Shop(good), ProductQuery(brand="acme"))
    check_provider(CatalogProvider(GOODS))


def test_a_bad_one_does_not() -> None:
    with pytest.raises(AssertionError, match="asked for bottom, got 'Item 1'"):
        check_provider(Shop(without(slot=None)), ProductQuery(slot="bottom"))
    with pytest.raises(NotImplementedError):
        ProviderContract().test_it_is_a_provider()
