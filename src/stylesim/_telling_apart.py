"""Can the classes of a target be told apart? Judged on pictures that were held out of learning."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim._regions import BODY, WHOLE, balanced, by_region, counted, learn_regions, regions_of
from stylesim.functional import unit_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylesim._calibration import Calibration
    from stylesim._regions import TargetViews
    from stylesim._views import PictureView
    from stylesim.functional import Floats, Ints
    from stylesim.types import FloatArray

CHANCE = 0.05
"""Classes count as told apart if chance would do as well in at most this share of cases."""

_FOLDS = 5
_FEWEST = 2  # pictures of a class that must stay to learn from
# Before anything is said without being asked: pictures of both classes, and how easily chance
# does as well.
_ENOUGH, _EASILY = 5, 0.3


@attrs.frozen(eq=False)
class HeldOut:
    """What was said of pictures by heads that had not learned from them.

    Attributes:
        labels: Array of shape (n,): the class number of each picture.
        overall: Array of shape (n, classes): probabilities; NaN where a
            picture could not be held out.
        regions: For each picture its probabilities by region.
        blanked: Likewise ``overall``, of the whole picture without its garments.
    """

    labels: Ints
    overall: Floats
    regions: Sequence[Mapping[str, FloatArray]]
    blanked: Floats


def hold_out(
    views: TargetViews,
    blanked: Sequence[PictureView | None],
    groups: Sequence[int],
    *,
    epochs: int,
    seed: int,
    calibration: Calibration | None = None,
) -> HeldOut:
    """Learn from four fifths of the pictures and judge the rest, five times.

    Args:
        views: For each class, for each picture, its views.
        blanked: For each picture of all classes, in order, the view of it
            without its garments; None where there is none.
        groups: For each picture a number; pictures of one number are held out together.
        epochs: Passes over the pictures.
        seed: Of all random choices.
        calibration: That of the backbone, so that the heads are of the kind that will be learned.

    Returns:
        What was said of each picture.
    """
    labels = np.repeat(np.arange(len(views)), [len(pictures) for pictures in views])
    flat = [ways for pictures in views for ways in pictures]
    overall = np.full((len(flat), len(views)), np.nan)
    bare = overall.copy()
    regions: list[Mapping[str, FloatArray]] = [{} for _ in flat]
    folds = _folds(labels, np.asarray(groups), seed)
    for number in range(_FOLDS):
        out = folds == number
        for label in range(len(views)):
            own = labels == label
            if (own & ~out).sum() < _FEWEST:
                out = out & ~own
        if not out.any():
            continue
        kept = [
            [flat[place] for place in np.flatnonzero((labels == label) & ~out)]
            for label in range(len(views))
        ]
        heads = learn_regions(kept, epochs=epochs, seed=seed, calibration=calibration)
        places = np.flatnonzero(out).tolist()
        for place, found in zip(
            places, by_region([flat[place][0] for place in places], heads), strict=True
        ):
            regions[place] = found
            overall[place] = np.mean([found[region] for region in counted(found)], axis=0)
            alone = blanked[place]
            if alone is not None:
                bare[place] = by_region([alone], heads)[0][WHOLE]
    return HeldOut(labels, overall, regions, bare)


def _folds(labels: Ints, groups: Ints, seed: int) -> Ints:
    rng = np.random.default_rng([seed, 2])
    folds = np.zeros(len(labels), np.intp)
    for label in np.unique(labels):
        own = labels == label
        for turn, group in enumerate(rng.permutation(np.unique(groups[own]))):
            folds[own & (groups == group)] = turn % _FOLDS
    return folds


def confusion(held: HeldOut) -> Floats:
    """Share of each class's pictures that was taken for each class; NaN for classes not judged."""
    classes = held.overall.shape[1]
    table = np.full((classes, classes), np.nan)
    for label in range(classes):
        rows = _judged(held.overall[held.labels == label])
        if len(rows):
            table[label] = np.bincount(rows.argmax(axis=1), minlength=classes) / len(rows)
    return table


def of_region(held: HeldOut, region: str) -> Floats:
    """Probabilities of shape (n, classes) by one region; NaN where a picture does not show it."""
    table = np.full_like(held.overall, np.nan)
    for place, found in enumerate(held.regions):
        if region in found:
            table[place] = found[region]
    return table


