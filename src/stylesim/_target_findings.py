"""What can be wrong with a target, each said with the numbers behind it and what to do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._regions import BODY, REGIONS, regions_of
from stylesim._telling_apart import of_region, one_against_rest, pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stylesim._regions import TargetViews
    from stylesim._telling_apart import HeldOut
    from stylesim.style_target import StyleTarget

_ONE = {
    "upper": "top",
    "lower": "bottom",
    "shoes": "pair of shoes",
    "headwear": "hat",
    "bag": "bag",
    "accessory": "accessory",
}
_MANY = {
    "upper": "tops",
    "lower": "bottoms",
    "shoes": "shoes",
    "headwear": "hats",
    "bag": "bags",
    "accessory": "accessories",
}
_FEWEST = 2  # photographs that must show a garment for its region to be compared
_GOOD = 5  # photographs of a class, or garments of a region, that are worth having
_UNEVEN = 3.0
_FEWEST_PLACES = 3  # photographs elsewhere, before a background gives nothing away
_SURE = 0.01  # backgrounds are looked at class by class: chance must be rarer


@attrs.frozen
class Finding:
    """One thing about a target that one should know.

    Attributes:
        kind: ``"nearly the same"``, ``"alike"``, ``"background"``,
            ``"missing"``, ``"few"`` or ``"uneven"``.
        grave: Whether similarities are not to be trusted before it is mended.
        classes: The classes that it is about.
        message: What was found, with its numbers.
        advice: What to do.
        photographs: Where the photographs that it is about came from.

    Examples:
        >>> print(Finding("few", False, ("suit",), "suit has 2 photographs", "Add 3 to suit."))
        suit has 2 photographs. Add 3 to suit.
    """

    kind: str
    grave: bool
    classes: tuple[str, ...]
    message: str
    advice: str
    photographs: tuple[str, ...] = attrs.field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        data = attrs.asdict(self)
        return {**data, "classes": list(self.classes), "photographs": list(self.photographs)}

    def __str__(self) -> str:
        return f"{'Grave: ' if self.grave else ''}{self.message}. {self.advice}"


def nearly_the_same(target: StyleTarget, twins: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Photographs that are one, resized, mirrored or slightly edited."""
    owners = [(label, name) for label, names in target.sources.items() for name in names]
    for first, second in twins:
        (label, name), (other, twin) = owners[first], owners[second]
        shown = f"{name} and {twin} are nearly the same photograph"
        if label == other:
            advice = f"Replace 1 of the 2 by another outfit of {label}."
            yield Finding("nearly the same", False, (label,), shown, advice, (name, twin))
        else:
            message = f"{shown}, but one is of {label} and the other of {other}"
            advice = f"Take 1 of the 2 out: that of {label} or that of {other}."
            yield Finding("nearly the same", True, (label, other), message, advice, (name, twin))


def not_told_apart(classes: Sequence[str], held: HeldOut) -> Iterator[Finding]:
    """Classes that heads confuse in photographs that they had not learned from."""
    for first in range(len(classes)):
        for second in range(first + 1, len(classes)):
            names = classes[first], classes[second]
            both = pair(held.overall, held.labels, first, second)
            if both.alike:
                yield Finding(
                    "alike",
                    first == 0 and both.fewest >= _GOOD,
                    names,
                    f"{names[0]} and {names[1]} cannot be told apart: {both.right} of {both.total} "
                    "photographs held out of learning were taken for the right one of the two",
                    f"Show where they differ: add 3 outfits to each of {names[0]} and {names[1]}."
                    if first == 0
                    else f"Make one class of {names[0]} and {names[1]}, or leave it so: it does "
                    f"not touch how similar something is to {classes[0]}.",
                )
            elif first == 0:
                yield from _alike_in_a_region(names, held, second)


def _alike_in_a_region(names: tuple[str, str], held: HeldOut, second: int) -> Iterator[Finding]:
    for region in BODY:
        both = pair(of_region(held, region), held.labels, 0, second)
        if both.alike:
            yield Finding(
                "alike",
                False,
                names,
                f"{names[0]} and {names[1]} cannot be told apart by their {_MANY[region]}: "
                f"{both.right} of {both.total} held out of learning were taken for the right one",
                f"Add 3 outfits with a different {_ONE[region]} to {names[1]}.",
            )


def background_scores(classes: Sequence[str], held: HeldOut) -> dict[str, dict[str, float]]:
    """Mean probability of the own class, of whole pictures as they are and without garments."""
    whole = of_region(held, "whole")
    return {
        name: {
            "whole": _mean(whole[held.labels == label, label]),
            "background": _mean(held.blanked[held.labels == label, label]),
        }
        for label, name in enumerate(classes)
    }


