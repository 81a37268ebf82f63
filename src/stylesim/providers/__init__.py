"""Where products come from: :class:`AbstractProductProvider` and those that are shipped.

:mod:`stylesim.providers.contract` holds the tests that every provider has to pass.
"""

from __future__ import annotations

from stylesim.providers.base import AbstractProductProvider, SearchResult, SkippedProductWarning
from stylesim.providers.catalog import CatalogProvider
from stylesim.providers.function import FunctionProvider

__all__ = [
    "AbstractProductProvider",
    "CatalogProvider",
    "FunctionProvider",
    "SearchResult",
    "SkippedProductWarning",
]
