"""Outer layers: blazer and padded coat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylesim.datasets._cloth import SIDES, creases
from stylesim.datasets._fabric import RGB, Fabric, tone
from stylesim.datasets._lines import Point, flip, smooth
from stylesim.datasets._pose import (
    ARMPIT,
    NECK,
    SHOULDER,
    WAIST,
    sleeve,
)

if TYPE_CHECKING:
    from stylesim.datasets._canvas import Sketch
    from stylesim.datasets._pose import Pose

_SHIRTS: tuple[RGB, ...] = ((246.0, 246.0, 244.0), (205.0, 220.0, 238.0), (232.0, 226.0, 214.0))
_TIES: tuple[RGB, ...] = ((110.0, 28.0, 38.0), (32.0, 42.0, 80.0), (60.0, 62.0, 66.0))


def blazer(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Notched lapels over a deep opening, two buttons, flap pockets, cut-away fronts."""
    bottom, stance = float(rng.uniform(238, 246)), float(rng.uniform(172, 180))
    if pose.laid:
        _lining(k, stance)
    else:
        _shirt_front(k, stance, rng)
    for side in SIDES:
        k.panel(sleeve(pose, side, 0.98, (35, 30, 25, 21)), shade=0.90, turn=-side * 0.2)
        (x, y), (x2, y2) = pose.arm(side, 0.93)[-1], pose.arm(side, 0.86)[-1]
        for px, py in ((x, y), ((x + x2) / 2, (y + y2) / 2), (x2, y2)):
            k.disc(px + side * 6, py, 1.2, tone(k.fabric.colour, 0.5))
    for side in (1, -1):
        front: list[Point] = [
            (side * 3, stance + 10),
            (side * -1, stance + 34),
            (side * 12, bottom + 2),
            (side * 36, bottom - 3),
        ]
        outer: list[Point] = [(side * 36, bottom - 3), (side * 32, WAIST - 4), (side * 34, ARMPIT)]
        arm: list[Point] = [
            (side * 34, ARMPIT),
            (side * 34, ARMPIT - 14),
            (side * 40, SHOULDER + 3),
        ]
        top: list[Point] = [(side * 40, SHOULDER + 3), (side * 26, NECK + 3), (side * 13, NECK - 2)]
        k.panel(smooth(front, outer, arm, top, [(side * 13, NECK - 2), (side * -3, stance)]))
        _lapel(k, side, stance)
        k.line([(side * 14, 200), (side * 31, 198)], width=4.5, shade=0.86)
        k.line([(side * 14, 198), (side * 31, 196)], width=0.9, shade=0.55)
        k.fold((side * 24, ARMPIT + 10), (side * 20, WAIST), (side * 24, bottom), depth=-0.2)
        k.fold((side * 18, ARMPIT + 20), (side * 13, WAIST + 4), depth=0.16)
        k.fold((side * 31, ARMPIT + 2), (side * 24, ARMPIT + 22), depth=-0.25)
    k.line([(15, 142), (26, 140)], width=3.4, shade=0.82)
    if rng.random() < 0.4:
        k.panel(
            smooth([(16, 140), (19, 133), (21, 138), (24, 132), (26, 139)], [(16, 141)]),
            fabric=Fabric((240.0, 238.0, 232.0)),
        )
    for y in (stance + 3, stance + 24):
        k.disc(0.5, y, 2.4, tone(k.fabric.colour, 0.4))
        k.disc(0.1, y - 0.4, 1.6, tone(k.fabric.colour, 0.75))
    creases(k, pose, rng, count=2)


def _lapel(k: Sketch, side: int, stance: float) -> None:
    notch = NECK + 26
    k.panel(
        smooth(
            [(side * 12, NECK - 4), (side * 19, NECK + 4), (side * 25, notch - 6)],
            [(side * 25, notch - 6), (side * 16, notch - 1), (side * 8, NECK + 12)],
            [(side * 12, NECK - 4)],
        ),
        shade=0.92,
        edge=0.55,
    )
    k.panel(
        smooth(
            [(side * 16, notch - 1), (side * 28, notch + 2)],
            [(side * 28, notch + 2), (side * 20, notch + 28), (side * -2, stance + 2)],
            [(side * -2, stance + 2), (side * 8, NECK + 14), (side * 16, notch - 1)],
        ),
        shade=1.05,
        edge=0.5,
    )


