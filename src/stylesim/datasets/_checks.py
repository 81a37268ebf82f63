"""Checks of what callers pass."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylesim._checks import check_seed, check_whole
from stylesim.datasets._styles import STYLES
from stylesim.errors import expected

if TYPE_CHECKING:
    from collections.abc import Iterable


def generator(seed: object) -> np.random.Generator:
    """Randomness from a seed; raises InvalidArgumentError."""
    return np.random.default_rng(check_seed(seed))


def check_count(n: object) -> None:
    """Raise InvalidArgumentError where ``n`` is no count."""
    check_whole("n", n, "pass n=10")


def check_name(argument: str, name: object, names: Iterable[str]) -> None:
    """Raise InvalidArgumentError where ``name`` is none of ``names``."""
    known = tuple(names)
    if not isinstance(name, str) or name not in known:
        raise expected(argument, f"one of {', '.join(known)}", name, "name one of these")


def check_style(name: str, argument: str = "style") -> str:
    """Raise InvalidArgumentError where there is no style of that name."""
    check_name(argument, name, STYLES)
    return name


def folder_of(folder: Any) -> Path:
    """The path of a folder; raises InvalidArgumentError where no file system could have it."""
    try:
        path = Path(folder)
        usable = b"\0" not in os.fsencode(path)
    except (TypeError, UnicodeEncodeError):
        usable = False
    if not usable:
        raise expected("folder", "the path of a folder", repr(folder), "name a folder")
    return path
