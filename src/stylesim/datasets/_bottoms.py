"""Bottoms: pants (pressed or jogging), jeans, shorts, skirt; and the dress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylesim.datasets._cloth import SIDES, inside, ribs, torso
from stylesim.datasets._fabric import RGB, tone
from stylesim.datasets._lines import Point, flip, limb, smooth
from stylesim.datasets._pose import (
    ARMPIT,
    CROTCH,
    HIP,
    WAIST,
    sleeve,
)

if TYPE_CHECKING:
    import numpy as np

    from stylesim.datasets._canvas import Sketch
    from stylesim.datasets._pose import Pose
    from stylesim.types import FloatArray

_THREAD: RGB = (205.0, 150.0, 70.0)
_HIP_LINE = 232.0
_BRASS: RGB = (186.0, 150.0, 88.0)


def _seat(waist: float, hip: float) -> FloatArray:
    side: list[Point] = [(waist, WAIST), (hip - 2, HIP - 14), (hip, HIP + 4)]
    return smooth(
        [(-waist, WAIST), (0, WAIST + 2), (waist, WAIST)],
        side,
        [
            (hip, HIP + 4),
            (hip - 2, CROTCH + 8),
            (0, CROTCH + 6),
            (-hip + 2, CROTCH + 8),
            (-hip, HIP + 4),
        ],
        flip(side),
    )


def _leg(pose: Pose, side: int, share: float, widths: tuple[float, ...]) -> FloatArray:
    centre = [(side * 16.5, HIP + 3), *pose.leg(side, share)[1:]]
    return limb(centre, widths)


def _waistband(k: Sketch, waist: float, *, loops: bool = True, shade: float = 0.92) -> None:
    k.line([(-waist, WAIST + 1), (0, WAIST + 3.5), (waist, WAIST + 1)], width=8, shade=shade)
    k.line([(-waist, WAIST + 5), (0, WAIST + 7.5), (waist, WAIST + 5)], width=0.8, shade=0.6)
    if loops:
        for x in (-0.72, -0.3, 0.3, 0.72):
            k.line([(x * waist, WAIST - 2), (x * waist, WAIST + 8)], width=2.2, shade=0.72)


def pants(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Pressed trousers: a crease down each leg, slanted pockets, a fly."""
    cuff = float(rng.uniform(21, 27))
    for side in SIDES:
        k.panel(_leg(pose, side, 1.0, (36, 34, 29, 26, cuff)), shade=0.97, edge=0.6)
    k.panel(_seat(28, 34), edge=1)
    for side in SIDES:
        middle = pose.leg(side)
        line: list[Point] = [(side * 15, WAIST + 16), (side * 16, CROTCH + 20), *middle[1:]]
        k.line(line, width=1.0, shade=0.70)
        k.fold(*[(x - 3, y) for x, y in line], depth=0.22, width=4)
        k.fold(*[(x + 4, y) for x, y in line], depth=-0.24, width=5)
        k.line([(side * 20, WAIST + 7), (side * 30, HIP + 2)], width=1.2, shade=0.6)
        _knee(k, pose, side, rng)
    _fly(k)
    _waistband(k, 28)
    k.disc(0, WAIST + 3, 1.7, tone(k.fabric.colour, 0.5))


