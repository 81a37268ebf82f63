"""The pages: plain HTML that works without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import jinja2
from fastapi import APIRouter, File, Form, HTTPException, Request, UploadFile
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

import stylesim as ss
from stylesim.products import parse_price
from stylesim_app import actions
from stylesim_app.context import FoundSession, OwnSession, TheEngine, TheLimits
from stylesim_app.sessions import WANTED, Session
from stylesim_app.views import garment_name, percent, result_view

router = APIRouter(include_in_schema=False)

Files = Annotated[list[UploadFile] | None, File()]
_PICKS = 5
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,  # for every template: what comes from people and shops is text
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["percent"] = percent
_templates.globals |= {"slots": [slot.value for slot in ss.Slot], "garment_name": garment_name}


def _page(name: str, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(name).render(**context), status)


def failure(status: int, text: str) -> Response:
    """A page that says what is wrong."""
    return _page("failure.html", status, text=text, missing=status == 404)


def _back(session: Session, problems: Iterable[str] = (), to: str = "/") -> RedirectResponse:
    with session.lock:
        session.notes.extend(problems)
    return RedirectResponse(to, 303)


@router.get("/")
def start(session: FoundSession, limits: TheLimits) -> Response:
    """Show the four steps and what was brought so far."""
    wanted = session.styles[WANTED] if session else []
    styles = session.styles.items() if session else ()
    return _page(
        "start.html",
        limits=limits,
        wanted=wanted,
        wanted_name=WANTED,
        contrast=[(name, photos) for name, photos in styles if name != WANTED],
        garments=list(session.closet) if session else [],
        saved_style=bool(session and session.saved_style),
        catalog=session.catalog if session else None,
        ready=bool(session and session.ready),
        compared=bool(session and session.outcome),
        notes=session.take_notes() if session else [],
    )


@router.post("/styles/wanted")
def add_wanted(session: OwnSession, limits: TheLimits, photos: Files = None) -> Response:
    """Add photographs to the wanted style."""
    return _try(session, "/#wanted", lambda: actions.add_to_style(session, None, photos, limits))


@router.post("/styles/contrast")
def add_contrast(
    session: OwnSession,
    limits: TheLimits,
    photos: Files = None,
    name: Annotated[str, Form()] = "",
) -> Response:
    """Add photographs to a contrast style, new or known."""
    return _try(session, "/#contrast", lambda: actions.add_to_style(session, name, photos, limits))


@router.post("/styles/remove")
def remove_style(
    session: OwnSession,
    name: Annotated[str, Form()],
    photo: Annotated[str | None, Form()] = None,
) -> Response:
    """Remove a photograph or a style."""
    where = "/#wanted" if name == WANTED else "/#contrast"
    return _try(session, where, lambda: actions.remove_style(session, name, photo))


@router.post("/closet")
def add_clothes(
    session: OwnSession, engine: TheEngine, limits: TheLimits, photos: Files = None
) -> Response:
    """Add photographs of clothes."""
    work = lambda: actions.add_clothes(session, photos, engine, limits)  # noqa: E731
    return _try(session, "/#closet", work)


@router.post("/closet/{garment}")
def change_garment(
    session: OwnSession,
    garment: str,
    slot: Annotated[str, Form()] = "",
    remove: Annotated[str | None, Form()] = None,
) -> Response:
    """Correct or remove a garment."""
    if remove is not None:
        return _try(session, "/#closet", lambda: actions.remove_garment(session, garment))
    return _try(session, "/#closet", lambda: actions.correct_garment(session, garment, slot))


@router.post("/catalog")
def set_catalog(
    session: OwnSession,
    engine: TheEngine,
    limits: TheLimits,
    table: Annotated[UploadFile | None, File()] = None,
    photos: Files = None,
) -> Response:
    """Recommend from another catalogue."""
    work = lambda: actions.set_catalog(session, table, photos, engine, limits)  # noqa: E731
    return _try(session, "/#catalog", work)


@router.post("/saved")
def open_saved(
    session: OwnSession, engine: TheEngine, limits: TheLimits, files: Files = None
) -> Response:
    """Go on with what was saved earlier."""
    return _try(session, "/", lambda: actions.open_saved(session, files, engine, limits))


@router.post("/learn")
def learn(session: OwnSession, engine: TheEngine) -> Response:
    """Begin to compare."""
    if not session.ready:
        need = "First: two photographs of the wanted style, two of another, and one garment."
        return _back(session, [need])
    engine.start(session)
    return _back(session, to="/results")


@router.get("/results")
def results(
    session: FoundSession,
    engine: TheEngine,
    max_price: str = "",
    rank_by: Literal["gain", "similarity", "price"] = "gain",
) -> Response:
    """Show the similarities, the gaps and the picks; or how far the work is."""
    if session is None or session.job is None:
        return RedirectResponse("/", 303)
    if session.running:
        return _page("waiting.html", step=session.job.step)
    if session.job.state == "failed" or session.outcome is None:
        return _page("failure.html", 422, text=session.job.error, missing=False)
    price, told = _price(max_price)
    wishes: dict[str, Any] = {"k": _PICKS, "max_price": price, "rank_by": rank_by}
    currencies = {one.currency for one in engine.catalog_of(session) if one.currency}
    if len(currencies) == 1:
        wishes["currency"] = next(iter(currencies))
    picks = engine.pick(session, **wishes)
    return _page(
        "results.html",
        max_price=max_price,
        rank_by=rank_by,
        notes=[*told, *session.take_notes()],
        **result_view(session, session.outcome, picks),
    )


@router.get("/pictures/{key}")
def picture(session: FoundSession, key: str) -> Response:
    """Give a small copy of a picture to the visitor who brought it."""
    png = None if session is None else session.thumbnail(key)
    if png is None:
        raise HTTPException(404, "There is no such picture.")
    return Response(png, 200, {"cache-control": "private, max-age=3600"}, "image/png")


@router.get("/saved/closet.stylesim")
def save_closet(session: FoundSession) -> Response:
    """Give the closet as one file, which any stylesim opens."""
    if session is None:
        raise HTTPException(404, "There is no closet.")
    copy = session.closet.backup(session.folder / "copy.stylesim")
    return _download(copy, "closet.stylesim")


@router.get("/saved/style.safetensors")
def save_style(session: FoundSession, engine: TheEngine) -> Response:
    """Give the learned style as one file, which scores without the photographs."""
    if session is None or session.outcome is None:
        raise HTTPException(404, "No style is learned yet.")
    copy = session.folder / "copy.safetensors"
    engine.run(session.outcome.model.save, copy)
    return _download(copy, "style.safetensors")


@router.post("/forget")
def forget(request: Request, session: FoundSession, engine: TheEngine) -> Response:
    """Delete everything that this visitor brought."""
    if session is not None:
        request.app.state.sessions.forget(session)
        engine.submit(session.close)  # after what the worker does with it now
    return RedirectResponse("/", 303)


def _download(path: Path, name: str) -> Response:
    return FileResponse(
        path, filename=name, background=BackgroundTask(path.unlink, missing_ok=True)
    )


def _try(session: Session, where: str, work: Any) -> Response:
    """Do what a form asks for; what goes wrong is told on the page it was sent from."""
    try:
        return _back(session, work() or (), where)
    except (actions.RefusedError, ss.StyleSimError) as error:
        return _back(session, [str(error)], where)


def _price(text: str) -> tuple[float | None, list[str]]:
    if not text.strip():
        return None, []
    try:
        return parse_price(text)[0], []
    except ss.ProductError:
        return None, ["The highest price has to be a number, such as 80."]
