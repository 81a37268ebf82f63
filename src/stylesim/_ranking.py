"""Which products are picked, in which order, and why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim._owned import WHOLE, Looks
from stylesim._picks import Recommendation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim._gaining import Closet, Unlocked
    from stylesim._shelf import Offer
    from stylesim.functional import Floats
    from stylesim.similarity import ItemSimilarity

RANKS = ("gain", "gain_per_price", "similarity", "price")
_BODY = {"upper": "the upper body", "lower": "the lower body", "shoes": "the feet",
         "headwear": "the head", "bag": "a bag", "accessory": "accessories"}  # fmt: skip


@attrs.frozen(eq=False)
class Prospect:
    """A product that could be picked."""

    offer: Offer
    row: ItemSimilarity
    gain: float

    @classmethod
    def of(cls, offer: Offer, row: ItemSimilarity, closet: Closet) -> Prospect:
        """Judge a product."""
        row = attrs.evolve(row, slot=offer.slot, category=offer.product.category)
        return cls(offer, row, closet.gain(row))

    @property
    def worth_it(self) -> bool:
        """Whether it gains something, or is at least of the wanted class."""
        wanted, *others = self.row.by_class.values()
        return self.gain > 0 or (not self.row.neither and all(wanted >= one for one in others))

    def value(self, rank_by: str) -> float:
        """What it is ranked by: the higher, the better."""
        if rank_by == "similarity":
            return self.row.similarity
        if rank_by == "gain":
            return self.gain
        price = self.offer.product.price
        if price is None:
            return -1.0  # after all whose price is known
        if self.gain <= 0:
            return 0.0
        if price == 0:
            return math.inf
        return (1.0 if rank_by == "price" else self.gain) / price

    def rank(self, rank_by: str) -> tuple[object, ...]:
        """Sort key, the best first, never a tie between two products."""
        product = self.offer.product
        price = math.inf if product.price is None else product.price
        # Rounded, so that the noise of single precision decides nothing.
        gain, similarity = -round(self.gain, 5), -round(self.row.similarity, 5)
        first = self.value(rank_by)
        if rank_by == "gain_per_price":
            first = float(f"{first:.5g}")  # by digits: a unit of some currencies is worth little
        elif rank_by != "price":
            first = round(first, 5)
        return (-first, gain, similarity, price, product.id, product.source or "", product.url)

    def recommendation(self, closet: Closet) -> Recommendation:
        """The pick, with its reason."""
        unlocked = closet.unlocked(self.row)
        return Recommendation(
            product=self.offer.product,
            slot=self.offer.slot,
            similarity=self.row.similarity,
            gain=self.gain,
            unlocks=unlocked.count,
            outfits=unlocked.examples,
            reason=_reason(self, closet, unlocked),
            by_class=dict(self.row.by_class),
        )


def chosen(
    prospects: Sequence[Prospect], k: int, rank_by: str, *, diversity: float, twin: float
) -> tuple[list[Prospect], list[tuple[Prospect, str]]]:
    """Pick k products by maximal marginal relevance, without near twins.

    Source: Carbonell and Goldstein, "The use of MMR, diversity-based reranking", SIGIR 1998. The
    relevance is what is ranked by, as a share of the highest; how alike two products are is the
    cosine of their embeddings, so stretched that the least alike tenth is 0.

    Args:
        prospects: What there is to choose from.
        k: Most picks.
        rank_by: One of ``RANKS``.
        diversity: Share of the likeness in the choice, 0 to 1.
        twin: How sure it has to be that two products are one, 0 to 1.

    Returns:
        The picks by rank, and the twins passed over, each with the title of the pick.
    """
    left = sorted((one for one in prospects if one.worth_it), key=lambda one: one.rank(rank_by))
    if not left:
        return [], []
    relevance = _relevance([one.value(rank_by) for one in left])
    looks = Looks.of([one.offer.view for one in left])
    likeness = np.zeros(len(left))
    open_ = np.ones(len(left), dtype=bool)
    picks: list[int] = []
    twins: list[tuple[Prospect, str]] = []
    addresses: dict[str, str] = {}
    while len(picks) < k and open_.any():
        worth = np.where(open_, (1 - diversity) * relevance - diversity * likeness, -np.inf)
        at = int(np.argmax(np.round(worth, 7)))  # the first of equals ranks higher
        open_[at] = False
        one = left[at]
        title = addresses.get(one.offer.product.url)
        if title is not None:
            twins.append((one, title))
            continue
        title = one.offer.product.title
        picks.append(at)
        addresses[one.offer.product.url] = title
        sure, cosine = looks.nearest(one.offer.view)
        same = open_ & (sure >= twin)
        twins += [(left[i], title) for i in map(int, np.flatnonzero(same))]
        open_ &= ~same
        likeness = np.maximum(likeness, _stretched(cosine, at))
    return [left[at] for at in sorted(picks)], twins


def _relevance(values: Sequence[float]) -> Floats:
    """Values as shares of the highest finite one, 0 to 1."""
    finite = [value for value in values if math.isfinite(value)]
    top = max([*finite, 0.0])
    shares = [
        1.0 if value == math.inf else max(value, 0.0) / top if top else 0.0 for value in values
    ]
    return np.array(shares)


def _stretched(cosine: Floats, own: int) -> Floats:
    """Cosines so stretched that the lowest tenth of those of the same region is 0."""
    comparable = cosine > -1
    comparable[own] = False
    low = float(np.quantile(cosine[comparable], 0.1)) if comparable.any() else 0.0
    stretched: Floats = np.clip((cosine - low) / max(1 - low, 1e-6), 0.0, 1.0)
    return np.where(comparable, stretched, 0.0)


def _reason(one: Prospect, closet: Closet, unlocked: Unlocked) -> str:
    similarity = f"{one.row.similarity:.2f} similar to {closet.wanted}"
    missing = [_body(r) for r in one.row.standing if r not in closet.best]
    kept = [f"{_body(r)} ({closet.best[r]:.2f})" for r in one.row.standing if r in closet.best]
    parts = []
    if missing:
        # Pictures in which no garment was found may show anything.
        known = "nothing you own is known to be" if WHOLE in closet.best else "you own nothing"
        parts.append(f"{known} for {' and '.join(missing)}, and it is {similarity}")
    if one.gain > 0 and closet.weighs(one.row):
        now, then = f"{closet.value:.2f}", f"{min(closet.value + one.gain, 1.0):.2f}"
        by = f"from {now} to {then}" if now != then else f"of {now} by less than 0.01"
        parts.append(f"it raises your best outfit {by}")
    elif one.gain > 0 and kept:
        parts.append(f"it is {similarity}, above your best for {' and '.join(kept)}")
    elif not missing:
        parts.append(f"it is {similarity}, but raises no outfit above your best")
    if unlocked.count:
        outfits = "1 good outfit" if unlocked.count == 1 else f"{unlocked.count} good outfits"
        worn = f", the best with your {' and '.join(unlocked.with_what)}"
        parts.append(f"it makes {outfits}{worn if unlocked.with_what else ''}")
    shares = one.row.shares
    nearest = max(shares, key=lambda name: shares[name])
    if one.row.neither:
        parts.append("it is like none of the styles that were learned")
    elif nearest != closet.wanted:
        parts.append(f"it is still nearer to {nearest} ({shares[nearest]:.2f})")
    sentence = "; ".join(parts)
    return sentence[0].upper() + sentence[1:] + "."


def _body(region: str) -> str:
    return _BODY.get(region, "your closet")
