"""The example app on the loopback, with networks that are quick because they only look at colours.

Red is wanted, blue is not. A tall picture shows a top above a bottom, a square one a top, a wide
one a bottom.
"""

from __future__ import annotations

import io
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import numpy as np
import pytest
from PIL import Image

import stylesim as ss

APP = Path(__file__).parents[2] / "examples" / "app"
sys.path.insert(0, str(APP))

from stylesim_app.engine import Engine  # noqa: E402
from stylesim_app.limits import Limits  # noqa: E402
from stylesim_app.server import create_app, make_server  # noqa: E402
from stylesim_app.sessions import Sessions  # noqa: E402

RED, BLUE, SIZES = (200, 30, 40), (40, 30, 200), {"outfit": (40, 80), "top": (50, 50)}
SIZES["bottom"] = (80, 40)


def picture(colour: tuple[int, int, int], shape: str = "outfit", shade: int = 0) -> bytes:
    """An encoded picture; ``shade`` makes it another one of the same colour."""
    rng = np.random.default_rng(shade)
    width, height = SIZES[shape]
    pixels = np.asarray(colour) + rng.normal(0, 5, (height, width, 3)) + rng.normal(0, 8, 3)
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def found(image: Image.Image) -> list[ss.FoundGarment]:
    width, height = image.size
    if height > width:
        upper, lower = (0, 0, width, height // 2), (0, height // 2, width, height)
        return [
            ss.FoundGarment("top", "shirt", upper, None, 0.9),
            ss.FoundGarment("bottom", "skirt", lower, None, 0.9),
        ]
    slot, name = ("top", "shirt") if height == width else ("bottom", "skirt")
    return [ss.FoundGarment(slot, name, (0, 0, width, height), None, 0.9)]


def colour_of(images: list[Image.Image]) -> list[Any]:
    return [np.asarray(im.resize((6, 6)))[1:5, 1:5].mean((0, 1)) / 255 - 0.4 for im in images]


def products(*titles: str) -> ss.CatalogProvider:
    """Red skirts, the first of which is nearest to the style."""
    return ss.CatalogProvider(
        [
            ss.Product(
                f"p{i}",
                title,
                f"https://shop.example/{i}",
                price=20.0 + i,
                currency="EUR",
                image=picture(RED, "bottom", 900 + 7 * i),
                slot="bottom",
            )
            for i, title in enumerate(titles)
        ],
        name="the shop",
    )


@attrs.define
class Site:
    """A server that runs, and what is behind it."""

    url: str
    engine: Engine
    sessions: Sessions
    clock: list[float]
    clients: list[httpx.Client] = attrs.field(factory=list)

    def visitor(self) -> httpx.Client:
        """A browser of their own; it follows redirects and keeps cookies."""
        client = httpx.Client(base_url=self.url, follow_redirects=True, timeout=60, trust_env=False)
        self.clients.append(client)
        return client


@pytest.fixture
def serve() -> Iterator[Callable[..., Site]]:
    """Start a server; settings are those of ``Limits``."""
    running: list[tuple[Site, Any, threading.Thread]] = []

    def start(catalog: ss.CatalogProvider | None = None, **settings: Any) -> Site:
        engine = Engine(
            catalog or products("Red skirt"),
            backbone=ss.FunctionBackbone(colour_of, name="colours", dim=3),
            finder=ss.FunctionFinder(found, name="shapes"),
        )
        limits, clock = Limits(**settings), [0.0]
        sessions = Sessions(limits, clock=lambda: clock[0])
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = make_server(create_app(engine=engine, limits=limits, sessions=sessions))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        site = Site(url, engine, sessions, clock)
        running.append((site, server, thread))
        return site

    yield start
    for site, server, thread in running:
        for client in site.clients:
            client.close()
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
        assert not site.sessions.folder.exists(), "what visitors brought is deleted"


@pytest.fixture
def site(serve: Callable[..., Site]) -> Site:
    return serve()


@pytest.fixture
def visitor(site: Site) -> httpx.Client:
    return site.visitor()


def photos(colour: tuple[int, int, int], n: int = 3, first: int = 0, shape: str = "outfit") -> Any:
    """Files as httpx sends them."""
    data = [(f"{shape}-{first + i}.png", picture(colour, shape, first + i)) for i in range(n)]
    return [("photos", (name, content, "image/png")) for name, content in data]


def bring(client: httpx.Client) -> None:
    """Bring two styles and a closet: a red top and a blue bottom."""
    answers = [
        client.post("/api/styles/wanted", files=photos(RED)),
        client.post("/api/styles/navy", files=photos(BLUE, first=50)),
        client.post(
            "/api/closet", files=photos(RED, 1, 100, "top") + photos(BLUE, 1, 101, "bottom")
        ),
    ]
    assert [answer.status_code for answer in answers] == [200] * 3


def wait(client: httpx.Client) -> dict[str, Any]:
    """Wait until the comparison is done."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        status: dict[str, Any] = client.get("/api/status").json()
        if status["state"] != "running":
            return status
        time.sleep(0.02)
    raise AssertionError("still running after a minute")


def compare(client: httpx.Client) -> None:
    """Bring everything and compare it."""
    bring(client)
    assert client.post("/api/learn").status_code == 202
    assert wait(client)["state"] == "done"


class Helpers:
    """What the tests of the app share."""

    red, blue = RED, BLUE
    picture = staticmethod(picture)
    photos = staticmethod(photos)
    products = staticmethod(products)
    bring = staticmethod(bring)
    wait = staticmethod(wait)
    compare = staticmethod(compare)


@pytest.fixture
def app() -> type[Helpers]:
    return Helpers
