"""Writing of weights."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylesim.backbones.checkpoint import FIRST_TENSOR, FORMAT_VERSION
from stylesim.errors import StorageError, expected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn


def save_backbone(
    model: nn.Module | Mapping[str, Tensor],
    path: str | os.PathLike[str],
    metadata: Mapping[str, Any] | None = None,
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

    Raises:
        InvalidArgumentError: ``model`` is not such a network, or a value does
            not fit into float16.
        StorageError: The path cannot be written.
    """
    import torch
    from safetensors.torch import save

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
            raise expected("model", wish, f"others in {name}", todo)
    if FIRST_TENSOR not in kept or "model.0.bn.running_var" not in kept:
        wish = "a YOLOv8 classification network with batch normalisation not fused"
        raise expected("model", wish, type(model).__name__, "pass the trained network")
    header: dict[str, Any] = {"format_version": FORMAT_VERSION, "kind": "backbone"}
    modules = model.modules() if isinstance(model, torch.nn.Module) else ()
    for module in modules:
        if isinstance(module, torch.nn.BatchNorm2d):
            header["eps"] = module.eps
    header |= metadata or {}
    write_whole(Path(path), save(kept, {"stylesim": json.dumps(header, sort_keys=True)}))


def write_whole(path: Path, content: bytes, argument: str = "path") -> None:
    """Write a file so that its place holds the old content or all of the new.

    Raises:
        StorageError: The path cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        got = f"{str(path)!r} ({error.strerror})"
        todo = "choose a folder that exists and that you may write to"
        raise expected(argument, "a path that can be written", got, todo, StorageError) from error
