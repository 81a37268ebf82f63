"""Where products come from: ``AbstractProductProvider`` and those that are shipped.

``stylesim.providers.contract`` holds the tests that every provider has to pass.
"""

from __future__ import annotations

from stylesim.providers._addresses import AddressGate
from stylesim.providers._catalog_writing import CatalogChanges
from stylesim.providers.base import AbstractProductProvider, SearchResult, SkippedProductWarning
from stylesim.providers.cache import CachedProvider
from stylesim.providers.catalog import CatalogProvider
from stylesim.providers.chain import ChainProvider, ProviderFailure
from stylesim.providers.ebay import EbayBrowseProvider
from stylesim.providers.function import FunctionProvider
from stylesim.providers.links import PAGES, SearchLinkProvider, SearchPage
from stylesim.providers.pictures import Fetched, PictureFetcher
from stylesim.providers.serpapi import SerpApiShoppingProvider
from stylesim.providers.shopify import ShopifyCatalogProvider

__all__ = [
    "PAGES",
    "AbstractProductProvider",
    "AddressGate",
    "CachedProvider",
    "CatalogChanges",
    "CatalogProvider",
    "ChainProvider",
    "EbayBrowseProvider",
    "Fetched",
    "FunctionProvider",
    "PictureFetcher",
    "ProviderFailure",
    "SearchLinkProvider",
    "SearchPage",
    "SearchResult",
    "SerpApiShoppingProvider",
    "ShopifyCatalogProvider",
    "SkippedProductWarning",
]
