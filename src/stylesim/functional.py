"""Pure maths on arrays: no pictures, no networks, no state.

Rows are things, columns are features or classes. Everything is computed in
float64, whatever comes in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from stylesim._checks import array_of, check_whole, is_number, matrix
from stylesim.errors import expected

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]
    Ints: TypeAlias = npt.NDArray[np.intp]

_SMALLEST = 1e-12
_ROUNDING = 1e-6  # of probabilities in single precision


def unit_rows(x: npt.ArrayLike) -> Floats:
    """Scale each row to unit length.

    Args:
        x: Array of shape (n, d) of finite numbers.

    Returns:
        Array of shape (n, d). A row of zeros becomes the even direction, so
        that nothing downstream divides by zero.

    Raises:
        InvalidArgumentError: ``x`` is not of that shape, or not finite.

    Examples:
        >>> unit_rows([[3.0, 4.0]]).tolist()
        [[0.6, 0.8]]
    """
    rows = matrix(x, "x")
    # By the largest entry first: squares of very large or small numbers leave the range.
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = np.where(largest > _SMALLEST, rows / np.maximum(largest, _SMALLEST), 1.0)
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def cosine(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """Cosine similarity of every row of ``a`` with every row of ``b``.

    Args:
        a: Array of shape (n, d).
        b: Array of shape (m, d).

    Returns:
        Array of shape (n, m), -1 to 1.

    Raises:
        InvalidArgumentError: The shapes do not fit, or a number is not finite.

    Examples:
        >>> cosine([[1.0, 0.0]], [[2.0, 0.0], [0.0, 5.0]]).tolist()
        [[1.0, 0.0]]
    """
    left, right = unit_rows(a), unit_rows(b)
    if left.shape[1] != right.shape[1]:
        wish = f"rows of length {left.shape[1]}, as a has"
        raise expected("b", wish, f"shape {right.shape}", "embed both with one backbone")
    return np.clip(left @ right.T, -1.0, 1.0)


def softmax(logits: npt.ArrayLike, temperature: float = 1.0) -> Floats:
    """Turn logits into probabilities.

    Args:
        logits: Array of shape (n, c).
        temperature: More than 1 evens the probabilities out, less sharpens them.

    Returns:
        Array of shape (n, c), 0 to 1; each row sums to 1.

    Raises:
        InvalidArgumentError: ``logits`` is not of that shape or not finite, or
            ``temperature`` is not positive.

    Examples:
        >>> softmax([[0.0, 0.0]]).tolist()
        [[0.5, 0.5]]
    """
    rows = matrix(logits, "logits")
    _check_positive("temperature", temperature, "pass 1.0")
    with np.errstate(over="ignore"):  # what is that much smaller has no share
        rows = (rows - rows.max(axis=1, keepdims=True, initial=-np.inf)) / temperature
    powers = np.exp(rows)
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def prototypes(x: npt.ArrayLike, y: npt.ArrayLike, n_classes: int) -> Floats:
    """Mean row of each class.

    Args:
        x: Array of shape (n, d).
        y: Whole numbers of shape (n,), 0 to ``n_classes`` - 1; each at least once.
        n_classes: Number of classes.

    Returns:
        Array of shape (n_classes, d).

    Raises:
        InvalidArgumentError: A class has no row, or the shapes do not fit.

    Examples:
        >>> prototypes([[0.0], [2.0], [5.0]], [0, 0, 1], 2).tolist()
        [[1.0], [5.0]]

    Method: J. Snell, K. Swersky and R. Zemel, Prototypical Networks for
    Few-shot Learning, NeurIPS 2017.
    """
    rows = matrix(x, "x")
    labels = class_labels(y, len(rows), n_classes)
    counts = np.bincount(labels, minlength=n_classes)
    if not counts.all():
        empty = np.flatnonzero(counts == 0).tolist()
        todo = "leave classes without rows out"
        raise expected("y", f"each of {n_classes} classes", f"none of {empty}", todo)
    sums = np.zeros((n_classes, rows.shape[1]))
    np.add.at(sums, labels, rows)
    return sums / counts[:, None]


def log_loss(probabilities: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """Mean cross-entropy of probabilities against target probabilities.

    Args:
        probabilities: Array of shape (n, c), 0 to 1.
        targets: Array of shape (n, c): one-hot rows or soft ones.

    Returns:
        Nats, at least 0; probabilities below 1e-12 count as that.

    Raises:
        InvalidArgumentError: The shapes differ, or there is no row.

    Examples:
        >>> round(log_loss([[0.5, 0.5]], [[1.0, 0.0]]), 4)
        0.6931
    """
    shares, goals = matrix(probabilities, "probabilities"), matrix(targets, "targets")
    if shares.shape != goals.shape or not len(shares):
        wish = f"shape {shares.shape} with at least one row"
        raise expected("targets", wish, f"shape {goals.shape}", "pass one row a thing")
    return float(-(goals * np.log(np.maximum(shares, _SMALLEST))).sum(axis=1).mean())


def smoothed_targets(y: npt.ArrayLike, n_classes: int, evidence: int | None = None) -> Floats:
    """One-hot targets, less certain the less evidence there is.

    After N things, all told right, a uniform prior over the rate of errors
    still expects the next to be told right with probability (N + 1) / (N + 2)
    only. That is aimed at; the rest is shared evenly.

    Args:
        y: Whole numbers of shape (n,), 0 to ``n_classes`` - 1.
        n_classes: Number of classes, at least 2.
        evidence: N, the number of independent things among the rows; None
            for all of them.

    Returns:
        Array of shape (n, n_classes); each row sums to 1.

    Raises:
        InvalidArgumentError: A label or an argument is out of range.

    Examples:
        >>> smoothed_targets([0, 1], 2).tolist()
        [[0.75, 0.25], [0.25, 0.75]]

    Method: after J. Platt, Probabilistic Outputs for Support Vector Machines,
    1999, who counts each class by itself.
    """
    check_whole("n_classes", n_classes, "pass the number of classes", least=2)
    if evidence is not None:
        check_whole("evidence", evidence, "pass the number of things", least=0)
    labels = class_labels(y, None, n_classes)
    count = len(labels) if evidence is None else evidence
    hit = (count + 1) / (count + 2)
    targets = np.full((len(labels), n_classes), (1 - hit) / (n_classes - 1))
    targets[np.arange(len(labels)), labels] = hit
    return targets


def best_temperature(
    logits: npt.ArrayLike, targets: npt.ArrayLike, *, lowest: float = 0.05, highest: float = 20.0
) -> float:
    """Temperature under which logits fit the targets best.

    Args:
        logits: Array of shape (n, c), of rows that were not learned from.
        targets: Array of shape (n, c) of target probabilities.
        lowest: Smallest temperature to consider.
        highest: Largest temperature to consider.

    Returns:
        The minimiser of ``log_loss``, to within 1%.

    Raises:
        InvalidArgumentError: The shapes differ, there is no row, or a bound is
            out of range.

    Examples:
        >>> 9.9 < best_temperature([[10.0, 0.0], [0.0, 10.0]], [[0.73, 0.27], [0.27, 0.73]]) < 10.2
        True

    Method: C. Guo, G. Pleiss, Y. Sun and K. Weinberger, On Calibration of
    Modern Neural Networks, ICML 2017.
    """
    _check_positive("lowest", lowest, "pass 0.05")
    _check_positive("highest", highest, "pass 20.0")
    if highest < lowest:
        wish = f"a number of at least lowest, {lowest}"
        raise expected("highest", wish, highest, "pass the larger one as highest")

    def loss(log_temperature: float) -> float:
        return log_loss(softmax(logits, float(np.exp(log_temperature))), targets)

    # The loss is convex in 1/temperature, so it has one valley: golden-section search.
    ratio = (np.sqrt(5.0) - 1) / 2
    low, high = float(np.log(lowest)), float(np.log(highest))
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    loss_left, loss_right = loss(left), loss(right)
    while high - low > 0.01:
        if loss_left <= loss_right:
            high, right, loss_right = right, left, loss_left
            left = high - ratio * (high - low)
            loss_left = loss(left)
        else:
            low, left, loss_left = left, right, loss_right
            right = low + ratio * (high - low)
            loss_right = loss(right)
    return float(np.exp((low + high) / 2))


def calibration_error(probabilities: npt.ArrayLike, y: npt.ArrayLike, bins: int = 10) -> float:
    """Expected calibration error of the most probable class.

    Args:
        probabilities: Array of shape (n, c), 0 to 1.
        y: True classes of shape (n,), 0 to c - 1.
        bins: Number of equally wide bins of confidence.

    Returns:
        Mean distance of confidence and accuracy over the bins, weighted by
        their rows; 0 to 1, 0 is best. 0.0 for no rows.

    Raises:
        InvalidArgumentError: The shapes do not fit, or a number is out of range.

    Examples:
        >>> round(calibration_error([[0.8, 0.2], [0.2, 0.8]], [0, 1]), 4)
        0.2

    Method: M. Pakdaman Naeini, G. Cooper and M. Hauskrecht, Obtaining Well
    Calibrated Probabilities Using Bayesian Binning, AAAI 2015.
    """
    shares = matrix(probabilities, "probabilities")
    labels = class_labels(y, len(shares), shares.shape[1])
    check_whole("bins", bins, "pass bins=10")
    if not len(shares):
        return 0.0
    if shares.min() < 0 or shares.max() > 1 + _ROUNDING:
        got = f"{shares.min():g} to {shares.max():g}"
        raise expected("probabilities", "numbers from 0 to 1", got, "pass what softmax gives")
    confidence = shares.max(axis=1)
    right = shares.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(shares))


def class_labels(y: npt.ArrayLike, rows: int | None, n_classes: int) -> Ints:
    """Return class numbers as an array of whole numbers, checked.

    Args:
        y: Whole numbers of shape (n,).
        rows: How many there shall be; None for any number.
        n_classes: Each is 0 to ``n_classes`` - 1.

    Returns:
        Array of shape (n,).

    Raises:
        InvalidArgumentError: There are more or fewer, or one is out of range.

    Examples:
        >>> class_labels([0, 1], 2, 2).tolist()
        [0, 1]
    """
    check_whole("n_classes", n_classes, "pass the number of classes", least=0)
    labels = array_of(y, "y")
    if labels.ndim != 1 or (rows is not None and len(labels) != rows):
        wish = "one class a row" if rows is None else f"{rows} classes, one a row"
        raise expected("y", wish, f"shape {labels.shape}", "pass as many as there are rows")
    if labels.dtype.kind not in "iu" and labels.size:
        raise expected("y", "whole numbers", f"dtype {labels.dtype}", "number the classes from 0")
    if labels.size and (labels.min() < 0 or labels.max() >= n_classes):
        got = f"{labels.min()} to {labels.max()}"
        raise expected("y", f"numbers from 0 to {n_classes - 1}", got, "number the classes from 0")
    return labels.astype(np.intp)


def _check_positive(argument: str, value: object, todo: str) -> None:
    number = value[()] if isinstance(value, np.ndarray) and not value.ndim else value
    if not is_number(number) or not 0 < number < np.inf:
        raise expected(argument, "a positive number", value, todo)
