"""Weights of YOLOv8 classification networks, read from files without running code in them.

A ``.pt`` file of Ultralytics is a pickle of a whole network. It is read here
with torch's restricted unpickler and an allow-list of names, none of which
reaches the class of that name: each is met by an inert stand-in that keeps the
fields it is given, and the tensors are then picked out by their names.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import threading
import zipfile
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.backbones.storing import FIRST_TENSOR, read_safetensors
from stylesim.errors import DamagedFileError, UnsafeFileError, expected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor

WIDTHS = {16: "n", 32: "s", 48: "m", 64: "l", 80: "x"}
"""Output channels of the first layer, and the size letter of the network."""

_LONGEST = 60  # of a name; "model.8.m.0.cv1.conv." is a long one
_LOCK = threading.Lock()
_WANTED = "a YOLOv8 classification checkpoint (.pt of Ultralytics, or .safetensors of stylesim)"

# What classification checkpoints ask for, from release 8.0.0 to today, found by taking some apart.
_ULTRALYTICS = """
nn.tasks.ClassificationModel
nn.modules.Conv nn.modules.C2f nn.modules.Bottleneck nn.modules.Classify
nn.modules.conv.Conv nn.modules.block.C2f nn.modules.block.Bottleneck nn.modules.head.Classify
utils.IterableSimpleNamespace utils.loss.v8ClassificationLoss yolo.utils.IterableSimpleNamespace
"""
_OTHERS = """
torch.nn.modules.activation.SiLU torch.nn.modules.batchnorm.BatchNorm2d
torch.nn.modules.container.ModuleList torch.nn.modules.container.Sequential
torch.nn.modules.conv.Conv2d torch.nn.modules.dropout.Dropout torch.nn.modules.linear.Identity
torch.nn.modules.linear.Linear torch.nn.modules.loss.CrossEntropyLoss
torch.nn.modules.pooling.AdaptiveAvgPool2d
torchvision.transforms.functional.InterpolationMode torchvision.transforms.transforms.CenterCrop
torchvision.transforms.transforms.Compose torchvision.transforms.transforms.Normalize
torchvision.transforms.transforms.Resize torchvision.transforms.transforms.ToTensor
pathlib.Path pathlib.PosixPath pathlib.PurePosixPath pathlib.WindowsPath pathlib.PureWindowsPath
pathlib._local.Path pathlib._local.PosixPath pathlib._local.WindowsPath
types.SimpleNamespace datetime.datetime
numpy.dtype numpy.core.multiarray.scalar numpy._core.multiarray.scalar
"""
ALLOWED = frozenset([*(f"ultralytics.{name}" for name in _ULTRALYTICS.split()), *_OTHERS.split()])
"""Every name that a ``.pt`` file may ask for beside plain values and tensors."""


class _Inert:
    """Stands in for whatever class a checkpoint names; keeps what it is given, does nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)


@attrs.frozen(eq=False)
class Weights:
    """The tensors of one YOLOv8 classification network.

    Attributes:
        tensors: Tensors by name, such as ``"model.0.conv.weight"``, as the file has them.
        size: Letter of the network's size: n, s, m, l or x.
        stem: Name of the file they came from, without its ending.
        digest: 64 hexadecimal digits: SHA-256 of that file, or of the tensors
            where there was none; empty of weights within a classifier's file.
        eps: What batch normalisation adds to the variance.
        metadata: What the file says about itself.
    """

    tensors: Mapping[str, Tensor] = attrs.field(repr=False)
    size: str
    stem: str
    digest: str
    eps: float = 1e-5
    metadata: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    @property
    def identity(self) -> str:
        """Name and first 8 digits of the digest."""
        return f"{self.stem}@{self.digest[:8]}"


