"""The plug-in that turns pictures into numbers."""

from __future__ import annotations

import abc
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from stylesim.errors import expected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim.types import FloatArray, ImageLike


class AbstractBackbone(abc.ABC):
    """Turns pictures into vectors: pictures of alike clothes come out alike.

    To write one, give it a ``name`` and a ``dim`` and write ``embed``.

    Attributes:
        name: Identity for caches. Two backbones of one name give the same
            vectors, so it changes whenever the weights or the settings do.
        dim: Length d of the vectors.

    Examples:
        >>> import numpy as np
        >>> from stylesim.images import load_array
        >>> class MeanColour(AbstractBackbone):
        ...     name, dim = "mean-colour", 3
        ...
        ...     def embed(self, images):
        ...         rows = np.stack([load_array(image).mean((0, 1)) + 1 for image in images])
        ...         return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))
        >>> MeanColour().embed([np.zeros((4, 4, 3), np.uint8)]).round(2)
        array([[0.58, 0.58, 0.58]], dtype=float32)
    """

    name: str
    dim: int

    @abc.abstractmethod
    def embed(self, images: Sequence[ImageLike]) -> FloatArray:
        """Embed each picture as it is, the whole of it.

        Args:
            images: n pictures: paths, encoded bytes, PIL images or RGB uint8
                arrays of shape (height, width, 3).

        Returns:
            float32 array of shape (n, d), each row of unit length.

        Raises:
            ImageError: A picture cannot be read; its place is named.
        """


def listed(images: object, argument: str = "images") -> list[ImageLike]:
    """Return a list of pictures, or refuse what is one picture or no list.

    Raises:
        InvalidArgumentError: ``images`` is a single picture, or cannot be iterated.
    """
    single = (str, bytes, bytearray, memoryview, os.PathLike)
    if (
        isinstance(images, single)
        or not isinstance(images, Iterable)
        or (isinstance(images, np.ndarray) and images.ndim < 4)
    ):
        raise expected(argument, "a list of pictures", images, "put a single picture in a list")
    return list(images)
