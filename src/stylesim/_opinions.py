"""What each region of a picture says: the classes, "neither", and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim._novelty import DRAWS, normals, sigmoid
from stylesim._regions import WHOLE, counted, parts_by_region
from stylesim.functional import softmax

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from stylesim._regions import Learned, RegionHead
    from stylesim._views import GarmentView, PictureView
    from stylesim.classifier import LightweightClassifier
    from stylesim.functional import Floats
    from stylesim.types import FloatArray

_FLOOR = 1e-3  # of a probability that is pooled: no slot by itself rules a class out for sure


@attrs.frozen(eq=False)
class Opinion:
    """What one region of the body says of a picture.

    Attributes:
        proba: Array of shape (classes,): probabilities if it is of one of the classes; they
            sum to 1.
        neither: Probability that it is of none of them, 0 to 1.
        draws: Array of shape (draws,): similarities, 0 to 1, that other photographs of the same
            style might have given; None where that is not known.
        share: How much it counts among what several regions of a photograph say.
        garment: Number of the garment that speaks, among those of the picture: a dress speaks for
            two regions. None for the whole picture, and where it is by itself.

    Examples:
        >>> import numpy as np
        >>> round(Opinion(np.array([0.8, 0.2]), 0.25).similarity, 3)
        0.6
    """

    proba: npt.NDArray[np.floating]
    neither: float = 0.0
    draws: npt.NDArray[np.floating] | None = None
    share: float = 1.0
    garment: int | None = None

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
    tossed = normals(learned.classes)
    for region, head in learned.heads.items():
        parts, owners = parts_by_region(views, region)
        if not parts:
            continue
        table = _table(head, parts, tossed)
        for part, owner, row in zip(parts, owners, table, strict=True):
            joint, neither = row[:n_classes], float(np.clip(row[n_classes], 0.0, 1.0))
            # Where "neither" is certain nothing is left to share out; then all alike.
            known = joint.sum()
            proba = joint / known if known > 0 else np.full(n_classes, 1 / n_classes)
            draws = row[n_classes + 1 :] if head.clouds is not None else None
            number = None if region == WHOLE else views[owner].garments.index(part)
            said = Opinion(proba.astype(np.float32), neither, draws, head.share, number)
            out[owner][region] = said
    if len(learned.heads) > 1:
        for view, regions in zip(views, out, strict=True):
            if not view.garments:
                regions[WHOLE] = _nothing(regions[WHOLE], learned.nothing_found)
    return out


def overall(said: Mapping[str, Opinion]) -> FloatArray:
    """Class probabilities of a picture: what its regions say together."""
    proba = pooled([said[region] for region in counted(said)]).proba
    row: FloatArray = (proba / proba.sum()).astype(np.float32)
    return row


def pooled(said: Sequence[Opinion], share: Floats | None = None) -> Opinion:
    """What the slots of one photograph say together: the geometric mean, sharpened.

    A photograph shows one outfit, of one style, so its slots are evidence on the same thing. Where
    one slot all but rules a class out, the other cannot make up for it. That several agree is
    evidence too: their mean is no surer than they are, and right more often. So which of the
    classes it is, if any, is told by the mean to a power, that of their number: garments are taken
    for independent. The number is nearer to 1 the more one outweighs the others, and a dress is
    one, though it speaks for two slots.

    Args:
        said: One opinion a slot.
        share: What their own shares are multiplied with; None for 1.

    Method: logarithmic opinion pool, with "neither" as one more class; C. Genest and J. Zidek,
    Combining Probability Distributions, Statistical Science 1986. Sharpened as by V. Satopää and
    others, Combining Multiple Probability Predictions Using a Simple Logit Model, International
    Journal of Forecasting 2014.
    """
    if len(said) == 1:
        return said[0]
    asked = np.ones(len(said)) if share is None else np.asarray(share, dtype=np.float64)
    power = _garments(said, asked)
    share = asked * np.array([one.share for one in said])
    share = share / share.sum()
    joint = np.array([[*(one.proba * (1.0 - one.neither)), one.neither] for one in said])
    if not joint[:, -1].any():  # a model that never says "neither" is not made to
        joint = joint[:, :-1]
    shares = softmax((share @ np.log(joint + _FLOOR))[None])[0]
    classes = len(said[0].proba)
    sharper = shares[:classes] ** power
    together = Opinion(sharper / sharper.sum(), float(shares[classes:].sum()))
    draws = [one.draws for one in said if one.draws is not None]
    if len(draws) < len(said):
        return together
    # Each draw moves the log-odds as far as those of the slots are moved.
    moved = [_log_odds(d) - _log_odds(one.similarity) for d, one in zip(draws, said, strict=True)]
    tossed = sigmoid(_log_odds(together.similarity) + power * (share @ np.stack(moved)))
    return attrs.evolve(together, draws=tossed)


def _garments(said: Sequence[Opinion], weights: Floats) -> float:
    """How many garments that weigh alike tell as much, as these tell together."""
    each: dict[tuple[bool, int], float] = {}
    for place, (one, weight) in enumerate(zip(said, weights, strict=True)):
        key = (False, place) if one.garment is None else (True, one.garment)
        each[key] = each.get(key, 0.0) + float(weight)
    return sum(each.values()) ** 2 / sum(weight**2 for weight in each.values())


def _log_odds(p: npt.NDArray[np.floating] | float) -> Floats:
    out: Floats = np.log(np.add(p, _FLOOR)) - np.log(np.subtract(1.0 + _FLOOR, p))
    return out


def _table(head: RegionHead, parts: Sequence[GarmentView], normal: Floats) -> Floats:
    """A row a garment: joint probabilities of the classes, "neither", and draws of similarity."""
    clouds = head.clouds
    proba = head.proba(parts)
    if clouds is None:
        return np.column_stack([proba, np.zeros((len(parts), 1 + DRAWS))])
    x = head.rows(parts)
    logits = head.head.logits(x) / head.head.temperature
    neither = sigmoid(clouds.log_odds(x))
    tossed, odds = clouds.draws(x, logits, normal[:, list(head.members)])
    similarity = (1.0 - head.shares.sum()) * tossed * (1.0 - odds)
    return np.column_stack([proba * (1.0 - neither)[:, None], neither, similarity.T])


def _nothing(said: Opinion, floor: float) -> Opinion:
    if said.neither >= floor:
        return said
    draws = said.draws
    if draws is not None:
        draws = np.minimum(draws / (1.0 - said.neither), 1.0) * (1.0 - floor)
    return attrs.evolve(said, neither=floor, draws=draws)
