"""Several providers as one."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from stylesim.errors import InvalidArgumentError, ProviderError
from stylesim.products import Product, ProductQuery, ProviderTerms
from stylesim.providers import (
    AbstractProductProvider,
    ChainProvider,
    FunctionProvider,
    SearchResult,
)

QUERY = ProductQuery(limit=4)


def product(name):
    return Product(name, name, f"https://shop.example/{name}")


class Shelf(AbstractProductProvider):
    def __init__(self, name, *names, fails=None, **terms):
        self.name, self.names, self.fails = name, names, fails
        self.terms = ProviderTerms(**terms)
        self.asked = 0

    def search(self, query):
        self.asked += 1
        for name in self.names:
            yield product(name)
        if self.fails is not None:
            raise self.fails


@pytest.fixture(params=["sync", "async"])
def titles(request):
    def search(chain, query=QUERY):
        if request.param == "sync":
            found = chain.search(query)
        else:
            found = asyncio.run(chain.asearch(query))
        return [each.title for each in found]

    return search


def failed(chain):
    return [failure.provider for failure in chain.errors]


def test_the_first_that_has_products_answers(titles):
    shelves = [Shelf("empty"), Shelf("a", "a1"), Shelf("b", "b1")]
    chain = ChainProvider(shelves)
    assert titles(chain) == ["a1"]
    assert [shelf.asked for shelf in shelves] == [1, 1, 0]
    assert chain.errors == ()


def test_a_failure_costs_only_its_own_answer(titles):
    down = Shelf("down", fails=ProviderError("down: status 503.", status=503))
    bug = Shelf("bug", fails=ZeroDivisionError("oops"))
    chain = ChainProvider([down, bug, Shelf("a", "a1")])
    assert titles(chain) == ["a1"]
    assert failed(chain) == ["down", "bug"]
    assert chain.errors[0].error.details["status"] == 503
    assert isinstance(chain.errors[1].error, ProviderError)
    assert "oops" in str(chain.errors[1].error)


class OwnAsync(Shelf):
    async def asearch(self, query):
        return self.search(query)


@pytest.mark.parametrize("kind", [Shelf, OwnAsync])
@pytest.mark.parametrize("mode", ["first", "merge"])
def test_what_came_before_a_failure_is_kept(titles, kind, mode):
    chain = ChainProvider([kind("half", "h1", "h2", fails=OSError("gone"))], mode=mode)
    assert titles(chain) == ["h1", "h2"]
    assert failed(chain) == ["half"]


@pytest.mark.parametrize("kind", [Shelf, OwnAsync])
def test_no_more_is_read_than_asked_for(titles, kind):
    chain = ChainProvider([kind("a", *"12345", fails=OSError("read on"))])
    assert titles(chain) == ["1", "2", "3", "4"]
    assert failed(chain) == []


def test_cosines_are_handed_on(titles):
    class Near(Shelf):
        def search(self, query):
            return SearchResult([product(name) for name in self.names], cosines=[0.75, 0.5])

    chain = ChainProvider([Near("a", "a1", "a2"), Near("b", "b1", "b2")], mode="merge")
    assert chain.search(QUERY).cosines == (0.75, 0.75, 0.5, 0.5)
    assert ChainProvider([Near("a", "a1", "a2")]).search(QUERY).cosines == (0.75, 0.5)
    mixed = ChainProvider([Near("a", "a1", "a2"), Shelf("b", "b1")], mode="merge")
    assert mixed.search(QUERY).cosines == ()
    assert titles(mixed) == ["a1", "b1", "a2"]


def test_merged_answers_come_in_turn_and_once(titles):
    chain = ChainProvider(
        [Shelf("a", "a1", "a2", "both"), Shelf("b", "b1", "both"), Shelf("c", fails=OSError())],
        mode="merge",
    )
    assert titles(chain) == ["a1", "b1", "a2", "both"]
    assert failed(chain) == ["c"]


def test_who_may_not_be_mixed_stands_alone(titles):
    proud = Shelf("proud", "p1", may_mix=False)
    chain = ChainProvider([proud, Shelf("a", "a1"), Shelf("b", "b1")], mode="merge")
    assert titles(chain) == ["a1", "b1"]
    assert proud.asked == 0
    chain = ChainProvider([proud, Shelf("empty")], mode="merge")
    assert titles(chain) == ["p1"]
    two = ChainProvider([proud, Shelf("vain", "v1", may_mix=False)], mode="merge")
    assert titles(two) == ["p1"]


def test_who_has_retired_is_not_asked(titles):
    gone = Shelf("gone", "g1", retires=date(2020, 1, 1))
    chain = ChainProvider([gone, Shelf("a", "a1")])
    assert titles(chain) == ["a1"]
    assert gone.asked == 0
    assert "retired on 2020-01-01" in str(chain.errors[0].error)


def test_failures_and_what_was_skipped_are_told(titles):
    rows = [{"id": "x", "title": "x", "url": "javascript:alert(1)"}, product("a1")]
    chain = ChainProvider(
        [FunctionProvider(lambda query: rows, name="a"), Shelf("down", fails=OSError("gone"))],
        mode="merge",
    )
    found = chain.search(QUERY)
    assert [each.title for each in found] == ["a1"]
    assert [(one.source, one.id) for one in found.skipped] == [("down", None), ("a", "x")]
    assert "gone" in found.skipped[0].reason
    assert titles(chain) == ["a1"]


def test_when_all_fail_it_says_why(titles):
    chain = ChainProvider([Shelf("a", fails=OSError("x1")), Shelf("b", fails=OSError("x2"))])
    with pytest.raises(
        ProviderError, match="every provider failed: a: OSError: x1; b: OSError: x2"
    ):
        titles(chain)
    assert failed(chain) == ["a", "b"]


def test_nothing_found_is_no_failure(titles):
    chain = ChainProvider([Shelf("a", fails=OSError()), Shelf("empty")])
    assert titles(chain) == []


def test_errors_of_the_last_search_are_forgotten(titles):
    shelf = Shelf("a", "a1", fails=OSError())
    chain = ChainProvider([shelf, Shelf("b", "b1")])
    titles(chain)
    assert failed(chain) == ["a"]
    shelf.fails = None
    titles(chain)
    assert failed(chain) == []


def test_what_is_no_product_is_a_failure(titles):
    class Wrong(AbstractProductProvider):
        def search(self, query):
            return ["text"]

    chain = ChainProvider([Wrong(), Shelf("a", "a1")])
    assert titles(chain) == ["a1"]
    assert failed(chain) == ["Wrong"]


def test_terms_are_the_strictest_of_all():
    chain = ChainProvider(
        [Shelf("a", cache_ttl=60, affiliate=True), Shelf("b"), Shelf("c", may_mix=False)]
    )
    assert (chain.terms.cache_ttl, chain.terms.may_mix, chain.terms.affiliate) == (60, False, True)


@pytest.mark.parametrize("providers", [[], None, ["shop"], 5])
def test_providers_are_checked(providers):
    with pytest.raises(InvalidArgumentError, match="providers"):
        ChainProvider(providers)


def test_mode_is_checked():
    with pytest.raises(InvalidArgumentError, match="mode"):
        ChainProvider([FunctionProvider(lambda query: [])], mode="all")
