"""The values that a wardrobe hands out."""

from __future__ import annotations

import json
import math
import operator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import (
    DamagedFileError,
    NotFoundError,
    StorageError,
    StyleSimError,
    StyleSimWarning,
    expected,
)
from stylesim.images import load_image
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from PIL import Image

    from stylesim._wardrobe_store import GarmentRow


class SkippedImageWarning(StyleSimWarning):
    """Some pictures of a folder could not be used; the result lists them."""


@attrs.frozen(eq=False)
class PictureReader:
    """Reads the pictures of a wardrobe; a pickled one reads none, as connections cannot travel."""

    read: Callable[[str], bytes | None]

    def __call__(self, digest: str) -> bytes | None:
        return self.read(digest)

    def __deepcopy__(self, _memo: object) -> PictureReader:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return PictureReader, (_left_behind,)


def _left_behind(_digest: str) -> bytes | None:
    got, todo = "one that was pickled without its picture", "ask the wardrobe for it again"
    raise expected("garment", "one of an open wardrobe", got, todo, StorageError)


@attrs.frozen
class Garment:
    """One garment as it stood in its wardrobe when it was asked for.

    A copy shares the picture with the wardrobe; a pickled garment leaves it behind.

    Attributes:
        id: Stable name of the garment within its wardrobe.
        slot: Where on the body it is worn; None where that is not known.
        category: What it is, such as ``"t-shirt"``; None where that is not known.
        quantity: How many of it are owned, at least 1.
        attributes: What else was said about it, as plain JSON values.
        image_hash: The ``stylesim.images.content_hash`` of its picture.
        added: When it was added, in UTC.
        guessed: Whether the slot was found in the picture rather than given.

    Examples:
        >>> from PIL import Image
        >>> from stylesim.wardrobe import Wardrobe
        >>> garment = Wardrobe().add(Image.new("RGB", (8, 6)), slot="bag", brand="none")
        >>> garment.slot, garment.attributes, garment.image().size
        (<Slot.BAG: 'bag'>, {'brand': 'none'}, (8, 6))
    """

    id: str
    slot: Slot | None
    category: str | None
    quantity: int
    attributes: Mapping[str, Any] = attrs.field(hash=False)
    image_hash: str
    added: datetime
    guessed: bool
    _read: Callable[[str], bytes | None] = attrs.field(eq=False, repr=False)

    @property
    def image_bytes(self) -> bytes:
        """The encoded picture, as it was added.

        Raises:
            NotFoundError: The garment was removed meanwhile.
            StorageError: The wardrobe was closed or cannot be read, or the garment was pickled.
        """
        data = self._read(self.image_hash)
        if data is None:
            todo = "ask the wardrobe for its garments again"
            raise expected("garment", "one still in its wardrobe", self.id, todo, NotFoundError)
        return data

    def image(self, *, shrink_to: int | None = None) -> Image.Image:
        """Decode the picture.

        Args:
            shrink_to: As for ``stylesim.images.load_image``.

        Returns:
            An upright RGB picture.

        Raises:
            NotFoundError: The garment was removed meanwhile.
            StorageError: The wardrobe was closed or cannot be read, or the garment was pickled.
        """
        return load_image(self.image_bytes, shrink_to=shrink_to, argument=f"garment {self.id}")

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the picture as plain JSON values."""
        return {
            "id": self.id,
            "slot": None if self.slot is None else self.slot.value,
            "category": self.category,
            "quantity": self.quantity,
            "attributes": dict(self.attributes),
            "image_hash": self.image_hash,
            "added": self.added.isoformat(),
            "guessed": self.guessed,
        }


@attrs.frozen
class SkippedImage:
    """A picture file, or a folder of them, that could not be used.

    Attributes:
        path: The file or folder.
        error: Why.
    """

    path: Path
    error: StyleSimError


@attrs.frozen(repr=False)
class AddResult:
    """What became of the pictures of a folder.

    Attributes:
        added: Garments that are new in the wardrobe, in the order of their files.
        known: Garments whose picture was there already.
        skipped: Files and folders that could not be used, each with the reason.
    """

    added: tuple[Garment, ...] = ()
    known: tuple[Garment, ...] = ()
    skipped: tuple[SkippedImage, ...] = ()

    def __repr__(self) -> str:
        counts = (len(self.added), len(self.known), len(self.skipped))
        return "AddResult({} added, {} known, {} skipped)".format(*counts)


def garment_of(row: GarmentRow, read: Callable[[str], bytes | None]) -> Garment:
    """Make the public value of a stored row."""
    try:
        texts: tuple[object, ...] = (row.id, row.category or "")
        if not all(isinstance(text, str) for text in texts) or row.quantity < 1:
            raise ValueError("no garment")
        return Garment(
            id=row.id,
            slot=None if row.slot is None else Slot(row.slot),
            category=row.category,
            quantity=operator.index(row.quantity),
            attributes=_attributes(row.attributes),
            image_hash=row.picture,
            added=datetime.fromisoformat(row.added),
            guessed=bool(row.guessed),
            read=PictureReader(read),
        )
    except (ValueError, TypeError, RecursionError) as error:
        todo = "restore the wardrobe from a copy made with backup()"
        raise expected("wardrobe", "a whole garment", row.id, todo, DamagedFileError) from error


def _attributes(stored: str) -> dict[str, Any]:
    """Read attributes back; NaN and infinity, which JSON lacks, and other than names raise."""
    read = json.loads(stored, parse_constant=_finite, parse_float=_finite)
    if not isinstance(read, dict):
        raise TypeError("no attributes")
    return read


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number that is not finite")
    return value
