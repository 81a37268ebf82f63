"""The paper's epoch study, with both methods, on drawn outfits and on real photographs.

    python benchmarks/epoch_study.py --data ../shared/data [--out docs/figures]
        [--page docs/how-to/epoch-study.md]

Drawn: the four outfits of the paper's Table 1, several times. Real: the groups of the data's
README among the held-out street photographs, ten of each style to learn from. ``head`` is
stylesim's own with the bundled weights; ``finetune`` is Ultralytics' trainer as in the paper, from
the checkpoint in the data (without data, from the bundled weights, and drawn outfits only).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from pages import markdown, write_between
from protocol import OUTFITS, style_draws, target_of

import stylesim as ss
from stylesim import datasets
from stylesim.study import EpochRow, EpochStudy, epoch_study

EPOCHS = (10, 15, 20, 25, 30)
SHOWN = 20  # epochs of the table that has a row an outfit
METHODS = {"head": "head (stylesim)", "finetune": "finetune (as in the paper)"}
# The paper's similarities to its wanted style, on its own four photographs.
PAPER = {"Top Similar": 0.55, "Bottom Similar": 0.94, "All Similar": 0.98, "All Different": 0.47}
DRAWN_OUTFITS = 8
PICTURE = (
    "![Similarity to the wanted style over the epochs, a panel for each kind of picture and each "
    "method](../figures/epoch-study.png)"
)


def drawn(draw: int) -> tuple[ss.StyleTarget, dict[str, list[Any]]]:
    """Ten drawn outfits a style, and the four outfits of Table 1 several times."""
    pictures = {
        name: [outfit.image for outfit in datasets.make_style(name, n=10, seed=50 * draw + i)]
        for i, name in enumerate(datasets.STYLE_NAMES)
    }
    target = ss.StyleTarget(pictures.pop("wannabe"), pictures)
    sets = [
        datasets.make_outfits("wannabe", seed=1000 + 50 * draw + i) for i in range(DRAWN_OUTFITS)
    ]
    return target, {name: [one[name].image for one in sets] for name in OUTFITS}


def real(
    photos: list[datasets.OutfitPhoto], draw: int
) -> tuple[ss.StyleTarget, dict[str, list[Any]]]:
    """Ten street photographs a style, and what is left of each group."""
    support, rest = list(style_draws(photos, draw + 1))[draw]
    return target_of(support), {
        name: [p.path for p in rest[group]] for name, group in OUTFITS.items()
    }


def mean_of(studies: list[EpochStudy]) -> EpochStudy:
    """The mean over draws, in the form of one study."""
    first = studies[0]
    rows = [
        EpochRow(
            epochs=same[0].epochs,
            similarity=np.mean([row.similarity for row in same], axis=0),
            loss=float(np.mean([row.loss for row in same])),
            accuracy=float(np.mean([row.accuracy for row in same])),
            seconds=float(np.median([row.seconds for row in same])),
        )
        for same in zip(*studies, strict=True)
    ]
    return EpochStudy(
        classes=first.classes, tests=first.tests, method=first.method, rows=tuple(rows)
    )


def pages_text(studies: dict[tuple[str, str], EpochStudy], draws: dict[str, int]) -> str:
    """The tables of the page."""
    out = [PICTURE]
    for (data, method), study in studies.items():
        wanted = study.table()[:, :, 0]
        lines = [
            [row.epochs, *(f"{value:.2f}" for value in values), f"{row.seconds:.1f}"]
            for row, values in zip(study, wanted, strict=True)
        ]
        paper = [f"{PAPER[name]:.2f}" if name in PAPER else "-" for name in study.tests]
        lines.append(["the paper", *paper, "-"])
        many = f"mean of {draws[method]} draws" if draws[method] > 1 else "one draw"
        head = ["epochs", *study.tests, "s a fit"]
        out.append(f"**{data}, {METHODS[method]}**, {many}\n\n{markdown(head, lines)}")
    lengths = next(iter(studies.values())).epochs
    shown = SHOWN if SHOWN in lengths else lengths[-1]
    out.append(f"All classes after {shown} epochs, as in the paper's Table 1:")
    for (data, method), study in studies.items():
        values = study[lengths.index(shown)].similarity
        lines = [
            [
                name,
                *(f"{value:.2f}" for value in row),
                f"{PAPER[name]:.2f}" if name in PAPER else "-",
            ]
            for name, row in zip(study.tests, values, strict=True)
        ]
        head = [f"{data}, {method}", *study.classes, f"the paper's {study.classes[0]}"]
        out.append(markdown(head, lines))
    return "\n\n".join(out)


def draw_figure(studies: dict[tuple[str, str], EpochStudy], path: Path) -> None:
    """The paper's Figure 2, a panel a study."""
    from matplotlib.figure import Figure

    columns = list(dict.fromkeys(data for data, _ in studies))
    rows = list(dict.fromkeys(method for _, method in studies))
    figure = Figure(figsize=(5.6 * len(columns), 3.5 * len(rows)), dpi=80, layout="constrained")
    panels = figure.subplots(len(rows), len(columns), squeeze=False)
    for (data, method), study in studies.items():
        ax = panels[rows.index(method), columns.index(data)]
        study.figure(title=f"{data}: {METHODS[method]}", ax=ax)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> None:
    """Run the study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("docs/figures"))
    parser.add_argument("--json", type=Path, default=Path("out/epoch_study.json"))
    parser.add_argument("--page", type=Path, help="page to write the tables into")
    parser.add_argument("--epochs", type=int, nargs="+", default=list(EPOCHS))
    parser.add_argument("--draws", type=int, default=5, help="of method head")
    parser.add_argument("--finetunes", type=int, default=1, help="draws of method finetune")
    args = parser.parse_args()
    draws = {"head": args.draws, "finetune": args.finetunes}
    checkpoint = args.data / "checkpoints" / "yolov8n-cls-finetuned.pt"
    weights = {
        "head": "stylesim-n",
        "finetune": checkpoint if checkpoint.exists() else "stylesim-n",
    }
    sources: dict[str, Any] = {"Drawn outfits": drawn}
    if (args.data / "outfits").is_dir():
        photos = [p for p in datasets.load_outfits(args.data / "outfits") if p.held_out]
        sources["Street photographs"] = lambda draw: real(photos, draw)
    studies: dict[tuple[str, str], EpochStudy] = {}
    start = time.perf_counter()
    for data, source in sources.items():
        for method, count in draws.items():
            some = []
            for draw in range(count):
                target, tests = source(draw)
                some.append(
                    epoch_study(
                        target,
                        tests,
                        epochs=args.epochs,
                        method=method,
                        weights=weights[method],
                        seed=draw,
                        progress=False,
                    )
                )
            if some:
                studies[data, method] = mean_of(some)
                print(f"{data}, {method}: {time.perf_counter() - start:.0f} s", flush=True)
                print(studies[data, method], flush=True)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    records = {f"{data}, {method}": study.to_dicts() for (data, method), study in studies.items()}
    args.json.write_text(json.dumps(records, indent=1))
    text = pages_text(studies, draws)
    print(text)
    draw_figure(studies, args.out / "epoch-study.png")
    if args.page:
        write_between(args.page, "epoch-study", text)


if __name__ == "__main__":
    main()
