"""How a picture and what is said about it become a row of a wardrobe."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from stylesim._checks import is_number, is_whole
from stylesim._lookalikes import summarise
from stylesim._wardrobe_store import GarmentRow
from stylesim.errors import expected
from stylesim.images import content_hash, image_bytes, load_image
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from PIL import Image

    from stylesim.types import ImageLike

_MOST = 1_000_000
_LONGEST = 1_000_000
_MOST_BITS = 14_000  # Python reads no more than 4,300 digits
_DEEPEST = 50
_AT_ONCE = 16
_FINDER_SIDE = 640


class Finder(Protocol):
    """What a wardrobe needs of a garment finder."""

    def find(self, images: list[Image.Image]) -> Sequence[Sequence[Any]]:
        """Return the garments of each picture, each with slot, category, box and confidence."""


@attrs.frozen
class Said:
    """What the caller said about one or more garments, checked."""

    slot: Slot | None
    category: str | None
    quantity: int
    attributes: dict[str, Any]

    @classmethod
    def checked(
        cls, slot: object, category: object, quantity: object, attributes: Mapping[str, Any]
    ) -> Said:
        return cls(
            checked_slot(slot),
            checked_category(category),
            checked_quantity(quantity),
            checked_attributes(attributes),
        )


@attrs.define
class Newcomer:
    """A picture that was read and is on its way in; its slot may still have to be found."""

    digest: str
    data: bytes
    summary: bytes
    small: Image.Image
    slot: Slot | None
    category: str | None
    guessed: bool = False

    @classmethod
    def read(cls, image: ImageLike, argument: str, slot: Slot | None, said: Said) -> Newcomer:
        """Read a picture; ``slot`` is what its folder says, where that says something."""
        picture = load_image(image, argument=argument)
        as_file = isinstance(image, (str, os.PathLike, bytes, bytearray, memoryview))
        data = image_bytes(image if as_file else picture, argument=argument)
        digest, summary = content_hash(picture), summarise(picture)
        picture.thumbnail((_FINDER_SIDE, _FINDER_SIDE))
        slot = said.slot or slot or Slot.guess(said.category)
        return cls(digest, data, summary, picture, slot, said.category)

    def row(self, said: Said, id: str) -> GarmentRow:  # noqa: A002
        """The row of a garment that is new."""
        return GarmentRow(
            id=id,
            slot=self.slot,
            guessed=self.guessed,
            category=self.category,
            quantity=said.quantity,
            attributes=merged_attributes({}, said.attributes),
            picture=self.digest,
            added=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def known_as(self, rows: Sequence[GarmentRow]) -> GarmentRow | None:
        """Choose the garment that this picture is, among those that show it."""
        if self.slot is None or self.guessed:
            return rows[0] if rows else None
        same = [row for row in rows if row.slot == self.slot]
        same += [row for row in rows if row.told == self.slot]
        open_ = [row for row in rows if row.slot is None or row.guessed]
        return next(iter(same + open_), None)

    def merged_into(self, row: GarmentRow, attributes: Mapping[str, Any], said: Said) -> GarmentRow:
        """The row of a garment with these attributes, with what is newly said about it."""
        if self.slot not in (None, row.told) and not self.guessed:
            row = with_slot(row, self.slot)
        return attrs.evolve(
            row,
            category=said.category or row.category,
            quantity=max(row.quantity, said.quantity),
            attributes=merged_attributes(attributes, said.attributes),
        )


def find_slots(newcomers: Sequence[Newcomer], finder: Finder) -> None:
    """Give each newcomer the slot and category of the largest garment in its picture."""
    given: Any = finder.find([newcomer.small for newcomer in newcomers])
    found = list(given) if isinstance(given, Iterable) else []
    if len(found) != len(newcomers):
        got, todo = f"{len(found)} lists for {len(newcomers)} pictures", "mend its method find"
        raise expected("finder", "one list of garments for each picture", got, todo)
    for newcomer, garments in zip(newcomers, found, strict=True):
        try:
            main = max(garments, key=_weight, default=None)
            slot = None if main is None else Slot(main.slot)
            category = None if main is None else checked_category(main.category or None)
        except (AttributeError, TypeError, ValueError) as error:
            wish = "garments with slot, category, box and confidence"
            got, todo = f"others ({error})", "mend its method find"
            raise expected("finder", wish, got, todo) from error
        if slot is not None:
            newcomer.slot, newcomer.guessed = slot, True
            newcomer.category = newcomer.category or category


def with_slot(row: GarmentRow, slot: Slot | None) -> GarmentRow:
    """Give a row the slot that the user names; a category found with another slot goes."""
    fits = row.slot == slot or Slot.guess(row.category) in (None, slot)
    category = row.category if fits or not row.guessed else None
    told = row.told or (None if row.guessed else row.slot)
    return attrs.evolve(row, slot=slot, guessed=False, category=category, told=told)


def merged_attributes(known: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """Write attributes as JSON; None takes an attribute away."""
    merged = {**known, **said}
    return json.dumps({name: value for name, value in merged.items() if value is not None})


def slot_of_folder(path: Path) -> Slot | None:
    """Read the slot that the nearest folder of a relative path names, if one does."""
    named = (Slot.guess(part) for part in reversed(path.parent.parts))
    return next((slot for slot in named if slot is not None), None)


def in_parts(paths: Sequence[Path], progress: bool) -> Iterator[Sequence[Path]]:
    """Deal out paths in parts that fit into memory and one transaction, under a progress bar."""
    from tqdm import tqdm

    with tqdm(total=len(paths), desc="adding", unit="picture", disable=not progress) as bar:
        for start in range(0, len(paths), _AT_ONCE):
            part = paths[start : start + _AT_ONCE]
            yield part
            bar.update(len(part))


def groups_of(pairs: Iterable[tuple[int, int]], count: int) -> list[list[int]]:
    """Join pairs that share a member into groups, in rising order."""
    group_of = {place: [place] for place in range(count)}
    for one, other in pairs:
        if group_of[one] is not group_of[other]:
            group_of[one].extend(group_of[other])
            group_of.update(dict.fromkeys(group_of[other], group_of[one]))
    groups = {id(group): sorted(group) for group in group_of.values() if len(group) > 1}
    return sorted(groups.values())


def checked_slot(value: object) -> Slot | None:
    """Return a slot, or raise for what names none."""
    return Slot.parse(value)  # type: ignore[arg-type]


def checked_quantity(value: object) -> int:
    """Return a quantity, or raise for what is none."""
    if not is_whole(value) or not 1 <= value <= _MOST:
        raise expected("quantity", f"a whole number in 1 to {_MOST:,}", value, "pass quantity=1")
    return int(value)


def checked_category(value: object) -> str | None:
    """Return a category without outer spaces, or raise for what is none."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or not _is_unicode(value):
        raise expected(
            "category", "a word such as 't-shirt'", value, "name the garment, or pass None"
        )
    return value.strip()


