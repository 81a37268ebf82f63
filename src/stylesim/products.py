"""What a shop offers, what is asked of it, and under which terms it answers."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import attrs

from stylesim import _matching as matching
from stylesim import _product_checks as checks
from stylesim._checks import is_whole, plain_whole
from stylesim._price_text import split_price
from stylesim.errors import ProductError, expected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylesim.types import ImageLike, Slot


def parse_price(text: str, *, argument: str = "price") -> tuple[float, str | None]:
    """Read a price as people write it.

    Grouping and decimal marks of any country are told apart; what can be read
    in two ways (``"1.299"`` alone), a range, or a text with other words is
    refused rather than guessed.

    Args:
        text: Such as ``"49,90 €"``, ``"$1,299.00"`` or ``"KRW 59,000"``.
        argument: Name of the argument for error messages.

    Returns:
        The amount, and the ISO code of the currency, or None where the text
        names none or one sign of several currencies (``$``, ``¥``, ``kr``).

    Raises:
        ProductError: The text is no single, unmistakable amount.

    Examples:
        >>> parse_price("49,90 €"), parse_price("$1,299.00")
        ((49.9, 'EUR'), (1299.0, None))
    """
    if not isinstance(text, str):
        raise expected(argument, "text", text, "pass the price as text", ProductError)
    return split_price(text, argument)


@attrs.frozen
class Product:
    """One thing that a shop sells.

    Texts lose control characters and are cut to a length, but are kept as they
    are otherwise: escape them before they go into a page.

    Args:
        id: Stable name of the product within its source; of one beyond 300 characters its
            beginning and a digest are kept.
        title: What the shop calls it.
        url: Page of the product; http or https.
        price: At least 0, in ``currency``; None where it is not known.
        currency: ISO code of three letters.
        image: Picture: a path, encoded bytes, a PIL image, a uint8 array, or an
            http(s) address, which moves to ``image_url`` and is not fetched.
        image_url: Address of the picture; http or https.
        brand: Brand.
        slot: Where on the body it is worn, a ``Slot`` or its name.
        category: What it is, such as ``"t-shirt"``.
        gender: ``"female"``, ``"male"``, ``"unisex"`` or the shop's own word;
            synonyms such as ``"women's"`` are read as these.
        colour: Its main colour.
        size: Sizes to be had, such as ``"M"`` or ``"S, M, L"``. Two numbers with a slash, as
            in ``"32/34"``, are one size.
        available: Whether it can be bought now; None where that is not known. Words of
            product feeds, such as ``"in stock"``, are read.
        description: More about it.
        source: Name of the provider it came from.
        attributes: Anything else, as plain JSON values.

    Raises:
        ProductError: A field is of the wrong kind: an address that is not http
            or https, a negative or infinite price, a price as text, no title.

    Examples:
        >>> shirt = Product("7", "Linen shirt", "https://shop.example/7", price=39, currency="eur")
        >>> shirt.price, shirt.currency
        (39.0, 'EUR')
    """

    id: str
    title: str
    url: str
    price: float | None = attrs.field(default=None, kw_only=True)
    currency: str | None = attrs.field(default=None, kw_only=True)
    image: ImageLike | None = attrs.field(default=None, kw_only=True, eq=False, repr=False)
    image_url: str | None = attrs.field(default=None, kw_only=True)
    brand: str | None = attrs.field(default=None, kw_only=True)
    slot: Slot | None = attrs.field(default=None, kw_only=True, converter=checks.product_slot)
    category: str | None = attrs.field(default=None, kw_only=True)
    gender: str | None = attrs.field(default=None, kw_only=True)
    colour: str | None = attrs.field(default=None, kw_only=True)
    size: str | None = attrs.field(default=None, kw_only=True)
    available: bool | None = attrs.field(default=None, kw_only=True)
    description: str | None = attrs.field(default=None, kw_only=True, repr=False)
    source: str | None = attrs.field(default=None, kw_only=True)
    attributes: Mapping[str, Any] = attrs.field(factory=dict, kw_only=True, hash=False, repr=False)

    def __attrs_post_init__(self) -> None:
        image, address = checks.picture(self.image, self.image_url)
        object.__setattr__(self, "image", image)
        object.__setattr__(self, "image_url", address)
        for name, check in checks.PRODUCT_CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))

    @property
    def price_text(self) -> str:
        """The price for people, such as ``"49.90 EUR"``; empty where it is not known."""
        return "" if self.price is None else f"{self.price:.2f} {self.currency or ''}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; of the picture, its path or address only.

        Examples:
            >>> Product("7", "Shirt", "https://shop.example/7").to_dict()["title"]
            'Shirt'
        """
        fields = {name.name: getattr(self, name.name) for name in attrs.fields(type(self))}
        path = isinstance(self.image, (str, os.PathLike))
        fields["image"] = os.fspath(self.image) if path else None  # type: ignore[arg-type]
        fields["slot"] = None if self.slot is None else self.slot.value
        fields["attributes"] = dict(self.attributes)
        return fields


@attrs.frozen
class SkippedProduct:
    """A row or offer that made no product.

    Attributes:
        reason: Why, in words for people.
        id: Its id, where one could be read.
        row: Its number: the line of a CSV or JSONL file counted from 1, header
            included; elsewhere the place counted from 1; None where it has none.
        source: File or provider it stood in.
    """

    reason: str
    id: str | None = None
    row: int | None = None
    source: str | None = None


