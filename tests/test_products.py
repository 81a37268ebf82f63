"""Products: what is taken, what is cleaned, what is refused."""

from __future__ import annotations

import json
import pickle
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylesim.errors import ProductError
from stylesim.products import Product, ProductQuery, parse_price
from stylesim.types import Slot

URL = "https://shop.example/items/1?colour=navy#photo"


def refused(kind: type[Exception], says: str) -> Any:
    """Expect an error whose message starts with these words."""
    return pytest.raises(kind, match="^" + re.escape(says))


def product(**fields: Any) -> Product:
    return Product(**{"id": "1", "title": "Skirt", "url": URL, **fields})


# --- products ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://shop.example/1",
        "//shop.example/1",
        "shop.example/1",
        "/items/1",
        "https://",
        "https:///items/1",
        "http:shop.example",
        "https://known.example@evil.example/",
        "https://user:secret@shop.example/",
        "https://shop.example\\@evil.example/",
        "https://shop.example/a b",
        "https://shop.example/a\tb",
        "https://shop.example/\u202egnp.exe",
        'https://shop.example/"onmouseover="alert(1)',
        "https://shop.example/<script>",
        "https://shop.example:notaport/",
        "https://[::1/",
        "https://shop.example/" + "a" * 5000,
        "",
        None,
        7,
        b"https://shop.example/",
    ],
)
def test_only_addresses_of_the_web_are_taken(url: Any) -> None:
    with refused(ProductError, "url: expected an http or https address"):
        product(url=url)
    if url is not None:
        with refused(ProductError, "image_url: "):
            product(image_url=url)


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "http://shop.example",
        "HTTPS://Shop.Example/ä/%20",
        "https://shop.example:8443/?q=a&b=c,d;e",
        "http://127.0.0.1:80/x",
        "https://[2001:db8::1]/x",
        "https://검색.example/치마",
    ],
)
def test_good_addresses_stay_as_they_are(url: str) -> None:
    assert product(url=f"  {url} ").url == url


@pytest.mark.parametrize(
    "price",
    [
        -0.01,
        float("nan"),
        float("inf"),
        -float("inf"),
        10**400,
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal(-1),
        Decimal("Infinity"),
        True,
        "19.95",
        [1],
        1j,
    ],
)
def test_a_price_is_a_finite_number_from_0(price: Any) -> None:
    with refused(ProductError, "price: expected a finite number of at least 0"):
        product(price=price, currency="EUR")


