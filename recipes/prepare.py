"""Read both data sets once into arrays: small pictures, pixel maps, labels.

Laid-out garments have no masks. GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004), started
from a centred ellipse, gives them one: the garment fills the middle of such photographs. Arrays
that are there already stay: delete one to make it anew.

    python recipes/prepare.py --data ../shared/data --work out/recipes
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from labels import CATEGORIES, PERSON_LABELS, PIXEL_CLASSES, SLOT_OF, STREET_TO_CATEGORY
from tqdm import tqdm

from stylesim.datasets import ClothingPhoto, OutfitPhoto, load_clothing, load_outfits

LONG_SIDE = 384
LARGE_SIDE = 480  # of street photographs whose outlines are learned closely
GRABCUT_SIDE = 192


def read(path: Path, side: int) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"cannot read {path}")
    scale = side / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image[:, :, ::-1])


def grabcut(image: np.ndarray) -> np.ndarray:
    """Foreground mask of a laid-out garment, bool (H, W)."""
    scale = GRABCUT_SIDE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    h, w = small.shape[:2]
    yy, xx = np.mgrid[0:h, 0:w]
    inside = ((yy - h / 2) / (h * 0.42)) ** 2 + ((xx - w / 2) / (w * 0.42)) ** 2 < 1
    seeds = np.where(inside, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    edge = max(2, int(0.025 * min(h, w)))
    seeds[:edge] = seeds[-edge:] = cv2.GC_BGD
    seeds[:, :edge] = seeds[:, -edge:] = cv2.GC_BGD
    cv2.setRNGSeed(0)
    cv2.grabCut(small, seeds, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    mask = ((seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    size = (image.shape[1], image.shape[0])
    return cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST).astype(bool)


def clothing(photos: Sequence[ClothingPhoto]) -> list[dict]:
    def one(photo: ClothingPhoto) -> dict:
        image = read(photo.path, LONG_SIDE)
        mask = grabcut(image)
        return {
            "kind": "laid",
            "id": photo.id,
            "sender": photo.sender,
            "label": photo.label,
            "held_out": photo.held_out,
            "image": image,
            "pixels": mask * np.uint8(PIXEL_CLASSES.index(photo.slot.value)),
            # A mask of almost nothing or almost all says that GrabCut failed.
            "mask_ok": bool(0.06 < mask.mean() < 0.85),
            "category": CATEGORIES.index(photo.category),
        }

    with ThreadPoolExecutor(2) as pool:
        return list(tqdm(pool.map(one, photos), total=len(photos), desc="laid-out garments"))


def street(photos: Sequence[OutfitPhoto], side: int) -> list[dict]:
    to_pixel = np.zeros(256, np.uint8)
    to_category = np.full(256, 255, np.uint8)
    for value, name in enumerate(photos[0].labels):
        if name in STREET_TO_CATEGORY:
            category = STREET_TO_CATEGORY[name]
            to_pixel[value] = PIXEL_CLASSES.index(SLOT_OF[category])
            to_category[value] = CATEGORIES.index(category)
        elif name in PERSON_LABELS:
            to_pixel[value] = PIXEL_CLASSES.index("person")

    def one(photo: OutfitPhoto) -> dict:
        image = read(photo.path, side)
        found = {"kind": "street", "id": photo.id, "tags": list(photo.tags), "image": image}
        found["held_out"] = photo.held_out
        raw = photo.mask()
        if raw is not None:
            raw = cv2.resize(raw, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
            found["pixels"] = to_pixel[raw]
            found["fine"] = to_category[raw]
        return found

    with ThreadPoolExecutor(2) as pool:
        return list(tqdm(pool.map(one, photos), total=len(photos), desc="street photographs"))


def keep(path: Path, items: list[dict]) -> None:
    """Write an array so that a run that is cut off leaves none."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, np.array(items, dtype=object))
    part.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    made = {
        "street": lambda: street(load_outfits(args.data / "outfits"), LONG_SIDE),
        "street_large": lambda: street(load_outfits(args.data / "outfits"), LARGE_SIDE),
        "laid": lambda: clothing(load_clothing(args.data / "garments")),
    }
    for name, make in made.items():
        path = args.work / f"{name}.npy"
        if path.exists():
            print(path, "is there", flush=True)
        else:
            keep(path, make())


if __name__ == "__main__":
    main()
