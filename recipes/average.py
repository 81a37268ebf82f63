"""Average two rounds of one network: often better than either.

    python recipes/average.py --work out/recipes finder3.pt finder4.pt --share 0.6 --to finder.pt

M. Wortsman et al., Model Soups, ICML 2022.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first")
    parser.add_argument("second")
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--share", type=float, default=0.5, help="of the second")
    parser.add_argument("--to", required=True)
    args = parser.parse_args()
    first, second = (torch.load(args.work / name) for name in (args.first, args.second))
    alike = [name for name in first if name in second and first[name].shape == second[name].shape]
    mixed = {
        name: first[name].lerp(second[name], args.share)
        if first[name].dtype.is_floating_point
        else first[name]
        for name in alike
    }
    # A head that only one has, or that differs in size, is that of the later round.
    torch.save(first | second | mixed, args.work / args.to)


if __name__ == "__main__":
    main()
