"""Train the bundled backbone: a YOLOv8n-cls trunk that knows garments, worn and laid out alike.

Five losses on the pooled 256-d feature z of garment views (see `views.py`):

- category: cross-entropy against learned proxies on the sphere (as in NormFace, Wang et al. 2017),
  one label space for worn and laid-out garments. The truth is shared between people's label and
  what the teacher's probe says of photographers it never saw (see `teacher.py`);
- teacher: cosine to the features of EfficientNet-Lite2 of the very same view (function matching,
  Beyer et al., CVPR 2022), half whitened; as ImageNet left it and, with ``--tuned``, as
  `tune_teacher.py` did, which then also says the category of each view;
- close: the same of what is laid out, in views that the tuned teacher saw closely; with
  ``--unseen`` also to those teachers of `tune_teacher.py --fold` that never saw the photographer.
  With ``--again`` all features are those of the teacher that these taught, their spread as it is,
  and it has half of the say on categories;
- palette: the garment's colours and texture can be read from z, so that z is not colour-blind;
- tag: the finer street labels (jeans, sandals, leggings, ...).

The heads read features of unit length; up to the eighth round they saw how long these are, too.
Half of the steps see mixtures of two pictures (mixup, Zhang et al., ICLR 2018), and the weights
that are kept are their running mean.

    python recipes/train_backbone.py --work out/recipes --init yolov8n-cls.pt

`recipes/README.md` has the flags of the rounds that went on from there.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from common import follow, resume, sampling, save_state, trunk
from evaluate import evaluate
from labels import CATEGORIES
from lessons import More, what_teachers_say, what_the_last_says
from teacher import BLEND, BLEND_VIEWS, VIEWS, WIDE, WIDE_DYED, WIDE_VIEWS
from torch import nn
from views import Blends, Several, Views, plain

SCALE = 14.0
#: Sides of the pictures and the share of the steps at each; small first, as it is cheap
SIZES, SHARES = (128, 160, 208), (0.45, 0.35, 0.2)

#: How much each loss counts, unless ``--weights`` says otherwise.
WEIGHTS = {"category": 1.0, "teacher": 3.0, "close": 3.0, "palette": 0.4, "tag": 0.3}


class Student(nn.Module):
    def __init__(
        self,
        layers: list[nn.Module],
        teacher_dim: int,
        close_dim: int,
        palette_dim: int,
        n_tags: int,
    ) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*layers)
        self.proxies = nn.Parameter(torch.randn(len(CATEGORIES), 256) * 0.05)
        self.teacher = nn.Linear(256, teacher_dim)
        self.close = nn.Linear(256, close_dim)
        self.palette = nn.Linear(256, palette_dim)
        self.tags = nn.Linear(256, n_tags)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.trunk(x).mean((2, 3))


def embed_with(model: Student, crops: np.ndarray, side: int, residue: float = 0.0) -> np.ndarray:
    """Unit-length features of the library's view of uint8 (n, s, s, 4) crops."""
    out = []
    model.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for i in range(0, len(crops), 64):
            x = plain(crops[i : i + 64], side, residue=residue)
            x = x.contiguous(memory_format=torch.channels_last)
            out.append(F.normalize(model.features(x).float()).numpy())
    return np.concatenate(out)


