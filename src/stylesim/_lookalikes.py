"""Pictures that show the same thing, found by a small summary of each.

The summary is the difference hash of N. Krawetz, "Kind of Like That", The
Hacker Factor Blog, 21 January 2013, at 16 x 16 bits instead of 8 x 8, with the
mean colours of 4 x 4 fields beside it: the hash alone takes two shirts of one
cut for the same picture whatever their colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIDE = 16
_FIELDS = 4
_BITS = _SIDE * _SIDE
_BLOCK = 512

MOST_BITS = 24
"""Bits, of 256, by which two summaries of one photograph may differ."""

MOST_COLOUR = 10.0
"""Mean difference of the fields, in levels of 0 to 255, that one photograph may show."""

MOST_FIELD = 21.0
"""That of one field: in a studio most fields are background, which is the same for all."""


def summarise(picture: Image.Image) -> bytes:
    """Summarise an upright RGB picture in 80 bytes.

    Args:
        picture: RGB image of any size.

    Returns:
        32 bytes of difference hash (row by row, whether each of 16 x 16
        places is darker than its right neighbour), then 4 x 4 RGB fields.
    """
    box = Image.Resampling.BOX
    grey = np.asarray(picture.convert("L").resize((_SIDE + 1, _SIDE), box), dtype=np.int16)
    # More than one level, so that compression noise on an even background sets no bit.
    rises = grey[:, 1:] > grey[:, :-1] + 1
    fields = np.asarray(picture.resize((_FIELDS, _FIELDS), box), dtype=np.uint8)
    return np.packbits(rises).tobytes() + fields.tobytes()


def pairs_alike(summaries: Sequence[bytes]) -> list[tuple[int, int]]:
    """Find the pairs that are one photograph, resized, recompressed or slightly edited.

    Args:
        summaries: n results of ``summarise``. Compared with each other,
            in O(n^2) time and O(n) memory.

    Returns:
        Pairs of indices, the lower first, in rising order.
    """
    if not summaries:
        return []
    table = np.frombuffer(b"".join(summaries), dtype=np.uint8).reshape(len(summaries), -1)
    # +1 and -1, so that a product of two rows counts equal bits less different ones.
    signs = np.unpackbits(table[:, : _BITS // 8], axis=1).astype(np.float32) * 2.0 - 1.0
    fields = table[:, _BITS // 8 :].astype(np.float32)
    found: list[tuple[int, int]] = []
    for start in range(0, len(table), _BLOCK):
        different = (_BITS - signs[start : start + _BLOCK] @ signs[start:].T) / 2.0
        rows, columns = np.nonzero(np.triu(different <= MOST_BITS, k=1))
        rows, columns = rows + start, columns + start
        away = np.abs(fields[rows] - fields[columns])
        away = away.reshape(-1, _FIELDS * _FIELDS, 3).mean(axis=2)
        near = (away.mean(axis=1) <= MOST_COLOUR) & (away.max(axis=1, initial=0) <= MOST_FIELD)
        found.extend(zip(rows[near].tolist(), columns[near].tolist(), strict=True))
    return found
