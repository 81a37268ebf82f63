"""How wide intervals must be: two draws of one style, and what each says of the same pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from stylesim._calibration import Calibration
from stylesim._opinions import opinions
from stylesim._regions import Learned, learn_regions
from stylesim._report import WHOLE
from stylesim._scoring import row_of
from stylesim._seeing import Item, Part
from stylesim._views import PictureView

EQUAL = {"upper": 1.0, "lower": 1.0}
#: More than the 0.9 of the intervals: the networks know these photographs better than others.
WANTED_COVERAGE = 0.93
#: As similarities are told: most of these lie near 0 or 1, where next to nothing counts.
ROUNDED = 0.005
SPREADS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 30.0)


def rows_of(learned: Learned, views: Sequence[PictureView]) -> list:
    """Rows of the report, as the scorer makes them."""
    known = tuple(r for r in learned.heads if r != WHOLE)
    return [
        row_of(Item(str(i), (Part(str(i), view=view),)), [said], learned.classes, EQUAL, known)
        for i, (view, said) in enumerate(zip(views, opinions(views, learned), strict=True))
    ]


def pairs(
    calibration: Calibration,
    outfits: Mapping[str, Sequence[PictureView]],
    shots: int,
    count: int,
    rng: np.random.Generator,
) -> list[tuple[Learned, Learned, list[PictureView]]]:
    """Two disjoint draws of the same styles, and pictures of the styles in neither draw."""
    out = []
    names = tuple(outfits)
    for number in range(count):
        wanted = names[number % len(names)]
        order = {s: rng.permutation(len(outfits[s])) for s in names}
        if min(len(o) for o in order.values()) < 2 * shots + 2:
            continue
        classes = (wanted, *(s for s in names if s != wanted))
        fits = []
        for turn in (0, 1):
            some = [
                [(outfits[s][i],) for i in order[s][turn * shots : (turn + 1) * shots]]
                for s in classes
            ]
            heads = learn_regions(some, epochs=20, seed=0, calibration=calibration)
            fits.append(Learned(classes, heads, ()))
        rest = [outfits[s][i] for s in classes for i in order[s][2 * shots : 2 * shots + 12]]
        out.append((fits[0], fits[1], rest))
    return out


def within(similarity: float, interval: tuple[float, float]) -> bool:
    low, high = interval
    return low - ROUNDED <= similarity <= high + ROUNDED


def coverage(made: Sequence[tuple[Learned, Learned, list[PictureView]]], spread: float) -> float:
    """Share of similarities of the second draw, overall and by slot, in the first's intervals."""
    inside = []
    for first, second, views in made:
        heads = {
            region: attrs.evolve(head, clouds=attrs.evolve(head.clouds, spread=spread))
            for region, head in first.heads.items()
        }
        wide = rows_of(attrs.evolve(first, heads=heads), views)
        for one, other in zip(wide, rows_of(second, views), strict=True):
            inside.append(within(other.similarity, one.interval))
            inside += [
                within(other.by_slot[region], interval)
                for region, interval in one.intervals.items()
                if region in other.by_slot
            ]
    return float(np.mean(inside))


def fit_spread(
    calibration: Calibration, outfits: Mapping[str, Sequence[PictureView]], rng: np.random.Generator
) -> tuple[float, float]:
    """The factor that gives the coverage wanted on training photographs, and the coverage."""
    made = [
        pair
        for shots in (3, 5, 10)
        for pair in pairs(calibration, outfits, shots, 8, rng)
    ]  # fmt: skip
    seen = [coverage(made, spread) for spread in SPREADS]
    if seen[-1] < WANTED_COVERAGE:
        return SPREADS[-1], seen[-1]
    spread = float(np.interp(WANTED_COVERAGE, np.maximum.accumulate(seen), SPREADS))
    return round(spread, 3), coverage(made, spread)
