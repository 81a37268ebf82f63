"""What a classifier keeps of a picture: its garments and the whole of it, embedded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs
import numpy as np
from PIL import ImageOps

from stylesim._colours import LEVELS, colours_of
from stylesim._cutting import CUT_SIDE, cut_out
from stylesim._embedding import kinds_in, unit_vectors
from stylesim.backbones.base import listed
from stylesim.backbones.pictures import ahead
from stylesim.errors import DamagedFileError, expected
from stylesim.garments import Seen, WholePictureFinder
from stylesim.images import load_image
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PIL import Image

    from stylesim.backbones.base import AbstractBackbone
    from stylesim.garments import AbstractGarmentFinder, FoundGarment
    from stylesim.types import FloatArray, ImageLike

_MAGIC = b"SSV1"
_BATCH = 32
# Garments are parts of a picture, so it is decoded larger than a network needs for the whole.
_SHORT_SIDE = 640


@attrs.frozen(eq=False)
class GarmentView:
    """One garment of a picture, or the whole picture, as a vector.

    Attributes:
        slot: Where on the body it is worn; None for the whole picture.
        category: What it is, such as ``"skirt"``; None where not known.
        confidence: How sure the finder was, 0 to 1. 0 means that nothing was
            found and the slot is the caller's word: the vector is then that of
            the whole picture.
        embedding: float32 array of shape (d,), of unit length.
        length: Length of the features before they were scaled to 1.
        area: Share of the picture that it covers, 0 to 1.
        colours: float32 array of shape (3, 8): quantiles of its pixels in CIELAB; None for the
            whole picture and where nothing was found.
        kinds: How many numbers at the end of the embedding tell the kind of garment.
    """

    slot: Slot | None
    category: str | None
    confidence: float
    embedding: FloatArray = attrs.field(repr=False)
    length: float = attrs.field(default=1.0, repr=False)
    area: float = attrs.field(default=1.0, repr=False)
    colours: FloatArray | None = attrs.field(default=None, repr=False)
    kinds: int = attrs.field(default=0, repr=False)

    @property
    def looks(self) -> FloatArray:
        """The embedding without the kind, float32 of unit length: two skirts are not one."""
        row = self.embedding[: len(self.embedding) - self.kinds]
        out: FloatArray = row / max(float(np.linalg.norm(row)), 1e-12) if self.kinds else row
        return out


@attrs.frozen(eq=False)
class PictureView:
    """Everything that scoring needs from one picture; small, and made to be cached.

    Attributes:
        garments: The garments found, in the finder's order.
        whole: The whole picture.

    Example:
        >>> import numpy as np
        >>> whole = GarmentView(None, None, 1.0, np.array([0.6, 0.8], np.float32))
        >>> view = PictureView.from_bytes(PictureView((), whole).to_bytes())
        >>> view.whole.embedding.tolist() == whole.embedding.tolist()
        True
    """

    garments: tuple[GarmentView, ...]
    whole: GarmentView

    def to_bytes(self) -> bytes:
        """Pack the view; :meth:`from_bytes` reads it on any machine."""
        parts = (*self.garments, self.whole)
        rows = [
            [
                *(part.slot, part.category, float(part.confidence)),
                *(float(part.length), float(part.area), _packed(part.colours)),
            ]
            for part in parts
        ]
        said = {"dim": len(self.whole.embedding), "kinds": self.whole.kinds, "parts": rows}
        head = json.dumps(said).encode()
        data = np.stack([part.embedding for part in parts]).astype("<f4").tobytes()
        return b"".join([_MAGIC, len(head).to_bytes(4, "little"), head, data])

    @classmethod
    def from_bytes(cls, content: bytes) -> PictureView:
        """Unpack what :meth:`to_bytes` made. Nothing in it can run code.

        Args:
            content: The bytes.

        Returns:
            The view.

        Raises:
            DamagedFileError: The bytes are not whole or something else.
        """
        try:
            if content[:4] != _MAGIC:
                raise ValueError("no view")
            start = 8 + int.from_bytes(content[4:8], "little")
            head = json.loads(content[8:start])
            shape = (len(head["parts"]), int(head["dim"]))
            data = np.frombuffer(content[start:], "<f4").reshape(shape).astype(np.float32)
            if not np.isfinite(data).all():
                raise ValueError("not finite")
            kinds = int(head.get("kinds", 0))
            if not 0 <= kinds < max(shape[1], 1):
                raise ValueError("more kinds than numbers")
            parts = [
                GarmentView(
                    None if slot is None else Slot(slot),
                    category,
                    float(sure),
                    row,
                    float(n),
                    float(area),
                    _unpacked(colours),
                    kinds,
                )
                for (slot, category, sure, n, area, colours), row in zip(
                    head["parts"], data, strict=True
                )
            ]
            return cls(tuple(parts[:-1]), parts[-1])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            wish, todo = "a whole PictureView", "drop it and look at the picture again"
            got = f"{len(content):,} other bytes"
            raise expected("content", wish, got, todo, DamagedFileError) from error


def _packed(colours: FloatArray | None) -> list[float] | None:
    return None if colours is None else [round(float(v), 1) for v in colours.ravel()]


def _unpacked(values: list[float] | None) -> FloatArray | None:
    if values is None:
        return None
    colours = np.array(values, np.float32).reshape(3, LEVELS)
    if not np.isfinite(colours).all():
        raise ValueError("not finite")
    return colours


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
        InvalidArgumentError: ``slots`` does not fit ``images``, or names no slot.
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
            for garments, slot in zip(finder.find(some), told[first:], strict=False)
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
    return [(slot, max(of_slot, key=_area))]


def _area(garment: FoundGarment) -> int:
    if garment.mask is not None:
        return int(garment.mask.sum())
    left, top, right, bottom = garment.box
    return (right - left) * (bottom - top)


def _embedded(
    pictures: list[Image.Image],
    found: list[list[tuple[Slot, FoundGarment | None]]],
    backbone: AbstractBackbone,
    *,
    mirrored: bool,
) -> list[tuple[PictureView, ...]]:
    known = None if mirrored else backbone.name

    def cut(place: int) -> tuple[list[Image.Image | Seen], list[FloatArray | None]]:
        picture = pictures[place]
        garments = [garment for _, garment in found[place]]
        shown = [
            one.seen
            if one.seen is not None and one.seen.by == known
            else cut_out(picture, one, max_side=CUT_SIDE)
            for one in garments
            if one is not None
        ]
        return [*shown, picture], [colours_of(picture, one) for one in garments]

    (cuts,) = ahead(cut, range(len(pictures)), len(pictures))
    parts = [part for some, _ in cuts for part in some]
    ways = [parts]
    if mirrored:
        ways.append([ImageOps.mirror(part) for part in parts if not isinstance(part, Seen)])
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
                        0.0 if garment is None else float(garment.confidence),
                        unit[here],
                        float(lengths[here]),
                        1.0 if garment is None else _area(garment) / max(1, pixels[place]),
                        colours,
                        kinds,
                    )
                )
            whole = GarmentView(None, None, 1.0, unit[own], float(lengths[own]), kinds=kinds)
            views[place].append(PictureView(tuple(made), whole))
            row = own + 1
    return [tuple(ways_of_one) for ways_of_one in views]
