"""Catalogues built on disk, opened and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import NotFoundError, expected
from stylesim.providers import _catalog_building as building
from stylesim.providers._catalog_disk import DiskProducts
from stylesim.providers._catalog_folder import check_embedding, parent_of, read_pointer
from stylesim.providers._catalog_memory import merged
from stylesim.providers._catalog_readers import CatalogReaders, skip_warning
from stylesim.providers._catalog_writing import CatalogChanges
from stylesim.providers._rows import check_name
from stylesim.providers._vectors import Embedder, embedding_name

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self

    from stylesim.products import Product, ProviderTerms, SkippedProduct


class CatalogKeeping(CatalogReaders):
    """The methods that build, open and change a catalogue."""

    products: Sequence[Product]
    embedding: Any
    _model: Any

    @classmethod
    def build(
        cls,
        path: str | os.PathLike[str],
        products: Iterable[Product | Mapping[str, Any]] | str | os.PathLike[str],
        *,
        model: Any = None,
        vectors: Any = None,
        columns: Mapping[str, str] | None = None,
        workers: int = 0,
        batch_size: int = 32,
        overwrite: bool = False,
        name: str | None = None,
        terms: ProviderTerms | None = None,
        progress: bool = False,
    ) -> Self:
        """Build a catalogue on disk; needs the extra ``catalog``.

        It stands in its place once it is whole. If it is interrupted, or a worker or machine
        fails, call it again: pictures embedded already are not embedded again.

        Args:
            path: Folder of the catalogue, in an existing folder.
            products: Products or mappings, read piece by piece; or the path of a CSV, JSONL or
                Parquet file.
            model: What embeds the pictures: a backbone, a classifier, or a function without
                arguments that makes one, called once a worker. None: no vectors. With
                ``vectors``, the name of what made them.
            vectors: Vectors made elsewhere, float32 array of shape (n, d), one row a product.
            columns: As for ``from_csv``.
            workers: Processes that embed; 0 embeds in this one. From 1 on they are run by Ray
                (extra ``ray``): a Ray that is connected or that RAY_ADDRESS names, else a local
                one. A cluster has to see the pictures and the catalogue under the same paths.
            batch_size: Pictures that the model is handed at once.
            overwrite: Whether to replace a catalogue that is there, once the new one is whole.
            name: Name in messages; the folder's own unless given.
            terms: What may be done with the answers.
            progress: Whether to show a progress bar on standard error.

        Returns:
            The provider; ``skipped`` lists rows and pictures that could not be used.

        Raises:
            MissingExtraError: LanceDB, or for workers Ray, is not installed.
            StorageError: The place is taken or cannot be written, is full, or another process
                writes it.
            DamagedFileError: The place is taken by a catalogue that cannot be opened.
            NewerVersionError: It is taken by one of a newer stylesim.
            InvalidArgumentError: An argument is of the wrong kind.
            ProductError: No row made a product.
        """
        folder, base = parent_of(path)
        called = folder.name if name is None else name
        check_name(called)
        source = building.Source.of(
            products, name=called, model=model, vectors=vectors, columns=columns,
            workers=workers, batch_size=batch_size, progress=progress,
        )  # fmt: skip
        stored, changes = building.build(folder, base, source, overwrite=overwrite)
        skip_warning(called, changes.skipped, "rows or pictures", 2)
        return cls._stored(stored, called, terms, changes.skipped, source.embedder)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        model: Any = None,
        name: str | None = None,
        terms: ProviderTerms | None = None,
    ) -> Self:
        """Open a catalogue on disk; needs the extra ``catalog``.

        Args:
            path: Folder of the catalogue.
            model: The model it was built with, or only its name: needed to ask with a picture
                and to add products.
            name: Name in messages; the folder's own unless given.
            terms: What may be done with the answers.

        Returns:
            The provider; any number of processes may read, and one at a time write.

        Raises:
            MissingExtraError: LanceDB is not installed.
            StorageError: There is no catalogue.
            DamagedFileError: It is not whole, or its building was not finished.
            NewerVersionError: A newer stylesim wrote it.
            InvalidArgumentError: It was built with another model.
        """
        folder, base = parent_of(path)
        stored = DiskProducts(folder, base)
        pointer = stored.pointer
        embedder = None
        if isinstance(model, str):
            check_embedding(pointer, embedding_name(model), 0)
        elif model is not None:
            embedder = Embedder.of(model)
            check_embedding(pointer, embedder.name, embedder.dim)
        return cls._stored(stored, folder.name if name is None else name, terms, (), embedder)

    def add(
        self,
        products: Iterable[Product | Mapping[str, Any]] | str | os.PathLike[str],
        *,
        columns: Mapping[str, str] | None = None,
        vectors: Any = None,
        workers: int = 0,
        progress: bool = False,
    ) -> CatalogChanges:
        """Add products; one whose id is there already is skipped.

        Args:
            products: Products or mappings, or on disk the path of a file, as for ``build``.
            columns: As for ``from_csv``; on disk, those that it was built with, unless
                given.
            vectors: On disk, their vectors, where they were made elsewhere.
            workers: On disk, processes that embed, as for ``build``.
            progress: Whether to show a progress bar on standard error.

        Returns:
            What was changed and what skipped. On disk, pieces are written one by one: after an
            interruption, call it again.

        Raises:
            InvalidArgumentError: The catalogue has vectors and was opened without its model.
            StorageError: The catalogue cannot be written, or another process writes it.
        """
        return self._change("add", products, columns, vectors, workers, progress=progress)

    def update(
        self,
        products: Iterable[Product | Mapping[str, Any]] | str | os.PathLike[str],
        *,
        columns: Mapping[str, str] | None = None,
        vectors: Any = None,
        workers: int = 0,
        progress: bool = False,
    ) -> CatalogChanges:
        """Bring products up to date: new ones are added, changed ones replaced, others stay.

        Only new and changed pictures are embedded, and those that could not be read before. On
        disk, changed products move to the end.

        Args:
            products: As for ``add``.
            columns: As for ``add``.
            vectors: As for ``add``.
            workers: As for ``add``.
            progress: As for ``add``.

        Returns:
            As for ``add``.

        Raises:
            InvalidArgumentError: As for ``add``.
            StorageError: As for ``add``.

        Examples:
            >>> import attrs
            >>> from stylesim import CatalogProvider, Product
            >>> shirt = Product("1", "Shirt", "https://shop.example/1", price=39.0)
            >>> shop = CatalogProvider.from_products([shirt])
            >>> shop.update([attrs.evolve(shirt, price=29.0)]).updated, shop.products[0].price
            (1, 29.0)
        """
        return self._change("update", products, columns, vectors, workers, progress=progress)

    def delete(self, ids: Iterable[str]) -> CatalogChanges:
        """Take products out.

        Args:
            ids: Their ids.

        Returns:
            How many were taken out.

        Raises:
            NotFoundError: One is not there; then none is taken out.
            StorageError: The catalogue cannot be written, or another process writes it.
        """
        if isinstance(ids, (str, bytes)):
            raise expected("ids", "several ids", ids, "put a single id in a list")
        names = list(dict.fromkeys(ids))
        if isinstance(self.products, DiskProducts):
            return CatalogChanges(deleted=self.products.delete(names))
        lost = set(names) - {product.id for product in self.products}
        if lost:
            got, todo = f"{min(lost)!r}", "pass ids of products that are there"
            raise expected("ids", "products of the catalogue", got, todo, NotFoundError)
        self._put(tuple(one for one in self.products if one.id not in set(names)))
        return CatalogChanges(deleted=len(names))

    def _change(
        self,
        mode: str,
        products: Any,
        columns: Mapping[str, str] | None,
        vectors: Any,
        workers: int,
        *,
        progress: bool,
    ) -> CatalogChanges:
        if not isinstance(self.products, DiskProducts):
            if vectors is not None or workers:
                wish, todo = "a catalogue on disk", "leave out vectors and workers, or build one"
                raise expected(
                    "vectors" if workers == 0 else "workers", wish, "one in memory", todo
                )
            goods, changes = merged(self.products, products, columns, self.name, mode)
            lost = self._put(goods, progress=progress)
            return attrs.evolve(changes, skipped=(*changes.skipped, *lost))
        model = self._model
        if vectors is not None:
            self.products.check_first("vectors")
            model = self.embedding
        usual = read_pointer(self.products.folder).columns
        source = building.Source.of(
            products, name=self.name, model=model, vectors=vectors, columns=columns, usual=usual,
            workers=workers, progress=progress,
        )  # fmt: skip
        return building.change(self.products, source, mode=mode)

    def _put(
        self, products: tuple[Product, ...], *, progress: bool = False
    ) -> tuple[SkippedProduct, ...]:
        raise NotImplementedError

    @classmethod
    def _stored(
        cls,
        products: DiskProducts,
        name: str,
        terms: ProviderTerms | None,
        skipped: Sequence[SkippedProduct],
        embedder: Embedder | None,
    ) -> Self:
        raise NotImplementedError
