"""Loaders of two real sets: people's own clothes laid out, and outfits on the street."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from PIL import Image

from stylesim.datasets._labels import CATEGORY_SLOTS, CLOTHING_CATEGORIES, OUTFIT_CATEGORIES
from stylesim.errors import DamagedFileError, NotFoundError, expected

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from stylesim.types import BoolArray, Slot, UInt8Array

_TOPS = frozenset(
    "blouse shirt t-shirt sweater blazer jacket coat suit top sweatshirt cardigan hoodie vest "
    "cape".split()
)
_BOTTOMS = frozenset("pants jeans shorts skirt leggings".split())
_ONE_PIECE = frozenset("dress romper jumper bodysuit swimwear".split())
_LIGHT = frozenset({"blouse", "shirt", "top"})

OUTFIT_GROUPS: tuple[str, ...] = (
    "wanted",
    "suit",
    "padding",
    "sporty",
    "Top Similar",
    "Bottom Similar",
    "All Different",
)
"""The groups of :func:`outfit_groups`, in the order in which their rules are tried."""


@attrs.frozen
class ClothingPhoto:
    """One garment that its owner photographed on a floor, a bed or a hanger.

    Attributes:
        id: The file's stem.
        path: The photograph.
        sender: Who took it. Photographs of one sender share rooms and light, so split by sender.
        label: One of the 17 labels of the set, such as ``"Longsleeve"``.
        kids: Whether it is a child's.
    """

    id: str
    path: Path
    sender: str
    label: str
    kids: bool

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
    """

    id: str
    path: Path
    tags: tuple[str, ...]
    mask_path: Path | None
    labels: tuple[str, ...] = attrs.field(repr=False)

    @property
    def slots(self) -> dict[str, Slot]:
        """Slot of each tag that is a garment."""
        known = (tag for tag in self.tags if tag in OUTFIT_CATEGORIES)
        return {tag: CATEGORY_SLOTS[OUTFIT_CATEGORIES[tag]] for tag in known}

    def mask(self) -> UInt8Array | None:
        """Read the pixel labels.

        Returns:
            uint8 array of shape (height, width), values index :attr:`labels`; None where the
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
    """List the photographs of the clothing data set.

    Source: Grigorev et al., "Clothing dataset", 2020, CC0-1.0,
    ``alexeygrigorev/clothing-dataset`` on GitHub.

    Args:
        folder: The folder with ``images.csv`` (columns ``image``, ``sender_id``, ``label``,
            ``kids``) and ``images/``.

    Returns:
        One record a photograph, in the order of the table; no image is opened.

    Raises:
        InvalidArgumentError: There is no such folder or table.
        DamagedFileError: The table is not whole, or photographs are missing.

    Example:
        >>> photos = load_clothing("data/garments")  # doctest: +SKIP
        >>> photos[0].label, photos[0].slot  # doctest: +SKIP
        ('T-Shirt', <Slot.TOP: 'top'>)
    """
    root = Path(folder)
    table = _required(root / "images.csv")
    try:
        with table.open(newline="", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise _damaged(table, str(problem)) from problem
    records = []
    for number, row in enumerate(rows, start=2):
        name, sender, label = row.get("image"), row.get("sender_id"), row.get("label") or ""
        if not name or not sender or label not in CLOTHING_CATEGORIES:
            raise _damaged(table, f"line {number}: {row!r}")
        path = root / "images" / f"{name}.jpg"
        kids = str(row.get("kids", "")).lower() == "true"
        records.append(ClothingPhoto(name, path, sender, label, kids))
    _check_present(root / "images", [record.path for record in records])
    return records


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

    Example:
        >>> outfits = load_outfits("data/outfits")  # doctest: +SKIP
        >>> outfits[0].tags  # doctest: +SKIP
        ('blouse', 'shoes', 'skirt', 'stockings', 'sunglasses', 'vest')
    """
    root = Path(folder)
    source = _required(root / "labels.json")
    try:
        found: Any = json.loads(source.read_text(encoding="utf-8"))
        labels = tuple(str(label) for label in found["labels"])
        tags = {str(key): tuple(map(str, value)) for key, value in found["tags"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as problem:
        raise _damaged(source, f"{type(problem).__name__}: {problem}") from problem
    masks = {path.stem: path for path in (root / "masks").glob("*.png")}
    records = [
        OutfitPhoto(key, root / "photos" / f"{key}.jpg", tags[key], masks.get(key), labels)
        for key in sorted(tags)
    ]
    _check_present(root / "photos", [record.path for record in records])
    return records


def outfit_groups(records: Iterable[OutfitPhoto]) -> dict[str, list[OutfitPhoto]]:
    """Sort street photographs into the groups of the paper's four-outfit experiment.

    Considered are photographs with at least one top, exactly one bottom and nothing worn in
    one piece; each goes to the first group of :data:`OUTFIT_GROUPS` whose rule it meets.
    ``"wanted"`` serves for training and, where held out of it, as All Similar.

    Args:
        records: What :func:`load_outfits` gave, or some of it.

    Returns:
        Every group with its photographs in the order of ``records``; a group may be empty.

    Example:
        >>> from pathlib import Path
        >>> photo = OutfitPhoto("1", Path("1.jpg"), ("suit", "pants"), None, ())
        >>> [name for name, group in outfit_groups([photo]).items() if group]
        ['suit']
    """
    groups: dict[str, list[OutfitPhoto]] = {name: [] for name in OUTFIT_GROUPS}
    for record in records:
        name = _group_of(frozenset(record.tags))
        if name is not None:
            groups[name].append(record)
    return groups


def _group_of(tags: frozenset[str]) -> str | None:
    tops, bottoms = tags & _TOPS, tags & _BOTTOMS
    if not tops or len(bottoms) != 1 or tags & _ONE_PIECE:
        return None
    bottom = next(iter(bottoms))
    light, heavy = bool(tops & _LIGHT), bool(tops & {"coat", "cape"})
    tailored = tops & {"suit", "blazer"}
    layered = tailored or heavy or "jacket" in tops
    casual = tops & {"t-shirt", "sweater", "sweatshirt", "hoodie", "cardigan"}
    wanted_top = light and not layered and not casual
    rules = {
        "wanted": wanted_top and bottom == "skirt",
        "suit": tailored and not heavy and bottom == "pants",
        "padding": heavy and bottom in {"pants", "jeans", "leggings"},
        "sporty": tops & {"t-shirt", "sweatshirt", "hoodie"} and not layered and bottom != "skirt",
        "Top Similar": wanted_top and bottom != "skirt",
        "Bottom Similar": bottom == "skirt"
        and not light
        and tops & {"sweater", "t-shirt", "sweatshirt", "jacket", "coat", "blazer", "cardigan"},
        "All Different": bottom != "skirt"
        and not light
        and tops & {"sweater", "jacket", "cardigan"},
    }
    return next((name for name in OUTFIT_GROUPS if rules[name]), None)


def _required(path: Path) -> Path:
    if not path.is_file():
        todo = "pass the folder that the data set was unpacked into"
        raise expected("folder", f"a folder with {path.name}", str(path.parent), todo)
    return path


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