@attrs.frozen
class Pair:
    """How well two classes were told apart.

    Attributes:
        right: Pictures of both that were taken for the right one.
        total: Pictures of both that were judged.
        chance: How likely chance does as well, 0 to 1.
        best: How likely chance does as well as no mistake at all: what so few pictures can show.
        fewest: Pictures of the class that has fewer.
    """

    right: int
    total: int
    chance: float
    best: float
    fewest: int

    @property
    def alike(self) -> bool:
        """Whether they could have been told apart, and were not."""
        return self.best <= CHANCE < self.chance


def pair(table: Floats, labels: Ints, first: int, second: int) -> Pair:
    """Compare two classes by the probabilities of their pictures.

    Method: R. A. Fisher's exact test, one-sided.
    """
    own, other = (_judged(table[labels == label]) for label in (first, second))
    hits = int((own[:, first] > own[:, second]).sum())
    misses = int((other[:, first] >= other[:, second]).sum())
    return Pair(
        hits + (len(other) - misses),
        len(own) + len(other),
        at_least(hits, len(own), misses, len(other)),
        at_least(len(own), len(own), 0, len(other)),
        min(len(own), len(other)),
    )


def one_against_rest(table: Floats, labels: Ints, label: int) -> tuple[int, int, float]:
    """How many pictures of a class were recognised, of how many, and how likely by chance."""
    own, other = _judged(table[labels == label]), _judged(table[labels != label])
    hits = int((own.argmax(axis=1) == label).sum()) if len(own) else 0
    misses = int((other.argmax(axis=1) == label).sum()) if len(other) else 0
    return hits, len(own), at_least(hits, len(own), misses, len(other))


def at_least(hits: int, own: int, misses: int, other: int) -> float:
    """Probability that chance puts at least so many of all that were named into the own class.

    Args:
        hits: Own pictures that were named.
        own: Own pictures.
        misses: Other pictures that were named.
        other: Other pictures.

    Returns:
        0 to 1.

    Examples:
        >>> at_least(3, 3, 0, 3)
        0.05
    """
    named = hits + misses
    ways = sum(
        math.comb(own, k) * math.comb(other, named - k)
        for k in range(hits, min(own, named) + 1)
        if named - k <= other
    )
    return ways / math.comb(own + other, named)


def _judged(rows: Floats) -> Floats:
    known: Floats = rows[~np.isnan(rows).any(axis=1)]
    return known


def quick_faults(classes: Sequence[str], views: TargetViews) -> list[str]:
    """What is gravely wrong with a target, found without learning anything.

    Args:
        classes: Names of the classes, the wanted one first.
        views: For each class, for each picture, its views.

    Returns:
        One sentence a fault.
    """
    faults = []
    flat = [ways for pictures in views for ways in pictures]
    # Where pictures shall be compared as wholes, they come mirrored too.
    if all(len(ways) == 1 and not ways[0].garments for ways in flat):
        faults.append("no garment was found in any photograph, so they are compared as wholes")
    names = {"upper": "tops", "lower": "bottoms"}
    for region in BODY:
        shown = [
            sum(any(region in regions_of(part) for part in ways[0].garments) for ways in pictures)
            for pictures in views
        ]
        if shown[0] < _FEWEST and max(shown[1:]) >= _FEWEST:
            faults.append(
                f"{classes[0]} shows {names[region]} in {shown[0]} of {len(views[0])} photographs, "
                f"so {names[region]} are not compared"
            )
    rows = unit_rows([balanced(ways[0]) for ways in flat])
    labels = np.repeat(np.arange(len(views)), [len(pictures) for pictures in views])
    nearness = _to_others(rows, labels, len(views))
    for label in range(1, len(views)):
        both = pair(nearness, labels, 0, label)
        if both.chance > _EASILY and both.fewest >= _ENOUGH:
            faults.append(
                f"{classes[0]} and {classes[label]} look alike: {both.right} of {both.total} "
                "photographs are nearer to the mean of their own class"
            )
    return faults


def _to_others(rows: Floats, labels: Ints, classes: int) -> Floats:
    """Minus the squared distance of each row to each class's mean, the row itself left out."""
    kinds = np.eye(classes)[labels]
    sums, counts = kinds.T @ rows, kinds.sum(axis=0)
    out = np.zeros((len(rows), classes))
    for label in range(classes):
        own = kinds[:, label : label + 1]
        means = (sums[label] - own * rows) / np.maximum(counts[label] - own, 1)
        out[:, label] = -((rows - means) ** 2).sum(axis=1)
    return out
