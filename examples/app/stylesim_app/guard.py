"""What stands before every route: size limits, no requests from other sites, careful headers."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "stylesim_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# No script at all, so that no text of a shop or a file name can become one.
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # Shops are not told of this page, but a form sent here says where it came from.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Wraps the app.

    Args:
        app: The app.
        request_bytes: Most bytes of one request.
    """

    def __init__(self, app: ASGIApp, *, request_bytes: int) -> None:
        self.app = app
        self.request_bytes = request_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse, one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    sent[name] = value
                sent.setdefault("cache-control", "no-store")
                if "new_session" in state:
                    token = state["new_session"]
                    cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
                    sent.append("set-cookie", cookie)
            await send(message)

        if scope["method"] not in _SAFE and _from_elsewhere(headers):
            refusal = PlainTextResponse("This request comes from another site.", 403)
            await refusal(scope, receive, answer)
            return
        await self.app(scope, self._limited(headers, receive), answer)

    def _limited(self, headers: Headers, receive: Receive) -> Receive:
        declared = headers.get("content-length", "")
        told = int(declared) if declared.isdecimal() else 0
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if max(told, seen) <= self.request_bytes:
                return message
            # A browser shows no answer before it has sent everything: let it, within reason.
            while message.get("more_body") and seen < 4 * self.request_bytes:
                message = await receive()
                seen += len(message.get("body", b""))
            limit = f"{self.request_bytes / 1e6:.0f} MB"
            raise HTTPException(413, f"More than {limit} at once; send fewer files at a time.")

        return limited


def _from_elsewhere(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
