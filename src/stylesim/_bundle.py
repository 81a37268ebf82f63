"""A fitted classifier as one safetensors file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from stylesim._bundle_heads import learned_from, learned_parts
from stylesim._embedding import kinds_in
from stylesim._fitting import check_choices
from stylesim.backbones.checkpoint import checked, digest_of
from stylesim.backbones.function import FunctionBackbone
from stylesim.backbones.sources import (
    BUNDLED,
    bundled_of,
    check_side,
    check_weights,
    find_weights,
)
from stylesim.backbones.storing import UNREADABLE, path_of, read_safetensors, write_safetensors
from stylesim.backbones.yolo import YoloBackbone
from stylesim.errors import DamagedFileError, InvalidArgumentError, StyleSimError, expected
from stylesim.garments import GarmentFinder, WholePictureFinder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from stylesim._regions import Learned
    from stylesim.backbones.base import AbstractBackbone
    from stylesim.backbones.checkpoint import Weights
    from stylesim.garments import AbstractGarmentFinder

_WISH = "a classifier saved by stylesim"
_PREFIX = "backbone."
_CALLERS = ("device", "backbone", "finder")
_AGAIN = "fit again, or install the stylesim that saved it"


_Part = TypeVar("_Part", "AbstractBackbone", "AbstractGarmentFinder")


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
    tensors, said = learned_parts(bundle.learned)
    described, weights = _describe_backbone(bundle.backbone)
    tensors |= {f"{_PREFIX}{name}": t.contiguous().clone() for name, t in weights.items()}
    header = {
        "kind": "classifier",
        "settings": dict(bundle.settings),
        **said,
        "backbone": described,
        "finder": _describe_finder(bundle.finder),
    }
    write_safetensors(path_of(path), tensors, header)


def read_bundle(
    path: str | os.PathLike[str],
    *,
    device: str,
    backbone: AbstractBackbone | None,
    finder: AbstractGarmentFinder | None,
) -> Bundle:
    """Read a bundle; nothing in it can run code.

    Raises:
        DamagedFileError: The file is missing, not whole or something else, or was made with
            other bundled weights or another bundled finder.
        NewerVersionError: A newer stylesim wrote it.
        InvalidArgumentError: It was made with a backbone or finder of the
            caller's own, which was not passed; or another was passed.
    """
    file = path_of(path)
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:  # the latter of paths that no file can have
        got = f"{str(file)!r} ({getattr(error, 'strerror', error)})"
        raise expected("path", _WISH, got, "check the path", DamagedFileError) from error
    tensors, header = read_safetensors(content, file, "path", _WISH)
    try:
        if header.get("kind") != "classifier":
            raise ValueError("another kind of file")
        settings = _settings(header)
        made = _backbone(header["backbone"], tensors, device, backbone)
        own = header["backbone"]["kind"] == "own"
        dim = tensors["whole.weight"].shape[1] if own else made.dim
        learned = learned_from(tensors, header, dim, kinds_in(made))
        bundle = Bundle(settings, learned, made, _finder(header["finder"], device, finder))
    except StyleSimError as error:
        # What the caller passed is the caller's; other arguments are what the file says.
        if not isinstance(error, InvalidArgumentError) or error.details["argument"] in _CALLERS:
            raise
        raise _damaged(file) from error
    except UNREADABLE as error:
        raise _damaged(file) from error
    # A function is not called only to load what may never be asked of it.
    unknown = isinstance(made, FunctionBackbone) and made._dim is None
    if own and not unknown and made.dim != dim:
        wish, todo = f"vectors of {dim} numbers, as in the fit", "pass the backbone of the fit"
        raise expected("backbone", wish, f"{made.dim}", todo, InvalidArgumentError)
    return bundle


def _damaged(file: Path) -> StyleSimError:
    got = f"{str(file)!r}, which is damaged or of another kind"
    todo = "pass what LightweightClassifier.save wrote, whole"
    return expected("path", _WISH, got, todo, DamagedFileError)


def _settings(header: Mapping[str, Any]) -> dict[str, Any]:
    said = header["settings"]
    settings = {name: said[name] for name in ("weights", "method", "image_size", "seed")}
    check_weights(settings["weights"])
    check_side(settings["image_size"])
    check_choices(settings["method"], settings["seed"], None, None)
    own = header["backbone"]["kind"] == "own" or header["finder"]["kind"] != "whole"
    if settings["method"] == "finetune" and own:
        raise ValueError("parts that do not go with fine-tuning")
    return settings


def _describe_backbone(backbone: AbstractBackbone) -> tuple[dict[str, Any], Mapping[str, Any]]:
    if not isinstance(backbone, YoloBackbone):
        return {"kind": "own", "name": backbone.name}, {}
    source = backbone.source
    bundled = bundled_of(source.digest)
    said = {
        "kind": "bundled" if bundled else "embedded",
        "stem": bundled or source.stem,
        "eps": source.eps,
        "image_size": backbone.image_size,
        "squaring": backbone.squaring,
        "neck": backbone.neck,
        "kinds": None if backbone.kinds is None else backbone.kinds.names,
    }
    if bundled:
        return {**said, "digest": source.digest}, {}
    return {**said, "content": backbone.digest}, backbone.used_tensors()


def _backbone(
    said: Mapping[str, Any],
    tensors: Mapping[str, Any],
    device: str,
    own: AbstractBackbone | None,
) -> AbstractBackbone:
    if said["kind"] == "own":
        return _passed("backbone", own, said["name"])
    stem = said["stem"]
    if not isinstance(stem, str) or not isinstance(said["neck"], bool):
        raise ValueError("no name of weights")
    weights: Any = stem
    if said["kind"] == "embedded":
        weights = _embedded(said, tensors)
    elif said["kind"] != "bundled" or stem not in BUNDLED:
        raise ValueError("unknown weights")
    made = YoloBackbone(
        weights,
        image_size=said["image_size"],
        squaring=said["squaring"],
        neck=said["neck"],
        device=device,
    )
    if said["kind"] == "bundled" and made.digest != said["digest"]:
        wish = f"the bundled weights {stem}@{str(said['digest'])[:8]}, with which it was fitted"
        raise expected("path", wish, made.source.identity, _AGAIN, DamagedFileError)
    if said["kind"] == "embedded" and made.digest != said.get("content", made.digest):
        raise ValueError("other weights than it says")
    return made if own is None else _passed("backbone", own, made.name)


def _embedded(said: Mapping[str, Any], tensors: Mapping[str, Any]) -> Weights:
    held = {
        name.removeprefix(_PREFIX): tensor
        for name, tensor in tensors.items()
        if name.startswith(_PREFIX)
    }
    # Files of older versions tell the digest of another file, which nobody can check.
    bundled = bundled_of(str(said.get("digest")))
    if bundled:
        weights = find_weights(bundled)
        if digest_of(held) != digest_of({name: weights.tensors[name] for name in held}):
            raise ValueError("other weights than the bundled ones")
        return weights
    told = {"kinds": said.get("kinds")}
    return checked(held, "path", said["stem"], "", said["eps"], told)


def _describe_finder(finder: AbstractGarmentFinder) -> dict[str, Any]:
    if type(finder) is GarmentFinder:
        least, fine = finder.min_confidence, finder.fine
        return {"kind": "bundled", "name": finder.name, "min_confidence": least, "fine": fine}
    kind = "whole" if type(finder) is WholePictureFinder else "own"
    return {"kind": kind, "name": finder.name}


def _finder(
    said: Mapping[str, Any], device: str, own: AbstractGarmentFinder | None
) -> AbstractGarmentFinder:
    if said["kind"] == "own":
        return _passed("finder", own, said["name"])
    if said["kind"] == "whole":
        return _passed("finder", own or WholePictureFinder(), said["name"])
    if said["kind"] != "bundled":
        raise ValueError("unknown finder")
    least, fine = said["min_confidence"], said.get("fine", False)
    if not isinstance(fine, bool):
        raise ValueError("no yes or no")
    made = GarmentFinder(min_confidence=least, device=device, fine=fine)
    if own is not None and "name" not in said:
        return own  # files of older versions do not tell which it was
    if made.name != said.get("name", made.name):
        wish = f"the bundled finder {said['name']}, with which it was fitted"
        raise expected("path", wish, made.name, _AGAIN, DamagedFileError)
    return made if own is None else _passed("finder", own, made.name)


def _passed(argument: str, own: _Part | None, name: object) -> _Part:
    """The caller's backbone or finder, if it is the one of the fit."""
    if own is None or own.name != name:
        wish = f"the {argument} {name!r}, with which the classifier was fitted"
        got = "none" if own is None else repr(own.name)
        todo = f"pass {argument}= to load" if own is None else f"pass that {argument}"
        raise expected(argument, wish, got, todo, InvalidArgumentError)
    return own


def weights_text(weights: str | os.PathLike[str]) -> str:
    """Return the ``weights`` setting without its folders, which other machines do not have."""
    if weights in (*BUNDLED, *"nsmlx"):
        return str(weights)
    name = Path(weights).name
    return name if Path(name).suffix in (".pt", ".safetensors") else f"{name}.pt"
