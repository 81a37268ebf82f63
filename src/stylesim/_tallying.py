"""How many good outfits there are, and how many of them each garment is part of."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._candidates import blend, overall
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from stylesim._assembling import Rack
    from stylesim._candidates import Candidate

    Ints = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Tally:
    """Good outfits, counted.

    Attributes:
        total: How many there are.
        by_id: How many of them each garment is part of; 0 for those of none.
    """

    total: int
    by_id: Mapping[str, int]


def tally(rack: Rack, threshold: float) -> Tally:
    """Count the outfits of at least a similarity, without going through them.

    Every base counts by itself and with each outerwear and each pair of shoes, so far as the rack
    has them take part. For each top, outerwear and shoes the good bottoms are the first of a
    sorted list, and bisection tells how many: O(tops x outer x shoes x log bottoms) steps, and
    memory for tops x outer.
    """
    counts = Counter(dict.fromkeys((one.id for one in rack.garments), 0))
    total = 0
    for base in _bases(rack):
        for outer in _options(rack, Slot.OUTER):
            for shoes in _options(rack, Slot.SHOES):
                for pair in [[one] for one in shoes] if shoes else [[]]:
                    total += _block(counts, rack.weights, *base, outer, pair, threshold)
    return Tally(total, dict(counts))


def _bases(rack: Rack) -> list[tuple[list[Candidate], list[Candidate]]]:
    """Lists of tops with bottoms; of full garments with nothing."""
    pairs = [(a, b) for a in rack.groups[Slot.TOP] for b in rack.groups[Slot.BOTTOM]]
    return [*pairs, *((some, []) for some in rack.groups[Slot.FULL])]


def _options(rack: Rack, slot: Slot) -> list[list[Candidate]]:
    """Lists of what goes over a base, an empty one for nothing; unasked, only what counts."""
    wish, groups = rack.wish(slot), rack.groups[slot]
    if wish is None:
        groups = [some for some in groups if rack.counts(some[0])]
    if wish is False or not groups:
        return [[]]
    return groups if wish else [[], *groups]


def _block(
    counts: Counter[str],
    weights: Mapping[str, float],
    first: Sequence[Candidate],
    bottoms: Sequence[Candidate],
    outer: Sequence[Candidate],
    shoes: Sequence[Candidate],
    threshold: float,
) -> int:
    """Count the good outfits of lists, each of garments of one slot and of the same regions."""
    lower = _column(bottoms)
    worn = {first[0].slot: {name: row[:, None] for name, row in _column(first).items()}}
    for some in (outer, shoes):
        if some:
            worn[some[0].slot] = {name: row[None] for name, row in _column(some).items()}
    shape = (len(first), max(len(outer), 1))

    def good(places: Ints) -> npt.NDArray[np.bool_]:
        chosen = {Slot.BOTTOM: {name: row[places] for name, row in lower.items()}}
        regions = blend({**worn, **(chosen if bottoms else {})})
        if not regions:
            return np.zeros(shape, dtype=bool)
        return np.broadcast_to(overall(regions, weights) >= threshold, shape)

    if bottoms:
        cells = _prefixes(good, len(bottoms), shape)
        # A bottom at place i is good in the cells that have more than i good ones.
        hist = np.bincount(cells.ravel(), minlength=len(bottoms) + 1)
        _add(counts, bottoms, np.cumsum(hist[::-1])[::-1][1:])
    else:
        cells = good(np.zeros(shape, dtype=np.int64)).astype(np.int64)
    total = int(cells.sum())
    _add(counts, first, cells.sum(axis=1))
    if outer:
        _add(counts, outer, cells.sum(axis=0))
    _add(counts, shoes, np.array([total]))
    return total


def _prefixes(good: Any, count: int, shape: tuple[int, int]) -> Ints:
    """For each cell, how many of a list sorted best first are good, by bisection."""
    low, high = np.zeros(shape, dtype=np.int64), np.full(shape, count, dtype=np.int64)
    while (low < high).any():
        middle = (low + high) // 2
        open_, yes = low < high, good(np.minimum(middle, count - 1))
        low = np.where(open_ & yes, middle + 1, low)
        high = np.where(open_ & ~yes, middle, high)
    return low


def _add(counts: Counter[str], garments: Sequence[Candidate], numbers: Ints) -> None:
    for one, number in zip(garments, numbers.tolist(), strict=False):
        counts[one.id] += number


def _column(garments: Sequence[Candidate]) -> dict[str, npt.NDArray[np.float64]]:
    if not garments:
        return {}
    names = garments[0].by_region
    return {name: np.array([one.by_region[name] for one in garments], float) for name in names}
