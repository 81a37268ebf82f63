"""eBay's Browse API.

Source: developer.ebay.com, Buy APIs, Browse API, ``item_summary/search`` and ``search_by_image``.
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import ProviderError, expected
from stylesim.images import image_bytes
from stylesim.products import ProductQuery, ProviderTerms, SkippedProduct
from stylesim.providers._answers import check_header, server_address
from stylesim.providers._http import HOURLY, HttpProvider, Plan, Request, Token, key_from
from stylesim.providers._rows import Intake
from stylesim.providers._words import price_words, search_words

if TYPE_CHECKING:
    from stylesim.providers.base import SearchResult
    from stylesim.types import ImageLike

_MOST = 200
# Its licence for developers asks that its content be shown apart from that of others.
_TERMS = attrs.evolve(HOURLY, may_mix=False)
_SORTS = (None, "price", "-price", "newlyListed", "endingSoonest", "distance")
# A price filter has to name its currency: that of the marketplace where the query names none.
_CURRENCIES = {
    "AT": "EUR", "AU": "AUD", "BE": "EUR", "CA": "CAD", "CH": "CHF", "DE": "EUR", "ES": "EUR",
    "FR": "EUR", "GB": "GBP", "HK": "HKD", "IE": "EUR", "IT": "EUR", "MY": "MYR", "NL": "EUR",
    "PH": "PHP", "PL": "PLN", "SG": "SGD", "TW": "TWD", "US": "USD", "MOTORS_US": "USD",
}  # fmt: skip
_SCOPE = "https://api.ebay.com/oauth/api_scope"


@attrs.define(eq=False, kw_only=True)
class EbayBrowseProvider(HttpProvider):
    """Searches eBay by words, or by a picture; needs the extra ``http``.

    Args:
        client_id: Of your eBay application; else from ``EBAY_CLIENT_ID``.
        client_secret: Of your eBay application; else from ``EBAY_CLIENT_SECRET``.
        marketplace: Such as ``"EBAY_US"`` or ``"EBAY_DE"``.
        category_ids: eBay's numbers of categories, joined by commas.
        sort: ``"price"``, ``"-price"``, ``"newlyListed"`` or ``"endingSoonest"``; None is eBay's
            best match.
        campaign: Number of one of the eBay Partner Network; links then earn a commission,
            which your users must be told.
        base_url: Where the API is.

    Raises:
        InvalidArgumentError: A key is missing, or a setting is of the wrong kind.

    Examples:
        >>> shop = EbayBrowseProvider(client_id="id", client_secret="secret")
        >>> "secret" in repr(shop)
        False
    """

    name: str = "ebay"
    terms: ProviderTerms = _TERMS
    client_id: str | None = attrs.field(default=None, repr=False)
    client_secret: str | None = attrs.field(default=None, repr=False)
    marketplace: str = "EBAY_US"
    category_ids: str | None = None
    sort: str | None = None
    campaign: str | int | None = None
    base_url: str = "https://api.ebay.com"
    _token: Token = attrs.field(factory=Token, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        HttpProvider.__attrs_post_init__(self)
        self.base_url = server_address("base_url", self.base_url)
        check_header("marketplace", self.marketplace)
        if isinstance(self.campaign, int) and not isinstance(self.campaign, bool):
            self.campaign = str(self.campaign)
        check_header("campaign", self.campaign or "")
        self.client_id = key_from("client_id", self.client_id, "EBAY_CLIENT_ID")
        self.client_secret = key_from("client_secret", self.client_secret, "EBAY_CLIENT_SECRET")
        if self.sort not in _SORTS:
            wish = f"None or one of {', '.join(filter(None, _SORTS))}"
            raise expected("sort", wish, self.sort, "leave it out for the best match")
        if self.campaign and not self.terms.affiliate:
            self.terms = attrs.evolve(self.terms, affiliate=True)

    def search_by_image(self, image: ImageLike, query: ProductQuery | None = None) -> SearchResult:
        """Find what looks like a picture.

        Args:
            image: The picture; it is sent to eBay.
            query: Further wishes; its words are not used.

        Returns:
            Products, likeliest first.

        Raises:
            ImageError: The picture cannot be read.
            ProviderError: eBay did not answer, or answered with nonsense.
        """
        return self._run(self._by_image(image, query))

    async def asearch_by_image(
        self, image: ImageLike, query: ProductQuery | None = None
    ) -> SearchResult:
        """As ``search_by_image``, without blocking the event loop.

        Args:
            image: The picture; it is sent to eBay.
            query: Further wishes; its words are not used.

        Returns:
            Products, likeliest first.

        Raises:
            ImageError: The picture cannot be read.
            ProviderError: eBay did not answer, or answered with nonsense.
        """
        return await self._arun(self._by_image(image, query))

    def _by_image(self, image: ImageLike, query: ProductQuery | None) -> Plan:
        wanted = ProductQuery() if query is None else query
        body = {"image": base64.b64encode(image_bytes(image)).decode("ascii")}
        kept = attrs.evolve(wanted, words=())
        return self._pages("search_by_image", {}, kept, body)

    def plan(self, query: ProductQuery) -> Plan:
        """Ask with words."""
        words = search_words(query)
        if not words and self.category_ids is None:
            raise expected("query", "words, a category or a slot", "none", "name what is wanted")
        # eBay has searched for the words in more texts than it returns.
        kept = attrs.evolve(query, words=(), category=None)
        return (yield from self._pages("search", {"q": words or None}, kept, None))

    def _pages(
        self, method: str, params: dict[str, Any], query: ProductQuery, body: dict[str, Any] | None
    ) -> Plan:
        intake = Intake(self.name)
        wanted = _MOST if query.limit is None else query.limit
        # One size for all pages, so that every offset is a multiple of it.
        offset, size = 0, min(_MOST, wanted)
        while True:
            page = {
                **params,
                "category_ids": self.category_ids,
                "filter": price_filter(query, self.marketplace),
                "sort": self.sort,
                "limit": size,
                "offset": offset,
            }
            url = f"{self.base_url}/buy/browse/v1/item_summary/{method}"
            try:
                answer = yield from self._authorised(url, page, body)
            except ProviderError as error:
                if not offset:
                    raise
                why = f"only the first {offset} were read: {error}"  # which stay good
                intake.skipped.append(SkippedProduct(why, source=self.name))
                break
            rows = list(self.rows(answer, "itemSummaries"))
            for number, row in enumerate(rows, start=offset + 1):
                intake.take(number, fields_of_item(row), source=self.name)
            offset += size
            more = len(rows) == size or answer.get("next")  # a page may be short
            if not rows or not more or offset >= wanted:
                break
        return self.finish(intake, query)

    def _authorised(self, url: str, params: dict[str, Any], body: dict[str, Any] | None) -> Any:
        for attempt in (1, 2):
            if not self._token.good():
                form = {"grant_type": "client_credentials", "scope": _SCOPE}
                auth = (str(self.client_id), str(self.client_secret))
                place = f"{self.base_url}/identity/v1/oauth2/token"
                answer = yield Request(place, method="POST", form=form, auth=auth)
                self._token.keep(answer, self, time.monotonic())
            headers = {
                "Authorization": f"Bearer {self._token.text}",
                "X-EBAY-C-MARKETPLACE-ID": self.marketplace,
            }
            if self.campaign:
                headers["X-EBAY-C-ENDUSERCTX"] = f"affiliateCampaignId={self.campaign}"
            method = "GET" if body is None else "POST"
            try:
                return (yield Request(url, params, method=method, headers=headers, body=body))
            except ProviderError as error:
                if error.details.get("status") != 401 or attempt == 2:  # a token taken back
                    raise
                self._token.forget()
        raise AssertionError


def price_filter(query: ProductQuery, marketplace: str = "EBAY_US") -> str | None:
    """EBay's words for a range of prices, such as ``price:[10..50],priceCurrency:EUR``."""
    if query.min_price is None and query.max_price is None:
        return None
    low, high = price_words(query.min_price) or "", price_words(query.max_price) or ""
    code = query.currency or _CURRENCIES.get(marketplace.removeprefix("EBAY_"))
    return f"price:[{low}..{high}]" + (f",priceCurrency:{code}" if code else "")


def fields_of_item(row: Any) -> Any:
    """Fields of a product from one of ``itemSummaries``."""
    if not isinstance(row, dict):
        return row
    price = row.get("price")
    price = price if isinstance(price, dict) else {}
    image = row.get("image")
    return {
        "id": row.get("itemId"),
        "title": row.get("title"),
        "url": row.get("itemAffiliateWebUrl") or row.get("itemWebUrl"),
        "price": price.get("value"),
        "currency": price.get("currency"),
        "image_url": image.get("imageUrl") if isinstance(image, dict) else None,
        "condition": row.get("condition"),
    }
