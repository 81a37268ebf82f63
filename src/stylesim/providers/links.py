"""Links to the search pages of shops that have no open interface."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import attrs

from stylesim.errors import InvalidArgumentError, expected
from stylesim.products import Product, ProviderTerms
from stylesim.providers._rows import check_name
from stylesim.providers._words import KOREAN, search_words
from stylesim.providers.base import AbstractProductProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylesim.products import ProductQuery


@attrs.frozen
class SearchPage:
    """The search page of one shop.

    Attributes:
        title: Name of the shop.
        template: Its address with ``{words}`` for the words in a query string, or
            ``{path_words}`` for words in a path; ``{min_price}`` and ``{max_price}``
            become whole numbers, or nothing.
        language: ``"en"`` or ``"ko"``.

    Examples:
        >>> SearchPage("My shop", "https://shop.example/search?q={words}").language
        'en'
    """

    title: str
    template: str
    language: str = "en"

    def __attrs_post_init__(self) -> None:
        check_name(self.title)
        if self.language not in {"en", KOREAN}:
            raise expected("language", "'en' or 'ko'", self.language, "pass one of them")
        wish = "an address with {words} or {path_words} in it"
        todo = "pass 'https://shop.example/search?q={words}'"
        template: object = self.template
        if not isinstance(template, str):
            raise expected("template", wish, template, todo)
        try:
            parts = [part for part in Formatter().parse(template) if part[1] is not None]
        except ValueError:
            raise expected("template", wish, template, todo) from None
        names = {name for _, name, _, _ in parts}
        quoted = any(how in ("r", "a") for _, _, _, how in parts)  # quotes are no words
        known = {"words", "path_words", "min_price", "max_price"}
        if quoted or names - known or not names & {"words", "path_words"}:
            raise expected("template", wish, template, todo)
        # Checked once with plain values, so that a bad address is told of before a search.
        try:
            address = self.address("x", None, None)
        except (ValueError, LookupError):
            raise expected("template", wish, template, todo) from None
        Product("x", "x", address)

    def address(self, words: str, min_price: float | None, max_price: float | None) -> str:
        """Fill in the template."""
        return self.template.format(
            words=quote_plus(words),
            path_words=quote(words, safe=""),
            min_price="" if min_price is None else f"{min_price:.0f}",
            max_price="" if max_price is None else f"{max_price:.0f}",
        )


PAGES: Mapping[str, SearchPage] = {
    "naver": SearchPage(
        "Naver Shopping", "https://search.shopping.naver.com/search/all?query={words}", "ko"
    ),
    "musinsa": SearchPage("Musinsa", "https://www.musinsa.com/search/goods?keyword={words}", "ko"),
    "google": SearchPage("Google Shopping", "https://www.google.com/search?udm=28&q={words}"),
    "zalando": SearchPage("Zalando", "https://en.zalando.de/catalogue/?q={words}"),
    "amazon": SearchPage("Amazon", "https://www.amazon.com/s?k={words}&i=fashion"),
}
"""Search pages by the short names that ``SearchLinkProvider`` takes."""


def _pages(shops: object) -> tuple[SearchPage, ...]:
    wish = "names of shops, among " + ", ".join(PAGES)
    todo = "pass such names, or SearchPage(title, template)"
    if isinstance(shops, (str, SearchPage)):
        shops = (shops,)
    if not isinstance(shops, (list, tuple)) or not shops:
        raise expected("shops", wish, shops, todo)
    pages = []
    for shop in shops:
        page = PAGES.get(shop) if isinstance(shop, str) else shop
        if not isinstance(page, SearchPage):
            raise expected("shops", wish, shop, todo, InvalidArgumentError)
        pages.append(page)
    return tuple(pages)


@attrs.frozen
class SearchLinkProvider(AbstractProductProvider):
    """Gives a link to the search page of each shop, with words for what is wanted.

    Nothing is fetched. The products are links: they have a title, a page, the
    slot and category asked for, no price and no picture, and
    ``attributes["link"]`` is True. Price limits go into an address only where
    its template has a place for them; they do not keep a link from being given.

    Args:
        shops: Short names among ``naver``, ``musinsa``, ``google``, ``zalando``
            and ``amazon``, or ``SearchPage`` values.
        name: Name in messages and in ``Product.source``.
        terms: What may be done with the answers.

    Raises:
        InvalidArgumentError: A shop is not known.

    Examples:
        >>> from stylesim.products import ProductQuery
        >>> shop = SearchLinkProvider(["zalando", "musinsa"])
        >>> for link in shop.search(ProductQuery(category="jeans", colour="navy")):
        ...     print(link.title, link.url)
        Zalando: navy jeans https://en.zalando.de/catalogue/?q=navy+jeans
        Musinsa: 네이비 청바지 https://www.musinsa.com/search/goods?keyword=%EB%84%A4...
    """

    shops: tuple[SearchPage, ...] = attrs.field(
        default=("naver", "musinsa", "google", "zalando", "amazon"),
        converter=_pages,
    )
    name: str = attrs.field(default="search links", kw_only=True)
    terms: ProviderTerms = attrs.field(factory=ProviderTerms, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_name(self.name)

    def search(self, query: ProductQuery) -> list[Product]:
        """Give one link a shop; none where the query has no words to search for."""
        links = []
        for page in self.shops:
            words = search_words(query, page.language)
            if not words:
                continue
            links.append(
                Product(
                    f"{page.title}: {words}",
                    f"{page.title}: {words}",
                    page.address(words, query.min_price, query.max_price),
                    slot=query.slot,
                    category=query.category,
                    colour=query.colour,
                    gender=query.gender,
                    source=self.name,
                    attributes={"link": True, "shop": page.title},
                )
            )
        return links[: query.limit]
