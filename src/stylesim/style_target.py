"""The style one would like, and the styles it is told apart from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from stylesim._checks import check_whole
from stylesim.errors import ImageError, StyleTargetError, expected
from stylesim.images import content_hash, image_bytes, list_images

if TYPE_CHECKING:
    from stylesim.classifier import LightweightClassifier
    from stylesim.target_check import TargetReport
    from stylesim.types import ImageLike

_FEWEST = 2
_BY_HAND = "pass a list of pictures, or folders to StyleTarget.from_folders"


@attrs.frozen(eq=False)
class _Example:
    source: str
    data: bytes = attrs.field(repr=False)
    hash: str


@attrs.frozen(init=False, repr=False)
class StyleTarget:
    """A wanted class of pictures and its contrast classes, checked.

    The wanted class is the *Wannabe Style* and the contrast classes are the
    *Variety Style* of the few-shot style comparison that stylesim builds on:
    up to ten photographs each.

    Args:
        wanted: At least 2 different pictures of the wanted style.
        contrast: For each contrast class, by name, at least 2 different
            pictures; at least one class.
        name: Name of the wanted class.
        max_images: Most pictures that one class may have.

    Raises:
        ImageError: Pictures cannot be read; all of them are named.
        StyleTargetError: No contrast class, a class with too few or too many
            pictures, one picture in two classes, or a name used twice.
        InvalidArgumentError: An argument is of the wrong kind.

    Examples:
        >>> from PIL import Image
        >>> shade = lambda value: Image.new("RGB", (8, 8), (value, 0, 0))
        >>> target = StyleTarget([shade(1), shade(2)], {"sporty": [shade(3), shade(4)]})
        >>> target.classes
        ('wannabe', 'sporty')
    """

    name: str
    max_images: int
    _examples: tuple[tuple[str, tuple[_Example, ...]], ...] = attrs.field(eq=False)
    _hashes: tuple[tuple[str, tuple[str, ...]], ...]

    def __init__(
        self,
        wanted: Iterable[ImageLike],
        contrast: Mapping[str, Iterable[ImageLike]],
        *,
        name: str = "wannabe",
        max_images: int = 10,
    ) -> None:
        named = _named_classes(wanted, contrast, name, max_images)
        examples = _read_all(named)
        _check_distinct(examples)
        self.__attrs_init__(
            name,
            int(max_images),
            tuple((label, tuple(rows)) for label, (_, rows) in examples.items()),
            tuple(
                (label, tuple(row.hash for row in rows)) for label, (_, rows) in examples.items()
            ),
        )

    @classmethod
    def from_folders(
        cls,
        wanted: str | os.PathLike[str],
        contrast: Mapping[str, str | os.PathLike[str]] | str | os.PathLike[str],
        *,
        name: str = "wannabe",
        max_images: int = 10,
    ) -> StyleTarget:
        """Read each class from the picture files of one folder.

        Args:
            wanted: Folder of the wanted style.
            contrast: Folder of each contrast class, by name; or one folder
                whose sub-folders are the classes and give them their names.
            name: Name of the wanted class.
            max_images: Most pictures that one class may have.

        Returns:
            The target, its pictures in the order of their file names.

        Raises:
            InvalidArgumentError: A folder is missing or holds no picture; or
                as for the class itself.

        Examples:
            >>> import tempfile
            >>> from PIL import Image
            >>> with tempfile.TemporaryDirectory() as root:
            ...     for value, where in enumerate(["mine/a", "mine/b", "not/suit/a", "not/suit/b"]):
            ...         path = Path(root, where + ".png")
            ...         path.parent.mkdir(parents=True, exist_ok=True)
            ...         Image.new("L", (8, 8), value).save(path)
            ...     StyleTarget.from_folders(Path(root, "mine"), Path(root, "not"))
            StyleTarget(wannabe: 2, suit: 2)
        """
        if isinstance(contrast, (str, os.PathLike)):
            folders: dict[str, Any] = _sub_folders(contrast)
        else:
            _check_mapping(contrast)
            folders = dict(contrast)
        return cls(
            list_images(wanted, "wanted"),
            {label: list_images(path, f"contrast[{label!r}]") for label, path in folders.items()},
            name=name,
            max_images=max_images,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes: the wanted one, then the contrast classes in their order."""
        return tuple(label for label, _ in self._examples)

    @property
    def images(self) -> dict[str, tuple[bytes, ...]]:
        """The encoded pictures of each class, as they came."""
        return {label: tuple(row.data for row in rows) for label, rows in self._examples}

    @property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Where each picture came from: its path, or its place such as ``wanted[0]``."""
        return {label: tuple(row.source for row in rows) for label, rows in self._examples}

    @property
    def hashes(self) -> dict[str, tuple[str, ...]]:
        """The ``stylesim.images.content_hash`` of each picture."""
        return dict(self._hashes)

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that change with any class name or picture."""
        digest = hashlib.sha256()
        for label, hashes in self._hashes:
            digest.update(f"{len(label)}:{label}:{len(hashes)}:{''.join(hashes)}".encode())
        return digest.hexdigest()

    def check(
        self, model: LightweightClassifier | None = None, *, progress: bool = False
    ) -> TargetReport:
        """Check whether the photographs suit, before they are learned from.

        Looked for are photographs nearly the same, classes that cannot be told
        apart, backgrounds that give a class away, garments that a class does
        not show, and classes that are few or uneven; see
        ``stylesim.target_check.check_target``.

        Args:
            model: Whose finder and backbone to use; None is ``LightweightClassifier()``.
            progress: Whether to show a progress bar on standard error.

        Returns:
            What was found, with advice in plain words.

        Raises:
            InvalidArgumentError: ``model`` is not a classifier.
        """
        # Here and not above: the check stands on the classifier, which stands on this module.
        from stylesim.target_check import check_target

        return check_target(self, model, progress=progress)

    def __repr__(self) -> str:
        counts = ", ".join(f"{label}: {len(rows)}" for label, rows in self._examples)
        return f"StyleTarget({counts})"


