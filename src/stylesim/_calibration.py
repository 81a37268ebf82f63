"""What the bundled networks' own photographs taught about distances, measured once and shipped.

A handful of photographs tells where a class lies, but hardly how wide it is, in which directions
garments of one kind differ anyway, or what else there is to wear. That is the same for every
style, so it is measured by ``recipes/calibrate.py`` and comes with the weights.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim.backbones.storing import read_safetensors, write_safetensors
from stylesim.backbones.yolo import YoloBackbone
from stylesim.errors import DamagedFileError, expected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylesim.backbones.base import AbstractBackbone
    from stylesim.functional import Floats

SPACES = ("upper", "lower", "other", "whole")
_NAME = "stylesim-n-calibration.safetensors"
_WISH = "a calibration made by recipes/calibrate.py"
_LEAST = 1e-9
_ENOUGH = 10  # rows, for a mean garment


@attrs.frozen(eq=False)
class Space:
    """How garments of one region lie in the space of embeddings.

    Attributes:
        centre: float64 array of shape (d,): the mean garment.
        total: Mean squared distance of garments from the centre.
        basis: float64 array of shape (d, r): the directions in which garments of one kind
            differ most, orthonormal.
        variances: float64 array of shape (r,): variance within kinds in these directions.
        rest: Mean variance in all other directions.
        kinds: float64 array of shape (k, d): mean garments of each kind, worn and laid out.
    """

    centre: Floats
    total: float
    basis: Floats
    variances: Floats
    rest: float
    kinds: Floats

    @property
    def within(self) -> float:
        """Mean squared distance of a garment from the mean of its kind."""
        dim, held = self.basis.shape
        return float(self.variances.sum() + (dim - held) * self.rest)

    def weights(self, shrink: float) -> tuple[Floats, float]:
        """Weight of a squared distance in each direction of the basis, and in all others.

        Args:
            shrink: 1 weighs all directions alike; 0 by the inverse of their variance.

        Returns:
            Array of shape (r,) and a number; garments of a kind keep their mean squared
            distance.
        """
        dim, held = self.basis.shape
        mean = self.within / dim

        def inverse(variance: Any) -> Any:
            return mean / np.maximum((1 - shrink) * variance + shrink * mean, _LEAST)

        values, rest = inverse(self.variances), inverse(self.rest)
        kept = float((values * self.variances).sum()) + (dim - held) * rest * self.rest
        scale = self.within / max(kept, _LEAST)
        return values * scale, float(rest) * scale

    def whitening(self, shrink: float) -> Floats:
        """Symmetric matrix of shape (d, d): distances after it are those of ``weights``."""
        values, rest = self.weights(shrink)
        if np.allclose(values, rest):
            return np.asarray(np.sqrt(rest) * np.eye(len(self.centre)), dtype=np.float64)
        extra = (self.basis * (np.sqrt(values) - np.sqrt(rest))) @ self.basis.T
        matrix: Floats = np.sqrt(rest) * np.eye(len(self.centre)) + extra
        return matrix


@attrs.frozen(eq=False)
class Calibration:
    """Everything that was measured for one backbone.

    Attributes:
        backbone: SHA-256 digest of the weights that it belongs to.
        spaces: By ``SPACES``.
        shrink: How evenly the head weighs directions; see ``Space.weights``.
        far_shrink: The same for telling what is no garment at all.
        temperature: Coefficients of the log-temperature: constant, log of the pictures a class,
            log of the number of classes.
        doubt: Standard deviation of the log-temperature around that.
        novelty: Coefficients of the log-odds of "neither": constant, then those of
            ``stylesim._novelty.Clouds.features``.
        spread: What standard deviations of log-odds are multiplied by for intervals.
        nothing_found: Probability of "neither" where the finder finds no garment.
        kinds: How many numbers at the end of a vector tell kinds of garment.
    """

    backbone: str
    spaces: Mapping[str, Space]
    shrink: float = 1.0
    far_shrink: float = 0.1
    temperature: tuple[float, float, float] = (-2.5, 0.0, 0.0)
    doubt: float = 0.5
    novelty: tuple[float, ...] = (-4.0, 2.0, 2.0, 0.0)
    spread: float = 2.0
    nothing_found: float = 0.95
    kinds: int = 0

    def space(self, region: str) -> Space:
        """The space of a region; those but the body share one."""
        return self.spaces[region if region in SPACES else "other"]


def space_of(rows: Floats, kinds: Any, ways: Any, rank: int) -> Space:
    """Measure a space.

    Args:
        rows: Array of shape (n, d) of embeddings of unit length.
        kinds: What each is, of shape (n,); kinds of one row are left out of the variances.
        ways: How each is shown, of shape (n,): a kind has a mean garment for each way.
        rank: Number of directions kept.
    """
    rows = np.asarray(rows, dtype=np.float64)
    names, places, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, places, rows)
    means = sums / counts[:, None]
    several = counts[places] > 1
    away = (rows - means[places])[several]
    free = max(int(several.sum()) - int((counts > 1).sum()), 1)
    values, vectors = np.linalg.eigh(away.T @ away / free)
    rank = min(rank, len(values))
    # Kinds weigh alike, or the commonest would be the centre.
    centre = means.mean(axis=0)
    squares = ((rows - centre) ** 2).sum(axis=1)
    total = np.mean([squares[places == kind].mean() for kind in range(len(names))])
    rest = float(values[:-rank].mean()) if rank < len(values) else float(values[0])
    top = slice(len(values) - rank, None)
    pairs = np.unique(np.stack([places, np.asarray(ways, dtype=np.intp)]), axis=1).T
    shown = [rows[(places == kind) & (ways == way)] for kind, way in pairs]
    middles = np.stack([some.mean(axis=0) for some in shown if len(some) >= _ENOUGH] or [centre])
    rest = max(rest, _LEAST)
    return Space(centre, float(total), vectors[:, top], values[top], rest, middles)


def calibration_for(backbone: AbstractBackbone) -> Calibration | None:
    """The shipped calibration of a backbone; None for any other than the bundled one."""
    if not isinstance(backbone, YoloBackbone):
        return None
    shipped = _shipped()
    return shipped if shipped is not None and shipped.backbone == backbone.source.digest else None


@lru_cache(maxsize=1)
def _shipped() -> Calibration | None:
    place = files("stylesim") / "weights" / _NAME
    try:
        content = place.read_bytes()
    except OSError:
        return None
    tensors, header = read_safetensors(content, Path(_NAME), "calibration", _WISH)
    try:
        return calibration_from(tensors, header)
    except (ValueError, KeyError, TypeError) as error:
        got, todo = f"{_NAME} ({error})", "install stylesim again"
        raise expected("calibration", _WISH, got, todo, DamagedFileError) from error


def save_calibration(path: Path, calibration: Calibration, notes: Mapping[str, Any]) -> None:
    """Write a calibration as safetensors in half precision.

    Raises:
        StorageError: The path cannot be written.
    """
    tensors, header = calibration_parts(calibration)
    write_safetensors(path, tensors, {**header, "notes": dict(notes)})


def space_parts(spaces: Mapping[str, Space]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tensors and plain data of spaces, for a file."""
    import torch

    tensors: dict[str, Any] = {}
    said = {}
    for name, space in spaces.items():
        said[name] = {"total": space.total, "rest": space.rest}
        for part, kind in (
            ("centre", torch.float32),
            ("basis", torch.float16),
            ("variances", torch.float32),
            ("kinds", torch.float16),
        ):
            values = torch.from_numpy(np.ascontiguousarray(getattr(space, part)))
            tensors[f"{name}.{part}"] = values.to(kind)
    return tensors, said


