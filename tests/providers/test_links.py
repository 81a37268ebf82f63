"""Links to search pages."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from stylesim.errors import InvalidArgumentError, ProductError
from stylesim.products import ProductQuery
from stylesim.providers import SearchLinkProvider, SearchPage

HOSTS = {
    "search.shopping.naver.com": "query",
    "www.musinsa.com": "keyword",
    "www.google.com": "q",
    "en.zalando.de": "q",
    "www.amazon.com": "k",
}


def words_of(product):
    parts = urlsplit(product.url)
    return parse_qs(parts.query)[HOSTS[parts.hostname]][0]


def test_each_shop_gets_words_in_its_language():
    query = ProductQuery(category="t-shirt", colour="navy", words="striped", gender="women")
    links = SearchLinkProvider().search(query)
    assert [urlsplit(link.url).hostname for link in links] == list(HOSTS)
    korean, english = "여성 네이비 스트라이프 티셔츠", "women navy striped t-shirt"
    assert [words_of(link) for link in links] == [korean] * 2 + [english] * 3
    assert all(link.price is None and link.image is None for link in links)
    assert all(link.attributes["link"] is True for link in links)
    assert len({link.id for link in links}) == 5


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_slot_alone_is_enough(language):
    from stylesim.types import Slot

    page = SearchPage("Shop", "https://shop.example/?q={words}", language)
    provider = SearchLinkProvider([page])
    titles = {provider.search(ProductQuery(slot=slot))[0].title for slot in Slot}
    assert len(titles) == len(Slot)


def test_words_cannot_break_out_of_the_address():
    page = SearchPage("Shop", "https://shop.example/{path_words}?q={words}&max={max_price}")
    query = ProductQuery(words=("a&b=c#d/../{min_price}", "<script>"), max_price=80)
    (link,) = SearchLinkProvider([page]).search(query)
    parts = urlsplit(link.url)
    assert parts.hostname == "shop.example"
    assert parts.path.count("/") == 1
    assert parse_qs(parts.query) == {
        "q": ["a&b=c#d/../{min_price} <script>"],
        "max": ["80"],
    }
    assert not parts.fragment


def test_unknown_words_stay_as_they_are():
    (link,) = SearchLinkProvider("naver").search(ProductQuery(words="gorpcore", brand="Acme"))
    assert words_of(link) == "Acme gorpcore"


def test_what_is_no_text_is_left_out():
    (link,) = SearchLinkProvider("zalando").search(ProductQuery(category="\ud800skirt\0"))
    assert words_of(link) == "skirt"
    assert SearchLinkProvider().search(ProductQuery(category="\ud800")) == []


def test_nothing_to_search_for_gives_no_link():
    assert SearchLinkProvider().search(ProductQuery(max_price=50)) == []


def test_the_limit_holds():
    assert len(SearchLinkProvider().search(ProductQuery(slot="bag", limit=2))) == 2


@pytest.mark.parametrize("shops", [[], "nobody", ["zalando", "nobody"], None, [5]])
def test_unknown_shops_are_an_error(shops):
    with pytest.raises(InvalidArgumentError, match="shops: expected names of shops, among naver"):
        SearchLinkProvider(shops)


@pytest.mark.parametrize(
    "template",
    [
        "https://shop.example/",
        "https://shop.example/?q={word}",
        "{",
        5,
        "https://a/?{words.x}",
        "https://a/?q={words}&p={min_price:.2f}",
        "https://a/?q={words!z}",
        "https://a/?q={words!r}",
        "https://a/?q={words!a}",
        "https://a/?q={words:{nothing}}",
    ],
)
def test_bad_templates_are_an_error(template):
    with pytest.raises(InvalidArgumentError, match="template"):
        SearchPage("Shop", template)


@pytest.mark.parametrize("template", ["javascript:{words}", "file:///{words}", "/{words}"])
def test_only_web_addresses_are_templates(template):
    with pytest.raises(ProductError, match="http or https"):
        SearchPage("Shop", template)


@pytest.mark.parametrize(
    ("template", "end"), [("{words!s}", "q=skirt"), ("{words:s}&p={min_price:>0}", "q=skirt&p=5")]
)
def test_templates_may_be_formatted(template: str, end: str) -> None:
    page = SearchPage("Shop", f"https://shop.example/?q={template}")
    (link,) = SearchLinkProvider([page]).search(ProductQuery(category="skirt", min_price=5))
    assert link.url == f"https://shop.example/?{end}"
