"""The gaps of a closet: what to keep, what to let go, and what is missing."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from stylesim._assembling import Rack, assembled
from stylesim._candidates import ASSEMBLED, Candidate, candidates_of, near_twins
from stylesim._checks import check_between
from stylesim._gap_values import ClosetGaps, GarmentGap, SlotGap
from stylesim._gap_words import slot_words, verdict_of
from stylesim._tallying import Tally, tally
from stylesim.errors import expected
from stylesim.similarity import SimilarityReport
from stylesim.types import REGIONS_OF, Slot
from stylesim.wardrobe import Wardrobe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylesim._gap_values import Status
    from stylesim.similarity import ItemSimilarity
    from stylesim.wardrobe import Garment

__all__ = ["ClosetGaps", "GarmentGap", "SlotGap", "find_gaps"]

_BODY = ("upper", "lower")


def find_gaps(
    report: SimilarityReport,
    wardrobe: Wardrobe | None = None,
    *,
    good: float = 0.5,
    unlike: float | None = None,
    twin: float = 0.99,
) -> ClosetGaps:
    """Judge each garment of a closet, and tell what it lacks.

    The verdict is the first of these that holds:

    1. maybe: the row is not one garment of known slot.
    2. maybe: it was not compared, as the style shows too little of its slot.
    3. keep: its similarity is good. Of garments that look the same, only the nearest: maybe for
       the others.
    4. maybe: its similarity may be good, for its interval reaches that far.
    5. maybe: nothing nearer is owned on its region, where that has a weight, or, of tops and
       bottoms, in its slot.
    6. maybe: it takes part in good outfits, and is not unlike the style by itself.
    7. let go.

    Args:
        report: What a scorer said of the closet.
        wardrobe: The closet, for quantities, duplicates, and the attributes ``price``,
            ``currency`` and ``wears``; None leaves these out.
        good: Similarity, 0 to 1, from which a garment or an outfit is good.
        unlike: Similarity, 0 to 1, below which a garment is let go even if what it is worn with
            makes outfits good; None takes half of ``good``.
        twin: Cosine, -1 to 1, of two embeddings from which garments of one slot look the same.

    Returns:
        The gaps, least similar first and what was not compared last; the same for the same report
        and closet, whatever their order.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind or out of range, or two rows have
            one id. A price or wears
            that are no number are left out, and ``why`` says so.

    Examples:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> rows = [
        ...     ItemSimilarity(
        ...         id=name,
        ...         similarity=p,
        ...         by_class={"mine": p, "suit": 1 - p},
        ...         by_slot={region: p},
        ...         slot=slot,
        ...     )
        ...     for name, slot, region, p in [
        ...         ("blouse", Slot.TOP, "upper", 0.9),
        ...         ("tee", Slot.TOP, "upper", 0.1),
        ...     ]
        ... ]
        >>> gaps = find_gaps(SimilarityReport(("mine", "suit"), rows))
        >>> [(one.id, one.verdict, one.versatility) for one in gaps]
        [('tee', 'let go', 0), ('blouse', 'keep', 0)]
        >>> [(one.slot.value, one.unlocks) for one in gaps.missing]
        [('bottom', 2)]
    """
    said: object = report
    if not isinstance(said, SimilarityReport):
        raise expected("report", "a SimilarityReport", said, "pass scorer.score(wardrobe)")
    owned: object = wardrobe
    if owned is not None and not isinstance(owned, Wardrobe):
        raise expected("wardrobe", "a Wardrobe, or None", owned, "pass the closet that was scored")
    twice = [name for name, count in Counter(row.id for row in report).items() if count > 1]
    if twice:
        todo = "score each garment once, and those of two closets under names: {name: garment}"
        raise expected("report", "each id once", f"{twice[0]!r} several times", todo)
    check_between("good", good, 0, 1, "pass good=0.5")
    check_between("twin", twin, -1, 1, "pass twin=0.99")
    if unlike is None:
        unlike = good / 2
    check_between("unlike", unlike, 0, 1, "leave unlike out")
    closet = _Closet.of(report, wardrobe, good, twin)
    order = sorted(
        enumerate(report), key=lambda at: (not at[1].compared, at[1].similarity, at[1].id, at[0])
    )
    return ClosetGaps(
        wanted=report.classes[0],
        good=float(good),
        garments=tuple(closet.garment(row, unlike) for _, row in order),
        slots=tuple(closet.slots()),
        good_outfits=closet.counted.total,
    )


@attrs.frozen(eq=False)
class _Closet:
    """A closet and all that is asked of it more than once."""

    report: SimilarityReport
    owned: Mapping[str, Garment]
    candidates: Mapping[str, Candidate]
    rack: Rack
    counted: Tally
    twins: Mapping[str, set[str]]
    nearest: frozenset[str]
    good: float

    @classmethod
    def of(
        cls, report: SimilarityReport, wardrobe: Wardrobe | None, good: float, twin: float
    ) -> _Closet:
        candidates = {one.id: one for one in candidates_of(report, wardrobe)}
        rack = Rack.of(list(candidates.values()), report.weights)
        twins = near_twins(list(candidates.values()), twin)
        for group in [] if wardrobe is None else wardrobe.duplicates():
            ids = {one.id for one in group if one.id in candidates}
            for name in ids:
                same = {other for other in ids if candidates[other].slot is candidates[name].slot}
                twins[name] = twins[name] | same
        owned = {} if wardrobe is None else {one.id: one for one in wardrobe}
        counted, nearest = tally(rack, good), _nearest(report)
        return cls(report, owned, candidates, rack, counted, twins, nearest, good)

    def garment(self, row: ItemSimilarity, unlike: float) -> GarmentGap:
        """Judge one garment."""
        one = self.candidates.get(row.id)
        twins = sorted((self.twins[row.id] if one else set()) - {row.id}, key=self._rank)
        counts = one is not None and one.slot in ASSEMBLED and self.rack.counts(one)
        versatility = self.counted.by_id[row.id] if counts else None
        best = next(assembled(self.rack.only(one), 1), None) if one and counts else None
        owned = self.owned.get(row.id)
        told = {} if owned is None else owned.attributes
        (price, no_price), (wears, no_wears) = _amount("price", told), _amount("wears", told)
        currency = told.get("currency")
        verdict, why = verdict_of(
            row,
            good=self.good,
            unlike=unlike,
            versatility=versatility,
            nearer_twin=next(
                (name for name in twins if self._rank(name) < self._rank(row.id)), None
            ),
            nearest=row.id in self.nearest,
        )
        return GarmentGap(
            row=row,
            verdict=verdict,
            why=why + no_price + no_wears,
            versatility=versatility,
            best_outfit=best,
            twins=tuple(twins),
            quantity=1 if owned is None else owned.quantity,
            price=price,
            wears=wears,
            currency=None if currency is None else str(currency),
        )

    def _rank(self, name: str) -> tuple[float, str]:
        return -self.candidates[name].similarity, name

    def slots(self) -> list[SlotGap]:
        """How near each slot comes: those that are owned, that weigh, or that outfits are of."""
        standing: dict[Slot, list[tuple[float, str] | None]] = {slot: [] for slot in Slot}
        for row in self.report:
            for slot, value in _standing(row).items():
                standing[slot].append((-value, row.id) if row.compared else None)
        return [
            self._slot(slot, some)
            for slot, some in standing.items()
            if some or any(self.report.weights.get(region, 0.0) > 0 for region in REGIONS_OF[slot])
        ]

    def _slot(self, slot: Slot, standing: Sequence[tuple[float, str] | None]) -> SlotGap:
        nearest = min((one for one in standing if one is not None), default=None)
        best, name = (None, None) if nearest is None else (-nearest[0], nearest[1])
        status: Status = "missing" if self._needed(slot) else "optional"
        if standing and best is None:
            status = "unknown"
        if best is not None:
            status = "covered" if best >= self.good else "gap"
        found = SlotGap(slot, status, len(standing), best, name, self._unlocks(slot))
        return attrs.evolve(found, words=slot_words(found, self.good))

    def _needed(self, slot: Slot) -> bool:
        if slot in (Slot.TOP, Slot.BOTTOM):
            other = Slot.BOTTOM if slot is Slot.TOP else Slot.TOP
            return bool(self.rack.groups[other]) or not self.rack.groups[Slot.FULL]
        if slot in (Slot.FULL, Slot.OUTER):
            return False
        return any(self.report.weights.get(region, 0.0) > 0 for region in REGIONS_OF[slot])

    def _unlocks(self, slot: Slot) -> int | None:
        if slot not in ASSEMBLED:
            return None
        known = self.report.regions if {*_BODY} & {*self.report.regions} else REGIONS_OF[slot]
        regions = {region: 1.0 for region in REGIONS_OF[slot] if region in known}
        wish = Candidate("wish", slot, 1.0, regions)  # alone in its slot: any id will do
        if not self.rack.counts(wish):
            return None
        return tally(self.rack.only(wish), self.good).total


def _nearest(report: SimilarityReport) -> frozenset[str]:
    """Garments that would leave a hole: the best of a region that counts, top, or bottom."""
    summary = report.by_slot()
    regions = {
        name: one.best_id for name, one in summary.items() if report.weights.get(name, 0) > 0
    }
    found = {name for name in regions.values() if name is not None}
    for slot in (Slot.TOP, Slot.BOTTOM):
        rows = [row for row in report if row.slot is slot and row.compared]
        found |= {row.id for row in sorted(rows, key=lambda row: (-row.similarity, row.id))[:1]}
    return frozenset(found)


def _standing(row: ItemSimilarity) -> dict[Slot, float]:
    """Similarity by slot: of one garment, or of those found in a photograph of several."""
    if row.slot is not None:
        return {row.slot: row.similarity}
    found: dict[Slot, float] = {}
    for slot in (one.slot for one in row.found if one.slot is not None):
        values = [row.by_slot[region] for region in REGIONS_OF[slot] if region in row.by_slot]
        found[slot] = sum(values) / len(values) if values else row.similarity
    return found


def _amount(attribute: str, attributes: Mapping[str, Any]) -> tuple[float | None, str]:
    """A number that the wardrobe keeps, and what is to be said where it is none."""
    value: Any = attributes.get(attribute)
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if value is not None and not 0 <= number < math.inf:
        return None, f"; its {attribute}, {value!r}, is no number of at least 0"
    return (None if value is None else number), ""
