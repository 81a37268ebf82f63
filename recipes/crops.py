"""Cut every garment out of every photograph, with its outline.

Worn garments come from the pixel maps (drawn by people, or by the finder where only tags are
known) and laid-out ones from GrabCut. What surrounds the garment is kept beside the outline, so
that training can keep it, grey it or swap it. To the garments to learn from come those that
`derived.py` makes of them.

    python recipes/crops.py --work out/recipes --init yolov8n-cls.pt
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from common import load_items, trunk
from derived import derived
from finder_reading import N_PIX, pseudo_label
from labels import CATEGORIES, PIXEL_CLASSES, SLOT_OF, STREET_TO_CATEGORY
from tqdm import tqdm

from stylesim.backbones.garment_net import GarmentNet

SIDE = 320
#: Side of what is stored, in longest sides of the garment's box.
ROOM = 1.5
#: Of the blur, as a share of the library's view of the garment.
REACH = 0.12
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
            "held_out": item["held_out"], "area": float(mask.mean()), "sender": item["id"],
        })  # fmt: skip
    return found


def laid_garment(item: dict) -> dict:
    mask = item["pixels"] > 0 if item["mask_ok"] else np.ones(item["pixels"].shape, bool)
    return {
        "kind": "laid", "id": item["id"], "image": item["image"], "mask": mask, "fine": None,
        "category": item["category"], "slot": SLOT_OF[CATEGORIES[item["category"]]],
        "held_out": item["held_out"], "area": float(mask.mean()), "label": item["label"],
        "sender": item["sender"], "derived": item.get("derived", False),
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


def stored(garment: dict) -> np.ndarray:
    """A square around the garment, with room to move: RGB and its blurred outline, uint8."""
    x0, y0, x1, y1 = box_of(garment["mask"])
    scale = SIDE / (max(x1 - x0, y1 - y0) * ROOM)
    a = np.array(
        [[scale, 0, SIDE / 2 - scale * (x0 + x1) / 2], [0, scale, SIDE / 2 - scale * (y0 + y1) / 2]]
    )
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (SIDE, SIDE)
    rgb = cv2.warpAffine(garment["image"], a, size, flags=flags, borderValue=(GREY,) * 3)
    mask = cv2.warpAffine(garment["mask"].astype(np.uint8) * 255, a, size, flags=cv2.INTER_LINEAR)
    reach = int(SIDE * 1.16 / ROOM * REACH) // 2 * 2 + 1
    return np.dstack([rgb, cv2.blur(mask, (reach, reach), borderType=cv2.BORDER_REPLICATE)])


def halved(store: np.ndarray) -> np.ndarray:
    size = (SIDE // 2, SIDE // 2)
    return np.stack([cv2.resize(crop, size, interpolation=cv2.INTER_AREA) for crop in store])


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
    train = [g for g in garments if not g["held_out"]] + [laid_garment(i) for i in derived(laid)]
    test = [g for g in garments if g["held_out"]]
    print(len(train), "garments to train on,", len(test), "held out", flush=True)

    tags = {i["id"]: i["tags"] for i in unseen}
    (args.work / "tags.json").write_text(json.dumps(tags))
    fields = ("kind", "id", "category", "slot", "fine", "area", "label", "sender")
    for name, garments in (("train", train), ("test", test)):
        shape = (len(garments), SIDE, SIDE, 4)
        store = np.lib.format.open_memmap(args.work / f"{name}_crops.npy", "w+", np.uint8, shape)
        for index, garment in enumerate(tqdm(garments, desc=name, mininterval=20)):
            store[index] = stored(garment)
        np.save(args.work / f"{name}_crops_half.npy", halved(store))
        np.savez(
            args.work / f"{name}.npz", palette=np.stack([palette(g) for g in garments]),
            derived=np.array([g.get("derived", False) for g in garments]),
            **{f: np.array([g.get(f) if g.get(f) is not None else "" for g in garments])
               for f in fields},
        )  # fmt: skip


if __name__ == "__main__":
    main()