def joggers(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Track pants: elastic waist with a cord, ribbed ankles, often a stripe down the side."""
    stripe: RGB = (244.0, 244.0, 242.0) if sum(k.fabric.colour) < 560 else (50.0, 52.0, 60.0)
    striped = bool(rng.random() < 0.75)
    for side in SIDES:
        widths = (40, 40, 36, 32, 22)
        leg = _leg(pose, side, 0.97, widths)
        k.panel(leg, shade=0.97, edge=0.6)
        if striped:
            count = len(leg) // 2
            outer = leg[:count] if side > 0 else leg[count:][::-1]
            # Which edge of the tube lies outside depends on how it was drawn.
            if abs(float(outer[0, 0])) < abs(float(leg[-1 if side > 0 else 0, 0])):
                outer = leg[count:][::-1] if side > 0 else leg[:count]
            for inset in (3.5, 7.5):
                line = [(float(x) - side * inset, float(y)) for x, y in outer[2::4]]
                k.line(line, width=2.2, colour=stripe)
        ankle = pose.leg(side, 0.97)[-1]
        k.panel(limb([(ankle[0], ankle[1] - 10), (ankle[0], ankle[1])], (20, 17)), shade=0.84)
        for x in (-6, -3, 0, 3, 6):
            k.line(
                [(ankle[0] + x, ankle[1] - 9), (ankle[0] + x * 0.9, ankle[1] - 1)],
                width=0.7,
                shade=0.66,
            )
        _knee(k, pose, side, rng)
    k.panel(_seat(29, 36), edge=1)
    for side in SIDES:
        k.line([(side * 24, WAIST + 12), (side * 32, HIP + 6)], width=1.4, shade=0.62)
    ribs(k, [(-29, WAIST + 3), (0, WAIST + 5), (29, WAIST + 3)], width=10, shade=0.86)
    for side in SIDES:
        k.line([(side * 1.5, WAIST + 6), (side * 5, WAIST + 24)], width=1.6, colour=stripe)


def jeans(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Denim with thread seams, curved pockets, a brass button and worn thighs."""
    narrow = float(rng.uniform(18, 25))
    for side in SIDES:
        k.panel(_leg(pose, side, 1.0, (35, 33, 27, 24, narrow)), shade=0.97, edge=0.55)
    k.panel(_seat(28, 34), edge=1)
    for side in SIDES:
        line = pose.leg(side)
        k.fold((side * 16, HIP + 20), (side * 17, 290), line[1], depth=0.5, width=16)
        k.fold(line[1], (line[1][0], line[1][1] + 40), depth=0.22, width=10)
        for y in (0, 7, 14):
            k.fold((side * 6, CROTCH - 4 + y), (side * 26, CROTCH - 14 + y), depth=-0.3, width=3)
        k.line(
            [(side * 14, WAIST + 7), (side * 17, WAIST + 18), (side * 31, WAIST + 22)],
            width=1.0,
            colour=_THREAD,
        )
        ankle = line[-1]
        half = narrow / 2 - 0.5
        k.line(
            [(ankle[0] - half, ankle[1] - 5), (ankle[0] + half, ankle[1] - 5)],
            width=0.9,
            colour=_THREAD,
        )
        if rng.random() < 0.3:
            k.line(
                [(ankle[0] - half, ankle[1] - 3), (ankle[0] + half, ankle[1] - 3)],
                width=9,
                shade=1.3,
            )
        inner: list[Point] = [
            (side * 2, CROTCH + 8),
            (line[1][0] - side * 10, line[1][1]),
            (ankle[0] - side * half * 0.6, ankle[1] - 6),
        ]
        k.line(inner, width=0.8, colour=tone(_THREAD, 0.8))
        _knee(k, pose, side, rng)
    _fly(k, thread=_THREAD)
    _waistband(k, 28)
    k.line([(-28, WAIST + 5.5), (0, WAIST + 8), (28, WAIST + 5.5)], width=0.8, colour=_THREAD)
    k.disc(0, WAIST + 3, 2.2, _BRASS)
    for side in SIDES:
        k.disc(side * 15, WAIST + 10, 0.9, _BRASS)


def shorts(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Sports shorts that end above the knee."""
    share = float(rng.uniform(0.28, 0.40))
    trim: RGB = (244.0, 244.0, 242.0) if sum(k.fabric.colour) < 560 else (60.0, 62.0, 72.0)
    for side in SIDES:
        hip: list[Point] = [(side * 28, WAIST), (side * 36, HIP)]
        end = pose.leg(side, share)[-1]
        hem = end[1]
        leg = smooth(
            [(0, WAIST), *hip[:1]],
            [*hip, (side * 43, hem - 3)],
            [(side * 43, hem - 3), (side * 24, hem + 3), (side * 4, hem)],
            [(side * 4, hem), (0, CROTCH + 2), (0, WAIST)],
        )
        k.panel(leg, edge=0.6)
        k.line(
            [(side * 42, hem - 7), (side * 24, hem - 1), (side * 4, hem - 4)], width=0.8, shade=0.68
        )
        k.line(
            [(side * 30, WAIST + 8), (side * 38, HIP + 10), (side * 40, hem - 4)],
            width=2.6,
            colour=trim,
        )
        for x in (12, 22, 33):
            k.fold((side * x, hem - 4), (side * x * 0.9, CROTCH - 14), depth=-0.3, width=4)
            k.fold((side * (x + 5), hem - 4), (side * (x + 4) * 0.9, CROTCH), depth=0.2, width=4)
    k.line([(0, WAIST + 6), (0, CROTCH + 2)], width=1, shade=0.6)
    ribs(k, [(-28, WAIST + 3), (0, WAIST + 5), (28, WAIST + 3)], width=10, shade=0.86)
    for side in SIDES:
        k.line([(side * 1.5, WAIST + 6), (side * 5, WAIST + 26)], width=1.6, colour=trim)


def skirt(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A pleated or flowing skirt between knee and calf."""
    del pose
    hem, wide = float(rng.uniform(296, 350)), float(rng.uniform(54, 70))
    pleats = int(rng.choice([9, 11, 15]))
    side: list[Point] = [(25, WAIST), (37, HIP), (wide, hem)]
    fall: list[Point] = [(wide, hem)]
    for i in range(1, 2 * pleats):
        x = wide * (1 - i / pleats)
        fall.append((x, hem + 9 * (1 - (x / wide) ** 2) + (2.5 if i % 2 else -1.0)))
    fall.append((-wide, hem))
    k.panel(smooth([(-25, WAIST), (0, WAIST + 2), (25, WAIST)], side, fall, flip(side)), edge=0.6)
    for i in range(pleats):
        x = -1 + 2 * (i + 0.5) / pleats
        low = hem + 9 * (1 - x * x)
        sway = float(rng.uniform(-2, 2))
        k.line([(x * wide, low), (x * 37 + sway, HIP), (x * 23, WAIST + 10)], width=0.9, shade=0.74)
        k.fold((x * wide + 3, low), (x * 37 + 2, HIP + 8), depth=-0.42, width=4)
        k.fold((x * wide - 4, low), (x * 37 - 2, HIP + 8), depth=0.34, width=4)
    k.line([(-25, WAIST + 2), (0, WAIST + 4.5), (25, WAIST + 2)], width=9, shade=0.93)
    k.line([(-25.5, WAIST + 7), (0, WAIST + 9.5), (25.5, WAIST + 7)], width=0.9, shade=0.62)


def dress(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A fitted top with short sleeves or straps, and a skirt in one piece."""
    sleeved = bool(rng.random() < 0.6)
    hem, wide = float(rng.uniform(310, 350)), float(rng.uniform(58, 72))
    depth = float(rng.uniform(14, 24))
    neck = 15.0 if sleeved else 20.0
    inside(k, neck=neck, drop=depth * 0.7, shade=0.6)
    if sleeved:
        for side in SIDES:
            k.panel(sleeve(pose, side, 0.34, (33, 34, 30)), shade=0.95, turn=-side * 0.4)
    skirt_side: list[Point] = [(26, WAIST - 6), (40, _HIP_LINE), (wide, hem)]
    hem_line: list[Point] = [(wide, hem)]
    steps = 8
    for i in range(1, steps):
        x = wide - 2 * wide * i / steps
        hem_line.append((x, hem + 7 + (3 if i % 2 else -2)))
    hem_line.append((-wide, hem))
    k.panel(
        smooth(
            [(-26, WAIST - 6), (0, WAIST - 4), (26, WAIST - 6)],
            skirt_side,
            hem_line,
            flip(skirt_side),
        )
    )
    for i in range(9):
        x = -1 + 2 * (i + 0.5) / 9
        sway = float(rng.uniform(-4, 4))
        k.fold(
            (x * wide, hem + 6),
            (x * 40 + sway, _HIP_LINE + 20),
            (x * 24, WAIST),
            depth=-0.34,
            width=5,
        )
        k.fold((x * wide + 6, hem + 4), (x * 40 + 5 + sway, _HIP_LINE + 30), depth=0.26, width=4)
    shoulder = 38.0 if sleeved else 29.0
    k.panel(
        torso(
            neck=neck,
            depth=depth,
            shoulder=shoulder,
            chest=31,
            waist=26,
            hem=26.5,
            bottom=WAIST - 3,
            curve=2,
        )
    )
    k.line([(-26, WAIST - 5), (0, WAIST - 3), (26, WAIST - 5)], width=4, shade=0.84)
    for side in SIDES:
        k.fold((side * 30, ARMPIT + 6), (side * 14, 156), depth=-0.25)
        k.fold((side * 13, WAIST - 6), (side * 15, 158), depth=-0.28, width=3)


def _knee(k: Sketch, pose: Pose, side: int, rng: np.random.Generator) -> None:
    x, y = pose.leg(side)[1]
    for _ in range(3):
        dy = float(rng.uniform(-16, 12))
        k.fold((x - 10, y + dy), (x + 8, y + dy + float(rng.uniform(-4, 4))), depth=-0.26, width=3)
    ankle = pose.leg(side)[-1]
    for dy in (-8.0, -15.0):
        k.fold(
            (ankle[0] - 9, ankle[1] + dy), (ankle[0] + 9, ankle[1] + dy + 3), depth=-0.2, width=3
        )


def _fly(k: Sketch, thread: RGB | None = None) -> None:
    k.line([(0, WAIST + 6), (0, CROTCH + 4)], width=1.2, shade=0.58)
    k.line(
        [(6, WAIST + 6), (6, CROTCH - 16), (1, CROTCH - 6)], width=0.9, shade=0.68, colour=thread
    )
