"""eBay, Shopify and SerpApi over a loopback shop that speaks as they document."""

from __future__ import annotations

import asyncio
import base64
import json
from urllib.parse import parse_qs

import pytest
from PIL import Image

from stylesim.errors import InvalidArgumentError, ProviderError
from stylesim.images import image_bytes
from stylesim.products import ProductQuery, ProviderTerms
from stylesim.providers import (
    EbayBrowseProvider,
    SerpApiShoppingProvider,
    ShopifyCatalogProvider,
)

BROWSE = "/buy/browse/v1/item_summary/"
TOKEN = {"access_token": "tok", "expires_in": 7200, "token_type": "Application Access Token"}


def item(number, **changes):
    return {
        "itemId": f"v1|{number}|0",
        "title": f"Jeans {number}",
        "price": {"value": "49.90", "currency": "EUR"},
        "image": {"imageUrl": f"https://i.example/{number}.jpg"},
        "itemWebUrl": f"https://www.ebay.example/itm/{number}",
        **changes,
    }


@pytest.fixture
def ebay(shop):
    shop.says("/identity/v1/oauth2/token", TOKEN)

    def make(**settings):
        return EbayBrowseProvider(
            client_id="id", client_secret="s3cret", base_url=shop.url, **settings
        )

    return make


@pytest.fixture
def shopify(shop):
    shop.says("/auth/access_token", TOKEN)

    def make(**settings):
        return ShopifyCatalogProvider(
            client_id="id",
            client_secret="s3cret",
            base_url=shop.url,
            auth_url=shop.url,
            **settings,
        )

    return make


def test_ebay_is_asked_as_it_documents(shop, ebay):
    shop.says(BROWSE + "search", {"itemSummaries": [item(1)]})
    query = ProductQuery(
        category="jeans", colour="navy", min_price=10, max_price=50, currency="EUR", limit=7
    )
    (found,) = ebay(marketplace="EBAY_DE", category_ids="11483").search(query)
    token, search = shop.asked
    assert token.method == "POST"
    assert parse_qs(token.body.decode())["grant_type"] == ["client_credentials"]
    assert token.headers["authorization"] == "Basic " + base64.b64encode(b"id:s3cret").decode()
    assert search.params == {
        "q": "navy jeans",
        "category_ids": "11483",
        "filter": "price:[10..50],priceCurrency:EUR",
        "limit": "7",
        "offset": "0",
    }
    assert search.headers["authorization"] == "Bearer tok"
    assert search.headers["x-ebay-c-marketplace-id"] == "EBAY_DE"
    assert "x-ebay-c-enduserctx" not in search.headers
    assert (found.price, found.currency, found.source) == (49.9, "EUR", "ebay")
    assert found.image_url == "https://i.example/1.jpg"


def test_ebay_links_may_earn_a_commission_and_say_so(shop, ebay):
    affiliate = "https://www.ebay.example/itm/1?campid=5"
    shop.says(BROWSE + "search", {"itemSummaries": [item(1, itemAffiliateWebUrl=affiliate)]})
    provider = ebay(campaign="5")
    assert provider.terms.affiliate
    assert not ebay().terms.affiliate
    (found,) = provider.search(ProductQuery(words="jeans"))
    assert found.url == affiliate
    assert shop.asked[-1].headers["x-ebay-c-enduserctx"] == "affiliateCampaignId=5"


def test_terms_are_cautious_unless_others_are_given(shop, ebay, shopify):
    serpapi = SerpApiShoppingProvider(api_key="k", base_url=shop.url)
    assert {each.terms.cache_ttl for each in (ebay(), shopify(), serpapi)} == {3600.0}
    assert (ebay().terms.may_mix, shopify().terms.may_mix) == (False, True)
    assert ebay(terms=ProviderTerms(), campaign="5").terms == ProviderTerms(affiliate=True)


def test_ebay_gives_page_after_page(shop, ebay):
    pages = [[item(n) for n in range(200)], [item(n) for n in range(200, 250)]]
    shop.says(BROWSE + "search", *({"itemSummaries": page} for page in pages))
    found = ebay().search(ProductQuery(words="jeans", limit=300))
    assert len({product.id for product in found}) == 250
    assert [each.params["offset"] for each in shop.asked[1:]] == ["0", "200"]
    assert [each.params["limit"] for each in shop.asked[1:]] == ["200", "200"]


def test_ebay_sorts_and_names_the_currency_of_its_prices(shop, ebay):
    shop.says(BROWSE + "search", {"itemSummaries": []})
    ebay(sort="-price", marketplace="EBAY_GB").search(ProductQuery(words="jeans", max_price=50))
    assert shop.asked[-1].params["sort"] == "-price"
    assert shop.asked[-1].params["filter"] == "price:[..50],priceCurrency:GBP"
    with pytest.raises(InvalidArgumentError, match="sort"):
        ebay(sort="cheap")


