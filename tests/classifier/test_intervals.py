"""Intervals: what other draws of the photographs would say, on clouds whose truth is known."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from around import fit, measured, middles, rows_around, said, views_of

from stylesim._calibration import Calibration
from stylesim._novelty import normals
from stylesim._opinions import opinions
from stylesim._regions import Learned, learn_regions
from stylesim._views import GarmentView, PictureView
from stylesim.types import Slot


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return measured()


def test_intervals_hold_what_other_draws_say(calibration: Calibration) -> None:
    inside = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        one, other = fit(calibration, rng), fit(calibration, rng)
        queries = np.concatenate([rows_around(m, 10, rng) for m in middles(30)[:3]])
        for first, second in zip(said(one, queries), said(other, queries), strict=True):
            low, high = np.quantile(first.draws, [0.05, 0.95])
            inside.append(low - 0.01 <= second.similarity <= high + 0.01)
    assert 0.8 < np.mean(inside) <= 1.0


def test_more_photographs_make_intervals_narrower(calibration: Calibration) -> None:
    widths = []
    for shots in (2, 6, 30):
        rng = np.random.default_rng(0)
        learned = fit(calibration, rng, shots=shots)
        draws = [one.draws for one in said(learned, rows_around(middles(30)[0], 30, rng))]
        widths.append(np.mean([np.ptp(np.quantile(d, [0.05, 0.95])) for d in draws]))
    assert widths[0] > widths[1] > widths[2]


def test_other_photographs_would_change_each_slot_by_itself(calibration: Calibration) -> None:
    rng = np.random.default_rng(0)

    def outfits(rows: np.ndarray) -> list[PictureView]:
        return [
            PictureView(tuple(GarmentView(s, None, 1.0, r) for s in (Slot.TOP, Slot.BOTTOM)), w)
            for r, w in ((row, GarmentView(None, None, 1.0, row)) for row in rows)
        ]

    rows = [rows_around(m, 6, rng).astype(np.float32) for m in middles(3)]
    views = [[(view,) for view in outfits(some)] for some in rows]
    heads = learn_regions(views, epochs=2, seed=0, calibration=calibration)
    queries = outfits(rows_around(middles(3)[0], 5, rng).astype(np.float32))
    for one in opinions(queries, Learned(("a", "b", "c"), heads, ())):
        upper, lower = one["upper"], one["lower"]
        # Both show the same rows, so they say the same, and are as unsure.
        assert upper.proba == pytest.approx(lower.proba, abs=1e-3)
        ends = [np.quantile(said.draws, [0.05, 0.95]) for said in (upper, lower)]
        assert ends[0] == pytest.approx(ends[1], abs=0.01)
        assert abs(np.corrcoef(upper.draws, lower.draws)[0, 1]) < 0.2


@pytest.mark.parametrize("classes", [2, 4, 8])
def test_numbers_drawn_are_normal_evenly_spread_and_apart(classes: int) -> None:
    drawn = normals([f"style {k}" for k in range(classes)], "upper")
    assert np.allclose(np.sort(drawn, axis=0), np.sort(-drawn, axis=0))
    assert np.allclose(drawn.std(axis=0), 1.0, atol=0.01)
    assert np.allclose(np.quantile(drawn, [0.05, 0.95], axis=0), [[-1.645], [1.645]], atol=0.03)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(classes)).max() < 0.05


def test_ends_are_those_of_many_draws(calibration: Calibration) -> None:
    rng = np.random.default_rng(2)
    learned = fit(calibration, rng, classes=4, shots=4)
    head, clouds = learned.heads["upper"].head, learned.heads["upper"].clouds
    assert clouds is not None
    x = np.concatenate([rows_around(m, 20, rng) for m in middles(30)[:4]])
    logits = head.logits(x) / head.temperature

    def ends(tossed: np.ndarray) -> np.ndarray:
        shares, neither = clouds.draws(x, logits, tossed)
        return np.quantile(shares * (1 - neither), [0.05, 0.95], axis=0)

    many = ends(rng.standard_normal((20_000, 4)))
    assert np.abs(ends(normals(learned.classes, "upper")) - many).mean() < 0.01


def test_the_order_of_contrast_classes_changes_no_interval(calibration: Calibration) -> None:
    rng = np.random.default_rng(0)
    rows = [rows_around(m, 5, rng) for m in middles(30)[:4]]
    queries = np.concatenate([rows_around(m, 5, rng) for m in middles(30)[:4]])
    ends = []
    for order in permutations((1, 2, 3)):
        views = [[(view,) for view in views_of(rows[k])] for k in (0, *order)]
        heads = learn_regions(views, epochs=2, seed=0, calibration=calibration)
        answers = said(Learned(tuple("abcd"[k] for k in (0, *order)), heads, ()), queries)
        ends.append([np.quantile(one.draws, [0.05, 0.95]) for one in answers])
    assert np.ptp(np.array(ends), axis=0).max() < 0.02  # the head learns in another order


def test_a_class_that_a_slot_does_not_show_shifts_no_other(calibration: Calibration) -> None:
    rng = np.random.default_rng(0)
    rows = [rows_around(m, 6, rng) for m in middles(3)]

    def pictures(label: int) -> list[PictureView]:
        found = []
        for row in rows[label].astype(np.float32):
            slots = (Slot.TOP,) if label == 1 else (Slot.TOP, Slot.BOTTOM)
            parts = tuple(GarmentView(slot, None, 1.0, row) for slot in slots)
            found.append(PictureView(parts, GarmentView(None, None, 1.0, row)))
        return found

    views = [[(view,) for view in pictures(label)] for label in range(3)]
    heads = learn_regions(views, epochs=2, seed=0, calibration=calibration)
    assert (heads["upper"].members, heads["lower"].members) == ((0, 1, 2), (0, 2))
    between = PictureView(
        tuple(
            GarmentView(slot, None, 1.0, (rows[0][0] + rows[2][0]).astype(np.float32) / 2)
            for slot in (Slot.TOP, Slot.BOTTOM)
        ),
        GarmentView(None, None, 1.0, rows[0][0].astype(np.float32)),
    )
    (one,) = opinions([between], Learned(("a", "b", "c"), heads, ()))
    order = [normals("abc", region)[:, 0].argsort() for region in ("upper", "lower")]
    upper, lower = (one[name].draws[o] for name, o in zip(("upper", "lower"), order, strict=True))
    assert np.corrcoef(upper, lower)[0, 1] > 0.9
