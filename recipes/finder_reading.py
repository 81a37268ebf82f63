"""What a garment finder in training says of whole photographs: figures and pseudo-labels."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from finder_data import IGNORE, LAID, LONG, SHORT, WORN_SIZES
from labels import CATEGORIES, PIXEL_CLASSES, SLOT_OF, STREET_TO_CATEGORY

from stylesim.backbones import garment_look
from stylesim.backbones.garment_net import GarmentNet

N_PIX = len(PIXEL_CLASSES)


def pixel_iou(net: GarmentNet, items: list[dict]) -> dict[str, float]:
    """IoU of each pixel class over all pixels, letterboxed; of tops the mean of pictures too."""
    inter, union = np.zeros(N_PIX), np.zeros(N_PIX)
    tops, top = [], PIXEL_CLASSES.index("top")
    net.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for item in items:
            x, box = letterbox(item["image"], net)
            logits = net(x).pixels.float()
            truth = item["pixels"]
            pred = unletter(logits, x.shape[2:], box, truth.shape).argmax(0).numpy()
            for k in range(N_PIX):
                a, b = pred == k, truth == k
                inter[k] += (a & b).sum()
                union[k] += (a | b).sum()
                if k == top and b.mean() > 0.002:
                    tops.append((a & b).sum() / (a | b).sum())
    return {
        name: round(float(i / max(u, 1)), 3)
        for name, i, u in zip(PIXEL_CLASSES, inter, union, strict=True)
    } | {"tops, picture by picture": round(float(np.mean(tops)), 3)}


def letterbox(image: np.ndarray, net: GarmentNet) -> tuple[torch.Tensor, tuple[int, int, int, int]]:
    shape = (LONG, SHORT) if net.finest is None else WORN_SIZES[-1]
    canvas, place = garment_look.letterbox(image, shape)
    x = torch.from_numpy(canvas).permute(2, 0, 1)[None].float() / 255
    return x.contiguous(memory_format=torch.channels_last), place


def unletter(
    logits: torch.Tensor, canvas: torch.Size, box: tuple, shape: tuple[int, int]
) -> torch.Tensor:
    top, left, nh, nw = box
    full = F.interpolate(logits, size=canvas, mode="bilinear")
    return F.interpolate(full[:, :, top : top + nh, left : left + nw], size=shape, mode="bilinear")[
        0
    ]


def laid_accuracy(net: GarmentNet, items: list[dict]) -> tuple[float, float, float]:
    """Scene, slot and category accuracy on laid-out garments."""
    scene = slot = category = 0
    slots = [SLOT_OF[c] for c in CATEGORIES]
    net.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for item in items:
            x, _ = letterbox(item["image"], net)
            logits, s, _, a, b = net(x)
            scene += int(s.argmax() == LAID)
            prob = logits.float().softmax(1)
            mask = prob[:, 2:].sum(1)
            p = net.categories(a, b, mask).float().softmax(1)[0].numpy()
            category += int(p.argmax() == item["category"])
            by_slot = {
                k: sum(q for q, t in zip(p, slots, strict=True) if t == k) for k in set(slots)
            }
            slot += int(max(by_slot, key=by_slot.get) == slots[item["category"]])
    n = len(items)
    return scene / n, slot / n, category / n


def pseudo_label(net: GarmentNet, items: list[dict], *, use_tags: bool = True) -> list[dict]:
    """Pixel maps by the network; with tags, only tagged slots and no unsure pixel (ignored)."""
    out = []
    net.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for item in items:
            slots = {
                SLOT_OF[STREET_TO_CATEGORY[t]] for t in item["tags"] if t in STREET_TO_CATEGORY
            }
            keep = [k < 2 or PIXEL_CLASSES[k] in slots for k in range(N_PIX)]
            x, box = letterbox(item["image"], net)
            prob = unletter(net(x).pixels.float(), x.shape[2:], box, item["image"].shape[:2])
            if use_tags:
                prob[~torch.tensor(keep)] = -1e4
            value, index = prob.softmax(0).max(0)
            pixels = (
                torch.where(value > (0.6 if use_tags else 0), index, IGNORE)
                .numpy()
                .astype(np.uint8)
            )
            known = {k: v for k, v in item.items() if k != "fine"}
            out.append({**known, "pixels": pixels})
    return out
