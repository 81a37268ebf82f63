"""Train the bundled backbone: a YOLOv8n-cls trunk that knows garments, worn and laid out alike.

Five losses on the pooled 256-d feature z of garment views (see `crops.py`):

- category: cross-entropy against learned proxies on the sphere (as in NormFace,
  Wang et al. 2017), one label space for worn and laid-out garments;
- instance: two views of one garment attract, others repel (supervised contrastive loss,
  Khosla et al. 2020, with the garment as its own class), which keeps cut and pattern alive;
- teacher: cosine to the whitened features of EfficientNet-Lite2 of the clean view;
- palette: the garment's colours and texture can be read from z, so that z is not colour-blind;
- tag: the finer street labels (jeans, sandals, leggings, ...).

    python recipes/train_backbone.py --work out/recipes --init yolov8n-cls.pt
"""

from __future__ import annotations

import argparse
import copy
import json
import queue
import threading
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from common import trunk
from evaluate import evaluate
from labels import CATEGORIES
from torch import nn

SCALE = 14.0
TEMPERATURE = 0.12


class Student(nn.Module):
    def __init__(self, layers: list[nn.Module], teacher_dim: int, palette_dim: int, n_tags: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*layers)
        self.proxies = nn.Parameter(torch.randn(len(CATEGORIES), 256) * 0.05)
        self.project = nn.Sequential(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 128))
        self.teacher = nn.Linear(256, teacher_dim)
        self.palette = nn.Linear(256, palette_dim)
        self.tags = nn.Linear(256, n_tags)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.trunk(x).mean((2, 3))


def whiten(x: np.ndarray, dim: int = 256) -> np.ndarray:
    """Principal components of the teacher's features, damped towards equal variance."""
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    mean = x.mean(0)
    _, s, v = np.linalg.svd(x - mean, full_matrices=False)
    y = (x - mean) @ v[:dim].T / np.sqrt(s[:dim])
    return (y / np.linalg.norm(y, axis=1, keepdims=True)).astype(np.float32)


