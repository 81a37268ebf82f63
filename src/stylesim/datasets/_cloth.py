"""What several garments share: a body of cloth, its neck hole, folds and ribbed edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylesim.datasets._fabric import Fabric
from stylesim.datasets._lines import Point, flip, smooth
from stylesim.datasets._pose import ARMPIT, NECK, SHOULDER, WAIST

if TYPE_CHECKING:
    from stylesim.datasets._canvas import Sketch
    from stylesim.datasets._pose import Pose
    from stylesim.types import FloatArray

SIDES = (-1, 1)


def torso(
    *,
    neck: float = 14.0,
    depth: float = 10.0,
    shoulder: float = 39.0,
    chest: float = 34.0,
    waist: float = 31.0,
    hem: float = 33.0,
    bottom: float = 224.0,
    curve: float = 2.0,
    vee: bool = False,
) -> FloatArray:
    """Outline of a body of cloth: neck hole, shoulders, armholes, sides and hem."""
    side: list[Point] = [(chest, ARMPIT), (waist, WAIST - 4), (hem, bottom)]
    arm: list[Point] = [(shoulder, SHOULDER + 3), (chest - 1, ARMPIT - 14), (chest, ARMPIT)]
    bow: list[Point] = [(hem, bottom), (0, bottom + curve), (-hem, bottom)]
    low = NECK + depth
    shape = ((-1.0, 0.0), (-0.8, 0.72), (0.0, 1.0), (0.8, 0.72), (1.0, 0.0))
    hole = [(x * neck, NECK + y * depth) for x, y in shape]
    holes = [[(-neck, NECK), (0, low)], [(0, low), (neck, NECK)]] if vee else [hole]
    top: list[Point] = [(neck, NECK), (shoulder * 0.66, NECK + 3), (shoulder, SHOULDER + 3)]
    return smooth(*holes, top, arm, side, bow, flip(side), flip(arm), flip(top))


def inside(k: Sketch, *, neck: float = 14.0, drop: float = 10.0, shade: float = 0.5) -> None:
    """The back of the neck, seen through the neck hole of a garment that is laid out."""
    back: list[Point] = [(-neck - 1, NECK), (0, NECK + 3), (neck + 1, NECK)]
    front: list[Point] = [(neck + 1, NECK), (0, NECK + drop + 3), (-neck - 1, NECK)]
    k.panel(smooth(back, front), shade=shade, edge=1)
    k.line([(-neck, NECK + 1), (0, NECK + 5), (neck, NECK + 1)], shade=0.8, width=2)
    # The label in the neck: what tells a shirt on a floor from a picture of one.
    k.panel(
        smooth([(-3, NECK + 5), (3, NECK + 5)], [(3, NECK + 8), (-3, NECK + 8)]),
        fabric=Fabric((235, 232, 225)),
        edge=1,
    )


def drape(k: Sketch, rng: np.random.Generator, *, bottom: float, half: float = 30.0) -> None:
    """Folds that fall from the armpits, and waves at the hem."""
    for side in SIDES:
        lean = float(rng.uniform(8, 16))
        k.fold((side * (half + 1), ARMPIT + 2), (side * (half - lean), ARMPIT + 22), depth=-0.30)
        k.fold((side * (half - 2), ARMPIT - 6), (side * (half - lean + 6), ARMPIT + 20), depth=0.22)
        k.fold((side * (half - 4), WAIST - 14), (side * (half - 16), WAIST - 6), depth=-0.22)
    for _ in range(3):
        x = float(rng.uniform(-half + 8, half - 8))
        sway = float(rng.uniform(-5, 5))
        rise = float(rng.uniform(30, 60))
        k.fold((x, bottom), (x + sway, bottom - rise), depth=float(rng.uniform(-0.32, -0.15)))
        k.fold((x + 5, bottom), (x + 5 + sway, bottom - rise * 0.8), depth=0.2, width=4)


def creases(k: Sketch, pose: Pose, rng: np.random.Generator, *, count: int = 3) -> None:
    """Folds of a long sleeve around the elbow."""
    for side in SIDES:
        elbow = pose.elbows[(side + 1) // 2]
        for i in range(count):
            y = elbow[1] - 10 + 9 * i + float(rng.uniform(-2, 2))
            k.fold(
                (elbow[0] - 9, y),
                (elbow[0] + 8, y + float(rng.uniform(-4, 6))),
                depth=-0.28,
                width=3,
            )


def ribs(k: Sketch, line: list[Point], *, width: float, shade: float = 0.88) -> None:
    """A ribbed edge along a line: the band and its ticks."""
    points = smooth(line)
    k.line(line, shade=shade, width=width)
    step = np.gradient(points, axis=0)
    step /= np.linalg.norm(step, axis=1, keepdims=True) + 1e-6
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    for at in np.arange(1.5, length[-1], 3.0):
        x, y = (float(np.interp(at, length, points[:, i])) for i in (0, 1))
        nx, ny = (float(np.interp(at, length, step[:, i])) for i in (1, 0))
        half = width * 0.45
        k.line(
            [(x - nx * half, y + ny * half), (x + nx * half, y - ny * half)],
            shade=shade * 0.8,
            width=0.8,
        )
