"""Outfits: garments worn together, and the best ones that a closet can make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from stylesim._assembling import AssembledOutfit, Rack, assembled
from stylesim._candidates import Candidate, candidates_of
from stylesim._checks import check_between, check_whole
from stylesim._outfit import Outfit, OutfitPart
from stylesim._scoring import checked_weights
from stylesim._tallying import tally
from stylesim.errors import expected
from stylesim.similarity import SimilarityReport, SimilarityScorer
from stylesim.wardrobe import Wardrobe

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AssembledOutfit",
    "Candidate",
    "Outfit",
    "OutfitPart",
    "assemble",
    "best_outfits",
    "candidates_of",
    "count_good",
]


def assemble(
    wardrobe: Wardrobe,
    scorer: SimilarityScorer,
    k: int = 5,
    *,
    report: SimilarityReport | None = None,
    with_outer: bool | None = None,
    with_shoes: bool | None = None,
    max_repeats: int | None = 2,
    twin: float = 0.99,
    progress: bool = False,
) -> list[AssembledOutfit]:
    """Put together the outfits of owned garments that come nearest to the wanted style.

    An outfit is a top with a bottom, or a full garment; outerwear and shoes go over it where they
    raise it, or as asked. Garments without a slot are left out. See ``best_outfits`` for how
    outfits are chosen.

    Args:
        wardrobe: The closet.
        scorer: Compares clothes with the wanted style.
        k: Most outfits.
        report: What the scorer said of the closet; None asks it.
        with_outer: Whether outfits have outerwear, where any is owned; None where it raises them.
        with_shoes: The same of shoes. They raise nothing unless ``slot_weights`` of the scorer
            gives them a weight.
        max_repeats: How often a garment of quantity 1 may appear in all outfits together; one of
            quantity 2 twice as often. 1 gives outfits that can be worn or packed at once. None
            for any number. Outerwear and shoes that are asked for appear more often where the
            closet has too few.
        twin: Cosine, -1 to 1, of two embeddings from which two garments are near-twins.
        progress: Whether to show a progress bar on standard error.

    Returns:
        At most k outfits, the best first; none where the closet has neither a full garment nor
        both a top and a bottom.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind or out of range.
        NotFittedError: The model has not learned a style yet.

    Examples:
        >>> import numpy as np
        >>> from PIL import Image
        >>> import stylesim as ss
        >>> mean = lambda images: [np.asarray(im).mean((0, 1)) + 1 for im in images]
        >>> reds = [Image.new("RGB", (8, 8), (200, 20, 30 + i)) for i in range(3)]
        >>> blues = [Image.new("RGB", (8, 8), (20, 30 + i, 200)) for i in range(3)]
        >>> colours = ss.FunctionBackbone(mean, name="mean colour")
        >>> model = ss.LightweightClassifier(finder=ss.WholePictureFinder(), backbone=colours)
        >>> scorer = ss.SimilarityScorer(
        ...     model.fit(ss.StyleTarget(reds, {"blue": blues}), progress=False)
        ... )
        >>> closet = ss.Wardrobe()
        >>> for slot, picture in {"top": reds[0], "bottom": reds[1], "full": blues[0]}.items():
        ...     _ = closet.add(picture, slot=slot)
        >>> [[one.slot.value for one in outfit.garments] for outfit in assemble(closet, scorer)]
        [['top', 'bottom'], ['full']]
    """
    owned: object = wardrobe
    if not isinstance(owned, Wardrobe):
        raise expected("wardrobe", "a Wardrobe", owned, "pass the closet that was scored")
    asked: object = scorer
    if not isinstance(asked, SimilarityScorer):
        raise expected("scorer", "a SimilarityScorer", asked, "pass SimilarityScorer(model)")
    said: object = report
    if said is not None and not isinstance(said, SimilarityReport):
        raise expected("report", "a SimilarityReport", said, "pass scorer.score(wardrobe)")
    if report is None:
        report = scorer.score(wardrobe, progress=progress)
    return best_outfits(
        [one for one in candidates_of(report, wardrobe) if one.id in wardrobe],
        k=k, slot_weights=scorer.weights, with_outer=with_outer, with_shoes=with_shoes,
        max_repeats=max_repeats, twin=twin,
    )  # fmt: skip


def best_outfits(
    candidates: Iterable[Candidate],
    *,
    k: int = 5,
    slot_weights: Mapping[str, float] | None = None,
    with_outer: bool | None = None,
    with_shoes: bool | None = None,
    max_repeats: int | None = 2,
    twin: float = 0.99,
) -> list[AssembledOutfit]:
    """Choose the best outfits of garments whose similarity is known.

    The similarity of an outfit is the weighted mean of its regions of the body, as the scorer
    makes it; a region with two garments (a top under a jacket) has their mean. So the outfits
    come out exactly: each is the best of all that the rules allow after those before it, and a
    search best first over sorted lists finds it without going through all. The rules: no garment
    more often than ``max_repeats`` times its quantity, and no two outfits of the same base, or of
    bases that differ only in near-twins.

    Args:
        candidates: The garments. Those of other slots than top, outer, full, bottom and shoes
            take no part.
        k: Most outfits.
        slot_weights: Weight by slot or region, as for ``SimilarityScorer``.
        with_outer: As for ``assemble``.
        with_shoes: As for ``assemble``.
        max_repeats: As for ``assemble``.
        twin: As for ``assemble``.

    Returns:
        At most k outfits, the best first; equals in the order of their ids, except that among
        garments whose regions have no weight the most similar come first.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind or out of range.

    Examples:
        >>> closet = [
        ...     Candidate("blouse", "top", 0.9),
        ...     Candidate("tee", "top", 0.2),
        ...     Candidate("skirt", "bottom", 0.7),
        ...     Candidate("jacket", "outer", 0.6),
        ... ]
        >>> for outfit in best_outfits(closet):
        ...     print(outfit.ids, round(outfit.similarity, 2))
        ('blouse', 'skirt') 0.8
        ('tee', 'jacket', 'skirt') 0.55
    """
    check_whole("k", k)
    if max_repeats is not None:
        check_whole("max_repeats", max_repeats)
    check_between("twin", twin, -1, 1, "pass 0.99")
    rack = _rack(candidates, slot_weights, with_outer, with_shoes)
    return list(assembled(rack, k, max_repeats, twin))


def count_good(
    candidates: Iterable[Candidate],
    *,
    threshold: float = 0.5,
    slot_weights: Mapping[str, float] | None = None,
    with_outer: bool | None = None,
    with_shoes: bool | None = None,
) -> int:
    """Count the good outfits that garments make, exactly and without going through them.

    Every top with every bottom and every full garment counts by itself and with each outerwear,
    and again with each pair of shoes where shoes have a weight.

    Args:
        candidates: The garments.
        threshold: Similarity, 0 to 1, from which an outfit is good.
        slot_weights: Weight by slot or region, as for ``SimilarityScorer``.
        with_outer: True counts only outfits with outerwear, where there is any; False only
            those without.
        with_shoes: The same of shoes; True counts them also where they have no weight.

    Returns:
        How many outfits have at least that similarity.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind or out of range.

    Examples:
        >>> closet = [
        ...     Candidate("blouse", "top", 0.9),
        ...     Candidate("tee", "top", 0.2),
        ...     Candidate("skirt", "bottom", 0.7),
        ...     Candidate("jacket", "outer", 0.6),
        ... ]
        >>> count_good(closet)  # blouse + skirt, the same with the jacket, tee + jacket + skirt
        3
    """
    check_between("threshold", threshold, 0, 1, "pass 0.5")
    return tally(_rack(candidates, slot_weights, with_outer, with_shoes), threshold).total


def _rack(
    candidates: Iterable[Candidate],
    slot_weights: Mapping[str, float] | None,
    with_outer: bool | None,
    with_shoes: bool | None,
) -> Rack:
    given: object = candidates
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise expected("candidates", "garments", given, "pass candidates_of(report, wardrobe)")
    garments = list(given)
    for place, one in enumerate(garments):
        if not isinstance(one, Candidate):
            wish, todo = "a Candidate", "pass candidates_of(report, wardrobe)"
            raise expected(f"candidates[{place}]", wish, one, todo)
    twice = [name for name, count in Counter(one.id for one in garments).items() if count > 1]
    if twice:
        todo = "say how many there are with quantity"
        raise expected("candidates", "each id once", f"{twice[0]!r} several times", todo)
    wishes: dict[str, object] = {"with_outer": with_outer, "with_shoes": with_shoes}
    for argument, wanted in wishes.items():
        if wanted is not None and not isinstance(wanted, bool):
            raise expected(argument, "True, False or None", wanted, "leave it out")
    return Rack.of(garments, checked_weights(slot_weights), with_outer, with_shoes)
