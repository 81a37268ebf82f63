"""Hosts of several addresses, addresses that are none, and a httpx that has changed."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from stylesim.errors import MissingExtraError, ProviderError
from stylesim.products import ProductQuery
from stylesim.providers import SerpApiShoppingProvider
from stylesim.providers._deadline import Deadline, bound

QUERY = ProductQuery(category="jeans")


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Addresses of the host ``many.example``."""
    places: list[tuple[str, int]] = []
    real = socket.getaddrinfo

    def fake(host: Any, *args: Any, **more: Any) -> Any:
        if host in {"many.example", b"many.example"}:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return places


def ask(port: int, **settings: Any) -> Any:
    url = f"http://many.example:{port}"
    return SerpApiShoppingProvider(api_key="k", base_url=url, **settings).search(QUERY)


def test_the_time_out_is_one_for_all_addresses(addresses: list[tuple[str, int]]) -> None:
    waiting = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        place = server.getsockname()
        for _ in range(4):  # the queue is full then, and nobody answers
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(place)
            waiting.append(client)
        addresses += [place] * 4
        start = time.monotonic()
        with pytest.raises(ProviderError, match=r"took longer than 0\.5 s"):
            ask(place[1], timeout=0.5, retries=0)
        assert time.monotonic() - start < 1.2
        for client in waiting:
            client.close()


def test_another_address_is_tried(addresses: list[tuple[str, int]], shop: Any) -> None:
    shop.says("/search", {"shopping_results": []})
    port = int(shop.url.rpartition(":")[2])
    addresses += [("::1", port), ("127.0.0.1", port)]  # nobody listens at the first
    assert list(ask(port)) == []
    addresses[:] = [("::1", port)] * 2
    with pytest.raises(ProviderError, match=r"did not answer \(ConnectError\)"):
        ask(port, retries=0)


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "shop..example", "xn--a.example"])
@pytest.mark.parametrize("blocking", [True, False])
def test_hosts_that_cannot_be_are_errors(host: str, blocking: bool, pauses: Any) -> None:
    provider = SerpApiShoppingProvider(api_key="k", base_url="https://shop.example", retries=0)
    provider.base_url = f"http://{host}"
    with pytest.raises(ProviderError, match="did not answer"):
        provider.search(QUERY) if blocking else asyncio.run(provider.asearch(QUERY))


def test_a_httpx_that_has_changed_is_told_of() -> None:
    with pytest.raises(MissingExtraError, match="pip install 'httpx<1'"):
        bound(object(), None, Deadline())
