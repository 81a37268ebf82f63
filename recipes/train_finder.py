"""Train the garment finder on the pixel maps of `prepare.py`.

Street photographs that have tags but no pixel map join half-way: the averaged network labels
them, told by the tags which slots can be there (pseudo-labels, Lee 2013).

    python recipes/train_finder.py --work out/recipes --init yolov8n-cls.pt
"""

from __future__ import annotations

import argparse
import copy
import json
import queue
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from common import load_items, trunk
from labels import CATEGORIES, PIXEL_CLASSES, SLOT_OF, STREET_TO_CATEGORY

from stylesim.backbones.garment_net import GarmentNet

LONG, SHORT = 320, 224
SMALL = (256, 192)  # most of the training runs at this size
IGNORE = 255
WORN, LAID, NONE = 0, 1, 2
N_PIX = len(PIXEL_CLASSES)


def slot_categories(item: dict) -> dict[int, int]:
    """Pixel class -> category, where the picture's labels leave no doubt."""
    found: dict[int, set[int]] = {}
    if item["kind"] == "laid":
        name = CATEGORIES[item["category"]]
        return {PIXEL_CLASSES.index(SLOT_OF[name]): item["category"]}
    for tag in item["tags"]:
        if tag in STREET_TO_CATEGORY:
            name = STREET_TO_CATEGORY[tag]
            slot = PIXEL_CLASSES.index(SLOT_OF[name])
            found.setdefault(slot, set()).add(CATEGORIES.index(name))
    return {slot: next(iter(c)) for slot, c in found.items() if len(c) == 1}


def presence_of(item: dict, pixels: np.ndarray) -> np.ndarray:
    """1 for a category that shows, 0 for one that does not, -1 where cropping leaves doubt."""
    there = np.zeros(len(CATEGORIES), np.float32)
    names = [CATEGORIES[item["category"]]] if item["kind"] == "laid" else [
        STREET_TO_CATEGORY[t] for t in item["tags"] if t in STREET_TO_CATEGORY
    ]
    for name in names:
        shown = (pixels == PIXEL_CLASSES.index(SLOT_OF[name])).mean() > 0.003
        there[CATEGORIES.index(name)] = 1 if shown or item["kind"] == "laid" else -1
    return there


