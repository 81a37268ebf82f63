"""The labels of the two real sets, as the categories and slots of this library."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

_SMALL = (
    "accessories belt bracelet earrings glasses gloves necklace ring scarf socks stockings "
    "sunglasses tie tights watch"
)

# category: slot, labels of the clothing data set, labels of Clothing Co-Parsing
_TABLE: dict[str, tuple[Slot, str, str]] = {
    "t-shirt": (Slot.TOP, "T-Shirt", "t-shirt"),
    "longsleeve": (Slot.TOP, "Longsleeve", "sweater"),
    "shirt": (Slot.TOP, "Shirt", "shirt"),
    "polo": (Slot.TOP, "Polo", ""),
    "undershirt": (Slot.TOP, "Undershirt", "bra"),
    "blouse": (Slot.TOP, "Blouse", "blouse"),
    "top": (Slot.TOP, "Top", "top"),
    "hoodie": (Slot.TOP, "Hoodie", "hoodie sweatshirt"),
    "bodysuit": (Slot.TOP, "Body", "bodysuit"),
    "coat": (Slot.OUTER, "Outwear", "coat jacket cape"),
    "blazer": (Slot.OUTER, "Blazer", "blazer suit"),
    "cardigan": (Slot.OUTER, "", "cardigan"),
    "vest": (Slot.OUTER, "", "vest"),
    "dress": (Slot.FULL, "Dress", "dress romper jumper swimwear"),
    "pants": (Slot.BOTTOM, "Pants", "pants jeans leggings"),
    "shorts": (Slot.BOTTOM, "Shorts", "shorts"),
    "skirt": (Slot.BOTTOM, "Skirt", "skirt"),
    "shoes": (
        Slot.SHOES,
        "Shoes",
        "boots clogs flats heels loafers pumps sandals shoes sneakers wedges",
    ),
    "hat": (Slot.HEADWEAR, "Hat", "hat"),
    "bag": (Slot.BAG, "", "bag purse wallet"),
    "accessory": (
        Slot.ACCESSORY,
        "",
        _SMALL,
    ),
}

CATEGORY_SLOTS: Mapping[str, Slot] = MappingProxyType({c: row[0] for c, row in _TABLE.items()})
"""Slot of each category."""

CLOTHING_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {label: category for category, row in _TABLE.items() for label in row[1].split()}
)
"""Category of each label of the clothing data set."""

OUTFIT_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {label: category for category, row in _TABLE.items() for label in row[2].split()}
)
"""Category of each garment label of Clothing Co-Parsing; skin, hair and the like have none."""
