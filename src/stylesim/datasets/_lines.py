"""Smooth lines and tubes through points, in drawing units."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim.types import FloatArray

Point: TypeAlias = tuple[float, float]

_SAMPLES = 5
_T = np.linspace(0, 1, _SAMPLES, endpoint=False)[:, None]
# Catmull-Rom basis at the sample positions, one column a control point.
_BASIS = np.concatenate(
    [
        -0.5 * _T + _T**2 - 0.5 * _T**3,
        1 - 2.5 * _T**2 + 1.5 * _T**3,
        0.5 * _T + 2 * _T**2 - 1.5 * _T**3,
        -0.5 * _T**2 + 0.5 * _T**3,
    ],
    axis=1,
).astype(np.float32)


def smooth(*runs: Sequence[Point]) -> FloatArray:
    """One line through all points: smooth inside a run, a corner where two runs meet."""
    parts = []
    for run in runs:
        points = np.array(run, np.float32)
        if len(points) > 2:
            padded = np.empty((len(points) + 2, 2), np.float32)
            padded[1:-1] = points
            padded[0] = 2 * points[0] - points[1]
            padded[-1] = 2 * points[-1] - points[-2]
            near = np.concatenate([padded[i : len(padded) - 3 + i].ravel() for i in range(4)])
            # (samples, 4) @ (4, segments x 2) -> (segments, samples, 2), then the last point.
            curve = (_BASIS @ near.reshape(4, -1)).reshape(_SAMPLES, -1, 2)
            curve = curve.transpose(1, 0, 2).reshape(-1, 2)
            parts.append(curve)
            points = points[-1:]
        parts.append(points)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def limb(centre: Sequence[Point], widths: Sequence[float]) -> FloatArray:
    """Outline of a tube (a sleeve, a leg) around a line, with a width at each of its points."""
    line = smooth(centre)
    at = np.linspace(0, len(widths) - 1, len(line))
    half = np.interp(at, np.arange(len(widths)), np.asarray(widths, np.float32))[:, None] / 2
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-6
    normal = np.stack([-along[:, 1], along[:, 0]], 1)
    outline = np.concatenate([line + normal * half, (line - normal * half)[::-1]])
    return outline.astype(np.float32)


def flip(points: Sequence[Point]) -> list[Point]:
    """The same points on the other side of the body, in the opposite order."""
    return [(-x, y) for x, y in reversed(points)]
