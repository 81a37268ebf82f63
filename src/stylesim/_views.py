"""What a classifier keeps of a picture: its garments and the whole of it, embedded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._colours import LEVELS
from stylesim.backbones.storing import UNREADABLE
from stylesim.errors import DamagedFileError, expected
from stylesim.types import Slot

if TYPE_CHECKING:
    from stylesim.types import FloatArray

_MAGIC = b"SSV1"


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

    Examples:
        >>> import numpy as np
        >>> whole = GarmentView(None, None, 1.0, np.array([0.6, 0.8], np.float32))
        >>> view = PictureView.from_bytes(PictureView((), whole).to_bytes())
        >>> view.whole.embedding.tolist() == whole.embedding.tolist()
        True
    """

    garments: tuple[GarmentView, ...]
    whole: GarmentView

    def to_bytes(self) -> bytes:
        """Pack the view; ``from_bytes`` reads it on any machine."""
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
        """Unpack what ``to_bytes`` made. Nothing in it can run code.

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
            parts = [_part(said, row, kinds) for said, row in zip(head["parts"], data, strict=True)]
            return cls(tuple(parts[:-1]), parts[-1])
        except UNREADABLE as error:
            wish, todo = "a whole PictureView", "drop it and look at the picture again"
            got = f"{len(content):,} other bytes"
            raise expected("content", wish, got, todo, DamagedFileError) from error


def _part(said: Any, row: FloatArray, kinds: int) -> GarmentView:
    slot, category, *numbers, colours = said
    sure, length, area = (float(number) for number in numbers)
    if not isinstance(category, (str, type(None))):
        raise ValueError("no category")
    # Written so that NaN fails.
    if not (0 <= sure <= 1 and 0 <= length < np.inf and 0 <= area < np.inf):
        raise ValueError("numbers out of range")
    slot = None if slot is None else Slot(slot)
    return GarmentView(slot, category, sure, row, length, area, _unpacked(colours), kinds)


def _packed(colours: FloatArray | None) -> list[float] | None:
    return None if colours is None else [round(float(v), 1) for v in colours.ravel()]


def _unpacked(values: list[float] | None) -> FloatArray | None:
    if values is None:
        return None
    colours = np.array(values, np.float32).reshape(3, LEVELS)
    if not np.isfinite(colours).all():
        raise ValueError("not finite")
    return colours
