"""Answers kept for as long as the terms allow."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import attrs
import pytest

from stylesim import Wardrobe
from stylesim.errors import InvalidArgumentError, ProviderError, StorageError
from stylesim.products import Product, ProductQuery, ProviderTerms
from stylesim.providers import (
    CachedProvider,
    CatalogProvider,
    ChainProvider,
    FunctionProvider,
    SearchLinkProvider,
    SearchResult,
    SerpApiShoppingProvider,
)

QUERY = ProductQuery(slot="bottom")
JEANS = Product(
    "1",
    "Jeans",
    "https://shop.example/1",
    price=49.9,
    currency="EUR",
    image="https://shop.example/1.jpg",
    slot="bottom",
    attributes={"fit": "slim"},
)


class Counted:
    """A provider that counts, and a clock that stands until it is moved."""

    def __init__(self, path, products=(JEANS,), ttl=None, **terms):
        self.asked, self.now = 0, 1_000_000.0
        self.products = products
        shop = FunctionProvider(self.answer, name="shelf", terms=ProviderTerms(**terms))
        self.cached = CachedProvider(shop, path, ttl=ttl, clock=lambda: self.now)

    def answer(self, query):
        self.asked += 1
        if self.products is None:
            raise OSError("down")
        return self.products

    def search(self, query=QUERY):
        return list(self.cached.search(query))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.sqlite"


def test_a_kept_answer_is_the_same(path):
    shelf = Counted(path, ttl=60)
    assert shelf.search() == shelf.search() == [JEANS]
    assert shelf.asked == 1
    assert Counted(path, ttl=60).search() == [JEANS]


def test_it_is_kept_for_the_next_process(path):
    Counted(path).search()
    later = Counted(path)
    assert later.search() == [JEANS]
    assert later.asked == 0


@pytest.mark.parametrize(
    ("ttl", "allowed", "kept"),
    [(60, None, 60), (None, 60, 60), (60, 10, 10), (10, 60, 10), (None, None, 1e9)],
)
def test_the_shorter_time_counts(path, ttl, allowed, kept):
    shelf = Counted(path, ttl=ttl, cache_ttl=allowed)
    shelf.search()
    shelf.now += kept - 1
    shelf.search()
    assert shelf.asked == 1
    if kept < 1e9:
        shelf.now += 1
        shelf.search()
        assert shelf.asked == 2


@pytest.mark.parametrize(("ttl", "allowed"), [(None, 0), (60, 0), (0, None)])
def test_nothing_is_kept_where_that_is_forbidden(path, ttl, allowed):
    shelf = Counted(path, ttl=ttl, cache_ttl=allowed)
    shelf.search()
    shelf.search()
    assert shelf.asked == 2
    assert rows(path) == 0


def rows(path):
    with sqlite3.connect(path) as file:
        count = file.execute("SELECT count(*) FROM answers").fetchone()[0]
    file.close()
    return count


def test_stricter_terms_hold_for_what_is_kept_already(path):
    Counted(path).search()
    strict = Counted(path, cache_ttl=10)
    strict.now += 11
    strict.search()
    assert strict.asked == 1


def test_what_is_too_old_leaves_the_file(path):
    shelf = Counted(path, ttl=60)
    shelf.search(ProductQuery(slot="bottom", limit=1))
    shelf.now += 61
    shelf.search(ProductQuery(slot="bottom", limit=2))
    assert rows(path) == 1


def test_a_clock_set_back_asks_again(path):
    shelf = Counted(path, ttl=60)
    shelf.search()
    shelf.now -= 100
    shelf.search()
    assert shelf.asked == 2


def test_other_questions_have_other_answers(path):
    shelf = Counted(path)
    for query in (QUERY, ProductQuery(slot="bottom", max_price=10), ProductQuery(words="jeans")):
        shelf.search(query)
    assert shelf.asked == 3


def test_settings_of_a_shop_tell_answers_apart_and_keys_stay_out(path):
    keys = {
        CachedProvider(SerpApiShoppingProvider(api_key=key, country=country), path)._key(QUERY)
        for key, country in (("s3cret", "de"), ("s3cret", "us"), ("other", "us"))
    }
    assert len(keys) == 2
    assert b"s3cret" not in path.read_bytes()


def test_pictures_in_memory_are_not_kept(path):
    shelf = Counted(path, [Product("1", "Jeans", "https://shop.example/1", image=b"GIF89a")])
    shelf.search()
    shelf.search()
    assert shelf.asked == 2


def test_pictures_in_files_are_kept(path):
    shelf = Counted(path, [Product("1", "Jeans", "https://shop.example/1", image=Path("a/b.jpg"))])
    assert shelf.search()[0].image == Path("a/b.jpg")
    assert shelf.search()[0].image == str(Path("a/b.jpg"))
    assert shelf.asked == 1


def test_failures_are_not_kept(path):
    shelf = Counted(path, None)
    for _ in range(2):
        with pytest.raises(ProviderError, match="down"):
            shelf.search()
    assert (shelf.asked, rows(path)) == (2, 0)


def named(name):
    return FunctionProvider(lambda query: [attrs.evolve(JEANS, title=f"Jeans {name}")], name=name)


@pytest.mark.parametrize(
    "pair",
    [
        [SearchLinkProvider("naver"), SearchLinkProvider("zalando")],
        [ChainProvider([named("a")]), ChainProvider([named("b")])],
        [
            ChainProvider([SearchLinkProvider("naver")]),
            ChainProvider([SearchLinkProvider("google")]),
        ],
        [named("a"), named("b")],
    ],
)
def test_another_provider_has_its_own_answers(path, pair):
    query = ProductQuery(category="jeans")
    for shop in pair:
        assert list(CachedProvider(shop, path).search(query)) == list(shop.search(query))
    kept = [CachedProvider(shop, path).search(query) for shop in pair]
    assert list(kept[0]) != list(kept[1])
    assert rows(path) == 2


def test_a_key_is_asked_for_where_nothing_tells_providers_apart(path):
    shop = FunctionProvider(lambda query: [JEANS])
    for nameless in (shop, ChainProvider([shop]), CatalogProvider.from_products([JEANS])):
        with pytest.raises(InvalidArgumentError, match="key"):
            CachedProvider(nameless, path)
        assert len(CachedProvider(nameless, path, key="mine").search(QUERY)) == 1


def test_cosines_are_kept(path):
    near = SearchResult([JEANS], cosines=[0.5])
    shop = FunctionProvider(lambda query: [], name="shelf")
    cached = CachedProvider(shop, path)
    assert cached._keep(QUERY, near).cosines == (0.5,)
    again = cached.search(QUERY)
    assert (list(again), again.cosines, again.skipped) == ([JEANS], (0.5,), ())


def test_odd_texts_are_kept(path):
    odd = attrs.evolve(JEANS, attributes={"note": "\ud800"})
    shelf = Counted(path, [odd])
    assert shelf.search() == shelf.search() == [odd]
    assert (shelf.asked, shelf.cached.errors) == (1, ())


def test_a_file_of_something_else_is_left_alone(tmp_path):
    place = tmp_path / "closet"
    Wardrobe.open(place).close()
    before = place.read_bytes()
    with pytest.raises(StorageError, match="with other tables"):
        CachedProvider(named("a"), place)
    assert place.read_bytes() == before


def test_a_damaged_time_is_asked_for_again(path):
    shelf = Counted(path)
    shelf.search()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE answers SET stored = 'noon'")
    file.close()
    assert shelf.search() == [JEANS]
    assert (shelf.asked, len(shelf.cached.errors)) == (2, 1)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        "[" * 100_000,
        '{"products": [{"id": "1"}]}',
        '{"products": [], "cosines": 1}',
        '{"products": [], "cosines": [0.5]}',
        '{"products": [], "cosines": ["near"]}',
    ],
)
def test_a_damaged_answer_is_asked_for_again(path, text):
    shelf = Counted(path)
    shelf.search()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE answers SET products = ?", (text,))
    file.close()
    assert shelf.search() == [JEANS]
    assert shelf.asked == 2
    assert isinstance(shelf.cached.errors[0], StorageError)
    assert shelf.search() == [JEANS]
    assert (shelf.asked, shelf.cached.errors) == (2, ())


def test_a_full_or_locked_file_costs_no_answer(path):
    shelf = Counted(path)
    shelf.search()
    with sqlite3.connect(path) as file:
        file.execute(
            "CREATE TRIGGER full BEFORE INSERT ON answers "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    file.close()
    assert shelf.search(ProductQuery(words="jeans")) == [JEANS]
    assert "disk is full" in str(shelf.cached.errors[0])
    assert shelf.search() == [JEANS]  # what was there before stays whole
    assert shelf.asked == 2


def test_it_is_kept_without_blocking_too(path):
    shelf = Counted(path)
    assert list(asyncio.run(shelf.cached.asearch(QUERY))) == [JEANS]
    assert list(asyncio.run(shelf.cached.asearch(QUERY))) == [JEANS]
    assert shelf.asked == 1


def test_it_can_be_cleared(path):
    shelf = Counted(path)
    shelf.search()
    shelf.cached.clear()
    shelf.search()
    assert shelf.asked == 2


def test_no_cache_file_is_an_error(tmp_path, path):
    shop = FunctionProvider(lambda query: [], name="shelf")
    path.write_bytes(b"no database at all, but long enough to be looked at as one" * 20)
    for place in (path, tmp_path, tmp_path / "missing" / "answers.sqlite"):
        with pytest.raises(StorageError, match="path: expected a cache file"):
            CachedProvider(shop, place)
    with pytest.raises(InvalidArgumentError, match="path"):
        CachedProvider(shop, None)


def test_settings_are_checked(path):
    with pytest.raises(InvalidArgumentError, match="ttl"):
        CachedProvider(FunctionProvider(lambda query: [], name="shelf"), path, ttl=-1)
    with pytest.raises(InvalidArgumentError, match="provider"):
        CachedProvider("shop", path)
