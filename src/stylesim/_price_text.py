"""Prices as people write them."""

from __future__ import annotations

import re

from stylesim.errors import ProductError, StyleSimError, expected

_SIGNS = {
    "€": "EUR", "£": "GBP", "₩": "KRW", "원": "KRW", "₹": "INR", "₽": "RUB", "₺": "TRY",
    "₫": "VND", "฿": "THB", "₪": "ILS", "₴": "UAH", "₦": "NGN", "zł": "PLN", "kč": "CZK",
    "us$": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD",
    "hk$": "HKD", "s$": "SGD", "r$": "BRL", "mx$": "MXN", "nt$": "TWD", "元": "CNY", "円": "JPY",
    # One sign, several currencies: the amount is known, the currency is not.
    "$": None, "¥": None, "￥": None, "kr": None, "kr.": None,
}  # fmt: skip
THOUSANDTHS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
"""Currencies of a thousand parts."""

_AMOUNT = re.compile(r"\d(?:[\d.,' \u00a0\u202f\u2009\u2019]*\d)?")


def split_price(text: str, argument: str) -> tuple[float, str | None]:
    """Read an amount and, where the text names it without doubt, its currency."""
    todo = "pass one plain amount such as '49.90 EUR'"

    def refuse(wanted: str = "one amount, with or without a currency") -> StyleSimError:
        return expected(argument, wanted, repr(text), todo, ProductError)

    tidy = " ".join(text.split()) if len(text) <= 100 else ""
    found = _AMOUNT.findall(tidy)
    if len(found) != 1:
        raise refuse()
    before, after = tidy.split(found[0], 1)
    marks = [mark.strip().lower() for mark in (before, after) if mark.strip()]
    currencies: set[str] = set()
    for mark in marks:
        if mark in _SIGNS:
            currencies |= {_SIGNS[mark]} - {None}  # type: ignore[arg-type]
        elif re.fullmatch("[a-z]{3}", mark):
            currencies.add(mark.upper())
        else:
            raise refuse()
    if len(currencies) > 1:
        raise refuse("one currency")
    parts = 3 if currencies & THOUSANDTHS else 2
    number = _number(found[0], marked=bool(marks), decimals=parts)
    if number is None:
        raise refuse("an amount that can be read in one way only")
    return number, currencies.pop() if currencies else None


def _number(digits: str, *, marked: bool, decimals: int) -> float | None:
    """Tell decimal from grouping marks; None where both readings are possible."""
    text = re.sub(r"[ \u00a0\u202f\u2009\u2019]", "'", digits)
    decimal = None
    marks = [char for char in text if char in ".,"]
    if len(set(marks)) > 1:
        decimal = marks[-1]
    elif len(marks) == 1:
        whole, fraction = text.split(marks[0])
        grouped = len(fraction) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0"
        if grouped and (decimals == 3 or (marks[0] == "." and not marked)):
            return None  # 1.299 may be a bare decimal number or a German 1299
        decimal = None if grouped else marks[0]
    whole, _, fraction = text.partition(decimal) if decimal else (text, "", "")
    groups = re.split("[.,']", whole)
    if not fraction.isdigit() and fraction:
        return None
    if len(groups) > 1:
        one_kind = len({char for char in whole if not char.isdigit()}) == 1
        if not one_kind or not 1 <= len(groups[0]) <= 3:
            return None
        if any(len(group) != 3 for group in groups[1:]):
            return None
    return float("".join(groups) + "." + (fraction or "0"))
