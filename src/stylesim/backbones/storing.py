"""Files of weights: safetensors with a JSON header, written whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylesim.errors import DamagedFileError, NewerVersionError, StorageError, expected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor, nn

    from stylesim.functional import Floats


FORMAT_VERSION = 1
"""Version of the files that this stylesim writes; older ones are read, newer ones refused."""

FIRST_TENSOR = "model.0.conv.weight"

UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)
"""What reading plain data raises where it is not what it should be."""

WORN = "worn."
"""Where the names of a second network's tensors begin, instead of ``"model."``."""


def save_backbone(
    model: nn.Module | Mapping[str, Tensor],
    path: str | os.PathLike[str],
    metadata: Mapping[str, Any] | None = None,
    *,
    kinds: tuple[Sequence[str], Tensor] | None = None,
    worn: nn.Module | Mapping[str, Tensor] | None = None,
) -> None:
    """Write the backbone of a YOLOv8 classification network as one safetensors file.

    Matrices are stored in float16, vectors (biases and batch normalisation) in
    float32; the classification layer and batch counters are left out. The file
    is complete or not there: it is written beside its place and then moved.

    Args:
        model: An Ultralytics ``ClassificationModel``, an ``nn.Sequential`` of
            at least its first nine layers, or the state dict of either; batch
            normalisation not fused.
        path: Where to write.
        metadata: What the file shall say about itself: anything that JSON holds.
        kinds: Names of the kinds of garment that are told from the features scaled to unit
            length, and the matrix, of shape (kinds, channels), that makes their logits.
        worn: A second network of the same size for garments that somebody wears, whose features
            mean the same. It is used where kinds are known.

    Raises:
        InvalidArgumentError: ``model`` is not such a network, or a value does
            not fit into float16.
        StorageError: The path cannot be written.
    """
    import torch

    kept = _trunk_tensors(model, "model")
    if worn is not None:
        second = _trunk_tensors(worn, "worn")
        # Cloned, as safetensors refuses memory that two names share.
        kept |= {name.replace("model.", WORN, 1): t.clone() for name, t in second.items()}
    header: dict[str, Any] = {"kind": "backbone"}
    modules = model.modules() if isinstance(model, torch.nn.Module) else ()
    for module in modules:
        if isinstance(module, torch.nn.BatchNorm2d):
            header["eps"] = module.eps
    if kinds is not None:
        names, weight = kinds
        kept["kinds.weight"] = weight.detach().cpu().to(torch.float16).contiguous()
        header["kinds"] = list(names)
    header |= metadata or {}
    write_safetensors(path_of(path), kept, header)


def _trunk_tensors(model: nn.Module | Mapping[str, Tensor], argument: str) -> dict[str, Tensor]:
    """The tensors of the first nine layers as they are stored."""
    import torch

    state: Any = model.state_dict() if isinstance(model, torch.nn.Module) else dict(model)
    if state and not any(name.startswith("model.") for name in state):
        state = {f"model.{name}": tensor for name, tensor in state.items()}
    kept: dict[str, Tensor] = {}
    for name, tensor in state.items():
        layer = name.split(".")[1]
        if not layer.isdigit() or int(layer) > 8 or name.endswith("num_batches_tracked"):
            continue
        kind = torch.float16 if tensor.ndim > 1 else torch.float32
        kept[name] = tensor.detach().cpu().to(kind).contiguous()
        if not torch.isfinite(kept[name]).all():
            wish, todo = "weights that are finite in float16", "train again"
            raise expected(argument, wish, f"others in {name}", todo)
    if FIRST_TENSOR not in kept or "model.0.bn.running_var" not in kept:
        wish = "a YOLOv8 classification network with batch normalisation not fused"
        raise expected(argument, wish, type(model).__name__, "pass the trained network")
    return kept


def write_safetensors(
    path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any], argument: str = "path"
) -> None:
    """Write tensors and what there is to say about them as one file.

    Raises:
        StorageError: The path cannot be written.
    """
    from safetensors.torch import save

    text = json.dumps({"format_version": FORMAT_VERSION, **header}, sort_keys=True)
    write_whole(path, save(dict(tensors), {"stylesim": text}), argument)


def read_safetensors(
    content: bytes, path: Path, argument: str, wish: str
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what ``write_safetensors`` wrote, or a foreign file without a header.

    Raises:
        DamagedFileError: The file is not whole, or no safetensors file.
        NewerVersionError: A newer stylesim wrote it.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        length = int.from_bytes(content[:8], "little")
        said = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
        header = json.loads(said["stylesim"]) if "stylesim" in said else {}
        version = int(header.get("format_version", 0))
        tensors = load(content)
    except (SafetensorError, *UNREADABLE) as error:
        got = f"{str(path)!r}, which is damaged or of another kind"
        todo = "replace it by a whole copy"
        raise expected(argument, wish, got, todo, DamagedFileError) from error
    if version > FORMAT_VERSION:
        got = f"{str(path)!r} of format {version}"
        wish = f"a file of format {FORMAT_VERSION} or older"
        raise expected(argument, wish, got, "update stylesim", NewerVersionError)
    return tensors, header


def floats_of(tensor: Tensor, ndim: int) -> Floats:
    """The numbers of a tensor of a file as a float64 array.

    Raises:
        ValueError: It has another number of dimensions, is of another kind, or not finite.
    """
    import torch

    if tensor.ndim != ndim or not tensor.is_floating_point():
        raise ValueError("a tensor of another shape or kind")
    values = tensor.double()
    if not torch.isfinite(values).all():
        raise ValueError("numbers that are not finite")
    out: Floats = values.numpy()
    return out


def path_of(path: object) -> Path:
    """The path of a file.

    Raises:
        InvalidArgumentError: It is none.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise expected("path", "the path of a file", path, "name a file")
    return Path(path)


def write_whole(path: Path, content: bytes, argument: str = "path") -> None:
    """Write a file so that its place holds the old content or all of the new.

    Raises:
        StorageError: The path cannot be written.
    """
    try:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # the latter of paths that no file can have
        got = f"{str(path)!r} ({getattr(error, 'strerror', error)})"
        todo = "choose a folder that exists and that you may write to"
        raise expected(argument, "a path that can be written", got, todo, StorageError) from error
