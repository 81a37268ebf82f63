"""Answers kept for as long as the terms allow."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import ProductError, StorageError, StyleSimError, expected
from stylesim.products import Product, ProviderTerms
from stylesim.providers._http import HttpProvider
from stylesim.providers.base import AbstractProductProvider, SearchResult, provider_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stylesim.products import ProductQuery

_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(key TEXT PRIMARY KEY, stored REAL NOT NULL, until REAL, products TEXT NOT NULL)"
)


def _file(path: Any) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise expected("path", "the path of a file", path, "pass 'answers.sqlite'") from None


@attrs.define(eq=False)
class CachedProvider(AbstractProductProvider):
    """Keeps the answers of a provider in one SQLite file.

    An answer is kept for ``ttl`` seconds, or for what the provider's terms
    allow where that is less; terms of 0 keep nothing. Answers with pictures
    held in memory, and failures, are not kept; what an answer skipped is told the
    first time only. A cache that cannot be read or
    written costs no answer: ``errors`` says what was wrong.

    Args:
        provider: The provider to ask.
        path: The file; made where it is missing, in a folder that exists.
        ttl: Longest time that an answer is kept, in seconds; None leaves it to the terms.
        key: Identity of the provider in the file; needed only where two differ in
            more than their names and settings.
        clock: Seconds since 1970; for tests.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind.
        StorageError: The file cannot be opened.

    Example:
        >>> import tempfile
        >>> from stylesim.products import Product, ProductQuery
        >>> from stylesim.providers import FunctionProvider
        >>> asked = []
        >>> shop = FunctionProvider(lambda query: asked.append(query) or [], name="shelf")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cached = CachedProvider(shop, folder + "/answers.sqlite", ttl=60)
        ...     _ = cached.search(ProductQuery()), cached.search(ProductQuery())
        >>> len(asked)
        1
    """

    provider: AbstractProductProvider
    path: Path = attrs.field(converter=_file)
    ttl: float | None = attrs.field(default=None, kw_only=True)
    key: str | None = attrs.field(default=None, kw_only=True)
    clock: Callable[[], float] = attrs.field(default=time.time, kw_only=True, repr=False)
    name: str = attrs.field(init=False)
    terms: ProviderTerms = attrs.field(init=False, repr=False)
    errors: tuple[StyleSimError, ...] = attrs.field(default=(), init=False, repr=False)
    """What was wrong with the cache in the last search."""

    def __attrs_post_init__(self) -> None:
        provider: object = self.provider
        if not isinstance(provider, AbstractProductProvider):
            raise expected("provider", "a provider", provider, "pass one")
        self.ttl = ProviderTerms(cache_ttl=self.ttl).cache_ttl
        self.name = provider_name(self.provider)
        self.terms = self.provider.terms
        try:
            with closing(self._open()) as file, file:
                file.execute(_TABLE)
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def search(self, query: ProductQuery) -> Sequence[Product]:
        """Give the kept answer, or ask; see :meth:`AbstractProductProvider.search`."""
        known = self._kept(query)
        return known if known is not None else self._keep(query, self.provider.search(query))

    async def asearch(self, query: ProductQuery) -> Sequence[Product]:
        """Give the kept answer, or ask without blocking the event loop."""
        known = self._kept(query)
        return known if known is not None else self._keep(query, await self.provider.asearch(query))

    def clear(self) -> None:
        """Forget every answer in the file.

        Raises:
            StorageError: The file cannot be written.
        """
        try:
            with closing(self._open()) as file, file:
                file.execute("DELETE FROM answers")
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def _lifetime(self) -> float:
        limits = (self.ttl, self.terms.cache_ttl)
        return min((limit for limit in limits if limit is not None), default=math.inf)

    def _kept(self, query: ProductQuery) -> list[Product] | None:
        self.errors = ()
        now, lifetime = self.clock(), self._lifetime()
        try:
            with closing(self._open()) as file:
                wanted = "SELECT stored, products FROM answers WHERE key = ?"
                row = file.execute(wanted, (self._key(query),)).fetchone()
        except sqlite3.Error as error:
            self.errors = (self._problem(error),)
            return None
        # A stored time in the future is a clock set back: its age is not known.
        if row is None or not 0 <= now - row[0] < lifetime:
            return None
        try:
            return [Product(**fields) for fields in json.loads(row[1])]
        except (ValueError, TypeError, ProductError) as error:
            self.errors = (self._problem(error),)
            return None

    def _keep(self, query: ProductQuery, answer: Iterable[Product]) -> Sequence[Product]:
        skipped = answer.skipped if isinstance(answer, SearchResult) else ()
        products = list(answer)
        lifetime, now = self._lifetime(), self.clock()
        if lifetime > 0 and _plain(products):
            until = None if math.isinf(lifetime) else now + lifetime
            text = json.dumps([product.to_dict() for product in products], ensure_ascii=False)
            try:
                with closing(self._open()) as file, file:
                    file.execute("DELETE FROM answers WHERE until <= ?", (now,))
                    row = (self._key(query), now, until, text)
                    file.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)
            except sqlite3.Error as error:
                self.errors = (*self.errors, self._problem(error))
        return SearchResult(products, skipped)

    def _key(self, query: ProductQuery) -> str:
        # The repr of an HTTP provider holds its settings and no key of a shop.
        who = repr(self.provider) if isinstance(self.provider, HttpProvider) else self.name
        asked = attrs.asdict(query)
        text = json.dumps([self.key or who, type(self.provider).__qualname__, asked], default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=5.0)
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _problem(self, error: Exception) -> StyleSimError:
        got, todo = f"{str(self.path)!r} ({error})", "check its folder, rights and free space"
        return expected("path", "a cache file to read and write", got, todo, StorageError)


def _plain(products: Sequence[Product]) -> bool:
    """Whether every picture is a path or an address, which can be written down."""
    return all(
        product.image is None or isinstance(product.image, (str, os.PathLike))
        for product in products
    )
