"""The paper's four-outfit experiment on real street photographs: who belongs to which group."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stylesim.datasets.real import OutfitPhoto

_TOPS = frozenset(
    "blouse shirt t-shirt sweater blazer jacket coat suit top sweatshirt cardigan hoodie vest "
    "cape".split()
)
_BOTTOMS = frozenset("pants jeans shorts skirt leggings".split())
_ONE_PIECE = frozenset("dress romper jumper bodysuit swimwear".split())
_LIGHT = frozenset({"blouse", "shirt", "top"})

OUTFIT_GROUPS: tuple[str, ...] = (
    "wanted",
    "suit",
    "padding",
    "sporty",
    "Top Similar",
    "Bottom Similar",
    "All Different",
)
"""The groups of ``outfit_groups``, in the order in which their rules are tried."""


def outfit_groups(records: Iterable[OutfitPhoto]) -> dict[str, list[OutfitPhoto]]:
    """Sort street photographs into the groups of the paper's four-outfit experiment.

    Considered are photographs with at least one top, exactly one bottom and nothing worn in
    one piece; each goes to the first group of ``OUTFIT_GROUPS`` whose rule it meets.
    ``"wanted"`` serves for training and, where held out of it, as All Similar.

    Args:
        records: What ``load_outfits`` gave, or some of it.

    Returns:
        Every group with its photographs in the order of ``records``; a group may be empty.

    Examples:
        >>> from pathlib import Path
        >>> from stylesim.datasets import OutfitPhoto
        >>> photo = OutfitPhoto("1", Path("1.jpg"), ("suit", "pants"), None, ())
        >>> [name for name, group in outfit_groups([photo]).items() if group]
        ['suit']
    """
    groups: dict[str, list[OutfitPhoto]] = {name: [] for name in OUTFIT_GROUPS}
    for record in records:
        name = _group_of(frozenset(record.tags))
        if name is not None:
            groups[name].append(record)
    return groups


def _group_of(tags: frozenset[str]) -> str | None:
    tops, bottoms = tags & _TOPS, tags & _BOTTOMS
    if not tops or len(bottoms) != 1 or tags & _ONE_PIECE:
        return None
    bottom = next(iter(bottoms))
    light, heavy = bool(tops & _LIGHT), bool(tops & {"coat", "cape"})
    tailored = tops & {"suit", "blazer"}
    layered = tailored or heavy or "jacket" in tops
    casual = tops & {"t-shirt", "sweater", "sweatshirt", "hoodie", "cardigan"}
    wanted_top = light and not layered and not casual
    rules = {
        "wanted": wanted_top and bottom == "skirt",
        "suit": tailored and not heavy and bottom == "pants",
        "padding": heavy and bottom in {"pants", "jeans", "leggings"},
        "sporty": tops & {"t-shirt", "sweatshirt", "hoodie"} and not layered and bottom != "skirt",
        "Top Similar": wanted_top and bottom != "skirt",
        "Bottom Similar": bottom == "skirt"
        and not light
        and tops & {"sweater", "t-shirt", "sweatshirt", "jacket", "coat", "blazer", "cardigan"},
        "All Different": bottom != "skirt"
        and not light
        and tops & {"sweater", "jacket", "cardigan"},
    }
    return next((name for name in OUTFIT_GROUPS if rules[name]), None)
