"""Pages of eBay that are shorter than they might be."""

from __future__ import annotations

from typing import Any

from stylesim.products import ProductQuery
from stylesim.providers import EbayBrowseProvider


def page(*numbers: int, **more: Any) -> dict[str, Any]:
    rows = [
        {
            "itemId": f"v1|{n}|0",
            "title": f"Jeans {n}",
            "itemWebUrl": f"https://www.ebay.example/{n}",
        }
        for n in numbers
    ]
    return {"itemSummaries": rows, **more}


def test_a_short_page_is_not_the_last_where_another_is_named(shop: Any) -> None:
    shop.says("/identity/v1/oauth2/token", {"access_token": "t", "expires_in": 7200})
    pages = [page(*range(198), next="https://api.ebay.example/"), page(200, 201), page(400)]
    shop.says("/buy/browse/v1/item_summary/search", *pages)
    ebay = EbayBrowseProvider(client_id="id", client_secret="s3cret", base_url=shop.url)
    found = ebay.search(ProductQuery(words="jeans", limit=600))
    assert len(found) == 200
    assert [each.params["offset"] for each in shop.asked[1:]] == ["0", "200"]
    shop.says("/buy/browse/v1/item_summary/search", page(next="https://api.ebay.example/"))
    assert len(ebay.search(ProductQuery(words="jeans", limit=600))) == 0
