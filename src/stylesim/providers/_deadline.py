"""Connections that end at a set time, however slowly the other side answers.

A time-out of httpx is one for each read, and a shop that sends a byte now and then never meets it.
"""

from __future__ import annotations

import math
import socket
import time
from importlib import import_module
from typing import Any

import attrs

from stylesim.errors import MissingExtraError


@attrs.define(eq=False)
class Deadline:
    """When everything has to be there, as ``time.monotonic`` counts; it may be moved."""

    end: float = math.inf

    def left(self, timeout: float | None) -> float:
        """Seconds that one step may take.

        Raises:
            httpcore.ReadTimeout: There are none.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            import httpcore

            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)


def httpx_for(doing: str) -> Any:
    """The package httpx, which is loaded for what it is needed for.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return import_module("httpx")
    except ImportError as error:
        message = f"{doing} needs httpx: pip install 'stylesim[http]'."
        raise MissingExtraError(message, extra="http") from error


def bound(transport: Any, context: Any, deadline: Deadline) -> Any:
    """Let a transport of httpx keep to a deadline.

    Args:
        transport: A blocking one that was not used yet.
        context: Its TLS context.
        deadline: The deadline.

    Returns:
        The transport.

    Raises:
        MissingExtraError: httpx is of a version whose transports have no pool.
    """
    import httpcore

    if not hasattr(transport, "_pool"):
        message = "This httpx keeps no time-out for a whole answer: pip install 'httpx<1'."
        raise MissingExtraError(message, extra="http")
    # httpx hands no backend on; without it, each read alone would keep to the time.
    backend: Any = _Backend(httpcore.SyncBackend(), deadline)
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=backend)
    return transport


@attrs.frozen(eq=False)
class _Stream:
    """A ``httpcore.NetworkStream``."""

    stream: Any
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        return self.stream.read(max_bytes, self.deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.deadline.left(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        left = self.deadline.left(timeout)
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, left), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


@attrs.frozen(eq=False)
class _Backend:
    """A ``httpcore.NetworkBackend``."""

    backend: Any
    deadline: Deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> _Stream:
        import httpcore

        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        # One by one, as each address of a host would have the whole time.
        for *_, place in _places(host, port):
            left = self.deadline.left(timeout)
            try:
                made = self.backend.connect_tcp(place[0], port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return _Stream(made, self.deadline)
        raise problem


def _places(host: str, port: int) -> list[Any]:
    try:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except OSError as error:
        import httpcore

        raise httpcore.ConnectError(str(error)) from error
