"""Limits, repetitions and secrets, on one provider over a loopback shop."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from inspect import signature

import httpcore
import pytest

from stylesim.errors import InvalidArgumentError, MissingExtraError, ProviderError
from stylesim.products import ProductQuery
from stylesim.providers import SerpApiShoppingProvider
from stylesim.providers._deadline import _Backend, _Stream
from stylesim.providers._http import Token

PATH = "/search"
QUERY = ProductQuery(category="jeans")
GOOD = {
    "shopping_results": [
        {"product_id": "1", "title": "Jeans", "product_link": "https://shop.example/1"}
    ]
}


@pytest.fixture(params=["sync", "async"])
def ask(request, shop):
    def search(query=QUERY, **settings):
        provider = SerpApiShoppingProvider(api_key="s3cret", base_url=shop.url, **settings)
        if request.param == "sync":
            return provider.search(query)
        return asyncio.run(provider.asearch(query))

    return search


def test_a_good_answer_makes_products(ask, shop):
    shop.says(PATH, GOOD)
    (found,) = ask()
    assert (found.id, found.title, found.url) == ("1", "Jeans", "https://shop.example/1")
    assert found.source == "serpapi"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_it_asks_again_and_waits_longer_each_time(ask, shop, reply, pauses, status):
    shop.says(PATH, reply(status=status), reply(status=status), GOOD)
    assert len(ask()) == 1
    assert pauses == [0.5, 1.0]


def test_it_gives_up_after_its_repetitions(ask, shop, reply, pauses):
    shop.says(PATH, reply(status=503))
    with pytest.raises(ProviderError, match="serpapi: status 503 after 3 requests") as caught:
        ask(retries=2)
    assert caught.value.details["status"] == 503
    assert caught.value.details["provider"] == "serpapi"
    assert len(shop.asked) == 3


def test_retry_after_in_seconds_is_obeyed(ask, shop, reply, pauses):
    shop.says(PATH, reply(status=429, headers={"Retry-After": "7"}), GOOD)
    assert len(ask()) == 1
    assert pauses == [7.0]


@pytest.mark.parametrize("zone", ["+99999999999999999", "+9999"])
def test_a_date_that_is_none_is_passed_over(ask, shop, reply, pauses, zone):
    date = f"Wed, 21 Oct 2015 07:28:00 {zone}"
    shop.says(PATH, reply(status=503, headers={"Retry-After": date}), GOOD)
    assert len(ask()) == 1
    assert pauses == [0.5]


def test_retry_after_as_a_date_is_obeyed(ask, shop, reply, pauses):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    shop.says(PATH, reply(status=503, headers={"Retry-After": date}), GOOD)
    assert len(ask()) == 1
    assert 15 < pauses[0] <= 20


def test_a_longer_wait_than_allowed_is_an_error_at_once(ask, shop, reply, pauses):
    shop.says(PATH, reply(status=429, headers={"Retry-After": "3600"}), GOOD)
    with pytest.raises(ProviderError, match="asks to wait 3600 s") as caught:
        ask()
    assert caught.value.details["retry_after"] == 3600
    assert (pauses, len(shop.asked)) == ([], 1)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404])
def test_other_statuses_are_errors_at_once(ask, shop, reply, pauses, status):
    shop.says(PATH, reply(status=status, headers={"Location": shop.url + "/elsewhere"}))
    with pytest.raises(ProviderError, match=f"status {status}"):
        ask()
    assert [each.path for each in shop.asked] == [PATH]


def test_a_slow_answer_ends_at_the_time_out(ask, shop, reply):
    shop.says(PATH, reply(GOOD, pause=1.5))
    start = time.monotonic()
    with pytest.raises(ProviderError, match=r"took longer than 0\.3 s"):
        ask(timeout=0.3)
    assert time.monotonic() - start < 1.4


@pytest.mark.parametrize("slow", [{"body": b"{", "drip": 0.05}, {"slow_headers": 0.1}])
def test_a_dripping_answer_ends_at_the_time_out(ask, shop, reply, slow):
    shop.says(PATH, reply(**{"body": GOOD, **slow}))
    start = time.monotonic()
    with pytest.raises(ProviderError, match=r"took longer than 0\.4 s"):
        ask(timeout=0.4)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(_Stream, httpcore.NetworkStream), (_Backend, httpcore.NetworkBackend)],
)
def test_what_keeps_the_time_is_called_as_httpcore_calls(ours, theirs):
    steps = [name for name in vars(ours) if name in vars(theirs) and not name.startswith("_")]
    assert steps
    for name in steps:
        wanted = signature(getattr(theirs, name)).parameters
        assert list(signature(getattr(ours, name)).parameters) == list(wanted)


def test_a_stalling_answer_ends_at_the_time_out(ask, shop, reply):
    shop.says(PATH, reply(GOOD, stall=0.9))
    start = time.monotonic()
    with pytest.raises(ProviderError, match="took longer than 1 s"):
        ask(timeout=1)
    assert time.monotonic() - start < 1.5


@pytest.mark.parametrize(
    "lasts",
    [10**400, -(10**400), float("inf"), 3600, None, True, "soon"],
    ids=lambda one: str(one)[:9],
)
def test_a_token_lasts_a_day_at_most(lasts):
    token = Token()
    shop = SerpApiShoppingProvider(api_key="k")
    token.keep({"access_token": "t", "expires_in": lasts}, shop, 100.0)
    assert 100 <= token.until <= 100 + 86_400


def test_an_endless_answer_ends_at_the_size_limit(ask, shop, reply):
    shop.says(PATH, reply(b"{", endless=True))
    with pytest.raises(ProviderError, match="more than 100,000 bytes"):
        ask(max_bytes=100_000)


@pytest.mark.parametrize(
    ("body", "headers", "message"),
    [
        (b"<html>", {"Content-Type": "text/html"}, "'text/html' instead of JSON"),
        (b'{"shopping_results": [', {}, "malformed JSON"),
        (b'{"price": NaN}', {}, "malformed JSON"),
        (b"\xff\xfe\x00", {}, "malformed JSON"),
        (b"[" * 100_000, {}, "malformed JSON"),
        (b"[]", {}, "expected an object, got list"),
        (b'{"shopping_results": "none"}', {}, "expected a list, got str"),
        (b"{}", {"Content-Encoding": "gzip"}, "compressed"),
    ],
)
def test_nonsense_is_an_error(ask, shop, reply, body, headers, message):
    shop.says(PATH, reply(body, headers=headers))
    with pytest.raises(ProviderError, match=message):
        ask()


def test_nobody_there_is_an_error(pauses):
    provider = SerpApiShoppingProvider(api_key="s3cret", base_url="http://127.0.0.1:9", retries=1)
    with pytest.raises(ProviderError, match=r"did not answer \(ConnectError\) after 2 requests"):
        provider.search(QUERY)


def test_the_key_is_sent_but_never_shown(ask, shop, reply, caplog, pauses):
    caplog.set_level(logging.DEBUG)
    shop.says(PATH, GOOD, reply(status=401))
    ask()
    assert shop.asked[0].params["api_key"] == "s3cret"
    with pytest.raises(ProviderError) as caught:
        ask()
    assert "HTTP Request" in caplog.text  # httpx does log the address
    assert "s3cret" not in caplog.text
    assert "s3cret" not in str(caught.value) + repr(caught.value.details)
    assert "s3cret" not in repr(SerpApiShoppingProvider(api_key="s3cret"))


def test_a_key_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("SERPAPI_API_KEY", "from-there")
    assert SerpApiShoppingProvider().api_key == "from-there"
    monkeypatch.delenv("SERPAPI_API_KEY")
    with pytest.raises(InvalidArgumentError, match="pass api_key= or set SERPAPI_API_KEY"):
        SerpApiShoppingProvider()


def test_a_bad_key_is_not_shown(monkeypatch):
    with pytest.raises(InvalidArgumentError) as caught:
        SerpApiShoppingProvider(api_key="s3cret\nX-Header: 1")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": 0}, {"timeout": float("nan")}, {"timeout": "1"}, {"retries": -1},
        {"retries": True}, {"max_bytes": 0}, {"max_wait": -1}, {"name": ""}, {"currency": "euro"},
    ],
)  # fmt: skip
def test_settings_are_checked(settings):
    with pytest.raises(InvalidArgumentError, match=next(iter(settings))):
        SerpApiShoppingProvider(api_key="k", **settings)


def test_without_httpx_it_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtraError, match=r"a shop .*pip install 'stylesim\[http\]'"):
        SerpApiShoppingProvider(api_key="k").search(QUERY)
