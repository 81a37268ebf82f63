"""What the providers over HTTP share: asking politely, and believing nothing.

A provider writes a plan: a generator that yields requests, is sent the JSON of
each answer, and returns products. The plan runs over a blocking or an
asynchronous client; both obey the same limits.
"""

from __future__ import annotations

import abc
import asyncio
import json
import os
import time
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from stylesim.errors import ProviderError, expected
from stylesim.products import ProviderTerms, SkippedProduct
from stylesim.providers._answers import Answer, Limits, NotYet, check_limits
from stylesim.providers._deadline import Deadline, bound, httpx_for
from stylesim.providers.base import AbstractProductProvider, SearchResult, fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from stylesim.products import ProductQuery
    from stylesim.providers._rows import Intake

# Named here, so that tests need not wait.
_pause, _apause = time.sleep, asyncio.sleep

HOURLY = ProviderTerms(cache_ttl=3600.0)
"""Terms unless others are given: cautious, not a shop's own word."""

Plan: TypeAlias = "Generator[Request, Any, SearchResult]"
Step: TypeAlias = "Callable[[Plan, Any], Request]"


@attrs.frozen
class Request:
    """One request; what is secret stays out of its ``repr`` and of httpx's log."""

    url: str
    params: Mapping[str, Any] = attrs.field(factory=dict)
    method: str = "GET"
    secret_params: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    form: Mapping[str, str] | None = attrs.field(default=None, repr=False)
    auth: tuple[str, str] | None = attrs.field(default=None, repr=False)


@attrs.define(eq=False, kw_only=True)
class HttpProvider(AbstractProductProvider):
    """Base of the providers over HTTP; needs the extra ``http``.

    TLS certificates are verified, redirects are not followed, and no proxy is
    read from the environment.

    Args:
        name: Name in messages and in ``Product.source``.
        terms: What may be done with the answers.
        timeout: Seconds for one whole answer, its headers and body included; in ``search``,
            looking the host up comes on top.
        retries: How often a request is repeated after 429, 500, 502, 503, 504
            or a broken connection.
        max_wait: Longest pause before a repetition, in seconds; a shop that
            asks for more in ``Retry-After`` gets no second request.
        max_bytes: Largest answer read.

    Raises:
        InvalidArgumentError: A setting is out of range.
    """

    name: str = "http"
    terms: ProviderTerms = attrs.field(factory=ProviderTerms)
    timeout: float = 10.0
    retries: int = 2
    max_wait: float = 30.0
    max_bytes: int = 5_000_000
    skipped: tuple[SkippedProduct, ...] = attrs.field(default=(), init=False, repr=False)
    """Rows of the last answer that made no product."""

    def __attrs_post_init__(self) -> None:
        check_limits(self.name, self.timeout, self.retries, self.max_wait, self.max_bytes)

    @abc.abstractmethod
    def plan(self, query: ProductQuery) -> Plan:
        """Yield ``Request`` values, be sent their JSON, return products."""

    def search(self, query: ProductQuery) -> SearchResult:
        """Ask the shop; see ``AbstractProductProvider.search``."""
        return self._run(self.plan(query))

    async def asearch(self, query: ProductQuery) -> SearchResult:
        """Ask the shop without blocking the event loop."""
        return await self._arun(self.plan(query))

    def finish(self, intake: Intake, query: ProductQuery) -> SearchResult:
        """Keep what matches, note what was skipped."""
        self.skipped = tuple(intake.skipped)
        return fitting(SearchResult(intake.products, intake.skipped), query)

    def rows(self, answer: Any, *path: str) -> Iterable[Any]:
        """The list at a path of an answer; a missing one is empty."""
        for key in path:
            if not isinstance(answer, dict):
                raise self.nonsense(f"expected an object, got {type(answer).__name__}")
            answer = answer.get(key)
            if answer is None:
                return []
        if not isinstance(answer, list):
            raise self.nonsense(f"expected a list, got {type(answer).__name__}")
        return answer

    def nonsense(self, what: str, **details: Any) -> ProviderError:
        """An error that names this provider."""
        return ProviderError(f"{self.name}: {what}.", provider=self.name, **details)

    def _limits(self) -> Limits:
        return Limits(self.name, self.timeout, self.retries, self.max_wait, self.max_bytes)

    def _run(self, plan: Plan) -> SearchResult:
        httpx = httpx_for("Asking a shop over HTTP")
        limits, deadline = self._limits(), Deadline()

        def fetch(request: Request) -> Any:
            answer = Answer(limits)
            while True:
                deadline.end = answer.deadline
                try:
                    with client.stream(**_arguments(request)) as response:
                        answer.open(response.status_code, response.headers)
                        for chunk in response.iter_bytes():
                            answer.take(chunk)
                    return answer.json()
                except NotYet as wait:
                    seconds = wait.seconds
                except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                    seconds = answer.broken(type(error).__name__)
                _pause(seconds)

        with httpx.Client(transport=_keyed(httpx, deadline), timeout=self.timeout) as client:
            return self._drive(plan, fetch)

    def _drive(self, plan: Plan, fetch: Any) -> SearchResult:
        step: Step = _first
        value: Any = None
        while True:
            try:
                request = step(plan, value)
            except StopIteration as end:
                found: SearchResult = end.value
                return found
            try:
                step, value = _send, fetch(request)
            except ProviderError as error:
                step, value = _throw, error

    async def _arun(self, plan: Plan) -> SearchResult:
        httpx = httpx_for("Asking a shop over HTTP")
        limits = self._limits()

        async def fetch(request: Request) -> Any:
            answer = Answer(limits)
            while True:
                try:
                    async with (
                        asyncio.timeout(answer.deadline - time.monotonic()),
                        client.stream(**_arguments(request)) as response,
                    ):
                        answer.open(response.status_code, response.headers)
                        async for chunk in response.aiter_bytes():
                            answer.take(chunk)
                    return answer.json()
                except NotYet as wait:
                    seconds = wait.seconds
                except TimeoutError:
                    seconds = answer.broken("Timeout")
                except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                    seconds = answer.broken(type(error).__name__)
                await _apause(seconds)

        transport = _keyed(httpx, None)
        step: Step = _first
        value: Any = None
        async with httpx.AsyncClient(transport=transport, timeout=self.timeout) as client:
            while True:
                try:
                    request = step(plan, value)
                except StopIteration as end:
                    answer: SearchResult = end.value
                    return answer
                try:
                    step, value = _send, await fetch(request)
                except ProviderError as error:
                    step, value = _throw, error


