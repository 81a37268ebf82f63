"""What buying a product would bring: how far the best outfit rises, and how many become good."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from stylesim.outfits import Candidate, best_outfits, candidates_of, count_good
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stylesim.similarity import ItemSimilarity, SimilarityReport
    from stylesim.wardrobe import Wardrobe

_WHOLE = "whole"
_ASSEMBLED = frozenset({Slot.TOP, Slot.OUTER, Slot.FULL, Slot.BOTTOM, Slot.SHOES})
_WORN = {"upper": Slot.TOP, "lower": Slot.BOTTOM, "shoes": Slot.SHOES}
_GAINS = 0.005  # what would show as 0.00 is none
_EXAMPLES = 3


@attrs.frozen
class Unlocked:
    """Good outfits that a product makes possible.

    Attributes:
        count: How many.
        examples: The ids of the owned garments in the best of them.
        with_what: What those of the very best are.
    """

    count: int = 0
    examples: tuple[tuple[str, ...], ...] = ()
    with_what: tuple[str, ...] = ()


@attrs.define(eq=False, slots=False)
class Closet:
    """What is owned, as far as buying more depends on it.

    Where the closet has no top or no bottom yet, the best outfit is the best half of one, and
    the other half counts as 0: so the first skirt gains as much as it is worth.

    Attributes:
        wanted: Name of the wanted class.
        weights: Weight by region of the body.
        regions: Regions that the model can compare.
        best: Highest similarity by region; regions where nothing is owned are left out.
        garments: What outfits can be made of.
        good: Similarity from which an outfit is good, 0 to 1.
    """

    wanted: str
    weights: Mapping[str, float]
    regions: tuple[str, ...]
    best: Mapping[str, float]
    garments: Sequence[Candidate]
    good: float = 0.5

    @classmethod
    def of(cls, report: SimilarityReport, wardrobe: Wardrobe | None, good: float) -> Closet:
        """Read a report, and the quantities of the wardrobe behind it."""
        summaries = report.by_slot().items()
        best = {region: one.best for region, one in summaries if one.best is not None}
        garments = {one.id: one for one in candidates_of(report, wardrobe)}
        for row in report:
            if row.slot is None:
                garments |= {one.id: one for one in _parts(row)}
        wanted, weights, regions = report.classes[0], report.weights, report.regions
        return cls(wanted, weights, regions, best, list(garments.values()), good)

    def gaps(self) -> list[str]:
        """Regions that count, the widest gap first."""
        counted = [region for region, weight in self.weights.items() if weight > 0]
        return sorted(counted, key=lambda region: self.best.get(region, -1.0))

    def gain(self, row: ItemSimilarity) -> float:
        """How far a product raises the best outfit, 0 to 1.

        What no outfit is assembled of, such as a bag, or what has no weight in one, gains by how
        far it raises the best in its own region of the body.
        """
        product = self._candidate(row)
        if product is None or not self.weighs(row):
            gain = self._raised(row.standing)
        else:
            gain = self._value([*self._leaders, product]) - self.value
        return gain if gain >= _GAINS else 0.0

    def weighs(self, row: ItemSimilarity) -> bool:
        """Whether it is a part of outfits that counts in them."""
        product = self._candidate(row)
        if product is None or product.slot not in _ASSEMBLED:
            return False
        return any(self.weights.get(region, 0.0) > 0 for region in product.by_region)

    def unlocked(self, row: ItemSimilarity) -> Unlocked:
        """Count the good outfits that a product makes possible, and name the best."""
        product = self._candidate(row)
        if product is None or product.slot not in _ASSEMBLED:
            return Unlocked()
        more = [*self.garments, product]
        count = count_good(more, threshold=self.good, slot_weights=self.weights) - self.count
        if count < 1:
            return Unlocked()
        outfits = best_outfits(
            self._around(product), k=_EXAMPLES, slot_weights=self.weights, max_repeats=None,
            with_outer=True if product.slot is Slot.OUTER else None,
            with_shoes=True if product.slot is Slot.SHOES else None,
        )  # fmt: skip
        good = [outfit for outfit in outfits if outfit.similarity >= self.good]
        owned = [[one for one in outfit.garments if one is not product] for outfit in good]
        first = owned[0] if owned else []
        return Unlocked(
            count,
            tuple(tuple(one.id for one in some) for some in owned),
            tuple(one.category or one.slot.value for one in first),
        )

    @cached_property
    def value(self) -> float:
        """Similarity of the best outfit, 0 to 1."""
        return self._value(self._leaders)

    @cached_property
    def count(self) -> int:
        """How many good outfits there are."""
        return count_good(self.garments, threshold=self.good, slot_weights=self.weights)

    @cached_property
    def _leaders(self) -> list[Candidate]:
        """Garments that the best outfit can have, with or without one more."""
        return [*_leaders(self.garments), self._nothing(Slot.TOP), self._nothing(Slot.BOTTOM)]

    def _nothing(self, slot: Slot) -> Candidate:
        told = _WHOLE in self.regions
        regions = {one: 0.0 for one in REGIONS_OF[slot] if told or one in self.regions}
        return Candidate(self._free(f"no {slot.value}"), slot, 0.0, regions)

    def _value(self, garments: Iterable[Candidate]) -> float:
        outfits = best_outfits(garments, k=1, slot_weights=self.weights, max_repeats=None)
        return outfits[0].similarity if outfits else 0.0

    def _candidate(self, row: ItemSimilarity) -> Candidate | None:
        return Candidate.of(attrs.evolve(row, id=self._free(f"product {row.id}")), self.regions)

    def _around(self, product: Candidate) -> list[Candidate]:
        """The product, and what can be worn with it."""
        away = {product.slot}
        if product.slot is Slot.FULL:
            away.add(Slot.TOP)
        elif product.slot in (Slot.TOP, Slot.BOTTOM):
            away.add(Slot.FULL)
        return [product, *(one for one in self.garments if one.slot not in away)]

    def _raised(self, standing: Mapping[str, float]) -> float:
        shares = {r: self.weights[r] for r in standing if self.weights.get(r, 0.0) > 0}
        total = sum(self.weights.values())
        if not shares:  # it can count only by itself
            shares, total = dict.fromkeys(standing, 1.0), float(len(standing))
        raised = (
            share * max(0.0, standing[region] - self.best.get(region, 0.0))
            for region, share in shares.items()
        )
        return sum(raised) / total

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(one.id for one in self.garments)

    def _free(self, name: str) -> str:
        """A name that no garment has."""
        while name in self._ids:
            name += "'"
        return name


def _parts(row: ItemSimilarity) -> list[Candidate]:
    """What a picture of a whole outfit shows: as good as owned piece by piece."""
    return [
        Candidate(f"{row.id} ({region})", slot, row.by_slot[region])
        for region, slot in _WORN.items()
        if region in row.by_slot
    ]


def _leaders(garments: Sequence[Candidate]) -> list[Candidate]:
    """The best garment of each slot; of those in one piece, all that none betters everywhere.

    An outfit rises with each garment in it, so that no other can be in the best one.
    """
    kept: dict[object, Candidate] = {}
    pieces: list[Candidate] = []
    for one in sorted(garments, key=lambda one: (-sum(one.by_region.values()), one.id)):
        if one.slot is not Slot.FULL:
            kept.setdefault((one.slot, tuple(sorted(one.by_region))), one)
        elif not any(_betters(other, one) for other in pieces):
            pieces.append(one)
    return [*kept.values(), *pieces]


def _betters(one: Candidate, other: Candidate) -> bool:
    if set(one.by_region) != set(other.by_region):
        return False
    return all(one.by_region[region] >= value for region, value in other.by_region.items())
