"""The maths: what must hold for any input, and what hand-worked cases give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stylesim import functional as F
from stylesim.errors import InvalidArgumentError

numbers = st.floats(-1e6, 1e6, allow_nan=False)
matrices = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=numbers)
logits = arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(2, 5)), elements=st.floats(-50, 50)
)


@given(matrices)
def test_unit_rows_have_length_one_and_keep_their_direction(x: np.ndarray) -> None:
    unit = F.unit_rows(x)
    assert np.allclose(np.linalg.norm(unit, axis=1), 1.0)
    for row, made in zip(x, unit, strict=True):
        if np.abs(row).max() > 1e-9:
            assert np.allclose(made * np.linalg.norm(row), row, atol=1e-6 * np.abs(row).max())


@pytest.mark.parametrize("size", [1e-200, 1e-11, 1e200])
def test_unit_rows_of_extreme_numbers(size: float) -> None:
    unit = F.unit_rows([[size, size]])
    assert np.allclose(unit, np.sqrt(0.5))


@given(matrices)
def test_cosine_is_symmetric_and_bounded(x: np.ndarray) -> None:
    similar = F.cosine(x, x)
    assert np.allclose(similar, similar.T)
    assert np.allclose(np.diag(similar), 1.0)
    assert (np.abs(similar) <= 1.0).all()


def test_cosine_of_known_angles() -> None:
    assert np.allclose(F.cosine([[1, 0]], [[1, 1], [-1, 0], [0, 3]]), [[np.sqrt(0.5), -1, 0]])


@given(logits, st.floats(0.05, 20), st.floats(-100, 100))
def test_softmax_sums_to_one_and_ignores_a_common_shift(
    x: np.ndarray, temperature: float, shift: float
) -> None:
    shares = F.softmax(x, temperature)
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert np.allclose(shares, F.softmax(x + shift, temperature))
    assert (np.diff(np.take_along_axis(shares, x.argsort(axis=1), axis=1)) >= -1e-12).all()


@given(logits)
def test_a_higher_temperature_evens_probabilities_out(x: np.ndarray) -> None:
    assert (F.softmax(x, 4.0).max(axis=1) <= F.softmax(x, 1.0).max(axis=1) + 1e-12).all()


def test_softmax_stands_huge_logits() -> None:
    assert F.softmax([[1e300, 0.0]]).tolist() == [[1.0, 0.0]]
    assert F.softmax([[1e308, -1e308]]).tolist() == [[1.0, 0.0]]
    assert F.softmax([[1.0, 0.0]], 1e-310).tolist() == [[1.0, 0.0]]


def test_prototypes_are_class_means_in_any_order_of_labels() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0], [10.0, 0.0]])
    assert F.prototypes(x, [1, 1, 0], 2).tolist() == [[10.0, 0.0], [2.0, 3.0]]


@given(logits)
def test_log_loss_is_least_at_the_targets_themselves(x: np.ndarray) -> None:
    shares = F.softmax(x, 25.0)
    other = np.full_like(shares, 1 / shares.shape[1])
    assert F.log_loss(shares, shares) <= F.log_loss(other, shares) + 1e-9


def test_smoothed_targets_grow_surer_with_evidence() -> None:
    targets = F.smoothed_targets([0] * 2 + [1] * 6, 3)
    assert np.allclose(targets.sum(axis=1), 1.0)
    assert targets[0, 0] == targets[-1, 1] == pytest.approx(9 / 10)
    assert targets[-1, 0] == targets[-1, 2] == pytest.approx(0.05)
    assert F.smoothed_targets([0, 1], 2, evidence=8)[0, 0] == pytest.approx(9 / 10)


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_best_temperature_finds_the_one_that_made_the_targets(true: float) -> None:
    x = np.random.default_rng(0).normal(0, 3, (200, 4))
    assert F.best_temperature(x, F.softmax(x, true)) == pytest.approx(true, rel=0.02)


def test_best_temperature_stays_in_its_bounds() -> None:
    x = np.array([[9.0, 0.0], [0.0, 9.0]])
    assert F.best_temperature(x, 1 - np.eye(2)) == pytest.approx(20, rel=0.02)
    assert F.best_temperature(x, np.eye(2)) == pytest.approx(0.05, rel=0.2)


def test_calibration_error_by_hand() -> None:
    # Bin 0.9: two rows, one right: |0.5 - 0.9| = 0.4; bin 0.6: two rows, both right: 0.4.
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    assert F.calibration_error(shares, [0, 1, 1, 1]) == pytest.approx(0.4)
    assert F.calibration_error(np.zeros((0, 2)), np.zeros(0, int)) == 0.0


def test_calibrated_probabilities_have_little_error() -> None:
    rng = np.random.default_rng(1)
    shares = F.softmax(rng.normal(0, 2, (20_000, 3)))
    labels = (rng.random((20_000, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    assert F.calibration_error(shares, labels) < 0.02
    sharp = F.softmax(np.log(shares), 0.3)
    assert F.calibration_error(sharp, labels) > 0.1


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: F.unit_rows([1.0, 2.0]), "x"),
        (lambda: F.unit_rows([[np.nan]]), "x"),
        (lambda: F.cosine([[1.0]], [[1.0, 2.0]]), "b"),
        (lambda: F.softmax([[0.0]], 0.0), "temperature"),
        (lambda: F.softmax([[0.0]], np.nan), "temperature"),
        (lambda: F.prototypes([[0.0]], [0], 2), "y"),
        (lambda: F.prototypes([[0.0]], [2], 2), "y"),
        (lambda: F.prototypes([[0.0]], [0.5], 1), "y"),
        (lambda: F.prototypes([[0.0]], [0, 0], 1), "y"),
        (lambda: F.log_loss([[1.0]], [[1.0, 0.0]]), "targets"),
        (lambda: F.calibration_error([[1.0, 0.0]], [0, 1]), "y"),
        (lambda: F.unit_rows([["a"]]), "x"),
        (lambda: F.unit_rows([[1.0], [1.0, 2.0]]), "x"),
        (lambda: F.unit_rows([[10**400]]), "x"),
        (lambda: F.softmax([[0.0]], None), "temperature"),
        (lambda: F.softmax([[0.0]], "1"), "temperature"),
        (lambda: F.softmax([[0.0]], True), "temperature"),
        (lambda: F.prototypes([[0.0]], [0], 1.0), "n_classes"),
        (lambda: F.class_labels([[0], [1, 2]], None, 3), "y"),
        (lambda: F.smoothed_targets([0, 0], 1), "n_classes"),
        (lambda: F.smoothed_targets([0, 1], 2, -2), "evidence"),
        (lambda: F.best_temperature([[1.0, 0.0]], [[1, 0]], lowest=0), "lowest"),
        (lambda: F.best_temperature([[1.0, 0.0]], [[1, 0]], highest=np.inf), "highest"),
        (lambda: F.best_temperature([[1.0, 0.0]], [[1, 0]], lowest=5, highest=1), "highest"),
        (lambda: F.calibration_error([[0.5, 0.5]], [0], 0), "bins"),
        (lambda: F.calibration_error([[0.5, 0.5]], [0], 2.5), "bins"),
        (lambda: F.calibration_error([[-2.0, -0.5]], [0]), "probabilities"),
        (lambda: F.calibration_error([[2.0, 0.5]], [0]), "probabilities"),
    ],
)
def test_wrong_input_is_named(call: object, argument: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        call()  # type: ignore[operator]
    assert caught.value.details["argument"] == argument
