"""Garments found inside a photograph: where each is, and on which slot of the body it is worn."""

from __future__ import annotations

import abc
import functools
from typing import TYPE_CHECKING

import attrs
import numpy as np
from PIL import Image

from stylesim.errors import expected
from stylesim.images import load_image
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stylesim.backbones.garment_reader import GarmentReader
    from stylesim.types import BoolArray, ImageLike, UInt8Array

GREY = (114, 114, 114)
"""What fills the picture around a garment that is cut out; the padding grey of YOLO."""

_REACH = 0.12  # of the blurred outline, as a share of the square
# How much of the picture shows where the blurred outline has each of its 256 levels.
_FADE = (1 / (1 + np.exp(-25 * (np.arange(256) / 255 - 0.06)))).astype(np.float32)


@attrs.frozen(eq=False)
class FoundGarment:
    """One garment in a picture.

    Attributes:
        slot: Where on the body it is worn.
        category: What it is, such as ``"t-shirt"`` or ``"skirt"``.
        box: Left, top, right and bottom edge, in pixels; right and bottom are exclusive.
        mask: bool array of shape (height, width), True where the garment shows; None where
            the finder tells boxes only.
        confidence: 0 to 1.
        worn: Whether a person wears it, rather than it lying or hanging by itself.

    Example:
        >>> FoundGarment("bottom", "skirt", (40, 200, 160, 330), confidence=0.9).slot
        <Slot.BOTTOM: 'bottom'>
    """

    slot: Slot = attrs.field(converter=Slot)
    category: str
    box: tuple[int, int, int, int]
    mask: BoolArray | None = attrs.field(default=None, repr=False)
    confidence: float = 1.0
    worn: bool = False


class AbstractGarmentFinder(abc.ABC):
    """The plug-in that finds garments: one method and a name.

    Attributes:
        name: Identity for caches; two finders of one name find the same garments.

    Example:
        >>> from PIL import Image
        >>> class AllTrousers(AbstractGarmentFinder):
        ...     name = "all-trousers"
        ...
        ...     def find(self, images):
        ...         return [[FoundGarment("bottom", "pants", (0, 0, *im.size))] for im in images]
        >>> AllTrousers().find([Image.new("RGB", (4, 8))])[0][0].box
        (0, 0, 4, 8)
    """

    name: str

    @abc.abstractmethod
    def find(self, images: Sequence[Image.Image]) -> list[list[FoundGarment]]:
        """Find the garments of each picture.

        Args:
            images: Upright RGB pictures of any size.

        Returns:
            One list a picture, in its order; empty where no garment is found.
        """


class WholePictureFinder(AbstractGarmentFinder):
    """Finds nothing, so that every picture is compared as a whole, as in the paper.

    Example:
        >>> from PIL import Image
        >>> WholePictureFinder().find([Image.new("RGB", (4, 4))])
        [[]]
    """

    name = "whole-picture"

    def find(self, images: Sequence[Image.Image]) -> list[list[FoundGarment]]:
        """Return an empty list for every picture."""
        return [[] for _ in images]


class FunctionFinder(AbstractGarmentFinder):
    """Makes a finder of any function from one RGB picture to its garments.

    Args:
        function: Takes an upright RGB ``PIL.Image``; returns the garments found.
        name: Identity for caches.

    Example:
        >>> from PIL import Image
        >>> lower_half = lambda im: [FoundGarment("bottom", "pants", (0, im.height // 2, *im.size))]
        >>> FunctionFinder(lower_half, name="halves").find([Image.new("RGB", (4, 8))])[0][0].box
        (0, 4, 4, 8)
    """

    def __init__(
        self, function: Callable[[Image.Image], Sequence[FoundGarment]], *, name: str
    ) -> None:
        if not callable(function):
            raise expected("function", "a callable", function, "pass a function of one picture")
        self.function = function
        self.name = name

    def find(self, images: Sequence[Image.Image]) -> list[list[FoundGarment]]:
        """Call the function on every picture."""
        return [list(self.function(image)) for image in images]


@attrs.define
class GarmentFinder(AbstractGarmentFinder):
    """The bundled finder: a small network that draws every garment's outline.

    Trained on street photographs with drawn outlines and on laid-out garments; see the model
    card. Of several people, the largest is read.

    Args:
        min_confidence: Garments below this are not reported, 0 to 1.
        device: Where the network runs: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Raises:
        InvalidArgumentError: ``min_confidence`` is not in 0 to 1.

    Example:
        >>> from PIL import Image
        >>> GarmentFinder().find([Image.new("RGB", (64, 64), "grey")])
        [[]]
    """

    min_confidence: float = attrs.field(default=0.5, kw_only=True)
    device: str = attrs.field(default="auto", kw_only=True)
    _reader: GarmentReader | None = attrs.field(default=None, init=False, repr=False, eq=False)

    @min_confidence.validator
    def _check(self, _attribute: object, value: object) -> None:
        if not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise expected("min_confidence", "a number in 0 to 1", value, "pass 0.5")

    @property
    def name(self) -> str:  # type: ignore[override]
        """Identity for caches: the weights and the threshold."""
        return f"{self.reader.name}>{self.min_confidence:g}"

    @property
    def reader(self) -> GarmentReader:
        """The network, loaded at first use."""
        if self._reader is None:
            from stylesim.backbones.garment_weights import bundled_reader

            self._reader = bundled_reader(self.device)
        return self._reader

    def find(self, images: Sequence[Image.Image]) -> list[list[FoundGarment]]:
        """Find the garments of each picture, the largest first."""
        return [
            [
                FoundGarment(Slot(r.slot), r.category, r.box, r.mask, r.confidence, r.worn)
                for r in regions
                if r.confidence >= self.min_confidence
            ]
            for regions in self.reader.read([np.asarray(image) for image in images])
        ]


