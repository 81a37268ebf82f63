"""Places of a picture that are deleted, to see whether an explanation is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stylesim._explained import highest
from stylesim._explaining import explained_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylesim._explained import Explanation
    from stylesim.classifier import LightweightClassifier
    from stylesim.types import BoolArray, FloatArray, Slot

_CELL = 1 / 24  # side of a random place, as a share of the picture's longest side
_GREY = np.uint8(114)
_TIE = 1e-6


def hottest_marks(
    why: Explanation, share: float, rng: np.random.Generator, *, inside: bool
) -> BoolArray:
    """Mark the hottest places; among those of no heat, at random, the garments first."""
    ties = _TIE * (why.compared + squares(why.heat.shape, rng)) / 2
    return _marked(why, (why.heat + ties).astype(np.float32), share, inside=inside)


def random_marks(
    why: Explanation, share: float, rng: np.random.Generator, *, inside: bool
) -> BoolArray:
    """Mark random squares."""
    return _marked(why, squares(why.heat.shape, rng), share, inside=inside)


def _marked(why: Explanation, values: FloatArray, share: float, *, inside: bool) -> BoolArray:
    if not inside or not why.compared.any():
        return highest(values, share)
    mark = np.zeros_like(why.compared)
    mark[why.compared] = highest(values[why.compared], share)
    return mark


def similarity_without(
    model: LightweightClassifier,
    why: Explanation,
    mark: BoolArray,
    slot: Slot | str | None,
    slot_weights: Mapping[Any, float] | None,
) -> float:
    """Score the picture from scratch with the marked places painted grey."""
    edited = Image.fromarray(np.where(mark[..., None], _GREY, np.asarray(why.picture)))
    return explained_parts(model, edited, slot, slot_weights, heat=False).row.similarity


def squares(shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """One random number, 0 to 1, for each square of a picture."""
    side = max(1, round(_CELL * max(shape)))
    small = rng.random([-(-length // side) for length in shape])
    large = np.kron(small, np.ones((side, side)))
    out: FloatArray = large[: shape[0], : shape[1]].astype(np.float32)
    return out
