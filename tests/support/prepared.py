"""Pictures as the recipe `prepare.py` keeps them: plain shapes, each class in a grey of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylesim.datasets import CATEGORY_SLOTS
from stylesim.types import Slot

H, W = 96, 64
_CLASSES = ["background", "person", *(slot.value for slot in Slot)]
number = _CLASSES.index
CATEGORIES = list(CATEGORY_SLOTS)


def painted(pixels: np.ndarray) -> np.ndarray:
    """Light ground, and each class in a grey of its own."""
    return np.repeat(np.where(pixels > 0, 20 + 22 * pixels, 250)[..., None], 3, 2).astype("u1")


def outfit(i: int, *, masked: bool = True, held_out: bool = False) -> dict[str, Any]:
    """Somebody in a blouse and jeans."""
    pixels = np.zeros((H, W), np.uint8)
    pixels[6:20, 24:40] = number("person")
    pixels[20:48, 16:48], pixels[48:88, 20:44] = number("top"), number("bottom")
    item = {"kind": "street", "id": str(i), "tags": ["blouse", "jeans"], "held_out": held_out}
    item["image"] = painted(pixels)
    fine = np.full_like(pixels, 255)
    fine[20:48, 16:48], fine[48:88, 20:44] = CATEGORIES.index("blouse"), CATEGORIES.index("pants")
    return item | ({"pixels": pixels, "fine": fine} if masked else {})


def laid(i: int) -> dict[str, Any]:
    """A T-shirt, trousers or a dress on the floor; the fifth has no outline, the last are kept."""
    name = ("t-shirt", "pants", "dress")[i % 3]
    slot = number(CATEGORY_SLOTS[name].value)
    pixels = np.zeros((H, H), np.uint8)
    pixels[8:88, 30:66] = slot
    return {
        "kind": "laid", "id": f"l{i}", "sender": f"s{i % 5}", "label": name, "held_out": i > 8,
        "image": painted(pixels), "pixels": pixels, "mask_ok": i != 4,
        "category": CATEGORIES.index(name),
    }  # fmt: skip
