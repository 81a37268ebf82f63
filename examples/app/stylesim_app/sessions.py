"""What each visitor has brought, in a temporary folder of their own."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import attrs

import stylesim as ss
from stylesim.images import load_image, thumbnail_png
from stylesim_app.limits import Limits

if TYPE_CHECKING:
    from stylesim_app.engine import Outcome

WANTED = "wanted"
_SIDE = 240


class FullError(Exception):
    """There are as many visitors as the server takes."""


@attrs.frozen
class Photo:
    """A photograph of a style: named after what it shows, so that no style has it twice."""

    id: str
    name: str
    path: Path


@attrs.define
class Job:
    """Where the long work stands."""

    state: Literal["running", "done", "failed"] = "running"
    step: str = "Waiting for a free moment"
    error: str | None = None


@attrs.define(eq=False)
class Session:
    """One visitor's styles, closet, catalogue and result; change it only under its lock."""

    token: str
    folder: Path
    closet: ss.Wardrobe
    styles: dict[str, list[Photo]] = attrs.field(factory=lambda: {WANTED: []})
    saved_style: Path | None = None
    catalog: ss.CatalogProvider | None = None
    notes: list[str] = attrs.field(factory=list)
    job: Job | None = None
    outcome: Outcome | None = None
    version: int = 0
    used: float = 0.0
    lock: threading.RLock = attrs.field(factory=threading.RLock)

    @classmethod
    def begin(cls, folder: Path, token: str) -> Session:
        """Make the folder and an empty closet in it."""
        for name in ("styles", "thumbnails", "catalog"):
            (folder / name).mkdir(parents=True)
        return cls(token, folder, ss.Wardrobe.open(folder / "closet.stylesim"))

    @property
    def running(self) -> bool:
        """Whether the long work goes on."""
        return self.job is not None and self.job.state == "running"

    @property
    def ready(self) -> bool:
        """Whether there is enough to compare."""
        learned = self.saved_style is not None or (
            len(self.styles) > 1 and all(len(photos) > 1 for photos in self.styles.values())
        )
        return learned and len(self.closet) > 0

    def changed(self) -> None:
        """Note that a result is no longer that of what is here."""
        self.version += 1

    def take_notes(self) -> list[str]:
        """Give what is to be told, once."""
        with self.lock:
            notes, self.notes = self.notes, []
        return notes

    def target(self) -> ss.StyleTarget:
        """The styles as stylesim takes them."""
        with self.lock:
            paths = {name: [photo.path for photo in kept] for name, kept in self.styles.items()}
        return ss.StyleTarget(paths.pop(WANTED), paths, name=WANTED)

    def thumbnail(self, key: str) -> bytes | None:
        """A small PNG of a picture that the pages show; None where there is none of that key."""
        file = self.folder / "thumbnails" / f"{hashlib.sha256(key.encode()).hexdigest()}.png"
        if file.is_file():
            return file.read_bytes()
        source = self._source(key)
        if source is None:
            return None
        png = thumbnail_png(load_image(source, shrink_to=_SIDE), _SIDE)
        part = file.with_suffix(f".{secrets.token_hex(4)}")
        part.write_bytes(png)
        part.replace(file)
        return png

    def _source(self, key: str) -> ss.ImageLike | None:
        kind, _, name = key.partition("-")
        if kind == "style":
            with self.lock:
                photos = [photo for kept in self.styles.values() for photo in kept]
            return next((photo.path for photo in photos if photo.id == name), None)
        if kind == "garment":
            return self.closet[name].image_bytes if name in self.closet else None
        shown = self.outcome.products if kind == "product" and self.outcome else {}
        return shown.get(name)

    def close(self) -> None:
        """Delete everything."""
        self.closet.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sessions:
    """All visitors, known by a secret in a cookie.

    Args:
        limits: How many, and for how long.
        clock: Seconds that only go up.
    """

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.folder = Path(tempfile.mkdtemp(prefix="stylesim-app-"))
        self._clock = clock
        self._all: dict[str, Session] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._all)

    def find(self, token: str | None) -> Session | None:
        """The session of a cookie; None where it has ended."""
        with self._lock:
            session = self._all.get(token or "")
            if session is not None:
                session.used = self._clock()
            return session

    def begin(self) -> Session:
        """Start a session.

        Raises:
            FullError: There are too many.
        """
        with self._lock:
            if len(self._all) >= self.limits.sessions:
                raise FullError
            token = secrets.token_urlsafe(24)
            session = Session.begin(self.folder / secrets.token_hex(8), token)
            session.used = self._clock()
            self._all[token] = session
            return session

    def forget(self, session: Session) -> Session:
        """Take a session off the list; its caller closes it once nothing uses it."""
        with self._lock:
            self._all.pop(session.token, None)
        return session

    def expired(self) -> list[Session]:
        """Take off the list what nobody has used for long."""
        with self._lock:
            before = self._clock() - self.limits.idle_seconds
            old = [one for one in self._all.values() if one.used < before and not one.running]
            for session in old:
                del self._all[session.token]
        return old

    def close(self) -> None:
        """Delete everything of everybody."""
        with self._lock:
            for session in self._all.values():
                session.close()
            self._all.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
