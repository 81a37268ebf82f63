"""Read both data sets once into arrays: small pictures, pixel maps, labels.

Laid-out garments have no masks. GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004), started
from a centred ellipse, gives them one: the garment fills the middle of such photographs.

    python recipes/prepare.py --data ../shared/data --work out/recipes
"""

from __future__ import annotations

import argparse
import csv
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from labels import (
    CATEGORIES,
    CLOTHING_TO_CATEGORY,
    PERSON_LABELS,
    PIXEL_CLASSES,
    SLOT_OF,
    STREET_TO_CATEGORY,
    held_out,
)
from tqdm import tqdm

LONG_SIDE = 384
LARGE_SIDE = 480  # of street photographs whose outlines are learned closely
GRABCUT_SIDE = 192


def read(path: Path, side: int = LONG_SIDE) -> np.ndarray:
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


def clothing(folder: Path) -> list[dict]:
    def one(row: dict) -> dict:
        image = read(folder / "images" / f"{row['image']}.jpg")
        category = CLOTHING_TO_CATEGORY[row["label"]]
        mask = grabcut(image)
        slot = PIXEL_CLASSES.index(SLOT_OF[category])
        return {
            "kind": "laid",
            "id": row["image"],
            "sender": row["sender_id"],
            "label": row["label"],
            "held_out": held_out("sender", row["sender_id"]),
            "image": image,
            "pixels": np.where(mask, slot, 0).astype(np.uint8),
            # A mask of almost nothing or almost all says that GrabCut failed.
            "mask_ok": bool(0.06 < mask.mean() < 0.85),
            "category": CATEGORIES.index(category),
        }

    with (folder / "images.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    with ThreadPoolExecutor(2) as pool:
        return list(tqdm(pool.map(one, rows), total=len(rows), desc="laid-out garments"))


def street(folder: Path, side: int) -> list[dict]:
    meta = json.loads((folder / "labels.json").read_text())
    names = meta["labels"]
    to_pixel = np.zeros(256, np.uint8)
    to_category = np.full(256, 255, np.uint8)
    for value, name in enumerate(names):
        if name in STREET_TO_CATEGORY:
            category = STREET_TO_CATEGORY[name]
            to_pixel[value] = PIXEL_CLASSES.index(SLOT_OF[category])
            to_category[value] = CATEGORIES.index(category)
        elif name in PERSON_LABELS:
            to_pixel[value] = PIXEL_CLASSES.index("person")

    def one(item: tuple[str, list[str]]) -> dict:
        key, tags = item
        image = read(folder / "photos" / f"{key}.jpg", side)
        found = {"kind": "street", "id": key, "tags": tags, "image": image}
        found["held_out"] = held_out("outfit", key)
        path = folder / "masks" / f"{key}.png"
        if path.exists():
            raw = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            raw = cv2.resize(raw, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
            found["pixels"] = to_pixel[raw]
            found["fine"] = to_category[raw]
        return found

    items = list(meta["tags"].items())
    with ThreadPoolExecutor(2) as pool:
        return list(tqdm(pool.map(one, items), total=len(items), desc="street photographs"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    for name, side in (("street", LONG_SIDE), ("street_large", LARGE_SIDE)):
        photographs = street(args.data / "outfits", side)
        np.save(args.work / f"{name}.npy", np.array(photographs, dtype=object))
    np.save(args.work / "laid.npy", np.array(clothing(args.data / "garments"), dtype=object))


if __name__ == "__main__":
    main()
