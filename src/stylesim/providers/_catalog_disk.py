"""Products of a catalogue on disk: read, searched, written, never held in memory as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar, overload

import attrs

from stylesim._matching import has_bounds
from stylesim.errors import DamagedFileError, NotFoundError, expected
from stylesim.products import Product, SkippedProduct
from stylesim.providers import _catalog_filters as filters
from stylesim.providers import _catalog_folder as folders
from stylesim.providers import _catalog_index as index
from stylesim.providers._catalog_nearest import Copies, nearest
from stylesim.providers._catalog_rows import SHOWN, product_of
from stylesim.providers.base import SearchResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stylesim.products import ProductQuery
    from stylesim.providers._catalog_folder import Pointer

Found = TypeVar("Found")

MOST = 10_000
"""Products in the answer to a query without a limit."""

_TOLD = 100  # products whose price cannot be compared, told one by one
_AT_ONCE = 1024


@attrs.define(eq=False)
class DiskProducts(Sequence[Product]):
    """The products of a catalogue on disk.

    Args:
        folder: The folder of the catalogue.
        base: Folder that pictures are named from.
        first: Embedding and length of the vectors when it was opened, which is at the first look
            where None is given.
    """

    folder: Path
    base: Path
    first: tuple[str | None, int] | None = attrs.field(default=None, repr=False)
    _open: tuple[Pointer, Any] | None = attrs.field(default=None, init=False, repr=False)
    _copies: Copies | None = attrs.field(default=None, init=False, repr=False)
    _said: dict[tuple[Any, ...], bool] = attrs.field(factory=dict, init=False, repr=False)

    def __getstate__(self) -> tuple[Any, ...]:
        return self.folder, self.base, self.first

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.folder, self.base, self.first = state
        self._open, self._copies, self._said = None, None, {}

    @property
    def pointer(self) -> Pointer:
        """What the catalogue says about itself."""
        return self._opened()[0]

    @property
    def table(self) -> Any:
        """The table."""
        return self._opened()[1]

    def reopen(self) -> None:
        """Look again which table counts."""
        self._open = self._copies = None
        self._said.clear()

    def _opened(self) -> tuple[Pointer, Any]:
        if self._open is None:
            pointer = folders.read_pointer(self.folder)
            self.first = self.first or (pointer.embedding, pointer.dim)
            with folders.translated(self.folder):
                self._open = pointer, folders.database(self.folder).open_table(pointer.table)
        return self._open

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with folders.translated(self.folder):
            yield

    def _again(self) -> bool:
        """Whether another process has put a new table in the place of ours."""
        before = None if self._open is None else self._open[0]
        if before is None or folders.read_pointer(self.folder) == before:
            return False
        self.reopen()
        return True

    def _latest(self, read: Callable[[], Found]) -> Found:
        """What is read of the table that counts, also where it comes while we read."""
        self._again()
        try:
            return read()
        except DamagedFileError:
            if not self._again():
                raise
        return read()

    # --- a sequence ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._latest(self._count)

    def _count(self) -> int:
        with self._reading():
            return int(self.table.count_rows())

    def __iter__(self) -> Iterator[Product]:
        first, others = self._latest(self._batches)
        with self._reading():
            for batch in chain(first, others):
                for row in batch.to_pylist():
                    yield product_of(row, self.base)

    def _batches(self) -> tuple[list[Any], Iterator[Any]]:
        with self._reading():
            reader = self.table.search().select(list(SHOWN)).limit(self._count() or 1)
            batches = iter(reader.to_batches(_AT_ONCE))
            return list(islice(batches, 1)), batches

    @overload
    def __getitem__(self, place: int) -> Product: ...
    @overload
    def __getitem__(self, place: slice) -> list[Product]: ...
    def __getitem__(self, place: int | slice) -> Product | list[Product]:
        found = self._latest(lambda: self._at(place))
        return found[0] if isinstance(place, int) else found

    def _at(self, place: int | slice) -> list[Product]:
        places = range(self._count())[place]
        wanted = [places] if isinstance(places, int) else sorted(places)
        with self._reading():
            rows = self.table.take_offsets(wanted).select(list(SHOWN)).to_list() if wanted else []
        found = [product_of(row, self.base) for row in rows]
        return found[::-1] if isinstance(places, range) and places.step < 0 else found

    # --- searching ----------------------------------------------------------------------------

    def search(self, query: ProductQuery) -> SearchResult:
        """Answer a query; without a limit, with the first ``MOST`` at most.

        Raises:
            InvalidArgumentError: The vector is not of the length of the catalogue's, or the
                catalogue has been built anew with another model since it was opened.
            DamagedFileError: The catalogue is not whole.
        """
        return self._latest(lambda: self._search(query))

    def _search(self, query: ProductQuery) -> SearchResult:
        with self._reading():
            facts = filters.facts(query, self._silent)
            doubt = self._doubt(query)
            limit = query.limit or MOST + 1
            found = None if query.near is None else self._nearest(query, limit)
            if found is None:
                terms = filters.joined([*facts, *filters.price(query, doubt=doubt)])
                found = self._rows(query, terms, limit)
            skipped = self._unclear(query, facts) if doubt else []
        if query.limit is None and len(found) > MOST:
            del found[MOST:]
            why = f"more than {MOST:,} fit; pass a limit, or ask for something nearer"
            skipped.append(SkippedProduct(why, source=self.folder.name))
        cosines = () if query.near is None else [cosine for cosine, _ in found]
        return SearchResult([product for _, product in found], skipped, cosines)

    def _nearest(self, query: ProductQuery, limit: int) -> list[tuple[float, Product]] | None:
        assert query.near is not None
        self._check(query.near)
        if self._copies is None:
            self._copies = Copies(self.folder, self.pointer.table, self.pointer.dim)
        return nearest(self.table, self._copies, query, limit, self.base)

    def _rows(self, query: ProductQuery, terms: Any, limit: int) -> list[tuple[float, Product]]:
        """Ask the table itself."""
        columns = list(SHOWN)
        if query.near is None:
            asked = self.table.search()
        else:
            asked = index.asked(self.table, query.near).refine_factor(index.REFINE)
            columns.append("_distance")
            if self._any("seen", False):
                terms = filters.joined([*([] if terms is None else [terms]), filters.seen()])
        if terms is not None:
            asked = asked.where(terms)
        asked, most = asked.select(columns), limit
        while True:
            rows = asked.limit(most).to_list()
            goods = ((row, product_of(row, self.base)) for row in rows)
            found = [one for one in goods if query.matches(one[1])][:limit]
            if len(found) == limit or len(rows) < most:
                break
            most = max(4 * most, _AT_ONCE)  # some only seemed to fit, as those of colour "-" do
        return [(1.0 - row.get("_distance", math.nan) / 2, product) for row, product in found]

    def _check(self, near: tuple[float, ...]) -> None:
        dim = self.pointer.dim
        if not dim:
            got, todo = "one without", "build it with model="
            raise expected("query.near", "a catalogue with vectors", got, todo)
        self.check_first("query.near")
        if len(near) != dim:
            wish = f"a vector of length {dim}, from {self.pointer.embedding!r}"
            todo = "embed with the model of the catalogue"
            raise expected("query.near", wish, f"one of length {len(near)}", todo)

    def check_first(self, argument: str) -> None:
        """Refuse vectors where the catalogue has been built anew with another model.

        Raises:
            InvalidArgumentError: It has.
        """
        if (self.pointer.embedding, self.pointer.dim) != self.first:
            wish, got = "the embedding it was opened with", "a catalogue built anew with another"
            raise expected(argument, wish, got, "open it again with the model it has now")

    def _silent(self, column: str) -> bool:
        return self._any(column, "")

    def _any(self, column: str, value: Any) -> bool:
        """Whether some row holds a value; known until the table changes."""
        key = (self.table.version, column, value)
        if key not in self._said:
            if len(self._said) > 1000:
                self._said.clear()
            term = filters.equal(column, value)
            self._said[key] = bool(
                self.table.search().where(term).select(["id"]).limit(1).to_list()
            )
        return self._said[key]

    def _doubt(self, query: ProductQuery) -> bool:
        """Whether some product has a price that the query cannot be compared with."""
        if not has_bounds(query):
            return False
        key = (self.table.version, "unclear", query.currency)
        if key not in self._said:
            asked = self.table.search().where(filters.unclear(query))
            self._said[key] = bool(asked.select(["id"]).limit(1).to_list())
        return self._said[key]

    def _unclear(self, query: ProductQuery, facts: list[Any]) -> list[SkippedProduct]:
        """Products that fit but for a price that cannot be compared."""
        columns = ["id", "price", "currency"]
        doubt = filters.unclear(query)
        asked = self.table.search().where(filters.joined([*facts, doubt])).select(columns)
        rows = asked.limit(_TOLD + 1).to_list()
        told = [SkippedProduct(_why(row, query), id=row["id"]) for row in rows[:_TOLD]]
        if len(rows) > _TOLD:
            told.append(SkippedProduct("more products have a price that cannot be compared"))
        return told

    # --- taking out ---------------------------------------------------------------------------

    def delete(self, ids: Iterable[str]) -> int:
        """Take products out.

        Raises:
            NotFoundError: One is not there; then none is taken out.
            StorageError: Another process writes, or the folder cannot be written.
        """
        names = list(dict.fromkeys(ids))
        with folders.locked(self.folder), folders.translated(self.folder, writing=True):
            self.reopen()
            parts = [names[i : i + _AT_ONCE] for i in range(0, len(names), _AT_ONCE)]
            for part in parts:
                term = filters.one_of("id", part)
                rows = self.table.search().where(term).select(["id"]).limit(len(part)).to_list()
                lost = set(part) - {row["id"] for row in rows}
                if lost:
                    got, todo = f"{min(lost)!r}", "pass ids of products that are there"
                    raise expected("ids", "products of the catalogue", got, todo, NotFoundError)
            for part in parts:
                self.table.delete(filters.one_of("id", part))
        return len(names)


def _why(row: dict[str, Any], query: ProductQuery) -> str:
    if row["price"] < 0:
        return "its price is not known"
    return f"its price is in {row['currency'] or 'no known currency'}, not {query.currency}"
