"""The search for the best outfits: best first, over lists sorted by similarity."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from stylesim import _html
from stylesim._candidates import ASSEMBLED, Candidate, blend, near_twins, overall
from stylesim._outfit import Outfit
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stylesim.wardrobe import Wardrobe

_EXTRAS = (Slot.OUTER, Slot.SHOES)


@attrs.frozen
class AssembledOutfit:
    """An outfit put together from garments, with its similarity.

    Attributes:
        ids: Ids of the garments.
        garments: The garments, from top to shoes.
        similarity: Probability of the wanted class, 0 to 1: the weighted mean of the regions,
            the same that ``SimilarityScorer.score`` gives the outfit.
        by_region: Similarity of each region of the body, 0 to 1.

    Examples:
        >>> from stylesim.outfits import Candidate, best_outfits
        >>> best_outfits([Candidate("blouse", "top", 0.9), Candidate("skirt", "bottom", 0.7)])[0]
        AssembledOutfit(blouse + skirt, similarity 0.80)
    """

    ids: tuple[str, ...]
    garments: tuple[Candidate, ...]
    similarity: float
    by_region: Mapping[str, float] = attrs.field(hash=False)

    @property
    def name(self) -> str:
        """The ids, joined."""
        return " + ".join(self.ids)

    def as_outfit(self, wardrobe: Wardrobe, *, name: str | None = None) -> Outfit:
        """The outfit as a value that can be scored and shown.

        Args:
            wardrobe: The closet that the garments are in.
            name: What to call it; None joins the ids.

        Raises:
            NotFoundError: A garment is not in the wardrobe.
        """
        worn = {one.slot: wardrobe[one.id] for one in self.garments}
        return Outfit(worn, name=self.name if name is None else name)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "ids": list(self.ids),
            "similarity": self.similarity,
            "by_region": dict(self.by_region),
            "garments": [
                {
                    "id": one.id,
                    "slot": one.slot.value,
                    "category": one.category,
                    "similarity": one.similarity,
                }
                for one in self.garments
            ],
        }

    def __repr__(self) -> str:
        return f"AssembledOutfit({self.name}, similarity {self.similarity:.2f})"

    def __str__(self) -> str:
        parts = " + ".join(f"{one.category or one.slot.value} {one.id}" for one in self.garments)
        return f"{self.similarity:.2f}  {parts}"

    def _repr_html_(self) -> str:
        head = ["outfit", *(one.slot.value for one in self.garments)]
        cells = [
            _html.thumbnail(one.shown.picture() if one.shown else None)
            + f"<br>{_html.text(one.category or one.id)} {one.similarity:.2f}"
            for one in self.garments
        ]
        return _html.table(head, [[f"{self.similarity:.2f}", *cells]])


@attrs.frozen(eq=False)
class Rack:
    """Garments sorted for the search.

    Attributes:
        groups: For each slot, lists of garments that show the same regions, best first.
        weights: Weight by region.
        with_outer: Whether outfits have outerwear: None where it raises them.
        with_shoes: The same of shoes.
    """

    groups: Mapping[Slot, list[list[Candidate]]]
    weights: Mapping[str, float]
    with_outer: bool | None = None
    with_shoes: bool | None = None

    @classmethod
    def of(
        cls,
        candidates: Sequence[Candidate],
        weights: Mapping[str, float],
        with_outer: bool | None = None,
        with_shoes: bool | None = None,
    ) -> Rack:
        """Sort garments; those of slots that outfits are not assembled of are left out."""
        groups: dict[Slot, dict[tuple[str, ...], list[Candidate]]] = {s: {} for s in ASSEMBLED}
        for one in sorted(candidates, key=lambda one: (-_worth(one, weights), one.id)):
            if one.slot in groups:
                groups[one.slot].setdefault(tuple(sorted(one.by_region)), []).append(one)
        lists = {slot: list(by_keys.values()) for slot, by_keys in groups.items()}
        return cls(lists, weights, with_outer, with_shoes)

    @property
    def garments(self) -> list[Candidate]:
        """All garments, by slot."""
        return [one for groups in self.groups.values() for some in groups for one in some]

    def counts(self, garment: Candidate) -> bool:
        """Whether a garment covers a region that has a weight."""
        return any(self.weights.get(region, 0.0) > 0 for region in garment.by_region)

    def wish(self, slot: Slot) -> bool | None:
        """Whether outfits have something on a slot that is not part of the base."""
        return self.with_outer if slot is Slot.OUTER else self.with_shoes

    def only(self, garment: Candidate) -> Rack:
        """The rack of all outfits that a garment is part of."""
        groups = {**self.groups, garment.slot: [[garment]]}
        if garment.slot in (Slot.TOP, Slot.BOTTOM):
            groups[Slot.FULL] = []
        elif garment.slot is Slot.FULL:
            groups[Slot.TOP] = []
        outer = True if garment.slot is Slot.OUTER else self.with_outer
        shoes = True if garment.slot is Slot.SHOES else self.with_shoes
        return attrs.evolve(self, groups=groups, with_outer=outer, with_shoes=shoes)

    def grids(self) -> list[tuple[list[Candidate], ...]]:
        """The lists that bases are chosen from, one garment of each."""
        pairs = [(a, b) for a in self.groups[Slot.TOP] for b in self.groups[Slot.BOTTOM]]
        # A full garment covers two regions, so that no order of them holds for every outfit.
        return [*pairs, *(([one],) for some in self.groups[Slot.FULL] for one in some)]

    def value(self, garments: Sequence[Candidate]) -> float:
        """Similarity of garments worn together; -1 where none of them is compared."""
        regions = blend({one.slot: one.by_region for one in garments})
        return overall(regions, self.weights) if regions else -1.0

    def dressed(
        self, base: tuple[Candidate, ...], limits: Limits
    ) -> tuple[float, tuple[Candidate, ...]]:
        """The best outfit over a base: with outerwear and shoes where they raise it."""
        outfits: list[tuple[Candidate, ...]] = [base]
        for slot in _EXTRAS:
            wish, tried = self.wish(slot), []
            if wish is not False:
                heads = (limits.first(group) for group in self.groups[slot])
                tried = [(*worn, one) for one in heads if one is not None for worn in outfits]
            outfits = tried if wish and tried else outfits + tried
        # The first of equals has the fewest garments; the noise of a mean raises nothing.
        best = max(outfits, key=lambda worn: round(self.value(worn), 9))
        return self.value(best), best


@attrs.define(eq=False)
class Limits:
    """How often each garment may still appear."""

    _left: Counter[str] = attrs.field(factory=Counter)
    _endless: bool = True

    @classmethod
    def of(cls, rack: Rack, k: int, max_repeats: int | None) -> Limits:
        """Limits for k outfits; what every outfit has to have never runs out."""
        if max_repeats is None:
            return cls()
        left: Counter[str] = Counter()
        for slot, groups in rack.groups.items():
            garments = [one for group in groups for one in group]
            repeats = max_repeats
            if slot in _EXTRAS and rack.wish(slot) and garments:
                owned = sum(one.quantity for one in garments)
                repeats = max(repeats, math.ceil(k / owned))
            left.update({one.id: one.quantity * repeats for one in garments})
        return cls(left, False)

    def allows(self, one: Candidate) -> bool:
        """Whether a garment may appear once more."""
        return self._endless or self._left[one.id] > 0

    def first(self, group: Sequence[Candidate]) -> Candidate | None:
        """The first garment of a list that may appear once more."""
        return next((one for one in group if self.allows(one)), None)

    def wear(self, garments: Sequence[Candidate]) -> None:
        """Count garments as used once more."""
        self._left.subtract([one.id for one in garments])


def assembled(
    rack: Rack, k: int, max_repeats: int | None = None, twin: float | None = None
) -> Iterator[AssembledOutfit]:
    """Yield at most k outfits, each the best that the rules allow after those before it.

    Within a grid of tops and bottoms, both sorted, an outfit is never better than the one with
    the top or the bottom before: the mean, and its maximum over what can be worn with it, rise
    with each garment. So the best not yet seen always stands on the frontier of those seen, which
    a heap holds. As outerwear and shoes run out, values only fall; a value that has fallen goes
    back into the heap.
    """
    limits = Limits.of(rack, k, max_repeats)
    alike = {} if twin is None else near_twins(rack.garments, twin)
    grids = rack.grids()
    heap: list[tuple[float, tuple[str, ...], int, tuple[int, ...]]] = []
    taken: list[tuple[Candidate, ...]] = []

    def push(number: int, place: tuple[int, ...]) -> None:
        grid = grids[number]
        if all(at < len(some) for at, some in zip(place, grid, strict=True)):
            base = tuple(some[at] for at, some in zip(place, grid, strict=True))
            value, _ = rack.dressed(base, limits)
            heapq.heappush(heap, (-value, tuple(one.id for one in base), number, place))

    for number, grid in enumerate(grids):
        push(number, (0,) * len(grid))
    while heap and len(taken) < k:
        bound, _, number, place = heapq.heappop(heap)
        base = tuple(some[at] for at, some in zip(place, grids[number], strict=True))
        value, garments = rack.dressed(base, limits)
        if value < -bound:
            push(number, place)
            continue
        if len(place) > 1:
            if place[1] == 0:
                push(number, (place[0] + 1, 0))
            if limits.allows(base[0]):  # else no outfit with this top is left
                push(number, (place[0], place[1] + 1))
        fresh = all(limits.allows(one) for one in base)
        if value < 0 or not fresh or any(_same(base, one, alike) for one in taken):
            continue
        taken.append(base)
        limits.wear(garments)
        ordered = tuple(sorted(garments, key=lambda one: ASSEMBLED.index(one.slot)))
        regions = blend({one.slot: one.by_region for one in garments})
        yield AssembledOutfit(tuple(one.id for one in ordered), ordered, value, regions)


def _same(
    base: Sequence[Candidate], other: Sequence[Candidate], alike: Mapping[str, set[str]]
) -> bool:
    return len(base) == len(other) and all(
        one.id == another.id or another.id in alike.get(one.id, ())
        for one, another in zip(base, other, strict=True)
    )


def _worth(one: Candidate, weights: Mapping[str, float]) -> float:
    return overall(one.by_region, weights) if one.by_region else 0.0