class Pairs:
    """Batches of garments, two views each, balanced between kinds and categories."""

    def __init__(self, work: Path, batch: int, seed: int, keep: np.ndarray) -> None:
        self.views = np.load(work / "views.npy", mmap_mode="r")
        data = np.load(work / "train.npz")
        category, kind = data["category"], data["kind"]
        key = (category + 1) * 2 + (kind == "worn")
        counts = np.bincount(key[keep], minlength=key.max() + 1)
        weight = np.where(keep, 1.0 / np.maximum(counts[key], 12) ** 0.5, 0.0)
        self.p = weight / weight.sum()
        self.batch, self.side = batch, 112
        self.ready: queue.Queue = queue.Queue(4)
        threading.Thread(target=self._work, args=(seed,), daemon=True).start()

    def _work(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n, k = self.views.shape[:2]
        while True:
            index = rng.choice(n, self.batch, replace=False, p=self.p)
            pick = np.stack([rng.permutation(k)[:2] for _ in index])
            self.ready.put((index, self.views[index[:, None], pick], self.side, int(rng.integers(2**31))))


def finish(images: np.ndarray, side: int, seed: int) -> torch.Tensor:
    """Random crop, mirror and light on the whole batch, as float (n, 3, side, side)."""
    g = torch.Generator().manual_seed(seed)
    full = images.shape[2]
    crop = int(torch.randint(round(full * 0.85), full + 1, (1,), generator=g))
    y, x = (int(v) for v in torch.randint(0, full - crop + 1, (2,), generator=g))
    t = torch.from_numpy(images[:, y : y + crop, x : x + crop]).permute(0, 3, 1, 2).float().div_(255)
    if crop != side:
        t = F.interpolate(t, size=(side, side), mode="bilinear", antialias=crop > side)
    mirrored = torch.rand(len(t), generator=g) < 0.5
    t[mirrored] = t[mirrored].flip(3)
    return t.contiguous(memory_format=torch.channels_last)


def contrast(z: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
    """Supervised contrastive loss of unit rows z whose positives share an owner."""
    logits = z @ z.T / TEMPERATURE
    itself = torch.eye(len(z), dtype=torch.bool)
    logits = logits.masked_fill(itself, -1e4)
    positive = (owner[:, None] == owner[None]) & ~itself
    log_p = logits - logits.logsumexp(1, keepdim=True)
    return -(log_p * positive).sum(1).div(positive.sum(1).clamp(min=1)).mean()


def embed_with(model: Student, images: np.ndarray, side: int) -> np.ndarray:
    """Unit-length features of uint8 (n, s, s, 3), both mirrorings averaged."""
    out = []
    model.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for i in range(0, len(images), 64):
            t = torch.from_numpy(images[i : i + 64]).permute(0, 3, 1, 2).float().div_(255)
            if t.shape[2] != side:
                t = F.interpolate(t, size=(side, side), mode="bilinear", antialias=True)
            t = t.contiguous(memory_format=torch.channels_last)
            out.append(F.normalize(model.features(t).float()).numpy())
    return np.concatenate(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--name", default="backbone")
    parser.add_argument("--steps", type=int, default=3400)
    parser.add_argument("--batch", type=int, default=80)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", type=json.loads, default={}, help="loss weights, as JSON")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    weights = {"category": 1.0, "instance": 0.4, "teacher": 1.0, "palette": 0.5, "tag": 0.3}
    weights |= args.weights

    data = np.load(args.work / "train.npz")
    targets = torch.from_numpy(whiten(np.load(args.work / "teacher.npz")["train"]))
    raw = data["palette"]
    spread = raw.std(0) + 1e-3
    palettes = torch.from_numpy(((raw - raw.mean(0)) / spread).astype(np.float32))
    category = torch.from_numpy(data["category"]).long()
    names = sorted(set(data["fine"]) - {""})
    tags = torch.tensor([names.index(f) if f else -1 for f in data["fine"]])
    model = Student(trunk(args.init), targets.shape[1], palettes.shape[1], len(names))
    model = model.to(memory_format=torch.channels_last)
    ema = copy.deepcopy(model)
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 0.03},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=args.lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, args.lr, total_steps=args.steps, pct_start=0.06, final_div_factor=200
    )
    start, state = 0, args.work / f"{args.name}_state.pt"
    if state.exists():
        saved = torch.load(state)
        for thing, key in ((model, "model"), (ema, "ema"), (optimiser, "optimiser"), (schedule, "schedule")):
            thing.load_state_dict(saved[key])
        start = saved["step"]
    batches = Pairs(args.work, args.batch, args.seed + start, np.ones(len(category), bool))
    clock, log = time.time(), []
    for step in range(start, args.steps):
        batches.side = 112 if step < 0.6 * args.steps else 128 if step < 0.85 * args.steps else 160
        index, views, side, seed = batches.ready.get()
        half = len(index)
        x = finish(np.concatenate([views[:, 0], views[:, 1]]), side, seed)
        model.train()
        with torch.autocast("cpu", torch.bfloat16):
            features = model.features(x)
        features = features.float()
        unit = F.normalize(features)
        rows = torch.from_numpy(np.concatenate([index, index]))
        owner = torch.arange(half).repeat(2)
        losses = {}
        logits = SCALE * unit @ F.normalize(model.proxies).T
        losses["category"] = F.cross_entropy(logits, category[rows], ignore_index=-1, label_smoothing=0.05)
        losses["instance"] = contrast(F.normalize(model.project(unit * 8)), owner)
        guess = F.normalize(model.teacher(features))
        losses["teacher"] = 1 - (guess * targets[rows]).sum(1).mean()
        losses["palette"] = F.smooth_l1_loss(model.palette(features), palettes[rows])
        losses["tag"] = F.cross_entropy(model.tags(features), tags[rows], ignore_index=-1)
        loss = sum(weights[k] * v for k, v in losses.items())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            rate = min(0.998, (1 + step) / (10 + step))
            for p, q in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
                if p.dtype.is_floating_point:
                    p.lerp_(q, 1 - rate)
                else:
                    p.copy_(q)
        log.append([v.item() for v in losses.values()])
        if (step + 1) % 100 == 0:
            means = dict(zip(losses, np.mean(log[-100:], 0).round(3).tolist(), strict=True))
            print(step + 1, means, f"{time.time() - clock:.0f}s", flush=True)
        if (step + 1) % 500 == 0 or step + 1 == args.steps:
            print(step + 1, evaluate(args.work, lambda x: embed_with(ema, x, 160)), flush=True)
            torch.save(
                {"model": model.state_dict(), "ema": ema.state_dict(), "optimiser": optimiser.state_dict(),
                 "schedule": schedule.state_dict(), "step": step + 1}, state,
            )  # fmt: skip
    torch.save(ema.state_dict(), args.work / f"{args.name}.pt")


if __name__ == "__main__":
    main()
