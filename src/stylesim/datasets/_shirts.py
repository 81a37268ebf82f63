"""Buttoned tops: shirt and blouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from stylesim.datasets._cloth import SIDES, creases, drape, inside, torso
from stylesim.datasets._fabric import RGB, mix, tone
from stylesim.datasets._lines import Point, smooth
from stylesim.datasets._pose import (
    NECK,
    SHOULDER,
    sleeve,
)

if TYPE_CHECKING:
    import numpy as np

    from stylesim.datasets._canvas import Sketch
    from stylesim.datasets._pose import Pose


def collar(k: Sketch, *, neck: float = 13.0, point: float = 17.0, shade: float = 1.04) -> None:
    """A turned-down shirt collar with its stand."""
    k.panel(
        smooth(
            [(-neck, NECK - 4), (0, NECK - 7), (neck, NECK - 4)],
            [(neck, NECK + 3), (0, NECK + 8), (-neck, NECK + 3)],
        ),
        shade=0.62,
    )
    k.line([(-neck, NECK - 4), (0, NECK - 7), (neck, NECK - 4)], shade=0.95, width=2.6)
    for side in SIDES:
        wing: list[Point] = [
            (side * (neck - 1), NECK - 6),
            (side * (neck + 4), NECK + 3),
            (side * (point - 1), NECK + point + 1),
        ]
        k.panel(
            smooth(
                wing,
                [
                    (side * (point - 1), NECK + point + 1),
                    (0, NECK + 8),
                    (side * (neck - 1), NECK - 6),
                ],
            ),
            shade=shade,
            edge=0.6,
        )


def buttons(k: Sketch, xs: float, start: float, end: float, count: int, colour: RGB) -> None:
    """A row of buttons down the front."""
    for i in range(count):
        y = start + (end - start) * i / max(1, count - 1)
        k.disc(xs, y, 1.9, tone(colour, 0.6))
        k.disc(xs, y - 0.2, 1.4, colour)


def shirt(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Collar, button placket, cuffs, a chest pocket and a curved hem."""
    bottom = float(rng.uniform(226, 234))
    long = bool(rng.random() < 0.85)
    for side in SIDES:
        if long:
            k.panel(sleeve(pose, side, 1.0, (32, 27, 22, 17)), shade=0.95, turn=-side * 0.25)
            k.line(pose.arm(side, 1.0)[-1:] + pose.arm(side, 0.88)[-1:], width=17.5, shade=1.03)
            _cuff_edge(k, pose, side)
        else:
            k.panel(sleeve(pose, side, 0.42, (33, 33, 31)), shade=0.95, turn=-side * 0.4)
    k.panel(torso(neck=13, depth=12, bottom=bottom - 10, waist=31, hem=32, curve=14))
    k.line([(-4, NECK + 10), (-4, bottom + 2)], shade=0.78, width=0.8)
    k.line([(4, NECK + 10), (4, bottom + 2)], shade=0.70, width=1.0)
    for side in SIDES:
        k.line([(side * 37, SHOULDER + 5), (side * 14, NECK + 12)], shade=0.82, width=0.7)
    if rng.random() < 0.7:
        k.panel(smooth([(9, 138), (24, 137)], [(24, 154), (16.5, 158), (9, 155)]), edge=0.66)
        k.line([(9, 142), (24, 141)], shade=0.72, width=0.7)
    drape(k, rng, bottom=bottom - 6)
    if long:
        creases(k, pose, rng)
    collar(k)
    pale: RGB = (248.0, 246.0, 240.0) if sum(k.fabric.colour) < 560 else (150.0, 142.0, 132.0)
    buttons(k, 0, NECK + 16, bottom - 8, 7, pale)


