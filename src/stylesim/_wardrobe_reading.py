"""The side of a wardrobe that is read: its garments, and what models kept about them."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Self

from stylesim._garment import Garment, garment_of
from stylesim._intake import checked_attributes, checked_category, checked_slot, groups_of
from stylesim._lookalikes import pairs_alike
from stylesim.errors import NotFoundError, expected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stylesim._wardrobe_store import GarmentRow, WardrobeStore
    from stylesim.types import Slot


class AbstractWardrobe(abc.ABC):
    """Garments that are counted, looked up, chosen and compared, until they are closed."""

    __slots__ = ()
    _store: WardrobeStore

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Wardrobe({'in memory' if self.path is None else repr(self.path.name)})"

    def __len__(self) -> int:
        return self._store.count()

    def __iter__(self) -> Iterator[Garment]:
        return iter([self._garment(row) for row in self._store.garments()])

    def __getitem__(self, garment_id: str) -> Garment:
        return self._garment(self._row(garment_id))

    def __contains__(self, garment: object) -> bool:
        name = garment.id if isinstance(garment, Garment) else garment
        return isinstance(name, str) and bool(self._store.garments("id = ?", name))

    def filter(
        self,
        where: Callable[[Garment], bool] | None = None,
        *,
        slot: str | Slot | EllipsisType | None = ...,
        category: str | EllipsisType | None = ...,
        **attributes: Any,
    ) -> list[Garment]:
        """Choose garments; every condition has to hold.

        Args:
            where: Any further condition, such as ``lambda garment: garment.quantity > 1``.
            slot: The slot; None chooses garments without one.
            category: The category, in upper or lower case; None chooses garments without one.
            **attributes: Values that attributes equal; None chooses garments without them.

        Returns:
            The garments, in the order of adding; empty where none fits.

        Raises:
            InvalidArgumentError: A value is of the wrong kind.
        """
        if where is not None and not callable(where):
            raise expected("where", "a function of one garment", where, "pass a function")
        chosen = list(self)
        if not isinstance(slot, EllipsisType):
            wanted_slot = checked_slot(slot)
            chosen = [garment for garment in chosen if garment.slot is wanted_slot]
        if not isinstance(category, EllipsisType):
            word = (checked_category(category) or "").casefold()
            chosen = [garment for garment in chosen if (garment.category or "").casefold() == word]
        for name, value in checked_attributes(attributes).items():
            chosen = [garment for garment in chosen if garment.attributes.get(name) == value]
        return [garment for garment in chosen if where is None or where(garment)]

    def duplicates(self) -> list[tuple[Garment, ...]]:
        """Find garments that are probably one, added from several copies of a photograph.

        Copies that were resized, recompressed, or lightened a little are found
        by a difference hash (N. Krawetz, "Kind of Like That", The Hacker Factor
        Blog, 2013) of 16 x 16 bits together with coarse colours. Exact copies
        are recognised by ``add`` already. Garments of different slots are not
        duplicates, for one photograph may show several.

        Returns:
            Groups of two or more garments, each in the order of adding.
        """
        summaries = self._store.summaries()
        garments = [garment for garment in self if garment.image_hash in summaries]
        pairs = pairs_alike([summaries[garment.image_hash] for garment in garments])
        slots = [garment.slot for garment in garments]
        same = [(i, j) for i, j in pairs if None in (slots[i], slots[j]) or slots[i] is slots[j]]
        groups = groups_of(same, len(garments))
        return [tuple(garments[place] for place in group) for group in groups]

    def get_cached(self, key: str, image_hashes: Iterable[str]) -> dict[str, bytes]:
        """Look up what a model kept about pictures.

        Args:
            key: Name of what was kept, such as a model's ``view_key``.
            image_hashes: The ``image_hash`` of the garments wanted.

        Returns:
            Value by image hash; pictures nothing was kept about are left out.
        """
        _check_key(key)
        given: object = image_hashes
        if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
            todo = "pass [garment.image_hash for garment in wardrobe]"
            raise expected("image_hashes", "a list of image hashes", given, todo)
        return self._store.cached(key, image_hashes)

    def put_cached(self, key: str, values: Mapping[str, bytes]) -> None:
        """Keep what a model found out about pictures, for as long as they are here.

        Args:
            key: Name of what is kept; it changes when the model changes.
            values: Value by image hash; hashes of no picture here are left out.

        Raises:
            InvalidArgumentError: ``key`` is no text, or ``values`` are no bytes by hash.
            StorageError: The wardrobe cannot be written.
        """
        _check_key(key)
        given: object = values
        kept = given.values() if isinstance(given, Mapping) else [None]
        if not all(isinstance(value, (bytes, bytearray, memoryview)) for value in kept):
            todo = "pass {garment.image_hash: view.to_bytes()}"
            raise expected("values", "bytes by image hash", type(given).__name__, todo)
        with self._store.writing():
            self._store.put_cached(key, values)

    def clear_cached(self, key: str | None = None) -> None:
        """Forget what models kept under a key, or under every key.

        Args:
            key: As for ``put_cached``; None for all.
        """
        with self._store.writing():
            self._store.clear_cached(key)

    @property
    def path(self) -> Path | None:
        """The file; None in memory."""
        return self._store.path

    def close(self) -> None:
        """Let go of the file; a wardrobe in memory is gone. Closing twice is fine."""
        self._store.close()

    def _row(self, garment: object) -> GarmentRow:
        name = garment.id if isinstance(garment, Garment) else garment
        rows = self._store.garments("id = ?", name) if isinstance(name, str) else []
        if not rows:
            wish, todo = "the id of a garment in the wardrobe", "iterate over it for its garments"
            raise expected("garment", wish, name, todo, NotFoundError)
        return rows[0]

    def _garment(self, row: GarmentRow) -> Garment:
        return garment_of(row, self._store.picture)

    def _free_id(self, digest: str) -> str:
        """Name a garment after its picture: the same in every wardrobe, unless that is taken."""
        name, number = digest[:10], 1
        while self._store.garments("id = ?", name):
            number += 1
            name = f"{digest[:10]}-{number}"
        return name


def _check_key(key: object) -> None:
    if not isinstance(key, str):
        raise expected("key", "a name as text", key, "pass model.view_key")