def _mean(values: Any) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def backgrounds(classes: Sequence[str], held: HeldOut, *, whole: bool) -> Iterator[Finding]:
    """Classes that are recognised when their garments are blanked."""
    scores = background_scores(classes, held)
    for label, name in enumerate(classes):
        hits, total, chance = one_against_rest(held.blanked, held.labels, label)
        if total < _GOOD or chance > _SURE / len(classes):
            continue
        score = scores[name]
        message = (
            f"{name} is given away by its background: with the garments blanked, {hits} of {total} "
            f"photographs are still taken for it (probability {score['background']:.2f}, "
            f"{score['whole']:.2f} with them)"
        )
        more = max(_FEWEST_PLACES, total // 2)
        advice = f"Add {more} photographs of {name} in places where the other classes were taken"
        if whole:
            yield Finding(
                "background", True, (name,), message, f"{advice}, or let garments be cut out."
            )
        else:
            rest = "; garments are cut out, so it matters only where none is found."
            yield Finding("background", False, (name,), message, advice + rest)


def shown_regions(classes: Sequence[str], views: TargetViews) -> dict[str, dict[str, int]]:
    """In how many photographs of each class each region of the body shows a garment."""
    return {
        name: dict(
            Counter(
                region
                for ways in pictures
                for region in {r for part in ways[0].garments for r in regions_of(part)}
            )
        )
        for name, pictures in zip(classes, views, strict=True)
    }


def missing_garments(target: StyleTarget, views: TargetViews, *, whole: bool) -> Iterator[Finding]:
    """Regions of the body that a class does not show, and photographs without a garment."""
    shown = shown_regions(target.classes, views)
    if whole and not any(shown.values()):
        return  # nothing is missed where pictures are compared as wholes anyway
    wanted, contrast = target.classes[0], target.classes[1:]
    sizes = {label: len(pictures) for label, pictures in target.images.items()}
    for region in BODY:
        own = shown[wanted].get(region, 0)
        others = {name: shown[name].get(region, 0) for name in contrast}
        many, one = _MANY[region], _ONE[region]
        seen = f"in {own} of {sizes[wanted]} photographs"
        if own < _FEWEST:
            yield Finding(
                "missing",
                max(others.values()) >= _FEWEST,
                (wanted,),
                f"{wanted} shows {many} {seen}, so {many} are not compared",
                f"Add {_GOOD - own} outfits that show a {one} to {wanted}.",
            )
            continue
        alone = max(others.values()) < _FEWEST
        for name in (name for name, count in others.items() if count < _FEWEST):
            yield Finding(
                "missing",
                False,
                (name,),
                f"{name} shows {many} in {others[name]} of {sizes[name]} photographs, so "
                + (
                    f"{many} are not compared"
                    if alone
                    else f"no {one} is compared with those of {name}"
                ),
                f"Add {_GOOD - others[name]} outfits that show a {one} to {name}.",
            )
    yield from _only_in_contrast(shown, wanted, contrast)
    for label, pictures in zip(target.classes, views, strict=True):
        bare = [place for place, ways in enumerate(pictures) if not ways[0].garments]
        if bare:
            # What a style is of has to show: else its pictures are compared as wholes.
            names = tuple(target.sources[label][place] for place in bare)
            yield Finding(
                "missing",
                len(bare) == len(pictures),
                (label,),
                f"no garment was found in {len(bare)} of {len(pictures)} photographs of {label}: "
                + ", ".join(names[:3])
                + (", ..." if len(names) > 3 else ""),
                f"Replace {len(bare)} photograph{'s' * (len(bare) > 1)} of {label} by others that "
                "show the clothes clearly.",
                names,
            )


def _only_in_contrast(
    shown: Mapping[str, Mapping[str, int]], wanted: str, contrast: Sequence[str]
) -> Iterator[Finding]:
    regions = [
        region
        for region in REGIONS
        if region not in BODY
        and shown[wanted].get(region, 0) < _FEWEST
        and any(shown[name].get(region, 0) >= _FEWEST for name in contrast)
    ]
    if regions:
        names = " and ".join(_MANY[region] for region in regions)
        yield Finding(
            "missing",
            False,
            (wanted,),
            f"{names} are shown by contrast classes, and in fewer than {_FEWEST} photographs of "
            f"{wanted}, so they are not compared",
            f"Add {_GOOD} outfits that show {names} to {wanted}, if they matter to you.",
        )


def numbers(target: StyleTarget) -> Iterator[Finding]:
    """Classes that are small, or much smaller than another."""
    sizes = {label: len(pictures) for label, pictures in target.images.items()}
    largest = max(sizes, key=lambda label: sizes[label])
    for label, size in sizes.items():
        if size < _GOOD:
            yield Finding(
                "few",
                False,
                (label,),
                f"{label} has {size} photographs",
                f"Add {_GOOD - size} or more outfits to {label}.",
            )
        if sizes[largest] >= _UNEVEN * size:
            yield Finding(
                "uneven",
                False,
                (label, largest),
                f"{largest} has {sizes[largest]} photographs and {label} only {size}",
                f"Add {max(_GOOD, sizes[largest] // 2) - size} outfits to {label}.",
            )
