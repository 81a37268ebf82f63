"""How near garments, outfits and pictures come to the wanted style."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from stylesim._report import WHOLE, ItemSimilarity, SeenGarment, SimilarityReport, SlotSummary
from stylesim._scoring import checked_weights, row_of
from stylesim._seeing import StyleModel, read_items, see
from stylesim._tables import SimilarityTable
from stylesim.errors import StyleSimError, expected
from stylesim.explanation import explain
from stylesim.wardrobe import Wardrobe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stylesim._seeing import Item, Items, Scorable
    from stylesim._views import PictureView
    from stylesim.explanation import Explanation
    from stylesim.style_target import StyleTarget

__all__ = [
    "ItemSimilarity",
    "SeenGarment",
    "SimilarityReport",
    "SimilarityScorer",
    "SimilarityTable",
    "SlotSummary",
    "StyleModel",
]

_NEEDED = ("classes_", "view_key", "view", "proba_by_region")
_AT_ONCE = 256  # views that are judged together


@attrs.define(eq=False)
class SimilarityScorer:
    """Scores clothes by the probability that they are of the wanted style.

    Upper and lower body count alike, however much of the picture either fills: in a photograph by
    the product of their probabilities, as evidence on one outfit, in which the half that
    is surer of the style counts less, so that neither decides alone; in an ``Outfit`` of
    pieces by the mean, as each piece earns its part. Other regions (shoes, headwear, bag,
    accessory) are told, but count only where nothing else shows or ``slot_weights`` names them.
    A picture without a garment is compared as a whole, and its row says so.

    What is unlike every class, wanted or not, is of none: its row has ``neither``, and that
    much is taken from its similarity. And each similarity has an interval, for another ten
    photographs of the same style would have given another number.

    The similarity is that of the few-shot style comparison with a fine-tuned YOLOv8 classifier
    that stylesim builds on, there of whole pictures; see the design notes. "Neither": K. Lee et
    al., A Simple Unified Framework for Detecting Out-of-Distribution Samples, NeurIPS 2018, and
    J. Ren et al., A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection, 2021.

    Args:
        model: A fitted ``LightweightClassifier``, or anything with its ``classes_``,
            ``view_key``, ``view`` and ``proba_by_region``; without its ``judge_by_region``
            nothing is "neither", and intervals are (0, 1).
        slot_weights: Weight, at least 0, by slot (``"top"``) or region (``"upper"``); what is
            not named keeps its weight: 1 for the upper and the lower body, 0 for the others.

    Raises:
        InvalidArgumentError: The model lacks something, or a weight is out of range.

    Examples:
        >>> import numpy as np
        >>> from PIL import Image
        >>> from stylesim import FunctionBackbone, LightweightClassifier, StyleTarget
        >>> from stylesim import WholePictureFinder
        >>> mean = lambda images: [np.asarray(im).mean((0, 1)) + 1 for im in images]
        >>> reds = [Image.new("RGB", (8, 8), (200, 20, 30 + i)) for i in range(3)]
        >>> blues = [Image.new("RGB", (8, 8), (20, 30 + i, 200)) for i in range(3)]
        >>> colours = FunctionBackbone(mean, name="mean colour")
        >>> whole = WholePictureFinder()
        >>> model = LightweightClassifier(finder=whole, backbone=colours)
        >>> model = model.fit(StyleTarget(reds, {"blue": blues}), progress=False)
        >>> report = SimilarityScorer(model).score({"red": reds[0], "blue": blues[0]})
        >>> report["red"].similarity > 0.5 > report["blue"].similarity
        True
        >>> [row.id for row in report.gaps()]
        ['blue', 'red']
    """

    model: StyleModel = attrs.field(on_setattr=attrs.setters.frozen)
    slot_weights: Mapping[str, float] | None = attrs.field(
        default=None, kw_only=True, on_setattr=attrs.setters.frozen
    )
    _weights: dict[str, float] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # Looked up on the class, for an unfitted model raises when its fields are read.
        missing = [
            name
            for name in _NEEDED
            if not hasattr(type(self.model), name) and name not in vars_of(self.model)
        ]
        if missing or isinstance(self.model, type):
            got = f"{type(self.model).__name__} without {', '.join(missing)}"
            got = f"the class {self.model.__name__}" if isinstance(self.model, type) else got
            todo = "pass a fitted LightweightClassifier"
            raise expected("model", "a classifier", got, todo)
        self._weights = checked_weights(self.slot_weights)

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of each region that counts."""
        return MappingProxyType(self._weights)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions of the body that the model can compare; ``("whole",)`` if none."""
        regions = getattr(self.model, "slots_", ("upper", "lower"))
        return tuple(regions) or (WHOLE,)

    def score(self, items: Items, *, progress: bool = False) -> SimilarityReport:
        """Score clothes.

        Args:
            items: A ``Wardrobe``; an ``Outfit``; or a list, or a dict by name, of
                pictures, garments, outfits, or views made by ``model.view``. Of a garment that
                has a slot only what is worn there is scored. The views of a wardrobe's pictures
                are kept in it, so that they are made once.
            progress: Whether to show a progress bar on standard error.

        Returns:
            One row an item, in their order; empty for nothing.

        Raises:
            NotFittedError: The model has not learned a style yet.
            ImageError: A picture cannot be read; it is named.
            InvalidArgumentError: ``items`` is something else.
        """
        classes = tuple(self.model.classes_)
        things = read_items(items)
        parts = [part for item in things for part in item.parts]
        see(self.model, parts, items if isinstance(items, Wardrobe) else None, progress=progress)
        return SimilarityReport(
            classes, self._rows(things, classes), self._weights.copy(), self.regions
        )

    def explain(
        self, item: Scorable, *, target: StyleTarget | None = None, k: int = 3
    ) -> Explanation:
        """Explain the similarity of one item: where it comes from, and what it is nearest to.

        Args:
            item: A picture, a garment, or an outfit of one photograph.
            target: The target, so that its nearest photographs can be told of a model that was
                loaded or fine-tuned, and named by file.
            k: How many of the nearest photographs are told.

        Returns:
            A heat map over the picture, the nearest photographs, and one sentence; see
            ``stylesim.explanation.explain``.

        Raises:
            InvalidArgumentError: The item has no picture or several, or the model is no
                ``LightweightClassifier``.
            NotFittedError: The model has not learned a style yet.
            ImageError: The picture cannot be read.
        """
        parts = read_items([item])[0].parts
        image = parts[0].image
        if len(parts) > 1 or image is None:
            got = f"{len(parts)} pictures" if len(parts) > 1 else "a view without its picture"
            raise expected("item", "one picture", got, "explain its garments one by one")
        model: Any = self.model
        weights, slot = self.weights, parts[0].slot
        return explain(model, image(), slot=slot, slot_weights=weights, target=target, k=k)

    def _rows(self, things: list[Item], classes: tuple[str, ...]) -> tuple[ItemSimilarity, ...]:
        views = [part.view for item in things for part in item.parts if part.view is not None]
        said, known = self._answers(views), self.regions
        return tuple(
            row_of(item, [next(said) for _ in item.parts], classes, self._weights, known)
            for item in things
        )

    def _answers(self, views: Sequence[PictureView]) -> Iterator[Any]:
        """What the model says of each view; not of all at once, for each holds many draws."""
        name = "judge_by_region" if hasattr(self.model, "judge_by_region") else "proba_by_region"
        for start in range(0, len(views), _AT_ONCE):
            some = views[start : start + _AT_ONCE]
            answers = list(getattr(self.model, name)(some))
            if len(answers) != len(some):
                wish, todo = f"{len(some)} answers, one a view", "return one answer a view"
                raise expected(f"model.{name}", wish, f"{len(answers)}", todo, StyleSimError)
            yield from answers


def vars_of(thing: object) -> Mapping[str, object]:
    """The instance's own fields; empty where it has none."""
    return getattr(thing, "__dict__", {})
