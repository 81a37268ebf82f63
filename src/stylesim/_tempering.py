"""How sure heads may be: temperatures from a calibration and from pictures held out one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim._novelty import log_odds, without_own
from stylesim.functional import softmax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylesim._calibration import Calibration
    from stylesim._novelty import Clouds
    from stylesim.functional import Floats, Ints

_FARTHEST, _STEPS = 3.0, 61  # of log-temperatures around that of the calibration
_SMALLEST = 1e-12
_LEAST_SWAY = 1.0  # nats; less is not told apart from nothing by ten pictures
_ENOUGH = 10  # pictures whose word on what a slot sways is taken
_TAKEN_BACK = 1.0  # of what parts the slots, with so many


@attrs.frozen(eq=False)
class HeldOut:
    """What the prototypes of one region say of pictures that were left out of them.

    Attributes:
        logits: Array of shape (rows, classes), in widths, not tempered.
        labels: Class of each row.
        pictures: Picture of each row.
        prior: Log-temperature that the calibration tells.
        doubt: Standard deviation around it.
    """

    logits: Floats
    labels: Ints
    pictures: Ints
    prior: float
    doubt: float

    def temperature(self) -> float:
        """Temperature that fits best; each picture counts as one observation.

        The calibration comes from photographs that the backbone learned from, so it is too
        sure; but few rows say little. It is the centre of a log-normal prior.
        """
        _, owners, views = np.unique(self.pictures, return_inverse=True, return_counts=True)
        observed = 1.0 / views[owners]
        away = np.linspace(-_FARTHEST, _FARTHEST, _STEPS)
        loss = (away / self.doubt) ** 2 / 2
        for place, log_temperature in enumerate(self.prior + away):
            shares = softmax(self.logits, float(np.exp(log_temperature)))
            loss[place] -= observed @ _log(shares[np.arange(len(shares)), self.labels])
        return float(np.exp(self.prior + away[loss.argmin()]))

    @property
    def wanted(self) -> int:
        """How many pictures are of the wanted class."""
        return len(np.unique(self.pictures[self.labels == 0]))

    def sway(self, temperature: float) -> float:
        """How far the wanted class is ahead in pictures of its own, in nats of log-odds.

        More than in those of other classes; never less than 1.
        """
        said = softmax(self.logits, temperature)[:, 0]
        odds = log_odds(said)
        wanted = self.labels == 0
        return max(float(odds[wanted].mean() - odds[~wanted].mean()), _LEAST_SWAY)


def even_shares(regions: Mapping[str, tuple[HeldOut, float]]) -> dict[str, float]:
    """How much each slot counts in a pool, so that none outweighs the others; 1 in the mean.

    Where skirts give a style away that its blouses leave open, the lower body alone would decide,
    with shares alike: the surer a slot is, the further it moves the pool. So shares are the inverse
    of that. Of fewer than ten pictures of the wanted class less is believed, as the square root of
    their number, as means are told.

    Args:
        regions: Held-out rows of each region, and its temperature.
    """
    pictures = min(held.wanted for held, _ in regions.values())
    believed = _TAKEN_BACK * min(1.0, (pictures / _ENOUGH) ** 0.5)
    sways = {name: held.sway(temperature) for name, (held, temperature) in regions.items()}
    raw = {name: sway**-believed for name, sway in sways.items()}
    mean = sum(raw.values()) / len(raw)
    return {name: share / mean for name, share in raw.items()}


def held_out(
    seen: Floats, labels: Ints, groups: Ints, clouds: Clouds, calibration: Calibration
) -> HeldOut:
    """Hold each picture out of the mean of its class, and compare it with all classes.

    Args:
        seen: Array of shape (n, d), with the directions weighed.
        labels: Class of each row.
        groups: Picture of each row.
        clouds: The classes.
        calibration: That of the backbone.
    """
    n_classes = len(clouds.means)
    means, own = without_own(seen, labels, groups, n_classes)
    distances = ((seen[:, None] - means) ** 2).sum(axis=2)
    distances[np.arange(len(seen)), labels] = ((seen - own) ** 2).sum(axis=1)
    constant, by_count, by_classes = calibration.temperature
    count = len(clouds.counts) / (1.0 / clouds.counts).sum()
    prior = constant + by_count * np.log(count) + by_classes * np.log(n_classes)
    logits = -distances / 2 / clouds.widths[1]
    return HeldOut(logits, labels, groups, float(prior), calibration.doubt)


def _log(values: Floats) -> Floats:
    out: Floats = np.log(np.maximum(values, _SMALLEST))
    return out
