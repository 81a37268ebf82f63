"""The classifier's head: class probabilities from embeddings, learned from few of them.

A multinomial logistic regression that starts at, and is pulled towards, the
classifier of the nearest class prototype: with a handful of rows a class there
is little to learn beyond the prototypes, with more the data may move it. Its
temperature is then set on rows it has not seen.

Where a calibration came with the backbone, distances to the prototypes are
measured as it says, and most of what the regression learned is left out: on
photographs of people whom the backbone never saw, prototypes do better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim._kind_table import logits_of, with_table
from stylesim._tempering import held_out
from stylesim.functional import (
    best_temperature,
    class_labels,
    prototypes,
    smoothed_targets,
    softmax,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from stylesim._calibration import Calibration
    from stylesim._novelty import Clouds
    from stylesim._tempering import HeldOut
    from stylesim.functional import Floats, Ints

SHARPNESS = 12.0  # of the logits at the prototypes; chosen, as the next three, on episodes
_PULL = 0.1  # towards the prototypes
_NOISE = 0.1  # length of what is added to a row of length 1
_RATE = 0.1
_BATCH = 16
_FOLDS = 5
_KEPT = 0.25  # of what was learned beyond the prototypes; all of it serves unseen pictures worse


@attrs.frozen(eq=False)
class Head:
    """A linear classifier of embeddings with a temperature.

    Attributes:
        weight: float64 array of shape (classes, d).
        bias: float64 array of shape (classes,).
        temperature: What the logits are divided by; more evens probabilities out.
        history: For each epoch the mean loss, in nats, and the accuracy, 0 to
            1, on the rows as they were learned from.
        table: float64 array of shape (classes, kinds): how often each class shows each kind of
            garment; None where the vectors tell no kinds.
        slope: What the logits of the table are multiplied by.
    """

    weight: Floats
    bias: Floats
    temperature: float = 1.0
    history: tuple[tuple[float, float], ...] = ()
    table: Floats | None = None
    slope: float = 0.0

    def logits(self, x: npt.ArrayLike) -> Floats:
        """Logits of shape (n, classes) of rows of shape (n, d), not yet tempered."""
        rows = np.asarray(x, dtype=np.float64)
        logits: Floats = rows @ self.weight.T + self.bias
        if self.table is not None:
            logits = logits + self.slope * logits_of(rows, self.table)
        return logits

    def proba(self, x: npt.ArrayLike) -> Floats:
        """Probabilities of shape (n, classes); each row sums to 1."""
        return softmax(self.logits(x), self.temperature)


def fit_head(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    n_classes: int,
    *,
    epochs: int,
    seed: int,
    groups: npt.ArrayLike | None = None,
    on_epoch: Callable[[], object] | None = None,
) -> Head:
    """Learn a head; the same input gives the same head, and no global state is touched.

    Args:
        x: Rows of unit length, of shape (n, d).
        y: Classes of shape (n,), 0 to ``n_classes`` - 1; each at least once.
        n_classes: Number of classes, at least 2. All weigh the same, however
            many rows they have.
        epochs: Passes over the rows.
        seed: Of the order of the rows, the noise on them, and the folds.
        groups: Numbers of shape (n,): rows of one group (views of one
            picture) are never on both sides of a fold. None: each by itself.
        on_epoch: Called after each epoch.

    Returns:
        The head.

    Raises:
        InvalidArgumentError: The shapes do not fit, or a class has no row.

    Examples:
        >>> head = fit_head([[1.0, 0.0], [0.0, 1.0]], [0, 1], 2, epochs=3, seed=0)
        >>> int(head.proba([[1.0, 0.0]]).argmax())
        0

    Method: temperature by C. Guo et al., On Calibration of Modern Neural
    Networks, ICML 2017, on cross-validated logits with the targets of J. Platt,
    1999; optimiser by I. Loshchilov and F. Hutter, Decoupled Weight Decay
    Regularization, ICLR 2019.
    """
    rows = np.asarray(x, dtype=np.float64)
    labels = class_labels(y, len(rows), n_classes)
    owners = np.arange(len(rows)) if groups is None else np.unique(groups, return_inverse=True)[1]
    head = _learn(rows, labels, n_classes, epochs, seed, on_epoch)
    temperature = _temper(rows, labels, owners, n_classes, epochs, seed)
    return attrs.evolve(head, temperature=temperature)


def fit_prototypes(
    rows: Floats,
    labels: Ints,
    groups: Ints,
    clouds: Clouds,
    calibration: Calibration,
    *,
    epochs: int,
    seed: int,
    on_epoch: Callable[[], object] | None = None,
) -> tuple[Head, HeldOut]:
    """Learn a head that measures distances to prototypes as a calibration says.

    Args:
        rows: Array of shape (n, d), of unit length.
        labels: Class of each row.
        groups: Picture of each row.
        clouds: The classes.
        calibration: That of the backbone.
        epochs: Passes over the rows.
        seed: Of what is drawn in learning.
        on_epoch: Called after each epoch.

    Returns:
        The head, and what the prototypes say of pictures held out of them.

    Method: J. Snell et al., Prototypical Networks, NeurIPS 2017; what is learned beyond them
    is scaled down as by M. Wortsman et al., Robust Fine-Tuning of Zero-Shot Models, CVPR 2022.
    """
    assert clouds.space is not None
    n_classes = len(clouds.means)
    shape = clouds.space.whitening(calibration.shrink)
    seen = rows @ shape
    held = held_out(seen, labels, groups, clouds, calibration)
    temperature, scale = held.temperature(), SHARPNESS * clouds.widths[1]
    weight, bias = _nearest(seen, labels, n_classes)
    learned = _learn(seen, labels, n_classes, epochs, seed, on_epoch)
    weight = weight + _KEPT * (learned.weight - weight)
    bias = bias + _KEPT * (learned.bias - bias)
    head = Head(weight @ shape.T / scale, bias / scale, temperature, learned.history)
    if not calibration.kinds:
        return head, held
    return with_table(head, held, rows, groups, calibration.kinds)


def _nearest(x: Floats, y: Ints, n_classes: int) -> tuple[Floats, Floats]:
    """The linear classifier of the nearest prototype: weights and biases."""
    means = prototypes(x, y, n_classes)
    centre = means.mean(axis=0)
    weight = SHARPNESS * (means - centre)
    return weight, -(weight * (means - centre)).sum(axis=1) / 2 - weight @ centre


def _learn(
    x: Floats,
    y: Ints,
    n_classes: int,
    epochs: int,
    seed: int,
    on_epoch: Callable[[], object] | None = None,
) -> Head:
    rng = np.random.default_rng(seed)
    means = prototypes(x, y, n_classes)
    # Pooled features have one large direction in common, which would drown the gradient.
    centre = means.mean(axis=0)
    x, means = x - centre, means - centre
    weight = SHARPNESS * means
    bias = -(weight * means / 2).sum(axis=1)
    away = np.zeros((n_classes, x.shape[1] + 1))
    first, second = np.zeros_like(away), np.zeros_like(away)
    counts = np.bincount(y, minlength=n_classes)
    importance = len(y) / (n_classes * counts[y])
    spread = _NOISE / np.sqrt(x.shape[1])
    targets = np.eye(n_classes)[y]
    steps = -(-len(x) // _BATCH)
    history: list[tuple[float, float]] = []
    for epoch in range(epochs):
        loss = hits = 0.0
        for number, some in enumerate(np.array_split(rng.permutation(len(x)), steps)):
            step = epoch * steps + number
            noisy = x[some] + spread * rng.standard_normal((len(some), x.shape[1]))
            logits = noisy @ (weight + away[:, :-1]).T + bias + away[:, -1]
            shares = softmax(logits)
            error = (shares - targets[some]) * importance[some, None] / len(some)
            gradient = np.column_stack([error.T @ noisy, error.sum(axis=0)])
            first = 0.9 * first + 0.1 * gradient
            second = 0.99 * second + 0.01 * gradient**2
            rate = _RATE * 0.5 * (1 + np.cos(np.pi * step / (epochs * steps)))
            move = first / (1 - 0.9 ** (step + 1))
            move /= np.sqrt(second / (1 - 0.99 ** (step + 1))) + 1e-8
            away -= rate * (move + _PULL * away)
            picked = shares[np.arange(len(some)), y[some]]
            loss -= float((np.log(np.maximum(picked, 1e-12)) * importance[some]).sum())
            hits += float(((shares.argmax(axis=1) == y[some]) * importance[some]).sum())
        history.append((loss / len(x), hits / len(x)))
        if on_epoch is not None:
            on_epoch()
    weight, bias = weight + away[:, :-1], bias + away[:, -1]
    return Head(weight, bias - weight @ centre, history=tuple(history))


def _temper(x: Floats, y: Ints, owners: Ints, n_classes: int, epochs: int, seed: int) -> float:
    """Temperature that fits rows held out of learning, or 1.0 where none can be held out."""
    folds = _folds(y, owners, n_classes, seed)
    logits, labels, pictures = [], [], []
    for number in range(folds.max(initial=-1) + 1):
        out = folds == number
        kept = ~out
        if len(np.unique(y[kept])) < n_classes:
            continue
        head = _learn(x[kept], y[kept], n_classes, epochs, seed)
        logits.append(head.logits(x[out]))
        labels.append(y[out])
        pictures.append(owners[out])
    if not logits:
        return 1.0
    evidence = len(np.unique(np.concatenate(pictures)))
    targets = smoothed_targets(np.concatenate(labels), n_classes, evidence)
    return best_temperature(np.concatenate(logits), targets)


def _folds(y: Ints, owners: Ints, n_classes: int, seed: int) -> Ints:
    """Fold of each row: whole groups, each class spread over the folds."""
    rng = np.random.default_rng([seed, 1])
    fold_of = np.zeros(owners.max(initial=0) + 1, dtype=np.intp)
    for label in range(n_classes):
        members = rng.permutation(np.unique(owners[y == label]))
        fold_of[members] = np.arange(len(members)) % _FOLDS
    return fold_of[owners]
