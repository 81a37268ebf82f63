"""Settings of shops: refused when made, not when first asked."""

from __future__ import annotations

from typing import Any

import pytest

from stylesim.errors import InvalidArgumentError, ProductError
from stylesim.providers import (
    EbayBrowseProvider,
    SerpApiShoppingProvider,
    ShopifyCatalogProvider,
)

KEYS: dict[str, Any] = {"client_id": "id", "client_secret": "secret"}


@pytest.mark.parametrize("address", ["http://[::1", "shop.example", "ftp://shop.example", None])
def test_addresses_are_checked(address: Any) -> None:
    for provider, keys, name in (
        (SerpApiShoppingProvider, {"api_key": "key"}, "base_url"),
        (EbayBrowseProvider, KEYS, "base_url"),
        (ShopifyCatalogProvider, KEYS, "base_url"),
        (ShopifyCatalogProvider, KEYS, "auth_url"),
    ):
        with pytest.raises(InvalidArgumentError, match=f"{name}: expected an http") as caught:
            provider(**keys, **{name: address})  # type: ignore[operator]
        assert not isinstance(caught.value, ProductError)  # nothing is wrong with a product


@pytest.mark.parametrize("name", ["campaign", "marketplace"])
@pytest.mark.parametrize("value", ["\u20ac", "a\nb", 5.5])
def test_what_stands_in_a_header_is_plain(name: str, value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{name}: expected plain ASCII text"):
        EbayBrowseProvider(**KEYS, **{name: value})


def test_a_campaign_may_be_a_number() -> None:
    assert EbayBrowseProvider(**KEYS, campaign=5338).campaign == "5338"
    with pytest.raises(InvalidArgumentError, match="campaign"):
        EbayBrowseProvider(**KEYS, campaign=True)
