"""How far a similarity can be trusted: calibration, intervals, and what is of no style at all.

    python benchmarks/similarity.py --data ../shared/data

On the held-out quarter only, with the draws of ``benchmarks/accuracy.py``, through the public API;
and on the four outfits of the paper as drawn clothes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from no_clothes import bare, fields, places, shapes
from pages import figure, markdown
from protocol import (
    OUTFITS,
    STYLES,
    Array,
    auc,
    calibration_error,
    error_if_true,
    standard_error,
    style_draws,
    table_one,
    target_of,
)

import stylesim as ss
from stylesim.classifier import PictureView
from stylesim.datasets import (
    OUTFIT_NAMES,
    STYLE_NAMES,
    ClothingPhoto,
    OutfitPhoto,
    load_clothing,
    load_outfits,
    make_outfits,
    make_style,
)

SHOTS = (2, 5, 10)
#: Laid-out garments that a street style shows, and those that none of the four shows.
SEEN = ("Blouse", "Shirt", "Blazer", "Outwear", "T-Shirt", "Hoodie", "Pants", "Skirt", "Shorts")
UNSEEN = ("Hat", "Dress", "Undershirt", "Body")
_SIZE = "photographs a class"
Views = Mapping[str, PictureView]
Kinds = Mapping[str, Sequence[PictureView]]


def fitted(
    model: ss.LightweightClassifier,
    support: Mapping[str, Sequence[OutfitPhoto]],
    wanted: str = STYLES[0],
) -> ss.SimilarityScorer:
    """A scorer of one draw of the four styles."""
    return ss.SimilarityScorer(model.fit(target_of(support, wanted), progress=False))


def shares(report: ss.SimilarityReport) -> Array:
    """Class probabilities, (n, classes)."""
    return np.array([list(row.by_class.values()) for row in report])


def inside(first: ss.SimilarityReport, second: ss.SimilarityReport) -> dict[str, list[bool]]:
    """Whether the similarities of another draw lie in the intervals of this one."""
    found: dict[str, list[bool]] = {"overall": [], "by slot": []}
    for one, other in zip(first, second, strict=True):
        found["overall"].append(one.interval[0] <= other.similarity <= one.interval[1])
        for region, (low, high) in one.intervals.items():
            if region in other.by_slot:
                found["by slot"].append(low <= other.by_slot[region] <= high)
    return found


def covered(
    model: ss.LightweightClassifier, photos: Sequence[OutfitPhoto], seen: Views, shots: int, n: int
) -> dict[str, float | None]:
    """Coverage of intervals: two draws with no photograph in common, the same pictures scored.

    Each style is wanted in turn, in n draws; with the standard error of the mean over draws.
    """
    found: dict[str, list[float]] = {"overall": [], "by slot": [], "mean width": []}
    for draw, wanted in product(range(n), STYLES):
        rng = np.random.default_rng([draw, shots])
        whole = {s: [*sup, *rest] for s, sup, rest in _styles(photos)}
        order = {s: [m[i] for i in rng.permutation(len(m))] for s, m in whole.items()}
        # The smallest group has no more than twice seven, and something has to be left.
        size = min(shots, (min(map(len, order.values())) - 1) // 2)
        queries = [seen[p.id] for m in order.values() for p in m[2 * size : 2 * size + 15]]
        halves = [{s: m[k * size : (k + 1) * size] for s, m in order.items()} for k in (0, 1)]
        reports = [fitted(model, half, wanted).score(queries) for half in halves]
        for name, hits in inside(*reports).items():
            found[name].append(float(np.mean(hits)))
        widths = [row.interval[1] - row.interval[0] for row in reports[0]]
        found["mean width"].append(float(np.mean(widths)))
    means = {name: float(np.mean(values)) for name, values in found.items()}
    # The four styles of one draw share their photographs, so a draw counts once.
    by_draw = {name: np.reshape(values, (n, -1)).mean(1) for name, values in found.items()}
    errors = {f"{name}, standard error": standard_error(v) for name, v in by_draw.items()}
    return {_SIZE: size, **means, **errors}


def _styles(photos: Sequence[OutfitPhoto]):  # type: ignore[no-untyped-def]
    support, rest = next(iter(style_draws(photos, 1)))
    return [(s, support[s], rest[s]) for s in STYLES]


def pieces(view: PictureView, *, outermost: bool) -> list[PictureView]:
    """Garments of an outfit by themselves, as in a closet; or all but tops under outerwear."""
    body = [g for g in view.garments if g.slot in (ss.Slot.TOP, ss.Slot.OUTER, ss.Slot.BOTTOM)]
    covered = outermost and any(g.slot is ss.Slot.OUTER for g in body)
    return [PictureView((g,), g) for g in body if not (covered and g.slot is ss.Slot.TOP)]


def strange(
    scorer: ss.SimilarityScorer, laid: Sequence[PictureView], labels: Array, none: Kinds
) -> dict[str, Array]:
    """Probability of "neither" of laid-out garments, and of pictures without clothes."""

    def p(views: Sequence[PictureView]) -> Array:
        return np.array([row.p_neither for row in scorer.score(views)])

    said = p(laid)
    out = {"seen": said[np.isin(labels, SEEN)], "unseen": said[np.isin(labels, UNSEEN)]}
    return out | {f"no clothes: {kind}": p(views) for kind, views in none.items()}


def look(model: ss.LightweightClassifier, clothing: list[ClothingPhoto], n: int) -> Kinds:
    """Pictures without clothes. Calibration saw other corners and shapes, and no other kind."""
    rng = np.random.default_rng(99)
    order = [clothing[i] for i in rng.permutation(len(clothing))[:n]]
    pictures = {
        "bare background": list(bare(order, rng)),
        "shapes": list(shapes(n, rng)),
        "noise and colour": list(fields(n // 2, rng)),
        "empty places": list(places(n // 2, rng)),
    }
    return {kind: model.view(images) for kind, images in pictures.items()}


def measure(args: argparse.Namespace) -> dict[str, object]:
    """All figures."""
    clothing = [p for p in load_clothing(args.data / "garments") if p.held_out]
    photos = [p for p in load_outfits(args.data / "outfits") if p.held_out]
    model = ss.LightweightClassifier()
    street_views = model.view([p.path for p in photos], progress=True)
    seen = {p.id: v for p, v in zip(photos, street_views, strict=True)}
    chosen = [p for p in clothing if p.label in (*SEEN, *UNSEEN)]
    order = np.random.default_rng(7).permutation(len(chosen))[: args.laid]
    chosen = [chosen[place] for place in order]
    slots = [p.slot for p in chosen]
    laid = model.view([p.path for p in chosen], slots=slots, progress=True)
    labels = np.array([p.label for p in chosen])
    none = look(model, clothing, args.none)

    tables, said, truth, least = [], [], [], []
    areas: dict[str, list[float]] = {}
    flags: dict[str, list[float]] = {}
    parts: dict[str, list[float]] = {}
    wanted: dict[str, dict[str, list[float]]] = {name: {} for name in OUTFITS}
    for support, rest in style_draws(photos, args.draws):
        scorer = fitted(model, support)
        reports = {g: scorer.score([seen[p.id] for p in m]) for g, m in rest.items()}
        table = table_one({g: shares(r) for g, r in reports.items()})
        table["All Similar, less neither"] = float(
            np.mean([row.similarity for row in reports["wanted"]])
        )
        tables.append(table)
        for name, group in OUTFITS.items():
            for photo, share in zip(rest[group], shares(reports[group])[:, 0], strict=True):
                wanted[name].setdefault(photo.id, []).append(float(share))
        for group, region in product(("Top Similar", "Bottom Similar"), ("upper", "lower")):
            seen_there = [r.by_slot[region] for r in reports[group] if region in r.by_slot]
            parts.setdefault(f"{group}, {region}", []).extend(seen_there)
        for number, style in enumerate(STYLES):
            said.append(shares(reports[style]))
            truth += [number] * len(reports[style])
        least.append(error_if_true(np.concatenate(said[-len(STYLES) :])))
        for name, outermost in (("alone", False), ("alone, no tops under outerwear", True)):
            apart = [
                (piece, number)
                for number, style in enumerate(STYLES)
                for photo in rest[style]
                for piece in pieces(seen[photo.id], outermost=outermost)
            ]
            alone = shares(scorer.score([piece for piece, _ in apart]))
            error = calibration_error(alone, np.array([number for _, number in apart]))
            tables[-1][f"calibration error, garments {name}"] = error
        found = strange(scorer, laid, labels, none)
        found["street"] = np.array([r.p_neither for s in STYLES for r in reports[s]])
        for name, values in found.items():
            flags.setdefault(name, []).append(float((values >= 0.5).mean()))
            if name == "unseen" or name.startswith("no clothes"):
                areas.setdefault(f"{name} / street", []).append(auc(values, found["street"]))
                areas.setdefault(f"{name} / laid out", []).append(auc(values, found["seen"]))
    pooled = calibration_error(np.concatenate(said), np.array(truth))
    return {
        "draws": args.draws,
        "table 1": {k: float(np.mean([t[k] for t in tables])) for k in tables[0]},
        "table 1, standard error": standard_errors(wanted),
        "similarity by slot": {k: float(np.mean(v)) for k, v in parts.items()},
        "calibration error, if all were true: one draw": float(np.mean(least)),
        "calibration error, all draws together": pooled,
        "neither, AUROC": {k: float(np.mean(v)) for k, v in areas.items()},
        "neither, flagged": {k: float(np.mean(v)) for k, v in flags.items()},
        "drawn four": drawn_four(model),
        "coverage": [covered(model, photos, seen, n, args.draws) for n in SHOTS],
        "times": times(model, photos, laid),
    }


def standard_errors(
    said: Mapping[str, Mapping[str, Sequence[float]]],
) -> dict[str, float | None]:
    """Of the means of table 1, over photographs: what each draw says of one is no new case."""
    found = {}
    for name, by_photo in said.items():
        means = [float(np.mean(values)) for values in by_photo.values()]
        found[f"{name}, {len(means)} photographs"] = standard_error(means)
    top, bottom, *_ = found.values()
    both = None if top is None or bottom is None else float(np.hypot(top, bottom))
    return found | {"Top less Bottom": both}


def drawn_four(
    model: ss.LightweightClassifier, targets: int = 4, sets: int = 3
) -> dict[str, float]:
    """P(wanted) of the paper's four outfits, drawn: means over targets and sets of outfits."""
    found: dict[str, list[float]] = {name: [] for name in OUTFIT_NAMES}
    for number in range(targets):
        wanted, *contrast = STYLE_NAMES
        drawn = {s: [o.image for o in make_style(s, seed=number)] for s in STYLE_NAMES}
        target = ss.StyleTarget(drawn[wanted], {s: drawn[s] for s in contrast})
        scorer = ss.SimilarityScorer(model.fit(target, progress=False))
        for place in range(sets):
            four = make_outfits(wanted, seed=1000 + 50 * number + place)
            for name, row in zip(four, scorer.score([o.image for o in four.values()]), strict=True):
                found[name].append(row.by_class[wanted])
    return {name: float(np.mean(values)) for name, values in found.items()}


