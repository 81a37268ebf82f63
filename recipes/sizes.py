"""How good a trained backbone is at several sizes of picture, on the held-out quarter.

python recipes/sizes.py --work out/recipes --init yolov8n-cls.pt --backbone backbone.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from common import trunk
from evaluate import evaluate
from train_backbone import Student, embed_with


def student(init: Path, path: Path) -> Student:
    """The network of a round, without the heads that only training uses."""
    state = torch.load(path)
    model = Student(trunk(init), 1, 1, 1, 1)
    model.trunk.load_state_dict({k[6:]: v for k, v in state.items() if k.startswith("trunk.")})
    model.proxies.data = state["proxies"]
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--backbone", default="backbone.pt")
    parser.add_argument("--worn", help="the network for what is worn, if another")
    parser.add_argument("--sides", type=int, nargs="+", default=[160, 176, 192, 208, 224])
    parser.add_argument("--close", type=int, help="side for what is laid out, if another")
    args = parser.parse_args()
    model = student(args.init, args.work / args.backbone)
    test = np.load(args.work / "test.npz")
    laid = np.flatnonzero(test["kind"] == "laid")
    worn = np.flatnonzero(test["kind"] == "worn")
    known = test["category"] >= 0
    proxies = F.normalize(model.proxies).detach().numpy()
    for side in args.sides:

        def embed(crops: np.ndarray, side: int = side) -> np.ndarray:
            rows = embed_with(model, crops, side)
            if args.close:
                rows[laid] = embed_with(model, crops[laid], args.close)
            if args.worn:
                other = student(args.init, args.work / args.worn)
                rows[worn] = embed_with(other, crops[worn], side)
            right = (rows @ proxies.T).argmax(1) == test["category"]
            on = known & (test["kind"] == "worn")
            print(side, "category: laid", right[laid].mean(), "worn", right[on].mean())
            return rows

        print(evaluate(args.work, embed), flush=True)


if __name__ == "__main__":
    main()
