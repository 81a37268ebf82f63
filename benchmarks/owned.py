"""Whether a product is known again as something owned: precision and recall on real photographs.

    python benchmarks/owned.py --data ../shared/data [--fit] [--garments 240]

Pairs of one garment: a photograph and itself in other light, turned and cropped; and itself cut
out and laid on another floor; and the real repeats in the data (``twins.py``). Pairs of two
garments: of one label or of one slot, photographed by the same person, as they are and in other
light; and a garment and itself in another colour. The weights and the threshold in
``stylesim/_owned.py`` come from photographs that are not held out (``--fit`` prints them anew);
the table is of those that are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from twins import (
    REPEATS,
    STREET_REPEATS,
    chosen,
    in_another_colour,
    in_other_light,
    negatives,
    on_another_floor,
    outlined,
)

import stylesim as ss
from stylesim import _owned
from stylesim._owned import Comparison, Looks
from stylesim.classifier import PictureView
from stylesim.datasets import ClothingPhoto, load_clothing, load_outfits
from stylesim.images import load_image

Array = np.ndarray[Any, Any]
ONE = ("other light", "another floor", "real repeats", "street repeats")
TWO = ("same kind", "same kind, other light", "same slot, other kind", "another colour")
#: Share of pairs of two garments that may be blocked: what --fit chooses the threshold by.
FALSE_ALARMS = 0.01


def pairs_of(
    model: ss.LightweightClassifier, args: argparse.Namespace, *, held_out: bool
) -> dict[str, list[Comparison]]:
    """Comparisons of all pairs of one part of the data, by their kind."""
    rng = np.random.default_rng(int(held_out))
    part = [p for p in load_clothing(args.data / "garments") if p.held_out == held_out]
    photos = chosen(part, args.garments, rng)
    plain = [load_image(photo.path, shrink_to=640) for photo in photos]
    slots = [photo.slot for photo in photos]
    first = model.view(plain, slots=slots)
    light = model.view([in_other_light(one, rng) for one in plain], slots=slots)
    found = [outlined(one, photo) for one, photo in zip(plain, photos, strict=True)]
    kept = [i for i, one in enumerate(found) if one is not None]

    def changed(change: Any) -> list[PictureView]:
        pictures = [change(plain[i], found[i], rng) for i in kept]
        return model.view(pictures, slots=[slots[i] for i in kept])

    floor, colour = changed(on_another_floor), changed(in_another_colour)
    two = negatives(photos, rng)
    other = negatives(photos, rng, same_label=False, most=2)
    out = {
        "other light": [compared(a, b) for a, b in zip(first, light, strict=True)],
        "another floor": [compared(first[i], b) for i, b in zip(kept, floor, strict=True)],
        "real repeats": repeats(model, part),
        "street repeats": street(model, args, held_out=held_out),
        "same kind": [compared(first[i], first[j]) for i, j in two if i < j],
        "same kind, other light": [compared(first[i], light[j]) for i, j in two],
        "same slot, other kind": [compared(first[i], light[j]) for i, j in other],
        "another colour": [compared(first[i], b) for i, b in zip(kept, colour, strict=True)],
    }
    return {kind: [one for one in some if len(one.owner)] for kind, some in out.items()}


def compared(one: PictureView, other: PictureView) -> Comparison:
    """The surest of the comparisons of two pictures; empty where nothing compares."""
    found = Looks.of([one]).compare(other)
    return best(found) if len(found.owner) else found


def best(found: Comparison) -> Comparison:
    """The surest one."""
    at = int(np.argmax(found.sure))
    names = ("owner", "cosine", "light", "colour", "category")
    return Comparison(*(getattr(found, name)[at : at + 1] for name in names))


def repeats(model: ss.LightweightClassifier, part: list[ClothingPhoto]) -> list[Comparison]:
    """The real repeats of laid-out garments."""
    by_id = {photo.id: photo for photo in part}
    pairs = [(by_id[a], by_id[b]) for a, b in REPEATS if a in by_id and b in by_id]
    views = [model.view([p.path for p in pair], slots=[p.slot for p in pair]) for pair in pairs]
    return [compared(a, b) for a, b in views]


def street(
    model: ss.LightweightClassifier, args: argparse.Namespace, *, held_out: bool
) -> list[Comparison]:
    """The real repeats of worn garments."""
    photos = {p.id: p for p in load_outfits(args.data / "outfits") if p.held_out == held_out}
    pairs = [pair for pair in STREET_REPEATS if set(pair) <= set(photos)]
    return [compared(*model.view([photos[one].path for one in pair])) for pair in pairs]


def stacked(some: list[Comparison]) -> Comparison:
    """Comparisons, one below the other."""
    names = ("owner", "cosine", "light", "colour", "category")
    return Comparison(*(np.concatenate([getattr(one, name) for one in some]) for name in names))


def features(found: Comparison, *, colours: bool) -> Array:
    """What the log-odds are weights of."""
    columns = [np.degrees(np.arccos(np.clip(found.cosine, -1, 1)))]
    if colours:
        columns += [found.light, found.colour]
    return np.stack([np.ones(len(found.owner)), *columns, found.category], axis=1)


def logistic(x: Array, y: Array, strength: float = 0.01) -> Array:
    """Weights of a logistic regression, both classes weighing alike; Newton's method."""
    weight = np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    scale = np.abs(x).max(axis=0)
    z, w = x / scale, np.zeros(x.shape[1])
    keep = strength * len(y) * np.eye(len(w)) / 100
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -50, 50)))
        gradient = z.T @ (weight * (p - y)) + keep @ w
        w = w - np.linalg.solve((z * (weight * p * (1 - p))[:, None]).T @ z + keep, gradient)
    return w / scale


