"""Augmented batches for the garment finder: street photographs, laid-out garments, bare ground."""

from __future__ import annotations

import queue
import threading

import cv2
import numpy as np
from labels import CATEGORIES, PIXEL_CLASSES, SLOT_OF, STREET_TO_CATEGORY
from recolour import cloths, recolour

IGNORE = 255
WORN, LAID, NONE = 0, 1, 2
#: Height and width of an upright picture at the end of training, and at the library's first look.
LONG, SHORT = 320, 224
#: Height and width, small first, as it is cheap
SIZES = ((256, 192), (LONG, SHORT))
#: The same where outlines of what is worn are all that is learned, for the library's second look.
WORN_SIZES = ((384, 256), (480, 320))
#: Of a batch what shows no garment, and up to where street photographs come; the rest is laid out.
BARE, STREET = 0.06, 0.56


def slot_categories(item: dict, soft: dict[str, np.ndarray]) -> dict[int, np.ndarray]:
    """Pixel class -> probabilities of categories, where labels leave no doubt or a teacher says.

    Args:
        item: A prepared picture.
        soft: What a tuned teacher and people say of single garments, by ``"picture:slot"`` for
            worn ones and by picture for those laid out; may be empty.
    """
    if item["kind"] == "laid":
        number = PIXEL_CLASSES.index(SLOT_OF[CATEGORIES[item["category"]]])
        return {number: soft.get(str(item["id"]), one_hot(item["category"]))}
    found: dict[int, set[int]] = {}
    for tag in item["tags"]:
        if tag in STREET_TO_CATEGORY:
            name = STREET_TO_CATEGORY[tag]
            slot = PIXEL_CLASSES.index(SLOT_OF[name])
            found.setdefault(slot, set()).add(CATEGORIES.index(name))
    said = {slot: one_hot(next(iter(c))) for slot, c in found.items() if len(c) == 1}
    names = {slot: f"{item['id']}:{PIXEL_CLASSES[slot]}" for slot in found}
    return said | {slot: soft[name] for slot, name in names.items() if name in soft}


def one_hot(category: int) -> np.ndarray:
    out = np.zeros(len(CATEGORIES), np.float32)
    out[category] = 1
    return out


def presence_of(item: dict, pixels: np.ndarray) -> np.ndarray:
    """1 for a category that shows, 0 for one that does not, -1 where cropping leaves doubt."""
    there = np.zeros(len(CATEGORIES), np.float32)
    names = (
        [CATEGORIES[item["category"]]]
        if item["kind"] == "laid"
        else [STREET_TO_CATEGORY[t] for t in item["tags"] if t in STREET_TO_CATEGORY]
    )
    for name in names:
        shown = (pixels == PIXEL_CLASSES.index(SLOT_OF[name])).mean() > 0.003
        there[CATEGORIES.index(name)] = 1 if shown or item["kind"] == "laid" else -1
    return there


