"""Pictures to try things on: drawn clothes with known truth, and loaders of two real sets.

Drawn: ``make_closet``, ``make_style``, ``make_outfits``, ``make_catalog``.
Real, once downloaded: ``load_clothing``, ``load_outfits``, ``outfit_groups``.
"""

from __future__ import annotations

from stylesim.datasets._labels import CATEGORY_SLOTS, CLOTHING_CATEGORIES, OUTFIT_CATEGORIES
from stylesim.datasets.catalog import DrawnCatalog, make_catalog
from stylesim.datasets.drawn import (
    OUTFIT_NAMES,
    STYLE_NAMES,
    draw_garment,
    make_closet,
    make_outfits,
    make_style,
)
from stylesim.datasets.groups import OUTFIT_GROUPS, outfit_groups
from stylesim.datasets.real import (
    ClothingPhoto,
    OutfitPhoto,
    held_out,
    load_clothing,
    load_outfits,
)
from stylesim.datasets.truth import DrawnGarment, DrawnOutfit, GarmentTruth

__all__ = [
    "CATEGORY_SLOTS",
    "CLOTHING_CATEGORIES",
    "OUTFIT_CATEGORIES",
    "OUTFIT_GROUPS",
    "OUTFIT_NAMES",
    "STYLE_NAMES",
    "ClothingPhoto",
    "DrawnCatalog",
    "DrawnGarment",
    "DrawnOutfit",
    "GarmentTruth",
    "OutfitPhoto",
    "draw_garment",
    "held_out",
    "load_clothing",
    "load_outfits",
    "make_catalog",
    "make_closet",
    "make_outfits",
    "make_style",
    "outfit_groups",
]
