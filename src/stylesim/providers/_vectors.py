"""What turns the pictures of products into vectors, and what cannot be turned."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import numpy as np
from PIL import Image

from stylesim._checks import is_whole
from stylesim.errors import ImageError, InvalidArgumentError, StyleSimError, expected
from stylesim.images import image_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stylesim.types import FloatArray, ImageLike

_SMALLEST = 1e-6
_TODO = "pass a backbone or a LightweightClassifier, or a function that makes one"


class PictureModel(Protocol):
    """Anything that embeds pictures: a backbone, a classifier."""

    def embed(self, images: Sequence[ImageLike]) -> FloatArray:
        """Embed pictures."""


@attrs.frozen(eq=False)
class Embedder:
    """A model, ready or still to be made, and the name of its vectors.

    Attributes:
        name: Identity of the embedding; two of one name give the same vectors.
        dim: Length of the vectors.
        make: Gives the model; called once a worker. None where vectors are given.
    """

    name: str
    dim: int
    make: Callable[[], PictureModel] | None

    @classmethod
    def of(cls, model: Any) -> Embedder:
        """Look at a model, or at what makes one.

        Raises:
            InvalidArgumentError: It embeds nothing, or has no name.
        """
        make: _Ready | _Factory = _Ready(model)
        if isinstance(model, type) or not callable(getattr(model, "embed", None)):
            if not callable(model):
                wish = "something that embeds pictures"
                raise expected("model", wish, model, _TODO)
            make = _Factory(model)
        made: Any = make()
        if not callable(getattr(made, "embed", None)):
            wish = "a function that makes something that embeds pictures"
            raise expected("model", wish, made, _TODO)
        name, dim = embedding_name(made), getattr(made, "dim", None)
        if not is_whole(dim) or dim < 1:
            dim = made.embed([Image.new("RGB", (64, 64), "grey")]).shape[1]
        return cls(name, int(dim), make)


@attrs.frozen(eq=False)
class _Ready:
    """Gives a model that is there already; unlike a lambda it pickles."""

    model: PictureModel

    def __call__(self) -> PictureModel:
        return self.model


@attrs.define(eq=False)
class _Factory:
    """Makes a model once a process."""

    factory: Callable[[], PictureModel]
    made: PictureModel | None = None

    def __call__(self) -> PictureModel:
        if self.made is None:
            self.made = self.factory()
        return self.made

    def __reduce__(self) -> tuple[Any, ...]:
        return _Factory, (self.factory,)  # the other process makes its own


def embedding_name(model: Any) -> str:
    """Identity of what a model embeds.

    Raises:
        InvalidArgumentError: It says none.
    """
    if isinstance(model, str):
        name: object = model
    elif hasattr(model, "view_key"):  # a classifier: the mean over regions, not one picture
        name = f"{model.view_key}|mean"
    else:
        name = getattr(model, "name", None)
    if not isinstance(name, str) or not name.strip():
        todo = "give it a name that changes with its weights"
        raise expected("model", "a model with a name", model, todo)
    return name


def embed_pictures(
    model: PictureModel, images: Sequence[ImageLike], dim: int
) -> tuple[FloatArray, list[str | None]]:
    """Embed pictures; what cannot be read costs only itself.

    Returns:
        float32 array of shape (n, dim), rows of unit length, zeros where a picture cannot
        be read; and for each picture what was wrong with it.

    Raises:
        InvalidArgumentError: The model returns something else than such an array.
    """
    if not images:
        return np.zeros((0, dim), np.float32), []
    try:
        rows = np.asarray(model.embed(list(images)), np.float32)
    except ImageError as error:
        if len(images) == 1:
            return np.zeros((1, dim), np.float32), [f"its picture cannot be read: {error}"]
        middle = len(images) // 2
        first, second = images[:middle], images[middle:]
        parts = [embed_pictures(model, some, dim) for some in (first, second)]
        return np.concatenate([part[0] for part in parts]), parts[0][1] + parts[1][1]
    return unit_rows(rows, (len(images), dim), "model"), [None] * len(images)


def unit_rows(rows: Any, shape: tuple[int, int], argument: str) -> FloatArray:
    """Check vectors and scale them to unit length.

    Raises:
        InvalidArgumentError: They are of another shape, not finite, or all zeros.
    """
    wish = f"finite numbers of shape {shape}, no row all zeros"
    table = np.asarray(rows, np.float32)
    if table.shape != shape:
        raise expected(argument, wish, f"shape {table.shape}", "embed the pictures again")
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    if not np.isfinite(table).all() or (lengths < _SMALLEST).any():
        got = "a row of zeros, or numbers that are not finite"
        raise expected(argument, wish, got, "embed the pictures again", InvalidArgumentError)
    unit: FloatArray = table / lengths
    return unit


def picture_key(image: ImageLike | None, shown: str) -> str:
    """Name of a picture that changes with it; a file is not opened for it.

    Args:
        image: The picture.
        shown: Path of its file as the catalogue keeps it.
    """
    if image is None:
        return ""
    if not isinstance(image, (str, os.PathLike)):
        try:
            return hashlib.sha256(image_bytes(image)).hexdigest()
        except StyleSimError:
            return "unreadable"
    try:
        status = Path(image).stat()
    except (OSError, ValueError):
        return f"{shown}|missing"
    return f"{shown}|{status.st_mtime_ns}|{status.st_size}"
