"""Whether something is of no class at all, and how far a similarity can be relied on.

Both come from the same picture of the classes: each is a cloud around the mean of its few
photographs. Far from every cloud is "neither". And as another ten photographs would have put
the means elsewhere, moving them about tells how much a similarity depends on the draw.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import count as count_from
from statistics import NormalDist
from typing import TYPE_CHECKING
from zlib import crc32

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from stylesim._calibration import Calibration, Space
    from stylesim.functional import Floats, Ints

DRAWS = 384
_SKIPPED = 200  # points of the sequence before those taken
_FALLBACK_SPREAD = 2.0
_STEEPNESS = 4.0  # of log-odds by spreads, where nothing was calibrated
_SPREADS = 4.0  # beyond the target's own rows, until "neither" is as likely as not
_NARROWEST = 0.25
_LEAST = 1e-12
_MOST = 500.0  # nats
FLOOR = 1e-3  # of a probability that is pooled: no slot by itself rules a class out for sure


@attrs.frozen(eq=False)
class Clouds:
    """The classes of one region as clouds around their means.

    Attributes:
        means: float64 array of shape (classes, d).
        counts: Pictures of each class.
        widths: Mean squared distance of a row from its own class, on three scales: all
            directions alike, as the head weighs them, as "far" weighs them.
        typical: Where the relative distance of the target's own rows lies, and how it spreads.
        space: The shipped space; None where the target is all that is known.
        shrinks: How evenly head and "far" weigh directions.
        novelty: Coefficients of the log-odds of "neither"; None where nothing was calibrated.
        spread: What standard deviations of log-odds are multiplied by.
        temperature: Of the log-odds of classes, when distances are in widths.
    """

    means: Floats
    counts: Floats
    widths: tuple[float, float, float]
    typical: tuple[float, float]
    space: Space | None
    shrinks: tuple[float, float] = (1.0, 1.0)
    novelty: tuple[float, ...] | None = None
    spread: float = _FALLBACK_SPREAD
    temperature: float = 1.0

    def distances(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Squared distances of shape (n, classes) on the three scales, not yet in widths."""
        plain = _squared(x, self.means)
        if self.space is None:
            return plain, plain, plain
        across = (x @ self.space.basis)[:, None] - self.means @ self.space.basis
        return _on_scales(plain, across, self.space, self.shrinks)

    def features(self, x: Floats, moved: Floats | None = None) -> Floats:
        """What tells "neither", of rows of shape (n, d).

        Args:
            x: The rows.
            moved: Array of shape (..., n, classes) to add to the squared distances in widths.

        Returns:
            Array of shape (..., n, 3): distance from the nearest class, less that from the mean
            garment (the former alone where no space is shipped); the same with the directions
            weighed, alone; and the first again, less that from the nearest kind of garment.
        """
        plain, _, far = self.distances(x)
        # The mean of n pictures is itself off by a part of their width.
        fair = self.counts / (self.counts + 1.0)
        near = fair * plain / self.widths[0]
        near = (near if moved is None else near + moved).min(axis=-1)
        strange = (fair * far / self.widths[2]).min(axis=-1)
        if self.space is None:
            rows = (near, strange, near)
        else:
            apart = ((x - self.space.centre) ** 2).sum(axis=1) / self.space.total
            kind = _squared(x, self.space.kinds).min(axis=1) / self.widths[0]
            rows = (near - apart, strange, near - kind)
        out: Floats = np.stack(np.broadcast_arrays(*rows), axis=-1)
        return out

    def log_odds(self, x: Floats, moved: Floats | None = None) -> Floats:
        """Log-odds of "neither", of shape (..., n), of rows of shape (n, d)."""
        said = self.features(x, moved)
        if self.novelty is None:
            middle, wide = self.typical
            out: Floats = _STEEPNESS * ((said[..., 0] - middle) / wide - _SPREADS)
            return out
        constant, *slopes = self.novelty
        return np.asarray(constant + said @ np.array(slopes))

    def draws(self, x: Floats, logits: Floats, tossed: Floats) -> tuple[Floats, Floats]:
        """What other draws of the target's photographs might have said.

        Args:
            x: Rows of shape (n, d).
            logits: Array of shape (n, classes), already tempered.
            tossed: Array of shape (draws, classes) of `normals`.

        Returns:
            Probabilities of the first class and of "neither", both of shape (draws, n).
        """
        squared = self.distances(x)[1] / max(self.widths[1], _LEAST)
        # Classes of n pictures lie off by the width / n, of which one direction in d counts; and
        # the fewer tell how wide they are, the farther. On the training photographs n - 1, as in
        # Student's t, covers more the fewer pictures there are, n - 1/2 less so.
        off = self.spread * np.sqrt(squared / (np.fmax(self.counts - 0.5, 0.5) * x.shape[1]))
        normal = tossed[:, None] * off
        moved = logits + normal / self.temperature
        # Of the softmax only the first is asked for.
        ahead = np.exp(np.minimum(moved[..., 1:] - moved[..., :1], _MOST))
        shares = 1.0 / (1.0 + ahead.sum(axis=-1))
        # A mean that lies nearer by one unit of logits is nearer by two of squared distance.
        odds = self.log_odds(x, -2.0 * normal)
        return shares, sigmoid(odds)