def digest_of(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of names and values of tensors, as 64 hexadecimal digits."""
    import torch

    total = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous()
        total.update(f"{name}:{values.dtype}:{tuple(values.shape)}".encode())
        total.update(values.flatten().view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def content_of(tensors: Mapping[str, Tensor], eps: float, kinds: tuple[str, ...]) -> str:
    """SHA-256 of all that makes the vectors of a network, as 64 hexadecimal digits."""
    text = json.dumps([digest_of(tensors), eps, kinds])
    return hashlib.sha256(text.encode()).hexdigest()


def read_weights(path: Path, argument: str = "weights") -> Weights:
    """Read a ``.safetensors`` file of stylesim or a ``.pt`` file of Ultralytics.

    Args:
        path: The file; its content, not its ending, tells which it is.
        argument: Name of the argument for error messages.

    Returns:
        The weights, on the CPU; their shapes are checked when a network is built of them.

    Raises:
        DamagedFileError: The file is not whole or holds something else.
        NewerVersionError: A newer stylesim wrote it.
        UnsafeFileError: It asks for a class or function that is not on the
            allow-list. Nothing of it was run.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # the latter of paths that no file can have
        got = f"{str(path)!r} ({getattr(error, 'strerror', error)})"
        raise expected(argument, _WANTED, got, "check the path", DamagedFileError) from error
    digest = hashlib.sha256(content).hexdigest()
    metadata: dict[str, Any] = {}
    eps: object
    if zipfile.is_zipfile(path) or content[:1] == b"\x80":
        tensors, eps = _read_pickle(path, argument)
    else:
        tensors, metadata = read_safetensors(content, path, argument, _WANTED)
        eps = metadata.get("eps", 1e-5)
    return checked(tensors, repr(str(path)), path.stem, digest, eps, metadata, argument)


def checked(
    tensors: Mapping[str, Tensor],
    shown: str,
    stem: str,
    digest: str,
    eps: object,
    metadata: Mapping[str, Any],
    argument: str = "weights",
) -> Weights:
    """Return tensors as ``Weights`` if they are those of a YOLOv8 classification network."""
    strange = next((name for name, tensor in tensors.items() if not _is_plain(tensor)), None)
    if strange is not None or not isinstance(eps, float) or not 0 < eps < 1:
        what = "batch normalisation" if strange is None else strange
        got = f"{shown}, with {what} that no network has"
        raise expected(argument, _WANTED, got, "fetch or train it again", DamagedFileError)
    first = tensors.get(FIRST_TENSOR)
    size = None if first is None or first.ndim != 4 else WIDTHS.get(first.shape[0])
    if size is None:
        got = f"{shown}, which holds another network"
        raise expected(argument, _WANTED, got, "pass such a file", DamagedFileError)
    return Weights(tensors, size, stem, digest, eps, metadata)


def _is_plain(tensor: Tensor) -> bool:
    """Whether a tensor is a block of numbers in memory; sparse ones and the like are not."""
    import torch

    block = tensor.layout is torch.strided and tensor.device.type == "cpu"
    if not block or tensor.is_quantized or tensor.is_complex():
        return False
    # Strides of 0 make a few bytes a tensor of any size.
    return tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()


def _read_pickle(path: Path, argument: str) -> tuple[dict[str, Tensor], float]:
    import torch

    allowed: list[Any] = [(_Inert, name) for name in sorted(ALLOWED)]
    shown = repr(str(path))
    try:
        with _LOCK, torch.serialization.safe_globals(allowed):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error)
        asks = any(word in reason for word in ("GLOBAL", "global", "Can only", "call reduce"))
        if not asks:
            got = f"{shown}, which is damaged or of another kind"
            raise expected(argument, _WANTED, got, "fetch it again", DamagedFileError) from error
        names = _unknown_globals(path, allowed)
        got = f"{shown}, which asks for {names}" if names else f"{shown}, which asks for more"
        wish = "a checkpoint of plain tensors and known layers"
        todo = "do not use this file unless you know what wrote it; nothing in it was run"
        raise expected(argument, wish, got, todo, UnsafeFileError) from error
    except MemoryError:
        raise
    except Exception as error:  # a crafted file raises many kinds
        got = f"{shown}, which is damaged or of another kind"
        raise expected(argument, _WANTED, got, "fetch it again", DamagedFileError) from error
    return _tensors_of(content)


def _unknown_globals(path: Path, allowed: Iterable[Any]) -> str:
    import torch

    try:
        with _LOCK, torch.serialization.safe_globals(list(allowed)):
            return ", ".join(torch.serialization.get_unsafe_globals_in_checkpoint(path)[:3])
    except Exception:  # noqa: BLE001 - only to name them; files of old kinds cannot be listed
        return ""


def _tensors_of(content: object) -> tuple[dict[str, Tensor], float]:
    """Pick the tensors out of a checkpoint, whatever else it holds, and the eps beside them."""
    network = content
    if isinstance(content, dict):
        # While it trains, Ultralytics keeps the averaged weights apart; they are the better ones.
        held = (content.get("ema"), content.get("model"))
        network = next((one for one in held if isinstance(one, (dict, _Inert)) and one), content)
    tensors: dict[str, Tensor] = {}
    found_eps: list[float] = []
    if isinstance(network, dict):
        _collect_flat(network, tensors)
    else:
        _collect(network, "", tensors, found_eps, set())
    return tensors, found_eps[0] if found_eps else 1e-5


def _collect_flat(state: dict[Any, Any], tensors: dict[str, Tensor]) -> None:
    import torch

    for name, value in state.items():
        if isinstance(name, str) and isinstance(value, torch.Tensor):
            tensors[name if name.startswith("model.") else f"model.{name}"] = value


def _collect(
    module: object, prefix: str, tensors: dict[str, Tensor], eps: list[float], seen: set[int]
) -> None:
    import torch

    fields = getattr(module, "__dict__", None)
    if not isinstance(fields, dict) or id(module) in seen:
        return
    seen.add(id(module))  # a crafted file could nest a module in itself
    for kind in ("_parameters", "_buffers"):
        held = fields.get(kind)
        for name, value in held.items() if isinstance(held, dict) else ():
            if isinstance(value, torch.Tensor):
                tensors[f"{prefix}{name}"] = value
    if isinstance(fields.get("eps"), float):
        eps.append(fields["eps"])
    children = fields.get("_modules")
    for name, child in children.items() if isinstance(children, dict) else ():
        if len(prefix) < _LONGEST:
            _collect(child, f"{prefix}{name}.", tensors, eps, seen)
