"""Puts the app together."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

import stylesim as ss
from stylesim_app import api, pages
from stylesim_app.actions import RefusedError
from stylesim_app.engine import Engine
from stylesim_app.guard import Guard
from stylesim_app.limits import Limits
from stylesim_app.sessions import FullError, Sessions

_HERE = Path(__file__).parent
_TIDY_EVERY = 60.0


def create_app(
    *,
    engine: Engine | None = None,
    catalog: ss.CatalogProvider | None = None,
    limits: Limits | None = None,
    sessions: Sessions | None = None,
) -> FastAPI:
    """Make the app.

    Args:
        engine: Does the long work; one with the bundled networks unless given.
        catalog: What is recommended where a visitor brings no catalogue.
        limits: What one visitor may send.
        sessions: What visitors have brought.

    Returns:
        The app, for any ASGI server; it deletes what visitors brought when it stops.
    """
    limits = limits or Limits()
    app = FastAPI(
        title="stylesim",
        version=ss.__version__,
        # Their pages load scripts from elsewhere; the description itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.limits = limits
    app.state.sessions = Sessions(limits) if sessions is None else sessions
    app.state.engine = engine or Engine(catalog)
    app.include_router(api.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    for kind in (ss.StyleSimError, RefusedError, FullError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _refuse)
    app.add_middleware(Guard, request_bytes=limits.request_bytes)
    # Another name would mean that a page elsewhere has had its name pointed at this computer.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return app


def make_server(app: FastAPI) -> uvicorn.Server:
    """Make the server that runs the app; it can be told to stop from another thread."""
    return uvicorn.Server(
        uvicorn.Config(app, log_level="warning", server_header=False, ws="none", lifespan="on")
    )


def serve(app: FastAPI, *, port: int) -> None:
    """Serve on this computer only, until interrupted."""
    try:
        with (
            contextlib.suppress(KeyboardInterrupt),
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening,
        ):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
            listening.listen()  # before the address is told: whoever is quick has to wait only
            number = listening.getsockname()[1]
            print(f"stylesim: http://127.0.0.1:{number}  (Ctrl+C stops it)", flush=True)
            app.state.engine.submit(app.state.engine.load)
            make_server(app).run(sockets=[listening])
    finally:  # also where it never came to start
        app.state.engine.close()
        app.state.sessions.close()


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    tidying = asyncio.create_task(_tidy(app.state.sessions))
    try:
        yield
    finally:
        tidying.cancel()
        app.state.engine.close()
        app.state.sessions.close()


async def _tidy(sessions: Sessions) -> None:
    while True:
        await asyncio.sleep(_TIDY_EVERY)
        for session in sessions.expired():
            await asyncio.to_thread(session.close)


def _refuse(request: Request, error: Exception) -> Response:
    """Say what is wrong, as a page or as JSON, in one place."""
    status, text = 422, str(error)
    if isinstance(error, HTTPException):
        status, text = error.status_code, error.detail
    elif isinstance(error, FullError):
        status, text = 503, "Too many closets are open; try again later."
    elif isinstance(error, ss.NotFoundError):
        status = 404
    elif isinstance(error, RequestValidationError):
        wrong = [f"{one['loc'][-1]}: {one['msg']}" for one in error.errors()]
        text = "; ".join(wrong)
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": text}, status)
    return pages.failure(status, text)