def _named_classes(
    wanted: object, contrast: object, name: object, max_images: int
) -> dict[str, tuple[str, list[Any]]]:
    """Map each class to the argument it came from and its pictures, still unread."""
    check_whole("max_images", max_images, "pass max_images=10", _FEWEST)
    _check_name("name", name)
    classes = {str(name): ("wanted", _listed("wanted", wanted))}
    for label, pictures in _check_mapping(contrast).items():
        argument = f"contrast[{label!r}]"
        _check_name(argument, label)
        if label in classes:
            wish = "a name other than that of the wanted class"
            raise expected(argument, wish, label, "rename one of them", StyleTargetError)
        classes[label] = (argument, _listed(argument, pictures))
    if len(classes) < _FEWEST:
        wish, todo = "at least one contrast class", "add pictures of a style you do not want"
        raise expected("contrast", wish, "none", todo, StyleTargetError)
    for argument, pictures in classes.values():
        if len(pictures) < _FEWEST:
            got = f"{len(pictures)} ({_sources(argument, pictures)})" if pictures else "none"
            wish = f"at least {_FEWEST} pictures"
            raise expected(argument, wish, got, "add pictures to this class", StyleTargetError)
        if len(pictures) > max_images:
            surplus = _sources(argument, pictures, start=max_images)
            wish, todo = (
                f"at most {max_images} pictures",
                f"leave out {surplus} or raise max_images",
            )
            raise expected(argument, wish, str(len(pictures)), todo, StyleTargetError)
    return classes


def _read_all(
    classes: dict[str, tuple[str, list[Any]]],
) -> dict[str, tuple[str, list[_Example]]]:
    read: dict[str, tuple[str, list[_Example]]] = {}
    failures: list[ImageError] = []
    for label, (argument, pictures) in classes.items():
        rows: list[_Example] = []
        for place, picture in enumerate(pictures):
            where = f"{argument}[{place}]"
            try:
                data = image_bytes(picture, argument=where)
                digest = content_hash(picture, argument=where)
            except ImageError as error:
                failures.append(error)
                continue
            rows.append(_Example(_source(where, picture), data, digest))
        read[label] = (argument, rows)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise ImageError(
            f"{len(failures)} pictures cannot be used:\n" + "\n".join(map(str, failures)),
            failures=tuple(failures),
        )
    return read


def _check_distinct(classes: dict[str, tuple[str, list[_Example]]]) -> None:
    first: dict[str, tuple[str, str]] = {}
    for label, (argument, rows) in classes.items():
        if len({row.hash for row in rows}) < _FEWEST:
            got = "copies of one: " + ", ".join(row.source for row in rows)
            wish, todo = f"at least {_FEWEST} different pictures", "add another picture"
            raise expected(argument, wish, got, todo, StyleTargetError)
        for row in rows:
            other_label, other_source = first.setdefault(row.hash, (label, row.source))
            if other_label != label:
                got = f"one that {other_label!r} has too"
                wish, todo = "pictures of this class only", f"drop {other_source} or {row.source}"
                raise expected(argument, wish, got, todo, StyleTargetError)


def _check_mapping(contrast: object) -> Mapping[Any, Any]:
    if not isinstance(contrast, Mapping):
        raise expected("contrast", "a dict of class name to pictures", contrast, _BY_HAND)
    return contrast


def _check_name(argument: str, name: object) -> None:
    text = name.encode(errors="ignore").decode() if isinstance(name, str) else ""
    if not text.strip() or text != name:
        raise expected(argument, "a class name with at least one letter", name, "name the class")


def _listed(argument: str, pictures: object) -> list[Any]:
    single = (str, bytes, bytearray, memoryview, os.PathLike, Mapping)
    if isinstance(pictures, single) or not isinstance(pictures, Iterable):
        raise expected(argument, "a list of pictures", pictures, _BY_HAND)
    return list(pictures)


def _sub_folders(root: str | os.PathLike[str]) -> dict[str, Path]:
    wish, todo = "a folder with one sub-folder for each class", "check the path"
    try:
        paths = sorted(path for path in Path(root).iterdir() if path.is_dir())
    except (OSError, ValueError) as error:  # a ValueError where there is a zero in the name
        got = f"{os.fspath(root)!r} ({getattr(error, 'strerror', error)})"
        raise expected("contrast", wish, got, todo) from error
    return {path.name: path for path in paths if not path.name.startswith(".")}


def _source(where: str, picture: object) -> str:
    return os.fspath(picture) if isinstance(picture, (str, os.PathLike)) else where


def _sources(argument: str, pictures: list[Any], start: int = 0) -> str:
    shown = [_source(f"{argument}[{i}]", pictures[i]) for i in range(start, len(pictures))]
    return ", ".join(shown[:5]) + (", ..." if len(shown) > 5 else "")
