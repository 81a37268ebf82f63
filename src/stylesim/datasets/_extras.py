"""Shoes, hats and bags, as they lie on a floor or stand in a shop picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim.datasets._cloth import SIDES, ribs
from stylesim.datasets._fabric import RGB, Fabric, tone
from stylesim.datasets._lines import Point, smooth

if TYPE_CHECKING:
    from stylesim.datasets._canvas import Sketch
    from stylesim.datasets._pose import Pose
    from stylesim.types import FloatArray

_WHITE: RGB = (240.0, 240.0, 236.0)
_GUM: RGB = (62.0, 52.0, 46.0)


@attrs.frozen
class _Run:
    """Points moved aside: the same shoe stands twice."""

    dx: float
    dy: float

    def __call__(self, *points: Point) -> list[Point]:
        return [(x + self.dx, y + self.dy) for x, y in points]


def sneakers(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A pair seen from the side: white sole, laces, toe cap, side mark."""
    del pose
    mark: RGB = _WHITE if sum(k.fabric.colour) < 520 else (40.0, 44.0, 60.0)
    slip = float(rng.uniform(-6, 6))
    for dx, dy in ((12 + slip, -30.0), (-8.0, 8.0)):
        run = _Run(dx, dy)
        k.panel(
            smooth(
                run((-45, -31), (-31, -36), (-17, -33)),
                run((-17, -33), (-8, -29), (6, -19), (26, -13), (42, -7), (47, 5)),
                run((47, 5), (-47, 5)),
                run((-47, 5), (-48, -12), (-45, -31)),
            ),
            edge=0.6,
        )
        k.panel(
            smooth(
                run((-43, -31), (-31, -35), (-19, -32)), run((-19, -32), (-30, -28), (-43, -31))
            ),
            shade=0.4,
        )
        k.panel(
            smooth(
                run((27, -13), (41, -8), (47, 5)),
                run((47, 5), (24, 5)),
                run((24, 5), (22, -5), (27, -13)),
            ),
            shade=0.84,
            edge=0.7,
        )
        k.panel(
            smooth(
                run((-48, -12), (-45, -29), (-39, -30)),
                run((-39, -30), (-34, -8), (-36, 5)),
                run((-36, 5), (-47, 5), (-48, -12)),
            ),
            shade=0.80,
            edge=0.7,
        )
        k.panel(
            smooth(
                run((-17, -33), (-8, -29), (6, -19), (22, -14)),
                run((22, -14), (18, -7), (2, -11), (-14, -24), (-17, -33)),
            ),
            shade=0.92,
            edge=0.66,
        )
        for start, end in ((-24, -4), (-15, 6)):
            k.line(run((start, 4), (start + 12, -6), (end, -17)), width=3.2, colour=mark)
        for i in range(5):
            x, y = -12 + 7.4 * i, -29 + 3.6 * i
            k.line(run((x - 5, y + 6), (x + 2, y)), width=2.0, colour=_WHITE)
        k.panel(
            smooth(
                run((-48, 4), (0, 4.5), (48, 3)),
                run((48, 3), (51, 8), (45, 13), (0, 14), (-45, 14), (-50, 10), (-48, 4)),
            ),
            fabric=Fabric(_WHITE),
            edge=0.62,
        )
        k.line(run((-48, 9), (0, 9.5), (48, 8)), width=0.9, colour=tone(_WHITE, 0.75))
        k.fold(*run((-30, -1), (0, 0), (20, -1)), depth=-0.2)


