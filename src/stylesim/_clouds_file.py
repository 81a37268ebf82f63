"""Clouds of classes as tensors and plain data, within the file of a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylesim._calibration import space_parts, spaces_from
from stylesim._novelty import Clouds
from stylesim.backbones.storing import floats_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylesim._calibration import Space
    from stylesim._regions import RegionHead

_SPACE = "space."
# Fields that are numbers, with how many; 0 for one that stands alone.
_NUMBERS = {"widths": 3, "typical": 2, "shrinks": 2, "spread": 0, "temperature": 0}


def clouds_parts(heads: Mapping[str, RegionHead]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tensors and plain data of the clouds of all regions; a space in use is written once."""
    import torch

    spaces: dict[str, Space] = {}
    names: dict[int, str] = {}
    tensors, regions = {}, {}
    for region, head in heads.items():
        clouds = head.clouds
        if clouds is None:
            continue
        if clouds.space is not None and id(clouds.space) not in names:
            names[id(clouds.space)] = region
            spaces[region] = clouds.space
        values = torch.from_numpy(np.ascontiguousarray(clouds.means))
        tensors[f"{region}.means"] = values.to(torch.float32)
        regions[region] = {
            "counts": clouds.counts.tolist(),
            "space": names.get(id(clouds.space)),
            "novelty": clouds.novelty,
            **{name: getattr(clouds, name) for name in _NUMBERS},
        }
    held, said = space_parts(spaces)
    tensors |= {f"{_SPACE}{name}": values for name, values in held.items()}
    return tensors, {"regions": regions, "spaces": said}


def clouds_from(tensors: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Clouds]:
    """Put together what ``clouds_parts`` took apart.

    Raises:
        ValueError: It does not hold together; also KeyError or TypeError.
    """
    held = {
        name.removeprefix(_SPACE): values
        for name, values in tensors.items()
        if name.startswith(_SPACE)
    }
    spaces = spaces_from(held, said["spaces"])
    found = {}
    for region, numbers in said["regions"].items():
        means = floats_of(tensors[f"{region}.means"], 2)
        counts = np.array(numbers["counts"], dtype=np.float64)
        space = None if numbers["space"] is None else spaces[numbers["space"]]
        plain = {name: _numbers(numbers[name], count) for name, count in _NUMBERS.items()}
        novelty = numbers["novelty"]
        plain["novelty"] = None if novelty is None else _numbers(novelty, 4)
        fits = counts.shape == means.shape[:1]
        fits = fits and (space is None or len(space.centre) == means.shape[1])
        finite = np.isfinite(counts).all() and (counts > 0).all()
        above = min(*plain["widths"], plain["typical"][1], plain["temperature"]) > 0
        within = plain["spread"] >= 0 and all(0 <= one <= 1 for one in plain["shrinks"])
        if not (fits and finite and above and within):
            raise ValueError("clouds that do not hold together")
        found[region] = Clouds(means, counts, space=space, **plain)
    return found


def _numbers(said: Any, count: int) -> Any:
    values = np.atleast_1d(np.asarray(said, dtype=np.float64))
    if values.shape != (max(count, 1),) or not np.isfinite(values).all():
        raise ValueError("numbers missing")
    return tuple(values.tolist()) if count else float(values[0])
