"""Knitted tops: t-shirt, sweater, hoodie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylesim.datasets._cloth import SIDES, creases, drape, inside, ribs, torso
from stylesim.datasets._fabric import RGB, Fabric, tone
from stylesim.datasets._lines import Point, smooth
from stylesim.datasets._pose import (
    NECK,
    sleeve,
)

if TYPE_CHECKING:
    from stylesim.datasets._canvas import Sketch
    from stylesim.datasets._pose import Pose


def t_shirt(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Crew neck, short sleeves, sometimes a print on the chest."""
    neck, depth, bottom = 14.0, float(rng.uniform(8, 13)), float(rng.uniform(222, 232))
    inside(k, neck=neck, drop=depth)
    for side in SIDES:
        k.panel(sleeve(pose, side, 0.40, (33, 33, 32)), shade=0.96, turn=-side * 0.4)
        arm = pose.arm(side, 0.37)[-1]
        k.fold((side * 34, 122), arm, depth=-0.15)
    k.panel(torso(neck=neck, depth=depth, bottom=bottom, waist=33, hem=34))
    rim: list[Point] = [
        (-neck, NECK),
        (-neck * 0.8, NECK + depth * 0.72),
        (0, NECK + depth),
        (neck * 0.8, NECK + depth * 0.72),
        (neck, NECK),
    ]
    k.line(rim, shade=0.84, width=3.2)
    k.line([(-33, bottom - 4), (0, bottom - 2), (33, bottom - 4)], shade=0.82, width=0.7)
    if k.fabric.pattern == "plain" and rng.random() < 0.6:
        _print(k, rng)
    drape(k, rng, bottom=bottom)


def _print(k: Sketch, rng: np.random.Generator) -> None:
    light = sum(k.fabric.colour) > 380
    colour: RGB = tone(k.fabric.second, 0.9) if light else (240.0, 240.0, 236.0)
    if sum(abs(a - b) for a, b in zip(colour, k.fabric.colour, strict=True)) < 120:
        colour = (40.0, 42.0, 52.0) if light else (240.0, 240.0, 236.0)
    cloth = Fabric(colour)
    kind = rng.integers(0, 3)
    if kind == 0:
        for i, half in enumerate((18, 14, 16)):
            y = 138.0 + 9 * i
            x = -float(half)
            while x < half:
                wide = float(rng.uniform(3, 5))
                k.panel(
                    smooth([(x, y), (x + wide, y)], [(x + wide, y + 6), (x, y + 6)]),
                    fabric=cloth,
                    edge=1,
                )
                x += wide + 1.6
    elif kind == 1:
        turn = np.linspace(0, 2 * np.pi, 24)
        ring = np.stack([15 * np.cos(turn), 150 + 15 * np.sin(turn)], 1).astype(np.float32)
        k.panel(ring, fabric=cloth, edge=1)
        k.panel(smooth([(-9, 156), (0, 140)], [(0, 140), (9, 156)]), edge=1)
    else:
        for i in range(3):
            k.line([(-22 + 4 * i, 162 - 2 * i), (-6 + 4 * i, 140)], width=3.4, colour=colour)