def test_ebay_keeps_the_pages_before_a_failure(shop, ebay, reply):
    first = {"itemSummaries": [item(n) for n in range(200)]}
    shop.says(BROWSE + "search", first, reply(status=400))
    found = ebay().search(ProductQuery(words="jeans", limit=300))
    assert len(found) == 200
    (told,) = found.skipped
    assert told.reason == "only the first 200 were read: ebay: status 400."


def test_ebay_is_asked_with_a_picture(shop, ebay):
    picture = image_bytes(Image.new("RGB", (5, 4), "navy"))
    shop.says(BROWSE + "search_by_image", {"itemSummaries": [item(1), item(2)]})
    assert len(ebay().search_by_image(picture)) == 2
    assert len(asyncio.run(ebay().asearch_by_image(picture))) == 2
    search = shop.asked[-1]
    assert search.method == "POST"
    assert base64.b64decode(json.loads(search.body)["image"]) == picture


def test_prices_are_asked_for_in_full(shop, ebay, shopify):
    bounds = {"min_price": 12345.67, "max_price": 1290000.0}
    shop.says(BROWSE + "search", {})
    shop.says("/global/v2/search", [])
    shop.says("/search", {})
    serpapi = SerpApiShoppingProvider(api_key="key", base_url=shop.url)
    for provider in (ebay(), shopify(), serpapi):
        provider.search(ProductQuery(category="coat", currency="KRW", **bounds))
    asked = [each.params for each in shop.asked if each.method == "GET"]
    assert asked[0]["filter"] == "price:[12345.67..1290000],priceCurrency:KRW"
    for params in asked[1:]:
        assert (params["min_price"], params["max_price"]) == ("12345.67", "1290000")


def test_a_price_beyond_floats_costs_its_row(shop, shopify):
    rows = [
        {"id": str(n), "title": "Skirt", "url": f"https://a.example/{n}", "price": price}
        for n, price in enumerate((10**400, 4900))
    ]
    offers = [{**row, "variants": [{"price": row.pop("price")}]} for row in rows]
    shop.says("/global/v2/search", offers)
    found = shopify().search(ProductQuery(words="skirt"))
    assert [(product.id, product.price) for product in found] == [("1", 49.0)]
    assert "price: expected a finite number" in found.skipped[0].reason


@pytest.mark.parametrize("kind", ["ebay", "shopify"])
def test_a_token_is_kept_and_renewed_when_taken_back(shop, reply, ebay, shopify, kind):
    provider = {"ebay": ebay, "shopify": shopify}[kind]()
    path = {"ebay": BROWSE + "search", "shopify": "/global/v2/search"}[kind]
    shop.says(path, {}, {}, reply(status=401), {})
    for _ in range(3):
        assert list(provider.search(ProductQuery(words="jeans"))) == []
    searches = [each.path == path for each in shop.asked]
    assert searches == [False, True, True, True, False, True]
    shop.says(path, reply(status=401))
    with pytest.raises(ProviderError, match="status 401; check the key"):
        provider.search(ProductQuery(words="jeans"))
    assert "tok" not in repr(provider)
    assert "s3cret" not in repr(provider)


@pytest.mark.parametrize("answer", [{}, [], {"access_token": 5}, {"access_token": "a\nb"}])
@pytest.mark.parametrize("kind", ["ebay", "shopify"])
def test_no_token_is_an_error(shop, ebay, shopify, kind, answer):
    provider = {"ebay": ebay, "shopify": shopify}[kind]()
    shop.says("/identity/v1/oauth2/token", answer)
    shop.says("/auth/access_token", answer)
    with pytest.raises(ProviderError, match="gave no access token"):
        provider.search(ProductQuery(words="jeans"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (item(1, title=None), "title"),
        (item(1, itemWebUrl=None), "url"),
        (item(1, itemWebUrl="javascript:alert(1)"), "url"),
        (item(1, itemWebUrl="data:text/html,x"), "url"),
        (item(1, image={"imageUrl": "file:///etc/passwd"}), "image_url"),
        (item(1, price={"value": "-3", "currency": "EUR"}), "price"),
        (item(1, price={"value": "about 10", "currency": "EUR"}), "price"),
        (item(1, price={"value": "10", "currency": "euros"}), "currency"),
        (item(2), "given before"),
        ("text", "row"),
        (None, "row"),
    ],
)
def test_a_bad_row_is_skipped_and_reported(shop, ebay, row, reason):
    shop.says(BROWSE + "search", {"itemSummaries": [item(2), row, item(3)]})
    provider = ebay()
    found = provider.search(ProductQuery(words="jeans"))
    assert [product.title for product in found] == ["Jeans 2", "Jeans 3"]
    (skipped,) = provider.skipped
    assert (skipped.row, skipped.source) == (2, "ebay")
    assert reason in skipped.reason
    assert found.skipped == provider.skipped


