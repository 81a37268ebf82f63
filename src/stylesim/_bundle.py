"""A fitted classifier as one safetensors file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._clouds_file import clouds_from, clouds_parts
from stylesim._head import Head
from stylesim._regions import NOTHING_FOUND, REGIONS, WHOLE, Learned, RegionHead
from stylesim.backbones.checkpoint import checked
from stylesim.backbones.sources import BUNDLED
from stylesim.backbones.storing import read_safetensors, write_safetensors
from stylesim.backbones.yolo import YoloBackbone
from stylesim.errors import DamagedFileError, InvalidArgumentError, StyleSimError, expected
from stylesim.garments import GarmentFinder, WholePictureFinder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from stylesim.backbones.base import AbstractBackbone
    from stylesim.garments import AbstractGarmentFinder

_WISH = "a classifier saved by stylesim"
_PREFIX = "backbone."


@attrs.frozen(eq=False)
class Bundle:
    """What a classifier needs to score without the pictures it learned from.

    Attributes:
        settings: ``weights``, ``method``, ``image_size`` and ``seed``.
        learned: What the fit left.
        backbone: Embeds pictures.
        finder: Finds garments.
    """

    settings: Mapping[str, Any]
    learned: Learned
    backbone: AbstractBackbone
    finder: AbstractGarmentFinder


def write_bundle(path: str | os.PathLike[str], bundle: Bundle) -> None:
    """Write a bundle; its place holds the old content or all of the new.

    Raises:
        StorageError: The path cannot be written.
    """
    import torch

    tensors = {}
    regions = {}
    for region, known in bundle.learned.heads.items():
        for name, values in (
            ("weight", known.head.weight),
            ("bias", known.head.bias),
            ("shares", known.shares),
        ):
            tensors[f"{region}.{name}"] = torch.from_numpy(np.ascontiguousarray(values))
        if known.head.table is not None:
            tensors[f"{region}.table"] = torch.from_numpy(np.ascontiguousarray(known.head.table))
        regions[region] = {
            "members": list(known.members),
            "temperature": known.head.temperature,
            "slope": known.head.slope,
            "scaled": known.scaled,
            "together": known.together,
            "share": known.share,
            "history": known.head.history,
        }
    parts, clouds = clouds_parts(bundle.learned.heads)
    described, weights = _describe_backbone(bundle.backbone)
    tensors |= parts
    tensors |= {f"{_PREFIX}{name}": t.contiguous().clone() for name, t in weights.items()}
    header = {
        "kind": "classifier",
        "settings": dict(bundle.settings),
        "classes": bundle.learned.classes,
        "regions": regions,
        "clouds": clouds,
        "nothing_found": bundle.learned.nothing_found,
        "history": bundle.learned.history,
        "backbone": described,
        "finder": _describe_finder(bundle.finder),
    }
    write_safetensors(Path(path), tensors, header)


def read_bundle(
    path: str | os.PathLike[str],
    *,
    device: str,
    backbone: AbstractBackbone | None,
    finder: AbstractGarmentFinder | None,
) -> Bundle:
    """Read a bundle; nothing in it can run code.

    Raises:
        DamagedFileError: The file is missing, not whole or something else.
        NewerVersionError: A newer stylesim wrote it.
        InvalidArgumentError: It was made with a backbone or finder of the
            caller's own, which was not passed.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        got = f"{str(file)!r} ({error.strerror})"
        raise expected("path", _WISH, got, "check the path", DamagedFileError) from error
    tensors, header = read_safetensors(content, file, "path", _WISH)
    try:
        if header.get("kind") != "classifier":
            raise ValueError("another kind of file")
        names = ("weights", "method", "image_size", "seed")
        classes = tuple(str(name) for name in header["classes"])
        if len(set(classes)) != len(classes):
            raise ValueError("a class twice")
        history = tuple((float(loss), float(hits)) for loss, hits in header["history"])
        heads = _heads(header, tensors, len(classes))
        nothing = float(header.get("nothing_found", NOTHING_FOUND))
        if not 0.0 <= nothing <= 1.0:
            raise ValueError("no probability")
        return Bundle(
            {name: header["settings"][name] for name in names},
            Learned(classes, heads, history, nothing),
            _backbone(header["backbone"], tensors, device, backbone),
            _finder(header["finder"], device, finder),
        )
    except StyleSimError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        got = f"{str(file)!r}, which is damaged or of another kind"
        todo = "pass what LightweightClassifier.save wrote, whole"
        raise expected("path", _WISH, got, todo, DamagedFileError) from error


