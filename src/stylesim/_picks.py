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
        gain: How far it raises the similarity of the best outfit that the closet can make, 0 to
            1; for what outfits are not made of, such as a bag, that of the best in its region of
            the body. Each gain is against the closet as it is, not after buying the picks before.
        reason: Why, in one sentence.
        by_class: Probability of each class, the wanted one first, if it is one of them.
        unlocks: How many good outfits it makes possible that the closet cannot make without it.
        outfits: The best of these, at most three: the ids of the owned garments that it is worn
            with; empty ids where it is an outfit by itself.

    Examples:
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
    unlocks: int = 0
    outfits: tuple[tuple[str, ...], ...] = ()

    @property
    def gain_per_price(self) -> float | None:
        """Gain for one unit of the currency; None where the price is not known, or nothing."""
        return self.gain / self.product.price if self.product.price else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; of the picture, its path or address only."""
        return {
            "product": self.product.to_dict(),
            "slot": self.slot and self.slot.value,
            "similarity": self.similarity,
            "gain": self.gain,
            "unlocks": self.unlocks,
            "outfits": [list(ids) for ids in self.outfits],
            "reason": self.reason,
            "by_class": dict(self.by_class),
        }


@attrs.frozen
class BlockedProduct:
    """A product that was left out, for it seems to be owned already.

    Attributes:
        product: The product.
        garment: Id of the owned item.
        sure: How sure it is that both are one, 0 to 1, all evidence taken together; 1 only for
            the very same picture.
        cosine: Cosine similarity of the two embeddings, -1 to 1.
        why: In words.
        colour_distance: Mean difference of their colours in units of CIELAB, where 2 is just to
            be seen; None where it is not known.
        same_category: Whether both are of one category; None where one is not known.
    """

    product: Product
    garment: str
    sure: float
    cosine: float
    why: str
    colour_distance: float | None = None
    same_category: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "product": self.product.to_dict(),
            "garment": self.garment,
            "sure": self.sure,
            "cosine": self.cosine,
            "colour_distance": self.colour_distance,
            "same_category": self.same_category,
            "why": self.why,
        }


@attrs.frozen(eq=False, repr=False)
class RecommendationResult(Sequence[Recommendation]):
    """Recommendations, best first, and what was left out.

    Attributes:
        picks: The recommendations.
        blocked: Products that seem to be owned already, each with the owned item and how sure.
        skipped: Products that could not be judged or that repeat a pick, and providers that
            failed, each with the reason.
        links: Search pages that a provider of links gave: to be opened, not to be judged.

    Examples:
        >>> from stylesim import Product, Slot
        >>> skirt = Product(
        ...     "1", "Pleated skirt", "https://shop.example/1", price=49, currency="EUR"
        ... )
        >>> pick = Recommendation(product=skirt, slot=Slot.BOTTOM, similarity=0.9, gain=0.3)
        >>> print(RecommendationResult((pick,)))
        product        slot    similarity  gain  outfits      price
        Pleated skirt  bottom        0.90  0.30        0  49.00 EUR
    """

    picks: tuple[Recommendation, ...] = ()
    blocked: tuple[BlockedProduct, ...] = ()
    skipped: tuple[SkippedProduct, ...] = ()
    links: tuple[Product, ...] = ()

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
        head = ["product", "slot", "similarity", "gain", "outfits", "price"]
        rows = [
            [
                pick.product.title,
                pick.slot.value if pick.slot else "",
                f"{pick.similarity:.2f}",
                f"{pick.gain:.2f}",
                str(pick.unlocks),
                pick.product.price_text,
            ]
            for pick in self.picks
        ]
        return aligned(head, rows, left=2)

    def __repr__(self) -> str:
        counts = len(self.picks), len(self.blocked), len(self.skipped)
        return "RecommendationResult({} picks, {} blocked, {} skipped)".format(*counts)

    def _repr_html_(self) -> str:
        head = ["", "product", "brand", "price", "slot", "similarity", "gain", "outfits", "why"]
        rows = [
            [
                _html.thumbnail(pick.product.image),
                _html.link(pick.product.url, pick.product.title),
                _html.text(pick.product.brand or ""),
                _html.text(pick.product.price_text),
                _html.text(pick.slot.value if pick.slot else ""),
                f"{pick.similarity:.2f}",
                f"{pick.gain:.2f}",
                str(pick.unlocks),
                _html.text(pick.reason),
            ]
            for pick in self.picks
        ]
        notes = [
            f"Owned already: {one.product.title} ({one.why})."
            for one in self.blocked[: _html.MOST_ROWS]
        ]
        if self.skipped:
            lost = (
                "1 product was" if len(self.skipped) == 1 else f"{len(self.skipped)} products were"
            )
            notes.append(f"{lost} skipped; see the result's skipped.")
        links = [_html.link(one.url, one.title) for one in self.links]
        more = f"<p>Search on: {', '.join(links)}</p>" if links else ""
        return _html.table(head, rows, notes) + more
