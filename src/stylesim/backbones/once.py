"""What is made once a process, however many threads ask for it."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_In = ParamSpec("_In")
_Out = TypeVar("_Out")


def once(function: Callable[_In, _Out]) -> Callable[_In, _Out]:
    """Keep what a function returns; threads wait for the first instead of making a second.

    Examples:
        >>> made = once(lambda: [])
        >>> made() is made()
        True
    """
    lock = threading.RLock()
    kept: Any = functools.cache(function)

    @functools.wraps(function)
    def asked(*args: _In.args, **kwargs: _In.kwargs) -> _Out:
        with lock:
            out: _Out = kept(*args, **kwargs)
            return out

    shown: Any = asked
    shown.cache_clear = kept.cache_clear
    return asked
