"""Products made of rows: plain mappings from a file, a function or an answer."""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from stylesim.errors import InvalidArgumentError, ProductError, expected
from stylesim.products import Product, SkippedProduct, parse_price
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

FIELDS = tuple(field.name for field in attrs.fields(Product))
_ALIASES = {
    "color": "colour", "link": "url", "product_url": "url", "name": "title",
    "image_path": "image", "picture": "image", "image_link": "image_url", "sku": "id",
    "availability": "available", "in_stock": "available",
}  # fmt: skip


def check_columns(columns: Mapping[str, str] | None) -> dict[str, str]:
    """Field of a product by column, from the user's column by field."""
    if columns is None:
        return {}
    wish, todo = "a mapping of product fields to columns", 'pass columns={"title": "name"}'
    try:
        pairs = dict(columns)
    except (TypeError, ValueError):
        raise expected("columns", wish, columns, todo) from None
    for field, column in pairs.items():
        if field not in FIELDS or not isinstance(column, str):
            known = "fields among " + ", ".join(FIELDS)
            raise expected("columns", known, f"{field!r}: {column!r}", todo, InvalidArgumentError)
    return {column.strip().casefold(): field for field, column in pairs.items()}


def present(names: Iterable[object], columns: Mapping[str, str]) -> dict[str, str]:
    """The columns that are there."""
    there = {str(name).strip().casefold() for name in names}
    return {column: field for column, field in columns.items() if column in there}


def fields_of(names: Iterable[object], columns: Mapping[str, str]) -> dict[Any, str]:
    """Field of a product by column name as it stands, named by the user or by itself."""
    found: dict[Any, str] = {}
    taken = set(columns.values())
    for name in names:
        plain = str(name).strip().casefold()
        if plain in columns:
            found[name] = columns[plain]
        else:
            field = _ALIASES.get(plain, plain)
            if field in FIELDS and field not in taken:
                found[name] = field
                taken.add(field)
    return found


def product_of(
    row: Mapping[Any, Any],
    columns: Mapping[str, str],
    *,
    base: Path | None = None,
    source: str | None = None,
    needs_picture: bool = False,
) -> Product:
    """Make a product of a row, or raise what is wrong with it."""
    names = fields_of(row, columns)
    values = {field: _tidy(row[name]) for name, field in names.items()}
    others = {str(name): _tidy(row[name]) for name in row if name not in names and name is not None}
    given: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    for name in ("title", "url"):
        if name not in given:
            raise expected(name, "a value", "nothing", "fill the column", ProductError)
    name = given.get("id", given["url"])
    given["id"] = name if isinstance(name, bool) else _number_text(name)
    _read_price(given)
    _read_picture(given, base, needs_picture=needs_picture)
    if "slot" not in given and isinstance(given.get("category"), str):
        given["slot"] = Slot.guess(given["category"])
    for name in ("title", "brand", "category", "gender", "colour", "size", "description"):
        if name in given:
            given[name] = _number_text(given[name])
    given["source"] = given.get("source", source)
    extra = {name: value for name, value in others.items() if value is not None}
    own = given.get("attributes", {})
    if not isinstance(own, Mapping):  # a column that is called so by chance
        own = _plain({"attributes": own})
    given["attributes"] = {**_plain(extra), **own}
    return Product(**given)


def _tidy(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    # What is missing in a table of pandas, which need not be installed.
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    return None if isinstance(value, numbers.Real) and value != value else value


def _number_text(value: Any) -> Any:
    """Numbers as text, whole ones without a decimal mark; anything else as it is."""
    if not isinstance(value, numbers.Real):
        return value
    try:
        if not isinstance(value, numbers.Integral) and float(value).is_integer():
            return f"{float(value):.0f}"
        return str(value)
    except (ValueError, OverflowError):  # Python writes no number of thousands of digits
        return value


def _plain(extra: dict[str, Any]) -> dict[str, Any]:
    simple = (str, int, float, bool)
    return {
        name: value
        for name, value in extra.items()
        if isinstance(value, simple) and not (isinstance(value, float) and not math.isfinite(value))
    }


def _read_price(given: dict[str, Any]) -> None:
    price = given.get("price")
    if not isinstance(price, str):
        return
    given["price"], currency = parse_price(price)
    stated = str(given.get("currency", currency) or "").strip().upper() or None
    if currency is not None and stated != currency:
        got = f"{price!r} in a row of currency {stated}"
        raise expected("price", "the currency of its row", got, "correct the row", ProductError)
    given["currency"] = stated


def _read_picture(given: dict[str, Any], base: Path | None, *, needs_picture: bool) -> None:
    image = given.get("image")
    if isinstance(image, str) and "://" not in image and base is not None:
        image = base / image
        given["image"] = image
    if isinstance(image, os.PathLike):
        path = Path(image)
        try:
            empty = path.stat().st_size == 0 if path.is_file() else None
        except (OSError, ValueError) as error:
            raise _no_picture(f"{image} ({error})") from None
        if empty is not False:
            raise _no_picture(f"{image}, {'no such file' if empty is None else 'an empty file'}")
    if needs_picture and image is None and given.get("image_url") is None:
        raise _no_picture("none")


def _no_picture(got: str) -> Exception:
    return expected("image", "a picture", got, "name an existing file", ProductError)


class Intake:
    """Collects products and what was skipped, the same product only once.

    Args:
        source: Where they come from.
        several: Whether products of several sources may come, each with ids of its own.
    """

    def __init__(self, source: str, *, several: bool = False) -> None:
        self.source = source
        self.several = several
        self.products: list[Product] = []
        self.skipped: list[SkippedProduct] = []
        self._rows: dict[Any, int] = {}

    @property
    def ids(self) -> Collection[str]:
        """Ids of all products taken so far, of one source."""
        return self._rows.keys()

    def skip(self, row: int, reason: str, name: object = None) -> None:
        known = name if isinstance(name, str) else None
        self.skipped.append(SkippedProduct(reason, id=known, row=row, source=self.source))

    def take(self, number: int, row: object, **how: Any) -> None:
        """Add a product, or a row read as ``product_of`` reads it."""
        columns = how.pop("columns", {})
        try:
            if isinstance(row, Product):
                product = row
            elif hasattr(row, "keys"):
                product = product_of(row, columns, **how)  # type: ignore[arg-type]
            else:
                got = type(row).__name__
                todo = "give products or mappings"
                raise expected("row", "a Product or a mapping", got, todo, ProductError)
        except InvalidArgumentError as error:
            self.skip(number, str(error), row.get("id") if hasattr(row, "get") else None)
            return
        key = key_of(product) if self.several else product.id
        first = self._rows.setdefault(key, number)
        if first != number:
            self.skip(number, f"id {product.id!r} was given before, by row {first}", product.id)
            return
        self.products.append(product)


def key_of(product: Product) -> tuple[str, str]:
    """What tells a product from those of other shops, of which two may have one name."""
    if not product.source:
        return product.url, product.id
    return f"{product.source} {urlsplit(product.url).hostname}", product.id


def check_name(name: object) -> None:
    """Refuse what is no name."""
    if not isinstance(name, str) or not name.strip():
        raise expected("name", "a name", name, "name the source of the products")