def clouds_of(
    rows: Floats,
    labels: Ints,
    groups: Ints,
    n_classes: int,
    calibration: Calibration | None,
    region: str,
) -> Clouds:
    """Describe the classes of one region; the temperature is left to the head.

    Args:
        rows: Array of shape (n, d).
        labels: Class of each row.
        groups: Picture of each row; each belongs to one class.
        n_classes: Number of classes, each with at least two pictures.
        calibration: Where one is shipped.
        region: Which of its spaces to use.
    """
    pictures = np.array([len(np.unique(groups[labels == k])) for k in range(n_classes)], float)
    means, own = without_own(rows, labels, groups, n_classes)
    # As they are kept in a file.
    means = means.astype(np.float32).astype(np.float64)
    away = rows - own
    plain = (away**2).sum(axis=1)
    space = None if calibration is None else calibration.space(region)
    if calibration is None or space is None:
        shrinks, scales = (1.0, 1.0), (plain,) * 3
        between = _squared(means, means)[np.triu_indices(n_classes, 1)]
        least = float(between.min(initial=np.inf)) / 4 if n_classes > 1 else 0.0
    else:
        shrinks = (calibration.shrink, calibration.far_shrink)
        scales = _on_scales(plain, away @ space.basis, space, shrinks)
        least = space.within / 4
    # Measured from a mean without its own picture, a row lies farther off than from all.
    fair = ((pictures - 1.0) / pictures)[labels]
    shares = 1.0 / np.bincount(labels, minlength=n_classes)[labels] / n_classes
    widths = [max(float((shares * fair * scale).sum()), least, _LEAST) for scale in scales]
    near = fair * plain / widths[0]
    middle = float(np.median(near))
    wide = max(1.4826 * float(np.median(np.abs(near - middle))), _NARROWEST)
    return Clouds(
        means=means,
        counts=pictures,
        widths=(widths[0], widths[1], widths[2]),
        typical=(middle, wide),
        space=space,
        shrinks=shrinks,
        novelty=None if calibration is None else calibration.novelty,
        spread=_FALLBACK_SPREAD if calibration is None else calibration.spread,
    )


def _on_scales(
    plain: Floats, across: Floats, space: Space, shrinks: tuple[float, float]
) -> tuple[Floats, Floats, Floats]:
    """Squared lengths of differences, given as such and as coordinates in the basis."""
    scales = [plain]
    for shrink in shrinks:
        values, rest = space.weights(shrink)
        scales.append(rest * plain + (across**2) @ (values - rest))
    return scales[0], scales[1], scales[2]


def without_own(rows: Floats, labels: Ints, groups: Ints, n_classes: int) -> tuple[Floats, Floats]:
    """Means of the classes, and for each row that of its class without its own picture."""
    hot = np.eye(n_classes)[labels]
    sums, sizes = hot.T @ rows, hot.sum(axis=0)
    _, owner = np.unique(groups, return_inverse=True)
    mine = np.zeros((owner.max(initial=0) + 1, rows.shape[1]))
    np.add.at(mine, owner, rows)
    count = np.bincount(owner)
    rest = np.maximum(sizes[labels] - count[owner], 1.0)[:, None]
    return sums / sizes[:, None], (sums[labels] - mine[owner]) / rest


def normals(classes: Sequence[str], region: str) -> Floats:
    """Standard normal numbers of shape (DRAWS, classes), evenly spread.

    The wanted class comes first; the others have theirs by name, so that their order changes
    nothing. Each region of the body has them in an order of its own: other photographs of a class
    would show other tops and other skirts, and one tells little of the other.
    """
    rest = sorted(classes[1:])
    drawn: Floats = _spread_out(len(classes))[
        :, [0, *(1 + rest.index(name) for name in classes[1:])]
    ]
    return drawn[_order(region)]


@lru_cache(maxsize=32)
def _order(region: str) -> Ints:
    return np.random.default_rng(crc32(region.encode())).permutation(DRAWS)


@lru_cache(maxsize=8)
def _spread_out(columns: int) -> Floats:
    """Each column the same quantiles, in an order of its own, and all of them mirrored.

    Method: the order is that of J. Halton, On the Efficiency of Certain Quasi-Random Sequences of
    Points, Numerische Mathematik 1960, from a place on where few columns go together.
    """
    count = DRAWS // 2
    quantiles = np.array([NormalDist().inv_cdf((rank + 0.5) / count) for rank in range(count)])
    half = np.empty((count, columns))
    for column, base in zip(range(columns), _primes(), strict=False):
        rest, place, unit = np.arange(_SKIPPED, _SKIPPED + count), np.zeros(count), 1.0
        while rest.any():
            unit /= base
            place, rest = place + unit * (rest % base), rest // base
        half[:, column] = quantiles[place.argsort().argsort()]
    out: Floats = np.concatenate([half, -half])
    out.setflags(write=False)
    return out


def _primes() -> Iterator[int]:
    return (n for n in count_from(2) if all(n % k for k in range(2, n)))


def sigmoid(x: Floats) -> Floats:
    """Probability of log-odds; saturates without overflow."""
    out: Floats = 0.5 * (1.0 + np.tanh(0.5 * x))
    return out


def log_odds(p: npt.ArrayLike, floor: float = FLOOR) -> Floats:
    """Log-odds of probabilities, of which none counts as 0 or 1."""
    values = np.asarray(p, dtype=np.float64)
    out: Floats = np.log(values + floor) - np.log(1.0 + floor - values)
    return out


def _squared(x: Floats, means: Floats) -> Floats:
    products = (x**2).sum(axis=1)[:, None] - 2.0 * x @ means.T + (means**2).sum(axis=1)
    out: Floats = np.maximum(products, 0.0)
    return out
