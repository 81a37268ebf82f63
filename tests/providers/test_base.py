"""The base of providers, and what is made of answers that nobody checked."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from stylesim.errors import NotFoundError, ProviderError
from stylesim.products import Product, ProductQuery, SkippedProduct
from stylesim.providers import AbstractProductProvider, SearchResult
from stylesim.providers.base import ask, fitting, provider_name


def offer(number: object = 1, **fields: Any) -> dict[str, Any]:
    return {"id": f"{number}", "title": "Skirt", "url": "https://shop.example/1", **fields}


def asked(answer: Any, most: int = 100) -> SearchResult:
    return ask(lambda query: answer, ProductQuery(), name="shelf", most=most)


class Shelf(AbstractProductProvider):
    def search(self, query: ProductQuery) -> Iterable[Product]:
        self.thread = threading.get_ident()
        yield Product(**offer(1))
        yield Product(**offer(2))


def test_a_provider_is_one_method() -> None:
    class Nothing(AbstractProductProvider):
        pass

    with pytest.raises(TypeError, match="search"):
        Nothing()  # type: ignore[abstract]
    assert [product.id for product in Shelf().search(ProductQuery())] == ["1", "2"]


def test_it_is_called_by_its_name_or_its_class() -> None:
    shelf = Shelf()
    assert provider_name(shelf) == "Shelf"
    shelf.name = "My shelf"
    assert provider_name(shelf) == "My shelf"


def test_asking_without_blocking_uses_another_thread() -> None:
    shelf = Shelf()
    found = asyncio.run(shelf.asearch(ProductQuery()))
    assert [product.id for product in found] == ["1", "2"]
    assert shelf.thread != threading.get_ident()


def test_asking_without_blocking_keeps_what_was_skipped() -> None:
    class Half(AbstractProductProvider):
        def search(self, query: ProductQuery) -> SearchResult:
            return SearchResult([], [SkippedProduct("torn")])

    found: Any = asyncio.run(Half().asearch(ProductQuery()))
    assert found.skipped == (SkippedProduct("torn"),)


def test_products_and_mappings_are_taken() -> None:
    found = asked([Product(**offer(1)), offer(2, price="49,90 €")])
    assert [product.price_text for product in found] == ["", "49.90 EUR"]
    assert found[1].source == "shelf"
    assert found.skipped == ()


def test_bad_offers_are_told_of_and_the_others_stay() -> None:
    bad = [
        offer(2, url="javascript:alert(1)"),
        offer(3, price=-1),
        offer(4, price=float("inf")),
        {"id": "5", "url": "https://shop.example/1"},
        offer(1, title="The first again"),
    ]
    found = asked([offer(1), *bad, offer(6)])
    assert [product.id for product in found] == ["1", "6"]
    assert [(one.id, one.row) for one in found.skipped] == [
        ("2", 2), ("3", 3), ("4", 4), ("5", 5), ("1", 6)
    ]  # fmt: skip
    for one, word in zip(found.skipped, ["url", "price", "price", "title", "before"], strict=True):
        assert word in one.reason


@pytest.mark.parametrize(
    "answer", [None, 7, "products", b"products", offer(1), [offer(1), 7], [None]]
)
def test_an_answer_that_is_no_products_is_a_provider_error(answer: Any) -> None:
    with pytest.raises(ProviderError, match=r"^shelf: expected products, got "):
        asked(answer)


def test_a_failure_is_a_provider_error_with_its_cause() -> None:
    def fails(query: ProductQuery) -> Any:
        yield offer(1)
        raise ZeroDivisionError("shelf fell down")

    with pytest.raises(ProviderError, match="ZeroDivisionError: shelf fell down") as caught:
        ask(fails, ProductQuery(), name="shelf", most=10)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_our_own_errors_and_interrupts_pass() -> None:
    def raises(error: BaseException) -> Any:
        raise error

    for error in (NotFoundError("gone"), KeyboardInterrupt(), ProviderError("down")):
        with pytest.raises(type(error)) as caught:
            ask(lambda query, error=error: raises(error), ProductQuery(), name="s", most=1)
        assert caught.value is error


def test_an_endless_answer_ends() -> None:
    found = asked((offer(number) for number in itertools.count()), most=5)
    assert [product.id for product in found] == ["0", "1", "2", "3", "4"]
    assert found.skipped[0].reason == "shelf had more; only its first 5 were read"


def test_what_an_answer_skipped_is_kept() -> None:
    found = asked(SearchResult([Product(**offer(1))], [SkippedProduct("torn", row=7)]))
    assert found.skipped == (SkippedProduct("torn", row=7),)


def test_what_does_not_fit_is_dropped_and_what_cannot_be_compared_is_told() -> None:
    found = asked(
        [
            offer(1, slot="bottom", price=30, currency="EUR"),
            offer(2, slot="bottom", price=90, currency="EUR"),
            offer(3, slot="bottom", price=30, currency="USD"),
            offer(4, slot="bottom"),
            offer(5, slot="top", price=30, currency="USD"),
            offer(6, price=40, currency="EUR"),
            offer(7, price=41, currency="EUR"),
        ]
    )
    query = ProductQuery(slot="bottom", max_price=80, currency="EUR", limit=2)
    kept = fitting(found, query)
    assert [product.id for product in kept] == ["1", "6"]
    assert [(one.id, one.reason) for one in kept.skipped] == [
        ("3", "its price is in USD, not EUR"),
        ("4", "its price is not known"),
    ]


def test_a_result_is_a_sequence() -> None:
    found = asked([offer(1), offer(2)])
    assert len(found) == 2
    assert found[-1].id == "2"
    assert [product.id for product in found[:1]] == ["1"]
    assert Product(**offer(2), source="shelf") in found
    assert repr(found) == "SearchResult(2 products, 0 skipped)"
