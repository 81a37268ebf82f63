"""How near are the clothes you own to the style you want, and what would close the gap?

Everything public is reached from here:

    import stylesim as ss

Names are loaded when they are first used, so that importing the package costs
next to nothing and loads neither torch nor Ultralytics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "AbstractBackbone",
    "AbstractGarmentFinder",
    "AbstractProductProvider",
    "CatalogProvider",
    "ClosetGaps",
    "DamagedFileError",
    "Explanation",
    "FoundGarment",
    "FunctionBackbone",
    "FunctionFinder",
    "FunctionProvider",
    "Garment",
    "GarmentFinder",
    "ImageError",
    "ImageLike",
    "InvalidArgumentError",
    "LightweightClassifier",
    "MissingExtraError",
    "NewerVersionError",
    "NotFittedError",
    "NotFoundError",
    "Outfit",
    "Product",
    "ProductError",
    "ProductQuery",
    "ProviderError",
    "ProviderTerms",
    "Recommendation",
    "Recommender",
    "SearchLinkProvider",
    "SimilarityReport",
    "SimilarityScorer",
    "Slot",
    "StorageError",
    "StyleSimError",
    "StyleSimWarning",
    "StyleTarget",
    "StyleTargetError",
    "StyleTargetWarning",
    "TargetReport",
    "UnsafeFileError",
    "Wardrobe",
    "WholePictureFinder",
    "YoloBackbone",
    "datasets",
    "find_garments",
    "outfits",
    "plotting",
    "study",
]

if TYPE_CHECKING:
    from stylesim import datasets, outfits, plotting, study
    from stylesim.backbones import AbstractBackbone, FunctionBackbone, YoloBackbone
    from stylesim.classifier import LightweightClassifier
    from stylesim.errors import (
        DamagedFileError,
        ImageError,
        InvalidArgumentError,
        MissingExtraError,
        NewerVersionError,
        NotFittedError,
        NotFoundError,
        ProductError,
        ProviderError,
        StorageError,
        StyleSimError,
        StyleSimWarning,
        StyleTargetError,
        StyleTargetWarning,
        UnsafeFileError,
    )
    from stylesim.explanation import Explanation
    from stylesim.gaps import ClosetGaps
    from stylesim.garments import (
        AbstractGarmentFinder,
        FoundGarment,
        FunctionFinder,
        GarmentFinder,
        WholePictureFinder,
        find_garments,
    )
    from stylesim.outfits import Outfit
    from stylesim.products import Product, ProductQuery, ProviderTerms
    from stylesim.providers import (
        AbstractProductProvider,
        CatalogProvider,
        FunctionProvider,
        SearchLinkProvider,
    )
    from stylesim.recommender import Recommendation, Recommender
    from stylesim.similarity import SimilarityReport, SimilarityScorer
    from stylesim.style_target import StyleTarget
    from stylesim.target_check import TargetReport
    from stylesim.types import ImageLike, Slot
    from stylesim.wardrobe import Garment, Wardrobe
else:
    _HOMES = {
        "AbstractBackbone": "backbones",
        "FunctionBackbone": "backbones",
        "YoloBackbone": "backbones",
        "LightweightClassifier": "classifier",
        "DamagedFileError": "errors",
        "ImageError": "errors",
        "InvalidArgumentError": "errors",
        "MissingExtraError": "errors",
        "NewerVersionError": "errors",
        "NotFittedError": "errors",
        "NotFoundError": "errors",
        "ProductError": "errors",
        "ProviderError": "errors",
        "StorageError": "errors",
        "StyleSimError": "errors",
        "StyleSimWarning": "errors",
        "StyleTargetError": "errors",
        "StyleTargetWarning": "errors",
        "UnsafeFileError": "errors",
        "Explanation": "explanation",
        "ClosetGaps": "gaps",
        "AbstractGarmentFinder": "garments",
        "FoundGarment": "garments",
        "FunctionFinder": "garments",
        "GarmentFinder": "garments",
        "WholePictureFinder": "garments",
        "find_garments": "garments",
        "Outfit": "outfits",
        "Product": "products",
        "ProductQuery": "products",
        "ProviderTerms": "products",
        "AbstractProductProvider": "providers",
        "CatalogProvider": "providers",
        "FunctionProvider": "providers",
        "SearchLinkProvider": "providers",
        "Recommendation": "recommender",
        "Recommender": "recommender",
        "SimilarityReport": "similarity",
        "SimilarityScorer": "similarity",
        "StyleTarget": "style_target",
        "TargetReport": "target_check",
        "ImageLike": "types",
        "Slot": "types",
        "Garment": "wardrobe",
        "Wardrobe": "wardrobe",
    }

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in _HOMES:
            value = getattr(import_module(f"stylesim.{_HOMES[name]}"), name)
        elif name in __all__:
            value = import_module(f"stylesim.{name}")
        else:
            raise AttributeError(f"module 'stylesim' has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
