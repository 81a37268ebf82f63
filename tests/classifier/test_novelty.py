"""Neither: on clouds whose truth is known."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from around import DIM, fit, measured, middles, rows_around, said, views_of
from hypothesis import given
from hypothesis import strategies as st

from stylesim._calibration import Calibration, Space, calibration_from, calibration_parts, space_of
from stylesim._clouds_file import clouds_from, clouds_parts
from stylesim._opinions import opinions
from stylesim._regions import WHOLE, Learned, learn_regions
from stylesim._tempering import held_out
from stylesim.functional import calibration_error, unit_rows


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return measured()


def test_probabilities_are_calibrated(calibration: Calibration) -> None:
    shares, truth = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        learned = fit(calibration, rng, shots=3)
        for label in range(3):
            shares += [one.proba for one in said(learned, rows_around(middles(30)[label], 30, rng))]
            truth += [label] * 30
    assert calibration_error(np.stack(shares), np.array(truth)) < 0.1


def test_what_is_near_no_class_is_neither(calibration: Calibration) -> None:
    rng = np.random.default_rng(0)
    learned = fit(calibration, rng)
    known = [one.neither for one in said(learned, rows_around(middles(30)[0], 60, rng))]
    other = [one.neither for m in middles(30)[3:] for one in said(learned, rows_around(m, 3, rng))]
    assert np.mean(known) < 0.2
    assert np.mean(other) > 0.6
    assert np.mean(np.array(other)[:, None] > np.array(known)) > 0.9


def test_without_a_calibration_only_what_is_far_is_neither() -> None:
    rng = np.random.default_rng(0)
    learned = fit(None, rng)
    known = [one.neither for one in said(learned, rows_around(middles(30)[0], 60, rng))]
    far = [one.neither for one in said(learned, -unit_rows(middles(30)[:3].sum(0)[None]))]
    assert np.mean(known) < 0.1
    assert far[0] > 0.5


@given(st.permutations(range(6)), st.integers(0, 3))
def test_the_order_of_photographs_changes_nothing(order: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [rows_around(m, 6, rng) for m in middles(3)]
    query = views_of(rows_around(middles(3)[0], 4, rng))
    answers = []
    for some in (list(range(6)), order):
        views = [[(view,) for view in views_of(x[some])] for x in rows]
        learned = Learned(("a", "b", "c"), learn_regions(views, epochs=1, seed=0), ())
        answers.append([one["upper"].neither for one in opinions(query, learned)])
    assert np.allclose(*answers, atol=1e-6)


def test_prototypes_do_not_depend_on_the_order(calibration: Calibration) -> None:
    rng = np.random.default_rng(3)
    rows = [rows_around(m, 6, rng) for m in middles(3)]
    temperatures = []
    for order in (np.arange(6), rng.permutation(6)):
        views = [[(view,) for view in views_of(x[order])] for x in rows]
        heads = learn_regions(views, epochs=1, seed=0, calibration=calibration)
        temperatures.append(heads["upper"].head.temperature)
    assert temperatures[0] == pytest.approx(temperatures[1], rel=1e-6)


def test_two_identical_classes_share_the_probability(calibration: Calibration) -> None:
    rng = np.random.default_rng(0)
    same = rows_around(middles(30)[0], 6, rng)
    rows = [same, rows_around(middles(30)[1], 6, rng), same]
    views = [[(view,) for view in views_of(x)] for x in rows]
    heads = learn_regions(views, epochs=20, seed=0, calibration=calibration)
    for one in said(Learned(("a", "b", "c"), heads, ()), same):
        assert one.proba[0] == pytest.approx(one.proba[2], abs=0.1)


@pytest.mark.parametrize("calibrated", [True, False])
def test_photographs_all_the_same_still_give_numbers(
    calibration: Calibration, calibrated: bool
) -> None:
    row = middles(2)
    views = [[(view,) for view in views_of(np.repeat(row[[k]], 3, 0))] for k in (0, 1)]
    heads = learn_regions(views, epochs=1, seed=0, calibration=calibration if calibrated else None)
    learned = Learned(("a", "b"), heads, ())
    (one,) = said(learned, row[:1])
    assert one.proba[0] > 0.5 > one.neither
    assert np.isfinite(one.draws).all()
    (everything,) = said(
        Learned(
            ("a", "b"),
            learn_regions(
                [views[0], views[0]],
                epochs=1,
                seed=0,
                calibration=calibration if calibrated else None,
            ),
            (),
        ),
        row[:1],
    )
    assert everything.proba[0] == pytest.approx(0.5, abs=0.05)


def test_a_picture_without_a_garment_is_neither(calibration: Calibration) -> None:
    rng = np.random.default_rng(0)
    learned = fit(calibration, rng)
    (one,) = opinions(views_of(rows_around(middles(30)[0], 1, rng), slot=None), learned)
    assert set(one) == {WHOLE}
    assert one[WHOLE].neither >= 0.95
    assert one[WHOLE].draws.max() <= 0.05 + 1e-9


def test_where_whole_pictures_are_all_there_is_nothing_found_says_nothing(
    calibration: Calibration,
) -> None:
    rng = np.random.default_rng(0)
    rows = [rows_around(m, 6, rng) for m in middles(30)[:2]]
    views = [[(view,) for view in views_of(x, slot=None)] for x in rows]
    heads = learn_regions(views, epochs=1, seed=0, calibration=calibration)
    (one,) = opinions(views_of(rows[0][:1], slot=None), Learned(("a", "b"), heads, ()))
    assert one[WHOLE].neither < 0.5


def test_views_of_one_picture_are_held_out_together(calibration: Calibration) -> None:
    rng = np.random.default_rng(0)
    x = np.repeat(unit_rows(rng.normal(0, 1, (10, DIM))), 4, axis=0)
    y = np.repeat(np.arange(10) % 2, 4)
    from stylesim._novelty import clouds_of

    wary, fooled = (
        held_out(x, y, g, clouds_of(x, y, g, 2, calibration, "upper"), calibration)
        for g in (np.repeat(np.arange(10), 4), np.arange(40))
    )
    own = np.arange(len(y)), y
    assert wary.logits[own].mean() < fooled.logits[own].mean()
    assert wary.temperature() > fooled.temperature()


def test_distances_keep_their_mean_however_directions_are_weighed() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, np.linspace(0.2, 2, DIM), (4000, DIM))
    space = space_of(x, np.zeros(len(x)), np.zeros(len(x)), DIM)
    for shrink in (0.0, 0.3, 1.0):
        shaped = (x - x.mean(0)) @ space.whitening(shrink)
        assert (shaped**2).sum(1).mean() == pytest.approx((x.var(0)).sum(), rel=0.02)
    assert np.allclose(np.cov(((x - x.mean(0)) @ space.whitening(0.0)).T), np.eye(DIM) * (
        x.var(0).mean()
    ), atol=0.15)  # fmt: skip


def test_a_calibration_survives_its_file(calibration: Calibration) -> None:
    tensors, header = calibration_parts(calibration)
    back = calibration_from(tensors, header)
    assert back.temperature == calibration.temperature
    assert back.novelty == calibration.novelty
    assert np.allclose(back.space("shoes").basis, calibration.space("bag").basis, atol=1e-3)
    for name in ("spaces", "novelty", "kind"):
        with pytest.raises((KeyError, ValueError)):
            calibration_from(tensors, {k: v for k, v in header.items() if k != name})
    with pytest.raises(ValueError, match="hold together"):
        calibration_from({**tensors, "whole.basis": tensors["whole.basis"][:-1]}, header)


def test_clouds_survive_their_file(calibration: Calibration) -> None:
    learned = fit(calibration, np.random.default_rng(0))
    tensors, header = clouds_parts(learned.heads)
    back = clouds_from(tensors, header)
    query = rows_around(middles(30)[5], 5, np.random.default_rng(1))
    for region, clouds in back.items():
        own = learned.heads[region].clouds
        assert own is not None
        assert np.allclose(clouds.log_odds(query), own.log_odds(query), atol=0.05)
    header["regions"]["upper"]["widths"] = [1.0, -1.0, 1.0]
    with pytest.raises(ValueError, match="hold together"):
        clouds_from(tensors, header)


def test_the_shipped_calibration_belongs_to_the_shipped_backbone() -> None:
    from stylesim import YoloBackbone
    from stylesim._calibration import calibration_for

    shipped = calibration_for(YoloBackbone())
    assert shipped is not None, "run recipes/calibrate.py"
    assert isinstance(shipped.space("upper"), Space)
    assert attrs.evolve(shipped, spread=1.0).spread == 1.0