@pytest.mark.parametrize(
    ("price", "value"),
    [
        (0, 0.0),
        (19, 19.0),
        (Decimal("19.95"), 19.95),
        (Fraction(1, 2), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (None, None),
    ],
)
def test_any_real_number_is_a_price(price: Any, value: float | None) -> None:
    made = product(price=price, currency="EUR")
    assert made.price == value
    assert type(made.price) in (float, type(None))


def test_prices_are_shown_with_their_currency() -> None:
    assert product(price=49.9, currency=" eur ").price_text == "49.90 EUR"
    assert product(price=1).price_text == "1.00"
    assert product(currency="EUR").price_text == ""


@pytest.mark.parametrize("currency", ["EU", "EURO", "€", "E1R", 7, "ÄÖÜ"])
def test_a_currency_is_three_letters(currency: Any) -> None:
    with refused(ProductError, "currency: expected three letters"):
        product(price=1, currency=currency)


@pytest.mark.parametrize("field", ["id", "title"])
@pytest.mark.parametrize("value", ["", "  \n ", "\x00\x07", "\u202e", None, 7, b"x"])
def test_id_and_title_are_needed(field: str, value: Any) -> None:
    with refused(ProductError, f"{field}: expected some text"):
        product(**{field: value})


def test_texts_lose_what_could_mislead() -> None:
    made = product(
        title="Linen\x00 \x1b[31mshirt\r\n\u202eelas\u202c \ud800",
        brand="\t",
        description="two\n\n lines ",
    )
    assert made.title == "Linen [31mshirt elas"
    assert made.brand is None
    assert made.description == "two lines"


def test_texts_keep_what_languages_need() -> None:
    title = "치마 · 한복 👩\u200d🦰 नी\u200dर Größe <b>"
    assert product(title=title).title == title


def test_long_texts_are_cut() -> None:
    assert len(product(title="x" * 1_000_000).title) <= 300


@given(st.text())
def test_any_title_prints_as_one_line_or_is_refused(title: str) -> None:
    try:
        made = product(title=title)
    except ProductError:
        return
    assert made.title.isprintable() or "\u200c" in made.title or "\u200d" in made.title
    assert made.title == made.title.strip()
    made.title.encode()


@pytest.mark.parametrize("field", ["brand", "category", "colour", "size", "gender", "source"])
def test_other_texts_are_text_or_nothing(field: str) -> None:
    assert getattr(product(**{field: None}), field) is None
    with refused(ProductError, f"{field}: expected text or None, got 7"):
        product(**{field: 7})


def test_slots_are_read_by_name() -> None:
    assert product(slot="Trousers").slot is Slot.BOTTOM
    assert product(slot=Slot.BAG).slot is Slot.BAG
    for slot in ("elbow", 3):
        with refused(ProductError, "slot: expected one of top, outer"):
            product(slot=slot)


@pytest.mark.parametrize(
    ("said", "read"),
    [("Women's", "female"), ("LADIES", "female"), ("men", "male"), ("Unisex", "unisex"),
     ("Kids", "kids"), ("", None)],
)  # fmt: skip
def test_genders_are_read_by_synonym(said: str, read: str | None) -> None:
    assert product(gender=said).gender == read
    assert ProductQuery(gender=said).gender == read


def test_an_address_as_picture_is_not_fetched() -> None:
    made = product(image="https://shop.example/1.jpg")
    assert made.image is None
    assert made.image_url == "https://shop.example/1.jpg"
    with pytest.raises(ProductError, match="image"):
        product(image="data:image/png;base64,AAAA")


def test_a_product_is_a_value() -> None:
    one, two = (
        product(image="a.jpg", attributes={"fit": "slim"}),
        product(image="b.jpg", attributes={"fit": "slim"}),
    )
    assert one == two  # of a picture there may be several copies
    assert hash(one) == hash(two)
    assert pickle.loads(pickle.dumps(one)) == one
    assert attrs.evolve(one, title="Coat").title == "Coat"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.title = "Coat"  # type: ignore[misc]


def test_a_product_as_plain_values() -> None:
    made = product(
        price=Decimal("19.95"), currency="EUR", slot="skirt", image=b"\xff\xd8", attributes={"n": 1}
    )
    fields = json.loads(json.dumps(made.to_dict()))
    assert fields["price"] == 19.95
    assert fields["slot"] == "bottom"
    assert fields["image"] is None
    assert fields["attributes"] == {"n": 1}
    assert product(image="photos/1.jpg").to_dict()["image"] == "photos/1.jpg"
    assert Product(**fields) == made


@pytest.mark.parametrize("attributes", [{"a": {1, 2}}, {1: "a"}, {"a": float("nan")}, "ab", 7])
def test_attributes_are_plain(attributes: Any) -> None:
    with refused(ProductError, "attributes: expected a mapping of names"):
        product(attributes=attributes)


def test_errors_carry_their_data() -> None:
    with pytest.raises(ProductError) as caught:
        product(price=-1, currency="EUR")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.details["argument"] == "price"
    assert isinstance(copy, ValueError)


# --- prices as text ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("49.90", 49.9, None),
        ("49,90 €", 49.9, "EUR"),
        ("EUR 1.299,00", 1299.0, "EUR"),
        ("1,299.00 USD", 1299.0, "USD"),
        ("$1,299.00", 1299.0, None),
        ("₩59,000", 59000.0, "KRW"),
        ("CHF 1'299.50", 1299.5, "CHF"),
        ("15.00 usd", 15.0, "USD"),
        ("0", 0.0, None),
    ],
)
def test_prices_are_read_as_people_write_them(
    text: str, amount: float, currency: str | None
) -> None:
    assert parse_price(text) == (amount, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "free",
        "1.299",
        "10 - 20 EUR",
        "-5 EUR",
        "1,2,3",
        "12 EUR 14 USD",
        "nan",
        "1e999",
        "3.500 KWD",
        "OMR 12.500",
        "12,500 TND",
    ],
)
def test_what_is_no_single_price_is_refused(text: str) -> None:
    with refused(ProductError, "price: "):
        parse_price(text)
