"""What a recommender gives: picks, what was left out, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import attrs

from stylesim import _html
from stylesim._tables import aligned

if TYPE_CHECKING:
    from stylesim.products import Product, SkippedProduct
    from stylesim.types import Slot


@attrs.frozen
class Recommendation:
    """A product that brings the closet nearer to the wanted style.

    Attributes:
        product: The product.
        slot: Where on the body it is worn; None where that is not known.
        similarity: Probability of the wanted class, 0 to 1, of the product by itself.
        gain: How far it raises the best similarity that the closet has in its region of the
            body, 0 to 1, divided over the regions as in the overall similarity. Each gain is
            against the closet as it is, not after buying the picks before it.
        reason: Why, in one sentence.
        by_class: Probability of each class, the wanted one first.

    Example:
        >>> from stylesim import Product, Slot
        >>> skirt = Product("1", "Pleated skirt", "https://shop.example/1")
        >>> pick = Recommendation(product=skirt, slot=Slot.BOTTOM, similarity=0.9, gain=0.3)
        >>> pick.to_dict()["gain"]
        0.3
    """

    product: Product
    slot: Slot | None
    similarity: float
    gain: float
    reason: str = ""
    by_class: Mapping[str, float] = attrs.field(factory=dict, hash=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; of the picture, its path or address only."""
        return {
            "product": self.product.to_dict(),
            "slot": self.slot and self.slot.value,
            "similarity": self.similarity,
            "gain": self.gain,
            "reason": self.reason,
            "by_class": dict(self.by_class),
        }


@attrs.frozen
class BlockedProduct:
    """A product that was left out, for it seems to be owned already.

    Attributes:
        product: The product.
        garment: Id of the owned item.
        cosine: Cosine similarity of the two embeddings, -1 to 1.
        why: In words.
    """

    product: Product
    garment: str
    cosine: float
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "product": self.product.to_dict(),
            "garment": self.garment,
            "cosine": self.cosine,
            "why": self.why,
        }


@attrs.frozen(eq=False, repr=False)
class RecommendationResult(Sequence[Recommendation]):
    """Recommendations, best first, and what was left out.

    Attributes:
        picks: The recommendations.
        blocked: Products that seem to be owned already, each with the owned item and how sure.
        skipped: Products that could not be judged or that repeat a pick, each with the reason.

    Example:
        >>> from stylesim import Product, Slot
        >>> skirt = Product(
        ...     "1", "Pleated skirt", "https://shop.example/1", price=49, currency="EUR"
        ... )
        >>> pick = Recommendation(product=skirt, slot=Slot.BOTTOM, similarity=0.9, gain=0.3)
        >>> print(RecommendationResult((pick,)))
        product        slot    similarity  gain      price
        Pleated skirt  bottom        0.90  0.30  49.00 EUR
    """

    picks: tuple[Recommendation, ...] = ()
    blocked: tuple[BlockedProduct, ...] = ()
    skipped: tuple[SkippedProduct, ...] = ()

    def __len__(self) -> int:
        return len(self.picks)

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.picks)

    @overload
    def __getitem__(self, place: int) -> Recommendation: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Recommendation, ...]: ...
    def __getitem__(self, place: int | slice) -> Recommendation | tuple[Recommendation, ...]:
        return self.picks[place]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain data for JSON, one dict a pick."""
        return [pick.to_dict() for pick in self.picks]

    def __str__(self) -> str:
        head = ["product", "slot", "similarity", "gain", "price"]
        rows = [
            [
                pick.product.title,
                pick.slot.value if pick.slot else "",
                f"{pick.similarity:.2f}",
                f"{pick.gain:.2f}",
                pick.product.price_text,
            ]
            for pick in self.picks
        ]
        return aligned(head, rows, left=2)

    def __repr__(self) -> str:
        counts = len(self.picks), len(self.blocked), len(self.skipped)
        return "RecommendationResult({} picks, {} blocked, {} skipped)".format(*counts)

    def _repr_html_(self) -> str:
        head = ["", "product", "brand", "price", "slot", "similarity", "gain", "why"]
        rows = [
            [
                _html.thumbnail(pick.product.image),
                _html.link(pick.product.url, pick.product.title),
                _html.text(pick.product.brand or ""),
                _html.text(pick.product.price_text),
                _html.text(pick.slot.value if pick.slot else ""),
                f"{pick.similarity:.2f}",
                f"{pick.gain:.2f}",
                _html.text(pick.reason),
            ]
            for pick in self.picks
        ]
        notes = [
            f"Owned already: {one.product.title} ({one.why})."
            for one in self.blocked[: _html.MOST_ROWS]
        ]
        if self.skipped:
            notes.append(f"{len(self.skipped)} products were skipped; see the result's skipped.")
        return _html.table(head, rows, notes)
