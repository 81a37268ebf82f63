"""Where arms and legs are: one set of measures for bodies, worn and laid-out garments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from stylesim.datasets._lines import Point, limb, smooth

if TYPE_CHECKING:
    from stylesim.types import FloatArray

# Heights of the standing figure in drawing units, crown to sole.
CROWN, CHIN, NECK, SHOULDER, ARMPIT = 28.0, 84.0, 95.0, 101.0, 136.0
WAIST, HIP, CROTCH, KNEE, ANKLE, SOLE = 188.0, 222.0, 244.0, 340.0, 432.0, 452.0


@attrs.frozen
class Pose:
    """Joints of the left (first) and right (second) limbs as seen in the picture."""

    elbows: tuple[Point, Point]
    wrists: tuple[Point, Point]
    knees: tuple[Point, Point] = ((-17.0, KNEE), (17.0, KNEE))
    ankles: tuple[Point, Point] = ((-19.0, ANKLE), (19.0, ANKLE))
    laid: bool = False

    def arm(self, side: int, share: float = 1.0) -> list[Point]:
        """Middle line of an arm (side -1 or 1), from the shoulder to ``share`` of its length."""
        which = (side + 1) // 2
        shoulder = (side * 29.0, 118.0)
        return _cut([shoulder, self.elbows[which], self.wrists[which]], share)

    def leg(self, side: int, share: float = 1.0) -> list[Point]:
        """Middle line of a leg, from the hip to ``share`` of its length."""
        which = (side + 1) // 2
        return _cut([(side * 15.0, HIP), self.knees[which], self.ankles[which]], share)


def laid_out(spread: float, legs: float = 0.0) -> Pose:
    """A garment on the floor: ``spread`` 0 lays the sleeves down, 1 far out."""
    reach, drop = 12 + 26 * spread, 172 - 8 * spread
    wrist, low = 16 + 52 * spread, 226 - 16 * spread
    apart = 4 * legs
    return Pose(
        elbows=((-32 - reach, drop), (32 + reach, drop)),
        wrists=((-34 - wrist, low), (34 + wrist, low)),
        knees=((-18 - apart, KNEE), (18 + apart, KNEE)),
        ankles=((-20 - 2 * apart, ANKLE), (20 + 2 * apart, ANKLE)),
        laid=True,
    )


def sleeve(pose: Pose, side: int, share: float, widths: tuple[float, ...]) -> FloatArray:
    """Outline of a sleeve (side -1 or 1) covering ``share`` of the arm.

    It starts under the cloth of the shoulder, so that no gap opens whatever the arm does.
    """
    tube = limb(pose.arm(side, share), widths)
    half = len(tube) // 2
    first, second = tube[:half], tube[half:][::-1]
    outer, inner = (first, second) if side < 0 else (second, first)
    skip = max(2, half // 4)
    line = [(side * 22.0, SHOULDER - 2), (side * 33.0, SHOULDER), (side * 39.0, SHOULDER + 4)]
    line += [(float(x), float(y)) for x, y in outer[skip::2]]
    back = [(float(x), float(y)) for x, y in inner[:skip:-2]]
    back += [(side * 32.0, ARMPIT + 1), (side * 22.0, ARMPIT)]
    return smooth(line, back)


def _cut(line: list[Point], share: float) -> list[Point]:
    """The first part of a line of three points, by share of its length."""
    (x0, y0), (x1, y1), (x2, y2) = line
    upper = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    lower = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    left = share * (upper + lower)
    if left <= upper:
        t = left / upper
        end = (x0 + t * (x1 - x0), y0 + t * (y1 - y0))
        return [line[0], ((x0 + end[0]) / 2, (y0 + end[1]) / 2), end]
    t = (left - upper) / lower
    return [line[0], line[1], (x1 + t * (x2 - x1), y1 + t * (y2 - y1))]