def times(
    model: ss.LightweightClassifier, photos: Sequence[OutfitPhoto], laid: Sequence[PictureView]
) -> dict[str, float]:
    """Seconds of a fit once embedded, and milliseconds of scoring 300 embedded garments."""
    support, _ = next(iter(style_draws(photos, 1)))
    fitted(model, support)
    fits, scores = [], []
    garments = [laid[place % len(laid)] for place in range(300)]
    for _ in range(5):
        start = time.perf_counter()
        scorer = fitted(model, support)
        fits.append(time.perf_counter() - start)
        start = time.perf_counter()
        scorer.score(garments)
        scores.append(1000 * (time.perf_counter() - start))
    return {"fit, s": float(np.median(fits)), "score of 300, ms": float(np.median(scores))}


def table_of(result: Mapping[str, Any]) -> str:
    """All figures, one a line; "-" for what too few draws cannot tell."""
    lines = []
    for group, values in result.items():
        if not isinstance(values, (dict, list)):
            lines.append((group, f"{values:.3g}"))
            continue
        for one in [values] if isinstance(values, dict) else values:
            size = one.get(_SIZE)
            where = group if size is None else f"{group}, {size} {_SIZE}"
            lines += [(f"{where}: {k}", figure(v)) for k, v in one.items() if k != _SIZE]
    return markdown(["figure", "value"], lines)


def main() -> None:
    """Measure and print the tables of the documentation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--laid", type=int, default=500)
    parser.add_argument("--none", type=int, default=60, help="of each kind without clothes")
    parser.add_argument("--out", type=Path, default=Path("out/similarity.json"))
    args = parser.parse_args()
    result = measure(args)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1))
    print(table_of(result))


if __name__ == "__main__":
    main()