def test_hostile_text_loses_what_hides_and_stays_text(shop, ebay):
    title = "<script>alert(1)</script>\x00\n\u202egnp.exe" + "x" * 10_000
    shop.says(BROWSE + "search", {"itemSummaries": [item(1, title=title)]})
    (found,) = ebay().search(ProductQuery(words="jeans"))
    assert found.title.startswith("<script>alert(1)</script> gnp.exe")  # text; pages escape it
    assert len(found.title) <= 300


def test_another_currency_is_left_out_and_said(shop, ebay):
    other = item(2, price={"value": "20", "currency": "USD"})
    shop.says(BROWSE + "search", {"itemSummaries": [item(1), other]})
    found = ebay().search(ProductQuery(words="jeans", max_price=60, currency="EUR"))
    assert [product.currency for product in found] == ["EUR"]
    assert "USD" in found.skipped[0].reason


def test_shopify_is_asked_as_it_documents(shop, shopify):
    universal = {
        "id": "gid://shopify/p/1",
        "title": "Jeans",
        "description": "Blue ones",
        "media": [{"url": "https://cdn.example/1.jpg"}],
        "priceRange": {"min": {"amount": 4990, "currency": "EUR"}},
        "variants": [
            {
                "id": "gid://shopify/ProductVariant/9",
                "price": {"amount": 5990, "currency": "EUR"},
                "variantUrl": "https://a.example/products/jeans?variant=9",
                "shop": {"name": "A"},
            }
        ],
    }
    won = {**universal, "id": "2", "variants": [], "url": "https://a.example/2"}
    won["priceRange"] = {"min": {"amount": 59000, "currency": "KRW"}}
    shop.says("/global/v2/search", [universal, won, {"id": "3"}])
    provider = shopify(ships_to="DE")
    first, second = provider.search(ProductQuery(category="jeans", max_price=99000.5, limit=50))
    token, search = shop.asked
    assert json.loads(token.body) == {
        "client_id": "id",
        "client_secret": "s3cret",
        "grant_type": "client_credentials",
    }
    assert search.params == {
        "query": "jeans",
        "available_for_sale": "1",
        "max_price": "99000.5",
        "ships_to": "DE",
        "limit": "10",
    }
    assert (first.price, first.currency) == (59.9, "EUR")
    assert first.url == "https://a.example/products/jeans?variant=9"
    assert first.image_url == "https://cdn.example/1.jpg"
    assert first.attributes["shop"] == "A"
    assert (second.price, second.currency) == (59000.0, "KRW")
    assert [skipped.row for skipped in provider.skipped] == [3]


def test_serpapi_is_asked_as_it_documents(shop):
    row = {
        "product_id": "1",
        "title": "Jeans",
        "product_link": "https://www.google.example/shopping/1",
        "link": "https://a.example/1",
        "source": "A",
        "price": "€49,90",
        "extracted_price": 49.9,
        "thumbnail": "https://t.example/1.jpg",
    }
    text = {"product_id": "2", "title": "Jeans", "link": "https://a.example/2", "price": "₩59,000"}
    odd = {**text, "product_id": "3", "price": "see the shop"}
    shop.says("/search", {"shopping_results": [row, text, odd]})
    provider = SerpApiShoppingProvider(api_key="k", base_url=shop.url, country="kr", language="ko")
    first, second, third = provider.search(ProductQuery(category="jeans", colour="navy"))
    assert shop.asked[0].params == {
        "engine": "google_shopping",
        "q": "네이비 청바지",
        "gl": "kr",
        "hl": "ko",
        "api_key": "k",
    }
    assert (first.url, first.price, first.currency) == (row["product_link"], 49.9, "EUR")
    assert (second.url, second.price, second.currency) == (text["link"], 59000.0, "KRW")
    assert (third.price, third.currency) == (None, None)


@pytest.mark.parametrize("kind", ["ebay", "shopify"])
def test_nothing_to_search_for_is_an_error(ebay, shopify, kind):
    with pytest.raises(InvalidArgumentError, match="query"):
        {"ebay": ebay, "shopify": shopify}[kind]().search(ProductQuery(max_price=5))
