"""Heads of a classifier as tensors and plain data, within its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._clouds_file import clouds_from, clouds_parts
from stylesim._head import Head
from stylesim._regions import NOTHING_FOUND, REGIONS, WHOLE, Learned, RegionHead
from stylesim.backbones.storing import floats_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from stylesim.functional import Floats


def learned_parts(learned: Learned) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and plain data of what a fit left."""
    import torch

    tensors = {}
    regions = {}
    for region, known in learned.heads.items():
        for name, values in (
            ("weight", known.head.weight),
            ("bias", known.head.bias),
            ("shares", known.shares),
            ("table", known.head.table),
        ):
            if values is not None:
                tensors[f"{region}.{name}"] = torch.from_numpy(np.ascontiguousarray(values))
        regions[region] = {
            "members": list(known.members),
            "temperature": known.head.temperature,
            "slope": known.head.slope,
            "scaled": known.scaled,
            "share": known.share,
            "history": known.head.history,
        }
    parts, clouds = clouds_parts(learned.heads)
    said = {
        "classes": learned.classes,
        "regions": regions,
        "clouds": clouds,
        "nothing_found": learned.nothing_found,
        "history": learned.history,
    }
    return tensors | parts, said


def learned_from(
    tensors: Mapping[str, Tensor], said: Mapping[str, Any], dim: int, kinds: int
) -> Learned:
    """Put together what ``learned_parts`` took apart.

    Args:
        tensors: All tensors of the file.
        said: What the file says of itself.
        dim: Length of the vectors that the heads see.
        kinds: How many numbers at the end of a vector tell kinds of garment.

    Raises:
        ValueError: It does not hold together; also KeyError, TypeError and the like.
    """
    classes = tuple(said["classes"])
    if (
        not isinstance(said["classes"], list)
        or len(set(classes)) != len(classes)
        or not all(isinstance(name, str) for name in classes)
    ):
        raise ValueError("a class twice, or without a name")
    # Files of older versions have none: they say nothing of "neither", and intervals are wide.
    clouds = clouds_from(tensors, said["clouds"]) if "clouds" in said else {}
    heads = {}
    for region in (*REGIONS, WHOLE):
        if region not in said["regions"]:
            continue
        known = _head(region, tensors, said["regions"][region], len(classes))
        cloud = clouds.get(region)
        shape = len(known.members), dim
        if known.head.weight.shape != shape or (cloud is not None and cloud.means.shape != shape):
            raise ValueError("heads or clouds of other classes, or for other vectors")
        if known.head.table is not None and known.head.table.shape[1] != kinds:
            raise ValueError("a table of other kinds")
        heads[region] = attrs.evolve(known, clouds=cloud)
    if WHOLE not in heads:
        raise ValueError("no head for the whole picture")
    nothing = float(said.get("nothing_found", NOTHING_FOUND))
    if not 0.0 <= nothing <= 1.0:
        raise ValueError("no probability")
    return Learned(classes, heads, _history(said["history"]), nothing)


def _head(
    region: str, tensors: Mapping[str, Tensor], said: Mapping[str, Any], n_classes: int
) -> RegionHead:
    def part(name: str, ndim: int) -> Floats:
        return floats_of(tensors[f"{region}.{name}"], ndim)

    weight, bias, shares = part("weight", 2), part("bias", 1), part("shares", 1)
    members = tuple(said["members"])
    # Rows belong to members in rising order: any other would give a class the row of another.
    if members != tuple(sorted({int(number) for number in members})) or members[0] != 0:
        raise ValueError("members that are none, or not in order")
    if not len(bias) == len(members) >= 2 or members[-1] >= n_classes:
        raise ValueError("a head does not fit the classes")
    if shares.shape != (n_classes,) or shares.min() < 0 or not shares.sum() < 1:
        raise ValueError("shares that are none")
    if shares[list(members)].any():
        raise ValueError("shares of classes that the head tells apart")
    temperature, slope = float(said["temperature"]), float(said.get("slope", 0.0))
    share = float(said.get("share", 1.0))
    if not all(0 < value < np.inf for value in (temperature, share)):
        raise ValueError("numbers out of range")
    table = part("table", 2) if f"{region}.table" in tensors else None
    if table is not None:
        whole = len(table) == len(bias) and table.min() > 0 and 0 <= slope < np.inf
        if not (whole and 0 < table.shape[1] <= weight.shape[1]):
            raise ValueError("a table that does not fit its head")
    head = Head(weight, bias, temperature, _history(said["history"]), table, slope)
    return RegionHead(head, members, shares, bool(said["scaled"]), None, share)


def _history(said: Any) -> tuple[tuple[float, float], ...]:
    return tuple((float(loss), float(hits)) for loss, hits in said)
