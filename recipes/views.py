"""Views of stored garments, made while the network trains; the same number gives the same view.

Outlines are never exact, and a tight one cuts cues away that a frozen network missed. So the
outline is widened by chance, and what lies outside fades, turns grey or takes another colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import torch

GREY = 114 / 255
#: Share of a stored square that the library's view shows: the box and 8% around it.
CANONICAL = 1.16 / 1.5


def shown(widen: np.ndarray, residue: np.ndarray) -> np.ndarray:
    """How much of the picture shows at each of the 256 levels of the blurred outline, (n, 256).

    Args:
        widen: (n,) level of the blurred outline, 0..1, that half shows: 0.5 keeps the outline,
            less widens it.
        residue: (n,) how much of the surroundings shows, 0..1.
    """
    inside = 1 / (1 + np.exp(-25 * (np.arange(256) / 255 - widen[:, None])))
    return (inside + (1 - inside) * residue[:, None]).astype(np.float32)


def plain(crops: np.ndarray, side: int, widen: float = 0.06, residue: float = 0.0) -> torch.Tensor:
    """The view that the library makes of (n, s, s, 4) uint8 crops, as float (n, 3, side, side)."""
    cut = round(crops.shape[1] * (1 - CANONICAL) / 2)
    table = shown(np.array([widen]), np.array([residue]))[0]
    out = np.empty((len(crops), side, side, 3), np.float32)
    for i, crop in enumerate(crops):
        x = cv2.resize(crop[cut:-cut, cut:-cut], (side, side), interpolation=cv2.INTER_AREA)
        inside = table[x[..., 3]][..., None]
        out[i] = x[..., :3] * (inside / 255) + GREY * (1 - inside)
    return torch.from_numpy(out).permute(0, 3, 1, 2)


def dyed(rgb: np.ndarray, hue: float, vividness: float, lightness: float) -> np.ndarray:
    """The same picture, uint8 (h, w, 3), in another colour; each number -1..1, 0 as it is.

    `recolour.py` changes one garment among others, about its own mean; here there is one.
    """
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV_FULL).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + 128 * hue) % 256
    hsv[..., 1] *= 1 + 0.7 * vividness
    hsv[..., 2] *= 1 + 0.35 * lightness
    return cv2.cvtColor(hsv.clip(0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB_FULL)


class Views:
    """View ``k`` of garment ``i``: always the same place, turn, surroundings and light.

    Args:
        crops: (n, s, s, 4) uint8, RGB and blurred outline.
        half: The same at half the side, for small views.
        worn: (n,) bool: worn garments keep less of their surroundings, which are other garments.
        count: Views a garment.
        seed: Of the views.
        derived: How many at the end are of `derived.py`: however many, the views of the others
            stay what they were.
        dyed: Share of the views in which the garment has another colour. For targets that a
            teacher gives of the very view; people's words may not hold for them.
    """

    def __init__(
        self,
        crops: np.ndarray,
        half: np.ndarray,
        worn: np.ndarray,
        count: int,
        seed: int = 0,
        derived: int = 0,
        dyed: float = 0.0,
    ) -> None:
        self.crops, self.half, self.worn, self.count = crops, half, worn, count
        parts = [(np.random.default_rng(seed), len(crops) - derived)]
        parts.append((np.random.default_rng((seed, 1)), derived))
        drawn = [
            (r.random((count, n, 16), np.float32), r.standard_normal((count, n, 4), np.float32))
            for r, n in parts
        ]
        self.uniform, self.normal = (np.concatenate(p, 1) for p in zip(*drawn, strict=True))
        rng = np.random.default_rng((seed, 2))
        dye = rng.uniform(-1, 1, (count, len(crops), 3)).astype(np.float32)
        self.dye = dye * (rng.random((count, len(crops), 1)) < dyed)

    def render(self, index: np.ndarray, view: np.ndarray, side: int) -> torch.Tensor:
        """Float (n, 3, side, side) in 0..1, of garments ``index`` and their views ``view``."""
        u, g = self.uniform[view, index], self.normal[view, index]
        worn = self.worn[index]
        angle = g[:, 0] * 0.13
        angle += (np.pi / 2) * np.floor(u[:, 0] * 4) * ((u[:, 1] < 0.07) & ~worn)
        size = CANONICAL * (0.86 + 0.36 * u[:, 2])
        wide = size * np.exp(g[:, 1] * 0.07) * np.where(u[:, 3] < 0.5, -1.0, 1.0)
        shift = (u[:, 4:6] - 0.5) * 0.1
        residue = np.where(
            u[:, 7] < np.where(worn, 0.2, 0.45), 1.0, 0.6 * np.fmax(u[:, 8] - 0.5, 0)
        )
        tables = shown(0.02 + 0.3 * u[:, 6] ** 2, residue)
        fill = np.where(u[:, 9:10] < 0.3, u[:, 10:13], np.float32(GREY))
        # Light changes, colours stay: a style is told by colour, so no shift of hue.
        tint = 1 + np.stack([g[:, 2], -g[:, 2] * 0.5, g[:, 3]], 1) * 0.035
        scale = (0.75 + 0.5 * u[:, 13:14]) * tint
        offset = 0.5 * tint - 0.5 * scale + (u[:, 14:15] - 0.5) * 0.24
        source = self.half if side < 0.9 * self.half.shape[1] else self.crops
        s = source.shape[1]
        dye = self.dye[view, index]
        out = np.empty((len(index), side, side, 3), np.float32)

        def draw(i: int) -> None:
            c, t = np.cos(angle[i]), np.sin(angle[i])
            turn = np.array([[c * wide[i], -t * size[i]], [t * wide[i], c * size[i]]]) * (s / side)
            place = s * (0.5 + shift[i]) - 0.5 - turn @ np.full(2, (side - 1) / 2)
            x = cv2.warpAffine(
                source[index[i]], np.c_[turn, place], (side, side),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=(114, 114, 114, 0),
            )  # fmt: skip
            if dye[i].any():
                x = np.dstack([dyed(x[..., :3], *dye[i]), x[..., 3]])
            inside = tables[i][x[..., 3]][..., None]
            rgb = x[..., :3] * (inside * scale[i].astype(np.float32) / 255)
            out[i] = rgb + (fill[i] * scale[i]).astype(np.float32) * (1 - inside) + offset[i]
            if u[i, 15] < 0.2:
                h, w = (int(side * (0.1 + 0.25 * v)) for v in u[i, 10:12])
                y0, x0 = (int((side - m) * v) for m, v in ((h, u[i, 12]), (w, u[i, 8])))
                out[i, y0 : y0 + h, x0 : x0 + w] = u[i, 9]

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(draw, range(len(index))))
        return torch.from_numpy(out).clamp_(0, 1).permute(0, 3, 1, 2)


class Blends:
    """Views in which a garment is mixed with another, worn or laid out like itself.

    Half of them are sums (as in mixup), in the others a part is covered (as in CutMix, Yun et al.,
    ICCV 2019). What such a picture shows is for a teacher to say, who sees the very same one: no
    mean of two labels or features.

    Args:
        views: The views that are mixed.
        seed: Of which goes with which.

    M. Beyer et al., Knowledge Distillation: A Good Teacher Is Patient and Consistent, CVPR 2022.
    """

    def __init__(self, views: Views, seed: int) -> None:
        self.views, self.count, self.dye, worn = views, views.count, views.dye, views.worn
        rng = np.random.default_rng((seed, 3))
        shape = (self.count, len(worn))
        self.other = np.empty(shape, int)
        for some in (np.flatnonzero(worn), np.flatnonzero(~worn)):
            self.other[:, some] = rng.choice(some, (self.count, len(some)))
        self.share = rng.uniform(0.5, 1, shape).astype(np.float32)
        self.covered = rng.random(shape) < 0.5
        self.place = rng.random((*shape, 3), np.float32)

    def render(self, index: np.ndarray, view: np.ndarray, side: int) -> torch.Tensor:
        """Float (n, 3, side, side) in 0..1, of garments ``index`` and their views ``view``."""
        out = self.views.render(index, view, side)
        others = self.views.render(self.other[view, index], view, side)
        for i, (share, place) in enumerate(
            zip(self.share[view, index], self.place[view, index], strict=True)
        ):
            if not self.covered[view[i], index[i]]:
                out[i].lerp_(others[i], 1 - float(share))
                continue
            long = np.exp(0.8 * (place[2] - 0.5))  # of the part that is covered
            h, w = (
                min(side, round(side * float(np.sqrt(1 - share) * by))) for by in (long, 1 / long)
            )
            y, x = round(float(place[0]) * (side - h)), round(float(place[1]) * (side - w))
            out[i, :, y : y + h, x : x + w] = others[i, :, y : y + h, x : x + w]
        return out


class Several:
    """Sets of views of the same garments as one, numbered one after the other.

    Args:
        sets: The sets, all of the same garments.
    """

    def __init__(self, sets: Sequence[Views | Blends]) -> None:
        self.sets = sets
        self.dye = np.concatenate([some.dye for some in sets])
        self.starts = np.cumsum([0, *(some.count for some in sets)])

    def render(self, index: np.ndarray, view: np.ndarray, side: int) -> torch.Tensor:
        """Float (n, 3, side, side) in 0..1, of garments ``index`` and their views ``view``."""
        out = torch.empty(len(index), 3, side, side)
        for some, start in zip(self.sets, self.starts[:-1], strict=True):
            own = (view >= start) & (view < start + some.count)
            if own.any():
                out[own] = some.render(index[own], view[own] - start, side)
        return out