def _first(plan: Plan, value: Any) -> Request:  # noqa: ARG001
    return next(plan)


def _send(plan: Plan, value: Any) -> Request:
    return plan.send(value)


def _throw(plan: Plan, error: Any) -> Request:
    return plan.throw(error)


def _arguments(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "params": {name: value for name, value in request.params.items() if value is not None},
        # Compressed answers could unfold to any size.
        "headers": {"Accept": "application/json", "Accept-Encoding": "identity", **request.headers},
        "extensions": {"stylesim": dict(request.secret_params)},
    }
    if request.body is not None:
        given["content"] = json.dumps(request.body).encode()
        given["headers"]["Content-Type"] = "application/json"
    if request.form is not None:
        given["data"] = dict(request.form)
    if request.auth is not None:
        given["auth"] = request.auth
    return given


def _keyed(httpx: Any, deadline: Deadline | None) -> Any:
    """A transport that adds secret parameters below the client, which logs addresses.

    It blocks and keeps to a deadline, or is asynchronous without.
    """

    def keyed(request: Any) -> Any:
        secret = request.extensions.get("stylesim")
        if not secret:
            return request
        return httpx.Request(
            request.method,
            request.url.copy_merge_params(secret),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    if deadline is None:

        class AsyncKeyed(httpx.AsyncHTTPTransport):  # type: ignore[misc]
            async def handle_async_request(self, request: Any) -> Any:
                return await super().handle_async_request(keyed(request))

        return AsyncKeyed(trust_env=False)

    class Keyed(httpx.HTTPTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            return super().handle_request(keyed(request))

    context = httpx.create_ssl_context(trust_env=False)
    return bound(Keyed(verify=context, trust_env=False), context, deadline)


def key_from(argument: str, value: object, variable: str) -> str:
    """A key from the argument or, where that is None, the environment."""
    key = os.environ.get(variable) if value is None else value
    if not isinstance(key, str) or not key.strip() or not key.isprintable():
        got = "nothing" if not key else "something else"  # never the key itself
        todo = f"pass {argument}= or set {variable}"
        raise expected(argument, "a key", got, todo)
    return key.strip()


@attrs.define(eq=False)
class Token:
    """A token that a shop gave, until shortly before it ends."""

    text: str = attrs.field(default="", repr=False)
    until: float = 0.0

    def good(self) -> bool:
        """Whether it can be used still."""
        return bool(self.text) and time.monotonic() < self.until

    def forget(self) -> None:
        """Ask for another next time."""
        self.text = ""

    def keep(self, answer: Any, provider: HttpProvider, now: float) -> None:
        """Take it from the answer of the shop."""
        text = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(text, str) or not text.isprintable() or not text.isascii() or not text:
            raise provider.nonsense("gave no access token")
        lasts = answer.get("expires_in")
        number = isinstance(lasts, (int, float)) and not isinstance(lasts, bool)
        # A day at most: a number without end would not even be one for Python.
        seconds = min(max(lasts, 60), 86_460) if number else 360
        self.text, self.until = text, now + seconds - 60.0
