"""Heads: what they learn, how sure they are, and that nothing else moves."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylesim._head import fit_head
from stylesim.errors import InvalidArgumentError
from stylesim.functional import calibration_error, log_loss, softmax, unit_rows


def cloud(
    counts: list[int], spread: float, seed: int = 0, dim: int = 16, centres: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    middle = unit_rows(np.random.default_rng(centres).normal(0, 1, (len(counts), dim)))
    y = np.repeat(np.arange(len(counts)), counts)
    noise = np.random.default_rng(seed).normal(0, spread / np.sqrt(dim), (len(y), dim))
    return unit_rows(middle[y] + noise), y


def test_separate_classes_are_learned_from_two_rows_each() -> None:
    x, y = cloud([2, 2, 2], 0.2)
    head = fit_head(x, y, 3, epochs=20, seed=0)
    new, truth = cloud([50, 50, 50], 0.2, seed=1)
    assert (head.proba(new).argmax(axis=1) == truth).mean() > 0.98


def test_probabilities_of_rows_not_learned_from_are_calibrated() -> None:
    tempered, raw, truths = [], [], []
    for seed in range(40):
        x, y = cloud([3] * 4, 3.0, seed, dim=64, centres=seed)
        new, truth = cloud([30] * 4, 3.0, 1000 + seed, dim=64, centres=seed)
        head = fit_head(x, y, 4, epochs=20, seed=seed)
        tempered.append(head.proba(new))
        raw.append(softmax(head.logits(new)))
        truths.append(truth)
    error, untempered = (
        calibration_error(np.concatenate(p), np.concatenate(truths)) for p in (tempered, raw)
    )
    assert error < 0.1
    assert untempered > 0.25


def test_few_rows_are_believed_less_than_many() -> None:
    sure = []
    for shots in (2, 10):
        x, y = cloud([shots] * 3, 0.5)
        sure.append(fit_head(x, y, 3, epochs=20, seed=0).proba(x).max(axis=1).mean())
    assert sure[0] < sure[1]


def test_classes_weigh_the_same_however_many_rows_they_have() -> None:
    new, truth = cloud([200, 200], 1.5, seed=99)
    gaps = []
    for seed in range(10):
        x, y = cloud([40, 4], 1.5, seed)
        right = fit_head(x, y, 2, epochs=20, seed=0).proba(new).argmax(axis=1) == truth
        gaps.append(right[truth == 0].mean() - right[truth == 1].mean())
    assert abs(np.mean(gaps)) < 0.15


def test_each_epoch_is_run_and_told() -> None:
    x, y = cloud([8, 8], 1.0)
    calls: list[int] = []
    heads = [
        fit_head(x, y, 2, epochs=n, seed=0, on_epoch=lambda: calls.append(1)) for n in (1, 5, 30)
    ]
    assert [len(head.history) for head in heads] == [1, 5, 30]
    assert len(calls) == 36
    losses = [loss for loss, _ in heads[2].history]
    assert losses[-1] < 0.8 * losses[0]
    assert 0.0 <= heads[2].history[0][1] <= heads[2].history[-1][1] <= 1.0


def test_more_epochs_fit_the_rows_more_closely() -> None:
    x, y = cloud([8, 8, 8], 2.0)
    hot = np.eye(3)[y]
    fits = [
        log_loss(np.exp(z) / np.exp(z).sum(1, keepdims=True), hot)
        for z in (fit_head(x, y, 3, epochs=n, seed=0).logits(x) for n in (1, 10, 100))
    ]
    assert fits[0] > fits[1] > fits[2]


def test_the_same_seed_gives_the_same_head_and_no_global_state_moves() -> None:
    x, y = cloud([6, 6], 1.0)
    before = random.getstate(), str(np.random.get_state())  # noqa: NPY002 - the global one is meant
    one, two, other = (fit_head(x, y, 2, epochs=5, seed=s) for s in (1, 1, 2))
    assert (random.getstate(), str(np.random.get_state())) == before  # noqa: NPY002
    assert np.array_equal(one.weight, two.weight)
    assert one.temperature == two.temperature
    assert not np.array_equal(one.weight, other.weight)


def test_input_is_left_as_it_is() -> None:
    x, y = cloud([3, 3], 1.0)
    kept = x.copy()
    fit_head(x, y, 2, epochs=3, seed=0)
    assert np.array_equal(x, kept)


def test_views_of_one_picture_are_not_taken_for_new_evidence() -> None:
    # Noise that classes cannot be told by; each row is there five times.
    rng = np.random.default_rng(0)
    x = np.repeat(unit_rows(rng.normal(0, 1, (10, 16))), 5, axis=0)
    y = np.repeat(np.arange(10) % 2, 5)
    fooled = fit_head(x, y, 2, epochs=20, seed=0)
    wary = fit_head(x, y, 2, epochs=20, seed=0, groups=np.repeat(np.arange(10), 5))
    assert fooled.proba(x).max(axis=1).mean() > 0.9
    assert wary.proba(x).max(axis=1).mean() < 0.7


def test_all_rows_the_same_gives_even_odds() -> None:
    x = unit_rows(np.ones((6, 4)))
    head = fit_head(x, [0, 0, 0, 1, 1, 1], 2, epochs=10, seed=0)
    assert np.allclose(head.proba(x), 0.5, atol=0.05)


def test_one_row_a_class_leaves_nothing_to_hold_out() -> None:
    head = fit_head(np.eye(3), [0, 1, 2], 3, epochs=5, seed=0)
    assert head.temperature == 1.0
    assert head.proba(np.eye(3)).argmax(axis=1).tolist() == [0, 1, 2]


@given(st.integers(2, 5), st.integers(1, 6), st.integers(0, 9))
def test_any_counts_give_probabilities(classes: int, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), rng.integers(0, classes, rows)])
    x = unit_rows(rng.normal(0, 1, (len(y), 5)))
    shares = fit_head(x, y, classes, epochs=2, seed=seed).proba(x)
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert np.isfinite(shares).all()


@pytest.mark.parametrize(
    ("x", "y"), [(np.eye(2), [0, 0]), (np.eye(2), [0, 1, 1]), (np.eye(2) * np.nan, [0, 1])]
)
def test_input_that_does_not_fit_is_refused(x: Any, y: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        fit_head(x, y, 2, epochs=1, seed=0)
