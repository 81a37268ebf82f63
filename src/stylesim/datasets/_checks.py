"""Checks of what callers pass."""

from __future__ import annotations

import numpy as np

from stylesim.datasets._styles import STYLES
from stylesim.errors import expected


def generator(seed: object) -> np.random.Generator:
    """Randomness from a seed; raises InvalidArgumentError."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise expected("seed", "a whole number of at least 0", seed, "pass seed=0")
    return np.random.default_rng(int(seed))


def check_count(n: object) -> None:
    """Raise InvalidArgumentError where ``n`` is no count."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise expected("n", "a whole number of at least 1", n, "pass n=10")


def check_style(name: str, argument: str = "style") -> str:
    """Raise InvalidArgumentError where there is no style of that name."""
    if name not in STYLES:
        raise expected(argument, f"one of {', '.join(STYLES)}", name, "name one of these styles")
    return name
