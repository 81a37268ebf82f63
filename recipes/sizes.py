"""How good a trained backbone is at several sizes of picture, on the held-out quarter.

python recipes/sizes.py --work out/recipes --init yolov8n-cls.pt --backbone backbone.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from common import trunk
from evaluate import evaluate
from train_backbone import Student, embed_with


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--backbone", default="backbone.pt")
    parser.add_argument("--sides", type=int, nargs="+", default=[160, 176, 192, 208, 224])
    args = parser.parse_args()
    state = torch.load(args.work / args.backbone)
    sizes = (len(state[f"{head}.weight"]) for head in ("teacher", "palette", "tags"))
    model = Student(trunk(args.init), *sizes)
    model.load_state_dict(state)
    for side in args.sides:
        print(side, evaluate(args.work, lambda crops, side=side: embed_with(model, crops, side)))


if __name__ == "__main__":
    main()
