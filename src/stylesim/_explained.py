"""An explanation as a value: its heat, its overlay, and how it shows itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from PIL import Image

from stylesim._checks import is_number
from stylesim._explaining_html import explanation_html
from stylesim.errors import expected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylesim._explaining import Nearest, Part
    from stylesim.types import BoolArray, FloatArray

_COLD, _HOT = np.array([255.0, 214.0, 0.0]), np.array([200.0, 0.0, 40.0])


@attrs.frozen(eq=False, kw_only=True)
class Explanation:
    """Why a picture got its similarity.

    Attributes:
        wanted: Name of the wanted class.
        similarity: Probability of the wanted class, 0 to 1.
        by_class: Probability of each class, the wanted one first, if it is one of them.
        heat: float32 array of shape (height, width), 0 to 1: how much each
            place of ``picture`` speaks for the wanted class; all 0 where none does.
        picture: The upright picture, its longest side at most 1024 pixels.
        parts: The garments that were compared, or the whole picture: where
            each is, its similarity, and its share of the heat.
        nearest: The photographs of the target nearest to it, best first; empty
            where they are not known.
        sentence: All of it in one sentence.
        method: How the heat was found.
        notes: What was assumed, and what could not be said.
        compared: bool array of the shape of ``heat``: the garments that were compared, or all.
        p_neither: Probability, 0 to 1, that it is like none of the classes; ``similarity``
            already counts it as dissimilar.

    Examples:
        >>> import numpy as np
        >>> why = Explanation(
        ...     wanted="wannabe",
        ...     similarity=0.8,
        ...     by_class={"wannabe": 0.8, "suit": 0.2},
        ...     heat=np.eye(4, dtype=np.float32),
        ...     picture=Image.new("RGB", (4, 4)),
        ...     parts=(),
        ...     nearest=(),
        ...     sentence="0.80 similar to wannabe.",
        ...     method="by hand",
        ...     notes=(),
        ... )
        >>> int(why.hottest(0.25).sum()), why.overlay().size
        (4, (4, 4))
    """

    wanted: str
    similarity: float
    by_class: Mapping[str, float]
    heat: FloatArray = attrs.field(repr=False)
    picture: Image.Image = attrs.field(repr=False)
    parts: tuple[Part, ...] = attrs.field(repr=False)
    nearest: tuple[Nearest, ...] = attrs.field(repr=False)
    sentence: str
    method: str
    notes: tuple[str, ...] = ()
    compared: BoolArray = attrs.field(repr=False)
    p_neither: float = 0.0

    @compared.default
    def _everywhere(self) -> BoolArray:
        return np.ones(self.heat.shape, np.bool_)

    def hottest(self, share: float = 0.1) -> BoolArray:
        """Mark the hottest places.

        Args:
            share: Of all pixels, more than 0 and at most 1.

        Returns:
            bool array of the shape of ``heat``, with that share True.

        Raises:
            InvalidArgumentError: ``share`` is out of range.
        """
        return highest(self.heat, share)

    def overlay(self, strength: float = 0.6) -> Image.Image:
        """Draw the heat over the picture, yellow where warm and red where hot.

        Args:
            strength: How much of the picture the hottest place hides, 0 to 1.

        Returns:
            A new RGB picture of the size of ``picture``.

        Raises:
            InvalidArgumentError: ``strength`` is out of range.
        """
        if not is_number(strength) or not 0 <= strength <= 1:
            raise expected("strength", "a number from 0 to 1", strength, "pass 0.6")
        heat = self.heat[..., None].astype(np.float64)
        cover = strength * np.sqrt(heat)
        colour = _COLD + (_HOT - _COLD) * heat
        mixed = np.asarray(self.picture) * (1 - cover) + colour * cover
        return Image.fromarray(mixed.round().astype(np.uint8))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without the pixels of heat and picture."""
        return {
            "wanted": self.wanted,
            "similarity": self.similarity,
            "by_class": dict(self.by_class),
            "p_neither": self.p_neither,
            "parts": [part.to_dict() for part in self.parts],
            "nearest": [photograph.to_dict() for photograph in self.nearest],
            "sentence": self.sentence,
            "method": self.method,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return explanation_html(self)


def highest(values: FloatArray, share: float) -> BoolArray:
    """Mark the places of the largest values, a share of all of them.

    Raises:
        InvalidArgumentError: ``share`` is out of range.
    """
    if not is_number(share) or not 0 < share <= 1:
        raise expected("share", "a number of more than 0 and at most 1", share, "pass 0.1")
    order = np.argsort(-values.ravel(), kind="stable")
    mark = np.zeros(values.size, np.bool_)
    mark[order[: max(1, round(share * values.size))]] = True
    return mark.reshape(values.shape)