def off(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """One less the mean cosine of (n, d) and (n, d), where something is wanted."""
    said = said * (wanted != 0)
    return 1 - (F.normalize(said) * F.normalize(wanted)).sum(1).mean()


def optimiser_of(model: Student, lr: float, *, keep_heads: bool) -> torch.optim.Optimizer:
    """What moves the trunk, and the heads, three times as fast, unless these are kept."""
    heads = [p for name, p in model.named_parameters() if not name.startswith("trunk.")]
    matrices = [p for p in model.trunk.parameters() if p.ndim > 1]
    vectors = [p for p in model.trunk.parameters() if p.ndim <= 1]
    groups = [
        {"params": heads, "weight_decay": 0.02, "lr": lr * 3},
        {"params": matrices, "weight_decay": 0.05, "lr": lr},
        {"params": vectors, "weight_decay": 0.0, "lr": lr},
    ]
    if keep_heads:
        for head in heads:
            head.requires_grad_(False)
    return torch.optim.AdamW(groups[keep_heads:], lr=lr)


def views_of(
    data: Mapping[str, np.ndarray], full: np.ndarray, half: np.ndarray, *, wide: bool, blend: bool
) -> Views | Several:
    """The views of which the teachers were asked."""
    worn, derived = data["kind"] == "worn", int(data["derived"].sum())
    if not wide:
        return Views(full, half, worn, VIEWS, derived=derived)
    say = {"derived": derived, "dyed": WIDE_DYED}
    alone = Views(full, half, worn, WIDE_VIEWS, WIDE, **say)
    if not blend:
        return alone
    return Several([alone, Blends(Views(full, half, worn, BLEND_VIEWS, BLEND, **say), BLEND)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--name", default="backbone")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="an earlier round to go on from")
    parser.add_argument("--keep-heads", action="store_true", help="those of --start, unchanged")
    parser.add_argument("--mixup", type=float, default=0.5, help="share of the steps with mixup")
    parser.add_argument("--flip", type=float, default=0.0, help="share of the views, mirrored")
    parser.add_argument("--tuned", action="store_true", help="learn from the tuned teacher too")
    parser.add_argument("--unseen", action="store_true", help="and from those of the folds")
    parser.add_argument("--again", action="store_true", help="and from the one they taught")
    parser.add_argument("--wide", action="store_true", help="in views that only that one saw")
    parser.add_argument("--blend", action="store_true", help="and in those of two garments")
    parser.add_argument("--more", type=float, default=0.0, help="share of its own views of these")
    parser.add_argument("--laid", type=float, default=1.0, help="weight of what is laid out")
    parser.add_argument("--mixed", action="store_true", help="sizes by chance, not one by one")
    parser.add_argument("--sizes", type=int, nargs=3, default=SIZES)
    parser.add_argument("--shares", type=float, nargs=3, default=SHARES, help="of the steps")
    parser.add_argument("--weights", type=json.loads, default={}, help="loss weights, as JSON")
    args = parser.parse_args()
    if (args.wide and not args.again) or (args.blend and not args.wide):
        parser.error("--wide goes with --again, --blend with --wide")
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    weights = WEIGHTS | args.weights

    data = np.load(args.work / "train.npz")
    heard = {"unseen": args.unseen, "again": args.again}
    if args.wide:
        targets, labels = what_the_last_says(args.work, blend=args.blend)
    else:
        targets, labels = what_teachers_say(args.work, tuned=args.tuned, **heard)
    raw = data["palette"]
    palettes = torch.from_numpy(((raw - raw.mean(0)) / (raw.std(0) + 1e-3)).astype(np.float32))
    names = sorted(set(data["fine"]) - {""})
    tags = torch.tensor([names.index(f) if f else -1 for f in data["fine"]])

    full, half = (np.load(args.work / f"train_crops{end}.npy", "r") for end in ("", "_half"))
    more = More(args.work, full, half, args.more, **heard) if args.more else None
    close_dim = more.targets.shape[2] if more else 1
    model = Student(trunk(args.init), targets.shape[2], close_dim, palettes.shape[1], len(names))
    model = model.to(memory_format=torch.channels_last)
    if args.again:  # all views were seen by one teacher
        model.close = model.teacher
    if args.start:
        learned, own = torch.load(args.start), model.state_dict()
        fits = {k: v for k, v in learned.items() if k in own and v.shape == own[k].shape}
        model.load_state_dict(fits, strict=False)
    ema = copy.deepcopy(model)
    optimiser = optimiser_of(model, args.lr, keep_heads=args.keep_heads)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        [group["lr"] for group in optimiser.param_groups],
        total_steps=args.steps,
        pct_start=0.06,
        final_div_factor=200,
    )
    state = args.work / f"{args.name}_state.pt"
    kept = {"model": model, "ema": ema, "optimiser": optimiser, "schedule": schedule}
    start = resume(state, kept)
    worn = data["kind"] == "worn"
    views = views_of(data, full, half, wide=args.wide, blend=args.blend)
    blends = WIDE_VIEWS if args.blend else len(targets)  # from this number on views show two
    chance = sampling(data, args.laid)
    until = np.cumsum(args.shares)
    rng = np.random.default_rng(args.seed + start)
    clock, log = time.time(), []
    for step in range(start, args.steps):
        done = int(((rng.random() if args.mixed else step / args.steps) > until).sum())
        side = args.sizes[min(done, len(args.sizes) - 1)]
        rows = rng.choice(len(worn), args.batch, replace=False, p=chance)
        view = rng.integers(len(targets), size=args.batch)
        apart = more.choose(rows, rng) if more else np.zeros(args.batch, bool)
        x = torch.empty(args.batch, 3, side, side)
        x[~apart] = views.render(rows[~apart], view[~apart], side)
        wish, label = targets[view, rows], labels[view, rows]
        wish_close = torch.zeros(args.batch, close_dim)
        alone = apart | (view < blends)
        own_colour = ~views.dye[view, rows].any(1) & alone
        if more and apart.any():
            which = rng.integers(more.count, size=int(apart.sum()))
            own_colour[apart] = True
            x[apart] = more.views.render(rows[apart], which, side)
            label[apart] = more.labels[which, more.place[rows[apart]]]
            wish_close[apart] = more.targets[which, more.place[rows[apart]]]
        rows = torch.from_numpy(rows)
        tag = torch.where(torch.from_numpy(alone), tags[rows], -1)
        flipped = torch.from_numpy(rng.random(args.batch) < args.flip)
        x[flipped] = x[flipped].flip(3)
        share, other = 1.0, np.arange(args.batch)
        if rng.random() < args.mixup:
            share = float(rng.beta(0.4, 0.4))
            for own_kind in (apart, ~apart):
                other[own_kind] = rng.permutation(other[own_kind])
            x = share * x + (1 - share) * x[other]

        def mixed(t: torch.Tensor, share: float = share, other: np.ndarray = other) -> torch.Tensor:
            return share * t + (1 - share) * t[other]

        kept_colour = torch.from_numpy(own_colour & own_colour[other])
        model.train()
        with torch.autocast("cpu", torch.bfloat16):
            features = model.features(x.contiguous(memory_format=torch.channels_last))
        features = features.float()
        unit = F.normalize(features)
        logits = SCALE * unit @ F.normalize(model.proxies).T
        losses = {
            "category": F.cross_entropy(logits, mixed(label), label_smoothing=0.03),
            "teacher": off(model.teacher(unit[~apart]), mixed(wish)[~apart]),
            "close": off(model.close(unit[apart]), mixed(wish_close)[apart])
            if apart.any()
            else torch.zeros(()),
            "palette": F.smooth_l1_loss(
                model.palette(features)[kept_colour], mixed(palettes[rows])[kept_colour]
            ),
            "tag": F.cross_entropy(model.tags(features), tag, ignore_index=-1)
            if share == 1.0 and (tag >= 0).any()
            else torch.zeros(()),
        }
        loss = sum(weights[k] * v for k, v in losses.items())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        follow(ema, model, step, 0.998)
        log.append([v.item() for v in losses.values()])
        if (step + 1) % 100 == 0:
            means = dict(zip(losses, np.mean(log[-100:], 0).round(3).tolist(), strict=True))
            print(step + 1, means, f"{time.time() - clock:.0f}s", flush=True)
        if (step + 1) % 1000 == 0 or step + 1 == args.steps:
            figures = evaluate(args.work, lambda x: embed_with(ema, x, 224))
            print(step + 1, figures, flush=True)
            save_state(state, kept, step + 1)
    torch.save(ema.state_dict(), args.work / f"{args.name}.pt")


if __name__ == "__main__":
    main()
