"""Queries and terms: what is taken, what is refused, what fits what."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylesim.errors import InvalidArgumentError, ProductError
from stylesim.products import Product, ProductQuery, ProviderTerms


def refused(kind: type[Exception], says: str) -> Any:
    """Expect an error whose message starts with these words."""
    return pytest.raises(kind, match="^" + re.escape(says))


def product(**fields: Any) -> Product:
    return Product(**{"id": "1", "title": "Skirt", "url": "https://shop.example/1", **fields})


# --- queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("slot", "elbow", "slot: expected one of top"),
        ("max_price", float("nan"), "max_price: expected a finite"),
        ("max_price", -1, "max_price: expected a finite"),
        ("min_price", "10", "min_price: expected a finite"),
        ("currency", "euro", "currency: expected three letters"),
        ("limit", 0, "limit: expected a whole number of at least 1"),
        ("limit", -3, "limit: expected a whole number of at least 1"),
        ("limit", True, "limit: expected a whole number of at least 1"),
        ("limit", 2.5, "limit: expected a whole number of at least 1"),
        ("words", 7, "words: expected "),
        ("brand", 7, "brand: expected text or None"),
        ("category", ["skirt"], "category: expected text or None"),
    ],
)
def test_queries_are_checked(field: str, value: Any, says: str) -> None:
    with refused(InvalidArgumentError, f"{says}") as caught:
        ProductQuery(**{field: value})
    assert not isinstance(caught.value, ProductError)  # nothing is wrong with a product


def test_bounds_are_in_order() -> None:
    with refused(InvalidArgumentError, "min_price: expected at most max_price"):
        ProductQuery(min_price=20, max_price=10)
    assert ProductQuery(min_price=10, max_price=10).matches(product(price=10))


def test_words_are_split_at_spaces() -> None:
    assert ProductQuery(words="navy  pleated").words == ("navy", "pleated")
    assert ProductQuery(words=["navy", "pleated skirt"]).words == ("navy", "pleated skirt")


@pytest.mark.parametrize(
    ("query", "fields", "fits"),
    [
        ({}, {}, True),
        ({"slot": "skirt"}, {"slot": "bottom"}, True),
        ({"slot": "skirt"}, {"slot": "top"}, False),
        ({"slot": "skirt"}, {}, True),
        ({"category": "T-Shirt"}, {"category": "t shirts"}, True),
        ({"category": "coat"}, {"category": "skirt"}, False),
        ({"category": "dress"}, {"category": "Dresses"}, True),
        ({"category": "watches"}, {"category": "Watch"}, True),
        ({"category": "blouse"}, {"category": "Blouses"}, True),
        ({"category": "cloches"}, {"category": "Cloche"}, True),
        ({"category": "dresses"}, {"title": "Summer dress"}, True),
        ({"category": "tee"}, {"title": "White shirt"}, False),
        ({"category": "skirt"}, {"category": "Women > Skirts"}, True),
        ({"category": "Women > Skirts"}, {"category": "Women > Skirts"}, True),
        ({"category": "women"}, {"category": "Women > Skirts"}, False),
        ({"category": "skirt"}, {"title": "Pleated skirt"}, True),
        ({"category": "coat"}, {"title": "Pleated skirt"}, False),
        ({"brand": "acme"}, {"brand": "ACME"}, True),
        ({"brand": "acme"}, {"brand": "Other"}, False),
        ({"brand": "acme"}, {"title": "Acme skirt"}, True),
        ({"brand": "acme"}, {}, False),
        ({"gender": "women"}, {"gender": "ladies"}, True),
        ({"gender": "women"}, {"gender": "unisex"}, True),
        ({"gender": "women"}, {"gender": "men"}, False),
        ({"gender": "women"}, {}, True),
        ({"gender": "unisex"}, {"gender": "men"}, False),
        ({"colour": "Navy"}, {"colour": "navy"}, True),
        ({"colour": "navy"}, {"colour": "red"}, False),
        ({"colour": "navy"}, {}, True),
        ({"size": "m"}, {"size": "S, M, L"}, True),
        ({"size": "m"}, {"size": "S, XL"}, False),
        ({"size": "m"}, {}, False),
        ({"size": "x"}, {"size": "XS"}, False),
        ({"size": "s"}, {"size": "-"}, False),
        ({"size": "-"}, {"size": "-, S"}, False),
        ({"size": "US 8"}, {"size": "us8"}, True),
        ({"size": "10.5"}, {"size": "105"}, False),
        ({"size": "38"}, {"size": "38.0"}, True),
        ({"size": "38"}, {"size": "36,38,40"}, True),
        ({"size": "38.5"}, {"size": "38, 38,5, 39"}, True),
        ({"size": "8"}, {"size": "8,5"}, False),
        ({"size": "m"}, {"size": "S/M"}, True),
        ({"size": "w32"}, {"size": "W32/L34; W33/L34"}, True),
        ({"size": "W33/L34"}, {"size": "W32/L34; W33/L34"}, True),
        ({"size": "38"}, {"size": "36/38/40"}, True),
        ({"size": "32/34"}, {"size": "32 / 34, 33/34"}, True),
        ({"size": "34"}, {"size": "32/34"}, False),
        ({"size": "2"}, {"size": "42 2/3"}, False),
        ({"words": "navy skirt"}, {"colour": "Navy"}, True),
        ({"words": "navy skirt"}, {}, False),
        ({"words": "wool"}, {"description": "Of WOOL"}, True),
        ({"max_price": 50}, {"price": 50}, True),
        ({"max_price": 50}, {"price": 50.01}, False),
        ({"min_price": 50}, {"price": 49.99}, False),
        ({"max_price": 50}, {}, False),
        ({"max_price": 50, "currency": "EUR"}, {"price": 9, "currency": "EUR"}, True),
        ({"max_price": 50, "currency": "EUR"}, {"price": 9, "currency": "USD"}, False),
        ({"max_price": 50, "currency": "EUR"}, {"price": 9}, False),
        ({"currency": "EUR"}, {"price": 9, "currency": "USD"}, True),
    ],
)
def test_what_fits_a_query(query: dict[str, Any], fields: dict[str, Any], fits: bool) -> None:
    assert ProductQuery(**query).matches(product(**fields)) is fits


@pytest.mark.parametrize(
    "size",
    ["32/34", "42 2/3", "38,5", "8½", "S", "S, M, L", "3XL", "104-110", "One Size", "W32/L34"],
)
def test_a_size_fits_itself(size: str) -> None:
    assert ProductQuery(size=size).matches(product(size=size))


def test_prices_that_cannot_be_compared_are_told_of() -> None:
    query = ProductQuery(slot="bottom", max_price=50, currency="EUR")
    assert query.unclear(product(slot="bottom")) == "its price is not known"
    said = query.unclear(product(slot="bottom", price=9, currency="USD"))
    assert said == "its price is in USD, not EUR"
    assert query.unclear(product(slot="bottom", price=99, currency="EUR")) is None
    assert query.unclear(product(slot="top")) is None  # it does not fit anyway
    assert ProductQuery(currency="EUR").unclear(product()) is None


@given(price=st.floats(0, 1e6), low=st.floats(0, 1e6), high=st.floats(0, 1e6), known=st.booleans())
def test_a_priced_product_fits_between_its_bounds(
    price: float, low: float, high: float, known: bool
) -> None:
    low, high = sorted((low, high))
    query = ProductQuery(min_price=low, max_price=high, currency="EUR" if known else None)
    assert query.matches(product(price=price, currency="EUR")) is (low <= price <= high)


def test_queries_can_be_kept_by_what_they_ask() -> None:
    assert ProductQuery(words="a b", slot="skirt") == ProductQuery(words=["a", "b"], slot="bottom")
    assert len({ProductQuery(max_price=1), ProductQuery(max_price=1.0)}) == 1


# --- terms ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ttl", [-1, float("nan"), float("inf"), "1 h", True])
def test_a_lifetime_is_finite_seconds(ttl: Any) -> None:
    with refused(InvalidArgumentError, "cache_ttl: expected a finite number"):
        ProviderTerms(cache_ttl=ttl)


@pytest.mark.parametrize("field", ["may_mix", "affiliate"])
def test_terms_are_said_by_true_or_false(field: str) -> None:
    with refused(InvalidArgumentError, f"{field}: expected True or False"):
        ProviderTerms(**{field: "no"})


def test_a_service_retires_on_a_day() -> None:
    terms = ProviderTerms(retires=dt.date(2026, 7, 31))
    assert not terms.retired(dt.date(2026, 7, 30))
    assert terms.retired(dt.date(2026, 7, 31))
    assert not ProviderTerms().retired()
    for day in ("2026-07-31", dt.datetime(2026, 7, 31, tzinfo=dt.UTC)):
        with refused(InvalidArgumentError, "retires: expected a date"):
            ProviderTerms(retires=day)  # type: ignore[arg-type]
