"""One label space for worn and laid-out garments: that of ``stylesim.datasets``, numbered.

Both data sets are mapped onto the same categories, so that a worn blouse and a blouse on a
hanger carry the same label. Nothing here trains on what ``stylesim.datasets.held_out`` keeps.
"""

from __future__ import annotations

from stylesim.datasets import CATEGORY_SLOTS, CLOTHING_CATEGORIES, OUTFIT_CATEGORIES, held_out
from stylesim.types import Slot

__all__ = ["CATEGORIES", "CLOTHING_TO_CATEGORY", "PIXEL_CLASSES", "SLOT_OF", "held_out"]

SLOTS = [slot.value for slot in Slot]

#: Channels of the finder's pixel map.
PIXEL_CLASSES = ["background", "person", *SLOTS]

CATEGORIES = list(CATEGORY_SLOTS)
SLOT_OF = {category: slot.value for category, slot in CATEGORY_SLOTS.items()}
CLOTHING_TO_CATEGORY = dict(CLOTHING_CATEGORIES)
STREET_TO_CATEGORY = dict(OUTFIT_CATEGORIES)
PERSON_LABELS = ["hair", "skin", "intimate", "panties"]
