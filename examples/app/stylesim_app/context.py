"""What a route asks for: the visitor's session, the engine and the limits."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from stylesim_app.engine import Engine, Outcome
from stylesim_app.guard import COOKIE
from stylesim_app.limits import Limits
from stylesim_app.sessions import Session


def _found(request: Request) -> Session | None:
    found: Session | None = request.app.state.sessions.find(request.cookies.get(COOKIE))
    return found


def _own(request: Request) -> Session:
    session = _found(request)
    if session is None:
        session = request.app.state.sessions.begin()
        request.state.new_session = session.token
    return session


def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


FoundSession = Annotated[Session | None, Depends(_found)]
"""The session of the visitor; None for one who has brought nothing."""

OwnSession = Annotated[Session, Depends(_own)]
"""The session of the visitor, begun where there is none."""

TheEngine = Annotated[Engine, Depends(_engine)]
TheLimits = Annotated[Limits, Depends(_limits)]


def _outcome(session: FoundSession) -> Outcome:
    if session is None or session.outcome is None or session.running:
        raise HTTPException(409, "Nothing is compared yet: POST /api/learn, then ask /api/status.")
    return session.outcome


TheOutcome = Annotated[Outcome, Depends(_outcome)]
