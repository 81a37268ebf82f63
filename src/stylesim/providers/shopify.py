"""Shopify's global Catalog API. Source: shopify.dev, Catalog API reference, Search."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs

from stylesim._price_text import THOUSANDTHS
from stylesim.errors import ProviderError, expected
from stylesim.providers._answers import server_address
from stylesim.providers._http import HOURLY, HttpProvider, Plan, Request, Token, key_from
from stylesim.providers._rows import Intake
from stylesim.providers._words import price_words, search_words

if TYPE_CHECKING:
    from stylesim.products import ProductQuery, ProviderTerms

_MOST = 10
_WHOLE = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())


@attrs.define(eq=False, kw_only=True)
class ShopifyCatalogProvider(HttpProvider):
    """Searches the shops on Shopify; at most 10 products a search; needs the extra ``http``.

    Args:
        client_id: Of your Shopify application; else from ``SHOPIFY_CLIENT_ID``.
        client_secret: Of your Shopify application; else from ``SHOPIFY_CLIENT_SECRET``.
        ships_to: Country of two letters; it decides the currency.
        base_url: Where the search is.
        auth_url: Where tokens are given out.

    Raises:
        InvalidArgumentError: A key is missing, or an address is none.

    Examples:
        >>> shop = ShopifyCatalogProvider(client_id="id", client_secret="secret", ships_to="DE")
        >>> "secret" in repr(shop)
        False
    """

    name: str = "shopify"
    terms: ProviderTerms = HOURLY
    client_id: str | None = attrs.field(default=None, repr=False)
    client_secret: str | None = attrs.field(default=None, repr=False)
    ships_to: str | None = None
    base_url: str = "https://discover.shopifyapps.com"
    auth_url: str = "https://api.shopify.com"
    _token: Token = attrs.field(factory=Token, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        HttpProvider.__attrs_post_init__(self)
        self.base_url = server_address("base_url", self.base_url)
        self.auth_url = server_address("auth_url", self.auth_url)
        self.client_id = key_from("client_id", self.client_id, "SHOPIFY_CLIENT_ID")
        self.client_secret = key_from("client_secret", self.client_secret, "SHOPIFY_CLIENT_SECRET")

    def plan(self, query: ProductQuery) -> Plan:
        """Ask with words."""
        words = search_words(query)
        if not words:
            raise expected("query", "words, a category or a slot", "none", "name what is wanted")
        params = {
            "query": words,
            "available_for_sale": 1,
            "min_price": price_words(query.min_price),
            "max_price": price_words(query.max_price),
            "ships_to": self.ships_to,
            "limit": _MOST if query.limit is None else min(_MOST, query.limit),
        }
        answer = yield from self._authorised(params)
        if isinstance(answer, dict):
            answer = self.rows(answer, "products")
        if not isinstance(answer, list):
            raise self.nonsense(f"expected a list of products, got {type(answer).__name__}")
        intake = Intake(self.name)
        for number, row in enumerate(answer, start=1):
            intake.take(number, fields_of_universal(row), source=self.name)
        # Shopify has searched for the words in more texts than it returns.
        return self.finish(intake, attrs.evolve(query, words=(), category=None, brand=None))

    def _authorised(self, params: dict[str, Any]) -> Any:
        for attempt in (1, 2):
            if not self._token.good():
                body = {
                    "client_id": self.client_id,
                    "client_secret": self.client_secret,
                    "grant_type": "client_credentials",
                }
                place = f"{self.auth_url}/auth/access_token"
                answer = yield Request(place, method="POST", body=body)
                self._token.keep(answer, self, time.monotonic())
            headers = {"Authorization": f"Bearer {self._token.text}"}
            try:
                url = f"{self.base_url}/global/v2/search"
                return (yield Request(url, params, headers=headers))
            except ProviderError as error:
                if error.details.get("status") != 401 or attempt == 2:  # a token taken back
                    raise
                self._token.forget()
        raise AssertionError


def fields_of_universal(row: Any) -> Any:
    """Fields of a product from a Universal Product: its first offer and lowest price."""
    if not isinstance(row, dict):
        return row
    offer = next((item for item in _list(row.get("variants")) if isinstance(item, dict)), {})
    shop = offer.get("shop")
    shop = shop if isinstance(shop, dict) else {}
    spread = row.get("priceRange")
    lowest = spread.get("min") if isinstance(spread, dict) else None
    price, currency = money(offer.get("price", lowest), offer.get("currency"))
    media = [item for item in _list(row.get("media")) if isinstance(item, dict)]
    return {
        "id": row.get("id"),
        "title": row.get("title"),
        "url": offer.get("variantUrl") or row.get("url") or offer.get("checkoutUrl"),
        "price": price,
        "currency": currency,
        "image_url": media[0].get("url") if media else None,
        "description": row.get("description"),
        "shop": shop.get("name"),
    }


def money(value: Any, currency: Any = None) -> tuple[Any, Any]:
    """Price and currency; whole numbers count the smallest unit (cents), texts do not."""
    if isinstance(value, dict):
        value, currency = value.get("amount"), value.get("currency", currency)
    if isinstance(value, int) and not isinstance(value, bool):
        code = str(currency).upper()
        with suppress(OverflowError):  # a price beyond floats is refused as it stands
            value = value / (1 if code in _WHOLE else 1000 if code in THOUSANDTHS else 100)
    return value, currency if value is not None else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
