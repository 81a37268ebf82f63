"""One answer of a shop: its limits, when to ask again, and what it says."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import attrs

from stylesim._checks import check_whole
from stylesim._product_checks import web_address
from stylesim.errors import InvalidArgumentError, ProviderError, expected

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGAIN = frozenset({429, 500, 502, 503, 504})
_FIRST_PAUSE = 0.5


class NotYet(Exception):  # noqa: N818 - a signal, not an error
    """Ask again after some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@attrs.frozen
class Limits:
    """How long to wait and how much to read."""

    name: str
    timeout: float
    retries: int
    max_wait: float
    max_bytes: int


def check_limits(name: Any, timeout: Any, retries: Any, max_wait: Any, max_bytes: Any) -> None:
    """Refuse settings that are out of range."""
    if not isinstance(name, str) or not name.strip():
        raise expected("name", "a name", name, "name the shop")
    for argument, value, least in (("timeout", timeout, 0.0), ("max_wait", max_wait, -1.0)):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or value <= least:
            raise expected(argument, "seconds", value, f"pass {argument}=10")
    check_whole("retries", retries, least=0)
    check_whole("max_bytes", max_bytes)


def server_address(argument: str, value: object) -> str:
    """The address of a server, or the error that says why it is none."""
    return web_address(argument, value, InvalidArgumentError)


def check_header(argument: str, value: object) -> None:
    """Refuse what cannot stand in a header."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise expected(argument, "plain ASCII text", value, "pass it as the shop writes it")


class Answer:
    """Reads an answer piece by piece, and gives up where it passes a limit."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.attempt = 0
        self._start()

    def _start(self) -> None:
        self.body = bytearray()
        self.deadline = time.monotonic() + self.limits.timeout

    def open(self, status: int, headers: Mapping[str, str]) -> None:
        """Look at status and headers before the body is read."""
        if status in _AGAIN:
            raise self._again(f"status {status}", status, _retry_after(headers.get("retry-after")))
        if status != 200:
            hint = {401: "check the key", 403: "check the key and its rights"}.get(status)
            raise self._error(f"status {status}" + (f"; {hint}" if hint else ""), status=status)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise self._error(f"answered with {kind[:80] or 'no content type'!r} instead of JSON")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise self._error("answered compressed, which was not asked for")

    def take(self, chunk: bytes) -> None:
        """Add a piece of the body."""
        self.body += chunk
        if len(self.body) > self.limits.max_bytes:
            raise self._error(f"answered with more than {self.limits.max_bytes:,} bytes")
        if time.monotonic() > self.deadline:
            raise self._error(f"took longer than {self.limits.timeout:g} s")

    def json(self) -> Any:
        """Return the body as JSON."""
        try:
            return json.loads(self.body.decode("utf-8-sig"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            problem = type(error).__name__
        raise self._error(f"answered with malformed JSON ({problem})")

    def broken(self, problem: str) -> float:
        """Seconds to wait after a broken connection, or the error to give up with."""
        if "Timeout" in problem:
            raise self._error(f"took longer than {self.limits.timeout:g} s ({problem})")
        return self._again(f"did not answer ({problem})", None, None).seconds

    def _again(self, what: str, status: int | None, asked: float | None) -> NotYet:
        pause = _FIRST_PAUSE * 2**self.attempt if asked is None else asked
        if self.attempt >= self.limits.retries or pause > self.limits.max_wait:
            after = "" if asked is None else f"; it asks to wait {asked:g} s"
            tries = f" after {self.attempt + 1} requests" if self.attempt else ""
            raise self._error(f"{what}{tries}{after}", status=status, retry_after=asked)
        self.attempt += 1
        self._start()
        self.deadline += pause
        return NotYet(pause)

    def _error(self, what: str, **details: Any) -> ProviderError:
        details = {"status": None, **details}
        return ProviderError(f"{self.limits.name}: {what}.", provider=self.limits.name, **details)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _retry_after(value: str | None) -> float | None:
    """Seconds, from a number of them or a date."""
    if value is None:
        return None
    text = value.strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
