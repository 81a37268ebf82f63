"""How the regions of the body are put together into one similarity."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stylesim._report import WHOLE, ItemSimilarity, SeenGarment, Shown
from stylesim.errors import StyleSimError, expected
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    import numpy.typing as npt

    from stylesim._seeing import Item
    from stylesim.functional import Floats

    Regions = Mapping[str, npt.NDArray[np.floating]]

REGIONS = tuple(dict.fromkeys(region for regions in REGIONS_OF.values() for region in regions))
_EQUAL = {"upper": 1.0, "lower": 1.0}


def checked_weights(slot_weights: object) -> dict[str, float]:
    """Weight of each region that counts; upper and lower body alike unless said otherwise."""
    weights = dict(_EQUAL)
    if slot_weights is None:
        return weights
    wish, todo = "a dict of slot or region to weight", 'pass {"top": 1, "bottom": 2}'
    if not isinstance(slot_weights, Mapping):
        raise expected("slot_weights", wish, slot_weights, todo)
    said: dict[str, float] = {}
    for name, weight in slot_weights.items():
        argument = f"slot_weights[{name!r}]"
        real = isinstance(weight, numbers.Real) and not isinstance(weight, bool)
        if not real or not math.isfinite(weight) or weight < 0:
            raise expected(argument, "a number of at least 0", weight, "pass 0, 1 or 2")
        for region in _regions_named(name):
            if said.setdefault(region, float(weight)) != float(weight):
                wish = f"one weight for the {region} body, which several slots share"
                raise expected(argument, wish, f"{said[region]} and {weight}", "make them equal")
    weights |= said
    if not any(weights.values()):
        raise expected("slot_weights", "a weight above 0", "all 0", "give a slot some weight")
    return weights


def _regions_named(name: object) -> tuple[str, ...]:
    if isinstance(name, str) and not isinstance(name, Slot) and name in REGIONS:
        return (name,)
    slot = Slot.parse(name, "slot_weights") if isinstance(name, str) else None
    if slot is None:
        raise expected("slot_weights", "names of slots or regions", name, "name a slot")
    return REGIONS_OF[slot]


def row_of(
    item: Item,
    probabilities: Sequence[Regions],
    classes: Sequence[str],
    weights: Mapping[str, float],
    known: Sequence[str],
) -> ItemSimilarity:
    """Put together what the model says of the pictures of one item.

    Args:
        item: The item, its pictures seen.
        probabilities: For each picture the class probabilities by region.
        classes: Names of the classes, the wanted one first.
        weights: Weight by region.
        known: Regions that the model can compare.
    """
    regions: dict[str, list[Floats]] = {}
    stand_ins: dict[str, list[Floats]] = {}
    for part, said in zip(item.parts, probabilities, strict=True):
        checked = {name: _checked(row, len(classes)) for name, row in said.items()}
        asked = REGIONS if part.slot is None else REGIONS_OF[part.slot]
        for region in asked:
            if region in checked:
                regions.setdefault(region, []).append(checked[region])
        for region in (WHOLE,) if part.slot is None else asked:
            stand_ins.setdefault(region, []).append(checked[WHOLE])
    means = {region: _mean(rows) for region, rows in regions.items()}
    compared = means or {region: _mean(rows) for region, rows in stand_ins.items()}
    counted, alike = _counted(compared, weights)
    share = np.array([1.0 if alike else weights[region] for region in counted])
    vector = share @ np.stack([compared[region] for region in counted]) / share.sum()
    vector = vector / vector.sum()
    views = [part.view for part in item.parts if part.view is not None]
    return ItemSimilarity(
        id=item.id,
        similarity=float(vector[0]),
        by_class={name: float(value) for name, value in zip(classes, vector, strict=True)},
        by_slot={region: float(row[0]) for region, row in means.items()}
        or {WHOLE: float(vector[0])},
        found=tuple(
            SeenGarment(garment.slot, garment.category, float(garment.confidence))
            for view in views
            for garment in view.garments
        ),
        assumed=_assumed(item, means, known, alike=alike and any(r in weights for r in counted)),
        slot=item.slot,
        category=item.category,
        counted=tuple(counted) if means else (WHOLE,),
        shown=tuple(Shown(part.view, part.image, part.image_hash) for part in item.parts),
    )


def _mean(rows: list[Floats]) -> Floats:
    if len(rows) == 1:
        return rows[0]
    mean: Floats = np.mean(rows, axis=0)
    return mean


def _counted(
    compared: Mapping[str, Floats], weights: Mapping[str, float]
) -> tuple[list[str], bool]:
    """Regions that count, and whether for want of a weight they count alike."""
    counted = [region for region in compared if weights.get(region, 0.0) > 0]
    return (counted, False) if counted else (list(compared), True)


def _checked(row: object, classes: int) -> Floats:
    vector = np.asarray(row, dtype=np.float64)
    # A sum is finite only if all its terms are.
    if vector.shape != (classes,) or not 0 < float(vector.sum()) < math.inf:
        wish = f"{classes} finite probabilities a region"
        todo = "fit the model again"
        raise expected("model.proba_by_region", wish, repr(row), todo, StyleSimError)
    return vector


def _assumed(
    item: Item, means: Mapping[str, Floats], known: Sequence[str], *, alike: bool
) -> str | None:
    notes = []
    garments = [
        garment for part in item.parts if part.view is not None for garment in part.view.garments
    ]
    told = [part.slot.value for part in item.parts if part.slot is not None]
    if not means:
        if not set(known) - {WHOLE}:
            notes.append("whole picture: the model compares nothing else")
        elif told or garments:
            names = told or [garment.slot.value for garment in garments if garment.slot]
            worn = ", ".join(dict.fromkeys(names))
            notes.append(f"whole picture: the style shows too little to compare {worn} with")
        else:
            notes.append("whole picture: no garment found")
    else:
        for part in item.parts:
            if part.slot is None or part.view is None:
                continue
            if not any(region in means for region in REGIONS_OF[part.slot]):
                notes.append(f"{part.slot.value}: not compared, the style shows too little of it")
            elif all(garment.confidence == 0 for garment in part.view.garments):
                notes.append(f"whole picture taken for the {part.slot.value}: no garment found")
    if alike:
        notes.append("nothing that shows has a weight: all of it counts alike")
    return "; ".join(notes) or None
