"""Garments found inside a photograph: where each is, and on which slot of the body it is worn."""

from __future__ import annotations

import abc
import functools
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._checks import is_number
from stylesim._cutting import CUT_SIDE, cut_out, frame_of
from stylesim.backbones.closely import features_closely
from stylesim.backbones.sources import check_device
from stylesim.errors import expected
from stylesim.functional import unit_rows
from stylesim.images import load_image
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PIL import Image

    from stylesim.backbones.garment_reader import GarmentReader, Region
    from stylesim.backbones.yolo import YoloBackbone
    from stylesim.types import BoolArray, FloatArray, ImageLike

__all__ = [
    "AbstractGarmentFinder",
    "FoundGarment",
    "FunctionFinder",
    "GarmentFinder",
    "Seen",
    "WholePictureFinder",
    "cut_out",
    "default_finder",
    "find_garments",
    "frame_of",
]


def _as_float(value: Any) -> Any:
    """Numbers of NumPy too; anything else stays as it is, to be refused."""
    return float(value) if is_number(value) else value


@attrs.frozen(eq=False)
class Seen:
    """What a backbone saw of a garment while it was found, so that nobody has to look again.

    Attributes:
        by: Name of the backbone.
        features: float32 array of shape (channels,): pooled features of the garment cut out, the
            mean of what it shows as it is and mirrored, a little smaller.
    """

    by: str
    features: FloatArray


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
        kinds: Probability of each category that the finder knows; None where it does not tell.
        seen: What the finder's own backbone saw of it; None where it has none.

    Examples:
        >>> FoundGarment("bottom", "skirt", (40, 200, 160, 330), confidence=0.9).slot
        <Slot.BOTTOM: 'bottom'>
    """

    slot: Slot = attrs.field(converter=Slot)
    category: str
    box: tuple[int, int, int, int]
    mask: BoolArray | None = attrs.field(default=None, repr=False)
    confidence: float = 1.0
    worn: bool = False
    kinds: Mapping[str, float] | None = attrs.field(default=None, repr=False)
    seen: Seen | None = attrs.field(default=None, repr=False)

    @property
    def area(self) -> int:
        """Pixels that it covers: those of its mask, or of its box where there is none."""
        if self.mask is not None:
            return int(self.mask.sum())
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


class AbstractGarmentFinder(abc.ABC):
    """The plug-in that finds garments: one method and a name.

    Attributes:
        name: Identity for caches; two finders of one name find the same garments.

    Examples:
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

    Examples:
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

    Examples:
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
    card. Of several people, the largest is read. What a garment that is laid out is called, and
    its slot, is told together with the bundled backbone, which looks twice at it, cut out.

    Args:
        min_confidence: Garments below this are not reported, 0 to 1.
        device: Where the network runs: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        fine: Whether to take more time for outlines of what is worn: one look more, at more
            pixels, and the colours of the picture say where its garments end. The garments are
            the same. What is embedded is cut out by the plain outlines, as a backbone learned
            from such.

    Raises:
        InvalidArgumentError: ``min_confidence`` is not in 0 to 1, or ``device`` no name of one.

    Examples:
        >>> from PIL import Image
        >>> GarmentFinder().find([Image.new("RGB", (64, 64), "grey")])
        [[]]
    """

    min_confidence: float = attrs.field(default=0.5, kw_only=True, converter=_as_float)
    device: str = attrs.field(default="auto", kw_only=True)
    fine: bool = attrs.field(default=False, kw_only=True)
    _reader: GarmentReader | None = attrs.field(default=None, init=False, repr=False, eq=False)
    _namer: YoloBackbone | None = attrs.field(default=None, init=False, repr=False, eq=False)

    @min_confidence.validator
    def _check(self, _attribute: object, value: object) -> None:
        if not isinstance(value, float) or not 0 <= value <= 1:
            raise expected("min_confidence", "a number in 0 to 1", value, "pass 0.5")

    @device.validator
    def _check_device(self, _attribute: object, value: object) -> None:
        check_device(value)

    @property
    def name(self) -> str:  # type: ignore[override]
        """Identity for caches: the weights, the threshold, and how outlines are drawn."""
        name = f"{self.reader.name}+{self.namer.source.digest[:8]}>{self.min_confidence:g}"
        return f"{name}, fine at {self.reader.closest[0]}" if self.fine else name

    @property
    def reader(self) -> GarmentReader:
        """The network that draws outlines, loaded at first use."""
        if self._reader is None:
            from stylesim.backbones.garment_weights import bundled_reader

            self._reader = bundled_reader(self.device)
        return self._reader

    @property
    def namer(self) -> YoloBackbone:
        """The network that looks at what is laid out once more, loaded at first use."""
        if self._namer is None:
            from stylesim.backbones.yolo import YoloBackbone

            self._namer = YoloBackbone(device=self.device)
        return self._namer

    def find(self, images: Sequence[Image.Image]) -> list[list[FoundGarment]]:
        """Find the garments of each picture, the largest first.

        Args:
            images: Upright RGB pictures of any size.

        Returns:
            One list a picture, in its order; empty where no garment is found.
        """
        found = self.reader.read([np.asarray(image) for image in images], fine=self.fine)
        found = [[r for r in some if r.confidence >= self.min_confidence] for some in found]
        again = [(image, r) for image, some in zip(images, found, strict=True) for r in some]
        named = iter(self._named([(image, r) for image, r in again if not r.worn]))
        return [[_garment(r) if r.worn else next(named) for r in some] for some in found]

    def _named(self, laid: Sequence[tuple[Image.Image, Region]]) -> list[FoundGarment]:
        """Look once more at garments that are laid out, and name them anew."""
        kinds = self.namer.kinds
        if kinds is None or not laid:
            return [_garment(region) for _, region in laid]
        crops = [cut_out(image, _garment(region), max_side=CUT_SIDE) for image, region in laid]
        own = features_closely(self.namer, crops)
        rows = kinds.proba(unit_rows(own), [region.kinds for _, region in laid])
        seen = map(functools.partial(Seen, self.namer.name), own)
        return [
            _garment(
                self.reader.named(region, dict(zip(kinds.names, row.tolist(), strict=True))), one
            )
            for (_, region), row, one in zip(laid, rows, seen, strict=True)
        ]


def _garment(r: Region, seen: Seen | None = None) -> FoundGarment:
    slot = Slot(r.slot)
    return FoundGarment(slot, r.category, r.box, r.mask, r.confidence, r.worn, r.kinds, seen)


def default_finder(
    min_confidence: float = 0.5, device: str = "auto", *, fine: bool = False
) -> GarmentFinder:
    """Return the bundled finder, loaded once a process."""
    checked = GarmentFinder(min_confidence=min_confidence, device=device, fine=fine)
    return _kept(checked.min_confidence, checked.device, fine=checked.fine)


@functools.lru_cache(maxsize=4)
def _kept(min_confidence: float, device: str, *, fine: bool) -> GarmentFinder:
    return GarmentFinder(min_confidence=min_confidence, device=device, fine=fine)


def find_garments(
    image: ImageLike, *, min_confidence: float = 0.5, fine: bool = True
) -> list[FoundGarment]:
    """Find the garments in one photograph, worn or laid out.

    Args:
        image: A path, encoded bytes, a PIL image or an RGB uint8 array.
        min_confidence: Garments below this are not reported, 0 to 1.
        fine: Whether outlines of what is worn are drawn as closely as can be (see
            ``GarmentFinder``); without, they are those by which garments are embedded.

    Returns:
        The garments, the largest first; empty where there is none. Boxes and masks are in the
        pixels of the upright picture.

    Raises:
        ImageError: The picture cannot be read.
        InvalidArgumentError: ``min_confidence`` is not in 0 to 1.

    Examples:
        >>> from PIL import Image
        >>> find_garments(Image.new("RGB", (64, 64), "grey"))
        []
    """
    return default_finder(min_confidence, fine=fine).find([load_image(image)])[0]