def sweater(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """Thick knit with ribbed neck, cuffs and hem."""
    bottom = float(rng.uniform(220, 228))
    high = bool(rng.random() < 0.35)
    if not high:
        inside(k, neck=15, drop=9)
    for side in SIDES:
        k.panel(sleeve(pose, side, 1.0, (36, 32, 28, 25, 18)), shade=0.95, turn=-side * 0.25)
        (x0, y0), (x1, y1) = pose.arm(side, 0.91)[-1], pose.arm(side, 1.02)[-1]
        k.line([(x0, y0), (x1, y1)], width=17, shade=0.86)
    k.panel(torso(neck=15, depth=9, bottom=bottom, chest=36, waist=35, hem=34, curve=1))
    ribs(k, [(-33, bottom - 4), (0, bottom - 2.5), (33, bottom - 4)], width=12)
    if k.fabric.pattern == "plain":
        for x in (-20, 0, 20):
            for y in range(int(NECK) + 16, int(bottom) - 14, 8):
                k.line([(x - 3, y), (x + 3, y + 4)], shade=0.80, width=1.3)
                k.line([(x + 3, y), (x - 3, y + 4)], shade=0.86, width=1.1)
    drape(k, rng, bottom=bottom - 8, half=32)
    creases(k, pose, rng)
    if high:
        k.panel(
            smooth(
                [
                    (-16, NECK + 8),
                    (-14, NECK - 12),
                    (0, NECK - 15),
                    (14, NECK - 12),
                    (16, NECK + 8),
                ],
                [(16, NECK + 8), (0, NECK + 13), (-16, NECK + 8)],
            )
        )
        ribs(k, [(-14, NECK - 1), (0, NECK + 2), (14, NECK - 1)], width=14, shade=0.93)
    else:
        ribs(k, [(-15, NECK), (-11, NECK + 7), (0, NECK + 10), (11, NECK + 7), (15, NECK)], width=5)


def hoodie(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A hood, drawstrings, a kangaroo pocket, ribbed cuffs and hem."""
    bottom = float(rng.uniform(224, 232))
    zipped = bool(rng.random() < 0.4)
    hood: list[Point] = [
        (-24, NECK + 12),
        (-27, NECK - 8),
        (-17, NECK - 27),
        (0, NECK - 32),
        (17, NECK - 27),
        (27, NECK - 8),
        (24, NECK + 12),
    ]
    if not pose.laid:
        # On a body the hood lies on the back: a thick roll behind the neck.
        hood = [
            (-27, NECK + 10),
            (-25, NECK - 6),
            (-12, NECK - 13),
            (0, NECK - 14),
            (12, NECK - 13),
            (25, NECK - 6),
            (27, NECK + 10),
        ]
    k.panel(smooth(hood, [(24, NECK + 12), (0, NECK + 22), (-24, NECK + 12)]), shade=0.92)
    for side in SIDES:
        k.panel(sleeve(pose, side, 1.0, (36, 32, 28, 24, 18)), shade=0.94, turn=-side * 0.25)
        k.line([pose.arm(side, 0.92)[-1], pose.arm(side, 1.02)[-1]], width=16, shade=0.80)
    k.panel(torso(neck=17, depth=16, bottom=bottom, chest=36, waist=36, hem=35, curve=1))
    hole: list[Point] = [
        (-15, NECK + 3),
        (-14, NECK - 10),
        (0, NECK - 20),
        (14, NECK - 10),
        (15, NECK + 3),
    ]
    if pose.laid:
        k.panel(smooth(hole, [(15, NECK + 3), (0, NECK + 18), (-15, NECK + 3)]), shade=0.45)
    for side in SIDES:
        k.line([(side * 25, NECK - 2), (side * 18, NECK + 9), (0, NECK + 20)], width=7, shade=1.02)
        k.line([(side * 22, NECK - 1), (side * 15, NECK + 9), (0, NECK + 17)], width=1, shade=0.7)
        drop = float(rng.uniform(30, 44))
        cord: RGB = (240.0, 240.0, 238.0) if sum(k.fabric.colour) < 560 else (90.0, 90.0, 95.0)
        x = side * 6.0
        k.line([(x, NECK + 18), (x + side, NECK + 18 + drop)], width=1.8, colour=cord)
    ribs(k, [(-34, bottom - 4), (0, bottom - 2.5), (34, bottom - 4)], width=11, shade=0.84)
    pocket: list[Point] = [(-16, 180), (16, 180)]
    k.panel(
        smooth(
            pocket,
            [(16, 180), (27, 200)],
            [(27, bottom - 10), (-27, bottom - 10)],
            [(-27, 200), (-16, 180)],
        ),
        edge=0.62,
    )
    drape(k, rng, bottom=bottom - 8, half=32)
    creases(k, pose, rng)
    if zipped:
        k.line([(0, NECK + 20), (0, bottom)], width=2.6, shade=0.55)
        k.line([(0, NECK + 20), (0, bottom)], width=1.0, colour=(190.0, 190.0, 192.0))
