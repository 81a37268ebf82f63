"""Other clothes on the same people: garments of street photographs in other colours and cloths.

Fewer than six hundred photographs have drawn outlines, and which garment is which is told by how it
is worn, not by its colour; so each garment may get another one, under the light that falls on it.
"""

from __future__ import annotations

import cv2
import numpy as np

#: How often a garment is changed, and how often it then is of another garment's cloth.
OFTEN, CLOTH = 0.4, 0.4
_EDGE = 1.2  # of the blur of a changed garment's outline, in pixels
_FEWEST = 60  # pixels of a garment worth changing


def cloths(laid: list[dict], most: int, seed: int = 0) -> list[np.ndarray]:
    """Squares of cloth from the middle of garments that are laid out, (s, s, 3) uint8 each."""
    rng = np.random.default_rng(seed)
    out = []
    for index in rng.permutation(len(laid)):
        item = laid[index]
        inside = item["pixels"] > 0
        if not item.get("mask_ok", True) or not inside.any():
            continue
        depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3)
        y, x = np.unravel_index(depth.argmax(), depth.shape)
        r = int(depth[y, x] * 0.65)
        if r >= 24:
            out.append(item["image"][y - r : y + r, x - r : x + r].copy())
        if len(out) == most:
            break
    return out


def recolour(
    image: np.ndarray, pixels: np.ndarray, cloth: list[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """The picture (h, w, 3) with some of its garments, numbered from 2 in ``pixels``, changed."""
    out = image
    for slot in np.unique(pixels):
        if not 2 <= slot < 255 or rng.random() > OFTEN:
            continue
        mask = pixels == slot
        ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        here = np.s_[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
        mask = mask[here]
        if mask.sum() < _FEWEST:
            continue
        old = image[here].astype(np.float32)
        new = _cloth(old, mask, cloth, rng) if rng.random() < CLOTH else _dyed(old, mask, rng)
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _EDGE)[..., None]
        if out is image:
            out = image.copy()
        mixed = soft * new + (1 - soft) * out[here]
        out[here] = np.clip(mixed, 0, 255).astype(np.uint8)
    return out


def _dyed(old: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another mean colour, more or less contrast, and now and then channels exchanged."""
    mean = old[mask].mean(0)
    rest = old - mean
    if rng.random() < 0.5:
        order = rng.permutation(3)
        mean, rest = mean[order], rest[..., order]
    light = mean.mean() + rng.normal(0, 55)
    tint = (mean - mean.mean()) * rng.uniform(0, 1.6) + rng.normal(0, 14, 3)
    return np.clip(light, 12, 243) + tint + rest * rng.uniform(0.6, 1.3)


def _cloth(
    old: np.ndarray, mask: np.ndarray, cloth: list[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Another garment's cloth, under the light and shade of this one."""
    h, w = mask.shape
    piece = cloth[rng.integers(len(cloth))].astype(np.float32)
    piece = np.rot90(piece, rng.integers(4))
    scale = rng.uniform(0.4, 1.2) * max(h, w) / len(piece)
    side = max(8, round(len(piece) * scale))
    piece = cv2.resize(np.ascontiguousarray(piece), (side, side), interpolation=cv2.INTER_AREA)
    again = -(-max(h, w) // side)
    piece = np.concatenate([piece, piece[::-1]] * again)
    piece = np.concatenate([piece, piece[:, ::-1]] * again, axis=1)[:h, :w]
    grey = old.mean(2)
    shade = grey - grey[mask].mean()
    return piece + rng.uniform(0.3, 1.0) * shade[..., None]
