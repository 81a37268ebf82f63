"""Which pieces of an outline are the garment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from stylesim.types import BoolArray


def _pieces(mask: BoolArray) -> tuple[Any, Any]:
    """Numbers of connected pieces, 0 outside; for each number left, top, width, height, area."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    stats[0, cv2.CC_STAT_AREA] = 0
    return labels, stats


def largest(mask: BoolArray) -> BoolArray:
    """The largest connected piece, and pieces that lie within its width (a hat, a far shoe)."""
    labels, stats = _pieces(mask)
    if len(stats) <= 2:
        return mask
    main = stats[stats[:, cv2.CC_STAT_AREA].argmax()]
    within = np.zeros(mask.shape[1], bool)
    within[main[0] : main[0] + main[2]] = True
    keep = np.array([within[left : left + width].mean() > 0.5 for left, _, width, *_ in stats])
    keep[0] = False
    kept: BoolArray = keep[labels]
    return kept


def solid(mask: BoolArray) -> BoolArray:
    """Without crumbs: pieces smaller than a tenth of the largest are dropped."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    here = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    labels, stats = _pieces(np.ascontiguousarray(mask[here]))
    if len(stats) <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA]
    out = np.zeros_like(mask)
    out[here] = (areas >= 0.1 * areas.max())[labels]
    return out
