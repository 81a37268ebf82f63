"""Garments as parts of an outfit, and how the similarity of an outfit follows from theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import numpy as np

from stylesim._checks import array_of, check_between, check_whole
from stylesim._report import WHOLE, Shown
from stylesim.errors import expected
from stylesim.functional import unit_rows
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim.classifier import PictureView
    from stylesim.similarity import ItemSimilarity, SimilarityReport
    from stylesim.types import FloatArray
    from stylesim.wardrobe import Wardrobe

ASSEMBLED = (Slot.TOP, Slot.OUTER, Slot.FULL, Slot.BOTTOM, Slot.SHOES)
"""The slots that outfits are assembled of, in the order in which they are told."""

Value = TypeVar("Value", float, Any)


def _slot(value: str | Slot) -> Slot:
    slot = Slot.parse(value, "slot")
    if slot is None:
        raise expected("slot", "a slot", value, "say where on the body it is worn")
    return slot


def _probability(argument: str, value: Any) -> float:
    check_between(argument, value, 0, 1, "pass the probability of the style")
    return float(value)


@attrs.frozen
class Candidate:
    """A garment that outfits can be assembled of, with all that assembling asks of it.

    Attributes:
        id: Its name, such as the id of an owned garment or of a product.
        slot: Where on the body it is worn.
        similarity: Probability of the wanted class, 0 to 1, of the garment by itself.
        by_region: The same by region of the body that is compared; None gives each region
            that the slot covers the similarity. A garment without any counts for nothing.
        quantity: How many of it there are, at least 1.
        embedding: float array of shape (d,): how it looks, to know near-twins; None where that
            is not known.
        category: What it is; None where that is not known.
        shown: Its picture; None where there is none.

    Raises:
        InvalidArgumentError: A value is of the wrong kind or out of range.

    Examples:
        >>> Candidate("dress", "full", 0.9).by_region
        {'upper': 0.9, 'lower': 0.9}
    """

    id: str
    slot: Slot = attrs.field(converter=_slot)
    similarity: float
    by_region: Mapping[str, float] = attrs.field(default=None, hash=False)
    quantity: int = 1
    embedding: FloatArray | None = attrs.field(default=None, eq=False, repr=False)
    category: str | None = attrs.field(default=None, kw_only=True)
    shown: Shown | None = attrs.field(default=None, eq=False, repr=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        name: object = self.id
        if not isinstance(name, str) or not name:
            raise expected("id", "some text", name, "name the garment")
        similarity = _probability("similarity", self.similarity)
        covered = REGIONS_OF[self.slot]
        regions: object = self.by_region
        if regions is None:
            regions = dict.fromkeys(covered, similarity)
        if not isinstance(regions, Mapping) or not set(regions) <= set(covered):
            wish = f"similarities of the regions {', '.join(covered)}"
            raise expected("by_region", wish, regions, f"name what {self.slot.value} covers")
        # Numbers of NumPy would not fit into JSON.
        regions = {at: _probability(f"by_region[{at!r}]", one) for at, one in regions.items()}
        object.__setattr__(self, "similarity", similarity)
        object.__setattr__(self, "by_region", regions)
        if self.embedding is not None:
            vector = array_of(self.embedding, "embedding", np.float32)
            if vector.ndim != 1:
                wish, got = "one vector, or None", f"shape {vector.shape}"
                raise expected("embedding", wish, got, "pass what embed gives of one picture")
            object.__setattr__(self, "embedding", vector)
        check_whole("quantity", self.quantity, "pass 1")
        object.__setattr__(self, "quantity", int(self.quantity))

    @classmethod
    def of(
        cls,
        row: ItemSimilarity,
        regions: tuple[str, ...] = ("upper", "lower"),
        *,
        quantity: int = 1,
    ) -> Candidate | None:
        """Read a row of a report.

        Args:
            row: What a scorer said of one garment.
            regions: The regions that the model can compare, as the report says.
            quantity: How many of it there are.

        Returns:
            The candidate; None where the row is of no single garment of known slot, or of one
            that the model's regions leave no way to count as the scorer does.
        """
        if row.slot is None:
            return None
        compared = {name: value for name, value in row.by_slot.items() if name != WHOLE}
        if not {"upper", "lower"} & set(regions):
            # Outfits are then compared as a whole, each garment standing for what it covers.
            compared = row.standing if not compared else {}
            if not compared:
                return None
        shown = row.shown[0] if row.shown else None
        return cls(
            row.id, row.slot, row.similarity, compared, quantity, _look(shown, row.slot),
            category=row.category, shown=shown,
        )  # fmt: skip


def candidates_of(report: SimilarityReport, wardrobe: Wardrobe | None = None) -> list[Candidate]:
    """The garments of a report, as parts of outfits.

    Args:
        report: What a scorer said of a closet.
        wardrobe: The closet, for the quantities; None takes one of each.

    Returns:
        A candidate for each row that is one garment of known slot, in the order of the rows.

    Raises:
        InvalidArgumentError: An argument is of another kind.

    Examples:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> row = ItemSimilarity(
        ...     id="a",
        ...     similarity=0.9,
        ...     by_class={"mine": 0.9, "suit": 0.1},
        ...     by_slot={"lower": 0.9},
        ...     slot=Slot.BOTTOM,
        ... )
        >>> [one.id for one in candidates_of(SimilarityReport(("mine", "suit"), (row,)))]
        ['a']
    """
    counts = {} if wardrobe is None else {one.id: one.quantity for one in wardrobe}
    made = (Candidate.of(row, report.regions, quantity=counts.get(row.id, 1)) for row in report)
    return [one for one in made if one is not None]


def blend(worn: Mapping[Slot, Mapping[str, Value]]) -> dict[str, Value]:
    """Similarity by region of garments worn together: the mean of those that share a region.

    Args:
        worn: By slot, the similarity by region: floats, or arrays that broadcast.
    """
    regions: dict[str, list[Value]] = {}
    for slot in ASSEMBLED:
        for region, value in worn.get(slot, {}).items():
            regions.setdefault(region, []).append(value)
    return {name: sum(some[1:], some[0]) / len(some) for name, some in regions.items()}


def overall(regions: Mapping[str, Value], weights: Mapping[str, float]) -> Value:
    """Weighted mean of regions as a scorer makes it: alike where none that shows has a weight."""
    shares = {name: weights.get(name, 0.0) for name in regions if weights.get(name, 0.0) > 0}
    shares = shares or dict.fromkeys(regions, 1.0)
    total = [share * regions[name] for name, share in shares.items()]
    mean: Value = sum(total[1:], total[0]) / sum(shares.values())
    return mean


def near_twins(garments: Sequence[Candidate], threshold: float) -> dict[str, set[str]]:
    """For each garment the ids of those of its slot that look the same; itself among them.

    Args:
        garments: Of any slots; those whose embedding is not known are like themselves only.
        threshold: Cosine from which two garments are near-twins.
    """
    found = {one.id: {one.id} for one in garments}
    kinds: dict[tuple[Slot, int], list[tuple[Candidate, FloatArray]]] = {}
    for one in garments:
        if one.embedding is not None:
            kinds.setdefault((one.slot, len(one.embedding)), []).append((one, one.embedding))
    for some in kinds.values():
        rows = unit_rows(np.stack([embedding for _, embedding in some]))
        for i, j in np.argwhere(rows @ rows.T >= threshold).tolist():
            found[some[i][0].id].add(some[j][0].id)
    return found


def _look(shown: Shown | None, slot: Slot) -> FloatArray | None:
    view: PictureView | None = None if shown is None else shown.view
    if view is None:
        return None
    meant = [garment for garment in view.garments if garment.slot is slot]
    return max(meant, key=lambda one: one.area, default=view.whole).embedding
