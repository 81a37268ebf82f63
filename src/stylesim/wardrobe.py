"""The clothes one owns, in memory or in one file."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import attrs

from stylesim._garment import AddResult, Garment, SkippedImage, SkippedImageWarning
from stylesim._intake import (
    Finder,
    Newcomer,
    Said,
    check_path,
    check_timeout,
    checked_attributes,
    checked_category,
    checked_quantity,
    checked_slot,
    find_slots,
    in_parts,
    merged_attributes,
    skipped_message,
    slot_of_folder,
    with_slot,
)
from stylesim._wardrobe_reading import AbstractWardrobe
from stylesim._wardrobe_store import WardrobeStore
from stylesim.errors import ImageError, expected
from stylesim.images import list_images

if TYPE_CHECKING:
    import os

    from stylesim.errors import StyleSimError
    from stylesim.types import ImageLike, Slot

__all__ = ["AddResult", "Garment", "SkippedImage", "SkippedImageWarning", "Wardrobe"]


@attrs.define(eq=False, repr=False)
class Wardrobe(AbstractWardrobe):
    """Garments with their pictures, in memory: ``open`` keeps them in a file.

    A garment is known by its picture and its slot: the one it has, or the first
    it was given. Adding a picture again changes nothing but what is newly said
    about it, so that a script may run twice; adding it with another slot makes
    a second garment, for photographs that show several. Pictures are kept as they came,
    with the metadata inside them.

    Every change is whole on the disk when the method returns, or has not
    happened. Several processes and threads may use one file at once. The file
    is a SQLite database with a rollback journal: one file, to be moved freely
    while nothing writes to it.

    Args:
        finder: Finds the slot and category of pictures added without a slot;
            None for the bundled one, which is loaded at first need.

    Examples:
        >>> from PIL import Image
        >>> closet = Wardrobe()
        >>> skirt = closet.add(Image.new("RGB", (8, 8), "navy"), slot="bottom", colour="navy")
        >>> closet[skirt.id].attributes
        {'colour': 'navy'}
        >>> [garment.slot.value for garment in closet.filter(colour="navy")]
        ['bottom']
    """

    finder: Finder | None = attrs.field(default=None, kw_only=True)
    _store: WardrobeStore = attrs.field(
        factory=lambda: WardrobeStore.open(None, 0.0), alias="_store", kw_only=True
    )

    @finder.validator
    def _check_finder(self, _attribute: object, value: object) -> None:
        able = callable(getattr(value, "find", None)) and not isinstance(value, type)
        if value is not None and not able:
            todo = "pass a GarmentFinder, or None for the bundled one"
            raise expected("finder", "an object with a method find", value, todo)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, finder: Finder | None = None, timeout: float = 30.0
    ) -> Wardrobe:
        """Open a wardrobe file, or make one where there is none.

        Args:
            path: The file; its folder has to exist.
            finder: As for the class.
            timeout: Seconds to wait while another process writes.

        Returns:
            The wardrobe; ``close`` it, or use it in a ``with`` statement.

        Raises:
            StorageError: The path cannot be read and written.
            DamagedFileError: The file is not whole, or no wardrobe.
            NewerVersionError: The file was written by a newer stylesim.

        Examples:
            >>> import tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     with Wardrobe.open(Path(folder, "closet.stylesim")) as closet:
            ...         len(closet)
            0
        """
        check_path(path)
        check_timeout(timeout)
        return cls(finder=finder, _store=WardrobeStore.open(Path(path), timeout))

    def add(
        self,
        image: ImageLike,
        *,
        slot: str | Slot | None = None,
        category: str | None = None,
        quantity: int = 1,
        **attributes: Any,
    ) -> Garment:
        """Add one garment.

        Args:
            image: Its picture.
            slot: Where on the body it is worn; None finds slot and category of
                the largest garment in the picture.
            category: What it is; overrules what is found.
            quantity: How many are owned. For a picture already there the
                larger number stays: it is never summed.
            **attributes: What else to keep, as JSON values; None leaves out,
                or takes away from a garment already there.

        Returns:
            The garment, new or already there.

        Raises:
            ImageError: The picture cannot be read.
            InvalidArgumentError: Another argument is of the wrong kind.
            StorageError: The wardrobe cannot be written.
        """
        said = Said.checked(slot, category, quantity, attributes)
        newcomer = Newcomer.read(image, "image", None, said)
        return self._take_in([newcomer], said)[0][0]

    def add_folder(
        self,
        folder: str | os.PathLike[str],
        *,
        slot: str | Slot | None = None,
        category: str | None = None,
        quantity: int = 1,
        progress: bool = True,
        **attributes: Any,
    ) -> AddResult:
        """Add every picture file of a folder and its sub-folders.

        Sub-folders that name a slot or a garment, such as ``bottoms`` or
        ``T-Shirts``, give their pictures that slot; links to folders are not
        followed. If the run is interrupted, what was added stays, and a second
        run adds the rest.

        Args:
            folder: The folder.
            slot: Slot of every picture, whatever the sub-folders say.
            category: As for ``add``, for every picture.
            quantity: As for ``add``, for every picture.
            progress: Whether to show a progress bar.
            **attributes: As for ``add``, for every picture.

        Returns:
            The garments added, those already known, and what was skipped.

        Raises:
            InvalidArgumentError: The folder is missing or holds no picture.
            StorageError: The wardrobe cannot be written.

        Warns:
            SkippedImageWarning: Some files or sub-folders cannot be read.
        """
        said = Said.checked(slot, category, quantity, attributes)
        added: list[Garment] = []
        known: list[Garment] = []
        skipped: list[SkippedImage] = []

        def skip(path: Path, error: StyleSimError) -> None:
            skipped.append(SkippedImage(path, error))

        paths = list_images(folder, "folder", recursive=True, onerror=skip)
        for part in in_parts(paths, progress):
            newcomers = []
            for path in part:
                named = slot_of_folder(path.relative_to(folder))
                try:
                    newcomers.append(Newcomer.read(path, "folder", named, said))
                except ImageError as error:
                    skip(path, error)
            for garment, is_new in self._take_in(newcomers, said):
                (added if is_new else known).append(garment)
        if skipped:
            warnings.warn(
                skipped_message(
                    [one.error for one in skipped], len(added) + len(known) + len(skipped)
                ),
                SkippedImageWarning,
                stacklevel=2,
            )
        return AddResult(tuple(added), tuple(known), tuple(skipped))

    def update(
        self,
        garment: str | Garment,
        /,
        *,
        slot: str | Slot | EllipsisType | None = ...,
        category: str | EllipsisType | None = ...,
        quantity: int | EllipsisType = ...,
        **attributes: Any,
    ) -> Garment:
        """Change what is said about a garment; what is not named stays.

        Args:
            garment: The garment or its id.
            slot: New slot; None for unknown.
            category: New category; None for unknown.
            quantity: New quantity, at least 1.
            **attributes: New attributes; None takes one away.

        Returns:
            The garment as it now is, under the same id.

        Raises:
            NotFoundError: There is no such garment.
            InvalidArgumentError: A value is of the wrong kind.
            StorageError: The wardrobe cannot be written.
        """
        changes: dict[str, Any] = {}
        if not isinstance(category, EllipsisType):
            changes["category"] = checked_category(category)
        if not isinstance(quantity, EllipsisType):
            changes["quantity"] = checked_quantity(quantity)
        new_slot = slot if isinstance(slot, EllipsisType) else checked_slot(slot)
        said = checked_attributes(attributes)
        with self._store.writing():
            row = self._row(garment)
            known = self._garment(row)  # or it is damaged
            if not isinstance(new_slot, EllipsisType):
                row = with_slot(row, new_slot)
            changes["attributes"] = merged_attributes(known.attributes, said)
            row = attrs.evolve(row, **changes)
            self._store.change(row)
        return self._garment(row)

    def remove(self, garment: str | Garment) -> None:
        """Remove a garment, and its picture where no other garment shows it.

        Args:
            garment: The garment or its id.

        Raises:
            NotFoundError: There is no such garment.
            StorageError: The wardrobe cannot be written.
        """
        with self._store.writing():
            self._store.delete(self._row(garment))

    def backup(self, path: str | os.PathLike[str]) -> Path:
        """Copy the wardrobe into a file, while others may use it.

        Args:
            path: A new file, or another wardrobe, which is replaced as a whole
                or not at all.

        Returns:
            The path, to be opened by ``Wardrobe.open``.

        Raises:
            StorageError: The path cannot be written, is this wardrobe, or stays in use for 30 s.
            DamagedFileError: The path holds something other than a wardrobe.
        """
        check_path(path)
        self._store.backup(Path(path))
        return Path(path)

    def _take_in(self, newcomers: list[Newcomer], said: Said) -> list[tuple[Garment, bool]]:
        """Write newcomers, all or none; return each garment and whether it is new."""
        lost = [
            newcomer
            for newcomer in newcomers
            if newcomer.slot is None and not self._store.garments("picture = ?", newcomer.digest)
        ]
        if lost:
            find_slots(lost, _bundled_finder() if self.finder is None else self.finder)
        taken: list[tuple[Garment, bool]] = []
        with self._store.writing():
            for newcomer in newcomers:
                rows = self._store.garments("picture = ?", newcomer.digest)
                row = newcomer.known_as(rows)
                if row is None:
                    new = newcomer.row(said, self._free_id(newcomer.digest))
                    self._store.put_picture(newcomer.digest, newcomer.data, newcomer.summary)
                    self._store.insert(new)
                else:
                    new = newcomer.merged_into(row, self._garment(row).attributes, said)
                    self._store.change(new)
                taken.append((self._garment(new), row is None))
        return taken


def _bundled_finder() -> Finder:
    # Here, because it lies on a lower floor, and a wardrobe that is told its slots needs no model.
    from stylesim.garments import default_finder

    return default_finder()