@functools.lru_cache(maxsize=4)
def default_finder(min_confidence: float = 0.5, device: str = "auto") -> GarmentFinder:
    """Return the bundled finder, loaded once a process."""
    return GarmentFinder(min_confidence=min_confidence, device=device)


def find_garments(image: ImageLike, *, min_confidence: float = 0.5) -> list[FoundGarment]:
    """Find the garments in one photograph, worn or laid out.

    Args:
        image: A path, encoded bytes, a PIL image or an RGB uint8 array.
        min_confidence: Garments below this are not reported, 0 to 1.

    Returns:
        The garments, the largest first; empty where there is none. Boxes and masks are in the
        pixels of the upright picture.

    Raises:
        ImageError: The picture cannot be read.
        InvalidArgumentError: ``min_confidence`` is not in 0 to 1.

    Example:
        >>> from PIL import Image
        >>> find_garments(Image.new("RGB", (64, 64), "grey"))
        []
    """
    return default_finder(min_confidence).find([load_image(image)])[0]


def frame_of(garment: FoundGarment, *, margin: float = 0.08) -> tuple[int, int, int]:
    """Left, top and side, in pixels, of the square in which a garment is cut out.

    Args:
        garment: The garment.
        margin: Added on every side, as a share of the box's longer side.

    Returns:
        May reach over the edge of the picture.

    Example:
        >>> frame_of(FoundGarment("top", "shirt", (10, 10, 30, 20)), margin=0.1)
        (8, 3, 24)
    """
    x0, y0, x1, y1 = garment.box
    longer = max(x1 - x0, y1 - y0)
    side = longer + 2 * round(margin * longer)
    return (x0 + x1 - side) // 2, (y0 + y1 - side) // 2, side


def cut_out(
    image: Image.Image,
    garment: FoundGarment,
    *,
    margin: float = 0.08,
    fill: tuple[int, int, int] = GREY,
    max_side: int | None = None,
) -> Image.Image:
    """Cut a garment out of its picture in a square, and fade what is not the garment.

    No outline is exact, and what a tight one cuts away is missed more than what a wide one leaves
    is in the way. So the surroundings fade within a tenth of the square, and a trace of
    them stays.

    Args:
        image: The upright RGB picture in which the garment was found.
        garment: The garment. Without a mask, its box is the outline.
        margin: Added on every side, as a share of the box's longer side.
        fill: RGB colour, 0 to 255, that everything else fades to.
        max_side: A larger square is scaled down to this many pixels a side.

    Returns:
        A new square RGB picture.

    Example:
        >>> from PIL import Image
        >>> found = FoundGarment("top", "shirt", (10, 10, 30, 20))
        >>> cut_out(Image.new("RGB", (64, 64)), found, margin=0.1).size
        (24, 24)
    """
    left, top, side = frame_of(garment, margin=margin)
    size = side if max_side is None else min(side, max_side)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(image.width, left + side), min(image.height, top + side)
    here = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    picture = np.full((side, side, 3), fill, np.uint8)
    picture[here] = np.asarray(image.crop((x0, y0, x1, y1)))
    outline = np.zeros((side, side), np.uint8)
    if garment.mask is None:
        x0, y0, x1, y1 = garment.box
        outline[y0 - top : y1 - top, x0 - left : x1 - left] = 255
    else:
        outline[here] = garment.mask[y0:y1, x0:x1] * np.uint8(255)
    return Image.fromarray(_faded(picture, outline, size, fill))


def _faded(
    picture: UInt8Array, outline: UInt8Array, size: int, fill: tuple[int, int, int]
) -> UInt8Array:
    """Scale a square to ``size`` and fade what lies outside of its outline; as in training."""
    import cv2

    if size != len(picture):
        picture = np.asarray(
            cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.uint8
        )
        outline = np.asarray(
            cv2.resize(outline, (size, size), interpolation=cv2.INTER_AREA), np.uint8
        )
    reach = int(size * _REACH) // 2 * 2 + 1
    near = cv2.blur(outline, (reach, reach), borderType=cv2.BORDER_REPLICATE)
    shown = _FADE[near][..., None]
    colour = np.array(fill, np.float32)
    faded: UInt8Array = (picture * shown + colour * (1 - shown) + 0.5).astype(np.uint8)
    return faded
