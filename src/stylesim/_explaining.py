"""What an explanation is made of: parts with their heat, nearest photographs, one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._finding import garments_in
from stylesim._heat import WHOLE, area_of, garment_heat
from stylesim._looking import look
from stylesim._regions import regions_of, speaker
from stylesim._scoring import checked_weights, row_of, together
from stylesim._seeing import Item
from stylesim._seeing import Part as Judged
from stylesim.backbones.activation import CHOSEN
from stylesim.garments import FunctionFinder
from stylesim.images import thumbnail_png
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PIL import Image

    from stylesim._report import ItemSimilarity
    from stylesim._views import GarmentView, PictureView
    from stylesim.backbones.activation import Cam
    from stylesim.classifier import LightweightClassifier
    from stylesim.garments import FoundGarment
    from stylesim.style_target import StyleTarget
    from stylesim.types import BoolArray, FloatArray

_REGIONS = frozenset(region for regions in REGIONS_OF.values() for region in regions)


@attrs.frozen
class Part:
    """One garment of an explained picture, or the whole picture.

    Attributes:
        slot: Where it is worn; None for the whole picture.
        category: What it is; None where not known.
        box: Left, top, right and bottom edge in the explained picture, in pixels.
        similarity: Probability of the wanted class by the regions that it speaks for, 0 to 1: of
            ``by_slot`` for one region, put together as in the whole similarity for several.
        weight: How much it counts in the similarity of the picture, 0 to 1.
        heat: Its share of the picture's heat, 0 to 1.
    """

    slot: Slot | None
    category: str | None
    box: tuple[int, int, int, int]
    similarity: float
    weight: float
    heat: float

    @property
    def name(self) -> str:
        """What to call it."""
        return self.category or (str(self.slot) if self.slot else "whole picture")

    def scaled(self, scale: float, size: tuple[int, int]) -> Part:
        """The part in a picture of another size, where it is at least a pixel wide and high."""
        left, top, right, bottom = (round(edge * scale) for edge in self.box)
        left, top = min(left, size[0] - 1), min(top, size[1] - 1)
        box = (left, top, max(right, left + 1), max(bottom, top + 1))
        return attrs.evolve(self, box=box)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**attrs.asdict(self), "slot": str(self.slot) if self.slot else None}


@attrs.frozen
class Nearest:
    """A photograph of the target that is near to the explained picture.

    Attributes:
        label: The class it belongs to.
        place: Its place in the class, from 0.
        cosine: Mean cosine of its garments with those of the picture, -1 to 1.
        source: Its file or its place in the target; None where the target is not at hand.
        thumbnail: PNG of at most 96 pixels a side; None likewise.
    """

    label: str
    place: int
    cosine: float
    source: str | None = None
    thumbnail: bytes | None = attrs.field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without the thumbnail."""
        kept = attrs.asdict(self)
        del kept["thumbnail"]
        return kept


@attrs.frozen(eq=False)
class Scored:
    """One picture, its score, and the score taken apart.

    Attributes:
        row: As a scorer gives it.
        parts: The garments that count.
        heat: float32 array of shape (height, width), in no fixed unit.
        compared: bool array of the same shape: the garments that count.
        method: How the heat was found.
        view: What was seen.
    """

    row: ItemSimilarity
    parts: tuple[Part, ...]
    heat: FloatArray
    compared: BoolArray
    method: str
    view: PictureView


def explained_parts(
    model: LightweightClassifier,
    picture: Image.Image,
    slot: Slot | str | None,
    slot_weights: Mapping[Any, float] | None,
    *,
    heat: bool = True,
    cam: Cam | None = CHOSEN,
) -> Scored:
    """Score one picture and take its score apart."""
    finder, backbone = model._finder(), model._backbone()
    slot, weights = Slot.parse(slot), checked_weights(slot_weights)
    found = garments_in(finder, [picture])[0]
    if slot is not None:
        of_slot = [garment for garment in found if garment.slot is slot] or found
        found = sorted(of_slot, key=lambda one: one.area)[-1:]
    # Garments are looked for once, and seen by the same code as when they are scored.
    same = FunctionFinder(lambda _: found, name=finder.name)
    view = look([picture], same, backbone, slots=[slot])[0][0]
    answers = model.judge_by_region([view])[0]
    item = Item("image", (Judged("image", slot, view=view),), slot)
    row = row_of(item, [answers], model.classes_, weights, model.slots_ or (WHOLE,))
    maps, method = np.zeros((picture.height, picture.width), np.float32), "none"
    compared = np.zeros(maps.shape, np.bool_)
    parts, amounts = [], []
    # Of a garment asked for by its slot nothing is pooled.
    pooled = {name: answers[name].share for name in row.counted} if slot is None else {}
    for part, garment, shares in _drawn(view, found, _shares(row.counted, weights, pooled)):
        told = np.array([weights.get(name) or 1.0 for name in shares])
        said = together([answers[name] for name in shares], told, worn=slot is None)
        alone = said.similarity
        compared |= area_of(picture, garment)
        if heat:
            scaled = {name: share * alone for name, share in shares.items()}
            values, method = garment_heat(model, backbone, picture, garment, scaled, cam)
            maps += values
            amounts.append(float(values.sum()))
        box = (0, 0, *picture.size) if garment is None else garment.box
        parts.append(Part(part.slot, part.category, box, alone, sum(shares.values()), 0.0))
    if sum(amounts) > 0:
        parts = [
            attrs.evolve(part, heat=amount / sum(amounts))
            for part, amount in zip(parts, amounts, strict=True)
        ]
    return Scored(row, tuple(parts), maps, compared, method, view)


