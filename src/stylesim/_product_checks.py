"""Checks of what shops and catalogues say: texts, addresses, prices."""

from __future__ import annotations

import hashlib
import json
import math
import numbers
import os
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from stylesim.errors import InvalidArgumentError, ProductError, StyleSimError, expected
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Callable

    import attrs

TITLE_LENGTH = 300
TEXT_LENGTH = 5000
URL_LENGTH = 4000
_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji are spelled with these

_GENDERS = {
    "female": "female woman women womens lady ladies girl girls f w",
    "male": "male man men mens gentleman gentlemen boy boys m",
    "unisex": "unisex all any neutral both",
}
_GENDER_OF = {word: name for name, words in _GENDERS.items() for word in words.split()}


def clean(value: str, length: int) -> str:
    """One line without control or direction characters, cut to a length."""
    kept = []
    for char in unicodedata.normalize("NFC", value[: 4 * length]):
        kind = unicodedata.category(char)
        if kind in {"Cc", "Zl", "Zp"}:
            kept.append(" ")
        elif kind not in {"Cf", "Cs", "Co", "Cn"} or char in _JOINERS:
            kept.append(char)
    text = " ".join("".join(kept).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def required_text(argument: str, value: object, length: int = TITLE_LENGTH) -> str:
    text = clean(value, length) if isinstance(value, str) else ""
    if not text:
        raise expected(argument, "some text", value, "say what it is", ProductError)
    return text


def _identity(argument: str, value: object) -> str:
    """An id; of one that is too long, its beginning and a digest of the whole."""
    if isinstance(value, str):  # files may have names that are no text: each stays another
        value = value.encode("utf-8", "backslashreplace").decode()
    text = required_text(argument, value, 4 * len(value) if isinstance(value, str) else 0)
    if len(text) <= TITLE_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{text[: TITLE_LENGTH - 33].rstrip()}…{digest}"


def optional_text(
    argument: str,
    value: object,
    length: int = TITLE_LENGTH,
    kind: type[StyleSimError] = ProductError,
) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise expected(argument, "text or None", value, "pass text, or leave it out", kind)
    return clean(value, length) or None


def web_address(argument: str, value: object, kind: type[StyleSimError] = ProductError) -> str:
    """An http or https address with a host, and nothing in it that could hide another."""
    wanted = "an http or https address with a host"
    todo = "pass the full address of the page, such as https://shop.example/item"
    if not isinstance(value, str):
        raise expected(argument, wanted, value, todo, kind)
    address = value.strip()
    if not address or len(address) > URL_LENGTH:
        got = f"{len(address)} characters" if address else "nothing"
        raise expected(argument, wanted, got, todo, kind)
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise expected(argument, wanted, repr(value), todo, kind) from None
    odd = any(char in '\\<>"`{}|^' or unicodedata.category(char)[0] in "CZ" for char in address)
    if parts.scheme.lower() not in {"http", "https"} or not host or odd or "@" in parts.netloc:
        raise expected(argument, wanted, repr(value), todo, kind)
    return address


def amount(argument: str, value: object, kind: type[StyleSimError] = ProductError) -> float | None:
    """A price: a finite number of at least 0, or None."""
    if value is None:
        return None
    wanted, todo = "a finite number of at least 0, or None", "pass a number such as 49.9"
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, Decimal)):
        if isinstance(value, str):
            todo = "read it with parse_price first"
        raise expected(argument, wanted, value, todo, kind)
    try:
        number = float(value)
    except (ValueError, OverflowError):  # a signalling NaN, a number beyond floats
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise expected(argument, wanted, value, todo, kind)
    return number


def currency_code(
    argument: str, value: object, kind: type[StyleSimError] = ProductError
) -> str | None:
    if value is None or value == "":
        return None
    code = value.strip().upper() if isinstance(value, str) else ""
    if not re.fullmatch("[A-Z]{3}", code):
        raise expected(argument, "three letters such as 'EUR'", value, "pass the ISO code", kind)
    return code


def slot_of(argument: str, value: Any, kind: type[StyleSimError] = ProductError) -> Slot | None:
    if value is None or isinstance(value, Slot):
        return value
    try:
        return Slot.parse(value, argument)
    except InvalidArgumentError as error:
        raise kind(error.message, **error.details) from None


def plain_mapping(argument: str, value: Any) -> dict[str, Any]:
    """A copy holding plain JSON values only."""
    wanted, todo = "a mapping of names to plain JSON values", "pass text, numbers, lists or None"
    try:
        copy = dict(value)
        named = all(isinstance(key, str) for key in copy)
        result: dict[str, Any] = json.loads(json.dumps(copy, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise expected(argument, wanted, value, todo, ProductError) from None
    if not named:
        raise expected(argument, wanted, value, todo, ProductError)
    return result


def picture(image: object, image_url: object) -> tuple[Any, str | None]:
    address = None if image_url is None else web_address("image_url", image_url)
    if isinstance(image, str):
        scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+.\-]+):", image)  # a drive letter is no scheme
        if scheme:
            return None, web_address("image", image)
        if not image.strip() or "\0" in image:
            raise expected("image", "a picture", image, "leave it out for none", ProductError)
        return image, address
    if isinstance(image, (bytearray, memoryview)):
        return bytes(image), address
    if image is None or isinstance(image, (bytes, os.PathLike, Image.Image, np.ndarray)):
        return image, address
    todo = "pass a path, bytes, a PIL image, a uint8 array or an http(s) address"
    raise expected("image", "a picture", type(image).__name__, todo, ProductError)


