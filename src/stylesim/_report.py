"""What a scorer found: one row an item, and what the rows say about the closet."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import attrs
import numpy as np

from stylesim import _html
from stylesim._tables import SimilarityTable, aligned
from stylesim.errors import NotFoundError, StyleSimError, expected
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from stylesim.classifier import PictureView
    from stylesim.gaps import ClosetGaps
    from stylesim.types import ImageLike
    from stylesim.wardrobe import Wardrobe

WHOLE = "whole"


@attrs.frozen
class SeenGarment:
    """A garment that was found in a picture, or that the caller said is there.

    Attributes:
        slot: Where on the body it is worn.
        category: What it is; None where that is not known.
        confidence: How sure the finder was, 0 to 1; 0 where it is the caller's word.
    """

    slot: Slot | None
    category: str | None
    confidence: float


@attrs.frozen(eq=False)
class Shown:
    """A picture behind a row: kept to show it, and to know it again among products."""

    view: PictureView | None = None
    image: Callable[[], ImageLike] | None = None
    image_hash: str | None = None

    def picture(self) -> ImageLike | None:
        """The picture; None where there is none any more."""
        try:
            return None if self.image is None else self.image()
        except StyleSimError:
            return None


@attrs.frozen
class ItemSimilarity:
    """How near one item comes to the wanted style.

    Attributes:
        id: Id of the garment, name of the outfit, or path or place of the picture.
        similarity: Probability of the wanted class, 0 to 1: that of ``by_class``, less what
            is of no class at all.
        by_class: Probability of each class, the wanted one first, if it is one of them; they
            sum to 1.
        by_slot: Similarity of each region of the body that shows (``"upper"``, ``"lower"``,
            ``"shoes"``, ``"headwear"``, ``"bag"``, ``"accessory"``); ``"whole"`` where the
            picture was compared as a whole.
        found: The garments found.
        assumed: What had to be assumed, in words; None where nothing was.
        slot: Slot of a single garment; None for outfits, and where it is not known.
        category: What a single garment is; None where that is not known.
        counted: The regions that ``similarity`` is made of.
        interval: The lowest and the highest ``similarity`` to be expected, in 90 of 100 cases,
            had the same style been told by other photographs; (0, 1) where that is not known.
        intervals: The same for each region of ``by_slot``.
        neither: Whether it is likelier of no class than of any.
        p_neither: Probability, 0 to 1, that it is unlike the wanted and every contrast class.
        compared: False where the style shows too little of what the item is, and ``similarity``
            is that of the whole picture, for want of a better one.

    Examples:
        >>> row = ItemSimilarity(id="a", similarity=0.9, by_class={"wannabe": 0.9, "suit": 0.1})
        >>> row.similarity, row.assumed
        (0.9, None)
    """

    id: str
    similarity: float
    by_class: Mapping[str, float] = attrs.field(hash=False)
    by_slot: Mapping[str, float] = attrs.field(factory=dict, hash=False)
    found: tuple[SeenGarment, ...] = ()
    assumed: str | None = None
    slot: Slot | None = None
    category: str | None = None
    counted: tuple[str, ...] = ()
    interval: tuple[float, float] = (0.0, 1.0)
    intervals: Mapping[str, tuple[float, float]] = attrs.field(factory=dict, hash=False)
    neither: bool = False
    p_neither: float = 0.0
    compared: bool = True
    shown: tuple[Shown, ...] = attrs.field(default=(), eq=False, repr=False)

    @property
    def shares(self) -> dict[str, float]:
        """Probability of each class; with ``p_neither`` they sum to 1, unlike ``by_class``."""
        return {name: value * (1 - self.p_neither) for name, value in self.by_class.items()}

    @property
    def standing(self) -> dict[str, float]:
        """Similarity by region of the body, also where the picture was compared as a whole."""
        regions = {name: value for name, value in self.by_slot.items() if name != WHOLE}
        if regions or self.slot is None:
            return regions or {WHOLE: self.similarity}
        return dict.fromkeys(REGIONS_OF[self.slot], self.similarity)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "similarity": self.similarity,
            "by_class": dict(self.by_class),
            "by_slot": dict(self.by_slot),
            "found": [
                {
                    "slot": g.slot and g.slot.value,
                    "category": g.category,
                    "confidence": g.confidence,
                }
                for g in self.found
            ],
            "assumed": self.assumed,
            "slot": self.slot and self.slot.value,
            "category": self.category,
            "counted": list(self.counted),
            "interval": list(self.interval),
            "intervals": {region: list(ends) for region, ends in self.intervals.items()},
            "neither": self.neither,
            "p_neither": self.p_neither,
            "compared": self.compared,
        }


@attrs.frozen
class SlotSummary:
    """How near the owned garments of one region of the body come.

    Attributes:
        region: The region.
        count: Number of items that show it; 0 where something is missing.
        best: Highest similarity, 0 to 1; None where there is none, or the style shows too little
            of the region to compare any.
        mean: Mean similarity; None likewise.
        best_id: The item that comes nearest.
    """

    region: str
    count: int = 0
    best: float | None = None
    mean: float | None = None
    best_id: str | None = None

    @property
    def missing(self) -> bool:
        """Whether nothing is owned there."""
        return self.count == 0


@attrs.frozen(eq=False, repr=False)
class SimilarityReport(Sequence[ItemSimilarity]):
    """The similarity of every item that was scored, in their order.

    ``report[0]`` is the first row, ``report["id"]`` that of an item; ``print(report)`` shows
    all, of each row the ``shares``, which add up to 1 with "neither". Made by
    ``SimilarityScorer.score``. It pickles without the pictures of a wardrobe.

    Attributes:
        classes: Names of the classes, the wanted one first.
        rows: One row an item.
        weights: Weight of each region of the body in the overall similarity.
        regions: The regions that the model can compare.

    Examples:
        >>> row = ItemSimilarity(id="skirt", similarity=0.9, by_class={"wannabe": 0.9, "suit": 0.1})
        >>> report = SimilarityReport(("wannabe", "suit"), (row,))
        >>> report["skirt"].similarity, len(report)
        (0.9, 1)
        >>> print(report.table())
               wannabe  suit
        skirt     0.90  0.10
    """

    classes: tuple[str, ...]
    rows: tuple[ItemSimilarity, ...] = attrs.field(default=(), converter=tuple[ItemSimilarity, ...])
    weights: Mapping[str, float] = attrs.field(factory=lambda: {"upper": 1.0, "lower": 1.0})
    regions: tuple[str, ...] = ("upper", "lower")

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[ItemSimilarity]:
        return iter(self.rows)

    @overload
    def __getitem__(self, item: int | str) -> ItemSimilarity: ...
    @overload
    def __getitem__(self, item: slice) -> SimilarityReport: ...
    def __getitem__(self, item: int | str | slice) -> ItemSimilarity | SimilarityReport:
        if isinstance(item, slice):
            return attrs.evolve(self, rows=self.rows[item])
        if not isinstance(item, str):
            return self.rows[operator.index(item)]
        for row in self.rows:
            if row.id == item:
                return row
        todo = "iterate over the report for the ids"
        raise expected("item", "the id of a row", item, todo, NotFoundError)

    def table(self) -> SimilarityTable:
        """The ``by_class`` of all rows, in the layout of the paper's Table 1.

        Of what was not compared it is that of the whole picture.
        """
        values = [[row.by_class[name] for name in self.classes] for row in self.rows]
        shape = (len(self.rows), len(self.classes))
        matrix = np.array(values, dtype=np.float32).reshape(shape)
        return SimilarityTable(self.classes, tuple(row.id for row in self.rows), matrix)

    def gaps(self, wardrobe: Wardrobe | None = None, *, good: float = 0.5) -> ClosetGaps:
        """What to keep, what to let go, and what is missing; see ``stylesim.gaps.find_gaps``.

        Args:
            wardrobe: The closet that was scored, for quantities, duplicates and cost per wear.
            good: Similarity, 0 to 1, from which a garment or an outfit is good.

        Returns:
            A verdict for each row, least similar first, those alike in the order of their ids,
            what was not compared last; and how near each slot comes.
        """
        # Here, because gaps stand below the report that they are read from.
        from stylesim.gaps import find_gaps

        return find_gaps(self, wardrobe, good=good)

    def by_slot(self) -> dict[str, SlotSummary]:
        """How near the items of each region of the body come, and where there are none.

        Returns:
            A summary for each region that counts, that the model can compare, or that an
            item shows.
        """
        standing: dict[str, list[ItemSimilarity]] = {
            region: []
            for region in (*self.weights, *self.regions)
            if region != WHOLE and (self.weights.get(region, 0.0) > 0 or region in self.regions)
        }
        for row in self.rows:
            for region in row.standing:
                standing.setdefault(region, []).append(row)
        return {region: _summary(region, rows) for region, rows in standing.items()}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain data for JSON, one dict a row."""
        return [row.to_dict() for row in self.rows]

    def __str__(self) -> str:
        head = ["id", "slot", "similarity", "90 %", *self.classes, "neither"]
        rows = [[row.id, _slot_text(row), *_figures(row, self.classes)] for row in self.rows]
        return aligned(head, rows, left=2)

    def __repr__(self) -> str:
        return f"SimilarityReport({len(self)} items, classes {', '.join(self.classes)})"

    def _repr_html_(self) -> str:
        figures = ["similarity", "90 %", *self.classes, "neither"]
        head = ["", "id", "slot", "category", *figures, "assumed"]
        rows = [
            [
                "".join(_html.thumbnail(shown.picture()) for shown in row.shown),
                _html.text(row.id),
                _html.text(_slot_text(row)),
                _html.text(row.category or ""),
                *_figures(row, self.classes),
                _html.text(row.assumed or ""),
            ]
            for row in self.rows[: _html.MOST_ROWS]
        ]
        more = len(self) - len(rows)
        return _html.table(head, rows, [f"{more} more"] if more else [])


def _summary(region: str, rows: list[ItemSimilarity]) -> SlotSummary:
    values = [(row.standing[region], row.id) for row in rows if row.compared]
    if not values:
        return SlotSummary(region, len(rows))
    best, name = min(values, key=lambda pair: (-pair[0], pair[1]))
    mean = float(np.mean([value for value, _ in values]))
    return SlotSummary(region, len(rows), best, mean, name)


def _figures(row: ItemSimilarity, classes: Sequence[str]) -> list[str]:
    if not row.compared:  # its numbers are those of the whole picture, and say nothing of it
        return ["not compared", *["-"] * (len(classes) + 2)]
    low, high = row.interval
    neither = f"{row.p_neither:.2f}" + (" (neither)" if row.neither else "")
    shares = [f"{row.shares[name]:.2f}" for name in classes]
    return [f"{row.similarity:.2f}", f"{low:.2f} to {high:.2f}", *shares, neither]


def _slot_text(row: ItemSimilarity) -> str:
    return row.slot.value if row.slot is not None else " + ".join(row.by_slot)
