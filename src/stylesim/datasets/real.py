"""Loaders of two real sets: people's own clothes laid out, and outfits on the street."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from PIL import Image

from stylesim.datasets._checks import folder_of
from stylesim.datasets._labels import CATEGORY_SLOTS, CLOTHING_CATEGORIES, OUTFIT_CATEGORIES
from stylesim.errors import DamagedFileError, NotFoundError, expected

if TYPE_CHECKING:
    import os

    from stylesim.types import BoolArray, Slot, UInt8Array


@attrs.frozen
class ClothingPhoto:
    """One garment that its owner photographed on a floor, a bed or a hanger.

    Attributes:
        id: The file's stem.
        path: The photograph.
        sender: Who took it. Photographs of one sender share rooms and light, so split by sender.
        label: One of the 17 labels of the set, such as ``"Longsleeve"``.
        kids: Whether it is a child's.

    Examples:
        >>> photo = ClothingPhoto("ab12", Path("images/ab12.jpg"), "7", "Longsleeve", kids=False)
        >>> photo.category, str(photo.slot)
        ('longsleeve', 'top')
    """

    id: str
    path: Path
    sender: str
    label: str
    kids: bool

    @property
    def held_out(self) -> bool:
        """Whether the bundled weights never saw this sender; see ``held_out``."""
        return held_out("sender", self.sender)

    @property
    def category(self) -> str:
        """The label as a category of this library, such as ``"longsleeve"``."""
        return CLOTHING_CATEGORIES[self.label]

    @property
    def slot(self) -> Slot:
        """Where the garment is worn."""
        return CATEGORY_SLOTS[self.category]


@attrs.frozen
class OutfitPhoto:
    """One street photograph of a whole outfit.

    Attributes:
        id: The file's stem.
        path: The photograph.
        tags: Labels of what is worn, such as ``("blouse", "skirt", "shoes")``.
        mask_path: Its pixel labels; None for about half of the photographs.
        labels: Names of the pixel labels: value ``i`` of the mask is ``labels[i]``.

    Examples:
        >>> photo = OutfitPhoto("1", Path("photos/1.jpg"), ("hair", "skirt"), None, ("null",))
        >>> photo.slots
        {'skirt': <Slot.BOTTOM: 'bottom'>}
        >>> photo.mask() is None
        True
    """

    id: str
    path: Path
    tags: tuple[str, ...]
    mask_path: Path | None
    labels: tuple[str, ...] = attrs.field(repr=False)

    @property
    def held_out(self) -> bool:
        """Whether the bundled weights never saw this photograph; see ``held_out``."""
        return held_out("outfit", self.id)

    @property
    def slots(self) -> dict[str, Slot]:
        """Slot of each tag that is a garment."""
        known = (tag for tag in self.tags if tag in OUTFIT_CATEGORIES)
        return {tag: CATEGORY_SLOTS[OUTFIT_CATEGORIES[tag]] for tag in known}

    def mask(self) -> UInt8Array | None:
        """Read the pixel labels.

        Returns:
            uint8 array of shape (height, width), values index ``labels``; None where the
            photograph has no mask.

        Raises:
            DamagedFileError: The file cannot be read.
        """
        if self.mask_path is None:
            return None
        try:
            with Image.open(self.mask_path) as image:
                return np.array(image.convert("L"), np.uint8)
        except (OSError, SyntaxError) as problem:
            raise expected(
                "mask_path",
                "a readable PNG",
                f"{self.mask_path} ({problem})",
                "fetch the data set again",
                DamagedFileError,
            ) from problem

    def mask_of(self, *names: str) -> BoolArray | None:
        """The pixels that carry one of the labels.

        Args:
            names: Labels such as ``"skirt"``.

        Returns:
            bool array of shape (height, width); None where the photograph has no mask.

        Raises:
            NotFoundError: There is no label of that name.
        """
        for name in names:
            if name not in self.labels:
                todo = "take one of the record's labels"
                raise expected("names", "a pixel label", name, todo, NotFoundError)
        mask = self.mask()
        if mask is None:
            return None
        wanted: BoolArray = np.isin(mask, [self.labels.index(name) for name in names])
        return wanted


def load_clothing(folder: str | os.PathLike[str]) -> list[ClothingPhoto]:
    r"""List the photographs of the clothing data set.

    Source: Grigorev et al., "Clothing dataset", 2020, CC0-1.0,
    ``alexeygrigorev/clothing-dataset`` on GitHub.

    Args:
        folder: The folder with ``images.csv`` (columns ``image``, ``sender_id``, ``label``,
            ``kids``) and ``images/``.

    Returns:
        One record a photograph, in the order of the table; no image is opened.

    Raises:
        InvalidArgumentError: There is no such folder or table.
        DamagedFileError: The table is not whole or empty, names a photograph twice, or
            photographs are missing.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     table = Path(folder, "images.csv")
        ...     _ = table.write_text("image,sender_id,label,kids\nab12,7,Skirt,False\n")
        ...     Path(folder, "images").mkdir()
        ...     Path(folder, "images", "ab12.jpg").touch()
        ...     [(photo.sender, str(photo.slot)) for photo in load_clothing(folder)]
        [('7', 'bottom')]
    """
    root = folder_of(folder)
    table = _required(root / "images.csv")
    try:
        with table.open(newline="", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise _damaged(table, str(problem)) from problem
    if not rows:
        raise _damaged(table, "no photograph")
    records: dict[str, ClothingPhoto] = {}
    for number, row in enumerate(rows, start=2):
        name, sender, label = row.get("image") or "", row.get("sender_id"), row.get("label") or ""
        if not _plain(name) or not sender or label not in CLOTHING_CATEGORIES:
            raise _damaged(table, f"line {number}: {row!r}")
        if name in records:
            raise _damaged(table, f"line {number}: {name} a second time")
        path = root / "images" / f"{name}.jpg"
        kids = str(row.get("kids", "")).lower() == "true"
        records[name] = ClothingPhoto(name, path, sender, label, kids)
    _check_present(root / "images", [record.path for record in records.values()])
    return list(records.values())


def load_outfits(folder: str | os.PathLike[str]) -> list[OutfitPhoto]:
    """List the street photographs of Clothing Co-Parsing.

    Source: Yang, Luo and Lin, "Clothing co-parsing by joint image segmentation and labeling",
    CVPR 2014, Apache-2.0, ``bearpaw/clothing-co-parsing`` on GitHub.

    Args:
        folder: The folder with ``labels.json`` (``labels`` and ``tags``), ``photos/`` and
            ``masks/``.

    Returns:
        One record a photograph, sorted by name; no image is opened.

    Raises:
        InvalidArgumentError: There is no such folder or file.
        DamagedFileError: The file is not whole, or photographs are missing.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     listed = {"labels": ["null", "skirt"], "tags": {"0001": ["skirt"]}}
        ...     _ = Path(folder, "labels.json").write_text(json.dumps(listed))
        ...     Path(folder, "photos").mkdir()
        ...     Path(folder, "photos", "0001.jpg").touch()
        ...     [(photo.id, photo.tags) for photo in load_outfits(folder)]
        [('0001', ('skirt',))]
    """
    root = folder_of(folder)
    source = _required(root / "labels.json")
    try:
        found: Any = json.loads(source.read_text(encoding="utf-8"))
        labels = _words(found["labels"])
        tags = {str(key): _words(value) for key, value in found["tags"].items()}
    except (
        OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError
    ) as problem:  # fmt: skip
        raise _damaged(source, f"{type(problem).__name__}: {problem}") from problem
    if not tags:
        raise _damaged(source, "no photograph")
    odd = [key for key in tags if not _plain(key)]
    if odd:
        raise _damaged(source, f"the photograph name {odd[0]!r}")
    masks = {path.stem: path for path in (root / "masks").glob("*.png")}
    records = [
        OutfitPhoto(key, root / "photos" / f"{key}.jpg", tags[key], masks.get(key), labels)
        for key in sorted(tags)
    ]
    _check_present(root / "photos", [record.path for record in records])
    return records


def held_out(kind: str, key: str) -> bool:
    """Whether a sender or a street photograph belongs to the quarter kept for measuring.

    The bundled weights were trained on the others. The quarter is fixed: those whose SHA-256
    of ``kind:key`` begins with 0, 1, 2 or 3 in hexadecimal.

    Args:
        kind: ``"sender"`` for who photographed a garment, ``"outfit"`` for a street photograph.
        key: The sender, or the photograph's id.

    Returns:
        True for about a quarter of all keys.

    Examples:
        >>> sum(held_out("sender", str(i)) for i in range(1000))
        240
    """
    return hashlib.sha256(f"{kind}:{key}".encode()).hexdigest()[0] in "0123"


def _required(path: Path) -> Path:
    if not path.is_file():
        todo = "pass the folder that the data set was unpacked into"
        raise expected("folder", f"a folder with {path.name}", str(path.parent), todo)
    return path


def _plain(name: str) -> bool:
    """Whether a file's stem stays inside its folder."""
    return bool(name) and Path(name).name == name


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError(f"{value!r} is no list of words")
    return tuple(value)


def _damaged(path: Path, what: str) -> Exception:
    return expected(
        "folder", f"a whole {path.name}", what, "fetch the data set again", DamagedFileError
    )


def _check_present(folder: Path, paths: list[Path]) -> None:
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    missing = [path.name for path in paths if path.name not in present]
    if missing:
        named = f"{len(missing)} missing in {folder.name}/, the first {missing[0]}"
        raise expected(
            "folder",
            "every photograph of the table",
            named,
            "fetch the data set again",
            DamagedFileError,
        )
