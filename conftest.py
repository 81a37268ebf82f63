"""Runs the examples in docstrings and in the documentation as tests, each in an empty folder."""

from __future__ import annotations

import atexit
import doctest
import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.fixture(autouse=True)
def _empty_folder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docstring examples run in an empty folder, so none can lean on or litter the checkout."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))


def _temporary_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="stylesim-pages-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def _drawn_folder() -> Path:
    """What the pages speak of, drawn once: pictures of styles and clothes, and a catalogue."""
    from stylesim import datasets

    root = _temporary_folder()
    pictures = {f"styles/{name}": datasets.make_style(name, n=6) for name in datasets.STYLE_NAMES}
    pictures["photos/of/my/clothes"] = datasets.make_closet(n=12)
    for where, drawn in pictures.items():
        (root / where).mkdir(parents=True)
        for number, one in enumerate(drawn):
            one.image.save(root / where / f"{number:02d}.jpg", quality=90)
    datasets.make_catalog(root, n=24)
    return root


def _open_page(namespace: dict[str, Any]) -> None:
    """Give each page a folder of its own with the pictures in it."""
    namespace["_before"] = Path.cwd()
    folder = _temporary_folder()
    shutil.copytree(_drawn_folder(), folder, dirs_exist_ok=True)
    os.chdir(folder)


def _close_page(namespace: dict[str, Any]) -> None:
    os.chdir(namespace["_before"])


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=FLAGS), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    path=str(ROOT),
    setup=_open_page,
    teardown=_close_page,
).pytest()
