"""Pictures of products, fetched from shops one does not trust."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import attrs

from stylesim._checks import check_whole
from stylesim._product_checks import web_address
from stylesim.errors import StyleSimError
from stylesim.images import load_image
from stylesim.providers._addresses import AddressGate, Refused
from stylesim.providers._answers import check_limits
from stylesim.providers._deadline import Deadline, bound, httpx_for

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif", "image/bmp"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


@attrs.frozen
class Fetched:
    """A picture that was fetched, or why it was not.

    Attributes:
        url: Its address, as it was asked for.
        data: The bytes of the picture; None where there is none.
        problem: Why, in words; None where there is a picture.
    """

    url: str
    data: bytes | None = attrs.field(default=None, repr=False)
    problem: str | None = None


@attrs.frozen(kw_only=True)
class PictureFetcher:
    """Fetches pictures by their addresses; needs the extra ``http``.

    Only http and https addresses on the public internet are asked: the host is looked up once,
    every address of it is checked, and the connection goes to a checked address, so that a name
    that is looked up differently a moment later leads nowhere else. Each redirect is checked in
    the same way. TLS certificates are verified for the host's name; no proxy is read from the
    environment, no cookie is kept, no key is sent, and nothing is repeated or kept.

    Args:
        timeout: Seconds for one picture, redirects and body included; looking hosts up comes
            on top.
        max_bytes: Largest picture read.
        max_redirects: How many redirects are followed.
        at_once: Pictures fetched at the same time.
        gate: Looks hosts up and says which addresses may be asked. The default lets public ones
            pass; another is for tests, and for shops inside your own network.

    Raises:
        InvalidArgumentError: A setting is out of range.

    Examples:
        >>> fetcher = PictureFetcher(timeout=5)
        >>> fetcher.fetch(["http://127.0.0.1/skirt.jpg"])[0].problem
        'the host 127.0.0.1 is not on the public internet'
    """

    timeout: float = 10.0
    max_bytes: int = 10_000_000
    max_redirects: int = 3
    at_once: int = 8
    gate: AddressGate = attrs.field(factory=AddressGate)

    def __attrs_post_init__(self) -> None:
        check_limits("pictures", self.timeout, 0, 0.0, self.max_bytes)
        check_whole("max_redirects", self.max_redirects, least=0)
        check_whole("at_once", self.at_once)

    def fetch(self, urls: Iterable[str]) -> list[Fetched]:
        """Fetch pictures, several at a time.

        Args:
            urls: Their addresses.

        Returns:
            One answer an address, in their order; the same address is asked once. A failure is an
            answer too, and never an error.

        Raises:
            MissingExtraError: httpx is not installed.
        """
        wanted = list(urls)
        unique = list(dict.fromkeys(wanted))
        if not unique:
            return []
        httpx = httpx_for("Fetching pictures")
        context = httpx.create_ssl_context(trust_env=False)
        with ThreadPoolExecutor(min(self.at_once, len(unique))) as pool:
            try:
                found = list(pool.map(lambda url: self._fetch(httpx, context, url), unique))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        by_url = dict(zip(unique, found, strict=True))
        return [by_url[url] for url in wanted]

    def _fetch(self, httpx: Any, context: Any, url: str) -> Fetched:
        try:
            data = self._follow(httpx, context, url)
            load_image(data, shrink_to=64)  # what is no picture is told of here, by its address
        except Refused as reason:
            return Fetched(url, problem=str(reason))
        except StyleSimError as error:
            return Fetched(url, problem=f"what came is no picture that can be used: {error}")
        except httpx.TimeoutException:
            return Fetched(url, problem=f"it took longer than {self.timeout:g} s")
        except httpx.HTTPError as error:
            return Fetched(url, problem=f"the shop did not answer ({type(error).__name__})")
        except Exception as error:  # noqa: BLE001 - one picture must not cost the others
            return Fetched(url, problem=f"it could not be fetched ({type(error).__name__})")
        return Fetched(url, data)

    def _follow(self, httpx: Any, context: Any, url: str) -> bytes:
        deadline = time.monotonic() + self.timeout
        for _ in range(self.max_redirects + 1):
            answer = self._ask(httpx, context, _checked(url), deadline)
            if isinstance(answer, bytes):
                return answer
            url = urljoin(url, answer)
        raise Refused(f"it redirects more than {self.max_redirects} times")

    def _ask(self, httpx: Any, context: Any, address: str, deadline: float) -> bytes | str:
        """The picture, or the address that the shop redirects to."""
        url = httpx.URL(address)
        host = url.raw_host.decode("ascii")
        port = url.port or _PORTS[url.scheme]
        problem: Exception | None = None
        for place in self.gate.addresses(host.strip("[]"), port)[:2]:
            left = self._left(deadline)
            request = httpx.Request(
                "GET",
                url.copy_with(host=str(place), port=url.port, fragment=None),
                headers={
                    "Host": url.netloc.decode("ascii"),
                    "Accept": ", ".join(sorted(KINDS)),
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                    "User-Agent": "stylesim",
                },
                extensions={
                    # The certificate is that of the name, though the connection goes by number.
                    "sni_hostname": host,
                    "timeout": dict.fromkeys(("connect", "read", "write", "pool"), left),
                },
            )
            # One connection a picture: one made for another name is never used again.
            made = httpx.HTTPTransport(verify=context, trust_env=False)
            with bound(made, context, Deadline(deadline)) as transport:
                try:
                    response = transport.handle_request(request)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    problem = error
                    continue
                try:
                    return self._read(response, deadline)
                finally:
                    response.close()
        assert problem is not None
        raise problem

    def _read(self, response: Any, deadline: float) -> bytes | str:
        if response.status_code in _REDIRECTS:
            place = response.headers.get("location")
            if not place:
                raise Refused("it redirects to nowhere")
            return str(place)
        if response.status_code != 200:
            raise Refused(f"the shop answered with status {response.status_code}")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in KINDS:
            raise Refused(f"the shop answered with {kind[:80] or 'no content type'!r}, no picture")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refused("the shop answered compressed, which was not asked for")
        length = response.headers.get("content-length", "")
        if length.isdecimal() and int(length[:18]) > self.max_bytes:
            raise Refused(f"it is larger than {self.max_bytes:,} bytes")
        body = bytearray()
        for chunk in response.stream:
            body += chunk
            if len(body) > self.max_bytes:
                raise Refused(f"it is larger than {self.max_bytes:,} bytes")
            self._left(deadline)
        return bytes(body)

    def _left(self, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Refused(f"it took longer than {self.timeout:g} s")
        return left


def _checked(url: str) -> str:
    try:
        return web_address("image_url", url)
    except StyleSimError:
        raise Refused("its address is not http or https, or hides another") from None
