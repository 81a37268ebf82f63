"""What a browser sends, read with limits; each file by itself, so that none spoils the rest."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import attrs
from starlette.datastructures import UploadFile

import stylesim as ss
from stylesim.images import content_hash, load_image
from stylesim_app.limits import Limits

_SHOWN = 60
_MARKS = ",;\t|"


@attrs.frozen
class Picture:
    """A photograph that can be read, with its name as shown and in full."""

    name: str
    data: bytes = attrs.field(repr=False)
    file: str

    @property
    def id(self) -> str:
        """Named after what it shows, whatever its file is called."""
        return content_hash(self.data)[:24]


def _last_part(path: str) -> str:
    """A path without folders and without what cannot be shown."""
    name = PurePosixPath(path.replace("\\", "/")).name
    return "".join(letter for letter in name if letter.isprintable())


def file_name(upload: UploadFile) -> str:
    """The name of a file without folders, cut to a length; for people, never for a path."""
    name = _last_part(upload.filename or "") or "a file without a name"
    return name if len(name) <= _SHOWN else name[: _SHOWN - 9] + "…" + name[-8:]


def sent(uploads: Iterable[UploadFile] | None) -> list[UploadFile]:
    """The files that were chosen; browsers send an empty one where none was."""
    return [one for one in uploads or () if one.filename or one.size]


def read_pictures(
    uploads: Iterable[UploadFile] | None, limits: Limits
) -> tuple[list[Picture], list[str]]:
    """Read photographs.

    Args:
        uploads: The files, as they came.
        limits: What one photograph may take.

    Returns:
        Those that are photographs, and a sentence about each that is not.
    """
    pictures, problems = [], []
    for upload in sent(uploads):
        name = file_name(upload)
        data = upload.file.read(limits.photo_bytes + 1)
        if len(data) > limits.photo_bytes:
            problems.append(
                f"{name}: larger than {limits.photo_bytes / 1e6:.0f} MB; save it smaller."
            )
            continue
        try:
            # Decoded to the end, so that a file cut off half-way is noticed here.
            load_image(data, max_pixels=limits.photo_pixels, shrink_to=64, argument=name)
        except ss.ImageError as error:
            problems.append(str(error))
            continue
        pictures.append(Picture(name, data, _last_part(upload.filename or "")))
    return pictures, problems


def read_catalog(
    table: UploadFile, uploads: Iterable[UploadFile] | None, folder: Path, limits: Limits
) -> tuple[ss.CatalogProvider, list[str]]:
    """Read a catalogue: a CSV file, and the pictures that its column ``image`` names.

    What that column says is never used as a path on this computer: only the last part of it
    counts, and only among the files sent along.

    Args:
        table: The CSV file, in UTF-8.
        uploads: The pictures.
        folder: Where the pictures are kept.
        limits: How many rows, and what one picture may take.

    Returns:
        The catalogue, and a sentence about each row and picture that could not be used.

    Raises:
        StyleSimError: The file is no catalogue.
    """
    name = file_name(table)
    pictures, problems = read_pictures(uploads, limits)
    places: dict[str, Path] = {}
    for picture in pictures:
        place = folder / picture.id
        place.write_bytes(picture.data)
        places[picture.file.casefold()] = place
    rows = list(_rows(table, name, places, limits))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ss.StyleSimWarning)
        try:
            catalog = ss.CatalogProvider.from_products(rows, name=name)
        except ss.ProductError as error:
            raise ss.ProductError(f"{name}: {error}") from error
    bare = [one.title for one in catalog if one.image is None]
    problems += [f"Row {one.row} of {name}: {one.reason}" for one in catalog.skipped]
    problems += [f"{title}: its picture was not sent, so it cannot be judged." for title in bare]
    return catalog, problems


def _rows(
    table: UploadFile, name: str, places: dict[str, Path], limits: Limits
) -> Iterator[dict[str, object]]:
    wish, todo = "a CSV file in UTF-8", "save the table as CSV with UTF-8 text"
    data = table.file.read(limits.photo_bytes + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ss.ProductError(f"{name}: expected {wish}, got other bytes; {todo}.") from error
    if len(data) > limits.photo_bytes or "\0" in text:
        raise ss.ProductError(f"{name}: expected {wish}, got something else; {todo}.")
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(_MARKS, key=head.count))
    try:
        for number, row in enumerate(reader, start=1):
            if number > limits.products:
                todo = f"send at most {limits.products:,} rows"
                raise ss.ProductError(f"{name}: too many products; {todo}.")
            fields: dict[str, object] = {
                key.strip().lower(): value for key, value in row.items() if key is not None
            }
            fields["image"] = places.get(_last_part(str(fields.get("image") or "")).casefold())
            yield fields
    except csv.Error as error:
        raise ss.ProductError(f"{name}: expected {wish}, got {error}; {todo}.") from error
