"""Why a picture is similar to the wanted style: where, nearest to what, and in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from PIL import Image

from stylesim._checks import check_seed, check_whole
from stylesim._deleting import hottest_marks, random_marks, similarity_without
from stylesim._explained import Explanation, highest
from stylesim._explaining import Nearest, Part, explained_parts, nearest_photographs, sentence_of
from stylesim.classifier import LightweightClassifier
from stylesim.errors import NotFittedError, expected
from stylesim.images import load_image
from stylesim.style_target import StyleTarget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylesim._explaining import Scored
    from stylesim.types import ImageLike, Slot

__all__ = ["DeletionTest", "Explanation", "Nearest", "Part", "deletion_test", "explain"]

_SHORT_SIDE = 640  # as pictures are decoded for scoring
_LONGEST = 1024


@attrs.frozen
class DeletionTest:
    """What deleting places of a picture does to its similarity.

    Attributes:
        before: Similarity of the picture with nothing deleted, 0 to 1; as for the others, its
            longest side is at most 1024 pixels, so that of larger pictures it is not quite the
            similarity that ``explain`` tells.
        hottest: Similarity with the hottest places deleted.
        random: Similarity with as many places deleted at random, the mean of all draws.
        share: Share of the pixels that were deleted.

    Examples:
        >>> DeletionTest(before=0.9, hottest=0.4, random=0.8, share=0.1).passed
        True
    """

    before: float
    hottest: float
    random: float
    share: float

    @property
    def passed(self) -> bool:
        """Whether the hottest places mattered more than random ones."""
        return self.hottest < self.random


def explain(
    model: LightweightClassifier,
    image: ImageLike,
    *,
    slot: Slot | str | None = None,
    slot_weights: Mapping[Any, float] | None = None,
    target: StyleTarget | None = None,
    k: int = 3,
) -> Explanation:
    """Explain the similarity of one picture.

    Each garment's heat is the class activation map of its cut-out, for the
    log-odds of the wanted class, times its probability and its weight in the
    similarity. With a backbone that is not YOLOv8's, it is how far grey
    patches lower the log-odds.

    Args:
        model: A fitted classifier.
        image: The picture.
        slot: Of a picture of a single garment its slot, which overrules the finder.
        slot_weights: How much each region of the body, or slot, counts, as for
            ``stylesim.SimilarityScorer``; None weighs upper and lower
            body alike.
        target: The target, so that its nearest photographs can be told of a
            model that was loaded or fine-tuned, and named by file.
        k: How many of the nearest photographs are told.

    Returns:
        The explanation.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind, or ``target``
            has other classes than the model.
        NotFittedError: The model has learned nothing yet.
        ImageError: The picture cannot be read.

    Examples:
        >>> from stylesim import StyleTarget, WholePictureFinder
        >>> from stylesim.backbones import FunctionBackbone
        >>> colours = FunctionBackbone(
        ...     lambda some: np.stack([np.asarray(one).mean((0, 1)) + 1 for one in some]),
        ...     name="mean",
        ... )
        >>> shade = lambda *rgb: Image.new("RGB", (48, 48), rgb)
        >>> reds = [shade(200 + i, 20, 30) for i in range(3)]
        >>> blues = [shade(20, 30, 200 + i) for i in range(3)]
        >>> model = LightweightClassifier(backbone=colours, finder=WholePictureFinder())
        >>> model = model.fit(StyleTarget(reds, {"blue": blues}), progress=False)
        >>> why = explain(model, shade(205, 20, 30))
        >>> why.similarity > 0.5, why.parts[0].slot, why.heat.shape
        (True, None, (48, 48))

    Methods: Grad-CAM by R. Selvaraju et al., Visual Explanations from Deep
    Networks via Gradient-based Localization, ICCV 2017; occlusion by M. Zeiler
    and R. Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014.
    """
    _check(model, target, k)
    picture = load_image(image, shrink_to=_SHORT_SIDE)
    scored = explained_parts(model, picture, slot, slot_weights)
    nearest, said = nearest_photographs(model, scored.view, target, k)
    return _explained(picture, scored, nearest, said)


def deletion_test(
    model: LightweightClassifier,
    image: ImageLike,
    *,
    share: float = 0.1,
    draws: int = 5,
    seed: int = 0,
    inside: bool = False,
    slot: Slot | str | None = None,
    slot_weights: Mapping[Any, float] | None = None,
) -> DeletionTest:
    """Check an explanation: do the hottest places matter more than random ones?

    Places are deleted by painting them grey, and the picture is then scored from
    scratch, its garments found again. Random places are squares of a 24th of
    the picture's longest side.

    Args:
        model: A fitted classifier.
        image: The picture.
        share: Share of the pixels to delete, more than 0 and at most 1.
        draws: Number of random deletions.
        seed: Of the random deletions.
        inside: Whether the share is of the garments that were compared, the hottest and
            the random places alike: the harder test, for where the garments
            are is much of what a heat map knows.
        slot: As in ``explain``.
        slot_weights: Likewise.

    Returns:
        The similarities before and after.

    Raises:
        InvalidArgumentError: An argument is out of range; or as ``explain``.

    Examples:
        >>> from stylesim import StyleTarget, WholePictureFinder
        >>> from stylesim.backbones import FunctionBackbone
        >>> colours = FunctionBackbone(
        ...     lambda some: np.stack([np.asarray(one).mean((0, 1)) + 1 for one in some]),
        ...     name="mean",
        ... )
        >>> shade = lambda *rgb: Image.new("RGB", (48, 48), rgb)
        >>> model = LightweightClassifier(backbone=colours, finder=WholePictureFinder()).fit(
        ...     StyleTarget(
        ...         [shade(200, 0, 0), shade(210, 0, 0)],
        ...         {"grey": [shade(110, 110, 110), shade(120, 120, 120)]},
        ...     ),
        ...     progress=False,
        ... )
        >>> spot = shade(100, 100, 100)
        >>> spot.paste((250, 0, 0), (4, 4, 20, 20))
        >>> deletion_test(model, spot).passed
        True

    Method: V. Petsiuk, A. Das and K. Saenko, RISE: Randomized Input Sampling
    for Explanation of Black-box Models, BMVC 2018.
    """
    check_whole("draws", draws, "pass draws=5")
    rng = np.random.default_rng(check_seed(seed))
    _check(model, None, 1)
    highest(np.zeros((1, 1), np.float32), share)
    picture = load_image(image, shrink_to=_SHORT_SIDE)
    why = _explained(picture, explained_parts(model, picture, slot, slot_weights), ())
    marks = [hottest_marks(why, share, rng, inside=inside)]
    marks += [random_marks(why, share, rng, inside=inside) for _ in range(draws)]
    scores = [
        similarity_without(model, why, mark, slot, slot_weights)
        for mark in [np.zeros_like(marks[0]), *marks]
    ]
    return DeletionTest(scores[0], scores[1], float(np.mean(scores[2:])), float(share))


def _check(model: object, target: object, k: object) -> None:
    if not isinstance(model, LightweightClassifier):
        raise expected("model", "a LightweightClassifier", model, "fit one first")
    try:
        classes = model.classes_
    except NotFittedError as error:
        wish, todo = "a fitted classifier", "call fit or load first"
        got = "one that has learned nothing yet"
        raise expected("model", wish, got, todo, NotFittedError) from error
    check_whole("k", k, "pass k=3")
    if target is None:
        return
    if not isinstance(target, StyleTarget):
        raise expected("target", "a StyleTarget", target, "pass the one the model was fitted on")
    if target.classes != classes:
        wish = f"a target of the classes {', '.join(classes)}"
        todo = "pass the one the model was fitted on"
        raise expected("target", wish, ", ".join(target.classes), todo)


def _explained(
    picture: Image.Image, scored: Scored, nearest: tuple[Nearest, ...], said: Sequence[str] = ()
) -> Explanation:
    """Scale to at most the longest side that is shown, heat to at most 1."""
    heat, parts, compared = scored.heat, scored.parts, scored.compared
    scale = min(1.0, _LONGEST / max(picture.size))
    if scale < 1:
        size = tuple(max(1, round(side * scale)) for side in picture.size)
        width, height = size[0], size[1]
        picture = picture.resize((width, height), Image.Resampling.BOX)
        box = Image.Resampling.BOX
        heat = np.asarray(Image.fromarray(heat).resize((width, height), box), np.float32)
        compared = np.asarray(Image.fromarray(compared).resize((width, height)), np.bool_)
        heat = heat * compared  # its edges were blurred beyond the garments
        parts = tuple(part.scaled(scale, (width, height)) for part in parts)
    largest = float(heat.max())
    row = scored.row
    return Explanation(
        wanted=next(iter(row.by_class)),
        similarity=row.similarity,
        by_class=row.by_class,
        heat=heat / np.float32(largest) if largest > 0 else heat,
        picture=picture,
        parts=parts,
        nearest=nearest,
        sentence=sentence_of(row, parts, nearest),
        method=scored.method,
        notes=(*(() if row.assumed is None else (row.assumed,)), *said),
        compared=compared,
        p_neither=row.p_neither,
    )