@attrs.frozen(kw_only=True)
class ProductQuery:
    """What is asked of a provider.

    Args:
        slot: Where on the body the product is worn, a ``Slot`` or its name.
        category: What it is, such as ``"jeans"``, plural or not. Of paths such as
            ``"Women > Jeans"``, here or in a product, the last part is compared.
        words: Further words, each to be found in the texts of the product; a
            text is split at its spaces.
        colour: Main colour.
        min_price: Lowest price, in ``currency``.
        max_price: Highest price, in ``currency``.
        currency: ISO code, for the two prices. None compares bare numbers, whatever
            their currency.
        gender: Whom it is made for.
        brand: Brand.
        size: A size that must be to be had.
        available: True leaves out what is known to be sold out, False what can be bought.
        near: Vector that products shall be near, the nearest first, as float32 array of shape
            (d,) in the embedding of the catalogue; providers without vectors pass over it.
        limit: Most products wanted, at least 1; None for all there are.

    Raises:
        InvalidArgumentError: A field is of the wrong kind or out of range.

    Examples:
        >>> ProductQuery(slot="skirt", max_price=80, currency="eur").slot
        <Slot.BOTTOM: 'bottom'>
    """

    slot: Slot | None = attrs.field(default=None, converter=checks.query_slot)
    category: str | None = attrs.field(default=None, validator=checks.query_text)
    words: tuple[str, ...] = attrs.field(default=(), converter=checks.words_of)
    colour: str | None = attrs.field(default=None, validator=checks.query_text)
    min_price: float | None = attrs.field(default=None, converter=checks.lowest)
    max_price: float | None = attrs.field(default=None, converter=checks.highest)
    currency: str | None = attrs.field(default=None, converter=checks.query_currency)
    gender: str | None = attrs.field(default=None, converter=checks.query_gender)
    brand: str | None = attrs.field(default=None, validator=checks.query_text)
    size: str | None = attrs.field(default=None, validator=checks.query_text)
    available: bool | None = attrs.field(default=None, validator=checks.query_flag)
    near: tuple[float, ...] | None = attrs.field(
        default=None, converter=checks.vector, repr=checks.short
    )
    limit: int | None = attrs.field(default=50, converter=attrs.converters.optional(plain_whole))

    def __attrs_post_init__(self) -> None:
        limit: object = self.limit
        if limit is not None and (not is_whole(limit) or limit < 1):
            raise expected("limit", "a whole number of at least 1, or None", limit, "pass 50")
        low, high = self.min_price, self.max_price
        if low is not None and high is not None and low > high:
            raise expected("min_price", "at most max_price", f"{low} above {high}", "swap the two")

    def matches(self, product: Product) -> bool:
        """Whether a product is what was asked for.

        What the product does not say passes for slot, colour, gender and availability; for
        category and brand its title has to name the one asked for; for size it
        fails. A price that is not known, or in another currency, fails where a
        lowest or highest price is asked for.

        Args:
            product: The product.

        Returns:
            Whether nothing that it says is against the query.

        Examples:
            >>> shirt = Product("7", "Linen shirt", "https://shop.example/7", price=39.0)
            >>> ProductQuery(max_price=50).matches(shirt), ProductQuery(max_price=30).matches(shirt)
            (True, False)
        """
        return (
            matching.price_fits(self, product)
            and matching.facts_fit(self, product)
            and matching.words_fit(self, product)
        )

    def unclear(self, product: Product) -> str | None:
        """Say why the price of a product that fits otherwise cannot be compared.

        Args:
            product: The product.

        Returns:
            The reason in words; None where it can be compared or does not matter.
        """
        if not matching.has_bounds(self):
            return None
        if not matching.facts_fit(self, product) or not matching.words_fit(self, product):
            return None
        if product.price is None:
            return "its price is not known"
        if self.currency is not None and product.currency != self.currency:
            return f"its price is in {product.currency or 'no known currency'}, not {self.currency}"
        return None


@attrs.frozen(kw_only=True)
class ProviderTerms:
    """What a provider allows to be done with its answers.

    Args:
        cache_ttl: Seconds for which answers may be kept; 0 = not at all, None = for ever.
        may_mix: Whether its products may stand beside those of other providers.
        affiliate: Whether its links earn somebody a commission.
        retires: Day from which it no longer answers.
        note: What else there is to know.

    Raises:
        InvalidArgumentError: A field is of the wrong kind.

    Examples:
        >>> ProviderTerms(cache_ttl=3600).may_mix
        True
    """

    cache_ttl: float | None = attrs.field(default=None, converter=checks.lifetime)
    may_mix: bool = True
    affiliate: bool = False
    retires: date | None = None
    note: str = ""

    def __attrs_post_init__(self) -> None:
        for name in ("may_mix", "affiliate"):
            if not isinstance(getattr(self, name), bool):
                raise expected(name, "True or False", getattr(self, name), "pass one of them")
        retires: object = self.retires
        if retires is not None and (isinstance(retires, datetime) or not isinstance(retires, date)):
            raise expected("retires", "a date or None", retires, "pass datetime.date(2027, 1, 31)")

    def retired(self, today: date | None = None) -> bool:
        """Whether the provider has stopped answering; today is counted in UTC."""
        return self.retires is not None and (today or datetime.now(UTC).date()) >= self.retires
