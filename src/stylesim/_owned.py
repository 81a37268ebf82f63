"""Whether two pictures show one garment: what is owned already, and products that repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim._colours import LEVELS, colour_distances
from stylesim._picks import BlockedProduct
from stylesim.errors import StyleSimError
from stylesim.functional import unit_rows
from stylesim.images import content_hash
from stylesim.types import REGIONS_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from stylesim._report import Shown
    from stylesim.classifier import GarmentView, PictureView
    from stylesim.functional import Floats
    from stylesim.products import Product
    from stylesim.similarity import SimilarityReport
    from stylesim.types import ImageLike

WHOLE = "whole"
SURE = 0.86
"""Default of ``owned_threshold``: one pair in a hundred of two garments of one kind is blocked."""

# Log-odds that two pictures show one garment, where both answers are as likely beforehand: a
# constant, then weights of the angle between the embeddings in degrees, of the distances in
# lightness and in colour in units of CIELAB, and of the category, +1 where both have the same and
# -1 where they have others. Logistic regression on pairs of photographs that are not held out:
# `benchmarks/owned.py --fit` prints this line, the next and SURE anew for the bundled weights;
# without --fit it measures them on photographs that are held out.
_WITH_COLOURS = (6.69, -0.162, -0.177, -0.0882, 0.0)
_WITHOUT = (4.26, -0.181, 0.0)
_SAME_PICTURE = 0.99  # cosine below which two pictures are not worth a comparison of pixels
_SUREST = 0.9999  # of what is not the very same picture


@attrs.frozen(eq=False)
class Comparison:
    """How one picture compares with others, garment by garment; arrays of shape (n,).

    Attributes:
        owner: Place of the picture that each garment is in.
        cosine: Of the embeddings without their kinds, -1 to 1.
        light: Distance in lightness, in units of CIELAB; NaN where colours are not known.
        colour: Distance in colour without lightness; NaN likewise.
        category: 1 where both are of one category, -1 where of two, 0 where one is not known.
    """

    owner: npt.NDArray[np.int64]
    cosine: Floats
    light: Floats
    colour: Floats
    category: Floats

    @property
    def sure(self) -> Floats:
        """Probability, 0 to 1, that both show one garment."""
        degrees = np.degrees(np.arccos(np.clip(self.cosine, -1, 1)))
        blind = np.isnan(self.light)
        light, colour = np.nan_to_num(self.light), np.nan_to_num(self.colour)
        a, b = _WITH_COLOURS, _WITHOUT
        seeing = a[0] + a[1] * degrees + a[2] * light + a[3] * colour + a[4] * self.category
        guessing = b[0] + b[1] * degrees + b[2] * self.category
        odds = np.clip(np.where(blind, guessing, seeing), -50, 50)
        sure: Floats = np.minimum(1 / (1 + np.exp(-odds)), _SUREST)
        return sure


@attrs.frozen(eq=False)
class _Rack:
    """Garments of one region of the body, stacked."""

    owner: npt.NDArray[np.int64]
    rows: Floats
    colours: Floats
    categories: tuple[str | None, ...]


@attrs.frozen(eq=False)
class Looks:
    """What pictures show, stacked by region of the body, to compare one with all of them."""

    count: int
    _racks: dict[str, _Rack]

    @classmethod
    def of(cls, views: Sequence[PictureView]) -> Looks:
        """Stack the garments of pictures; a picture without any stands as a whole."""
        found: dict[str, list[tuple[int, GarmentView]]] = {}
        for owner, view in enumerate(views):
            for region, garment in garments_of(view):
                found.setdefault(region, []).append((owner, garment))
        return cls(len(views), {region: _rack(some) for region, some in found.items()})

    def compare(self, view: PictureView) -> Comparison:
        """Compare a picture with all; garments of other regions of the body are left out."""
        parts = [
            part
            for region, garment in garments_of(view)
            if (part := self._compare(region, garment)) is not None
        ]
        if not parts:
            none = np.zeros(0)
            return Comparison(none.astype(np.int64), none, none, none, none)
        names = [field.name for field in attrs.fields(Comparison)]
        return Comparison(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))

    def nearest(self, view: PictureView) -> tuple[Floats, Floats]:
        """For each picture how sure it is that it shows the same garment, and the cosine."""
        found = self.compare(view)
        sure, cosine = np.zeros(self.count), np.full(self.count, -1.0)
        np.maximum.at(sure, found.owner, found.sure)
        np.maximum.at(cosine, found.owner, found.cosine)
        return sure, cosine

    def _compare(self, region: str, garment: GarmentView) -> Comparison | None:
        rack = self._racks.get(region)
        vector = np.asarray(garment.looks, dtype=np.float64)
        if rack is None or rack.rows.shape[1] != len(vector):
            return None
        light, colour = colour_distances(_colours(garment), rack.colours)
        mine = garment.category
        category = [
            0.0 if mine is None or other is None else 1.0 if mine == other else -1.0
            for other in rack.categories
        ]
        cosine = np.minimum(rack.rows @ unit_rows(vector[None])[0], 1.0)
        return Comparison(rack.owner, cosine, light, colour, np.array(category))


@attrs.frozen(eq=False)
class Match:
    """An owned item that a product seems to be.

    Attributes:
        id: Its id.
        sure: How sure, 0 to 1; 1 only for the very same picture.
        cosine: Of the embeddings without their kinds, -1 to 1.
        colour_distance: Mean difference of the colours in units of CIELAB; None if not known.
        same_category: Whether both are of one category; None if not known.
    """

    id: str
    sure: float
    cosine: float
    colour_distance: float | None = None
    same_category: bool | None = None

    def blocked(self, product: Product) -> BlockedProduct:
        """The product as one that is left out, with the evidence in words."""
        if self.sure == 1:
            why = f"the same picture as {self.id}"
        else:
            signs = [f"cosine {self.cosine:.3f}"]
            if self.colour_distance is not None:
                signs.append(f"colours {self.colour_distance:.0f} apart")
            if self.same_category is not None:
                signs.append("the same category" if self.same_category else "another category")
            why = f"looks like {self.id}, {self.sure:.2f} sure: {', '.join(signs)}"
        return BlockedProduct(
            product, self.id, self.sure, self.cosine, why, self.colour_distance, self.same_category
        )


@attrs.define(eq=False)
class Owned:
    """What is owned, to know it again among products."""

    _ids: list[str]
    _shown: list[Shown]
    _looks: Looks
    _wholes: dict[int, tuple[npt.NDArray[np.int64], Floats]]
    _hashes: dict[int, str | None] = attrs.field(factory=dict)

    @classmethod
    def of(cls, report: SimilarityReport) -> Owned:
        """Read what a report keeps of the pictures behind it."""
        known = [(row.id, shown) for row in report for shown in row.shown if shown.view is not None]
        views = [shown.view for _, shown in known if shown.view is not None]
        rows: dict[int, list[int]] = {}
        for place, view in enumerate(views):
            rows.setdefault(len(view.whole.looks), []).append(place)
        wholes = {
            dim: (np.array(some), unit_rows(np.stack([views[i].whole.looks for i in some])))
            for dim, some in rows.items()
        }
        return cls([name for name, _ in known], [s for _, s in known], Looks.of(views), wholes)

    def match(self, view: PictureView, image: ImageLike | None) -> Match | None:
        """The owned item that a product most likely is; None where nothing compares."""
        same = self._same_picture(view, image)
        if same is not None:
            return same
        found = self._looks.compare(view)
        if not len(found.owner):
            return None
        sure = found.sure
        best = int(np.argmax(sure))
        light, colour = float(found.light[best]), float(found.colour[best])
        category = float(found.category[best])
        return Match(
            self._ids[int(found.owner[best])],
            float(sure[best]),
            float(found.cosine[best]),
            None if np.isnan(light) else float(np.hypot(light, colour)),
            None if category == 0 else category > 0,
        )

    def _same_picture(self, view: PictureView, image: ImageLike | None) -> Match | None:
        vector = np.asarray(view.whole.looks, dtype=np.float64)
        if len(vector) not in self._wholes:
            return None
        places, rows = self._wholes[len(vector)]
        cosines = rows @ unit_rows(vector[None])[0]
        digest: str | None = None
        for at in map(int, np.flatnonzero(cosines >= _SAME_PICTURE)):
            digest = digest or _hash(image)
            if digest is not None and digest == self._hash_of(int(places[at])):
                return Match(self._ids[int(places[at])], 1.0, float(min(cosines[at], 1.0)))
        return None

    def _hash_of(self, place: int) -> str | None:
        shown = self._shown[place]
        if place not in self._hashes:
            self._hashes[place] = shown.image_hash or _hash(shown.picture())
        return self._hashes[place]


def garments_of(view: PictureView) -> list[tuple[str, GarmentView]]:
    """The garments of a picture by region of the body; the whole of it where none was found."""
    found = [
        (region, garment)
        for garment in view.garments
        for region in ((WHOLE,) if garment.slot is None else REGIONS_OF[garment.slot])
    ]
    return found or [(WHOLE, view.whole)]


def _rack(found: list[tuple[int, GarmentView]]) -> _Rack:
    dim = len(found[0][1].looks)
    kept = [(owner, garment) for owner, garment in found if len(garment.looks) == dim]
    return _Rack(
        np.array([owner for owner, _ in kept], dtype=np.int64),
        unit_rows(np.stack([np.asarray(one.looks, np.float64) for _, one in kept])),
        np.stack([_colours(one) for _, one in kept]),
        tuple(one.category for _, one in kept),
    )


def _colours(garment: GarmentView) -> Floats:
    if garment.colours is None:
        return np.full((3, LEVELS), np.nan)
    return np.asarray(garment.colours, dtype=np.float64)


def _hash(image: ImageLike | None) -> str | None:
    try:
        return None if image is None else content_hash(image)
    except StyleSimError:
        return None
