"""One head for each region of the body, and how their answers are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs
import numpy as np

from stylesim._head import SHARPNESS, Head, fit_head, fit_prototypes
from stylesim._novelty import clouds_of
from stylesim._tempering import even_shares
from stylesim.errors import expected
from stylesim.functional import unit_rows
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from stylesim._calibration import Calibration
    from stylesim._novelty import Clouds
    from stylesim._tempering import HeldOut
    from stylesim._views import GarmentView, PictureView
    from stylesim.functional import Floats
    from stylesim.types import FloatArray

    TargetViews: TypeAlias = Sequence[Sequence[Sequence[PictureView]]]

WHOLE = "whole"
BODY = ("upper", "lower")
"""The regions that every outfit has; the others count where a picture shows neither."""

REGIONS = tuple(dict.fromkeys(region for regions in REGIONS_OF.values() for region in regions))
NOTHING_FOUND = 0.95
"""Probability of "neither" where no garment is found, unless it was measured."""

_FEWEST = 2


@attrs.frozen(eq=False)
class RegionHead:
    """What one region of the body says about the classes.

    Attributes:
        head: Tells the classes apart that were seen in this region.
        members: Their numbers among all classes.
        shares: Array of shape (classes,): the probability of each class that
            was not seen in this region, whatever the garment; 0 for members.
        scaled: Whether the head was learned on features of their own length
            rather than of length 1.
        clouds: The members as clouds; None where they are not known: after fine-tuning, and
            in files of older versions.
        share: How much the region counts where what several say is pooled; see
            ``stylesim._tempering.even_shares``.
    """

    head: Head
    members: tuple[int, ...]
    shares: Floats
    scaled: bool = False
    clouds: Clouds | None = None
    share: float = 1.0

    def proba(self, views: Sequence[GarmentView]) -> Floats:
        """Probabilities of shape (views, classes); each row sums to 1."""
        return self.spread_out(self.head.proba(self.rows(views)))

    def rows(self, views: Sequence[GarmentView]) -> Floats:
        """What the head sees, of shape (views, d)."""
        known = self.head.weight.shape[1]
        for size in {len(view.embedding) for view in views} - {known}:
            wish, todo = f"views of {known} numbers, made by this model", "pass model.view(images)"
            raise expected("views", wish, f"one of {size}", todo)
        rows: Floats = np.stack([view.embedding for view in views]).astype(np.float64)
        if self.scaled:
            rows *= np.array([view.length for view in views])[:, None]
        return rows

    def spread_out(self, proba: Floats) -> Floats:
        """Probabilities of all classes, of shape (n, classes), from those of the members."""
        out = np.tile(self.shares, (len(proba), 1))
        out[:, list(self.members)] = (1.0 - self.shares.sum()) * proba
        return out


@attrs.frozen(eq=False)
class Learned:
    """What a fit leaves behind.

    Attributes:
        classes: Names of the classes, the wanted one first.
        heads: Heads by region; ``"whole"`` is always there.
        history: For each epoch the loss, in nats, and the accuracy, 0 to 1.
        nothing_found: Probability that a picture without a garment is of no class.
    """

    classes: tuple[str, ...]
    heads: Mapping[str, RegionHead]
    history: tuple[tuple[float, float], ...]
    nothing_found: float = NOTHING_FOUND


def regions_of(view: GarmentView) -> tuple[str, ...]:
    """Regions of the body that a garment covers; ``("whole",)`` for a whole picture."""
    return (WHOLE,) if view.slot is None else REGIONS_OF[view.slot]


def learn_regions(
    views: TargetViews,
    *,
    epochs: int,
    seed: int,
    calibration: Calibration | None = None,
    on_epoch: Callable[[], object] | None = None,
) -> dict[str, RegionHead]:
    """Learn a head for each region that the pictures show well enough.

    A region gets a head if at least two pictures of the wanted class, and of
    at least one contrast class, show a garment there; the whole picture always
    has one. A class with fewer is not told apart by looks there. It keeps the
    probability with which one of its pictures would show a garment in that
    region, compared with the other classes, by Laplace's rule of succession:
    (shown + 1) / (pictures + 2) for each class, scaled to sum to 1.

    Args:
        views: For each class (the wanted one first), for each picture, its
            views: as it is, mirrored, ...
        epochs: Passes over the garments of a region.
        seed: Of all random choices.
        calibration: That of the backbone; None where the target is all that is known.
        on_epoch: Called after each epoch of each region.

    Returns:
        The heads by region, in the order of ``REGIONS``, then ``"whole"``.
    """
    heads: dict[str, RegionHead] = {}
    held: dict[str, HeldOut] = {}
    for number, region in enumerate((*REGIONS, WHOLE)):
        shown = np.array(_shown(views, region))
        members = np.flatnonzero(shown >= _FEWEST)
        if len(members) < _FEWEST or members[0] != 0:
            continue
        rows, labels, groups = _rows(views, region)
        kept = np.isin(labels, members)
        x = np.stack(rows)[kept].astype(np.float64)
        y, owners = np.searchsorted(members, labels[kept]), groups[kept]
        clouds = clouds_of(x, y, owners, len(members), calibration, region)
        if calibration is None:
            head = fit_head(
                x,
                y,
                len(members),
                epochs=epochs,
                seed=seed + number,
                groups=owners,
                on_epoch=on_epoch,
            )
            temperature = head.temperature / (SHARPNESS * clouds.widths[1])
        else:
            head, held[region] = fit_prototypes(
                x,
                y,
                owners,
                clouds,
                calibration,
                epochs=epochs,
                seed=seed + number,
                on_epoch=on_epoch,
            )
            temperature = head.temperature
        clouds = attrs.evolve(clouds, temperature=temperature)
        rates = (shown + 1) / (np.array([len(pictures) for pictures in views]) + 2)
        shares = rates / rates.sum()
        shares[members] = 0.0
        heads[region] = RegionHead(head, tuple(int(m) for m in members), shares, clouds=clouds)
    if all(name in held for name in BODY):
        body = {name: (held[name], heads[name].head.temperature) for name in BODY}
        for name, share in even_shares(body).items():
            heads[name] = attrs.evolve(heads[name], share=share)
    return heads


def regions_to_learn(views: TargetViews) -> int:
    """Number of heads that ``learn_regions`` will learn."""
    return sum(
        shown[0] >= _FEWEST and sum(n >= _FEWEST for n in shown) >= _FEWEST
        for shown in (_shown(views, region) for region in (*REGIONS, WHOLE))
    )


def by_region(
    views: Sequence[PictureView], heads: Mapping[str, RegionHead]
) -> list[dict[str, FloatArray]]:
    """Class probabilities of each region that a picture shows and a head knows.

    The key ``"whole"`` is always there.
    """
    out: list[dict[str, FloatArray]] = [{} for _ in views]
    for region, head in heads.items():
        parts, owners = parts_by_region(views, region)
        if not parts:
            continue
        for owner, row in zip(owners, head.proba(parts).astype(np.float32), strict=True):
            out[owner][region] = row
    return out


def parts_by_region(
    views: Sequence[PictureView], region: str
) -> tuple[list[GarmentView], list[int]]:
    """The garment that speaks for a region in each picture that shows one, and its picture."""
    found = [(part, place) for place, view in enumerate(views) if (part := speaker(view, region))]
    return [part for part, _ in found], [place for _, place in found]


def speaker(view: PictureView, region: str) -> GarmentView | None:
    """The garment that a picture shows in a region, or None; of several the outermost, the largest.

    A jacket is what a style is told by, not the shirt that it leaves open; and other second
    garments were measured to be wrong outlines more often than layers.
    """
    if region == WHOLE:
        return view.whole
    there = (garment for garment in view.garments if region in regions_of(garment))
    return max(there, key=lambda one: (one.slot is Slot.OUTER, one.area), default=None)


def counted(regions: Mapping[str, object]) -> list[str]:
    """Upper and lower body; else the other regions; else the whole picture."""
    body = [region for region in BODY if region in regions]
    return body or [region for region in regions if region not in (*BODY, WHOLE)] or [WHOLE]


def balanced(view: PictureView) -> FloatArray:
    """One vector for a picture: the mean over its regions of the garments that speak for them."""
    rows = [part.embedding for region in REGIONS if (part := speaker(view, region))]
    mean = np.mean(rows or [view.whole.embedding], axis=0)
    vector: FloatArray = unit_rows(mean[None])[0].astype(np.float32)
    return vector


def _shown(views: TargetViews, region: str) -> list[int]:
    """How many pictures of each class show a garment in a region."""
    return [sum(bool(speaker(ways[0], region)) for ways in pictures) for pictures in views]


def _rows(
    views: TargetViews, region: str
) -> tuple[list[FloatArray], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    rows: list[FloatArray] = []
    labels, groups = [], []
    picture = 0
    for label, pictures in enumerate(views):
        for ways in pictures:
            for view in ways:
                if part := speaker(view, region):
                    rows.append(part.embedding)
                    labels.append(label)
                    groups.append(picture)
            picture += 1
    return rows, np.array(labels, dtype=np.intp), np.array(groups, dtype=np.intp)
