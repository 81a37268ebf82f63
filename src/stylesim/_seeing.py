"""What is scored, brought into one form, and the views of its pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import attrs

from stylesim._outfit import Outfit
from stylesim.classifier import PictureView
from stylesim.errors import DamagedFileError, ImageError, StyleSimError, expected
from stylesim.images import load_image
from stylesim.wardrobe import Garment, Wardrobe

if TYPE_CHECKING:
    from stylesim.types import FloatArray, ImageLike, Slot

    Scorable: TypeAlias = ImageLike | Garment | Outfit | PictureView
    Items: TypeAlias = Wardrobe | Outfit | Iterable[Scorable] | Mapping[str, Scorable]

_AT_ONCE = 64
_TODO = "pass a Wardrobe, a list of pictures, a dict of them by name, or outfits"


class StyleModel(Protocol):
    """What a scorer needs of a model; ``stylesim.LightweightClassifier`` has it."""

    @property
    def classes_(self) -> Sequence[str]:
        """Names of the classes, the wanted one first."""

    @property
    def view_key(self) -> str:
        """Identity of what makes the views."""

    def view(
        self,
        images: Sequence[ImageLike],
        *,
        slots: Sequence[Slot | str | None] | None = None,
        progress: bool = False,
    ) -> list[PictureView]:
        """See pictures."""

    def proba_by_region(self, views: Sequence[PictureView]) -> list[dict[str, FloatArray]]:
        """Class probabilities of each region of the body."""


@attrs.define(eq=False)
class Part:
    """One picture of an item; ``view`` is filled in once it was seen."""

    name: str
    slot: Slot | None = None
    image: Callable[[], ImageLike] | None = None
    image_hash: str | None = None
    view: PictureView | None = None


@attrs.frozen(eq=False)
class Item:
    """One thing to be scored."""

    id: str
    parts: tuple[Part, ...]
    slot: Slot | None = None
    category: str | None = None


def read_items(items: object) -> list[Item]:
    """Bring whatever can be scored into one form."""
    if isinstance(items, Outfit):
        return [_item(items.name, items, "items")]
    if isinstance(items, Wardrobe):
        return [_item(garment.id, garment, "items") for garment in items]
    if isinstance(items, Mapping):
        for name in items:
            if not isinstance(name, str):
                raise expected("items", "names as text", name, "name each picture by a text")
        return [_item(name, one, f"items[{name!r}]") for name, one in items.items()]
    single = isinstance(items, (str, bytes, bytearray, memoryview, os.PathLike))
    if single or hasattr(items, "__array__") or not isinstance(items, Iterable):
        todo = "put a single picture into a list" if single else _TODO
        raise expected("items", "several things to score", type(items).__name__, todo)
    return [_item(None, one, f"items[{place}]") for place, one in enumerate(items)]


def see(
    model: StyleModel, parts: Iterable[Part], wardrobe: Wardrobe | None, *, progress: bool
) -> None:
    """Fill in the views of parts, from the wardrobe where it has them; keep new ones there."""
    unseen = [part for part in parts if part.view is None]
    if wardrobe is not None:
        _recall(wardrobe, model.view_key, unseen)
    # Outfits share garments: each picture is seen once for a slot.
    alike: dict[Any, list[Part]] = {}
    for part in unseen:
        if part.view is None:
            alike.setdefault((part.image_hash or id(part), part.slot), []).append(part)
    groups = list(alike.values())
    for some in _in_parts(groups, progress=progress):
        firsts = [group[0] for group in some]
        for group, view in zip(some, view_all(model, firsts), strict=True):
            for part in group:
                part.view = view
        if wardrobe is not None:
            _keep(wardrobe, model.view_key, firsts)


def view_all(model: StyleModel, parts: Sequence[Part]) -> list[PictureView]:
    """See pictures; an unreadable one is named as the caller knows it."""
    images = [part.image() if part.image is not None else b"" for part in parts]
    try:
        views = list(model.view(images, slots=[part.slot for part in parts]))
    except ImageError:
        for part, image in zip(parts, images, strict=True):
            load_image(image, argument=part.name)
        raise
    if len(views) != len(parts) or not all(isinstance(view, PictureView) for view in views):
        wish, todo = f"{len(parts)} views, one a picture", "return one PictureView a picture"
        got = f"{len(views)}" if len(views) != len(parts) else "something else"
        raise expected("model.view", wish, got, todo)
    return views


def kept_under(view_key: str, slot: Slot | None) -> str:
    """Name of the views of pictures in which a slot was asked for: another slot, another view."""
    return f"{view_key}|{slot.value if slot else 'found'}"


def _item(name: str | None, one: object, argument: str) -> Item:
    if isinstance(one, Outfit):
        parts = tuple(
            _part(part.item, f"{argument} ({part.slot})", part.slot) for part in one.parts
        )
        return Item(name or one.name, parts)
    if isinstance(one, Garment):
        return Item(name or one.id, (_part(one, argument, one.slot),), one.slot, one.category)
    if isinstance(one, PictureView):
        return Item(name or argument, (Part(argument, view=one),))
    if name is None:
        name = os.fspath(one) if isinstance(one, (str, os.PathLike)) else argument
    return Item(str(name), (_part(one, argument, None),))


def _part(one: Any, argument: str, slot: Slot | None) -> Part:
    if isinstance(one, Garment):
        # The wardrobe is read when the picture is needed, not held in memory.
        return Part(f"garment {one.id}", slot, partial(_bytes_of, one), one.image_hash)
    return Part(argument, slot, partial(_itself, one))


def _bytes_of(garment: Garment) -> bytes:
    return garment.image_bytes


def _itself(image: ImageLike) -> ImageLike:
    return image


def _recall(wardrobe: Wardrobe, view_key: str, parts: list[Part]) -> None:
    for slot in dict.fromkeys(part.slot for part in parts):
        of_slot = [part for part in parts if part.slot is slot]
        hashes = [part.image_hash for part in of_slot if part.image_hash is not None]
        kept = _cached(wardrobe, kept_under(view_key, slot), hashes)
        for part in of_slot:
            if part.image_hash in kept:
                try:
                    part.view = PictureView.from_bytes(kept[part.image_hash])
                except DamagedFileError:
                    part.view = None  # seen again, and then replaced


def _cached(wardrobe: Wardrobe, key: str, hashes: list[str]) -> dict[str, bytes]:
    try:
        return wardrobe.get_cached(key, hashes)
    except DamagedFileError:
        kept: dict[str, bytes] = {}
        for one in hashes:  # all but the damaged
            try:
                kept |= wardrobe.get_cached(key, [one])
            except DamagedFileError:
                continue
        return kept


def _keep(wardrobe: Wardrobe, view_key: str, parts: list[Part]) -> None:
    for slot in dict.fromkeys(part.slot for part in parts):
        values = {
            part.image_hash: part.view.to_bytes()
            for part in parts
            if part.slot is slot and part.image_hash is not None and part.view is not None
        }
        try:
            wardrobe.put_cached(kept_under(view_key, slot), values)
        except StyleSimError:
            return  # a wardrobe that cannot be written can still be scored


def _in_parts(groups: list[Any], *, progress: bool) -> Iterable[list[Any]]:
    from tqdm import tqdm

    with tqdm(total=len(groups), desc="Seeing", disable=not progress or not groups) as bar:
        for start in range(0, len(groups), _AT_ONCE):
            some = groups[start : start + _AT_ONCE]
            yield some
            bar.update(len(some))
