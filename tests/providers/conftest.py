"""A shop on the loopback that answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest
from PIL import Image

from stylesim import datasets


@attrs.define
class Reply:
    """What the shop says."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = attrs.field(factory=dict)
    pause: float = 0.0
    drip: float | None = None  # seconds between endless pieces
    endless: bool = False
    slow_headers: float | None = None  # seconds between headers, of which there are a hundred
    stall: float = 0.0  # seconds before and after the first byte of the body


@attrs.define
class Asked:
    """What the shop was asked."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Shop:
    """Replies in turn, the last one for ever, path by path."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                shop.serve(self)

            do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(0.02), daemon=True)
        self.thread.start()

    def says(self, path: str, *replies: Any) -> None:
        """Set the replies of a path: Reply values, or JSON."""
        self.replies[path] = [r if isinstance(r, Reply) else Reply(r) for r in replies]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        length = int(handler.headers.get("content-length", 0))
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(length)
        self.asked.append(Asked(handler.command, parts.path, params, headers, body))
        replies = self.replies.get(parts.path) or [Reply({"error": "no such page"}, status=404)]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        time.sleep(reply.pause)
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        try:
            handler.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                handler.send_header(name, value)
            if reply.slow_headers is not None:
                self.drip_headers(handler, reply.slow_headers)
            handler.end_headers()
            if reply.stall:
                time.sleep(reply.stall)
                handler.wfile.write(content[:1])
                self.closing.wait(5 * reply.stall)
                content = content[1:]
            handler.wfile.write(content)
            while (reply.endless or reply.drip is not None) and not self.closing.is_set():
                handler.wfile.write(b" " * (1 if reply.drip is not None else 65536))
                handler.wfile.flush()
                time.sleep(reply.drip or 0)
        except OSError:
            pass  # the client has had enough

    def drip_headers(self, handler: BaseHTTPRequestHandler, pause: float) -> None:
        handler.flush_headers()
        for _ in range(100):
            if not self.closing.wait(pause):
                handler.wfile.write(b"X-More: yes\r\n")

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.close()


@pytest.fixture
def reply() -> Callable[..., Reply]:
    return Reply


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between requests, noted instead of waited for."""
    import stylesim.providers._http as http

    noted: list[float] = []

    async def apause(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(http, "_pause", noted.append)
    monkeypatch.setattr(http, "_apause", apause)
    return noted


# --- catalogue files --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture that can be read, and one that is empty."""
    Image.new("RGB", (4, 4), "navy").save(tmp_path / "a.png")
    (tmp_path / "empty.png").write_bytes(b"")
    return tmp_path


@pytest.fixture
def csv_of(folder: Path) -> Callable[..., Path]:
    """Writes lines as a CSV file beside the pictures."""

    def write(*lines: str, end: str = "\n", encoding: str = "utf-8") -> Path:
        path = folder / "products.csv"
        path.write_bytes(("\n".join(lines) + end).encode(encoding))
        return path

    return write


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> datasets.DrawnCatalog:
    """A drawn catalogue in a folder."""
    return datasets.make_catalog(tmp_path_factory.mktemp("shop"), n=8)
