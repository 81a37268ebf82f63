"""Checks of numbers and arrays that callers pass."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from stylesim.errors import expected

if TYPE_CHECKING:
    import numpy.typing as npt


def is_number(value: object) -> TypeGuard[float]:
    """Whether something is a real number, of Python or NumPy; True and False are none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def check_between(argument: str, value: object, low: float, high: float, todo: str) -> None:
    """Refuse anything but a number from ``low`` to ``high``.

    Raises:
        InvalidArgumentError: It is none.
    """
    if not is_number(value) or not low <= value <= high:
        raise expected(argument, f"a number from {low:g} to {high:g}", value, todo)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether something is a whole number, of Python or NumPy; True and False are none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def plain_whole(value: int | np.integer[Any]) -> int:
    """A whole number of NumPy as Python's, which JSON can hold; anything else as it is."""
    return int(value) if isinstance(value, np.integer) else value


def check_whole(
    argument: str, value: object, todo: str = "pass such a number", least: int = 1
) -> None:
    """Refuse anything but a whole number of at least ``least``.

    Raises:
        InvalidArgumentError: It is none.
    """
    if not is_whole(value) or value < least:
        raise expected(argument, f"a whole number of at least {least}", value, todo)


def check_seed(seed: Any) -> int:
    """Return a seed, or refuse what is none.

    Raises:
        InvalidArgumentError: It is no whole number of at least 0.
    """
    check_whole("seed", seed, "pass seed=0", least=0)
    return int(seed)


def array_of(x: object, argument: str, dtype: Any = None) -> npt.NDArray[Any]:
    """An array, or an error that names the argument.

    Raises:
        InvalidArgumentError: ``x`` is ragged, or holds what ``dtype`` cannot.
    """
    try:
        return np.asarray(x, dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise expected(argument, "an array of numbers", x, "pass numbers in rows") from error


def matrix(x: object, argument: str) -> npt.NDArray[np.float64]:
    """An array of two dimensions, of finite numbers.

    Raises:
        InvalidArgumentError: ``x`` is none.
    """
    rows = array_of(x, argument, np.float64)
    if rows.ndim != 2:
        wish = "an array of two dimensions"
        raise expected(argument, wish, f"shape {rows.shape}", "pass one row a thing")
    if not np.isfinite(rows).all():
        got = "NaN or infinity"
        raise expected(argument, "finite numbers", got, "check what made them")
    return rows
