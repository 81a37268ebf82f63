"""Copies of a wardrobe where others are in the way."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stylesim import Wardrobe, _wardrobe_store
from stylesim.errors import StorageError


@pytest.fixture
def closet(tmp_path: Path) -> Iterator[Wardrobe]:
    with Wardrobe.open(tmp_path / "closet") as opened:
        opened.add(Image.new("RGB", (8, 8), "navy"), slot="bottom")
        yield opened


def test_a_hard_link_is_the_same_file(closet: Wardrobe, tmp_path: Path) -> None:
    os.link(tmp_path / "closet", tmp_path / "link")
    with pytest.raises(StorageError, match="another file"):
        closet.backup(tmp_path / "link")
    assert len(closet) == 1


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A wardrobe that another program is writing."""
    Wardrobe.open(tmp_path / "other").close()
    with closing(sqlite3.connect(tmp_path / "other", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        yield tmp_path / "other"


def test_it_waits_for_a_locked_file_and_gives_up(
    closet: Wardrobe, locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_wardrobe_store, "_PATIENCE", 0.3)
    with pytest.raises(StorageError, match="nobody else is using"):
        closet.backup(locked)
    assert len(closet) == 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="POSIX signals")
def test_it_can_be_interrupted_while_it_waits(closet: Wardrobe, locked: Path) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            closet.backup(locked)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
