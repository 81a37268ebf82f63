"""Every shipped provider that is not a catalogue keeps the public contract."""

from __future__ import annotations

import pytest

from stylesim.products import ProductQuery
from stylesim.providers import (
    CachedProvider,
    ChainProvider,
    EbayBrowseProvider,
    FunctionProvider,
    SearchLinkProvider,
    SerpApiShoppingProvider,
    ShopifyCatalogProvider,
)
from stylesim.providers.contract import ProviderContract

ROWS = [(str(number), f"Jeans {number}", f"https://shop.example/{number}") for number in range(3)]
TOKEN = {"access_token": "tok3n", "expires_in": 7200}


class OverHttp(ProviderContract):
    secrets = ("s3cret", "tok3n")

    @pytest.fixture(autouse=True)
    def _shop(self, shop, reply):
        self.shop = shop
        shop.says("/auth/access_token", TOKEN)
        shop.says("/identity/v1/oauth2/token", TOKEN)
        shop.says("/down/identity/v1/oauth2/token", reply(status=500))
        self.fill()

    def make_query(self):
        return ProductQuery(words="jeans", limit=20)


class TestEbay(OverHttp):
    def fill(self):
        price = {"value": "49.90", "currency": "EUR"}
        items = [{"itemId": i, "title": t, "itemWebUrl": u, "price": price} for i, t, u in ROWS]
        self.shop.says("/buy/browse/v1/item_summary/search", {"itemSummaries": items})

    def make_provider(self, path=""):
        return EbayBrowseProvider(
            client_id="id", client_secret="s3cret", base_url=self.shop.url + path, retries=0
        )

    def make_broken(self):
        return self.make_provider("/down")


class TestShopify(OverHttp):
    def fill(self):
        price = {"min": {"amount": 4990, "currency": "EUR"}}
        rows = [{"id": i, "title": t, "url": u, "priceRange": price} for i, t, u in ROWS]
        self.shop.says("/global/v2/search", rows)

    def make_provider(self, path=""):
        return ShopifyCatalogProvider(
            client_id="id",
            client_secret="s3cret",
            base_url=self.shop.url + path,
            auth_url=self.shop.url,
            retries=0,
        )

    def make_broken(self):
        return self.make_provider("/down")


class TestSerpApi(OverHttp):
    def fill(self):
        rows = [
            {"product_id": i, "title": t, "link": u, "extracted_price": 49.9, "price": "49,90 €"}
            for i, t, u in ROWS
        ]
        self.shop.says("/search", {"shopping_results": rows})

    def make_provider(self, path=""):
        return SerpApiShoppingProvider(api_key="s3cret", base_url=self.shop.url + path, retries=0)

    def make_broken(self):
        return self.make_provider("/down")


class TestLinks(ProviderContract):
    def make_provider(self):
        return SearchLinkProvider()

    def make_query(self):
        return ProductQuery(words="jeans", limit=20)


def shelf(name="shelf"):
    more = {"price": 5.0, "currency": "EUR", "slot": "bottom"}
    rows = [{"id": i, "title": t, "url": u.replace("shop", name), **more} for i, t, u in ROWS]
    return FunctionProvider(lambda query: rows, name=name)


def broken():
    return FunctionProvider(lambda query: 1 / 0, name="broken")


class TestChain(ProviderContract):
    def make_provider(self):
        return ChainProvider([broken(), shelf()], mode="merge")

    def make_broken(self):
        return ChainProvider([broken(), broken()])


class TestMerged(ProviderContract):
    """Two shops, each with ids of its own."""

    def make_provider(self):
        return ChainProvider([shelf("one"), shelf("other")], mode="merge")


class TestCached(ProviderContract):
    @pytest.fixture(autouse=True)
    def _file(self, tmp_path):
        self.path = tmp_path / "answers.sqlite"

    def make_provider(self):
        return CachedProvider(shelf(), self.path)

    def make_broken(self):
        return CachedProvider(broken(), self.path)
