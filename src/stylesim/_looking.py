"""Looks at pictures: finds their garments, cuts them out and embeds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from PIL import ImageOps

from stylesim._colours import colours_of
from stylesim._cutting import CUT_SIDE, cut_out
from stylesim._embedding import kinds_in, unit_vectors
from stylesim._finding import garments_in
from stylesim._views import GarmentView, PictureView
from stylesim.backbones.base import listed
from stylesim.backbones.closely import features_closely
from stylesim.backbones.pictures import ahead
from stylesim.backbones.yolo import YoloBackbone
from stylesim.errors import expected
from stylesim.garments import Seen, WholePictureFinder
from stylesim.images import load_image
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PIL import Image

    from stylesim.backbones.base import AbstractBackbone
    from stylesim.garments import AbstractGarmentFinder, FoundGarment
    from stylesim.types import FloatArray, ImageLike

_BATCH = 32
# Garments are parts of a picture, so it is decoded larger than a network needs for the whole.
_SHORT_SIDE = 640


def look(
    images: Sequence[ImageLike],
    finder: AbstractGarmentFinder,
    backbone: AbstractBackbone,
    *,
    slots: Sequence[Slot | str | None] | None = None,
    mirrored: bool = False,
    argument: str = "images",
    on_pictures: Callable[[int], object] | None = None,
) -> list[tuple[PictureView, ...]]:
    """Find the garments of pictures, cut them out and embed them, batch by batch.

    Args:
        images: n pictures.
        finder: Finds the garments.
        backbone: Embeds them.
        slots: For each picture of a single garment its slot, which overrules
            the finder; None where the finder shall decide.
        mirrored: Whether each picture is also embedded mirrored.
        argument: Name of ``images`` for error messages.
        on_pictures: Called after each batch with the number of its pictures.

    Returns:
        For each picture its view and, if asked for, the mirrored view.

    Raises:
        ImageError: A picture cannot be read; its place is named.
        InvalidArgumentError: ``slots`` does not fit ``images``, or names no slot; or the finder
            or the backbone gives something else than it should.
    """
    pictures = listed(images, argument)
    told = _told(slots, len(pictures), argument)

    def load(place: int) -> Image.Image:
        name = f"{argument}[{place}]"
        return load_image(pictures[place], shrink_to=_SHORT_SIDE, argument=name)

    views: list[tuple[PictureView, ...]] = []
    if isinstance(finder, WholePictureFinder) and not mirrored and argument == "images":
        # Nothing is cut out, so the files go to the network, which decodes them small.
        kinds, rows = kinds_in(backbone), unit_vectors(backbone, pictures, on_pictures=on_pictures)
        for slot, *row in zip(told, *rows, strict=True):
            whole = GarmentView(None, None, 1.0, row[0], float(row[1]), kinds=kinds)
            alone = () if slot is None else (attrs.evolve(whole, slot=slot, confidence=0.0),)
            views.append((PictureView(alone, whole),))
        return views
    for some in ahead(load, range(len(pictures)), _BATCH):
        first = len(views)
        found = [
            _overruled(garments, slot)
            for garments, slot in zip(
                garments_in(finder, some), told[first : first + len(some)], strict=True
            )
        ]
        views += _embedded(some, found, backbone, mirrored=mirrored)
        if on_pictures is not None:
            on_pictures(len(some))
    return views


def _told(
    slots: Sequence[Slot | str | None] | None, count: int, argument: str
) -> list[Slot | None]:
    if slots is None:
        return [None] * count
    if isinstance(slots, str) or len(slots) != count:
        got = repr(slots) if isinstance(slots, str) else f"{len(slots)}"
        wish = f"{count} slots, one for each of {argument}"
        raise expected("slots", wish, got, "pass None where the finder shall decide")
    return [Slot.parse(slot, f"slots[{place}]") for place, slot in enumerate(slots)]


def _overruled(
    garments: Sequence[FoundGarment], slot: Slot | None
) -> list[tuple[Slot, FoundGarment | None]]:
    """Garments with their slots; only the one meant where the caller says which slot it is."""
    if slot is None:
        return [(garment.slot, garment) for garment in garments]
    if not garments:
        return [(slot, None)]
    of_slot = [garment for garment in garments if garment.slot is slot] or garments
    return [(slot, max(of_slot, key=lambda one: one.area))]


def _look_closely(
    parts: list[Image.Image | Seen],
    found: Sequence[Sequence[tuple[Slot, FoundGarment | None]]],
    backbone: YoloBackbone,
) -> None:
    """Replace garments that no finder looked at by what is seen of them."""
    garments: list[FoundGarment | None] = []
    for some in found:
        garments += [garment for _, garment in some if garment is not None]
        garments.append(None)  # the whole picture
    crops, worn = {}, []
    for place, (part, garment) in enumerate(zip(parts, garments, strict=True)):
        if garment is not None and not isinstance(part, Seen):
            crops[place] = part
            worn.append(garment.worn)
    if crops:
        rows = features_closely(backbone, list(crops.values()), worn)
        for place, row in zip(crops, rows, strict=True):
            parts[place] = Seen(backbone.name, row)


def _embedded(
    pictures: list[Image.Image],
    found: list[list[tuple[Slot, FoundGarment | None]]],
    backbone: AbstractBackbone,
    *,
    mirrored: bool,
) -> list[tuple[PictureView, ...]]:
    def cut(place: int) -> tuple[list[Image.Image | Seen], list[FloatArray | None]]:
        picture = pictures[place]
        garments = [garment for _, garment in found[place]]
        shown = [
            one.seen
            if one.seen is not None and one.seen.by == backbone.name
            else cut_out(picture, one, max_side=CUT_SIDE)
            for one in garments
            if one is not None
        ]
        return [*shown, picture], [colours_of(picture, one) for one in garments]

    (cuts,) = ahead(cut, range(len(pictures)), len(pictures))
    parts = [part for some, _ in cuts for part in some]
    ways = [parts]
    if mirrored:
        # What the finder looked at is the mean of both ways already.
        ways.append([p if isinstance(p, Seen) else ImageOps.mirror(p) for p in parts])
    if isinstance(backbone, YoloBackbone) and backbone.kinds is not None:
        for way in ways:
            _look_closely(way, found, backbone)
    told: list[Mapping[str, float] | None] = []
    for garments in found:
        told += [garment.kinds for _, garment in garments if garment is not None]
        told.append(None)  # of the whole picture
    unit, lengths = unit_vectors(backbone, [part for way in ways for part in way], told * len(ways))
    kinds = kinds_in(backbone)
    views: list[list[PictureView]] = [[] for _ in pictures]
    pixels = [picture.width * picture.height for picture in pictures]
    row = 0
    for _ in ways:
        for place, garments in enumerate(found):
            own = row + sum(garment is not None for _, garment in garments)  # of the whole picture
            made = []
            for (slot, garment), colours in zip(garments, cuts[place][1], strict=True):
                here = own if garment is None else row
                row += garment is not None
                made.append(
                    GarmentView(
                        slot,
                        None if garment is None else garment.category,
                        0.0 if garment is None else min(1.0, float(garment.confidence)),
                        unit[here],
                        float(lengths[here]),
                        1.0 if garment is None else garment.area / max(1, pixels[place]),
                        colours,
                        kinds,
                    )
                )
            whole = GarmentView(None, None, 1.0, unit[own], float(lengths[own]), kinds=kinds)
            views[place].append(PictureView(tuple(made), whole))
            row = own + 1
    return [tuple(ways_of_one) for ways_of_one in views]
