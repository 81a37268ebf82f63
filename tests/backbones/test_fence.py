"""Ultralytics leaves no trace: not in the process, not in the home folder, not on the screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"

WATCH = """
import json, logging, os, random, sys, threading, warnings
import cv2, numpy, torch
from PIL import Image, ImageFile
{before}

def state():
    shown = vars(torch._tensor_str.PRINT_OPTS)
    return {{
        "environment": dict(os.environ),
        "warnings": [str(f) for f in warnings.filters],
        "threads": [torch.get_num_threads(), cv2.getNumThreads(), threading.active_count()],
        "print": [str(sorted(shown.items())), str(numpy.get_printoptions())],
        "patched": [str(f) for f in (torch.save, torch.load, Image.open, cv2.imread, cv2.imshow)],
        "pillow": [Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES],
        "random": [
            str(random.getstate())[:200],
            str(numpy.random.get_state()[1][:9]),
            str(torch.random.get_rng_state()[:99].tolist()),
        ],
        "determinism": [
            torch.are_deterministic_algorithms_enabled(),
            torch.backends.cudnn.deterministic,
            torch.backends.cudnn.benchmark,
        ],
        "levels": [logging.getLogger(n).level for n in ("", "coremltools", "sentry_sdk")],
        "folder": os.getcwd(),
        "safe": str(torch.serialization.get_safe_globals()),
    }}

torch.set_num_threads(2)
cv2.setNumThreads(2)
numpy.set_printoptions(precision=3)
before = state()
{then}
after = state()
changed = {{k: [before[k], after[k]] for k in before if before[k] != after[k]}}
print(json.dumps({{"changed": changed, "result": result}}))
"""


def watch(folder: Path, then: str, before: str = "", **environment: str) -> object:
    """Run code in a fresh process with an empty home; return its ``result``."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCH.format(then=then, before=before)],
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *printed, last = done.stdout.splitlines()
    assert printed == []
    assert done.stderr == ""
    seen = json.loads(last)
    assert seen["changed"] == {}
    return seen["result"]


EMBED = """
from stylesim.backbones import YoloBackbone
result = YoloBackbone({path!r}, image_size=64).embed([numpy.zeros((9, 9, 3), "uint8")]).shape
"""


def test_embedding_changes_and_writes_nothing(tmp_path: Path, weights_file: Path) -> None:
    assert watch(tmp_path, EMBED.format(path=str(weights_file))) == [1, 256]
    assert list(tmp_path.rglob("*")) == []


def test_no_name_is_looked_up(tmp_path: Path, weights_file: Path) -> None:
    before = """
import socket
def refuse(*args, **kwargs):
    raise AssertionError("asked the network")
socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
"""
    assert watch(tmp_path, EMBED.format(path=str(weights_file)), before) == [1, 256]


def test_ultralytics_itself_works_afterwards_as_if_first_imported_by_the_user(
    tmp_path: Path, weights_file: Path
) -> None:
    settings = tmp_path / "home" / "Ultralytics" / "settings.json"
    then = EMBED.format(path=str(weights_file)) + (
        "import ultralytics.utils as u\n"
        "result = [str(u.SETTINGS_FILE), str(u.SETTINGS.file), str(u.USER_CONFIG_DIR),"
        " u.LOGGER.level, u.VERBOSE]"
    )
    found = watch(tmp_path, then, YOLO_CONFIG_DIR=str(tmp_path / "home"))
    assert found == [str(settings), str(settings), str(settings.parent), 20, True]
    assert not settings.exists()


def test_settings_of_the_user_are_read_kept_and_still_theirs_to_change(
    tmp_path: Path, weights_file: Path
) -> None:
    home = tmp_path / "home"
    make = subprocess.run(
        [sys.executable, "-c", "from ultralytics import settings; settings.update(sync=False)"],
        env={"PATH": os.environ["PATH"], "YOLO_CONFIG_DIR": str(home), "YOLO_OFFLINE": "true"},
        check=False,
    )
    assert make.returncode == 0
    settings = home / "Ultralytics" / "settings.json"
    before = settings.read_bytes()
    then = EMBED.format(path=str(weights_file)) + "import ultralytics.utils as u\n"
    read = then + "result = u.SETTINGS['sync']"
    assert watch(tmp_path, read, YOLO_CONFIG_DIR=str(home)) is False
    assert settings.read_bytes() == before
    change = then + "u.SETTINGS.update(wandb=True)\nresult = 1"
    watch(tmp_path, change, YOLO_CONFIG_DIR=str(home))
    assert json.loads(settings.read_bytes())["wandb"] is True


def test_an_ultralytics_that_is_there_already_is_left_as_it_is(
    tmp_path: Path, weights_file: Path
) -> None:
    before = "import ultralytics.utils as u; u.LOGGER.setLevel(13); u.ONLINE = 'as it was'"
    then = EMBED.format(path=str(weights_file)) + (
        "result = [u.LOGGER.level, u.ONLINE, u.SETTINGS['sync'], u.AUTOINSTALL]"
    )
    elsewhere = {"YOLO_CONFIG_DIR": str(tmp_path / "theirs"), "YOLO_VERBOSE": "false"}
    found = watch(tmp_path, then, before, YOLO_OFFLINE="true", **elsewhere)
    assert found == [13, "as it was", True, True]


def test_an_error_inside_the_fence_leaves_nothing_changed() -> None:
    import torch
    from PIL import Image

    from stylesim.backbones.fence import fenced

    opened, threads = Image.open, torch.get_num_threads()

    def break_out() -> None:
        with fenced():
            Image.open = None  # type: ignore[assignment]
            os.environ["STYLESIM_TEST"] = "1"
            torch.set_num_threads(threads + 1)
            torch.manual_seed(99)
            raise KeyboardInterrupt

    before = torch.random.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        break_out()
    assert Image.open is opened
    assert "STYLESIM_TEST" not in os.environ
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), before)
