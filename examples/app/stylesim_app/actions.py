"""What a visitor can do. The pages and the JSON interface both call these.

Each takes what it can and returns a sentence about everything that it could not take; it raises
only where nothing can be done at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from starlette.datastructures import UploadFile

import stylesim as ss
from stylesim_app.engine import Engine
from stylesim_app.limits import Limits
from stylesim_app.sessions import WANTED, Photo, Session
from stylesim_app.uploads import Picture, file_name, read_catalog, read_pictures, sent


class RefusedError(Exception):
    """What was asked cannot be done now; the text says why and what to do."""


def style_name(session: Session, name: str | None, limits: Limits) -> str:
    """Check the name of a style; that of one already there is given as it was written first.

    Raises:
        RefusedError: It is empty or too long, or there are too many styles.
    """
    if name is None:
        return WANTED
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > limits.name_length or not tidy.isprintable():
        raise RefusedError(f"Give the style a name of 1 to {limits.name_length} letters.")
    if tidy.casefold() == WANTED:
        raise RefusedError(f"{WANTED!r} is the style you want; name this one otherwise.")
    for known in session.styles:
        if known.casefold() == tidy.casefold():
            return known
    if len(session.styles) > limits.styles:
        raise RefusedError(f"There are {limits.styles} contrast styles already; remove one first.")
    return tidy


def add_to_style(
    session: Session, name: str | None, uploads: Iterable[UploadFile] | None, limits: Limits
) -> list[str]:
    """Add photographs to a style.

    Args:
        session: Whose.
        name: The contrast style, new or known; None for the wanted one.
        uploads: The files.
        limits: What is taken.

    Returns:
        A sentence about each file that was left out.

    Raises:
        RefusedError: The name cannot be used, or no file was sent.
    """
    pictures, problems = read_pictures(_some(uploads), limits)
    with session.lock:
        known_as = style_name(session, name, limits)
        kept = list(session.styles.get(known_as, ()))
        elsewhere = {
            photo.id: other
            for other, photos in session.styles.items()
            for photo in photos
            if other != known_as
        }
        for picture in pictures:
            problem = _misfit(picture, kept, elsewhere, limits)
            if problem is not None:
                problems.append(f"{picture.name}: {problem}")
                continue
            path = session.folder / "styles" / picture.id
            path.write_bytes(picture.data)
            kept.append(Photo(picture.id, picture.name, path))
        if kept:
            session.styles[known_as] = kept
            session.saved_style = None  # photographs that are here are learned from
            session.changed()
    return problems


def _misfit(
    picture: Picture, kept: list[Photo], elsewhere: dict[str, str], limits: Limits
) -> str | None:
    if any(photo.id == picture.id for photo in kept):
        return "this style has it already."
    if picture.id in elsewhere:
        return f"it is in the style {elsewhere[picture.id]!r} already; it can be in one only."
    if len(kept) >= limits.style_photos:
        return f"left out, for a style takes {limits.style_photos} photographs at most."
    return None


def remove_style(session: Session, name: str, photo: str | None = None) -> None:
    """Remove one photograph of a style, or a whole contrast style.

    Raises:
        RefusedError: There is no such style.
    """
    with session.lock:
        if name not in session.styles:
            raise RefusedError("There is no such style any more.")
        gone = [one for one in session.styles[name] if photo in (None, one.id)]
        session.styles[name] = [one for one in session.styles[name] if one not in gone]
        for one in gone:
            one.path.unlink(missing_ok=True)
        if not session.styles[name] and name != WANTED:
            del session.styles[name]
        session.changed()


def add_clothes(
    session: Session, uploads: Iterable[UploadFile] | None, engine: Engine, limits: Limits
) -> list[str]:
    """Add photographs of single garments; slot and category are found in them.

    Returns:
        A sentence about each file that was left out.

    Raises:
        RefusedError: No file was sent.
    """
    pictures, problems = read_pictures(_some(uploads), limits)

    def add() -> None:
        session.closet.finder = engine.finder
        for picture in pictures:
            if len(session.closet) >= limits.garments:
                problems.append(
                    f"{picture.name}: left out, for a closet takes {limits.garments} garments."
                )
                continue
            before = len(session.closet)
            try:
                session.closet.add(picture.data, file=picture.name)
            except ss.StyleSimError as error:
                problems.append(f"{picture.name}: {error}")
                continue
            if len(session.closet) == before:
                problems.append(f"{picture.name}: your closet has it already.")

    engine.run(add)
    session.changed()
    return problems


def correct_garment(session: Session, garment: str, slot: str | None) -> None:
    """Say where a garment is worn; what it is, as far as it was found, no longer holds.

    Raises:
        StyleSimError: There is no such garment or slot.
    """
    if slot != session.closet[garment].slot:
        session.closet.update(garment, slot=slot or None, category=None)
        session.changed()


def remove_garment(session: Session, garment: str) -> None:
    """Remove a garment from the closet.

    Raises:
        StyleSimError: There is no such garment.
    """
    session.closet.remove(garment)
    session.changed()


def set_catalog(
    session: Session,
    table: UploadFile | None,
    uploads: Iterable[UploadFile] | None,
    engine: Engine,
    limits: Limits,
) -> list[str]:
    """Recommend from a catalogue of the visitor's own; without a table, from the server's again.

    Returns:
        A sentence about each row and picture that cannot be used.

    Raises:
        StyleSimError: The table is no catalogue; the one before it stays.
    """
    tables = sent([table]) if table is not None else []
    problems: list[str] = []
    catalog = None
    if tables:
        folder = session.folder / "catalog"
        catalog, problems = engine.run(read_catalog, tables[0], uploads, folder, limits)
    with session.lock:
        session.catalog = catalog
        session.changed()
    return problems


def open_saved(
    session: Session, uploads: Iterable[UploadFile] | None, engine: Engine, limits: Limits
) -> list[str]:
    """Go on with a closet and a style that were saved earlier, here or on another computer.

    Returns:
        A sentence about each file that is neither.

    Raises:
        RefusedError: No file was sent.
    """
    problems = []
    for upload in _some(uploads):
        name = file_name(upload)
        closet = name.lower().endswith(".stylesim")
        place = session.folder / "arriving"
        with place.open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        try:
            if closet:
                engine.run(_take_closet, session, place, limits)
            else:
                engine.run(_take_style, session, place, engine)
            session.changed()
        except (RefusedError, ss.StyleSimError) as error:
            # The sentence for people names the place here; they know the file by its own name.
            problems.append(f"{name}: {str(error).replace(repr(str(place)), 'this file')}")
        finally:
            place.unlink(missing_ok=True)
    return problems


def _take_closet(session: Session, place: Path, limits: Limits) -> None:
    with ss.Wardrobe.open(place) as saved:
        if len(saved) > limits.garments:
            raise RefusedError(f"a closet takes {limits.garments} garments, and it has more.")
        for garment in saved:
            garment.image(shrink_to=64)  # damage is told before the closet here is given up
        saved.backup(session.closet.path or place)


def _take_style(session: Session, place: Path, engine: Engine) -> None:
    kept = session.folder / "style.safetensors"
    before = session.saved_style
    session.saved_style = place
    try:
        engine.open_style(session)
        place.replace(kept)
    except BaseException:
        session.saved_style = before
        raise
    session.saved_style = kept


def _some(uploads: Iterable[UploadFile] | None) -> list[UploadFile]:
    files = sent(uploads)
    if not files:
        raise RefusedError("Choose at least one file first.")
    return files