def words_of(value: object) -> tuple[str, ...]:
    wish, todo = "a text or several words", 'pass words=("pleated", "skirt")'
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, (list, tuple)) or not all(isinstance(w, str) for w in value):
        raise expected("words", wish, value, todo)
    tidy = (clean(word, TITLE_LENGTH) for word in value)
    return tuple(word for word in tidy if word)


def query_text(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise expected(field.name, "text or None", value, "pass text, or leave it out")


def same(one: str, other: str) -> bool:
    """Whether letters and digits agree, plural or not: "T-Shirts" and "t shirt" do."""
    return folded(one) == folded(other)


def folded(text: str) -> str:
    """Letters and digits alone, without case and plural."""
    plain = "".join(re.findall(r"\w", text.casefold().replace("_", "")))
    if not plain.endswith("ss"):
        plain = plain.removesuffix("s")
    return plain.removesuffix("e") if plain.endswith(("sse", "che", "she")) else plain


def folded_kind(category: str) -> str:
    """A category, folded; of a path such as "Women > Skirts" the last part."""
    parts = (folded(part) for part in re.split("[>/|]", category)[::-1])
    return next(filter(None, parts), "")


def gender_of(argument: str, value: Any, kind: type[StyleSimError] = ProductError) -> str | None:
    """Female, male or unisex, or the shop's own word."""
    word = (optional_text(argument, value, kind=kind) or "").casefold()
    return _GENDER_OF.get(word.replace("'", "").replace("\u2019", ""), word) or None


def product_slot(value: Any) -> Slot | None:
    return slot_of("slot", value)


def query_gender(value: Any) -> str | None:
    return gender_of("gender", value, InvalidArgumentError)


_STOCK = {
    "in stock": True, "available": True, "yes": True, "true": True, "1": True, "1.0": True,
    "limited": True, "limited availability": True, "online only": True,
    "out of stock": False, "sold out": False, "unavailable": False, "no": False, "false": False,
    "0": False, "0.0": False, "discontinued": False, "preorder": False, "pre order": False,
    "backorder": False, "back order": False,
}  # fmt: skip


def availability(argument: str, value: object) -> bool | None:
    """Whether a product can be bought now, from a flag or the words of a product feed."""
    if value is None or isinstance(value, bool):
        return value
    word = value.rsplit("/", 1)[-1] if isinstance(value, str) else str(value)  # schema.org/InStock
    word = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\s-]+", " ", word).strip().lower()
    if word not in _STOCK:
        todo = "pass True, False or None"
        raise expected(argument, "whether it can be bought", value, todo, ProductError)
    return _STOCK[word]


def query_flag(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, bool):
        raise expected(field.name, "True, False or None", value, "pass one of them")


def vector(value: Any) -> tuple[float, ...] | None:
    """A direction as plain numbers, which compare and hash; scaled to unit length."""
    if value is None:
        return None
    wish, todo = "a vector of finite numbers, not all 0", "pass one row of embed(pictures)"
    try:
        row = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise expected("near", wish, type(value).__name__, todo) from None
    length = float(np.linalg.norm(row)) if row.ndim == 1 and row.size else 0.0
    if not 0 < length < math.inf:
        got = f"shape {row.shape}" if row.ndim != 1 else "zeros, nothing, or infinite numbers"
        raise expected("near", wish, got, todo)
    return tuple(float(number) for number in (row / length).astype(np.float32))


def short(value: tuple[float, ...] | None) -> str:
    return "None" if value is None else f"({len(value)} numbers)"


def lowest(value: object) -> float | None:
    return amount("min_price", value, InvalidArgumentError)


def highest(value: object) -> float | None:
    return amount("max_price", value, InvalidArgumentError)


def query_slot(value: Any) -> Slot | None:
    return slot_of("slot", value, InvalidArgumentError)


def query_currency(value: object) -> str | None:
    return currency_code("currency", value, InvalidArgumentError)


def lifetime(value: object) -> float | None:
    return amount("cache_ttl", value, InvalidArgumentError)


def _description(argument: str, value: object) -> str | None:
    return optional_text(argument, value, TEXT_LENGTH)


PRODUCT_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "id": _identity,
    "title": required_text,
    "url": web_address,
    "price": amount,
    "currency": currency_code,
    "brand": optional_text,
    "category": optional_text,
    "gender": gender_of,
    "colour": optional_text,
    "size": optional_text,
    "available": availability,
    "description": _description,
    "source": optional_text,
    "attributes": plain_mapping,
}
