"""Where weights come from: the package, a file, or Ultralytics' releases."""

from __future__ import annotations

import os
import re
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from stylesim._checks import is_whole
from stylesim.backbones.checkpoint import read_weights
from stylesim.backbones.fence import fenced, import_ultralytics
from stylesim.backbones.once import once
from stylesim.errors import StorageError, expected

if TYPE_CHECKING:
    from stylesim.backbones.checkpoint import Weights

BUNDLED = ("stylesim-n",)
"""Names of the weights that come with the package."""

LARGEST = 4096
"""Most pixels of a side at which pictures are seen: more needs gigabytes for each of them."""

_RELEASE = "https://github.com/ultralytics/assets/releases/download/v8.3.0"
_OFFERED = re.compile(r"yolov8[nsmlx]-cls\.pt")
_WISH = "'stylesim-n', a size letter (n, s, m, l, x), 'yolov8n-cls.pt' or a path to a weights file"


def check_weights(weights: object) -> None:
    """Refuse what names no weights, without reading a file.

    Raises:
        InvalidArgumentError: It is no text or path, or a text that can be neither.
    """
    if not isinstance(weights, (str, os.PathLike)):
        raise expected("weights", _WISH, weights, "pass one of these")
    if isinstance(weights, str) and weights not in (*BUNDLED, *"nsmlx") and not _is_path(weights):
        raise expected("weights", _WISH, weights, "pass one of these")


def usual_size(weights: object, method: str = "head") -> int:
    """Side of the square at which weights are at their best, in pixels."""
    bundled = isinstance(weights, str) and weights in BUNDLED
    return 192 if bundled and method == "head" else 224


def check_settings(image_size: object, device: object) -> None:
    """Refuse settings out of range before anything is loaded.

    Raises:
        InvalidArgumentError: A setting is out of range.
    """
    check_side(image_size)
    check_device(device)


def check_device(device: object) -> None:
    """Refuse what is no name of a device.

    Raises:
        InvalidArgumentError: It is none.
    """
    if not isinstance(device, str) or not device:
        wish = "'auto', 'cpu', 'cuda', 'mps' or another device of torch"
        raise expected("device", wish, device, "pass device='auto'")


def check_side(side: object, argument: str = "image_size", most: int = LARGEST) -> None:
    """Refuse what is no side of a picture that a network can see.

    Raises:
        InvalidArgumentError: It is no multiple of 32, or more than ``most``.
    """
    if not is_whole(side) or not 32 <= side <= most or side % 32:
        wish = f"a multiple of 32 of at most {most}, in pixels"
        raise expected(argument, wish, side, f"pass {argument}=192")


def find_weights(weights: str | os.PathLike[str]) -> Weights:
    """Read weights by their name or path; see ``YoloBackbone``.

    Raises:
        DamagedFileError: The file is not whole or holds another network.
        UnsafeFileError: The file asks to run code.
        StorageError: There is no such file, and it cannot be downloaded.
    """
    check_weights(weights)
    if weights in BUNDLED:
        return _bundled(str(weights))
    name = f"yolov8{weights}-cls.pt" if str(weights) in tuple("nsmlx") else os.fspath(weights)
    path = _place(name)
    if not _exists(path):
        if not _OFFERED.fullmatch(path.name):
            got = f"{name!r}, which does not exist"
            raise expected("weights", _WISH, got, "check the path", StorageError)
        _download(path)
    found = read_weights(path)
    bundled = bundled_of(found.digest)  # a copy of them is them
    return _bundled(bundled) if bundled else found


def bundled_of(digest: str) -> str | None:
    """Name of the bundled weights whose file has this digest; None for others."""
    return next((name for name in BUNDLED if _bundled(name).digest == digest), None)


@once
def _bundled(name: str) -> Weights:
    """Read weights of the package, once a process."""
    with as_file(files("stylesim") / "weights" / f"{name}.safetensors") as path:
        if not path.is_file():
            wish, todo = "the bundled weights in the package", "install stylesim again"
            raise expected("weights", wish, "none", todo, StorageError)
        return read_weights(path)


def _is_path(text: str) -> bool:
    return Path(text).suffix in (".pt", ".safetensors") or _exists(_place(text))


def _place(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # "~" and the name of nobody
        return Path(text)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _download(path: Path) -> None:
    """Fetch one of Ultralytics' classification checkpoints to its place, whole or not at all."""
    downloads = import_ultralytics("utils.downloads")
    url = f"{_RELEASE}/{path.name}"
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".stylesim-") as folder, fenced():
            # Or a failure makes it ask two name servers whether there is a network at all.
            os.environ["YOLO_OFFLINE"] = "true"
            got = downloads.safe_download(
                url, file=path.name, dir=folder, unzip=False, retry=0, min_bytes=1e5, progress=False
            )
            if not Path(got).is_file():
                raise OSError("the download was cut off")
            read_weights(Path(got))  # a page of an error or a login shall not stay as weights
            Path(got).replace(path)
    except (OSError, MemoryError) as error:  # its ConnectionError is an OSError
        wish = f"{path.name} in {str(path.parent.resolve())!r}, or at {_RELEASE}"
        shown = f"neither ({' '.join(str(error).split())})"
        todo = "go online once, put the file there yourself, or use weights='stylesim-n'"
        raise expected("weights", wish, shown, todo, StorageError) from error