def boots(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A pair of laced boots from the side: shaft, heel and thick sole."""
    del pose
    _laced(k, rng, shaft=72.0, holes=7)


def oxfords(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A pair of low laced leather shoes from the side."""
    del pose
    _laced(k, rng, shaft=36.0, holes=3)


def _laced(k: Sketch, rng: np.random.Generator, *, shaft: float, holes: int) -> None:
    slip = float(rng.uniform(-4, 4))
    for dx, dy in ((24 + slip, -16.0), (-16.0, 8.0)):
        run = _Run(dx, dy)
        k.panel(
            smooth(
                run((-36, -shaft), (-18, -shaft - 4), (0, -shaft - 1)),
                run((0, -shaft - 1), (1, -shaft * 0.6), (8, -24), (28, -16), (37, 0)),
                run((37, 4), (-38, 4)),
                run((-38, 4), (-35, -22), (-36, -shaft)),
            ),
            edge=0.6,
        )
        k.panel(
            smooth(
                run((-35, -shaft), (-18, -shaft - 3), (-1, -shaft - 1)),
                run((-1, -shaft - 1), (-18, -shaft + 5), (-35, -shaft)),
            ),
            shade=0.35,
        )
        for i in range(holes):
            y = -shaft + 12 + 7 * i
            x = -2.0 if y < -34 else -2.0 + (y + 34) * 0.7
            k.line(run((x - 7, y + 1), (x + 3, y - 2)), width=1.6, shade=0.42)
            k.disc(x - 8 + dx, y + 1 + dy, 1.2, (200.0, 180.0, 130.0))
        k.line(run((15, -22), (11, -10), (15, 4)), width=0.9, shade=0.55)
        k.line(run((-22, 4), (-20, -16), (-34, -24)), width=0.9, shade=0.55)
        k.panel(
            smooth(
                run((-39, 3), (37, 3)),
                run((37, 3), (39, 7), (37, 10), (-12, 11)),
                run((-12, 11), (-13, 16), (-39, 16), (-39, 3)),
            ),
            fabric=Fabric(_GUM),
        )
        k.fold(*run((-28, -shaft + 8), (-27, -14)), depth=0.3, width=6)
        k.fold(*run((8, -20), (24, -12)), depth=0.45, width=4)
        k.fold(*run((-34, -26), (-8, -30)), depth=-0.3, width=3)


def flats(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A pair of ballet flats from above, with a small bow."""
    del pose
    for side in SIDES:
        lean = side * float(rng.uniform(1, 4))
        x0 = side * 19.0
        sole = smooth(
            [(x0 - 9, 38), (x0, 44), (x0 + 9, 38)],
            [
                (x0 + 9, 38),
                (x0 + 9, 4),
                (x0 + 13 + lean, -24),
                (x0 + 7 + lean, -42),
                (x0 + lean, -46),
                (x0 - 7 + lean, -42),
                (x0 - 13 + lean, -24),
                (x0 - 9, 4),
                (x0 - 9, 38),
            ],
        )
        k.panel(sole, edge=0.6)
        k.panel(
            smooth(
                [(x0 - 6, 34), (x0, 38), (x0 + 6, 34)],
                [
                    (x0 + 6, 34),
                    (x0 + 6, 4),
                    (x0 + 8 + lean, -14),
                    (x0 + lean, -20),
                    (x0 - 8 + lean, -14),
                    (x0 - 6, 4),
                    (x0 - 6, 34),
                ],
            ),
            fabric=Fabric((196.0, 172.0, 148.0)),
            shade=0.8,
        )
        for s in SIDES:
            k.panel(
                smooth(
                    [
                        (x0 + lean, -25),
                        (x0 + lean + s * 5, -29),
                        (x0 + lean + s * 7, -25),
                        (x0 + lean + s * 5, -21),
                        (x0 + lean, -25),
                    ]
                ),
                shade=0.85,
            )
        k.fold((x0 + lean - 4, -40), (x0 + lean + 3, -33), depth=0.4, width=5)


def hat(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A baseball cap seen from the front and a little above."""
    del pose, rng
    k.panel(
        smooth(
            [(-40, 4), (-39, -28), (-22, -52), (0, -58), (22, -52), (39, -28), (40, 4)],
            [(40, 4), (0, 14), (-40, 4)],
        )
    )
    for x in (-20, 20):
        k.line([(x * 1.1, 8), (x * 0.9, -30), (0, -57)], width=1.0, shade=0.66)
        k.disc(x * 0.75, -36, 1.6, tone(k.fabric.colour, 0.5))
    k.line([(0, 10), (0, -57)], width=1.0, shade=0.66)
    k.panel(
        smooth(
            [(-41, 2), (0, 12), (41, 2)],
            [(46, 14), (36, 30), (0, 38), (-36, 30), (-46, 14), (-41, 2)],
        ),
        shade=0.9,
        edge=0.5,
    )
    for inset in (5, 10, 15):
        k.line([(-44 + inset, 15), (0, 37 - inset * 0.8), (44 - inset, 15)], width=0.7, shade=0.7)
    k.disc(0, -57, 3.0, tone(k.fabric.colour, 0.8))
    badge: RGB = _WHITE if sum(k.fabric.colour) < 560 else (40.0, 44.0, 60.0)
    k.line([(-9, -12), (-3, -26), (0, -14), (3, -26), (9, -12)], width=3, colour=badge)
    k.fold((-24, -34), (-8, -48), depth=0.35, width=9)
    k.fold((34, -20), (36, 0), depth=-0.3, width=8)


def beanie(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A knitted hat with a turned-up rim and a bobble."""
    del pose
    bobble: FloatArray = np.array(
        [
            (
                13 * math.cos(a) * (1 + 0.08 * math.sin(9 * a)),
                -66 + 13 * math.sin(a) * (1 + 0.08 * math.cos(7 * a)),
            )
            for a in np.linspace(0, 2 * math.pi, 40)
        ],
        np.float32,
    )
    if rng.random() < 0.6:
        k.panel(bobble, shade=1.1)
    k.panel(
        smooth(
            [(-38, 6), (-38, -24), (-20, -52), (0, -58), (20, -52), (38, -24), (38, 6)],
            [(38, 6), (0, 12), (-38, 6)],
        )
    )
    for x in range(-32, 33, 8):
        k.line([(x, 4), (x * 0.9, -26), (x * 0.35, -54)], width=1.3, shade=0.74)
    k.panel(smooth([(-40, -6), (0, 0), (40, -6)], [(41, 20), (0, 27), (-41, 20)]), shade=0.94)
    ribs(k, [(-40, 7), (0, 13), (40, 7)], width=24, shade=0.94)


def bag(k: Sketch, pose: Pose, rng: np.random.Generator) -> None:
    """A handbag with two handles, a flap and a clasp."""
    del pose
    wide, tall = float(rng.uniform(44, 54)), float(rng.uniform(56, 70))
    for lift in (0.0, -5.0):
        k.line(
            [(-22, -2), (-19, -36 + lift), (0, -48 + lift), (19, -36 + lift), (22, -2)],
            width=4,
            shade=0.8 if lift else 0.62,
        )
    k.panel(
        smooth(
            [(-wide + 8, -4), (0, -7), (wide - 8, -4)],
            [(wide - 8, -4), (wide + 2, tall * 0.6), (wide - 2, tall)],
            [(wide - 2, tall), (0, tall + 4), (-wide + 2, tall)],
            [(-wide + 2, tall), (-wide - 2, tall * 0.6), (-wide + 8, -4)],
        ),
        edge=0.5,
    )
    k.panel(
        smooth(
            [(-wide + 7, -5), (0, -8), (wide - 7, -5)],
            [(wide - 5, tall * 0.36), (0, tall * 0.52), (-wide + 5, tall * 0.36)],
            [(-wide + 7, -5)],
        ),
        shade=1.06,
        edge=0.5,
    )
    metal: RGB = (212.0, 180.0, 110.0)
    k.panel(
        smooth([(-5, tall * 0.42), (5, tall * 0.42)], [(5, tall * 0.56), (-5, tall * 0.56)]),
        fabric=Fabric(metal),
        edge=0.6,
    )
    for side in SIDES:
        k.disc(side * 22, 0, 3, metal)
        k.line([(side * (wide - 5), 2), (side * (wide - 3), tall - 6)], width=0.8, shade=0.66)
    k.fold((-wide + 10, tall - 12), (wide - 10, tall - 12), depth=-0.2, width=8)
    k.fold((-wide + 14, 6), (0, 4), depth=0.3, width=8)
