"""Google Shopping through SerpApi. Source: serpapi.com, Google Shopping API."""

from __future__ import annotations

from typing import Any

import attrs

from stylesim.errors import expected
from stylesim.products import ProductQuery, ProviderTerms, parse_price
from stylesim.providers._answers import server_address
from stylesim.providers._http import HOURLY, HttpProvider, Plan, Request, key_from
from stylesim.providers._rows import Intake
from stylesim.providers._words import price_words, search_words


@attrs.define(eq=False, kw_only=True)
class SerpApiShoppingProvider(HttpProvider):
    """Searches Google Shopping through SerpApi; needs the extra ``http``.

    Args:
        api_key: Of your SerpApi account; else from ``SERPAPI_API_KEY``.
        country: Google's ``gl``, such as ``"us"`` or ``"kr"``.
        language: Google's ``hl``, such as ``"en"`` or ``"ko"``; Korean words are
            searched with where it is Korean.
        currency: Of the prices, which SerpApi gives as bare numbers; None reads it
            from the price's text, which names it in some countries only.
        base_url: Where the API is.

    Raises:
        InvalidArgumentError: The key is missing, or an address is none.

    Examples:
        >>> shop = SerpApiShoppingProvider(api_key="secret", country="de", currency="EUR")
        >>> "secret" in repr(shop)
        False
    """

    name: str = "serpapi"
    terms: ProviderTerms = HOURLY
    api_key: str | None = attrs.field(default=None, repr=False)
    country: str = "us"
    language: str = "en"
    currency: str | None = None
    base_url: str = "https://serpapi.com"

    def __attrs_post_init__(self) -> None:
        HttpProvider.__attrs_post_init__(self)
        self.base_url = server_address("base_url", self.base_url)
        self.api_key = key_from("api_key", self.api_key, "SERPAPI_API_KEY")
        self.currency = ProductQuery(currency=self.currency).currency

    def plan(self, query: ProductQuery) -> Plan:
        """Ask with words."""
        words = search_words(query, self.language)
        if not words:
            raise expected("query", "words, a category or a slot", "none", "name what is wanted")
        params = {
            "engine": "google_shopping",
            "q": words,
            "gl": self.country,
            "hl": self.language,
            "min_price": price_words(query.min_price),
            "max_price": price_words(query.max_price),
        }
        key = {"api_key": str(self.api_key)}
        answer = yield Request(f"{self.base_url}/search", params, secret_params=key)
        intake = Intake(self.name)
        for number, row in enumerate(self.rows(answer, "shopping_results"), start=1):
            intake.take(number, self._fields(row), source=self.name)
        # Google has searched for the words in more texts than it returns.
        return self.finish(intake, attrs.evolve(query, words=(), category=None, brand=None))

    def _fields(self, row: Any) -> Any:
        if not isinstance(row, dict):
            return row
        price, text = row.get("extracted_price"), row.get("price")
        currency = self.currency
        if isinstance(text, str) and (price is None or currency is None):
            amount, named = _read(text)
            price = amount if price is None else price
            currency = named if currency is None else currency
        return {
            "id": row.get("product_id"),
            "title": row.get("title"),
            "url": row.get("product_link") or row.get("link"),
            "price": price,
            "currency": currency if price is not None else None,
            "image_url": row.get("thumbnail"),
            "shop": row.get("source"),
        }


def _read(text: str) -> tuple[float | None, str | None]:
    try:
        return parse_price(text)
    except ValueError:
        return None, None
