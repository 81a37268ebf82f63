"""How the regions of the body are put together into one similarity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._checks import is_number
from stylesim._opinions import pooled
from stylesim._report import WHOLE, ItemSimilarity, SeenGarment, Shown
from stylesim.classifier import Opinion
from stylesim.errors import StyleSimError, expected
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from stylesim._seeing import Item
    from stylesim.functional import Floats

REGIONS = tuple(dict.fromkeys(region for regions in REGIONS_OF.values() for region in regions))
_EQUAL = {"upper": 1.0, "lower": 1.0}
_NEITHER = 0.5  # from here on it is likelier than not
_TAIL = 0.05  # of an interval of 90 %, on either side


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
        if not is_number(weight) or not math.isfinite(weight) or weight < 0:
            raise expected(argument, "a number of at least 0", weight, "pass 0, 1 or 2")
        for region in _regions_named(name):
            if said.setdefault(region, float(weight)) != float(weight):
                wish = f"one weight for the {region} body, which several slots share"
                raise expected(argument, wish, f"{said[region]} and {weight}", "make them equal")
    weights |= said
    if not any(weights.values()):
        raise expected("slot_weights", "a weight above 0", "all 0", "give a slot some weight")
    if not math.isfinite(sum(weights.values())):
        todo = "only their ratios count: pass 1 and 2"
        raise expected("slot_weights", "weights with a finite sum", dict(slot_weights), todo)
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
    probabilities: Sequence[Any],
    classes: Sequence[str],
    weights: Mapping[str, float],
    known: Sequence[str],
) -> ItemSimilarity:
    """Put together what the model says of the pictures of one item.

    Args:
        item: The item, its pictures seen.
        probabilities: For each picture the opinions by region, or bare class probabilities.
        classes: Names of the classes, the wanted one first.
        weights: Weight by region.
        known: Regions that the model can compare.
    """
    regions: dict[str, list[Opinion]] = {}
    stand_ins: dict[str, list[Opinion]] = {}
    for part, said in zip(item.parts, probabilities, strict=True):
        if not isinstance(said, Mapping) or WHOLE not in said:
            wish, todo = "a dict by region that holds 'whole'", "answer for the whole picture too"
            raise expected("model.proba_by_region", wish, repr(said), todo, StyleSimError)
        checked = {name: _checked(one, len(classes)) for name, one in said.items()}
        asked = REGIONS if part.slot is None else REGIONS_OF[part.slot]
        for region in asked:
            if region in checked:
                regions.setdefault(region, []).append(checked[region])
        for region in (WHOLE,) if part.slot is None else asked:
            stand_ins.setdefault(region, []).append(checked[WHOLE])
    means = {region: _mean(said) for region, said in regions.items()}
    compared = means or {region: _mean(said) for region, said in stand_ins.items()}
    counted, alike = _counted(compared, weights)
    share = np.array([1.0 if alike else weights[region] for region in counted])
    worn = len(item.parts) == 1 and item.parts[0].slot is None
    overall = together([compared[region] for region in counted], share, worn=worn)
    shown = means or {WHOLE: overall}
    unlike = _not_compared(item, means, known)
    views = [part.view for part in item.parts if part.view is not None]
    return ItemSimilarity(
        id=item.id,
        similarity=overall.similarity,
        by_class={name: float(v) for name, v in zip(classes, overall.proba, strict=True)},
        by_slot={region: said.similarity for region, said in shown.items()},
        found=tuple(
            SeenGarment(garment.slot, garment.category, float(garment.confidence))
            for view in views
            for garment in view.garments
        ),
        assumed=_assumed(
            item, means, known, unlike, alike=alike and any(r in weights for r in counted)
        ),
        slot=item.slot,
        category=item.category,
        counted=tuple(counted) if means else (WHOLE,),
        interval=(0.0, 1.0) if unlike else _interval(overall),
        intervals={r: (0.0, 1.0) if unlike else _interval(said) for r, said in shown.items()},
        neither=overall.neither >= _NEITHER,
        p_neither=overall.neither,
        compared=not unlike,
        shown=tuple(Shown(part.view, part.image, part.image_hash) for part in item.parts),
    )


def together(said: Sequence[Opinion], share: Floats, *, worn: bool) -> Opinion:
    """What several regions say in all.

    Slots of one photograph belong to one outfit; garments of a closet each speak for themselves.

    Args:
        said: One opinion a region.
        share: Weight of each.
        worn: Whether all are of one photograph of an outfit.
    """
    return pooled(said, share) if worn else _mean(said, share)


def _mean(said: Sequence[Opinion], share: Floats | None = None) -> Opinion:
    """Weighted mean of what was said, with "neither" as one more class."""
    if len(said) == 1:
        return said[0]
    share = np.full(len(said), 1.0) if share is None else share
    share = share / share.sum()
    joint = share @ np.stack([one.proba * (1.0 - one.neither) for one in said])
    known = float(joint.sum())
    proba = joint / known if known > 0 else share @ np.stack([one.proba for one in said])
    draws = [one.draws for one in said if one.draws is not None]
    tossed = share @ np.stack(draws) if len(draws) == len(said) else None
    return Opinion(proba, float(share @ [one.neither for one in said]), tossed)


def _interval(said: Opinion) -> tuple[float, float]:
    """Where 90 % of the draws lie; everything is possible where none were made."""
    if said.draws is None:
        return 0.0, 1.0
    ordered = np.sort(said.draws)
    end = round(_TAIL * (len(ordered) - 1))
    similarity = said.similarity
    low, high = float(ordered[end]), float(ordered[len(ordered) - 1 - end])
    return max(0.0, min(low, similarity)), min(1.0, max(high, similarity))


def _counted(
    compared: Mapping[str, Opinion], weights: Mapping[str, float]
) -> tuple[list[str], bool]:
    """Regions that count, and whether for want of a weight they count alike."""
    counted = [region for region in compared if weights.get(region, 0.0) > 0]
    return (counted, False) if counted else (list(compared), True)


def _checked(said: object, classes: int) -> Opinion:
    row = said.proba if isinstance(said, Opinion) else said
    try:
        vector = np.asarray(row, dtype=np.float64)
    except (TypeError, ValueError):
        vector = np.zeros(0)
    # A sum is finite only if all its terms are.
    whole = vector.shape == (classes,) and 0 < float(vector.sum()) < math.inf
    if not whole or vector.min() < 0:
        wish = f"{classes} finite probabilities a region, none below 0"
        todo = "fit the model again"
        raise expected("model.proba_by_region", wish, repr(row), todo, StyleSimError)
    proba = vector / vector.sum()
    if not isinstance(said, Opinion):
        return Opinion(proba)
    if not 0.0 <= said.neither <= 1.0:
        wish, got = "a probability of neither, 0 to 1", repr(said.neither)
        raise expected("model.judge_by_region", wish, got, "fit the model again", StyleSimError)
    if said.draws is not None and not np.isfinite(said.draws).all():
        wish, todo = "draws that are finite", "fit the model again"
        raise expected("model.judge_by_region", wish, "others", todo, StyleSimError)
    return attrs.evolve(said, proba=proba)


def _not_compared(item: Item, means: Mapping[str, Opinion], known: Sequence[str]) -> list[str]:
    """Slots of what there is, where the style shows too little of all of them."""
    if means or not set(known) - {WHOLE}:
        return []
    told = [part.slot.value for part in item.parts if part.slot is not None]
    views = [part.view for part in item.parts if part.view is not None]
    found = [one.slot.value for view in views for one in view.garments if one.slot is not None]
    return list(dict.fromkeys(told or found))


def _assumed(
    item: Item,
    means: Mapping[str, Opinion],
    known: Sequence[str],
    unlike: Sequence[str],
    *,
    alike: bool,
) -> str | None:
    notes = []
    if unlike:
        worn = ", ".join(unlike)
        notes.append(f"whole picture: the style shows too little to compare {worn} with")
    elif not means:
        more = set(known) - {WHOLE}
        reason = "no garment found" if more else "the model compares nothing else"
        notes.append(f"whole picture: {reason}")
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
