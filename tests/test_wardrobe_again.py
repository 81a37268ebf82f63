"""A script that fills a wardrobe may run again, also after a slot was corrected."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from PIL import Image

from stylesim.types import Slot
from stylesim.wardrobe import Wardrobe

PICTURE = Image.new("RGB", (24, 24), "navy")


def test_a_corrected_slot_stays_when_its_folder_is_added_again(tmp_path: Path) -> None:
    (tmp_path / "tops").mkdir()
    PICTURE.save(tmp_path / "tops" / "a.png")
    closet = Wardrobe()
    (coat,) = closet.add_folder(tmp_path, progress=False).added
    closet.update(coat, slot="outer")
    again = closet.add_folder(tmp_path, progress=False)
    assert [len(again.added), len(again.known)] == [0, 1]
    assert [one.slot for one in closet] == [Slot.OUTER]


def test_the_slot_first_told_names_a_garment_and_another_one_a_second(tmp_path: Path) -> None:
    with Wardrobe.open(tmp_path / "closet") as closet:
        coat = closet.add(PICTURE, slot="top")
        closet.update(closet.update(coat, slot="outer"), slot="full")
        for slot in ("top", "full"):
            assert closet.add(PICTURE, slot=slot, seen=slot).id == coat.id
        assert closet[coat.id].slot is Slot.FULL
        assert closet.add(PICTURE, slot="bottom").id != coat.id


def test_a_file_that_does_not_know_first_slots_learns_them(tmp_path: Path) -> None:
    path = tmp_path / "closet"
    with Wardrobe.open(path) as closet:
        closet.add(PICTURE, slot="top")
    with closing(sqlite3.connect(path)) as file:
        file.execute("ALTER TABLE garments DROP COLUMN told")
    for _ in range(2):
        with Wardrobe.open(path) as closet:
            (coat,) = closet
            closet.update(coat, slot="outer")
            assert closet.add(PICTURE, slot="top").slot is Slot.OUTER


def test_an_older_file_opens_while_others_write(tmp_path: Path) -> None:
    path = tmp_path / "closet"
    with Wardrobe.open(path) as closet:
        coat = closet.add(PICTURE, slot="top").id
    with closing(sqlite3.connect(path)) as file:
        file.execute("ALTER TABLE garments DROP COLUMN told")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Wardrobe.open(path, timeout=0.1) as closet:
            assert [one.id for one in closet] == [coat]
        other.execute("ROLLBACK")