def checked_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as they will read back from the file, or raise."""
    return {name: _plain(name, value) for name, value in attributes.items()}


def _plain(name: str, value: object, depth: int = 0) -> Any:
    todo = "pass text, finite numbers, true, false, or lists and dicts of these"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise expected(name, "a value that JSON can hold", "a number of too many digits", todo)
    if depth > _DEEPEST:
        got = "lists or dicts within themselves, or too deep within each other"
        raise expected(name, "a value that JSON can hold", got, todo)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [_plain(f"{name}[{place}]", part, depth + 1) for place, part in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {
            str(key): _plain(f"{name}[{key!r}]", part, depth + 1) for key, part in value.items()
        }
    raise expected(name, "a value that JSON can hold", value, todo)


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_path(path: object) -> None:
    """Raise for what is no path."""
    text = os.fsdecode(path) if isinstance(path, (str, os.PathLike)) else ""
    if not text or "\0" in text:
        raise expected("path", "the path of a file", path, "name a file")


def check_timeout(timeout: object) -> None:
    """Raise for what is no number of seconds."""
    if not is_number(timeout) or not 0 <= timeout < _LONGEST:
        raise expected("timeout", f"seconds in 0 to {_LONGEST:,}", timeout, "pass timeout=30")


def skipped_message(errors: Sequence[Exception], count: int) -> str:
    """Say which of a folder's pictures were skipped, and why."""
    reasons = [str(error) for error in errors[:3]]
    more = [f"and {len(errors) - 3} more"] if len(errors) > 3 else []
    were = "was" if len(errors) == 1 else "were"
    return "\n".join([f"{len(errors)} of {count} pictures {were} skipped:", *reasons, *more])


def _weight(garment: Any) -> float:
    """How much of the picture a garment fills, and how surely."""
    left, top, right, bottom = garment.box
    mask = getattr(garment, "mask", None)
    if not 0 <= garment.confidence <= 1 + 1e-6:  # sums of shares may be a rounding above 1
        raise ValueError(f"confidence {garment.confidence!r}")
    area = float((right - left) * (bottom - top) if mask is None else mask.sum())
    return area * float(garment.confidence)