def _heads(
    header: Mapping[str, Any], tensors: Mapping[str, Any], n_classes: int
) -> dict[str, RegionHead]:
    heads = {}
    regions = header["regions"]
    # Files of older versions have none: they say nothing of "neither", and intervals are wide.
    clouds = clouds_from(tensors, header["clouds"]) if "clouds" in header else {}
    for region in (*REGIONS, WHOLE):
        if region not in regions:
            continue
        said = regions[region]
        weight, bias, shares = (
            tensors[f"{region}.{name}"].double().numpy() for name in ("weight", "bias", "shares")
        )
        members = tuple(int(number) for number in said["members"])
        fits = len(weight) == len(bias) == len(members) and shares.shape == (n_classes,)
        temperature = float(said["temperature"])
        finite = all(np.isfinite(values).all() for values in (weight, bias, shares))
        together, share = float(said.get("together", 1.0)), float(said.get("share", 1.0))
        finite = finite and all(0 < value < np.inf for value in (temperature, together, share))
        if not (fits and finite and all(0 <= m < n_classes for m in members) and 0 in members):
            raise ValueError("a head does not fit the classes")
        history = tuple((float(loss), float(hits)) for loss, hits in said["history"])
        table, slope = tensors.get(f"{region}.table"), float(said.get("slope", 0.0))
        if table is not None:
            table = table.double().numpy()
            finite = len(table) == len(bias) and 0 < table.min() <= table.max() < np.inf
            if not (finite and 0 < table.shape[1] <= weight.shape[1] and 0 <= slope < np.inf):
                raise ValueError("a table that does not fit its head")
        head = Head(weight, bias, temperature, history, table, slope)
        cloud = clouds.get(region)
        if cloud is not None and cloud.means.shape != weight.shape:
            raise ValueError("clouds of other classes")
        scaled = bool(said["scaled"])
        heads[region] = RegionHead(head, members, shares, scaled, cloud, together, share)
    if WHOLE not in heads:
        raise ValueError("no head for the whole picture")
    return heads


def _describe_backbone(backbone: AbstractBackbone) -> tuple[dict[str, Any], Mapping[str, Any]]:
    if not isinstance(backbone, YoloBackbone):
        return {"kind": "own", "name": backbone.name}, {}
    source = backbone.source
    said = {
        "kind": "bundled" if backbone.weights in BUNDLED else "embedded",
        "stem": source.stem,
        "digest": source.digest,
        "eps": source.eps,
        "image_size": backbone.image_size,
        "squaring": backbone.squaring,
        "neck": backbone.neck,
        "kinds": None if backbone.kinds is None else backbone.kinds.names,
    }
    return said, {} if said["kind"] == "bundled" else backbone.used_tensors()


def _backbone(
    said: Mapping[str, Any],
    tensors: Mapping[str, Any],
    device: str,
    own: AbstractBackbone | None,
) -> AbstractBackbone:
    if said["kind"] == "own":
        if own is None or own.name != said["name"]:
            wish = f"the backbone {said['name']!r}, with which the classifier was fitted"
            got = "none" if own is None else repr(own.name)
            raise expected("backbone", wish, got, "pass backbone= to load", InvalidArgumentError)
        return own
    weights: Any = said["stem"]
    if said["kind"] == "embedded":
        held = {
            name.removeprefix(_PREFIX): tensor
            for name, tensor in tensors.items()
            if name.startswith(_PREFIX)
        }
        told = {"kinds": said.get("kinds")}
        weights = checked(held, "path", said["stem"], said["digest"], float(said["eps"]), told)
    elif weights not in BUNDLED:
        raise ValueError("unknown bundled weights")
    made = YoloBackbone(
        weights,
        image_size=said["image_size"],
        squaring=said["squaring"],
        neck=bool(said["neck"]),
        device=device,
    )
    if made.source.digest != said["digest"]:
        wish = f"the bundled weights {said['stem']}@{said['digest'][:8]}, with which it was fitted"
        todo = "fit again, or install the stylesim that saved it"
        raise expected("path", wish, made.source.identity, todo, DamagedFileError)
    return made


def _describe_finder(finder: AbstractGarmentFinder) -> dict[str, Any]:
    if isinstance(finder, GarmentFinder):
        return {"kind": "bundled", "min_confidence": finder.min_confidence, "fine": finder.fine}
    kind = "whole" if isinstance(finder, WholePictureFinder) else "own"
    return {"kind": kind, "name": finder.name}


def _finder(
    said: Mapping[str, Any], device: str, own: AbstractGarmentFinder | None
) -> AbstractGarmentFinder:
    if said["kind"] == "bundled":
        if own is not None:
            return own
        least, fine = float(said["min_confidence"]), bool(said.get("fine", False))
        return GarmentFinder(min_confidence=least, device=device, fine=fine)
    if said["kind"] == "whole":
        return own or WholePictureFinder()
    if own is None or own.name != said["name"]:
        wish = f"the finder {said['name']!r}, with which the classifier was fitted"
        got = "none" if own is None else repr(own.name)
        raise expected("finder", wish, got, "pass finder= to load", InvalidArgumentError)
    return own


def weights_text(weights: str | os.PathLike[str]) -> str:
    """Return the ``weights`` setting without its folders, which other machines do not have."""
    if weights in (*BUNDLED, *"nsmlx"):
        return str(weights)
    name = Path(weights).name
    return name if Path(name).suffix in (".pt", ".safetensors") else f"{name}.pt"
