"""What gaps are told in: a value for each garment, each slot, and the closet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import attrs

from stylesim import _html
from stylesim._tables import aligned

if TYPE_CHECKING:
    from stylesim._assembling import AssembledOutfit
    from stylesim.similarity import ItemSimilarity
    from stylesim.types import Slot

Verdict: TypeAlias = Literal["keep", "maybe", "let go"]
Status: TypeAlias = Literal["covered", "gap", "missing", "optional", "unknown"]

_ANYTHING = (0.0, 1.0)


@attrs.frozen
class GarmentGap:
    """What becomes of one garment, and the numbers behind it.

    Attributes:
        row: What the scorer said of it.
        verdict: ``"keep"``, ``"maybe"`` or ``"let go"``.
        why: The reason, in words.
        versatility: Number of good outfits that it takes part in; None where it is not one
            garment of a known slot, or counts in no outfit.
        best_outfit: The best outfit that it can be part of; None where there is none.
        twins: Ids of owned garments that look the same.
        quantity: How many of it are owned.
        price: Its price; None where the wardrobe does not say.
        wears: How often it was worn; None where the wardrobe does not say.
        currency: Currency of the price, as the wardrobe has it.
    """

    row: ItemSimilarity
    verdict: Verdict
    why: str
    versatility: int | None = None
    best_outfit: AssembledOutfit | None = None
    twins: tuple[str, ...] = ()
    quantity: int = 1
    price: float | None = None
    wears: float | None = None
    currency: str | None = None

    @property
    def id(self) -> str:
        """Id of the garment."""
        return self.row.id

    @property
    def slot(self) -> Slot | None:
        """Where on the body it is worn; None where that is not known."""
        return self.row.slot

    @property
    def category(self) -> str | None:
        """What it is; None where that is not known."""
        return self.row.category

    @property
    def similarity(self) -> float:
        """Probability of the wanted class, 0 to 1."""
        return self.row.similarity

    @property
    def interval(self) -> tuple[float, float] | None:
        """Interval of the similarity, 0 to 1; None where the scorer knows none."""
        return interval_of(self.row)

    @property
    def by_class(self) -> Mapping[str, float]:
        """Probability of each class, the wanted one first."""
        return self.row.by_class

    @property
    def by_slot(self) -> Mapping[str, float]:
        """Similarity of each region of the body that shows."""
        return self.row.by_slot

    @property
    def cost_per_wear(self) -> float | None:
        """Price by number of wears, in its currency; None before it was worn once."""
        return self.price / self.wears if self.price is not None and self.wears else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        best = self.best_outfit
        return {
            "id": self.id,
            "slot": self.slot and self.slot.value,
            "category": self.category,
            "verdict": self.verdict,
            "why": self.why,
            "similarity": self.similarity,
            "interval": self.interval and list(self.interval),
            "versatility": self.versatility,
            "best_outfit": None if best is None else best.to_dict(),
            "twins": list(self.twins),
            "quantity": self.quantity,
            "price": self.price,
            "currency": self.currency,
            "wears": self.wears,
            "cost_per_wear": self.cost_per_wear,
        }


@attrs.frozen
class SlotGap:
    """How near the owned garments of one slot come, and what is missing there.

    Attributes:
        slot: The slot.
        status: ``"covered"``: the best is good; ``"gap"``: it is not; ``"missing"``: nothing is
            owned, and outfits need it; ``"optional"``: nothing is owned, and they do without;
            ``"unknown"``: what is owned cannot be compared, as the style shows too little of it.
        count: Number of garments owned there.
        best: Similarity of the nearest, 0 to 1; None where nothing is owned or compared.
        best_id: The nearest.
        unlocks: Number of good outfits that one more garment there, wholly of the style, would
            be part of; None where it would count in no outfit.
        words: The same in a sentence.
    """

    slot: Slot
    status: Status
    count: int = 0
    best: float | None = None
    best_id: str | None = None
    unlocks: int | None = None
    words: str = ""

    @property
    def missing(self) -> bool:
        """Whether nothing is owned although outfits need it."""
        return self.status == "missing"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**attrs.asdict(self), "slot": self.slot.value}


@attrs.frozen(eq=False, repr=False)
class ClosetGaps(Sequence[GarmentGap]):
    """The gaps of a closet: a verdict for each garment, and how near each slot comes.

    ``gaps[0]`` is the least similar garment, ``print(gaps)`` shows all. Made by
    ``SimilarityReport.gaps`` or ``find_gaps``.

    Attributes:
        wanted: Name of the wanted style.
        good: Similarity from which a garment or an outfit is good, 0 to 1.
        garments: A verdict for each garment, least similar first.
        slots: How near each slot comes.
        good_outfits: Number of good outfits that can be made.
    """

    wanted: str
    good: float
    garments: tuple[GarmentGap, ...] = ()
    slots: tuple[SlotGap, ...] = ()
    good_outfits: int = 0

    def __len__(self) -> int:
        return len(self.garments)

    def __iter__(self) -> Iterator[GarmentGap]:
        return iter(self.garments)

    @overload
    def __getitem__(self, place: int) -> GarmentGap: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[GarmentGap, ...]: ...
    def __getitem__(self, place: int | slice) -> GarmentGap | tuple[GarmentGap, ...]:
        return self.garments[place]

    @property
    def keep(self) -> tuple[GarmentGap, ...]:
        """Garments to keep."""
        return self._judged("keep")

    @property
    def maybe(self) -> tuple[GarmentGap, ...]:
        """Garments that the numbers do not decide."""
        return self._judged("maybe")

    @property
    def let_go(self) -> tuple[GarmentGap, ...]:
        """Garments that bring the style no nearer."""
        return self._judged("let go")

    @property
    def missing(self) -> tuple[SlotGap, ...]:
        """Slots that outfits need and where nothing is owned."""
        return tuple(one for one in self.slots if one.missing)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain data for JSON, one dict a garment."""
        return [one.to_dict() for one in self.garments]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the garments, the slots, and what holds for all."""
        return {
            "wanted": self.wanted,
            "good": self.good,
            "good_outfits": self.good_outfits,
            "garments": self.to_dicts(),
            "slots": [one.to_dict() for one in self.slots],
        }

    def __str__(self) -> str:
        head = ["id", "slot", "verdict", "similarity", "good outfits", "a wear"]
        lines = [_cells(one) for one in self.garments]
        words = [f"{one.slot.value}: {one.words}" for one in self.slots]
        table = aligned(head, lines, left=3)
        return "\n".join([table, "", *words, self._summary()])

    def __repr__(self) -> str:
        kept, unsure, gone = len(self.keep), len(self.maybe), len(self.let_go)
        return f"ClosetGaps({kept} to keep, {unsure} maybe, {gone} to let go)"

    def _repr_html_(self) -> str:
        head = ["", "id", "slot", "verdict", "similarity", "good outfits", "a wear", "why"]
        rows = [
            [
                "".join(_html.thumbnail(shown.picture()) for shown in one.row.shown),
                *map(_html.text, _cells(one)),
                _html.text(one.why),
            ]
            for one in self.garments[: _html.MOST_ROWS]
        ]
        more = len(self) - len(rows)
        garments = _html.table(head, rows, [f"{more} more"] if more else [])
        slots = _html.table(
            ["slot", "", ""],
            [[one.slot.value, one.status, _html.text(one.words)] for one in self.slots],
            [self._summary()],
        )
        return garments + slots

    def _summary(self) -> str:
        kept, unsure, gone = len(self.keep), len(self.maybe), len(self.let_go)
        outfits = _number(self.good_outfits, "good outfit")
        return f"{kept} to keep, {unsure} maybe, {gone} to let go; {outfits}."

    def _judged(self, verdict: Verdict) -> tuple[GarmentGap, ...]:
        return tuple(one for one in self.garments if one.verdict == verdict)


def interval_of(row: ItemSimilarity) -> tuple[float, float] | None:
    """The interval of a row; None where it says no more than that a similarity is 0 to 1."""
    interval: tuple[float, float] = getattr(row, "interval", _ANYTHING)
    return None if interval == _ANYTHING else interval


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _cells(one: GarmentGap) -> list[str]:
    cost = one.cost_per_wear
    money = "" if cost is None else " ".join(filter(None, [f"{cost:.2f}", one.currency]))
    slot = one.slot.value if one.slot else " + ".join(one.by_slot)
    outfits = "" if one.versatility is None else str(one.versatility)
    similarity = f"{one.similarity:.2f}" if one.row.compared else "not compared"
    return [one.id, slot, one.verdict, similarity, outfits, money]
