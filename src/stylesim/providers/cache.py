"""Answers kept for as long as the terms allow."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import ProductError, StorageError, StyleSimError, expected
from stylesim.products import Product, ProviderTerms
from stylesim.providers.base import AbstractProductProvider, SearchResult, provider_name
from stylesim.providers.catalog import CatalogProvider
from stylesim.providers.chain import ChainProvider
from stylesim.providers.function import FunctionProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stylesim.products import ProductQuery

_FORMAT = 2  # of what is kept; what is of another is asked for again
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
        key: Identity of the provider in the file; needed where two of one class have the same
            name and the same ``repr``, for catalogues in memory, for functions without a name,
            and for classes of your own that have neither a name nor a ``repr``.
        clock: Seconds since 1970; for tests.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind.
        StorageError: The file cannot be opened, or belongs to something else.

    Examples:
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
        if self.key is None and _nameless(self.provider):
            todo = "pass key='my shop', another for each provider in the file"
            raise expected("key", "what tells this provider from others", "nothing", todo)
        self.ttl = ProviderTerms(cache_ttl=self.ttl).cache_ttl
        self.name = provider_name(self.provider)
        self.terms = self.provider.terms
        try:
            with closing(self._open()) as file, file:
                names = (name for (name,) in file.execute("SELECT tbl_name FROM sqlite_master"))
                if any(name != "answers" and not name.startswith("sqlite_") for name in names):
                    got, todo = f"{str(self.path)!r}, with other tables", "choose another path"
                    raise expected("path", "a cache file, or none yet", got, todo, StorageError)
                file.execute(_TABLE)
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def search(self, query: ProductQuery) -> SearchResult:
        """Give the kept answer, or ask; see ``AbstractProductProvider.search``."""
        known = self._kept(query)
        return known if known is not None else self._keep(query, self.provider.search(query))

    async def asearch(self, query: ProductQuery) -> SearchResult:
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

    def _kept(self, query: ProductQuery) -> SearchResult | None:
        self.errors = ()
        now, lifetime = self.clock(), self._lifetime()
        try:
            with closing(self._open()) as file:
                wanted = "SELECT stored, products FROM answers WHERE key = ?"
                row = file.execute(wanted, (self._key(query),)).fetchone()
        except sqlite3.Error as error:
            self.errors = (self._problem(error),)
            return None
        if row is None:
            return None
        try:
            # A stored time in the future is a clock set back: its age is not known.
            if not 0 <= now - row[0] < lifetime:
                return None
            said = json.loads(row[1])
            products = [Product(**fields) for fields in said["products"]]
            cosines = [_cosine(value) for value in said["cosines"]]
            if len(cosines) not in (0, len(products)):
                raise ValueError(f"{len(cosines)} cosines of {len(products)} products")
            return SearchResult(products, cosines=cosines)
        except (ValueError, TypeError, KeyError, RecursionError, ProductError) as error:
            self.errors = (self._problem(error),)
            return None

    def _keep(self, query: ProductQuery, answer: Iterable[Product]) -> SearchResult:
        found = answer if isinstance(answer, SearchResult) else SearchResult(answer)
        lifetime, now = self._lifetime(), self.clock()
        if lifetime > 0 and _plain(found):
            until = None if math.isinf(lifetime) else now + lifetime
            said = {"products": [one.to_dict() for one in found], "cosines": found.cosines}
            text = json.dumps(said)  # in ASCII, as not every text can be written in UTF-8
            try:
                with closing(self._open()) as file, file:
                    file.execute("DELETE FROM answers WHERE until <= ?", (now,))
                    row = (self._key(query), now, until, text)
                    file.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)
            except sqlite3.Error as error:
                self.errors = (*self.errors, self._problem(error))
        return found

    def _key(self, query: ProductQuery) -> str:
        # A repr holds settings and no key of a shop; its places in memory differ each time.
        who = self.key or [self.name, re.sub(r" at 0x\w+", "", repr(self.provider))]
        asked = [_FORMAT, who, type(self.provider).__qualname__, attrs.asdict(query)]
        text = json.dumps(asked, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=5.0)
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _problem(self, error: Exception) -> StyleSimError:
        got, todo = f"{str(self.path)!r} ({error})", "check its folder, rights and free space"
        return expected("path", "a cache file to read and write", got, todo, StorageError)


def _nameless(provider: AbstractProductProvider) -> bool:
    """Whether nothing tells a provider from others of its class."""
    if isinstance(provider, ChainProvider):
        return any(_nameless(one) for one in provider.providers)
    if isinstance(provider, CatalogProvider):
        # A name is often that of a file; on disk, the folder tells them apart.
        return isinstance(provider.products, tuple)
    if isinstance(provider, FunctionProvider):
        return provider.name == attrs.fields_dict(type(provider))["name"].default
    plain = type(provider).__repr__ is object.__repr__
    return plain and provider_name(provider) == type(provider).__name__


def _cosine(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"no cosine: {value!r}")
    return value


def _plain(products: Iterable[Product]) -> bool:
    """Whether every picture is a path or an address, which can be written down."""
    return all(
        product.image is None or isinstance(product.image, (str, os.PathLike))
        for product in products
    )
