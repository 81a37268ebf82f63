"""Rows around the middles of kinds, a calibration of such, and what is learned of few."""

from __future__ import annotations

import numpy as np

from stylesim._calibration import Calibration, space_of
from stylesim._opinions import opinions
from stylesim._regions import Learned, learn_regions
from stylesim._views import GarmentView, PictureView
from stylesim.functional import unit_rows
from stylesim.types import Slot

DIM = 24
WIDTH = 0.8  # of a cloud, against 1 between the middles of kinds


def middles(count: int, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(0, 1, (count, DIM)))


def rows_around(middle: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    return unit_rows(middle + rng.normal(0, WIDTH / np.sqrt(DIM), (count, DIM)))


def views_of(rows: np.ndarray, slot: Slot | None = Slot.TOP) -> list[PictureView]:
    views = []
    for row in rows.astype(np.float32):
        whole = GarmentView(None, None, 1.0, row)
        parts = () if slot is None else (GarmentView(slot, None, 1.0, row),)
        views.append(PictureView(parts, whole))
    return views


def measured() -> Calibration:
    """As the recipe makes one: kinds of which the tests use the first few as classes."""
    rng = np.random.default_rng(1)
    kinds = np.repeat(np.arange(30), 40)
    rows = np.concatenate([rows_around(m, 40, rng) for m in middles(30)])
    space = space_of(rows, kinds, np.ones(len(rows)), 8)
    spaces = dict.fromkeys(("upper", "lower", "other", "whole"), space)
    novelty = (-8.0, 8.0, 2.0, 0.0)
    return Calibration("none", spaces, temperature=(-1.5, 0.0, 0.0), novelty=novelty, spread=2.0)


def fit(
    calibration: Calibration | None, rng: np.random.Generator, classes: int = 3, shots: int = 8
) -> Learned:
    rows = [rows_around(m, shots, rng) for m in middles(30)[:classes]]
    views = [[(view,) for view in views_of(some)] for some in rows]
    heads = learn_regions(views, epochs=2, seed=0, calibration=calibration)
    return Learned(tuple("abcdef"[:classes]), heads, (), 0.95)


def said(learned: Learned, rows: np.ndarray) -> list:
    return [one["upper"] for one in opinions(views_of(rows), learned)]
