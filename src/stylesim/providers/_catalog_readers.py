"""Catalogues read from files, folders and rows."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylesim.errors import expected
from stylesim.images import list_images
from stylesim.products import Product, ProviderTerms
from stylesim.providers import _files
from stylesim.providers._rows import Intake, check_columns
from stylesim.providers.base import AbstractProductProvider, SkippedProductWarning
from stylesim.types import Slot

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from stylesim.products import SkippedProduct

    Row = tuple[int, object | str]


def skip_warning(name: str, skipped: Sequence[SkippedProduct], what: str, depth: int) -> None:
    """Warn once of what could not be used."""
    if skipped:
        first = skipped[0]
        message = (
            f"{name}: {len(skipped)} {what} skipped (see .skipped); "
            f"{'product ' + repr(first.id) if first.row is None else f'row {first.row}'}: "
            f"{first.reason}"
        )
        warnings.warn(message, SkippedProductWarning, stacklevel=depth + 1)


class CatalogReaders(AbstractProductProvider):
    """The constructors that read a catalogue into memory."""

    @classmethod
    def from_products(
        cls,
        products: Iterable[Product | Mapping[str, Any]],
        *,
        name: str = "catalogue",
        terms: ProviderTerms | None = None,
    ) -> Self:
        """Take products, or mappings with their fields, from any iterable.

        Args:
            products: Products or mappings; a picture is not required.
            name: Name in messages.
            terms: What may be done with the answers.

        Returns:
            The provider.

        Raises:
            ProductError: No row made a product.
        """
        given: object = products
        if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__"):
            wish, todo = "products or mappings", "use from_csv for files"
            raise expected("products", wish, given, todo)
        rows = enumerate(products, start=1)
        return cls._made(rows, name, terms, needs_picture=False)

    @classmethod
    def from_csv(
        cls,
        path: str | os.PathLike[str],
        *,
        columns: Mapping[str, str] | None = None,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        require_image: bool = True,
        name: str | None = None,
        terms: ProviderTerms | None = None,
    ) -> Self:
        """Read a CSV file whose first line names its columns.

        Args:
            path: The file; relative picture paths in it start from its folder.
            columns: Column by field of the product, such as
                ``{"title": "Name", "price": "Preis"}``, where they are called otherwise.
            encoding: Of the file; a byte order mark is skipped.
            delimiter: Between fields; None finds ``,``, ``;``, tab or ``|`` in the header.
            require_image: Skip rows without a picture.
            name: Name in messages; the file's own unless given.
            terms: What may be done with the answers.

        Returns:
            The provider.

        Raises:
            StorageError: The file cannot be read.
            DamagedFileError: It is not text in this encoding.
            ProductError: It lacks a title or address column, or has no usable row.
        """
        fields = check_columns(columns)
        rows = _files.csv_rows(path, fields, encoding=encoding, delimiter=delimiter)
        return cls._file(path, rows, fields, require_image, name, terms)

    @classmethod
    def from_jsonl(
        cls,
        path: str | os.PathLike[str],
        *,
        columns: Mapping[str, str] | None = None,
        require_image: bool = True,
        name: str | None = None,
        terms: ProviderTerms | None = None,
    ) -> Self:
        """Read a file with one JSON object a line, in UTF-8.

        Args:
            path: As for ``from_csv``.
            columns: As for ``from_csv``.
            require_image: As for ``from_csv``.
            name: As for ``from_csv``.
            terms: As for ``from_csv``.

        Returns:
            The provider.

        Raises:
            StorageError: The file cannot be read.
            ProductError: It has no usable row.
        """
        rows = _files.jsonl_rows(path)
        return cls._file(path, rows, check_columns(columns), require_image, name, terms)

    @classmethod
    def from_parquet(
        cls,
        path: str | os.PathLike[str],
        *,
        columns: Mapping[str, str] | None = None,
        require_image: bool = True,
        name: str | None = None,
        terms: ProviderTerms | None = None,
    ) -> Self:
        """Read a Parquet file; needs the extra ``catalog``.

        Args:
            path: As for ``from_csv``; an ``image`` column may hold encoded bytes.
            columns: As for ``from_csv``.
            require_image: As for ``from_csv``.
            name: As for ``from_csv``.
            terms: As for ``from_csv``.

        Returns:
            The provider.

        Raises:
            MissingExtraError: PyArrow is not installed.
            StorageError: The file cannot be read.
            DamagedFileError: It is not a whole Parquet file.
            ProductError: It has no usable row.
        """
        rows = _files.parquet_rows(path)
        return cls._file(path, rows, check_columns(columns), require_image, name, terms)

    @classmethod
    def from_folder(
        cls,
        folder: str | os.PathLike[str],
        *,
        url: str,
        name: str | None = None,
        terms: ProviderTerms | None = None,
    ) -> Self:
        """Make a product of every picture in a folder and its sub-folders.

        The file's name is the title, its path the id, and the sub-folder the
        slot where it names one (``shoes/``, ``trousers/``). Links to folders are not followed;
        what cannot be read is listed in ``skipped``.

        Args:
            folder: The folder.
            url: Address of the products, with ``{name}`` for the file's name
                without its ending: ``"https://shop.example/items/{name}"``.
            name: Name in messages; the folder's own unless given.
            terms: What may be done with the answers.

        Returns:
            The provider.

        Raises:
            InvalidArgumentError: The folder is missing or holds no picture.
            ProductError: The address is not http or https.
        """
        root = Path(folder)
        rows: list[tuple[int, Any]] = []
        lost: list[Any] = []
        paths = list_images(
            folder,
            recursive=True,
            onerror=lambda _path, error: lost.append(_files.Unreadable(str(error))),
        )
        for number, path in enumerate(paths, start=1):
            inside = path.relative_to(root)
            slots = [slot for part in inside.parts[:-1] if (slot := Slot.guess(part))]
            title = inside.stem.replace("_", " ").replace("-", " ")
            row = {"id": inside.as_posix(), "title": title, "image": path}
            row |= {"url": _files.filled(url, inside.stem), "slot": slots[-1] if slots else None}
            rows.append((number, row))
        rows += enumerate(lost, start=len(rows) + 1)
        return cls._made(iter(rows), name or root.name or "folder", terms, needs_picture=True)

    @classmethod
    def _file(
        cls,
        path: str | os.PathLike[str],
        rows: Iterator[Row],
        columns: dict[str, str],
        require_image: bool,
        name: str | None,
        terms: ProviderTerms | None,
    ) -> Self:
        file = _files.existing_file(path)
        how: dict[str, Any] = {
            "depth": 4,
            "columns": columns,
            "base": file.parent,
            "needs_picture": require_image,
        }
        return cls._made(rows, file.name if name is None else name, terms, **how)

    @classmethod
    def _made(
        cls,
        rows: Iterator[Row],
        name: str,
        terms: ProviderTerms | None,
        depth: int = 3,
        **how: Any,
    ) -> Self:
        intake = Intake(name)
        for number, row in rows:
            if isinstance(row, _files.Unreadable):
                intake.skip(number, row.reason)
            else:
                intake.take(number, row, source=name, **how)
        made = cls(  # type: ignore[call-arg]  # fields of the class that reads
            intake.products, name=name, terms=terms or ProviderTerms(), skipped=intake.skipped
        )
        of_all = f"of {len(intake.skipped) + len(intake.products)} rows"
        skip_warning(name, intake.skipped, of_all, depth)
        return made
