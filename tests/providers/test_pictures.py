"""Pictures from shops: only public addresses, only pictures, only so large and so long."""

from __future__ import annotations

import io
import ipaddress
import socket
import sys
import time

import pytest
from PIL import Image

from stylesim.errors import InvalidArgumentError, MissingExtraError
from stylesim.providers import AddressGate, PictureFetcher
from stylesim.providers._addresses import is_public, resolve

SKIRT = io.BytesIO()
Image.new("RGB", (20, 10), "navy").save(SKIRT, "PNG")
PNG = {"Content-Type": "image/png"}


def local_only(address: object) -> bool:
    return address == ipaddress.ip_address("127.0.0.1")


class Names:
    """A name server: gives the addresses of a list in turn, the last for ever."""

    def __init__(self, **known: list[list[str]]) -> None:
        self.known, self.asked = known, []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        answers = self.known[host.split(".")[0]]
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def fetch(shop, reply):
    """Fetch one picture from the loopback shop, which goes by the name of shop.example."""
    port = shop.url.rsplit(":", 1)[1]

    def run(path="/skirt.png", host="shop.example", names=None, allow=local_only, **settings):
        names = names or Names(shop=[["127.0.0.1"]])
        gate = AddressGate(resolve=names, allow=allow)
        (found,) = PictureFetcher(gate=gate, **settings).fetch([f"http://{host}:{port}{path}"])
        return found

    shop.says("/skirt.png", reply(SKIRT.getvalue(), headers=PNG))
    return run


# --- which addresses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1",
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "2002:7f00:1::1", "2002:a00:1::1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2001:0:7f00:1::1",
    ],
)  # fmt: skip
def test_inner_addresses_are_not_public(address) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses_are(address) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0177.0.0.1", "127.1",
        "[::ffff:127.0.0.1]", "169.254.169.254", "0",
    ],
)  # fmt: skip
def test_no_way_of_writing_it_leads_inside(shop, host) -> None:
    port = shop.url.rsplit(":", 1)[1]
    (found,) = PictureFetcher(timeout=5).fetch([f"http://{host}:{port}/skirt.png"])
    assert found.data is None
    refused = ("not on the public internet", "not known", "could not be fetched (InvalidURL)")
    assert any(reason in found.problem for reason in refused)
    assert not shop.asked


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "data:image/png;base64,AAAA", "javascript:alert(1)", "ftp://a.example/",
        "http://user:word@shop.example/x.png", "//shop.example/x.png", "http://", "", "http://a b/",
    ],
)  # fmt: skip
def test_only_web_addresses_are_asked(url) -> None:
    (found,) = PictureFetcher().fetch([url])
    assert found.problem == "its address is not http or https, or hides another"


def test_a_host_that_is_half_inside_is_refused(fetch, shop) -> None:
    names = Names(shop=[["93.184.216.34", "127.0.0.1"]])
    found = fetch(names=names, allow=is_public)
    assert found.problem == "the host shop.example is not on the public internet"
    assert not shop.asked


def test_a_name_is_looked_up_once_and_the_connection_goes_there(fetch, shop) -> None:
    # A second look-up would say 127.0.0.2, where nobody answers; the shop hears its name.
    names = Names(shop=[["127.0.0.1"], ["127.0.0.2"]])
    assert fetch(names=names).data == SKIRT.getvalue()
    assert len(names.asked) == 1
    assert shop.asked[0].headers["host"] == shop.url.replace("http://127.0.0.1", "shop.example")


def test_unknown_hosts_are_told(fetch) -> None:
    def unknown(host, port):
        raise socket.gaierror("no such host")

    assert fetch(names=unknown).problem == "the host shop.example is not known"
    assert fetch(names=lambda host, port: []).problem == "the host shop.example is not known"
    assert "127.0.0.1" in resolve("localhost", 80) or "::1" in resolve("localhost", 80)


# --- redirects ----------------------------------------------------------------------------------


def test_redirects_are_followed_and_each_is_checked(fetch, shop, reply) -> None:
    port = shop.url.rsplit(":", 1)[1]
    names = Names(shop=[["127.0.0.1"]], other=[["127.0.0.1"]], inside=[["127.0.0.3"]])
    away = f"http://other.example:{port}/skirt.png"
    shop.says("/away", reply(status=302, headers={"Location": away}))
    shop.says("/near", reply(status=301, headers={"Location": "/skirt.png"}))
    assert fetch("/away", names=names).data == SKIRT.getvalue()
    assert fetch("/near", names=names).data == SKIRT.getvalue()
    count = len(shop.asked)
    inside = f"http://inside.example:{port}/skirt.png"
    shop.says("/inside", reply(status=302, headers={"Location": inside}))
    found = fetch("/inside", names=names)
    assert found.problem == "the host inside.example is not on the public internet"
    assert len(shop.asked) == count + 1


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "javascript:alert(1)", "http://a:b@shop.example/", "data:,x"]
)
def test_redirects_lead_to_the_web_only(fetch, shop, reply, place) -> None:
    shop.says("/away", reply(status=302, headers={"Location": place}))
    assert fetch("/away").problem == "its address is not http or https, or hides another"


