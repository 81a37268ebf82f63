"""Whether a product is owned already, and whether two products are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim.errors import StyleSimError
from stylesim.functional import unit_rows
from stylesim.images import content_hash
from stylesim.types import REGIONS_OF

if TYPE_CHECKING:
    from stylesim._report import Shown
    from stylesim.classifier import GarmentView, PictureView
    from stylesim.functional import Floats
    from stylesim.similarity import SimilarityReport
    from stylesim.types import ImageLike

_WHOLE = "whole"
_SAME_PICTURE = 0.99  # below this two pictures are not worth a comparison of pixels


@attrs.frozen(eq=False)
class Match:
    """An owned item that a product looks like."""

    id: str
    cosine: float
    same_picture: bool = False


@attrs.define(eq=False)
class Owned:
    """The embeddings of what is owned, by region of the body.

    Args:
        report: What the scorer said of the closet.
        threshold: Cosine from which two garments of one region count as one.
    """

    threshold: float
    _ids: dict[str, list[str]]
    _rows: dict[str, Floats]
    _wholes: list[Shown]
    _hashes: dict[int, str | None] = attrs.field(factory=dict)

    @classmethod
    def of(cls, report: SimilarityReport, threshold: float) -> Owned:
        """Read what a report keeps of the pictures behind it."""
        ids: dict[str, list[str]] = {}
        rows: dict[str, list[Floats]] = {}
        wholes: list[Shown] = []
        for row in report:
            for shown in row.shown:
                if shown.view is not None:
                    wholes.append(shown)
                    for region, vector in vectors_of(shown.view):
                        ids.setdefault(region, []).append(row.id)
                        rows.setdefault(region, []).append(vector)
        matrices = {region: unit_rows(np.stack(some)) for region, some in rows.items()}
        return cls(threshold, ids, matrices, wholes)

    def match(self, view: PictureView, image: ImageLike | None) -> Match | None:
        """The owned item that a product is, if any: its very picture, or a near twin."""
        best: Match | None = None
        digest: str | None = None
        for region, vector in vectors_of(view):
            matrix = self._rows.get(region)
            if matrix is None or matrix.shape[1] != len(vector):
                continue
            cosines = matrix @ unit_rows(vector[None])[0]
            if region == _WHOLE:
                for place in map(int, np.flatnonzero(cosines >= _SAME_PICTURE)):
                    digest = digest or _hash(image)
                    if digest is not None and digest == self._hash_of(place):
                        cosine = float(min(cosines[place], 1.0))
                        return Match(self._ids[region][place], cosine, same_picture=True)
                if any(garment.slot is not None for garment in view.garments):
                    continue  # a whole picture is more than the garment: backgrounds are alike
            place = int(np.argmax(cosines))
            cosine = float(min(cosines[place], 1.0))
            if cosine >= self.threshold and (best is None or cosine > best.cosine):
                best = Match(self._ids[region][place], cosine)
        return best

    def _hash_of(self, place: int) -> str | None:
        shown = self._wholes[place]
        if place not in self._hashes:
            self._hashes[place] = shown.image_hash or _hash(shown.picture())
        return self._hashes[place]


def alike(one: PictureView, other: PictureView) -> float:
    """Highest cosine of two pictures over the regions that both show; -1 where there is none."""
    others: dict[str, list[Floats]] = {}
    for region, vector in _garments(other):
        others.setdefault(region, []).append(vector)
    cosines = [
        float(unit_rows(mine[None])[0] @ unit_rows(vector[None])[0])
        for region, mine in _garments(one)
        for vector in others.get(region, [])
        if len(vector) == len(mine)
    ]
    return max(cosines, default=-1.0)


def vectors_of(view: PictureView) -> list[tuple[str, Floats]]:
    """Embeddings of a picture by region, and that of the whole picture."""
    return [*_parts(view), (_WHOLE, np.asarray(view.whole.embedding, dtype=np.float64))]


def _garments(view: PictureView) -> list[tuple[str, Floats]]:
    return _parts(view) or [(_WHOLE, np.asarray(view.whole.embedding, dtype=np.float64))]


def _parts(view: PictureView) -> list[tuple[str, Floats]]:
    return [
        (region, np.asarray(garment.embedding, dtype=np.float64))
        for garment in view.garments
        for region in _regions(garment)
    ]


def _regions(garment: GarmentView) -> tuple[str, ...]:
    return (_WHOLE,) if garment.slot is None else REGIONS_OF[garment.slot]


def _hash(image: ImageLike | None) -> str | None:
    try:
        return None if image is None else content_hash(image)
    except StyleSimError:
        return None
