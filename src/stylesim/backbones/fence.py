"""Keeps Ultralytics to itself: what it changes in the process or would write is put back.

Importing Ultralytics alone sets print options, thread counts, warning filters
and environment variables, patches Pillow and torch, writes a settings file
into the home folder and asks the network whether it is there.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import random
import sys
import tempfile
import threading
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylesim.errors import StorageError, expected

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = threading.RLock()
_QUIET = logging.CRITICAL + 1

_ON_IMPORT = {
    "YOLO_AUTOINSTALL": "false",
    "YOLO_OFFLINE": "true",
    "YOLO_VERBOSE": "false",
}


def import_ultralytics(module: str) -> Any:
    """Import a module of Ultralytics and leave no trace.

    Args:
        module: Dotted name below ``ultralytics``, such as ``"nn.tasks"``.

    Returns:
        The module. Where stylesim is what first imports Ultralytics, it
        installs nothing and sends no usage data in this process.
    """
    with _LOCK:
        done = sys.modules.get(f"ultralytics.{module}")
        if done is not None:
            return done
        with scratch() as folder, fenced():
            # torchvision makes one when imported.
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
            if "ultralytics" not in sys.modules:
                _import_first(str(folder))
            return importlib.import_module(f"ultralytics.{module}")


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder that is gone afterwards.

    Raises:
        StorageError: None can be made.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="stylesim-")
    except OSError as error:
        todo = "set TMPDIR to a folder that can be written"
        wish = "a usable folder for temporary files"
        raise expected("TMPDIR", wish, str(error), todo, StorageError) from error
    with made as folder:
        yield Path(folder)


@contextmanager
def fenced() -> Iterator[None]:
    """Run Ultralytics quietly and put back every global it is known to change.

    Thread counts, random states, environment variables, print options, warning filters, log
    levels, determinism switches, the precision and the device of new numbers (within, single and
    the processor), and the patches of Pillow, OpenCV and torch are afterwards what they were.
    """
    # Before Ultralytics, which sets OMP_NUM_THREADS=1 for whoever loads torch after it.
    import cv2
    import torch
    from PIL import Image, ImageFile

    patched: list[tuple[Any, str]] = [
        (torch, "save"),
        (torch, "load"),
        (Image, "open"),
        (Image, "MAX_IMAGE_PIXELS"),
        (ImageFile, "LOAD_TRUNCATED_IMAGES"),
        *((cv2, name) for name in ("imread", "imwrite", "imshow")),
        *((torch.backends.cudnn, name) for name in ("deterministic", "benchmark")),
    ]
    with _LOCK, ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for owner, name in patched:
            stack.callback(setattr, owner, name, getattr(owner, name))
        for name in ("coremltools", "sentry_sdk"):
            logger = logging.getLogger(name)
            stack.callback(logger.setLevel, logger.level)
        own = logging.getLogger("ultralytics")
        stack.callback(_restore_level, own, own.level)
        own.setLevel(_QUIET)
        stack.callback(_restore_environment, dict(os.environ))
        stack.callback(_restore_threads, torch.get_num_threads(), cv2.getNumThreads())
        shown = torch._tensor_str.PRINT_OPTS
        options = ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")
        stack.callback(torch.set_printoptions, **{name: getattr(shown, name) for name in options})
        stack.callback(
            _restore_determinism,
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        )
        # Networks are made, and trained, in single precision.
        stack.callback(torch.set_default_dtype, torch.get_default_dtype())
        torch.set_default_dtype(torch.float32)
        # They are made on the processor too, wherever others want their tensors to be made.
        stack.enter_context(torch.device("cpu"))
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002 - it seeds this one
        used = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
        devices = range(torch.cuda.device_count() if used else 0)
        stack.enter_context(torch.random.fork_rng(devices))
        stack.enter_context(np.printoptions())
        yield


def _import_first(folder: str) -> None:
    """Import Ultralytics with its settings in a folder that will be removed."""
    kept = {name: os.environ.get(name) for name in ("YOLO_VERBOSE", "YOLO_CONFIG_DIR")}
    os.environ.update(_ON_IMPORT, YOLO_CONFIG_DIR=folder)
    utils: Any = importlib.import_module("ultralytics.utils")
    for name, value in kept.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    # What the caller does with Ultralytics later shall find the settings that are its own.
    folder_before, folder_now = utils.USER_CONFIG_DIR, _settings_folder()
    moved = {
        folder_before: folder_now,
        utils.SETTINGS_FILE: folder_now / utils.SETTINGS_FILE.name,
    }
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "ultralytics":
            for key, value in list(vars(module).items()):
                if isinstance(value, Path) and value in moved:
                    setattr(module, key, moved[value])
    settings = utils.SETTINGS
    settings.file = settings.file_path = moved.get(settings.file, folder_now / "settings.json")
    try:
        own = json.loads(settings.file.read_text(encoding="utf-8"))
        fits = {k: v for k, v in own.items() if isinstance(v, type(settings.defaults.get(k)))}
        dict.update(settings, fits)  # the class's own update would write the file
    except (OSError, ValueError, AttributeError):
        pass  # none there, or not readable: the defaults stand, as Ultralytics has it
    utils.VERBOSE = os.environ.get("YOLO_VERBOSE", "true").lower() in ("1", "true", "yes", "on")
    utils.set_logging(utils.LOGGING_NAME, verbose=utils.VERBOSE)


def _settings_folder() -> Path:
    """Where Ultralytics keeps its settings on this machine, without making it."""
    own = os.environ.get("YOLO_CONFIG_DIR")
    if own:
        root = Path(own).expanduser()
    elif sys.platform == "win32":
        root = Path.home() / "AppData" / "Roaming"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Application Support"
    else:
        root = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return root / "Ultralytics"


def _restore_environment(before: dict[str, str]) -> None:
    for name in set(os.environ) - set(before):
        del os.environ[name]
    for name, value in before.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _restore_level(logger: logging.Logger, before: int) -> None:
    if logger.level == _QUIET:  # a first import has set its own by now
        logger.setLevel(before)


def _restore_threads(torch_threads: int, cv2_threads: int) -> None:
    import cv2
    import torch

    if torch.get_num_threads() != torch_threads:
        torch.set_num_threads(torch_threads)
    if cv2.getNumThreads() != cv2_threads:
        cv2.setNumThreads(cv2_threads)


def _restore_determinism(enabled: bool, warn_only: bool) -> None:
    import torch

    # Not without need: the call loads sympy, which sets a warning filter.
    if torch.are_deterministic_algorithms_enabled() != enabled:
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)
