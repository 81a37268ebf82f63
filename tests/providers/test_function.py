"""A provider of any function."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from stylesim.errors import InvalidArgumentError, ProviderError
from stylesim.products import ProductQuery, ProviderTerms
from stylesim.providers import FunctionProvider
from stylesim.providers.contract import ProviderContract

SHELF = [
    {"id": "1", "title": "Navy skirt", "url": "https://shop.example/1", "slot": "bottom",
     "price": 40, "currency": "EUR", "brand": "Acme", "gender": "women"},
    {"id": "2", "title": "White shirt", "url": "https://shop.example/2", "slot": "top",
     "price": 30, "currency": "EUR", "brand": "Other", "gender": "men"},
    {"id": "3", "title": "Belt", "url": "https://shop.example/3"},
]  # fmt: skip


def fails(query: ProductQuery) -> Any:
    raise OSError("no shelf")


class TestContract(ProviderContract):
    def make_provider(self) -> FunctionProvider:
        return FunctionProvider(lambda query: SHELF, name="shelf")

    def make_broken(self) -> FunctionProvider:
        return FunctionProvider(fails)


def test_the_function_is_asked_the_query() -> None:
    asked = []
    shop = FunctionProvider(lambda query: asked.append(query) or SHELF)
    query = ProductQuery(slot="bottom", max_price=80)
    assert [product.id for product in shop.search(query)] == ["1"]
    assert asked == [query]


def test_what_the_function_ignores_is_held_for_it() -> None:
    shop = FunctionProvider(lambda query: SHELF)
    assert [product.id for product in shop.search(ProductQuery(max_price=35))] == ["2"]
    assert len(shop.search(ProductQuery(limit=1))) == 1
    told = shop.search(ProductQuery(max_price=35)).skipped
    assert [(one.id, one.reason) for one in told] == [("3", "its price is not known")]


def test_products_say_where_they_come_from() -> None:
    shop = FunctionProvider(lambda query: SHELF, name="shelf")
    assert {product.source for product in shop.search(ProductQuery())} == {"shelf"}


def test_an_endless_function_ends() -> None:
    endless = ({**SHELF[0], "id": str(number)} for number in itertools.count())
    assert (
        len(FunctionProvider(lambda query: endless, most=7).search(ProductQuery(limit=None))) == 7
    )


def test_errors_name_the_shop() -> None:
    with pytest.raises(ProviderError, match=r"^my shop: expected an answer, got OSError: no shelf"):
        FunctionProvider(fails, name="my shop").search(ProductQuery())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"function": 7}, "function: expected a function of one query, got 7"),
        ({"name": ""}, "name: expected a name"),
        ({"terms": None}, "terms: expected ProviderTerms, got None"),
        ({"most": 0}, "most: expected a whole number"),
        ({"most": True}, "most: expected a whole number"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        FunctionProvider(**{"function": fails, **settings})


def test_terms_are_carried() -> None:
    terms = ProviderTerms(may_mix=False)
    assert FunctionProvider(fails, terms=terms).terms is terms
