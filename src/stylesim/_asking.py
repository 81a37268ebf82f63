"""What a provider offers: asked slot by slot, sifted, and its pictures fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from stylesim.errors import ProviderError, StyleSimError, expected
from stylesim.products import SkippedProduct
from stylesim.providers._rows import key_of
from stylesim.providers.base import aask, ask, provider_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stylesim.products import Product, ProductQuery
    from stylesim.providers import AbstractProductProvider, PictureFetcher, SearchResult

_IN_A_ROW = 2


@attrs.define(eq=False)
class Finds:
    """What came of asking: each product once, links apart, and what could not be used.

    A provider that answers some queries and fails at others has still answered: the failure is
    told among the skipped ones. One that fails twice in a row is asked no more, and one that
    never answered has failed.
    """

    name: str
    products: dict[tuple[str, str], Product] = attrs.field(factory=dict)
    links: dict[str, Product] = attrs.field(factory=dict)
    skipped: dict[SkippedProduct, None] = attrs.field(factory=dict)
    answers: int = 0
    error: StyleSimError | None = None
    failures: int = 0

    def take(self, found: SearchResult, query: ProductQuery) -> None:
        """Add an answer."""
        self.answers, self.failures = self.answers + 1, 0
        self.skipped |= dict.fromkeys(found.skipped)
        loose = attrs.evolve(query, currency=None, min_price=None, max_price=None)
        for product in found:
            if product.attributes.get("link") is True:
                self.links.setdefault(product.url, product)
                continue
            why = _not_comparable(product, query) if loose.matches(product) else None
            if why is not None:
                self.skipped[SkippedProduct(why, id=product.id, source=product.source)] = None
            elif query.matches(product):
                self.products.setdefault(key_of(product), product)

    def fail(self, error: StyleSimError) -> bool:
        """Note that the provider did not answer; returns whether to give up."""
        if not isinstance(error, ProviderError):
            todo = "look at the error above"
            problem = expected(self.name, "an answer", str(error), todo, ProviderError)
            problem.__cause__ = error
            error = problem
        self.error = self.error or error
        self.skipped[SkippedProduct(str(error), source=self.name)] = None
        self.failures += 1
        return self.failures >= _IN_A_ROW

    def done(self) -> Finds:
        """Raise where there was no answer at all."""
        if self.error is not None and not self.answers:
            raise self.error
        return self


def search_all(
    provider: AbstractProductProvider, queries: Iterable[ProductQuery], most: int
) -> Finds:
    """Ask a provider several times.

    Raises:
        ProviderError: It failed every time, or answered with nonsense.
    """
    finds = Finds(provider_name(provider))
    for query in queries:
        try:
            finds.take(ask(provider.search, query, name=finds.name, most=most), query)
        except StyleSimError as error:
            if finds.fail(error):
                break
    return finds.done()


async def asearch_all(
    provider: AbstractProductProvider, queries: Iterable[ProductQuery], most: int
) -> Finds:
    """As ``search_all``, without blocking the event loop; one question after the other."""
    finds = Finds(provider_name(provider))
    for query in queries:
        try:
            finds.take(await aask(provider, query, name=finds.name, most=most), query)
        except StyleSimError as error:
            if finds.fail(error):
                break
    return finds.done()


def with_pictures(
    products: list[Product], fetcher: PictureFetcher, most: int
) -> tuple[list[Product], list[SkippedProduct]]:
    """Fetch the pictures of products that have an address instead of one.

    Returns:
        The products, those fetched with their pictures as bytes; and what could not be fetched.
    """
    far = [one for one in products if one.image is None and one.image_url is not None]
    urls = list(dict.fromkeys(one.image_url for one in far if one.image_url is not None))
    found = {one.url: one for one in fetcher.fetch(urls[:most])}
    kept: list[Product] = []
    skipped: list[SkippedProduct] = []
    for product in products:
        if product.image is not None or product.image_url is None:
            kept.append(product)
            continue
        answer = found.get(product.image_url)
        if answer is not None and answer.data is not None:
            kept.append(attrs.evolve(product, image=answer.data))
            continue
        why = f"only {most:,} pictures are fetched at a time" if answer is None else answer.problem
        reason = f"its picture was not fetched: {why}"
        skipped.append(SkippedProduct(reason, id=product.id, source=product.source))
    return kept, skipped


def _not_comparable(product: Product, query: ProductQuery) -> str | None:
    """Why a product that fits otherwise has no price to be compared; None where it has one."""
    bounded = query.min_price is not None or query.max_price is not None
    if product.price is None:
        return "its price is not known" if bounded else None
    if query.currency is not None and product.currency != query.currency:
        return f"its price is in {product.currency or 'no known currency'}, not {query.currency}"
    return None
