"""Train the garment finder on the pixel maps of `prepare.py`.

Street photographs that have tags but no pixel map join half-way: the averaged network labels
them, told by the tags which slots can be there (pseudo-labels, Lee 2013).

    python recipes/train_finder.py --work out/recipes --init yolov8n-cls.pt
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from common import follow, load_items, resume, save_state, trunk
from derived import derived
from drawn import drawn_garments, drawn_outfits
from finder_data import IGNORE, SIZES, WORN_SIZES, Batches
from finder_reading import N_PIX, laid_accuracy, pixel_iou, pseudo_label
from labels import CATEGORIES, PIXEL_CLASSES
from lessons import what_teachers_say

from stylesim.backbones.garment_net import GarmentNet


def dice(logits: torch.Tensor, truth: torch.Tensor, *, single: bool = False) -> torch.Tensor:
    """Soft Dice loss (Milletari et al., 3DV 2016) over the classes that the batch shows.

    With ``single`` of each picture by itself, so that what is narrow counts like what is large.
    """
    valid = (truth != IGNORE)[:, None]
    p = logits.softmax(1) * valid
    y = F.one_hot(truth.where(truth != IGNORE, 0), N_PIX).permute(0, 3, 1, 2) * valid
    over = (2, 3) if single else (0, 2, 3)
    both, total = (p * y).sum(over), p.sum(over) + y.sum(over)
    seen = y.sum(over) > 20
    return 1 - (2 * both[seen] / total[seen]).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, help="backbone of train_backbone.py to start from")
    parser.add_argument("--start", type=Path, help="finder of an earlier round to go on from")
    parser.add_argument("--name", default="finder", help="of the files written to --work")
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1.2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", type=float, default=0.6, help="share of steps at a small size")
    parser.add_argument("--category", type=float, default=0.4, help="weight of that loss")
    parser.add_argument("--tuned", action="store_true", help="softer labels of the tuned teacher")
    parser.add_argument(
        "--drawn", type=int, default=0, help="drawn outfits, and garments, among the photographs"
    )
    parser.add_argument("--derived", type=int, default=1, help="skirts and shorts a photograph")
    parser.add_argument(
        "--worn", action="store_true", help="the network of the second look: what is worn alone"
    )
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    laid, street = load_items(args.work, "street_large" if args.worn else "street")
    masked = [i for i in street if "pixels" in i]
    train = [i for i in masked if not i["held_out"]] + drawn_outfits(args.drawn)
    test = [i for i in masked if i["held_out"]]
    unmasked = [i for i in street if "pixels" not in i and not i["held_out"]]
    laid_train = [i for i in laid if not i["held_out"]] + drawn_garments(args.drawn)
    laid_train += derived(laid, args.derived)
    laid_test = [i for i in laid if i["held_out"]][::2]
    print(len(train), len(test), len(unmasked), len(laid_train), len(laid_test), flush=True)

    net = GarmentNet(trunk(args.init), N_PIX, len(CATEGORIES), fine=args.worn)
    net = net.to(memory_format=torch.channels_last)
    if args.trunk:
        learned = torch.load(args.trunk)
        learned = {k[6:]: v for k, v in learned.items() if k.startswith("trunk.")}
        net.layers.load_state_dict(learned)
    if args.start:
        begun = torch.load(args.start)
        coarse = args.worn and not any(name.startswith("finest.") for name in begun)
        if coarse:
            begun = {k: v for k, v in begun.items() if not k.startswith("pixels.")}
        net.load_state_dict(begun, strict=not coarse)
    ema = copy.deepcopy(net)
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}],
        lr=args.lr,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, args.lr, total_steps=args.steps, pct_start=0.08, final_div_factor=100
    )
    state = args.work / f"{args.name}_state.pt"
    kept = {"net": net, "ema": ema, "optimiser": optimiser, "schedule": schedule}
    start = resume(state, kept)
    soft = {}
    if args.tuned:
        labels = what_teachers_say(args.work, tuned=True)[1].mean(0).numpy()
        soft = dict(zip(np.load(args.work / "train.npz")["id"].tolist(), labels, strict=True))
    batches = Batches(laid_train, train, args.batch, args.seed + start, soft, worn=args.worn)
    weight = torch.ones(N_PIX)
    weight[PIXEL_CLASSES.index("headwear")] = 4
    weight[PIXEL_CLASSES.index("bag")] = weight[PIXEL_CLASSES.index("shoes")] = 1.5
    # A finder that starts from nothing has no labels worth learning from until half-way.
    refresh = {int(args.steps * f) for f in ((0, 0.35, 0.7) if args.start else (0.4, 0.7))}
    clock, log = time.time(), []
    for step in range(start, args.steps):
        if step in refresh or (step == start and start >= min(refresh)):
            batches.street = train + train + pseudo_label(ema, unmasked)
        batches.size = (WORN_SIZES if args.worn else SIZES)[step >= args.small * args.steps]
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
        full = logits.float()
        if not args.worn:
            full = F.interpolate(full, scale_factor=2, mode="bilinear")
        loss_pixels = F.cross_entropy(full, truth[:, 1::2, 1::2], weight, ignore_index=IGNORE)
        loss_scene = F.cross_entropy(scene.float(), torch.from_numpy(scenes))
        wanted = torch.from_numpy(np.stack([r[1] for r in rows]))
        loss_category = F.cross_entropy(category.float(), wanted, label_smoothing=0.05)
        loss_dice = dice(full, truth[:, 1::2, 1::2], single=args.worn)
        known = torch.from_numpy(there)
        loss_presence = F.binary_cross_entropy_with_logits(
            presence.float(), known.clamp(min=0), (known >= 0).float()
        )
        loss = (
            loss_pixels
            + (1.0 if args.worn else 0.5) * loss_dice
            + 0.3 * loss_scene
            + args.category * loss_category
            + loss_presence
        )
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        follow(ema, net, step, 0.997)
        log.append((loss_pixels.item(), loss_scene.item(), loss_category.item()))
        if (step + 1) % 50 == 0:
            print(
                step + 1, np.mean(log[-50:], 0).round(3), f"{time.time() - clock:.0f}s", flush=True
            )
        if (step + 1) % 500 == 0 or step + 1 == args.steps:
            print("iou", pixel_iou(ema, test), flush=True)
            if not args.worn:
                print("laid: scene, slot, category", laid_accuracy(ema, laid_test), flush=True)
            save_state(state, kept, step + 1)
    torch.save(ema.state_dict(), args.work / f"{args.name}.pt")
    report = {"iou": pixel_iou(ema, test), "laid": laid_accuracy(ema, laid_test)}
    (args.work / f"{args.name}.json").write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