def test_redirects_end(fetch, shop, reply) -> None:
    shop.says("/round", reply(status=302, headers={"Location": "/round"}))
    assert fetch("/round").problem == "it redirects more than 3 times"
    assert len(shop.asked) == 4
    shop.says("/nowhere", reply(status=302))
    assert fetch("/nowhere").problem == "it redirects to nowhere"


# --- what comes ---------------------------------------------------------------------------------


def test_a_picture_is_asked_for_politely(fetch, shop) -> None:
    assert fetch().data == SKIRT.getvalue()
    headers = shop.asked[0].headers
    assert headers["accept-encoding"] == "identity"
    assert "image/png" in headers["accept"]
    assert not {"cookie", "authorization", "referer"} & set(headers)


@pytest.mark.parametrize(
    ("body", "headers", "status", "problem"),
    [
        (b"<svg/>", {"Content-Type": "image/svg+xml"}, 200, "'image/svg+xml', no picture"),
        (b"<html>", {"Content-Type": "text/html"}, 200, "'text/html', no picture"),
        (b"", {"Content-Type": ""}, 200, "'no content type', no picture"),
        (b"<html>", PNG, 200, "no picture that can be used"),
        (SKIRT.getvalue()[:40], PNG, 200, "no picture that can be used"),
        (b"", PNG, 200, "no picture that can be used"),
        (b"", PNG, 404, "status 404"),
        (b"", PNG, 503, "status 503"),
        (b"x", {**PNG, "Content-Encoding": "gzip"}, 200, "compressed"),
        (b"x", {**PNG, "Content-Length": "99999999"}, 200, "larger than 10,000,000 bytes"),
    ],
)
def test_what_is_no_picture_is_told(fetch, shop, reply, body, headers, status, problem) -> None:
    shop.says("/x", reply(body, status=status, headers=headers))
    found = fetch("/x")
    assert found.data is None
    assert problem in found.problem


def test_an_endless_picture_ends(fetch, shop, reply) -> None:
    shop.says("/x", reply(SKIRT.getvalue(), headers=PNG, endless=True))
    assert fetch("/x", max_bytes=200_000).problem == "it is larger than 200,000 bytes"


def test_a_slow_picture_ends(fetch, shop, reply) -> None:
    shop.says("/x", reply(SKIRT.getvalue(), headers=PNG, drip=0.05))
    assert fetch("/x", timeout=0.4).problem == "it took longer than 0.4 s"
    shop.says("/y", reply(SKIRT.getvalue(), headers=PNG, pause=3.0))
    assert fetch("/y", timeout=0.4).problem == "it took longer than 0.4 s"
    shop.says("/z", reply(SKIRT.getvalue(), headers=PNG, slow_headers=0.1))
    start = time.monotonic()
    assert fetch("/z", timeout=0.4).problem == "it took longer than 0.4 s"
    assert time.monotonic() - start < 3


def test_nobody_there_is_told(fetch) -> None:
    names = Names(shop=[["127.0.0.1"]])
    gate = AddressGate(resolve=names, allow=local_only)
    (found,) = PictureFetcher(gate=gate).fetch(["http://shop.example:9/x.png"])
    assert found.problem == "the shop did not answer (ConnectError)"


def test_several_come_in_order_and_each_once(fetch, shop, reply) -> None:
    port = shop.url.rsplit(":", 1)[1]
    gate = AddressGate(resolve=Names(shop=[["127.0.0.1"]]), allow=local_only)
    urls = [f"http://shop.example:{port}/{name}.png" for name in ("skirt", "none", "skirt")]
    found = PictureFetcher(gate=gate, at_once=2).fetch(urls)
    assert [one.url for one in found] == urls
    assert [one.data is not None for one in found] == [True, False, True]
    assert len(shop.asked) == 2
    assert PictureFetcher().fetch([]) == []


@pytest.mark.parametrize(
    "settings",
    [{"timeout": 0}, {"max_bytes": 0}, {"max_redirects": -1}, {"at_once": 0}, {"at_once": True}],
)
def test_settings_are_checked(settings) -> None:
    with pytest.raises(InvalidArgumentError, match=next(iter(settings))):
        PictureFetcher(**settings)


def test_without_httpx_it_names_the_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtraError, match=r"pictures .*pip install 'stylesim\[http\]'"):
        PictureFetcher().fetch(["http://shop.example/x.png"])
