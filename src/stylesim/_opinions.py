"""What each region of a picture says: the classes, "neither", and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim._novelty import DRAWS, sigmoid
from stylesim._regions import WHOLE, combined, parts_by_region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from stylesim._regions import Learned, RegionHead
    from stylesim._views import GarmentView, PictureView
    from stylesim.classifier import LightweightClassifier
    from stylesim.functional import Floats
    from stylesim.types import FloatArray


@attrs.frozen(eq=False)
class Opinion:
    """What one region of the body says of a picture.

    Attributes:
        proba: Array of shape (classes,): probabilities if it is of one of the classes; they
            sum to 1.
        neither: Probability that it is of none of them, 0 to 1.
        draws: Array of shape (draws,): similarities, 0 to 1, that other photographs of the same
            style might have given; None where that is not known.

    Example:
        >>> import numpy as np
        >>> round(Opinion(np.array([0.8, 0.2]), 0.25).similarity, 3)
        0.6
    """

    proba: npt.NDArray[np.floating]
    neither: float = 0.0
    draws: npt.NDArray[np.floating] | None = None

    @property
    def similarity(self) -> float:
        """Probability of the wanted class; what is of no class counts as dissimilar."""
        return float(self.proba[0]) * (1.0 - self.neither)


def judge_by_region(
    self: LightweightClassifier, views: Sequence[PictureView]
) -> list[dict[str, Opinion]]:
    """Class probabilities of each region, and how far they can be relied on.

    Args:
        self: A fitted classifier.
        views: What ``view`` returned, of pictures of any number.

    Returns:
        For each view an opinion by region, of the same regions as ``proba_by_region``: the
        probabilities, that of "neither", and what other photographs of the same style might
        have said.

    Raises:
        NotFittedError: Nothing was learned yet.
    """
    return opinions(views, self._fitted("judge_by_region"))


def opinions(views: Sequence[PictureView], learned: Learned) -> list[dict[str, Opinion]]:
    """Opinions by region of each picture; the key ``"whole"`` is always there.

    A picture in which the finder sees nothing, where the style is one of garments, is hardly of
    any class.
    """
    out: list[dict[str, Opinion]] = [{} for _ in views]
    n_classes = len(learned.classes)
    for number, (region, head) in enumerate(learned.heads.items()):
        parts, owners = parts_by_region(views, region)
        if not parts:
            continue
        table = _table(head, parts, head.factors(views, owners), number)
        for owner, row in zip(owners, table, strict=True):
            joint, neither = row[:n_classes], float(np.clip(row[n_classes], 0.0, 1.0))
            # Where "neither" is certain nothing is left to share out; then all alike.
            known = joint.sum()
            proba = joint / known if known > 0 else np.full(n_classes, 1 / n_classes)
            draws = row[n_classes + 1 :] if head.clouds is not None else None
            out[owner][region] = Opinion(proba.astype(np.float32), neither, draws)
    if len(learned.heads) > 1:
        for view, said in zip(views, out, strict=True):
            if not view.garments:
                said[WHOLE] = _nothing(said[WHOLE], learned.nothing_found)
    return out


def overall(said: Mapping[str, Opinion]) -> FloatArray:
    """Class probabilities of a picture: those of its regions, less what is of no class."""
    joint = combined({region: one.proba * (1.0 - one.neither) for region, one in said.items()})
    if not joint.any():
        joint = combined({region: one.proba for region, one in said.items()})
    row: FloatArray = joint / joint.sum()
    return row


def _table(head: RegionHead, parts: Sequence[GarmentView], factors: Floats, seed: int) -> Floats:
    """A row a garment: joint probabilities of the classes, "neither", and draws of similarity."""
    clouds = head.clouds
    proba = head.proba(parts, factors)
    if clouds is None:
        return np.column_stack([proba, np.zeros((len(parts), 1 + DRAWS))])
    x = head.rows(parts)
    logits = head.head.logits(x) / head.head.temperature / factors
    neither = sigmoid(clouds.log_odds(x))
    tossed, odds = clouds.draws(x, logits, seed, factors)
    wanted = (1.0 - head.shares.sum()) * tossed[:, :, head.members.index(0)]
    similarity = wanted * (1.0 - odds)
    return np.column_stack([proba * (1.0 - neither)[:, None], neither, similarity.T])


def _nothing(said: Opinion, floor: float) -> Opinion:
    if said.neither >= floor:
        return said
    draws = said.draws
    if draws is not None:
        draws = np.minimum(draws / (1.0 - said.neither), 1.0) * (1.0 - floor)
    return Opinion(said.proba, floor, draws)
