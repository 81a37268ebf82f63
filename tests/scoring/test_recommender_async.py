"""Recommending without blocking the event loop, and answers that come in part."""

from __future__ import annotations

import asyncio
import threading

import pytest

import stylesim as ss
from stylesim.errors import InvalidArgumentError, ProviderError
from stylesim.providers import ChainProvider


def names(picks) -> list[str]:
    return [pick.product.id for pick in picks]


class AsyncShop(ss.AbstractProductProvider):
    """Can be asked without blocking; remembers in which thread it was."""

    name = "async shop"

    def __init__(self, products) -> None:
        self.products, self.threads, self.fails = products, [], 0

    def search(self, query):
        raise AssertionError("it has an asearch of its own")

    async def asearch(self, query):
        await asyncio.sleep(0)
        self.threads.append(threading.get_ident())
        if self.fails:
            self.fails -= 1
            raise ProviderError("async shop: status 503.")
        return self.products


@pytest.fixture
def recommender(model):
    def make(shop):
        return ss.Recommender(ss.SimilarityScorer(model), shop, owned_threshold=1)

    return make


def test_both_ways_give_the_same(recommender, closet, product, shop_of) -> None:
    shelf = [product("a", 0.9), product("b", 0.8, "top"), product("bare", None)]
    both = recommender(shop_of(shelf))
    asked = {"k": 2, "max_price": 50, "currency": "EUR", "rank_by": "gain_per_price"}
    twin = asyncio.run(both.arecommend(closet, **asked))
    assert twin.to_dicts() == both.recommend(closet, **asked).to_dicts()
    assert [one.id for one in twin.skipped] == ["bare"]


def test_a_provider_of_its_own_is_awaited_in_the_loop(recommender, closet, product) -> None:
    shop = AsyncShop([product("a", 0.9)])
    assert names(asyncio.run(recommender(shop).arecommend(closet))) == ["a"]
    assert set(shop.threads) == {threading.get_ident()}


def test_others_are_asked_in_a_thread_and_the_loop_goes_on(
    recommender, closet, product, shop_of
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    class Slow(shop_of):
        def search(self, query):
            asked.set()
            assert go_on.wait(20), "the event loop was blocked"
            return super().search(query)

    async def run():
        task = asyncio.create_task(recommender(Slow([product("a", 0.9)])).arecommend(closet))
        while not asked.is_set():
            await asyncio.sleep(0.01)
        go_on.set()
        return await task

    assert names(asyncio.run(run())) == ["a"]


def test_a_provider_without_asearch_will_do(recommender, closet, product) -> None:
    class Plain:
        def search(self, query):
            return [product("a", 0.9)]

    assert names(asyncio.run(recommender(Plain()).arecommend(closet))) == ["a"]


@pytest.mark.parametrize("answer", ["text", 3, None])
def test_nonsense_is_a_provider_error(recommender, closet, answer) -> None:
    shop = AsyncShop(answer)
    with pytest.raises(ProviderError, match="async shop: expected products"):
        asyncio.run(recommender(shop).arecommend(closet))


def test_any_failure_is_a_provider_error(recommender, closet) -> None:
    class Broken(AsyncShop):
        async def asearch(self, query):
            raise RuntimeError("down")

    with pytest.raises(ProviderError, match="RuntimeError: down"):
        asyncio.run(recommender(Broken([])).arecommend(closet))


@pytest.mark.parametrize(
    ("argument", "value"),
    [("k", 0), ("rank_by", "luck"), ("max_price", -1), ("limit", 3), ("colours", "red")],
)
def test_bad_arguments_are_named(recommender, closet, argument, value) -> None:
    with pytest.raises(InvalidArgumentError, match=argument):
        asyncio.run(recommender(AsyncShop([])).arecommend(closet, **{argument: value}))


def test_two_at_once_do_not_mix(recommender, closet, product, shop_of) -> None:
    both = recommender(shop_of([product(f"p{i}", 0.9 - i / 50) for i in range(6)]))

    async def run():
        return await asyncio.gather(*(both.arecommend(closet, k=3) for _ in range(4)))

    found = asyncio.run(run())
    assert {tuple(names(picks)) for picks in found} == {tuple(names(both.recommend(closet, k=3)))}


# --- answers in part ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["recommend", "arecommend"])
def test_a_shop_that_fails_once_has_still_answered(
    recommender, closet, product, shop_of, how
) -> None:
    class Flaky(shop_of):
        def search(self, query):
            if not self.queries:
                self.queries.append(query)
                raise OSError("connection lost")
            return super().search(query)

    ask = getattr(recommender(Flaky([product("a", 0.9)])), how)
    picks = ask(closet) if how == "recommend" else asyncio.run(ask(closet))
    assert names(picks) == ["a"]
    assert "connection lost" in picks.skipped[0].reason


def test_a_shop_that_is_down_is_not_asked_for_every_slot(recommender, closet) -> None:
    shop = AsyncShop([])
    shop.fails = 99
    with pytest.raises(ProviderError, match="status 503"):
        asyncio.run(recommender(shop).arecommend(closet))
    assert len(shop.threads) == 2


@pytest.mark.parametrize("how", ["recommend", "arecommend"])
def test_a_chain_gives_what_its_living_shops_have(
    recommender, closet, product, shop_of, how
) -> None:
    down = ss.FunctionProvider(lambda query: 1 / 0, name="down")
    chain = ChainProvider([down, shop_of([product("a", 0.9)])], mode="merge")
    ask = getattr(recommender(chain), how)
    picks = ask(closet) if how == "recommend" else asyncio.run(ask(closet))
    assert names(picks) == ["a"]
    assert [(one.source, "ZeroDivisionError" in one.reason) for one in picks.skipped] == [
        ("down", True)
    ]


def test_search_links_stand_apart(recommender, closet, product, shop_of) -> None:
    links = ss.SearchLinkProvider(["zalando"])
    chain = ChainProvider([shop_of([product("a", 0.9)]), links], mode="merge")
    picks = recommender(chain).recommend(closet, slot="bottom", colour="navy")
    assert names(picks) == ["a"]
    assert [one.title for one in picks.links] == ["Zalando: navy trousers"]
    assert not picks.skipped
    assert '<a href="https://en.zalando.de/catalogue/?q=navy+trousers"' in picks._repr_html_()


def test_ten_thousand_results_and_the_same_one_twice(recommender, closet, product, shop_of) -> None:
    picture = product("a", 0.9).image
    many = [
        ss.Product(str(i % 5000), "Skirt", f"https://shop.example/{i % 5000}", slot="bottom",
                   image=picture if i < 3 else None)
        for i in range(10_000)
    ]  # fmt: skip
    picks = recommender(shop_of(many)).recommend(closet)
    assert names(picks) == ["0", "1", "2"]
    assert sum("given before" in one.reason for one in picks.skipped) == 5000