def _lining(k: Sketch, stance: float) -> None:
    lining = Fabric(tone((150.0, 140.0, 132.0), 0.8), texture="silk")
    k.panel(
        smooth(
            [(-16, NECK - 2), (0, NECK - 4), (16, NECK - 2)],
            [(14, NECK + 30), (0, stance + 6), (-14, NECK + 30)],
        ),
        fabric=lining,
    )
    k.line([(-13, NECK - 2), (0, NECK - 4), (13, NECK - 2)], width=5, shade=0.9)
    k.panel(
        smooth([(-4, NECK + 4), (4, NECK + 4)], [(4, NECK + 9), (-4, NECK + 9)]),
        fabric=Fabric((238.0, 236.0, 228.0)),
        edge=1,
    )


def _shirt_front(k: Sketch, stance: float, rng: np.random.Generator) -> None:
    shirt = Fabric(_SHIRTS[int(rng.integers(0, 3))])
    k.panel(
        smooth(
            [(-17, NECK), (0, NECK - 4), (17, NECK)],
            [(17, NECK + 40), (4, stance + 30), (-4, stance + 30), (-17, NECK + 40)],
        ),
        fabric=shirt,
    )
    k.line([(0, NECK + 10), (0, stance + 6)], width=0.8, colour=tone(shirt.colour, 0.78))
    if rng.random() < 0.6:
        tie = Fabric(_TIES[int(rng.integers(0, 3))], texture="silk")
        k.panel(
            smooth(
                [(-3.5, NECK + 9), (3.5, NECK + 9), (5.5, stance + 6)],
                [(5.5, stance + 6), (0, stance + 14), (-5.5, stance + 6)],
            ),
            fabric=tie,
        )
        k.panel(
            smooth([(-4.5, NECK + 3), (4.5, NECK + 3)], [(3, NECK + 11), (-3, NECK + 11)]),
            fabric=tie,
            shade=0.9,
        )
    for side in SIDES:
        k.panel(
            smooth(
                [(side * 11, NECK - 6), (side * 15, NECK + 6), (side * 10, NECK + 16)],
                [(side * 10, NECK + 16), (side * 1, NECK + 5), (side * 11, NECK - 6)],
            ),
            fabric=shirt,
            shade=1.03,
            edge=0.75,
        )


