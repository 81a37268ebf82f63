"""What a garment finder in training says of whole photographs: figures and pseudo-labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from finder_data import IGNORE, LAID, LONG, SHORT, WORN_SIZES
from labels import CATEGORIES, PIXEL_CLASSES, SLOT_OF, STREET_TO_CATEGORY
from tqdm import tqdm

from stylesim.backbones import garment_look
from stylesim.backbones.garment_colours import told_by_colour
from stylesim.backbones.garment_net import GarmentNet

N_PIX = len(PIXEL_CLASSES)
#: Pixels that a network of the second look sees for one of its map, along each side.
FINE = 2


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
            x, box = letterbox(item["image"], net)
            prob = unletter(net(x).pixels.float(), x.shape[2:], box, item["image"].shape[:2])
            if use_tags:
                prob[~tagged(item)] = -1e4
            out.append(labelled(item, prob.softmax(0), 0.6 if use_tags else 0.0))
    return out


def taught_labels(nets: Sequence[GarmentNet], items: list[dict]) -> list[dict]:
    """Pixel maps by several networks of the second look, told by tags and by colours.

    Each looks twice, once mirrored. How sure they are of each class, all together, is kept as
    ``"shares"``, (classes, h/4, w/4) of 0 to 255.
    """
    out = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for item in tqdm(items, desc="what teachers say", mininterval=20):
            x, box = letterbox(item["image"], nets[0])
            said = [net.eval()(x).pixels.float() for net in nets]
            said += [net(x.flip(3)).pixels.float().flip(3) for net in nets]
            logits = torch.stack(said).mean(0)
            logits[:, ~tagged(item)] = -1e4
            none = np.zeros(0, np.float32)
            look = garment_look.Look(none, logits[0].numpy(), box, none, FINE)
            told = torch.from_numpy(told_by_colour(look, item["image"]).pixels)
            prob = unletter(told[None], x.shape[2:], box, item["image"].shape[:2]).softmax(0)
            shares = F.avg_pool2d(255 * prob, 4).round().byte().numpy()
            out.append(labelled(item, prob, 0.5) | {"shares": shares})
    return out


def tagged(item: dict) -> torch.Tensor:
    """Which pixel classes a street photograph's tags allow, (classes,)."""
    slots = {SLOT_OF[STREET_TO_CATEGORY[t]] for t in item["tags"] if t in STREET_TO_CATEGORY}
    return torch.tensor([k < 2 or PIXEL_CLASSES[k] in slots for k in range(N_PIX)])


def labelled(item: dict, shares: torch.Tensor, least: float) -> dict:
    """The item with its likeliest classes as its pixel map, ignored where none is likely."""
    value, index = shares.max(0)
    pixels = torch.where(value > least, index, IGNORE).numpy().astype(np.uint8)
    return {k: v for k, v in item.items() if k != "fine"} | {"pixels": pixels}