def _cuff_edge(k: Sketch, pose: Pose, side: int) -> None:
    (x0, y0), (x1, y1) = pose.arm(side, 0.88)[-1], pose.arm(side, 0.95)[-1]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 + 1e-6
    nx, ny = -(y1 - y0) / length * 9, (x1 - x0) / length * 9
    k.line([(x0 - nx, y0 - ny), (x0 + nx, y0 + ny)], shade=0.66, width=1.0)


def blouse(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Full sleeves gathered at the wrist, a flowing hem, a bow or a frill at the neck."""
    bottom = float(rng.uniform(212, 222))
    vee = bool(rng.random() < 0.5)
    depth = 26.0 if vee else 12.0
    inside(k, neck=13, drop=depth * 0.6, shade=0.7)
    for side in SIDES:
        k.panel(sleeve(pose, side, 0.93, (33, 34, 36, 40, 26)), shade=0.97, turn=-side * 0.25)
        k.line([pose.arm(side, 0.92)[-1], pose.arm(side, 1.0)[-1]], width=13, shade=0.93)
        for offset in (-8.0, 0.0, 8.0):
            (ex, ey), (wx, wy) = pose.elbows[(side + 1) // 2], pose.arm(side, 0.92)[-1]
            k.fold((wx + offset * 0.3, wy), (ex + offset, ey + 6), depth=-0.26, width=3)
    k.panel(torso(neck=13, depth=depth, bottom=bottom, waist=33, hem=42, curve=5, vee=vee))
    for x in (-34, -24, -14, -4, 6, 16, 26, 35):
        sway = float(rng.uniform(-3, 3))
        k.fold((x * 1.05, bottom), (x * 0.75 + sway, 160), (x * 0.55, 138), depth=-0.2, width=4)
        k.fold((x * 1.05 + 5, bottom), (x * 0.75 + 4 + sway, 168), depth=0.2, width=3)
    if vee:
        _bow(k, rng)
    else:
        _frill(k)


def _bow(k: Sketch, rng: np.random.Generator) -> None:
    y = NECK + 25
    # Of plain cloth: a bow of the same dots as the blouse would not be seen.
    cloth = attrs.evolve(k.fabric, pattern="plain")
    for side in SIDES:
        k.line([(side * 13, NECK), (side * 1, y)], shade=0.9, width=5)
        tail = float(rng.uniform(34, 48))
        k.panel(
            smooth(
                [(0, y), (side * 9, y + tail * 0.5), (side * 9, y + tail)],
                [(side * 3, y + tail + 3), (side * 1, y + 12), (0, y)],
            ),
            shade=1.0,
            fabric=cloth,
        )
        k.panel(
            smooth([(0, y), (side * 12, y - 9), (side * 21, y + 1), (side * 12, y + 8), (0, y)]),
            shade=1.03,
            fabric=cloth,
        )
        k.line([(0, y), (side * 13, y)], shade=0.8, width=0.8)
    k.panel(smooth([(-4, y - 4), (4, y - 4)], [(4, y + 5), (-4, y + 5)]), shade=0.92, fabric=cloth)


def _frill(k: Sketch) -> None:
    for side in SIDES:
        wave: list[Point] = [(side * 2, NECK + 12)]
        wave += [(side * (9 if i % 2 else 13), NECK + 14 + 9 * i) for i in range(8)]
        back: list[Point] = [wave[-1], (side * 2, NECK + 86), (side * 2, NECK + 12)]
        k.panel(smooth(wave, back), shade=1.05, edge=0.8)
        for i in range(8):
            k.line(
                [(side * 3, NECK + 16 + 9 * i), (side * 10, NECK + 14 + 9 * i)],
                shade=0.84,
                width=0.7,
            )
    k.line(
        [(-13, NECK - 1), (-8, NECK + 9), (0, NECK + 12), (8, NECK + 9), (13, NECK - 1)],
        shade=1.06,
        width=5,
    )
    buttons(k, 0, NECK + 24, NECK + 84, 5, mix(k.fabric.colour, (255.0, 255.0, 255.0), 0.6))
