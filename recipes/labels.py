"""One label space for worn and laid-out garments, and the split that nothing trains across.

Both data sets are mapped onto the same categories, so that a worn blouse and a blouse on a
hanger carry the same label. The split is by photographer for laid-out garments (one person's
photographs share floors and light) and by photograph for street outfits.
"""

from __future__ import annotations

import hashlib

SLOTS = ["top", "outer", "full", "bottom", "shoes", "headwear", "bag", "accessory"]

#: Channels of the finder's pixel map.
PIXEL_CLASSES = ["background", "person", *SLOTS]

#: category -> (slot, labels of the clothing data set, labels of Clothing Co-Parsing)
_TABLE: dict[str, tuple[str, list[str], list[str]]] = {
    "t-shirt": ("top", ["T-Shirt"], ["t-shirt"]),
    "longsleeve": ("top", ["Longsleeve"], ["sweater"]),
    "shirt": ("top", ["Shirt"], ["shirt"]),
    "polo": ("top", ["Polo"], []),
    "undershirt": ("top", ["Undershirt"], ["bra"]),
    "blouse": ("top", ["Blouse"], ["blouse"]),
    "top": ("top", ["Top"], ["top"]),
    "hoodie": ("top", ["Hoodie"], ["hoodie", "sweatshirt"]),
    "bodysuit": ("top", ["Body"], ["bodysuit"]),
    "coat": ("outer", ["Outwear"], ["coat", "jacket", "cape"]),
    "blazer": ("outer", ["Blazer"], ["blazer", "suit"]),
    "cardigan": ("outer", [], ["cardigan"]),
    "vest": ("outer", [], ["vest"]),
    "dress": ("full", ["Dress"], ["dress", "romper", "jumper", "swimwear"]),
    "pants": ("bottom", ["Pants"], ["pants", "jeans", "leggings"]),
    "shorts": ("bottom", ["Shorts"], ["shorts"]),
    "skirt": ("bottom", ["Skirt"], ["skirt"]),
    "shoes": (
        "shoes",
        ["Shoes"],
        "boots clogs flats heels loafers pumps sandals shoes sneakers wedges".split(),
    ),
    "hat": ("headwear", ["Hat"], ["hat"]),
    "bag": ("bag", [], ["bag", "purse", "wallet"]),
    "accessory": (
        "accessory",
        [],
        "accessories belt bracelet earrings glasses gloves necklace ring scarf socks stockings "
        "sunglasses tie tights watch".split(),
    ),
}
PERSON_LABELS = ["hair", "skin", "intimate", "panties"]

CATEGORIES = list(_TABLE)
SLOT_OF = {category: row[0] for category, row in _TABLE.items()}
CLOTHING_TO_CATEGORY = {label: c for c, row in _TABLE.items() for label in row[1]}
STREET_TO_CATEGORY = {label: c for c, row in _TABLE.items() for label in row[2]}


def held_out(kind: str, key: str) -> bool:
    """Whether a photographer ("sender") or street photograph ("outfit") is kept for testing.

    A quarter is: those whose SHA-256 of ``kind:key`` starts with 0 to 3 in its first hex digit.
    """
    return hashlib.sha256(f"{kind}:{key}".encode()).hexdigest()[0] in "0123"
