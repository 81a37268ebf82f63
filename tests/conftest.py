"""What every test shares: the real photographs, where there are any, and repeatable chance."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("STYLESIM_DATA", ROOT.parent / "shared" / "data"))

# No deadline: a busy machine is not a defect. Derandomised in CI: a red run can be run again.
settings.register_profile("stylesim", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("stylesim")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs real photographs where there are none, and say so."""
    if DATA.is_dir():
        return
    skip = pytest.mark.skip(reason=f"no real photographs in {DATA} (set STYLESIM_DATA)")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real photographs; tests that use it carry ``@pytest.mark.real_data``."""
    if not DATA.is_dir():
        pytest.skip(f"no real photographs in {DATA} (set STYLESIM_DATA)")
    return DATA


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Closes a folder to readers, even where tests are run by root."""

    def close(folder: Path) -> None:
        scan = os.scandir

        def scandir(path: Any = ".") -> Any:
            if Path(path) == folder:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return scan(path)

        monkeypatch.setattr(os, "scandir", scandir)

    return close