def padded_coat(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Quilted bands that bulge at the sides, a high collar or hood, a zip."""
    bottom = float(rng.choice([232.0, 248.0, 270.0]))
    hooded = bool(rng.random() < 0.5)
    if hooded:
        _hood(k, pose)
    for side in SIDES:
        _quilted_sleeve(k, pose, side)
    bands = max(6, round((bottom - SHOULDER) / 17))
    edges = [float(y) for y in np.linspace(SHOULDER - 2, bottom, bands + 1)]
    for i in reversed(range(bands)):
        _band(k, edges[i], edges[i + 1], rng, first=i == 0)
    if not hooded or not pose.laid:
        _stand_collar(k)
    metal: RGB = (196.0, 196.0, 198.0)
    k.line([(0, NECK - 6), (0, bottom)], width=4.6, shade=0.62)
    k.line([(0, NECK - 6), (0, bottom - 2)], width=1.6, colour=metal)
    k.panel(
        smooth([(-2, NECK + 10), (2, NECK + 10)], [(1.6, NECK + 18), (-1.6, NECK + 18)]),
        fabric=Fabric(metal),
        edge=0.6,
    )
    for side in SIDES:
        k.line([(side * 24, WAIST + 4), (side * 30, WAIST + 30)], width=2.2, shade=0.5)


def _band(k: Sketch, top: float, low: float, rng: np.random.Generator, *, first: bool) -> None:
    middle = (top + low) / 2
    half = float(np.interp(middle, [SHOULDER, 118, ARMPIT, WAIST, 300], [33, 38, 39, 37, 42]))
    if first:
        outline = smooth(
            [(-15, NECK - 1), (0, NECK + 3), (15, NECK - 1)],
            [(15, NECK - 1), (half + 2, top + 4), (half + 1, low + 2)],
            [(half + 1, low + 2), (0, low + 4), (-half - 1, low + 2)],
            [(-half - 1, low + 2), (-half - 2, top + 4), (-15, NECK - 1)],
        )
    else:
        right: list[Point] = [(half - 1, top), (half + 3.5, middle), (half - 1, low)]
        base: list[Point] = [(half - 1, low), (0, low + 3), (-half + 1, low)]
        outline = smooth(
            [(-half + 1, top), (0, top + 2), (half - 1, top)], right, base, flip(right)
        )
    k.panel(outline, edge=0.55)
    k.fold((-half + 2, middle - 3), (0, middle - 1), (half - 2, middle - 3), depth=0.42, width=6)
    k.fold((-half, low - 1), (0, low + 1), (half, low - 1), depth=-0.55, width=5)
    for _ in range(4):
        x = float(rng.uniform(-half + 3, half - 3))
        k.fold((x, low - 1), (x + float(rng.uniform(-3, 3)), low - 8), depth=-0.4, width=2)


def _quilted_sleeve(k: Sketch, pose: Pose, side: int) -> None:
    k.panel(sleeve(pose, side, 1.0, (39, 38, 36, 33, 30, 20)), shade=0.92, edge=0.5)
    for share in (0.22, 0.37, 0.52, 0.67, 0.82, 0.95):
        (x, y), (u, v) = pose.arm(side, share)[-1], pose.arm(side, share - 0.06)[-1]
        length = ((x - u) ** 2 + (y - v) ** 2) ** 0.5 + 1e-6
        half = 19.0 - 7.0 * share
        nx, ny = -(y - v) / length * half, (x - u) / length * half
        sag = ((x - u) / length * 3, (y - v) / length * 3)
        k.fold((u - nx, v - ny), (u + nx, v + ny), depth=0.36, width=5)
        k.line(
            [(x - nx, y - ny), (x + sag[0], y + sag[1]), (x + nx, y + ny)], width=1.2, shade=0.52
        )
        k.fold((x - nx, y - ny), (x + nx, y + ny), depth=-0.5, width=4)


def _hood(k: Sketch, pose: Pose) -> None:
    high = 34 if pose.laid else 17
    hood: list[Point] = [
        (-29, NECK + 12),
        (-30, NECK - 8),
        (-18, NECK - high + 6),
        (0, NECK - high),
        (18, NECK - high + 6),
        (30, NECK - 8),
        (29, NECK + 12),
    ]
    k.panel(smooth(hood, [(29, NECK + 12), (0, NECK + 18), (-29, NECK + 12)]), shade=0.95)
    k.fold((-24, NECK - 4), (0, NECK - high + 9), (24, NECK - 4), depth=0.35, width=6)
    if pose.laid:
        k.panel(
            smooth(
                [
                    (-17, NECK + 4),
                    (-16, NECK - 12),
                    (0, NECK - 22),
                    (16, NECK - 12),
                    (17, NECK + 4),
                ],
                [(0, NECK + 9), (-17, NECK + 4)],
            ),
            shade=0.42,
        )


def _stand_collar(k: Sketch) -> None:
    k.panel(
        smooth(
            [(-16, NECK - 15), (0, NECK - 18), (16, NECK - 15)],
            [(16, NECK - 15), (0, NECK - 9), (-16, NECK - 15)],
        ),
        shade=0.45,
    )
    for side in SIDES:
        k.panel(
            smooth(
                [(side * 16.5, NECK - 16), (side * 8, NECK - 11), (0, NECK - 9)],
                [(0, NECK + 8), (side * 10, NECK + 5), (side * 19, NECK + 1)],
                [(side * 16.5, NECK - 16)],
            ),
            edge=0.5,
        )
        k.fold((side * 15, NECK - 9), (side * 2, NECK - 3), depth=0.3, width=5)