def _shares(
    counted: Sequence[str], weights: Mapping[str, float], pooled: Mapping[str, float]
) -> dict[str, float]:
    """What each region counts in the similarity, their sum 1.

    Args:
        counted: Those that have a say.
        weights: Weight by region; all alike where none of these has one.
        pooled: Shares in the pool of a photograph; 1 where not named.
    """
    told = {name: weights.get(name, 0.0) for name in counted}
    if not any(told.values()):
        told = dict.fromkeys(counted, 1.0)
    told = {name: weight * pooled.get(name, 1.0) for name, weight in told.items()}
    total = sum(told.values())
    return {name: weight / total for name, weight in told.items()}


def _drawn(
    view: PictureView, found: Sequence[FoundGarment], counted: Mapping[str, float]
) -> list[tuple[GarmentView, FoundGarment | None, dict[str, float]]]:
    """Garments that count, where they are, and their weight in each region."""
    garments: list[FoundGarment | None] = list(found) or [None] * len(view.garments)
    covers = [
        [name for name in regions_of(part) if name in counted and speaker(view, name) is part]
        for part in view.garments
    ]
    drawn: list[tuple[GarmentView, FoundGarment | None, dict[str, float]]] = [
        (part, garment, {name: counted[name] for name in names})
        for part, garment, names in zip(view.garments, garments, covers, strict=True)
        if names
    ]
    if WHOLE in counted:
        drawn.append((view.whole, None, {WHOLE: counted[WHOLE]}))
    return drawn


def nearest_photographs(
    model: LightweightClassifier, view: PictureView, target: StyleTarget | None, k: int
) -> tuple[tuple[Nearest, ...], list[str]]:
    """The k nearest photographs of the target, and a note where they cannot be told."""
    if target is not None:
        flat = [picture for pictures in target.images.values() for picture in pictures]
        views = iter(model.view(flat))
        kept = [[next(views) for _ in pictures] for pictures in target.images.values()]
    elif model._seen is not None:
        kept = [[ways[0] for ways in pictures] for pictures in model._seen[1]]
    else:
        text = "The model does not hold the photographs of its target"
        return (), [f"{text}: pass target= to be told the nearest."]
    rows = [
        Nearest(label, place, _cosine(view, other))
        for label, pictures in zip(model.classes_, kept, strict=True)
        for place, other in enumerate(pictures)
    ]
    best = sorted(rows, key=lambda row: -row.cosine)[:k]
    if target is not None:
        best = [
            attrs.evolve(
                row,
                source=target.sources[row.label][row.place],
                thumbnail=thumbnail_png(target.images[row.label][row.place]),
            )
            for row in best
        ]
    return tuple(best), []


def _cosine(view: PictureView, other: PictureView) -> float:
    """Mean over the regions both show of the best cosine of their garments; else of the wholes."""
    values = []
    for region in sorted(_REGIONS):
        own, theirs = (
            [part.embedding for part in one.garments if region in regions_of(part)]
            for one in (view, other)
        )
        if own and theirs:
            values.append(float((np.stack(own) @ np.stack(theirs).T).max()))
    if not values:
        values = [float(view.whole.embedding @ other.whole.embedding)]
    return float(np.clip(np.mean(values), -1, 1))


def sentence_of(row: ItemSimilarity, parts: Sequence[Part], nearest: Sequence[Nearest]) -> str:
    """The explanation in one sentence."""
    by_class = row.by_class
    names = list(by_class)
    wanted = names[0]
    first = f"{row.similarity:.2f} similar to {wanted}"
    top = max(names, key=lambda name: by_class[name])
    if not row.compared:
        first = f"Not compared: {wanted} shows too little of it"
    elif row.neither:
        first += f", and probably like none of the classes ({row.p_neither:.2f})"
    elif top != wanted:
        first += f", nearer to {top} ({row.shares[top]:.2f})"
    if len(parts) > 1 and row.compared:
        ranked = sorted(parts, key=lambda part: -part.similarity)
        best, worst = ranked[0], ranked[-1]
        first += f": the {best.name} most ({best.similarity:.2f})"
        first += f", the {worst.name} least ({worst.similarity:.2f})"
    elif parts and row.compared:
        first += f", judged by the {parts[0].name}"
    if nearest:
        named = nearest[0].source or f"number {nearest[0].place + 1}"
        first += f"; the nearest photograph is {named} of {nearest[0].label}"
    return first + "."