def background(items: list[dict], rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A piece of floor, wall or street that shows no garment, scaled to (h, w)."""
    for _ in range(40):
        item = items[rng.integers(len(items))]
        if "pixels" not in item or not item.get("mask_ok", True):
            continue
        h, w = item["pixels"].shape
        ph, pw = int(h * rng.uniform(0.12, 0.45)), int(w * rng.uniform(0.12, 0.45))
        y, x = rng.integers(h - ph), rng.integers(w - pw)
        if item["pixels"][y : y + ph, x : x + pw].mean() == 0:
            patch = item["image"][y : y + ph, x : x + pw]
            return cv2.resize(patch, size[::-1], interpolation=cv2.INTER_LINEAR)
    flat = rng.integers(0, 255, 3)
    return np.broadcast_to(flat.astype(np.uint8), (*size, 3)).copy()


def colour(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    x = image.astype(np.float32) / 255
    x = (x - 0.5) * rng.uniform(0.7, 1.35) + 0.5 + rng.uniform(-0.18, 0.18)
    x *= 1 + rng.uniform(-0.12, 0.12, 3).astype(np.float32)
    grey = x @ np.float32([0.299, 0.587, 0.114])
    amount = 0.0 if rng.random() < 0.1 else rng.uniform(0.5, 1.5)
    x = grey[..., None] + (x - grey[..., None]) * np.float32(amount)
    if rng.random() < 0.15:
        x = x[..., rng.permutation(3)]
    if rng.random() < 0.15:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.5, 1.8))
    if rng.random() < 0.2:
        x = x + rng.normal(0, rng.uniform(0.01, 0.05), x.shape).astype(np.float32)
    return (np.clip(x, 0, 1) * 255).astype(np.uint8)


def augment(
    item: dict,
    rng: np.random.Generator,
    size: tuple[int, int],
    items: list[dict],
    cloth: list[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    h, w = size
    image, pixels = item["image"], item["pixels"]
    if cloth:
        image = recolour(image, pixels, cloth, rng)
    ih, iw = pixels.shape
    laid = item["kind"] == "laid"
    if laid and not item["mask_ok"]:
        pixels = np.full_like(pixels, IGNORE)
    elif (laid and rng.random() < 0.3) or (not laid and "fine" in item and rng.random() < 0.15):
        image = np.where(pixels[..., None] > 0, image, background(items, rng, (ih, iw)))
    zoom = rng.uniform(0.65, 1.25)
    if not laid and rng.random() < 0.25:
        zoom = rng.uniform(1.2, 2.0)
    scale = min(h / ih, w / iw) * zoom
    angle = rng.normal(0, 5 if not laid else 12)
    if laid and rng.random() < 0.15:
        angle += 90 * rng.integers(1, 4)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    c, s = np.cos(np.deg2rad(angle)) * scale, np.sin(np.deg2rad(angle)) * scale
    m = np.array([[c * flip, -s, 0], [s * flip, c, 0]], np.float64)
    stretch = rng.uniform(0.9, 1.1)
    m[0] *= stretch
    slack = abs(1 - zoom) * 0.5 + 0.06
    target = np.array(
        [w * (0.5 + rng.uniform(-slack, slack)), h * (0.5 + rng.uniform(-slack, slack))]
    )
    m[:, 2] = target - m[:, :2] @ np.array([iw / 2, ih / 2])
    border = [cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE][int(rng.random() < 0.4)]
    image = cv2.warpAffine(
        image, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(114,) * 3
    )
    pixels = cv2.warpAffine(pixels, m, (w, h), flags=cv2.INTER_NEAREST, borderValue=0)
    return colour(image, rng), pixels


class Batches:
    """Augmented batches, made by threads while the network works."""

    def __init__(
        self,
        laid: list[dict],
        street: list[dict],
        batch: int,
        seed: int,
        soft: dict[str, np.ndarray] | None = None,
        *,
        worn: bool = False,
    ) -> None:
        self.laid, self.street, self.batch = laid, street, batch
        self.soft = soft or {}
        self.worn, self.cloth = worn, cloths(laid, 600) if worn else None
        self.size = (WORN_SIZES if worn else SIZES)[0]
        counts = np.bincount([i["category"] for i in laid], minlength=len(CATEGORIES))
        p = np.array([counts[i["category"]] ** -0.5 for i in laid])
        self.p = p / p.sum()
        self.ready: queue.Queue = queue.Queue(6)
        for worker in range(1):
            threading.Thread(target=self._work, args=(seed * 10 + worker,), daemon=True).start()

    def _work(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        while True:
            self.ready.put(self._make(rng))

    def _make(self, rng: np.random.Generator) -> tuple:
        long, short = self.size
        size = (long, short) if rng.random() < (0.95 if self.worn else 0.75) else (short, long)
        images, pixels, scenes, there, rows = [], [], [], [], []
        everything = self.laid + self.street[:200]
        for index in range(self.batch):
            draw = BARE if self.worn else rng.random()
            if draw < BARE:
                images.append(colour(background(everything, rng, size), rng))
                pixels.append(np.zeros(size, np.uint8))
                scenes.append(NONE)
                there.append(np.zeros(len(CATEGORIES), np.float32))
                continue
            if draw < STREET:
                item = self.street[rng.integers(len(self.street))]
            else:
                item = self.laid[rng.choice(len(self.laid), p=self.p)]
            image, pix = augment(item, rng, size, everything, self.cloth)
            images.append(image)
            pixels.append(pix)
            laid = item["kind"] == "laid"
            scenes.append(LAID if laid else WORN)
            there.append(presence_of(item, pix))
            for slot, category in slot_categories(item, self.soft).items():
                mask = pix == slot
                if laid and (pix == IGNORE).all():
                    mask = np.ones_like(mask)
                if mask.mean() > 0.004:
                    rows.append(
                        (
                            index,
                            category,
                            cv2.resize(mask.astype(np.float32), size[::-1], fx=0, fy=0)[::8, ::8],
                        )
                    )
        return np.stack(images), np.stack(pixels), np.array(scenes), np.stack(there), rows
