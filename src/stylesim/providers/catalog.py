"""The offline default: a catalogue in a file, a folder, in memory or on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._checks import check_whole
from stylesim.errors import ProductError, expected
from stylesim.products import Product, ProductQuery, ProviderTerms, SkippedProduct
from stylesim.providers._catalog_disk import DiskProducts
from stylesim.providers._catalog_keeping import CatalogKeeping
from stylesim.providers._catalog_memory import Vectors, embed_products, nearest_first
from stylesim.providers._rows import check_name
from stylesim.providers._vectors import Embedder
from stylesim.providers.base import SearchResult, fitting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stylesim.types import ImageLike


def _count(values: Sequence[object]) -> str:
    return str(len(values)) if isinstance(values, tuple) else repr(str(values.folder))  # type: ignore[attr-defined]


def _products(values: Any) -> tuple[Product, ...] | DiskProducts:
    return values if isinstance(values, DiskProducts) else tuple(values)


@attrs.define(eq=False)
class CatalogProvider(CatalogKeeping):
    """Products of one catalogue, in memory or on disk; pictures stay in their files.

    In memory: ``from_csv``, ``from_jsonl``, ``from_parquet``, ``from_folder``
    and ``from_products``. Columns are named as the fields of ``Product`` (any case),
    or by ``columns``; other columns become ``attributes``. Rows that make no product (no
    picture, an address that is not http, a price that is no price, an id given before, a row
    cut off) are left out, listed in ``skipped`` and warned of once.

    On disk, for catalogues of up to millions: ``build`` once, then ``open``. Needs the
    extra ``catalog``. Both are searched, changed and counted in the same way.

    Args:
        products: The products; each id once.
        name: Name in messages.
        terms: What may be done with the answers.
        skipped: Rows that made no product.

    Raises:
        ProductError: There is no usable product at all.

    Examples:
        >>> from stylesim.products import Product, ProductQuery
        >>> shirt = Product("1", "Linen shirt", "https://shop.example/1", price=39.0)
        >>> shop = CatalogProvider.from_products([shirt])
        >>> [product.title for product in shop.search(ProductQuery(max_price=50))]
        ['Linen shirt']
    """

    products: Sequence[Product] = attrs.field(converter=_products, repr=_count)
    name: str = attrs.field(default="catalogue", kw_only=True)
    terms: ProviderTerms = attrs.field(factory=ProviderTerms, kw_only=True)
    skipped: tuple[SkippedProduct, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[SkippedProduct, ...], repr=lambda s: str(len(s))
    )
    _model: Any = attrs.field(default=None, init=False, repr=False)
    _vectors: Vectors | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_name(self.name)
        if isinstance(self.products, DiskProducts):
            return
        ids: set[str] = set()
        for product in self.products:
            value: object = product
            if not isinstance(value, Product):
                raise expected("products", "products", value, "use from_products for rows")
            if product.id in ids:
                got, todo = f"{product.id!r} twice", "use from_products, which skips the second"
                raise expected("products", "each id once", got, todo)
            ids.add(product.id)
        if not self.products:
            got = "none"
            if self.skipped:
                first = self.skipped[0]
                got = f"none ({len(self.skipped)} skipped; row {first.row}: {first.reason})"
            raise expected(
                "products", "at least one usable product", got, "check the rows", ProductError
            )

    def __len__(self) -> int:
        return len(self.products)

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products)

    @property
    def embedding(self) -> str | None:
        """Identity of what made the vectors; None where there are none."""
        if isinstance(self.products, DiskProducts):
            return self.products.pointer.embedding
        return None if self._vectors is None else self._vectors.embedding

    def search(self, query: ProductQuery) -> SearchResult:
        """Give what matches, at most ``query.limit``.

        Without ``query.near``, in the order of the catalogue; with it, the nearest first, and
        only products with a picture that was embedded. Products are compared one by one; on disk,
        where more than 100,000 fit, or are there and words are asked for, an index names the
        likely ones, and may miss one.

        Args:
            query: What is asked. On disk, one without a limit is answered with 10,000
                products at most, and ``skipped`` says so.

        Returns:
            The products. Those whose price cannot be compared are among ``skipped``.

        Raises:
            InvalidArgumentError: ``query.near`` does not fit the embedding of the catalogue.
            DamagedFileError: The catalogue on disk is not whole.
        """
        if isinstance(self.products, DiskProducts):
            return self.products.search(query)
        if query.near is not None:
            return nearest_first(self.products, self._vectors, query)
        return fitting(SearchResult(self.products), query)

    def nearest(
        self, like: ImageLike | Any, k: int = 10, query: ProductQuery | None = None
    ) -> SearchResult:
        """Find the products that look most like a picture.

        Args:
            like: A picture, which the catalogue's model embeds, or a vector of shape (d,).
            k: Most products.
            query: What they have to fit besides.

        Returns:
            The nearest first, with ``cosines``.

        Raises:
            InvalidArgumentError: There are no vectors, or no model to embed the picture with.
            ImageError: The picture cannot be read.

        Examples:
            >>> import numpy as np
            >>> from stylesim.backbones import FunctionBackbone
            >>> colour = FunctionBackbone(
            ...     lambda images: [np.asarray(im).mean((0, 1)) + 1 for im in images],
            ...     name="mean-colour",
            ... )
            >>> red, blue = (
            ...     np.full((8, 8, 3), rgb, np.uint8) for rgb in ((200, 0, 0), (0, 0, 200))
            ... )
            >>> goods = [
            ...     {"id": name, "title": name, "url": "https://shop.example", "image": image}
            ...     for name, image in (("red", red), ("blue", blue))
            ... ]
            >>> shop = CatalogProvider.from_products(goods).embed(colour)
            >>> shop.nearest(red, k=1)[0].title
            'red'
        """
        check_whole("k", k, "pass k=10")
        vector = like
        if not _is_vector(like):
            if self._model is None:
                todo = "open the catalogue with model=, or pass a vector"
                raise expected("like", "a vector, for want of a model", type(like).__name__, todo)
            vector = self._model.embed([like])[0]
        return self.search(attrs.evolve(query or ProductQuery(), near=vector, limit=k))

    def embed(self, model: Any, *, progress: bool = False) -> CatalogProvider:
        """Embed the pictures of a catalogue in memory, so that the nearest can be asked for.

        Args:
            model: What embeds pictures: a backbone or a classifier.
            progress: Whether to show a progress bar on standard error.

        Returns:
            The catalogue itself; pictures that cannot be read are added to ``skipped``.

        Raises:
            InvalidArgumentError: It embeds nothing, or the catalogue is on disk.
        """
        if isinstance(self.products, DiskProducts):
            todo = "open or build it with model="
            raise expected("catalogue", "one in memory", "one on disk", todo)
        embedder = Embedder.of(model)
        assert embedder.make is not None
        self._model = embedder.make()
        known = self._vectors if embedder.name == self.embedding else None
        self._vectors, lost = embed_products(
            self.products, self._model, embedder, known, progress=progress
        )
        self.skipped = (*self.skipped, *lost)
        return self

    def _put(
        self, products: tuple[Product, ...], *, progress: bool = False
    ) -> tuple[SkippedProduct, ...]:
        """Replace what is in memory; kept pictures are not embedded again."""
        lost: tuple[SkippedProduct, ...] = ()
        if self._vectors is not None:
            embedder = Embedder(self._vectors.embedding, self._vectors.dim, None)
            self._vectors, lost = embed_products(
                products, self._model, embedder, self._vectors, progress=progress
            )
        self.products = products
        return lost

    @classmethod
    def _stored(
        cls,
        products: DiskProducts,
        name: str,
        terms: ProviderTerms | None,
        skipped: Sequence[SkippedProduct],
        embedder: Embedder | None,
    ) -> CatalogProvider:
        made = cls(products, name=name, terms=terms or ProviderTerms(), skipped=skipped)
        if embedder is not None and embedder.make is not None:
            made._model = embedder.make()
        return made


def _is_vector(value: object) -> bool:
    """Whether it is a row of numbers, which no picture is."""
    if isinstance(value, (list, tuple)):
        return True
    return isinstance(value, np.ndarray) and value.ndim == 1