def dice(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Soft Dice loss (Milletari et al., 3DV 2016) over the classes that the batch shows."""
    valid = (truth != IGNORE)[:, None]
    p = logits.softmax(1) * valid
    y = F.one_hot(truth.where(truth != IGNORE, 0), N_PIX).permute(0, 3, 1, 2) * valid
    both, total = (p * y).sum((0, 2, 3)), p.sum((0, 2, 3)) + y.sum((0, 2, 3))
    seen = y.sum((0, 2, 3)) > 20
    return 1 - (2 * both[seen] / total[seen]).mean()


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
    item: dict, rng: np.random.Generator, size: tuple[int, int], items: list[dict]
) -> tuple[np.ndarray, np.ndarray]:
    h, w = size
    image, pixels = item["image"], item["pixels"]
    ih, iw = pixels.shape
    laid = item["kind"] == "laid"
    if laid and not item["mask_ok"]:
        pixels = np.full_like(pixels, IGNORE)
    elif laid and rng.random() < 0.3:
        image = np.where(pixels[..., None] > 0, image, background(items, rng, (ih, iw)))
    elif not laid and "fine" in item and rng.random() < 0.15:
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
    target = np.array([w * (0.5 + rng.uniform(-slack, slack)), h * (0.5 + rng.uniform(-slack, slack))])
    m[:, 2] = target - m[:, :2] @ np.array([iw / 2, ih / 2])
    border = [cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE][int(rng.random() < 0.4)]
    image = cv2.warpAffine(image, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(114,) * 3)
    pixels = cv2.warpAffine(pixels, m, (w, h), flags=cv2.INTER_NEAREST, borderValue=0)
    return colour(image, rng), pixels


class Batches:
    """Augmented batches, made by threads while the network works."""

    def __init__(self, laid: list[dict], street: list[dict], batch: int, seed: int) -> None:
        self.laid, self.street, self.batch = laid, street, batch
        self.size = SMALL
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
        size = (long, short) if rng.random() < 0.75 else (short, long)
        images, pixels, scenes, there, rows = [], [], [], [], []
        everything = self.laid + self.street[:200]
        for index in range(self.batch):
            draw = rng.random()
            if draw < 0.06:
                images.append(colour(background(everything, rng, size), rng))
                pixels.append(np.zeros(size, np.uint8))
                scenes.append(NONE)
                there.append(np.zeros(len(CATEGORIES), np.float32))
                continue
            if draw < 0.56:
                item = self.street[rng.integers(len(self.street))]
            else:
                item = self.laid[rng.choice(len(self.laid), p=self.p)]
            image, pix = augment(item, rng, size, everything)
            images.append(image)
            pixels.append(pix)
            laid = item["kind"] == "laid"
            scenes.append(LAID if laid else WORN)
            there.append(presence_of(item, pix))
            for slot, category in slot_categories(item).items():
                mask = pix == slot
                if laid and (pix == IGNORE).all():
                    mask = np.ones_like(mask)
                if mask.mean() > 0.004:
                    rows.append((index, category, cv2.resize(mask.astype(np.float32), size[::-1], fx=0, fy=0)[::8, ::8]))
        return np.stack(images), np.stack(pixels), np.array(scenes), np.stack(there), rows


def pixel_iou(net: GarmentNet, items: list[dict]) -> dict[str, float]:
    """IoU of each pixel class over all pixels of the pictures, letterboxed."""
    inter, union = np.zeros(N_PIX), np.zeros(N_PIX)
    net.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for item in items:
            x, box = letterbox(item["image"])
            logits = net(x).pixels.float()
            truth = item["pixels"]
            pred = unletter(logits, box, truth.shape).argmax(0).numpy()
            for k in range(N_PIX):
                a, b = pred == k, truth == k
                inter[k] += (a & b).sum()
                union[k] += (a | b).sum()
    return {name: round(float(i / max(u, 1)), 3) for name, i, u in zip(PIXEL_CLASSES, inter, union, strict=True)}


def letterbox(image: np.ndarray) -> tuple[torch.Tensor, tuple[int, int, int, int]]:
    h, w = image.shape[:2]
    H, W = (LONG, SHORT) if h >= w else (SHORT, LONG)
    s = min(H / h, W / w)
    nh, nw = round(h * s), round(w * s)
    top, left = (H - nh) // 2, (W - nw) // 2
    canvas = np.full((H, W, 3), 114, np.uint8)
    canvas[top : top + nh, left : left + nw] = cv2.resize(image, (nw, nh), interpolation=cv2.INTER_AREA)
    x = torch.from_numpy(canvas).permute(2, 0, 1)[None].float() / 255
    return x.contiguous(memory_format=torch.channels_last), (top, left, nh, nw)


def unletter(logits: torch.Tensor, box: tuple, shape: tuple[int, int]) -> torch.Tensor:
    full = F.interpolate(logits, scale_factor=4, mode="bilinear")
    top, left, nh, nw = box
    return F.interpolate(full[:, :, top : top + nh, left : left + nw], size=shape, mode="bilinear")[0]


def laid_accuracy(net: GarmentNet, items: list[dict]) -> tuple[float, float, float]:
    """Scene, slot and category accuracy on laid-out garments."""
    scene = slot = category = 0
    slots = [SLOT_OF[c] for c in CATEGORIES]
    net.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for item in items:
            x, _ = letterbox(item["image"])
            logits, s, _, a, b = net(x)
            scene += int(s.argmax() == LAID)
            prob = logits.float().softmax(1)
            mask = prob[:, 2:].sum(1)
            p = net.categories(a, b, mask).float().softmax(1)[0].numpy()
            category += int(p.argmax() == item["category"])
            by_slot = {k: sum(q for q, t in zip(p, slots, strict=True) if t == k) for k in set(slots)}
            slot += int(max(by_slot, key=by_slot.get) == slots[item["category"]])
    n = len(items)
    return scene / n, slot / n, category / n


def pseudo_label(net: GarmentNet, items: list[dict], *, use_tags: bool = True) -> list[dict]:
    """Pixel maps by the network; with tags, only tagged slots and no unsure pixel (ignored)."""
    out = []
    net.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for item in items:
            slots = {SLOT_OF[STREET_TO_CATEGORY[t]] for t in item["tags"] if t in STREET_TO_CATEGORY}
            keep = [k < 2 or PIXEL_CLASSES[k] in slots for k in range(N_PIX)]
            x, box = letterbox(item["image"])
            prob = unletter(net(x).pixels.float(), box, item["image"].shape[:2])
            if use_tags:
                prob[~torch.tensor(keep)] = -1e4
            value, index = prob.softmax(0).max(0)
            pixels = torch.where(value > (0.6 if use_tags else 0), index, IGNORE).numpy().astype(np.uint8)
            known = {k: v for k, v in item.items() if k != "fine"}
            out.append({**known, "pixels": pixels})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, help="backbone of train_backbone.py to start from")
    parser.add_argument("--steps", type=int, default=2200)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1.2e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    laid, street = load_items(args.work)
    masked = [i for i in street if "pixels" in i]
    train = [i for i in masked if not i["held_out"]]
    test = [i for i in masked if i["held_out"]]
    unmasked = [i for i in street if "pixels" not in i and not i["held_out"]]
    laid_train = [i for i in laid if not i["held_out"]]
    laid_test = [i for i in laid if i["held_out"]][::2]
    print(len(train), len(test), len(unmasked), len(laid_train), len(laid_test), flush=True)

    net = GarmentNet(trunk(args.init), N_PIX, len(CATEGORIES)).to(memory_format=torch.channels_last)
    if args.trunk:
        learned = torch.load(args.trunk)
        learned = {k[6:]: v for k, v in learned.items() if k.startswith("trunk.")}
        net.layers.load_state_dict(learned)
    ema = copy.deepcopy(net)
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}], lr=args.lr
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, args.lr, total_steps=args.steps, pct_start=0.08, final_div_factor=100
    )
    start, state = 0, args.work / "finder_state.pt"
    if state.exists():
        saved = torch.load(state)
        net.load_state_dict(saved["net"])
        ema.load_state_dict(saved["ema"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        start = saved["step"]
    batches = Batches(laid_train, train, args.batch, args.seed + start)
    weight = torch.ones(N_PIX)
    weight[PIXEL_CLASSES.index("headwear")] = 4
    weight[PIXEL_CLASSES.index("bag")] = weight[PIXEL_CLASSES.index("shoes")] = 1.5
    refresh = {int(args.steps * f) for f in (0.4, 0.7)}
    clock, log = time.time(), []
    for step in range(start, args.steps):
        if step in refresh or (step == start and start >= min(refresh)):
            batches.street = train + train + pseudo_label(ema, unmasked)
        if step == int(args.steps * 0.7):
            batches.size = (LONG, SHORT)
        images, pixels, scenes, there, rows = batches.ready.get()
        x = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255)
        x = x.contiguous(memory_format=torch.channels_last)
        net.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits, scene, presence, a, b = net(x)
            index = torch.tensor([r[0] for r in rows])
            masks = torch.from_numpy(np.stack([r[2] for r in rows]))
            category = net.categories(a[index], b[index], masks)
        truth = torch.from_numpy(pixels).long()
        full = F.interpolate(logits.float(), scale_factor=2, mode="bilinear")
        loss_pixels = F.cross_entropy(full, truth[:, 1::2, 1::2], weight, ignore_index=IGNORE)
        loss_scene = F.cross_entropy(scene.float(), torch.from_numpy(scenes))
        wanted = torch.tensor([r[1] for r in rows])
        loss_category = F.cross_entropy(category.float(), wanted, label_smoothing=0.05)
        loss_dice = dice(full, truth[:, 1::2, 1::2])
        known = torch.from_numpy(there)
        loss_presence = F.binary_cross_entropy_with_logits(presence.float(), known.clamp(min=0), (known >= 0).float())
        loss = loss_pixels + 0.5 * loss_dice + 0.3 * loss_scene + 0.4 * loss_category + loss_presence
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            rate = min(0.997, (1 + step) / (10 + step))
            for p, q in zip(ema.state_dict().values(), net.state_dict().values(), strict=True):
                if p.dtype.is_floating_point:
                    p.lerp_(q, 1 - rate)
                else:
                    p.copy_(q)
        log.append((loss_pixels.item(), loss_scene.item(), loss_category.item()))
        if (step + 1) % 50 == 0:
            print(step + 1, np.mean(log[-50:], 0).round(3), f"{time.time() - clock:.0f}s", flush=True)
        if (step + 1) % 400 == 0 or step + 1 == args.steps:
            print("iou", pixel_iou(ema, test), flush=True)
            print("laid: scene, slot, category", laid_accuracy(ema, laid_test), flush=True)
            torch.save({"net": net.state_dict(), "ema": ema.state_dict(), "optimiser": optimiser.state_dict(),
                        "schedule": schedule.state_dict(), "step": step + 1}, state)
    torch.save(ema.state_dict(), args.work / "finder.pt")
    report = {"iou": pixel_iou(ema, test), "laid": laid_accuracy(ema, laid_test)}
    (args.work / "finder.json").write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
