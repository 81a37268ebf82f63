"""Skirts and shorts made of photographs of other clothes, for kinds that the data has few of.

Skirts laid out are few, and of denim hardly any; so a network learns that denim of that length is
shorts. What tells them apart is the shape. Trousers and shorts cut above the crotch look like short
skirts with a waistband, the lower half of a dress like a longer one, and trousers cut at the thigh
are shorts: the cloth is the same, only the shape differs. Where cloth was cut away, the ground on
both sides is mirrored in.
"""

from __future__ import annotations

import itertools
from typing import Any

import cv2
import numpy as np
from labels import CATEGORIES, PIXEL_CLASSES, SLOT_OF

#: Source, target, share of the source's height that is kept (from, to; each a range), and the
#: height that it gets, in widths.
CUTS: tuple[tuple[str, str, tuple[float, float], tuple[float, float], tuple[float, float]], ...] = (
    ("pants", "skirt", (0.0, 0.0), (0.19, 0.27), (0.5, 1.2)),
    ("pants", "shorts", (0.0, 0.0), (0.38, 0.58), (0.7, 1.3)),
    ("shorts", "skirt", (0.0, 0.0), (0.40, 0.52), (0.5, 1.1)),
    ("dress", "skirt", (0.42, 0.55), (1.0, 1.0), (0.7, 1.6)),
)
#: Height over width of what a source must be to stand upright, as far as one can tell.
UPRIGHT = {"pants": (1.5, 4.0), "shorts": (0.6, 1.5), "dress": (1.3, 4.0)}


def derived(items: list[dict[str, Any]], each: int = 1) -> list[dict[str, Any]]:
    """Laid-out garments as `prepare.py` keeps them, ``each`` of a kind from each to learn from."""
    rng = np.random.default_rng(0)
    made = []
    for item in items:
        source = CATEGORIES[item["category"]]
        if item["held_out"] or not item["mask_ok"] or source not in UPRIGHT:
            continue
        ys, xs = (np.flatnonzero((item["pixels"] > 0).any(axis)) for axis in (1, 0))
        low, high = UPRIGHT[source]
        if not low < (np.ptp(ys) + 1) / (np.ptp(xs) + 1) < high:
            continue
        for number, (name, target, first, last, tall) in itertools.product(range(each), CUTS):
            if name == source:
                image, mask = cut(item, rng.uniform(*first), rng.uniform(*last), rng)
                image, mask = reshaped(image, mask, rng.uniform(*tall), rng)
                slot = PIXEL_CLASSES.index(SLOT_OF[target])
                made.append({
                    **item, "id": f"{item['id']}-{target}{number}", "image": image, "derived": True,
                    "pixels": mask * np.uint8(slot), "category": CATEGORIES.index(target),
                    "label": "",
                })  # fmt: skip
    return made


def cut(
    item: dict[str, Any], first: float, last: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The picture with a part of the garment's height kept, and what is kept, bool (H, W)."""
    whole = item["pixels"] > 0
    ys, xs = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    y, x = np.mgrid[: whole.shape[0], : whole.shape[1]].astype(np.float32)
    height = (y - ys[0]) / (np.ptp(ys) + 1)
    # A hem hangs a little in the middle, or at the sides.
    across = (x - xs.mean()) / (np.ptp(xs) / 2 + 1)
    bend = rng.uniform(-0.02, 0.03) * (1 - across**2)
    kept = whole & (height >= first - bend) & (height < last + bend if last < 1 else True)
    gone = cv2.dilate((whole & ~kept).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    mended = cv2.remap(item["image"], *mirrored(whole), cv2.INTER_LINEAR)
    image = np.where((gone & ~kept)[..., None], mended, item["image"])
    return image, kept


def mirrored(whole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a pixel of a garment finds ground: beyond the nearer edge, as far as it lies within."""
    h, w = whole.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    wide = cv2.dilate(whole.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    some = wide.any(1)
    left = np.where(some, wide.argmax(1), w // 2).astype(np.float32)[:, None]
    right = np.where(some, w - 1 - wide[:, ::-1].argmax(1), w // 2).astype(np.float32)[:, None]
    to_left = x - left < right - x
    edge, away = np.where(to_left, left, right), np.where(to_left, -1, 1)
    # Fold back what would fall outside of the picture.
    room = np.where(to_left, left, w - 1 - right).clip(min=1)
    depth = room - np.abs(np.abs(x - edge) % (2 * room) - room)
    return (edge + away * depth).clip(0, w - 1).astype(np.float32), y


def reshaped(
    image: np.ndarray, mask: np.ndarray, tall: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """``tall`` widths high, and wider or narrower towards the hem; the garment in the middle."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x0, y0, x1, y1 = xs[0], ys[0], xs[-1] + 1, ys[-1] + 1
    flare, height = rng.uniform(0.95, 1.3), (x1 - x0) * tall
    width = (x1 - x0) * max(flare, 1.0)
    side = max(width, height) * rng.uniform(1.25, 1.6)
    scale = 384 / side
    top, bottom, middle = side / 2 - height / 2, side / 2 + height / 2, side / 2
    half = (x1 - x0) / 2
    corners = np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    goal = np.float32([
        [middle - half, top], [middle + half, top],
        [middle + half * flare, bottom], [middle - half * flare, bottom],
    ])  # fmt: skip
    matrix = cv2.getPerspectiveTransform(corners, goal * np.float32(scale))
    size = (384, 384)
    image = cv2.warpPerspective(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(mask.astype(np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
    return image, mask
