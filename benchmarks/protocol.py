"""The accuracy protocol: which photographs, which draws, which figures.

Everything here runs on the held-out quarter of senders and street photographs that the bundled
weights never saw (``stylesim.datasets.held_out``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import stylesim as ss
from stylesim.datasets import OutfitPhoto, outfit_groups

STYLES = ("wanted", "suit", "padding", "sporty")
OUTFITS = {
    "Top Similar": "Top Similar",
    "Bottom Similar": "Bottom Similar",
    "All Similar": "wanted",
    "All Different": "All Different",
}
SHOTS = 10

#: (style, part of the body): labels that belong, labels that do not.
BELONGING = {
    ("wanted", "upper"): (("Blouse", "Shirt"), ("T-Shirt", "Hoodie", "Undershirt")),
    ("wanted", "lower"): (("Skirt",), ("Pants", "Shorts")),
    ("suit", "upper"): (("Blazer",), ("T-Shirt", "Hoodie", "Undershirt")),
    ("suit", "lower"): (("Pants",), ("Skirt", "Shorts")),
    ("padding", "upper"): (("Outwear",), ("T-Shirt", "Shirt", "Undershirt")),
    ("padding", "lower"): (("Pants",), ("Skirt", "Shorts")),
    ("sporty", "upper"): (("T-Shirt", "Hoodie"), ("Shirt", "Blazer", "Blouse")),
    ("sporty", "lower"): (("Shorts", "Pants"), ("Skirt",)),
}

Array = np.ndarray[Any, Any]


def auc(positive: Array, negative: Array) -> float:
    """Area under the ROC curve: how often a positive outranks a negative; ties count half."""
    above = (positive[:, None] > negative[None]).mean()
    return float(above + 0.5 * (positive[:, None] == negative[None]).mean())


def ten_shot(
    vectors: Array,
    labels: Array,
    fit: Callable[[Array, Array, int, int], Callable[[Array], Array]],
    draws: int = 20,
) -> list[float]:
    """Balanced accuracy of a linear head on 10 garments a class, tested on 10 others a class."""
    names = [c for c in sorted(set(labels)) if (labels == c).sum() >= 2 * SHOTS]
    wanted = np.repeat(np.arange(len(names)), SHOTS)
    scores = []
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        order = [rng.permutation(np.flatnonzero(labels == c))[: 2 * SHOTS] for c in names]
        support = np.concatenate([o[:SHOTS] for o in order])
        query = np.concatenate([o[SHOTS:] for o in order])
        predict = fit(vectors[support], wanted, len(names), draw)
        scores.append(float((predict(vectors[query]).argmax(1) == wanted).mean()))
    return scores


def style_draws(
    photos: Sequence[OutfitPhoto], draws: int
) -> Iterator[tuple[dict[str, list[OutfitPhoto]], dict[str, list[OutfitPhoto]]]]:
    """Draws of ten photographs a style, with what is left of every group to test on."""
    groups = outfit_groups(photos)
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        order = {
            g: [members[i] for i in rng.permutation(len(members))] for g, members in groups.items()
        }
        support = {s: order[s][:SHOTS] for s in STYLES}
        yield support, {g: m[SHOTS:] if g in STYLES else m for g, m in order.items()}


def target_of(
    support: Mapping[str, Sequence[OutfitPhoto]], wanted: str = STYLES[0]
) -> ss.StyleTarget:
    """One style of a draw wanted, the others beside it."""
    paths = {style: [p.path for p in members] for style, members in support.items()}
    return ss.StyleTarget(paths.pop(wanted), paths)


def standard_error(values: Sequence[float] | Array) -> float | None:
    """Standard error of the mean of independent values; None of one, which tells nothing of it."""
    return float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) > 1 else None


def calibration_error(probability: Array, truth: Array, bins: int = 10) -> float:
    """Expected calibration error of the winning class (Naeini et al., AAAI 2015), 0 to 1."""
    sure, right = probability.max(1), probability.argmax(1) == truth
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[place == b].mean() - right[place == b].mean()) * (place == b).mean()
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))


def error_if_true(probability: Array, times: int = 200) -> float:
    """Calibration error to be expected if all probabilities were true: few cases leave some."""
    rng = np.random.default_rng(0)
    cuts = probability.cumsum(1)[:, :-1] / probability.sum(1, keepdims=True)
    drawn = [(rng.random((len(cuts), 1)) > cuts).sum(1) for _ in range(times)]
    return float(np.mean([calibration_error(probability, truth) for truth in drawn]))


def table_one(rest: Mapping[str, Array]) -> dict[str, float]:
    """Figures of one draw from class probabilities (n, 4) of what is left of each group."""
    out = {name: float(rest[group][:, 0].mean()) for name, group in OUTFITS.items()}
    right = [float((rest[s].argmax(1) == k).mean()) for k, s in enumerate(STYLES)]
    truth = np.concatenate([np.full(len(rest[s]), k) for k, s in enumerate(STYLES)])
    out["4-way accuracy"] = float(np.mean(right))
    out["AUC All Similar / All Different"] = auc(rest["wanted"][:, 0], rest["All Different"][:, 0])
    out["Top and Bottom apart"] = abs(out["Top Similar"] - out["Bottom Similar"])
    out["calibration error"] = calibration_error(np.concatenate([rest[s] for s in STYLES]), truth)
    return out


def gap_aucs(similarity: Array, labels: Array) -> dict[str, float]:
    """AUC of laid-out garments that belong to a style over those that do not.

    Args:
        similarity: (n, 4) similarity of each laid-out garment to each style, it being wanted.
        labels: (n,) their labels.
    """
    return {
        f"{style}, {part}": auc(
            similarity[np.isin(labels, yes), STYLES.index(style)],
            similarity[np.isin(labels, no), STYLES.index(style)],
        )
        for (style, part), (yes, no) in BELONGING.items()
    }


def iou(found: Array | None, truth: Array) -> float:
    """Intersection over union of two masks; 0 where nothing was found."""
    if found is None:
        return 0.0
    return float((found & truth).sum() / max((found | truth).sum(), 1))
