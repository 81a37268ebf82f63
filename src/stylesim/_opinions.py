"""What each region of a picture says: the classes, "neither", and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim._novelty import DRAWS, FLOOR, log_odds, normals, sigmoid
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

_LEAST = 1e-12
# Of what one garment says of a style, what another has said: 0 were they independent. Chosen on
# held-out photographs, where anything up to 0.1 does about as well.
_SHARED = 0.03


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
        neither_draws: Array of shape (draws,): of the same draws, the probability of "neither";
            None where they do not move it.

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
    neither_draws: npt.NDArray[np.floating] | None = None

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
    for region, head in learned.heads.items():
        parts, owners = parts_by_region(views, region)
        if not parts:
            continue
        table = _table(head, parts, normals(learned.classes, region))
        for part, owner, row in zip(parts, owners, table, strict=True):
            joint, neither = row[:n_classes], float(np.clip(row[n_classes], 0.0, 1.0))
            # Where "neither" is certain nothing is left to share out; then all alike.
            known = joint.sum()
            proba = joint / known if known > 0 else np.full(n_classes, 1 / n_classes)
            said = Opinion(proba.astype(np.float32), neither, share=head.share)
            if region != WHOLE:
                said = attrs.evolve(said, garment=views[owner].garments.index(part))
            if head.clouds is not None:
                draws, lost = np.split(row[n_classes + 1 :], 2)
                said = attrs.evolve(said, draws=draws, neither_draws=lost)
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
    """What the slots of one photograph say together: their probabilities multiplied.

    A photograph shows one outfit, of one style, so its slots are evidence on the same thing. Where
    one slot all but rules a class out, the other cannot make up for it, and two that agree are
    surer together than either. Garments are taken for all but independent; a dress is one, though
    it speaks for two slots. Whether it is of none of the classes is told by the geometric mean:
    that two garments are a little unusual does not make the outfit more so.

    Args:
        said: One opinion a slot.
        share: What their own shares are multiplied with; None for 1. Only their ratios count: the
            heaviest speaks in full.

    Method: logarithmic opinion pool; C. Genest and J. Zidek, Combining Probability Distributions,
    Statistical Science 1986.
    """
    if len(said) == 1:
        return said[0]
    weights = _weights(said, share)
    joint = np.array([[*(one.proba * (1.0 - one.neither)), one.neither] for one in said])
    logs = np.log(joint + FLOOR)
    proba = softmax((weights @ logs[:, :-1])[None])[0]
    neither = 0.0
    if joint[:, -1].any():  # a model that never says "neither" is not made to
        neither = float(softmax((weights / weights.sum() @ logs)[None])[0, -1])
    together = Opinion(proba, neither)
    draws = [one.draws for one in said if one.draws is not None]
    return _tossed(together, said, draws, weights) if len(draws) == len(said) else together


def _weights(said: Sequence[Opinion], share: Floats | None) -> Floats:
    """To which power each opinion is taken; slots that one garment speaks for share its say."""
    asked = np.ones(len(said)) if share is None else np.asarray(share, dtype=np.float64)
    speak = [n if one.garment is None else -1 - one.garment for n, one in enumerate(said)]
    asked = asked / np.array([speak.count(one) for one in speak])
    totals = [asked[[one == other for one in speak]].sum() for other in set(speak)]
    number = sum(totals) / max(totals)  # of garments, one that weighs less being a part of one
    told: Floats = asked * np.array([one.share for one in said])
    told *= number / (1.0 + _SHARED * (number - 1.0)) / told.sum()
    return told


def _tossed(
    together: Opinion,
    said: Sequence[Opinion],
    draws: Sequence[npt.NDArray[np.floating]],
    weights: Floats,
) -> Opinion:
    """Give it draws: each moves log-odds as far as those of the slots are moved."""
    lost = [one.neither_draws for one in said]
    off = np.stack(
        [
            np.full(len(draws[0]), one.neither) if d is None else d
            for one, d in zip(said, lost, strict=True)
        ]
    )
    wanted = np.minimum(np.stack(draws) / np.maximum(1.0 - off, _LEAST), 1.0)
    before = np.array([[one.proba[0], one.neither] for one in said])
    moved = weights @ (log_odds(wanted) - log_odds(before[:, :1]))
    shares = sigmoid(log_odds(together.proba[0], _LEAST) + moved)
    neither = np.zeros(len(shares))
    if together.neither > 0:
        moved = weights / weights.sum() @ (log_odds(off) - log_odds(before[:, 1:]))
        neither = sigmoid(log_odds(together.neither, _LEAST) + moved)
    return attrs.evolve(together, draws=shares * (1.0 - neither), neither_draws=neither)


def _table(head: RegionHead, parts: Sequence[GarmentView], normal: Floats) -> Floats:
    """A row a garment: joint probabilities of the classes, "neither", draws of both.

    Draws of the similarity come before those of "neither".
    """
    clouds = head.clouds
    proba = head.proba(parts)
    if clouds is None:
        return np.column_stack([proba, np.zeros((len(parts), 1 + 2 * DRAWS))])
    x = head.rows(parts)
    logits = head.head.logits(x) / head.head.temperature
    neither = sigmoid(clouds.log_odds(x))
    tossed, odds = clouds.draws(x, logits, normal[:, list(head.members)])
    similarity = (1.0 - head.shares.sum()) * tossed * (1.0 - odds)
    return np.column_stack([proba * (1.0 - neither)[:, None], neither, similarity.T, odds.T])


def _nothing(said: Opinion, floor: float) -> Opinion:
    if said.neither >= floor:
        return said
    draws = said.draws
    if draws is not None:
        draws = np.minimum(draws / (1.0 - said.neither), 1.0) * (1.0 - floor)
    return attrs.evolve(said, neither=floor, draws=draws, neither_draws=None)
