"""Vectors of unit length from any backbone, with what a finder knows already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylesim.backbones.yolo import YoloBackbone
from stylesim.errors import expected
from stylesim.garments import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stylesim.backbones.base import AbstractBackbone
    from stylesim.types import FloatArray, ImageLike


def unit_vectors(
    backbone: AbstractBackbone,
    parts: Sequence[ImageLike | Seen],
    told: Sequence[Mapping[str, float] | None] | None = None,
    on_pictures: Callable[[int], object] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Embed pictures.

    Args:
        backbone: Embeds them.
        parts: n pictures; or what this very backbone saw of them before.
        told: For each the kinds of garment that a finder tells, or None.
        on_pictures: Called after each batch with the number of its pictures.

    Returns:
        float32 arrays of shape (n, d), the vectors, and (n,), their length before it was made 1.

    Raises:
        ImageError: A picture cannot be read.
        InvalidArgumentError: The backbone gives something else.
    """
    fresh = [part for part in parts if not isinstance(part, Seen)]
    if isinstance(backbone, YoloBackbone):
        raw = backbone.features(fresh, on_pictures=on_pictures)
        if len(fresh) < len(parts):
            width = raw.shape[1]
            if any(isinstance(p, Seen) and np.shape(p.features) != (width,) for p in parts):
                wish = f"features of shape ({width},), as {backbone.name} gives them"
                raise expected("finder", wish, "others in seen", "leave seen out")
            new = iter(raw)
            raw = np.stack([p.features if isinstance(p, Seen) else next(new) for p in parts])
        return backbone.vectors(raw, told), np.linalg.norm(raw, axis=1)
    given: object = backbone.embed(fresh)
    with np.errstate(over="ignore"):  # what is too large is of no unit length
        try:
            rows = np.asarray(given, dtype=np.float32)
        except (TypeError, ValueError) as error:
            wish, todo = "float32 of shape (n, d) from embed", "correct the embed method"
            raise expected("backbone", wish, type(given).__name__, todo) from error
        _check(backbone, rows, len(parts))
    if on_pictures is not None:
        on_pictures(len(parts))
    return rows, np.ones(len(parts), np.float32)


def kinds_in(backbone: AbstractBackbone) -> int:
    """How many numbers at the end of a backbone's vectors tell the kind of garment."""
    known = backbone.kinds if isinstance(backbone, YoloBackbone) else None
    return 0 if known is None else len(known.names)


def _check(backbone: AbstractBackbone, rows: FloatArray, count: int) -> None:
    unit = rows.ndim == 2 and np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-3)
    if rows.shape != (count, backbone.dim) or not unit:
        wish = f"float32 of shape ({count}, {backbone.dim}) with rows of unit length from embed"
        got = f"shape {rows.shape}" if rows.shape != (count, backbone.dim) else "other lengths"
        raise expected("backbone", wish, got, "correct the embed method")
