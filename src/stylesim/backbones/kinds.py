"""What kind of garment a picture looks like, as a part of its vector.

Styles are told apart by what is worn, so the vector of a garment says it outright: beside the
pooled features stand the probabilities of the kinds of garment that the weights know. They mean
the same for a garment that is worn and one that is laid out, which the features alone do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim.backbones.storing import UNREADABLE, floats_of
from stylesim.errors import DamagedFileError, expected
from stylesim.functional import softmax

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylesim.backbones.checkpoint import Weights
    from stylesim.functional import Floats
    from stylesim.types import FloatArray

WEIGHT = "kinds.weight"
"""Name of the tensor in a file of weights; the names of its rows are in the metadata."""

_LAST = "model.8.cv2.conv.weight"
_TOLD = 0.35  # share of a finder's opinion: it looks at the whole picture, the backbone closer
_LEAST = 1e-4  # of a probability, before two opinions are pooled


@attrs.frozen(eq=False)
class Kinds:
    """Tells kinds of garment from features of unit length.

    Attributes:
        names: Names of the k kinds, such as ``"skirt"``.
        weight: float64 array of shape (k, d).
    """

    names: tuple[str, ...]
    weight: Floats

    def proba(
        self, rows: Floats | FloatArray, told: Sequence[Mapping[str, float] | None] | None = None
    ) -> Floats:
        """Probabilities of shape (n, k) of features of shape (n, d), of unit length.

        Args:
            rows: The features.
            told: For each row what a finder says of its kind, or None. It then has about a
                third of the say: the weighted geometric mean, scaled to sum to 1.

        Method: logarithmic opinion pool; C. Genest and J. Zidek, Combining Probability
        Distributions: A Critique and an Annotated Bibliography, Statistical Science 1986.
        """
        shares = softmax(np.asarray(rows, np.float64) @ self.weight.T)
        for place, said in enumerate(told or ()):
            if said is not None:
                other = np.array([said.get(name, 0.0) for name in self.names])
                pooled = (shares[place] + _LEAST) ** (1 - _TOLD) * (other + _LEAST) ** _TOLD
                shares[place] = pooled / pooled.sum()
        return shares

    def vectors(
        self, rows: FloatArray, told: Sequence[Mapping[str, float] | None] | None = None
    ) -> FloatArray:
        """Features and kinds in one vector, of shape (n, d + k) and unit length.

        The cosine of two is the mean of that of their features and of the Bhattacharyya
        coefficient of their kinds.
        """
        both = np.hstack([np.asarray(rows, np.float64), np.sqrt(self.proba(rows, told))])
        out: FloatArray = (both / np.sqrt(2.0)).astype(np.float32)
        return out


def kinds_of(weights: Weights) -> Kinds | None:
    """The kinds that weights know; None for those that know none, or whose names do not fit.

    Raises:
        DamagedFileError: What tells them is no matrix of finite numbers, or of another width.
    """
    tensor, names = weights.tensors.get(WEIGHT), weights.metadata.get("kinds")
    if tensor is None or not isinstance(names, (list, tuple)) or not names:
        return None
    try:
        weight = floats_of(tensor, 2)
        if weight.shape[1] != len(weights.tensors[_LAST]):
            raise ValueError("another width")
    except UNREADABLE as error:
        wish, todo = "a matrix that tells kinds of garment", "fetch or train it again"
        got = f"{weights.stem} with another {WEIGHT}"
        raise expected("weights", wish, got, todo, DamagedFileError) from error
    if len(names) != len(weight):
        return None
    return Kinds(tuple(str(name) for name in names), weight)
