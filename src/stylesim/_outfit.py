"""Garments worn together, as a value that needs neither a wardrobe nor a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from stylesim.errors import expected
from stylesim.types import Slot
from stylesim.wardrobe import Garment

if TYPE_CHECKING:
    from stylesim.types import ImageLike

    Worn: TypeAlias = Garment | ImageLike

_TODO = 'pass garments, or a dict such as {"top": "shirt.jpg", "bottom": "skirt.jpg"}'
_ONCE = {Slot.TOP, Slot.OUTER, Slot.FULL, Slot.BOTTOM, Slot.SHOES}


@attrs.frozen(eq=False)
class OutfitPart:
    """One garment of an outfit.

    Attributes:
        slot: Where on the body it is worn.
        item: The garment, or a picture of it.
    """

    slot: Slot
    item: Worn = attrs.field(repr=False)

    @property
    def category(self) -> str | None:
        """What it is; None where that is not known."""
        return self.item.category if isinstance(self.item, Garment) else None

    @property
    def image(self) -> ImageLike:
        """Its picture."""
        return self.item.image_bytes if isinstance(self.item, Garment) else self.item


@attrs.frozen(init=False, eq=False, repr=False)
class Outfit:
    """Garments worn together.

    Args:
        items: Garments of a wardrobe whose slots are known; or by slot (a
            ``Slot`` or its name) a garment, a picture, or a list of them.
        name: What to call it; None joins the ids of its garments.

    Raises:
        InvalidArgumentError: No garment, one without a slot, an unknown slot,
            or two garments on a slot that takes one (top, outer, full, bottom, shoes).

    Examples:
        >>> from PIL import Image
        >>> shirt, skirt = Image.new("RGB", (8, 8), "white"), Image.new("RGB", (8, 8), "navy")
        >>> outfit = Outfit({"top": shirt, "bottom": skirt}, name="Monday")
        >>> outfit.name, [slot.value for slot in outfit.slots]
        ('Monday', ['top', 'bottom'])
    """

    parts: tuple[OutfitPart, ...]
    name: str

    def __init__(
        self, items: Iterable[Garment] | Mapping[Any, Any], *, name: str | None = None
    ) -> None:
        parts = tuple(_by_slot(items) if isinstance(items, Mapping) else _of_garments(items))
        if not parts:
            raise expected("items", "at least one garment", "none", _TODO)
        slots = [part.slot for part in parts]
        for slot in _ONCE:
            if slots.count(slot) > 1:
                wish = f"one garment for the slot {slot.value}"
                raise expected("items", wish, f"{slots.count(slot)}", "choose one of them")
        given: object = name
        if given is not None and (not isinstance(given, str) or not given.strip()):
            raise expected("name", "some text, or None", given, "name the outfit, or leave it out")
        self.__attrs_init__(parts, _joined(parts) if name is None else name)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots that are worn."""
        return tuple(part.slot for part in self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    def __repr__(self) -> str:
        return f"Outfit({self.name!r}: {', '.join(slot.value for slot in self.slots)})"


def _by_slot(items: Mapping[Any, Any]) -> list[OutfitPart]:
    parts = []
    for key, worn in items.items():
        slot = Slot.parse(key, "items")
        if slot is None:
            raise expected("items", "a slot for each garment", key, _TODO)
        several = worn if isinstance(worn, (list, tuple)) else [worn]
        for item in several:
            if item is None:
                raise expected(f"items[{slot.value!r}]", "a garment or a picture", None, _TODO)
            parts.append(OutfitPart(slot, item))
    return parts


def _of_garments(items: object) -> list[OutfitPart]:
    if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
        raise expected("items", "garments", items, _TODO)
    parts = []
    for place, garment in enumerate(items):
        if not isinstance(garment, Garment):
            raise expected(f"items[{place}]", "a garment", garment, _TODO)
        if garment.slot is None:
            todo = "say its slot with wardrobe.update(garment, slot=...)"
            raise expected(f"items[{place}]", "a garment of known slot", garment.id, todo)
        parts.append(OutfitPart(garment.slot, garment))
    return parts


def _joined(parts: tuple[OutfitPart, ...]) -> str:
    return " + ".join(
        part.item.id if isinstance(part.item, Garment) else part.slot.value for part in parts
    )
