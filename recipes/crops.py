"""Cut every garment out of every training photograph, in several views.

Worn garments come from the pixel maps (drawn by people, or by the finder where only tags are
known) and laid-out ones from GrabCut; both get the same treatment, so that a network cannot
tell by the frame whether a garment is worn: backgrounds stay, go grey, or are swapped.

    python recipes/crops.py --work out/recipes
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from common import load_items, trunk
from finder_data import background
from finder_reading import N_PIX, pseudo_label
from labels import CATEGORIES, PIXEL_CLASSES, SLOT_OF, STREET_TO_CATEGORY
from tqdm import tqdm

from stylesim.backbones.garment_net import GarmentNet

SIDE = 160
GREY = 114
SKIP = {"background", "person", "accessory"}


def street_garments(item: dict) -> list[dict]:
    """One record a slot of a street photograph: mask, category (or -1), fine tags."""
    found = []
    tags = [t for t in item["tags"] if t in STREET_TO_CATEGORY]
    for value, slot in enumerate(PIXEL_CLASSES):
        if slot in SKIP:
            continue
        mask = item["pixels"] == value
        if mask.mean() < (0.002 if slot in ("shoes", "headwear") else 0.006):
            continue
        fine = [t for t in tags if SLOT_OF[STREET_TO_CATEGORY[t]] == slot]
        if "fine" in item:
            inside = item["fine"][mask]
            category = int(np.bincount(inside[inside < 255], minlength=1).argmax())
        else:
            options = {STREET_TO_CATEGORY[t] for t in fine}
            category = CATEGORIES.index(options.pop()) if len(options) == 1 else -1
        if category >= 0:
            fine = [t for t in fine if STREET_TO_CATEGORY[t] == CATEGORIES[category]]
        found.append({
            "kind": "worn", "id": f"{item['id']}:{slot}", "image": item["image"], "mask": mask,
            "category": category, "slot": slot, "fine": fine[0] if len(fine) == 1 else None,
            "held_out": item["held_out"], "area": float(mask.mean()),
        })  # fmt: skip
    return found


def laid_garment(item: dict) -> dict:
    mask = item["pixels"] > 0 if item["mask_ok"] else np.ones(item["pixels"].shape, bool)
    return {
        "kind": "laid", "id": item["id"], "image": item["image"], "mask": mask, "fine": None,
        "category": item["category"], "slot": SLOT_OF[CATEGORIES[item["category"]]],
        "held_out": item["held_out"], "area": float(mask.mean()), "label": item["label"],
    }  # fmt: skip


def box_of(mask: np.ndarray) -> tuple[int, int, int, int]:
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1


def canonical(garment: dict, *, blank: bool = True, side: int = SIDE) -> np.ndarray:
    """The view that the library makes: box with an 8% margin, the rest grey, square."""
    x0, y0, x1, y1 = box_of(garment["mask"])
    m = 0.08 * max(x1 - x0, y1 - y0)
    size = max(x1 - x0, y1 - y0) + 2 * m
    scale = side / size
    a = np.array(
        [[scale, 0, side / 2 - scale * (x0 + x1) / 2], [0, scale, side / 2 - scale * (y0 + y1) / 2]]
    )
    image = garment["image"]
    if blank:
        image = np.where(garment["mask"][..., None], image, np.uint8(GREY))
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.warpAffine(image, a, (side, side), flags=flags, borderValue=(GREY,) * 3)


def random_view(garment: dict, everything: list[dict], rng: np.random.Generator) -> np.ndarray:
    image, mask = garment["image"], garment["mask"]
    h, w = mask.shape
    draw = rng.random()
    if draw < 0.6:
        soft = mask.astype(np.uint8)
        kernel = np.ones((int(rng.integers(1, 8)),) * 2, np.uint8)
        soft = cv2.dilate(soft, kernel) if rng.random() < 0.6 else cv2.erode(soft, kernel)
        if draw < 0.42:
            fill = np.full((h, w, 3), GREY, np.uint8)
        else:
            fill = background(everything, rng, (h, w))
        image = np.where(soft[..., None] > 0, image, fill)
    x0, y0, x1, y1 = box_of(mask)
    if draw > 0.9 and garment["kind"] == "laid":
        x0, y0, x1, y1 = 0, 0, w, h
    margin = rng.uniform(-0.06, 0.25)
    size = max(x1 - x0, y1 - y0) * (1 + 2 * margin)
    scale = SIDE / size
    angle = np.deg2rad(rng.normal(0, 8))
    if garment["kind"] == "laid" and rng.random() < 0.08:
        angle += np.pi / 2 * rng.integers(1, 4)
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    stretch = np.exp(rng.normal(0, 0.08))
    flip = -1 if rng.random() < 0.5 else 1
    a = np.array([[c * flip * stretch, -s], [s * flip * stretch, c]])
    shift = rng.uniform(-0.07, 0.07, 2) * SIDE
    t = SIDE / 2 + shift - a @ np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    fill = (GREY,) * 3
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    out = cv2.warpAffine(image, np.c_[a, t], (SIDE, SIDE), flags=flags, borderValue=fill)
    x = out.astype(np.float32) / 255
    # Light changes, colours stay: a style is told by colour, so no shift of hue.
    x = (x - 0.5) * rng.uniform(0.75, 1.25) + 0.5 + rng.uniform(-0.12, 0.12)
    x *= 1 + rng.uniform(-0.07, 0.07, 3).astype(np.float32)
    if rng.random() < 0.03:
        x = np.repeat(x.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.2:
        small = int(rng.integers(48, 120))
        x = cv2.resize(cv2.resize(x, (small, small), interpolation=cv2.INTER_AREA), (SIDE, SIDE))
    if rng.random() < 0.25:
        eh, ew = (int(v) for v in rng.uniform(0.1, 0.4, 2) * SIDE)
        ey, ex = rng.integers(SIDE - eh), rng.integers(SIDE - ew)
        x[ey : ey + eh, ex : ex + ew] = rng.random(3) if rng.random() < 0.5 else GREY / 255
    return (np.clip(x, 0, 1) * 255).astype(np.uint8)


def palette(garment: dict) -> np.ndarray:
    """What the eye sees first: a 27-bin colour histogram, then mean, spread and texture (11)."""
    view = canonical(garment, side=64)
    mask = (
        canonical(
            {
                **garment,
                "image": np.repeat(garment["mask"][..., None], 3, 2).astype(np.uint8) * 255,
            },
            blank=False,
            side=64,
        )[..., 0]
        > 127
    )
    if mask.sum() < 20:
        mask[:] = True
    lab = cv2.cvtColor(view, cv2.COLOR_RGB2LAB).astype(np.float32)
    inside = lab[mask]
    edges = ([85, 150], [121, 137], [121, 140])
    bins = sum(np.digitize(inside[:, k], edges[k]) * 3**k for k in range(3))
    histogram = np.bincount(bins, minlength=27) / len(inside)
    light = lab[..., 0]
    fine = np.abs(light - cv2.GaussianBlur(light, (0, 0), 1.0))[mask].mean()
    coarse = np.abs(cv2.GaussianBlur(light, (0, 0), 1.0) - cv2.GaussianBlur(light, (0, 0), 3.0))[
        mask
    ].mean()
    stats = [*(inside.mean(0) / 128 - 1), *(inside.std(0) / 40), fine / 8, coarse / 8]
    across = [
        np.abs(np.diff(light, axis=k))[mask[1:] if k == 0 else mask[:, 1:]].mean() / 10
        for k in (0, 1)
    ]
    return np.float32([*histogram, *stats, *across, mask.mean()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--views", type=int, default=6)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    laid, street = load_items(args.work)
    net = GarmentNet(trunk(args.init), N_PIX, len(CATEGORIES)).to(memory_format=torch.channels_last)
    net.load_state_dict(torch.load(args.work / "finder.pt"))
    unmasked = [i for i in street if "pixels" not in i and not i["held_out"]]
    unseen = pseudo_label(net, [i for i in street if i["held_out"]], use_tags=False)
    street = [i for i in street if "pixels" in i and not i["held_out"]]
    street += pseudo_label(net, unmasked) + unseen
    garments = [laid_garment(i) for i in laid] + [g for i in street for g in street_garments(i)]
    train = [g for g in garments if not g["held_out"]]
    test = [g for g in garments if g["held_out"]]
    everything = [i for i in laid + street if not i["held_out"]]
    print(len(train), "garments to train on,", len(test), "held out", flush=True)

    tags = {i["id"]: i["tags"] for i in unseen}
    (args.work / "tags.json").write_text(json.dumps(tags))
    shape = (len(train), args.views, SIDE, SIDE, 3)
    views = np.lib.format.open_memmap(args.work / "views.npy", "w+", np.uint8, shape)

    def one(index: int) -> None:
        rng = np.random.default_rng(index)
        views[index, 0] = canonical(train[index])
        for k in range(1, args.views):
            views[index, k] = random_view(train[index], everything, rng)

    with ThreadPoolExecutor(2) as pool:
        list(tqdm(pool.map(one, range(len(train))), total=len(train), mininterval=20))
    fields = ("kind", "id", "category", "slot", "fine", "area")
    np.savez(
        args.work / "train.npz", palette=np.stack([palette(g) for g in train]),
        **{f: np.array([g[f] or "" if f == "fine" else g[f] for g in train]) for f in fields},
    )  # fmt: skip
    np.savez(
        args.work / "test.npz", blank=np.stack([canonical(g) for g in test]),
        raw=np.stack([canonical(g, blank=False) for g in test]),
        label=np.array([g.get("label", "") for g in test]),
        **{f: np.array([g[f] or "" if f == "fine" else g[f] for g in test]) for f in fields},
    )  # fmt: skip


if __name__ == "__main__":
    main()
