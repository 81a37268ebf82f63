"""Checks of what callers pass."""

from __future__ import annotations

import numpy as np

from stylesim._checks import check_seed, check_whole
from stylesim.datasets._styles import STYLES
from stylesim.errors import expected


def generator(seed: object) -> np.random.Generator:
    """Randomness from a seed; raises InvalidArgumentError."""
    return np.random.default_rng(check_seed(seed))


def check_count(n: object) -> None:
    """Raise InvalidArgumentError where ``n`` is no count."""
    check_whole("n", n, "pass n=10")


def check_style(name: str, argument: str = "style") -> str:
    """Raise InvalidArgumentError where there is no style of that name."""
    if name not in STYLES:
        raise expected(argument, f"one of {', '.join(STYLES)}", name, "name one of these styles")
    return name
