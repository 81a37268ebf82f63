"""Products that bring a closet nearer to the wanted style."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, Unpack

import attrs

from stylesim import _owned
from stylesim._asking import asearch_all, search_all, with_pictures
from stylesim._checks import check_between, check_whole
from stylesim._gaining import Closet
from stylesim._owned import Owned
from stylesim._picks import BlockedProduct, Recommendation, RecommendationResult
from stylesim._ranking import Prospect, chosen
from stylesim._seeking import towards_the_style
from stylesim._shelf import Shelf
from stylesim._wishes import Asked, Wishes
from stylesim.errors import expected
from stylesim.products import SkippedProduct
from stylesim.providers import PictureFetcher
from stylesim.similarity import SimilarityReport, SimilarityScorer
from stylesim.wardrobe import Wardrobe

if TYPE_CHECKING:
    from stylesim._asking import Finds
    from stylesim._shelf import Offer
    from stylesim.products import ProductQuery
    from stylesim.providers import AbstractProductProvider
    from stylesim.types import Slot

__all__ = ["BlockedProduct", "Recommendation", "RecommendationResult", "Recommender"]

_fixed = attrs.setters.frozen


@attrs.define(eq=False)
class Recommender:
    """Picks products that close the gaps of a closet, never what is owned already.

    For every slot of the regions of the body that count, the gaps first, the provider is asked
    once; the pictures of what it offers are compared with the wanted style, each in its own
    slot, and ranked by how far they raise the best outfit that the closet can make.

    Args:
        scorer: Compares clothes with the wanted style.
        provider: Where products come from: anything with a ``search`` method.
        owned_threshold: How sure it has to be, 0 to 1, that a product is owned, for it to be
            left out, and that two products are one. Embedding, colours and category count
            together; the weights and the default were chosen for the bundled backbone, see the
            benchmarks. Raise it if products are blocked that you do not own; 1 leaves out only the
            very pictures of the closet.
        diversity: Weight, 0 to 1, of being unlike the other picks; 0 ranks by ``rank_by`` alone.
        good: Similarity, 0 to 1, from which an outfit is good, for ``unlocks``.
        most: Products read at most from one answer of the provider.
        shortlist: Products looked at most for each slot, where the provider is a catalogue with
            more that was embedded by the scorer's model: those nearest to the wanted style.
        fetcher: Fetches pictures, where they are asked for.
        most_pictures: Pictures fetched at most in one call.

    Raises:
        InvalidArgumentError: A setting is of the wrong kind or out of range.

    Examples:
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

    scorer: SimilarityScorer = attrs.field(on_setattr=_fixed)
    provider: AbstractProductProvider = attrs.field(on_setattr=_fixed)
    owned_threshold: float = attrs.field(default=_owned.SURE, kw_only=True, on_setattr=_fixed)
    diversity: float = attrs.field(default=0.3, kw_only=True, on_setattr=_fixed)
    good: float = attrs.field(default=0.5, kw_only=True, on_setattr=_fixed)
    most: int = attrs.field(default=10_000, kw_only=True, on_setattr=_fixed)
    shortlist: int = attrs.field(default=300, kw_only=True, on_setattr=_fixed)
    fetcher: PictureFetcher = attrs.field(
        factory=PictureFetcher, kw_only=True, on_setattr=_fixed, repr=False
    )
    most_pictures: int = attrs.field(default=200, kw_only=True, on_setattr=_fixed)
    _shelf: Shelf = attrs.field(factory=Shelf, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        scorer: object = self.scorer
        if not isinstance(scorer, SimilarityScorer):
            todo = "pass SimilarityScorer(model)"
            raise expected("scorer", "a SimilarityScorer", scorer, todo)
        if not callable(getattr(self.provider, "search", None)):
            todo = "pass a CatalogProvider, or wrap a function in a FunctionProvider"
            raise expected("provider", "an object with a search method", self.provider, todo)
        if not callable(getattr(self.fetcher, "fetch", None)):
            todo = "pass a PictureFetcher"
            raise expected("fetcher", "an object with a fetch method", self.fetcher, todo)
        for name in ("owned_threshold", "diversity", "good"):
            check_between(name, getattr(self, name), 0, 1, f"leave {name} out")
        for name in ("most", "shortlist", "most_pictures"):
            check_whole(name, getattr(self, name))

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
        rank_by: Literal["gain", "gain_per_price", "similarity", "price"] = "gain",
        fetch_images: bool = False,
        progress: bool = False,
    ) -> RecommendationResult:
        """Pick products.

        What raises no best outfit is picked only after what does, and only if the wanted class is
        the likeliest for it. No two picks are near twins, and likeness to the other picks counts
        against a product. The same closet, provider and settings give the same picks.

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
            rank_by: ``"gain"``; ``"gain_per_price"``; ``"similarity"``; or ``"price"``: the
                cheapest of those that gain first. By the two of price, what does not tell its
                price comes last.
            fetch_images: Whether to fetch the pictures of products that have only the address of
                one. The shop then learns what is looked at. Needs the extra ``http``.
            progress: Whether to show a progress bar on standard error.

        Returns:
            At most ``k`` recommendations, and what was blocked and skipped.

        Raises:
            InvalidArgumentError: An argument is of the wrong kind or out of range, or prices of
                several currencies would have to be compared.
            ProviderError: The provider failed.
            NotFittedError: The model has not learned a style yet.
            MissingExtraError: ``fetch_images`` without httpx.
        """
        asked = Asked.of({
            "k": k, "max_price": max_price, "min_price": min_price, "currency": currency,
            "slot": slot, "category": category, "gender": gender, "brand": brand,
            "colour": colour, "size": size, "words": words, "rank_by": rank_by,
            "fetch_images": fetch_images, "progress": progress,
        })  # fmt: skip
        report, closet, queries = self._ready(wardrobe, asked)
        finds = search_all(self.provider, queries, self.most)
        return self._judged(asked, report, closet, queries, finds)

    async def arecommend(
        self, wardrobe: Wardrobe | SimilarityReport, **wishes: Unpack[Wishes]
    ) -> RecommendationResult:
        """Pick products without blocking the event loop.

        The provider is asked by its ``asearch`` where it has one, in a thread where not; looking
        at pictures and scoring run in a thread.

        Args:
            wardrobe: As for ``recommend``.
            **wishes: The other arguments of ``recommend``.

        Returns:
            As ``recommend``.

        Raises:
            InvalidArgumentError: As for ``recommend``.
            ProviderError: As for ``recommend``.
            NotFittedError: As for ``recommend``.
            MissingExtraError: As for ``recommend``.
        """
        asked = Asked.of(wishes)
        ready = await asyncio.to_thread(self._ready, wardrobe, asked)
        finds = await asearch_all(self.provider, ready[-1], self.most)
        return await asyncio.to_thread(self._judged, asked, *ready, finds)

    def _ready(
        self, wardrobe: object, asked: Asked
    ) -> tuple[SimilarityReport, Closet, list[ProductQuery]]:
        """Score the closet, and say what to ask for."""
        report = self._report(wardrobe, progress=asked.progress)
        owned = wardrobe if isinstance(wardrobe, Wardrobe) else None
        closet = Closet.of(report, owned, self.good)
        queries = asked.queries(closet)
        return (
            report,
            closet,
            towards_the_style(queries, self.provider, self.scorer.model, self.shortlist),
        )

    def _judged(
        self,
        asked: Asked,
        report: SimilarityReport,
        closet: Closet,
        queries: list[ProductQuery],
        finds: Finds,
    ) -> RecommendationResult:
        """Look at what was found, leave out what is owned, and pick."""
        products, skipped = list(finds.products.values()), list(finds.skipped)
        asked.check_currencies(products)
        if asked.fetch_images:
            products, lost = with_pictures(products, self.fetcher, self.most_pictures)
            skipped += lost
        offers, lost = self._shelf.see(self.scorer.model, products, progress=asked.progress)
        skipped += lost
        prospects: list[Prospect] = []
        blocked: list[BlockedProduct] = []
        owned, slots = Owned.of(report), {one.slot for one in queries}
        rows = self.scorer.score([one.view for one in offers])
        for offer, row in zip(offers, rows, strict=True):
            if offer.slot is None and "whole" not in closet.regions:
                why = "neither it nor its picture tells where on the body it is worn"
                skipped.append(_skip(offer, why))
            elif offer.slot is None or offer.slot in slots:
                match = owned.match(offer.view, offer.product.image)
                if match is not None and match.sure >= self.owned_threshold:
                    blocked.append(match.blocked(offer.product))
                else:
                    prospects.append(Prospect.of(offer, row, closet))
        picks, twins = chosen(
            prospects, asked.k, asked.rank_by, diversity=self.diversity, twin=self.owned_threshold
        )
        skipped += [_skip(one.offer, f"near twin of {other}") for one, other in twins]
        made = tuple(pick.recommendation(closet) for pick in picks)
        return RecommendationResult(
            made, tuple(blocked), tuple(skipped), tuple(finds.links.values())
        )

    def _report(self, given: object, *, progress: bool) -> SimilarityReport:
        if not isinstance(given, SimilarityReport):
            return self.scorer.score(given, progress=progress)  # type: ignore[arg-type]
        classes = tuple(self.scorer.model.classes_)
        if given.classes != classes:
            wish, todo = f"a report of the classes {', '.join(classes)}", "score the closet again"
            raise expected("wardrobe", wish, ", ".join(given.classes), todo)
        return given


def _skip(offer: Offer, why: str) -> SkippedProduct:
    return SkippedProduct(why, id=offer.product.id, source=offer.product.source)
