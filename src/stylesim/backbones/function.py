"""A backbone made of any function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from PIL import Image

from stylesim._checks import check_whole
from stylesim.backbones.base import AbstractBackbone, listed
from stylesim.errors import expected
from stylesim.images import load_image

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stylesim.types import FloatArray, ImageLike

_SMALLEST, _LARGEST = 1e-12, 1e100


@attrs.define(eq=False)
class FunctionBackbone(AbstractBackbone):
    """Makes a backbone of any function from RGB pictures to vectors.

    Args:
        function: Takes a list of upright RGB ``PIL.Image``; returns an array
            of shape (n, d), which is scaled to rows of unit length.
        name: Identity for caches; change it whenever the function changes.
        dim: Length d of the vectors; None asks the function once, with a
            small grey picture.
        batch_size: Most pictures handed to the function at once.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind; or, when
            pictures are embedded, the function returns something else than
            finite numbers of shape (n, d) with no row of zeros.

    Examples:
        >>> import numpy as np
        >>> from PIL import Image
        >>> mean_colour = lambda images: [np.asarray(im).mean((0, 1)) + 1 for im in images]
        >>> backbone = FunctionBackbone(mean_colour, name="mean-colour")
        >>> backbone.embed([Image.new("RGB", (4, 4), "red")]).shape, backbone.dim
        ((1, 3), 3)
    """

    function: Callable[[list[Image.Image]], Any]
    name: str = attrs.field(kw_only=True)
    _dim: int | None = attrs.field(default=None, kw_only=True, repr=False)
    batch_size: int = attrs.field(default=32, kw_only=True)

    def __attrs_post_init__(self) -> None:
        function: object = self.function
        name: object = self.name
        if not callable(function):
            wish, todo = "a function of a list of pictures", "pass a callable"
            raise expected("function", wish, function, todo)
        if not isinstance(name, str) or not name:
            raise expected("name", "a name", name, "name the function and its version")
        if self._dim is not None:
            check_whole("dim", self._dim, "pass the length of the vectors, or leave it out")
        check_whole("batch_size", self.batch_size, "pass batch_size=32")

    @property
    def dim(self) -> int:  # type: ignore[override]
        """Length of the vectors."""
        if self._dim is None:
            self._dim = int(self._call([Image.new("RGB", (32, 32), "grey")]).shape[1])
        return self._dim

    def embed(self, images: Sequence[ImageLike]) -> FloatArray:
        """Call the function on the pictures and scale its rows to unit length."""
        pictures = listed(images)
        rows = []
        for start in range(0, len(pictures), self.batch_size):
            some = pictures[start : start + self.batch_size]
            rows.append(
                self._call(
                    [load_image(p, argument=f"images[{start + i}]") for i, p in enumerate(some)]
                )
            )
        if not rows:
            return np.zeros((0, self.dim), np.float32)
        return np.concatenate(rows)

    def _call(self, pictures: list[Image.Image]) -> FloatArray:
        raw = self.function(pictures)
        wish = f"finite numbers of shape ({len(pictures)}, {self._dim or 'd'})"
        todo = "return one vector a picture, none of them all zeros"
        try:
            rows = np.asarray(raw, dtype=np.float64)
        except (TypeError, ValueError):
            raise expected("function", wish, type(raw).__name__, todo) from None
        shape_fits = rows.ndim == 2 and len(rows) == len(pictures) and rows.shape[1] > 0
        if not shape_fits or (self._dim is not None and rows.shape[1] != self._dim):
            raise expected("function", wish, f"shape {rows.shape}", todo)
        got = "a row of zeros, or numbers that are not finite"
        if not np.isfinite(rows).all():
            raise expected("function", wish, got, todo)
        peaks = np.abs(rows).max(axis=1, keepdims=True)
        # Squares of these would be more than a number can hold.
        rows = np.where(peaks > _LARGEST, rows / np.maximum(peaks, 1.0), rows)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if (lengths < _SMALLEST).any():
            raise expected("function", wish, got, todo)
        self._dim = rows.shape[1]
        unit: FloatArray = (rows / lengths).astype(np.float32)
        return unit