def spaces_from(tensors: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Space]:
    """Put together what ``space_parts`` took apart.

    Raises:
        ValueError: It does not hold together; also KeyError or TypeError.
    """
    spaces = {}
    for name, numbers in said.items():
        centre, basis, variances, kinds = (
            tensors[f"{name}.{part}"].double().numpy()
            for part in ("centre", "basis", "variances", "kinds")
        )
        total, rest = float(numbers["total"]), float(numbers["rest"])
        whole = basis.shape == (len(centre), len(variances)) and 0 < min(total, rest) < np.inf
        whole = whole and (variances >= 0).all()
        if not whole or not all(np.isfinite(v).all() for v in (centre, basis, variances, kinds)):
            raise ValueError("a space that does not hold together")
        if kinds.ndim != 2 or kinds.shape[1:] != centre.shape or not len(kinds):
            raise ValueError("kinds of another space")
        spaces[name] = Space(centre, total, basis, variances, rest, kinds)
    return spaces


def calibration_parts(calibration: Calibration) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tensors and plain data of a calibration, for a file of its own or within a bundle."""
    tensors, spaces = space_parts(calibration.spaces)
    header = {
        field.name: getattr(calibration, field.name)
        for field in attrs.fields(Calibration)
        if field.name != "spaces"
    }
    return tensors, {"kind": "calibration", "spaces": spaces, **header}


def calibration_from(tensors: Mapping[str, Any], header: Mapping[str, Any]) -> Calibration:
    """Put together what ``calibration_parts`` took apart.

    Raises:
        ValueError: It does not hold together; also KeyError or TypeError.
    """
    if header.get("kind") != "calibration":
        raise ValueError("another kind of file")
    spaces = spaces_from(tensors, header["spaces"])
    temperature, novelty = (
        tuple(float(value) for value in header[name]) for name in ("temperature", "novelty")
    )
    if len(temperature) != 3 or len(novelty) != 4:
        raise ValueError("coefficients missing")
    singles = {
        name: float(header[name])
        for name in ("shrink", "far_shrink", "doubt", "spread", "nothing_found")
    }
    if not np.isfinite([*singles.values(), *temperature, *novelty]).all():
        raise ValueError("not finite")
    if "whole" not in spaces or "other" not in spaces:
        raise ValueError("a space is missing")
    return Calibration(
        str(header["backbone"]),
        spaces,
        temperature=(temperature[0], temperature[1], temperature[2]),
        novelty=novelty,
        kinds=int(header.get("kinds", 0)),
        **singles,
    )
