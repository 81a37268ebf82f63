"""Products that bring a closet nearer to the wanted style."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Literal

import attrs

from stylesim._owned import Owned
from stylesim._picks import BlockedProduct, Recommendation, RecommendationResult
from stylesim._ranking import Candidate, Closet, chosen
from stylesim._shelf import Shelf, search_all
from stylesim.errors import expected
from stylesim.products import ProductQuery, SkippedProduct
from stylesim.similarity import SimilarityReport, SimilarityScorer
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from stylesim._shelf import Offer
    from stylesim.providers import AbstractProductProvider
    from stylesim.wardrobe import Wardrobe

__all__ = ["BlockedProduct", "Recommendation", "RecommendationResult", "Recommender"]

_RANKS = ("gain", "similarity", "price")
_WHOLE = "whole"


@attrs.define(eq=False)
class Recommender:
    """Picks products that close the gaps of a closet, never what is owned already.

    For every slot of the regions of the body that count, the gaps first, the provider is asked
    once; the pictures of what it offers are compared with the wanted style, each in its own
    slot, and ranked by how far they raise the best that the closet has there.

    Args:
        scorer: Compares clothes with the wanted style.
        provider: Where products come from: anything with a ``search`` method.
        owned_threshold: Cosine similarity, -1 to 1, of two embeddings of one region of the body
            from which a product counts as owned, and two products as one. Raise it if products
            are blocked that you do not own.
        most: Products read at most from one answer of the provider.

    Raises:
        InvalidArgumentError: A setting is of the wrong kind or out of range.

    Example:
        >>> import numpy as np
        >>> from PIL import Image
        >>> import stylesim as ss
        >>> mean = lambda images: [np.asarray(im).mean((0, 1)) + 1 for im in images]
        >>> reds = [Image.new("RGB", (8, 8), (200, 20, 30 + i)) for i in range(3)]
        >>> blues = [Image.new("RGB", (8, 8), (20, 30 + i, 200)) for i in range(3)]
        >>> colours = ss.FunctionBackbone(mean, name="mean colour")
        >>> whole = ss.WholePictureFinder()
        >>> model = ss.LightweightClassifier(finder=whole, backbone=colours)
        >>> model = model.fit(ss.StyleTarget(reds, {"blue": blues}), progress=False)
        >>> closet = ss.Wardrobe()
        >>> _ = closet.add(blues[0], slot="bottom")
        >>> skirt = ss.Product("1", "Red skirt", "https://shop.example/1", image=reds[1])
        >>> shop = ss.CatalogProvider([skirt])
        >>> picks = ss.Recommender(ss.SimilarityScorer(model), shop).recommend(closet)
        >>> picks[0].product.title, picks[0].slot, picks[0].gain > 0
        ('Red skirt', <Slot.BOTTOM: 'bottom'>, True)
    """

    scorer: SimilarityScorer = attrs.field(on_setattr=attrs.setters.frozen)
    provider: AbstractProductProvider = attrs.field(on_setattr=attrs.setters.frozen)
    owned_threshold: float = attrs.field(
        default=0.99, kw_only=True, on_setattr=attrs.setters.frozen
    )
    most: int = attrs.field(default=10_000, kw_only=True, on_setattr=attrs.setters.frozen)
    _shelf: Shelf = attrs.field(factory=Shelf, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        scorer: object = self.scorer
        if not isinstance(scorer, SimilarityScorer):
            todo = "pass SimilarityScorer(model)"
            raise expected("scorer", "a SimilarityScorer", scorer, todo)
        if not callable(getattr(self.provider, "search", None)):
            todo = "pass a CatalogProvider, or wrap a function in a FunctionProvider"
            raise expected("provider", "an object with a search method", self.provider, todo)
        bound: object = self.owned_threshold
        real = isinstance(bound, numbers.Real) and not isinstance(bound, bool)
        if not real or not -1 <= self.owned_threshold <= 1:
            raise expected("owned_threshold", "a number from -1 to 1", bound, "pass 0.99")
        _check_count("most", self.most)

    def recommend(
        self,
        wardrobe: Wardrobe | SimilarityReport,
        *,
        k: int = 5,
        max_price: float | None = None,
        min_price: float | None = None,
        currency: str | None = None,
        slot: str | Slot | None = None,
        category: str | None = None,
        gender: str | None = None,
        brand: str | None = None,
        colour: str | None = None,
        size: str | None = None,
        words: str | tuple[str, ...] = (),
        rank_by: Literal["gain", "similarity", "price"] = "gain",
        progress: bool = False,
    ) -> RecommendationResult:
        """Pick products.

        What raises no best similarity is picked only after what does, and only if the wanted
        class is the likeliest for it. Picks are spread over the regions of the body that gain,
        and no two of them are near twins.

        Args:
            wardrobe: The closet, which may be empty; or the report of a scorer with the same
                classes, or anything else that the scorer scores.
            k: Most picks.
            max_price: Highest price, in ``currency``.
            min_price: Lowest price, in ``currency``.
            currency: ISO code; products in another currency are skipped and reported.
            slot: Only this slot.
            category: Only this category, such as ``"skirt"``.
            gender: Only for this gender; products that do not say pass.
            brand: Only this brand.
            colour: Only this colour; products that do not say pass.
            size: Only with this size to be had.
            words: Only with these words in the texts of the product.
            rank_by: ``"gain"``; ``"similarity"``; or ``"price"``: the cheapest of those that
                gain first.
            progress: Whether to show a progress bar on standard error.

        Returns:
            At most ``k`` recommendations, and what was blocked and skipped.

        Raises:
            InvalidArgumentError: An argument is of the wrong kind or out of range, or prices of
                several currencies would have to be compared.
            ProviderError: The provider failed.
            NotFittedError: The model has not learned a style yet.
        """
        _check_count("k", k)
        if rank_by not in _RANKS:
            raise expected("rank_by", f"one of {', '.join(_RANKS)}", rank_by, "pass 'gain'")
        query = ProductQuery(
            slot=slot, category=category, words=words, colour=colour, min_price=min_price,
            max_price=max_price, currency=currency, gender=gender, brand=brand, size=size,
            limit=None,
        )  # fmt: skip
        report = self._report(wardrobe, progress=progress)
        closet = Closet.of(report)
        slots = _slots(query, closet)
        queries = [attrs.evolve(query, slot=one) for one in slots]
        products, skipped = search_all(self.provider, queries, self.most)
        bounded = rank_by == "price" or max_price is not None or min_price is not None
        if bounded and query.currency is None:
            _check_one_currency({one.currency for one in products if one.price is not None})
        offers, lost = self._shelf.see(self.scorer.model, products, progress=progress)
        skipped += lost
        owned = Owned.of(report, self.owned_threshold)
        candidates: list[Candidate] = []
        blocked: list[BlockedProduct] = []
        for offer, row in zip(offers, self.scorer.score([one.view for one in offers]), strict=True):
            if offer.slot is None and _WHOLE not in closet.regions:
                why = "neither it nor its picture tells where on the body it is worn"
                skipped.append(_skip(offer, why))
            elif offer.slot is None or offer.slot in slots:
                match = owned.match(offer.view, offer.product.image)
                if match is None:
                    candidates.append(Candidate.of(offer, row, closet))
                else:
                    why = (
                        f"the same picture as {match.id}"
                        if match.same_picture
                        else f"looks like {match.id}, cosine {match.cosine:.3f}"
                    )
                    blocked.append(BlockedProduct(offer.product, match.id, match.cosine, why))
        picks, twins = chosen(candidates, k, rank_by, self.owned_threshold)
        skipped += [_skip(one.offer, f"near twin of {other}") for one, other in twins]
        return RecommendationResult(
            tuple(pick.recommendation(closet) for pick in picks), tuple(blocked), tuple(skipped)
        )

    def _report(self, given: object, *, progress: bool) -> SimilarityReport:
        if not isinstance(given, SimilarityReport):
            return self.scorer.score(given, progress=progress)  # type: ignore[arg-type]
        classes = tuple(self.scorer.model.classes_)
        if given.classes != classes:
            wish, todo = f"a report of the classes {', '.join(classes)}", "score the closet again"
            raise expected("wardrobe", wish, ", ".join(given.classes), todo)
        return given


def _slots(query: ProductQuery, closet: Closet) -> list[Slot]:
    """Slots to ask for, those with the widest gap first."""
    if query.slot is not None:
        return [query.slot]
    named = Slot.guess(query.category)
    if named is not None:
        return [named]
    slots = [slot for region in closet.gaps() for slot in Slot if region in REGIONS_OF[slot]]
    return list(dict.fromkeys(slots))


def _skip(offer: Offer, why: str) -> SkippedProduct:
    return SkippedProduct(why, id=offer.product.id, source=offer.product.source)


def _check_one_currency(currencies: set[str | None]) -> None:
    if len(currencies) > 1:
        got = ", ".join(sorted(code or "unknown" for code in currencies))
        wish = "one currency, for prices of several cannot be compared"
        raise expected("currency", wish, got, "pass currency='EUR', or which you want")


def _check_count(argument: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise expected(argument, "a whole number of at least 1", value, "pass such a number")
