"""Where products come from."""

from stylesim.providers.base import (
    AbstractProductProvider,
    SkippedProduct,
    SkippedProductWarning,
)
from stylesim.providers.catalog import CatalogProvider
from stylesim.providers.function import FunctionProvider

__all__ = [
    "AbstractProductProvider",
    "CatalogProvider",
    "FunctionProvider",
    "SkippedProduct",
    "SkippedProductWarning",
]
