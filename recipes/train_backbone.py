"""Train the bundled backbone: a YOLOv8n-cls trunk that knows garments, worn and laid out alike.

Five losses on the pooled 256-d feature z of garment views (see `crops.py`):

- category: cross-entropy against learned proxies on the sphere (as in NormFace,
  Wang et al. 2017), one label space for worn and laid-out garments;
- instance: two views of one garment attract, others repel (supervised contrastive loss,
  Khosla et al. 2020, with the garment as its own class), which keeps cut and pattern alive;
- teacher: cosine to the whitened features of EfficientNet-Lite2 of the clean view;
- palette: the garment's colours and texture can be read from z, so that z is not colour-blind;
- tag: the finer street labels (jeans, sandals, leggings, ...).

Half of the steps see mixtures of two pictures (mixup, Zhang et al., ICLR 2018).

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
GREY = 114 / 255
#: (until this share of the steps, side of the pictures); small first, as it is cheap
SIZES = ((0.55, 112), (0.8, 144), (1.0, 176))
TEMPERATURE = 0.12


class Student(nn.Module):
    def __init__(
        self, layers: list[nn.Module], teacher_dim: int, palette_dim: int, n_tags: int
    ) -> None:
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
            self.ready.put(
                (index, self.views[index[:, None], pick], self.side, int(rng.integers(2**31)))
            )


def finish(images: np.ndarray, side: int, seed: int) -> torch.Tensor:
    """Turn, scale, shift and mirror each picture, as float (n, 3, side, side)."""
    g = torch.Generator().manual_seed(seed)
    t = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255)
    n = len(t)
    angle = torch.randn(n, generator=g) * 0.12
    size = torch.empty(n).uniform_(0.72, 1.08, generator=g)
    mirror = torch.where(torch.rand(n, generator=g) < 0.5, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = angle.cos() * size * mirror
    theta[:, 0, 1] = -angle.sin() * size
    theta[:, 1, 0] = angle.sin() * size * mirror
    theta[:, 1, 1] = angle.cos() * size
    theta[:, :, 2] = torch.empty(n, 2).uniform_(-0.12, 0.12, generator=g)
    grid = F.affine_grid(theta, [n, 3, side, side], align_corners=False)
    # The padding grey of YOLO, where the turned picture does not reach.
    t = F.grid_sample(t - GREY, grid, mode="bilinear", align_corners=False) + GREY
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
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=80)
    parser.add_argument("--lr", type=float, default=4e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="an earlier round to go on from")
    parser.add_argument("--side", type=int, help="one size throughout, instead of rising ones")
    parser.add_argument("--mixup", type=float, default=0.5, help="share of the steps with mixup")
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
    if args.start:
        model.load_state_dict(torch.load(args.start))
    ema = copy.deepcopy(model)
    # A high rate on the trunk wipes out what it knows of the world, and then 200 photographers
    # are learned by heart: 0.96 on them, 0.71 on others.
    own = [p for name, p in model.named_parameters() if not name.startswith("trunk.")]
    trunk_matrices = [p for p in model.trunk.parameters() if p.ndim > 1]
    trunk_vectors = [p for p in model.trunk.parameters() if p.ndim <= 1]
    groups = [
        {"params": own, "weight_decay": 0.02, "lr": args.lr * 5},
        {"params": trunk_matrices, "weight_decay": 0.05, "lr": args.lr},
        {"params": trunk_vectors, "weight_decay": 0.0, "lr": args.lr},
    ]
    optimiser = torch.optim.AdamW(groups, lr=args.lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        [group["lr"] for group in groups],
        total_steps=args.steps,
        pct_start=0.06,
        final_div_factor=200,
    )
    start, state = 0, args.work / f"{args.name}_state.pt"
    if state.exists():
        saved = torch.load(state)
        for thing, key in (
            (model, "model"),
            (ema, "ema"),
            (optimiser, "optimiser"),
            (schedule, "schedule"),
        ):
            thing.load_state_dict(saved[key])
        start = saved["step"]
    batches = Pairs(args.work, args.batch, args.seed + start, np.ones(len(category), bool))
    clock, log = time.time(), []
    for step in range(start, args.steps):
        rising = next(side for until, side in SIZES if step < until * args.steps)
        batches.side = args.side or rising
        index, views, side, seed = batches.ready.get()
        half = len(index)
        x = finish(np.concatenate([views[:, 0], views[:, 1]]), side, seed)
        rng = np.random.default_rng(seed)
        share, other = 1.0, torch.arange(2 * half)
        if rng.random() < args.mixup:
            share = float(rng.beta(0.4, 0.4))
            other = torch.from_numpy(rng.permutation(2 * half))
            x = share * x + (1 - share) * x[other]
        model.train()
        with torch.autocast("cpu", torch.bfloat16):
            features = model.features(x)
        features = features.float()
        unit = F.normalize(features)
        rows = torch.from_numpy(np.concatenate([index, index]))
        owner = torch.arange(half).repeat(2)
        losses = {}
        logits = SCALE * unit @ F.normalize(model.proxies).T
        named = [
            F.cross_entropy(logits, category[r], ignore_index=-1, label_smoothing=0.05)
            for r in (rows, rows[other])
        ]
        losses["category"] = share * named[0] + (1 - share) * named[1]
        pure = share == 1.0
        z = F.normalize(model.project(unit * 8))
        losses["instance"] = contrast(z, owner) if pure else torch.zeros(())
        wish = F.normalize(share * targets[rows] + (1 - share) * targets[rows[other]])
        losses["teacher"] = 1 - (F.normalize(model.teacher(features)) * wish).sum(1).mean()
        colours = share * palettes[rows] + (1 - share) * palettes[rows[other]]
        losses["palette"] = F.smooth_l1_loss(model.palette(features), colours)
        fine = F.cross_entropy(model.tags(features), tags[rows], ignore_index=-1)
        losses["tag"] = fine if pure else torch.zeros(())
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
        if (step + 1) % 600 == 0 or step + 1 == args.steps:
            for seen in (160, 224) if step + 1 == args.steps else (160,):
                figures = evaluate(args.work, lambda x, s=seen: embed_with(ema, x, s))
                print(step + 1, seen, figures, flush=True)
            everything = {"model": model, "ema": ema, "optimiser": optimiser, "schedule": schedule}
            saved = {name: thing.state_dict() for name, thing in everything.items()}
            torch.save({**saved, "step": step + 1}, state)
    torch.save(ema.state_dict(), args.work / f"{args.name}.pt")


if __name__ == "__main__":
    main()
