"""What a product would gain, which products are picked, and the reason in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from stylesim._owned import alike
from stylesim._picks import Recommendation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylesim._shelf import Offer
    from stylesim.similarity import ItemSimilarity, SimilarityReport

_BODY = {"upper": "the upper body", "lower": "the lower body", "shoes": "the feet",
         "headwear": "the head", "bag": "a bag", "accessory": "accessories"}  # fmt: skip
_GAINS = 0.005  # what would show as 0.00 is none


@attrs.frozen(eq=False)
class Closet:
    """The best that is owned in each region of the body.

    Attributes:
        wanted: Name of the wanted class.
        weights: Weight by region.
        regions: Regions that the model can compare.
        best: Highest similarity by region; regions where nothing is owned are left out.
    """

    wanted: str
    weights: Mapping[str, float]
    regions: tuple[str, ...]
    best: Mapping[str, float]

    @classmethod
    def of(cls, report: SimilarityReport) -> Closet:
        """Read a report."""
        summaries = report.by_slot().items()
        best = {region: one.best for region, one in summaries if one.best is not None}
        return cls(report.classes[0], report.weights, report.regions, best)

    def gaps(self) -> list[str]:
        """Regions that count, the widest gap first."""
        counted = [region for region, weight in self.weights.items() if weight > 0]
        return sorted(counted, key=lambda region: self.best.get(region, -1.0))

    def gain(self, standing: Mapping[str, float]) -> float:
        """How far a product raises the weighted mean of the best similarities, 0 to 1."""
        shares = {r: self.weights[r] for r in standing if self.weights.get(r, 0.0) > 0}
        total = sum(self.weights.values())
        if not shares:  # it can count only by itself
            shares, total = dict.fromkeys(standing, 1.0), float(len(standing))
        raised = (
            share * max(0.0, standing[region] - self.best.get(region, 0.0))
            for region, share in shares.items()
        )
        gain = sum(raised) / total
        return gain if gain >= _GAINS else 0.0


@attrs.frozen(eq=False)
class Candidate:
    """A product that could be picked."""

    offer: Offer
    row: ItemSimilarity
    gain: float

    @classmethod
    def of(cls, offer: Offer, row: ItemSimilarity, closet: Closet) -> Candidate:
        """Judge a product."""
        row = attrs.evolve(row, slot=offer.slot, category=offer.product.category)
        return cls(offer, row, closet.gain(row.standing))

    @property
    def worth_it(self) -> bool:
        """Whether it gains something, or is at least of the wanted class."""
        return self.gain > 0 or self.row.similarity >= max(self.row.by_class.values())

    def rank(self, rank_by: str) -> tuple[object, ...]:
        """Sort key, the best first, never a tie between two products."""
        product = self.offer.product
        price = float("inf") if product.price is None else product.price
        # Rounded, so that the noise of single precision decides nothing.
        gain, similarity = -round(self.gain, 5), -round(self.row.similarity, 5)
        first = {
            "gain": (gain, similarity, price),
            "similarity": (similarity, gain, price),
            "price": (self.gain <= 0, price, gain, similarity),
        }[rank_by]
        return (*first, product.id, product.source or "", product.url)

    def recommendation(self, closet: Closet) -> Recommendation:
        """The pick, with its reason."""
        return Recommendation(
            product=self.offer.product,
            slot=self.offer.slot,
            similarity=self.row.similarity,
            gain=self.gain,
            reason=_reason(self, closet),
            by_class=dict(self.row.by_class),
        )


def chosen(
    candidates: Sequence[Candidate], k: int, rank_by: str, twin: float
) -> tuple[list[Candidate], list[tuple[Candidate, str]]]:
    """Pick k products, spread over the regions that gain, without near twins.

    Returns:
        The picks by rank, and the twins passed over, each with the title of the pick.
    """
    shelves: dict[tuple[str, ...], list[Candidate]] = {}
    for one in sorted(candidates, key=lambda one: one.rank(rank_by), reverse=True):
        if one.worth_it:
            shelves.setdefault(tuple(sorted(one.row.standing)), []).append(one)
    taken: dict[str, int] = {}
    picks: list[Candidate] = []
    twins: list[tuple[Candidate, str]] = []

    def turn(regions: tuple[str, ...]) -> tuple[object, ...]:
        head = shelves[regions][-1]
        before = max(taken.get(region, 0) for region in regions)
        return (head.gain <= 0, before, head.rank(rank_by))

    while len(picks) < k and shelves:
        regions = min(shelves, key=turn)
        one = shelves[regions].pop()
        if not shelves[regions]:
            del shelves[regions]
        other = next((pick for pick in picks if _twins(one, pick, twin)), None)
        if other is not None:
            twins.append((one, other.offer.product.title))
            continue
        picks.append(one)
        for region in regions:
            taken[region] = taken.get(region, 0) + 1
    return sorted(picks, key=lambda one: one.rank(rank_by)), twins


def _twins(one: Candidate, other: Candidate, threshold: float) -> bool:
    if one.offer.product.url == other.offer.product.url:
        return True
    return alike(one.offer.view, other.offer.view) >= threshold


def _reason(one: Candidate, closet: Closet) -> str:
    similarity = f"{one.row.similarity:.2f} similar to {closet.wanted}"
    missing, raised, kept = [], [], []
    for region, value in one.row.standing.items():
        where, best = _BODY.get(region, "your closet"), closet.best.get(region)
        if best is None:
            missing.append(where)
        elif value > best and one.gain > 0:
            raised.append(f"your best for {where} from {best:.2f} to {value:.2f}")
        else:
            kept.append(f"{where} ({best:.2f})")
    parts = []
    if missing:
        # Pictures in which no garment was found may show anything.
        known = "nothing you own is known to be" if "whole" in closet.best else "you own nothing"
        parts.append(f"{known} for {' and '.join(missing)}, and it is {similarity}")
    if raised:
        parts.append(f"it raises {' and '.join(raised)}")
    if not parts:
        parts.append(
            f"it is {similarity}, though no better than your best for {' and '.join(kept)}"
        )
    nearest = max(one.row.by_class, key=lambda name: one.row.by_class[name])
    if one.row.by_class[nearest] > one.row.similarity:
        parts.append(f"it is still nearer to {nearest} ({one.row.by_class[nearest]:.2f})")
    sentence = "; ".join(parts)
    return sentence[0].upper() + sentence[1:] + "."
