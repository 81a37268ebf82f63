"""How much upper and lower body each move a similarity, each of the four styles wanted in turn.

    python benchmarks/balance.py --data ../shared/data

Real outfits of which one half fits are few. So the halves of held-out photographs are put together
anew: upper and lower body of the wanted style, of the wanted style and of another, of others. Once
with shares of the slots alike, then with more and more of what parts them taken back: all of it, as
the library does with ten photographs of the wanted style.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from protocol import STYLES, Array, auc, style_draws, target_of

import stylesim as ss
from stylesim import _tempering
from stylesim._regions import speaker
from stylesim.classifier import PictureView
from stylesim.datasets import OutfitPhoto, load_outfits

MADE, TRIES, OF_OTHERS = 30, 200, 12
Photos = Sequence[OutfitPhoto]
Views = Mapping[str, PictureView]


def put_together(
    views: Views, uppers: Photos, lowers: Photos, rng: np.random.Generator
) -> list[PictureView]:
    """Outfits of the upper body of one photograph and the lower body of another."""
    out: list[PictureView] = []
    for _ in range(TRIES):
        if len(out) == MADE:
            break
        one, other = (views[some[rng.integers(len(some))].id] for some in (uppers, lowers))
        parts = speaker(one, "upper"), speaker(other, "lower")
        if all(part is not None and part.slot is not ss.Slot.FULL for part in parts):
            out.append(PictureView(parts, one.whole))  # type: ignore[arg-type]
    return out


def probabilities(scorer: ss.SimilarityScorer, views: Sequence[PictureView]) -> Array:
    """Of the classes, (n, classes), the wanted one first."""
    return np.array([list(row.by_class.values()) for row in scorer.score(views)])


def measure(model: ss.LightweightClassifier, photos: Photos, views: Views, draws: int) -> dict:  # type: ignore[type-arg]
    """Means over styles: P(wanted) of four kinds of outfits, their AUC, the log-loss of styles."""
    found: dict[str, list[float]] = {}
    apart: dict[str, list[float]] = {style: [] for style in STYLES}
    for draw, (support, rest) in enumerate(style_draws(photos, draws)):
        rng = np.random.default_rng(draw)
        for wanted in STYLES:
            order = (wanted, *(s for s in STYLES if s != wanted))
            scorer = ss.SimilarityScorer(model.fit(target_of(support, wanted), progress=False))
            own, others = rest[wanted], [p for s in order[1:] for p in rest[s][:OF_OTHERS]]
            made = {
                "both": put_together(views, own, own, rng),
                "top": put_together(views, own, others, rng),
                "bottom": put_together(views, others, own, rng),
                "none": put_together(views, others, others, rng),
            }
            said = {name: probabilities(scorer, some)[:, 0] for name, some in made.items()}
            for name, values in said.items():
                found.setdefault(name, []).append(float(values.mean()))
            found.setdefault("AUC", []).append(auc(said["both"], said["none"]))
            apart[wanted].append(float(said["top"].mean() - said["bottom"].mean()))
            for number, style in enumerate(order):
                own_class = probabilities(scorer, [views[p.id] for p in rest[style]])[:, number]
                loss = -np.log(np.maximum(own_class, 1e-4)).mean()
                found.setdefault("log-loss", []).append(float(loss))
    gaps = [abs(float(np.mean(values))) for values in apart.values()]
    return {k: float(np.mean(v)) for k, v in found.items()} | {"apart": float(np.mean(gaps))}


def main() -> None:
    """Measure and print the table of the documentation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=10)
    args = parser.parse_args()
    photos = [p for p in load_outfits(args.data / "outfits") if p.held_out]
    model = ss.LightweightClassifier()
    views = dict(zip((p.id for p in photos), model.view([p.path for p in photos]), strict=True))
    columns = ("both", "top", "bottom", "none", "apart", "AUC", "log-loss")
    print("| taken back | " + " | ".join(columns) + " |\n| --- |" + " ---: |" * len(columns))
    for share in (0.0, 0.5, 0.75, 1.0):
        _tempering._TAKEN_BACK = share
        row = measure(model, photos, views, args.draws)
        told = " | ".join(f"{row[c]:.3f}" for c in columns)
        print(f"| {share:.2f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