def sensible(x: Array, y: Array) -> tuple[float, ...]:
    """Weights of three digits; none for the category where it would speak against the same."""
    weights = logistic(x, y)
    if weights[-1] < 0:
        weights = np.append(logistic(x[:, :-1], y), 0.0)
    return tuple(float(f"{value:.3g}") for value in weights)


def fit(pairs: dict[str, list[Comparison]]) -> None:
    """Print weights and threshold, and take them over for this run."""
    found = stacked([one for kind in (*ONE, *TWO) for one in pairs[kind]])
    y = np.array([kind in ONE for kind in (*ONE, *TWO) for _ in pairs[kind]])
    known = ~np.isnan(found.light)
    seeing = sensible(features(found, colours=True)[known], y[known])
    guessing = sensible(features(found, colours=False), y)
    _owned._WITH_COLOURS, _owned._WITHOUT = seeing, guessing  # type: ignore[assignment]
    bound = float(np.quantile(found.sure[~y], 1 - FALSE_ALARMS))
    _owned.SURE = float(np.ceil(bound * 100) / 100)
    print(f"SURE = {_owned.SURE}\n_WITH_COLOURS = {seeing}\n_WITHOUT = {guessing}")


def figures(pairs: dict[str, list[Comparison]], *, cosine: float | None = None) -> dict[str, float]:
    """Share that is blocked of each kind, precision where both kinds are as frequent."""

    def blocked(kinds: tuple[str, ...]) -> Array:
        some = [one for kind in kinds for one in pairs[kind]]
        if not some:
            return np.zeros(0, dtype=bool)
        all_ = stacked(some)
        return all_.cosine >= cosine if cosine is not None else all_.sure >= _owned.SURE

    out = {f"{kind} ({len(pairs[kind])})": float(blocked((kind,)).mean())
           for kind in (*ONE, *TWO) if pairs[kind]}  # fmt: skip
    recall, alarms = float(blocked(ONE).mean()), float(blocked(TWO).mean())
    precision = recall / (recall + alarms) if recall + alarms else float("nan")
    return {**out, "recall": recall, "precision": precision}


def main() -> None:
    """Measure, and with --fit choose."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--garments", type=int, default=240, help="photographs of each part")
    parser.add_argument("--fit", action="store_true", help="choose the weights and the threshold")
    parser.add_argument("--out", type=Path, default=Path("out/owned.json"))
    args = parser.parse_args()
    model = ss.LightweightClassifier()
    if args.fit:
        training = pairs_of(model, args, held_out=False)
        fit(training)
        print("not held out:", json.dumps(figures(training), indent=1))
    pairs = pairs_of(model, args, held_out=True)
    results = {
        f"evidence, threshold {_owned.SURE}": figures(pairs),
        "cosine alone, threshold 0.99": figures(pairs, cosine=0.99),
    }
    if args.fit:
        some = stacked([one for kind in TWO for one in training[kind]])
        bound = float(np.quantile(some.cosine, 1 - FALSE_ALARMS))
        results[f"cosine alone, threshold {bound:.3f}, chosen alike"] = figures(pairs, cosine=bound)
    print("held out:", json.dumps(results, indent=1))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
