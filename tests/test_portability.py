"""Style, closet and catalogue move: between folders, users, processes and versions of stylesim.

What each does by itself is tested beside it; here they are one archive, written by
``scripts/golden_files.py`` in the format of its name, which today's code has to read.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import stylesim
from stylesim import DamagedFileError, NewerVersionError, StyleSimError, Wardrobe

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "scripts" / "golden_files.py"
DATA = Path(__file__).parent / "data"
FORMATS = sorted(path.stem for path in DATA.glob("format-*.zip"))
NAMES = ["plain", "mit Leerzeichen & ñ", "내 옷장", "100 % #1 'quoted'"]


def golden() -> Any:
    """The script, which holds the parts that a saved style names."""
    spec = importlib.util.spec_from_file_location("golden_files", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GOLDEN = golden()


@pytest.fixture(params=FORMATS)
def archive(request: pytest.FixtureRequest) -> Path:
    return DATA / f"{request.param}.zip"


@pytest.fixture
def folder(archive: Path, tmp_path: Path) -> Path:
    shutil.unpack_archive(archive, tmp_path / "here")
    return tmp_path / "here"


def expected(archive: Path) -> dict[str, Any]:
    return json.loads(archive.with_suffix(".json").read_text(encoding="utf-8"))


def check(said: dict[str, Any], wanted: dict[str, Any]) -> None:
    """The same, and numbers near enough for another processor."""
    said, wanted = dict(said), dict(wanted)
    assert said.pop("similarity") == pytest.approx(wanted.pop("similarity"), abs=1e-3)
    assert said == wanted


def test_there_are_files_of_the_current_format() -> None:
    assert GOLDEN.FORMAT in FORMATS
    for name in FORMATS:
        assert (DATA / f"{name}.zip").stat().st_size < 200_000


@pytest.mark.parametrize("name", NAMES)
def test_files_written_before_are_read_wherever_they_lie(
    archive: Path, tmp_path: Path, name: str
) -> None:
    shutil.unpack_archive(archive, tmp_path / name)
    check(GOLDEN.said(tmp_path / name), expected(archive))
    moved = tmp_path / "and elsewhere"
    (tmp_path / name).rename(moved)
    check(GOLDEN.said(moved), expected(archive))


def test_they_can_be_worked_with(folder: Path) -> None:
    model, closet, shop = GOLDEN.load(folder)
    with closet:
        first = next(iter(closet))
        picture = first.image_bytes
        closet.update(first, colour="navy")
        assert closet.add(picture).id == first.id, "pictures are known again"
        assert closet[first.id].attributes["note"] == first.attributes["note"]
        closet.backup(folder / "copy.stylesim")
    with Wardrobe.open(folder / "copy.stylesim") as copy:
        assert copy[first.id].attributes["colour"] == "navy"
    model.save(folder / "again.safetensors")
    assert shop.delete([next(iter(shop)).id]).deleted == 1
    report = GOLDEN.ss.SimilarityScorer(model).score([picture])
    assert 0 <= report[0].similarity <= 1


READ = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import golden_files
from golden_files import ss

def read(folder):
    parts = {"backbone": golden_files.backbone(), "finder": golden_files.finder()}
    model = ss.LightweightClassifier.load(folder / "style.safetensors", **parts)
    shop = ss.CatalogProvider.open(folder / "shop", model=model)
    images = [(folder / "p0001.png").read_bytes()]
    return {
        "classes": model.classes_,
        "row": model.predict_proba(images)[0].tolist(),
        "near": [one.id for one in shop.nearest(model.embed(images)[0], k=2)],
        "found": [one.id for one in shop.search(ss.ProductQuery(max_price=1e6))],
    }

folder = Path(sys.argv[2])
read(folder)  # so that every module is there before the right to read it is given up
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
print(json.dumps(read(folder)))
"""


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", READ, str(SCRIPT.parent), str(folder)],
        env={**os.environ, "PYTHONPATH": str(Path(stylesim.__file__).parents[1])},
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(output)


@pytest.fixture
def readable(archive: Path) -> Iterator[Path]:
    """The files, open to read and closed to write, for anybody."""
    # Not below tmp_path, which pytest keeps to its owner.
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "read only"
        shutil.unpack_archive(archive, folder)
        inside = [folder, *folder.rglob("*")]
        for each in inside:
            each.chmod(0o555 if each.is_dir() else 0o444)
        Path(place).chmod(0o755)
        yield folder
        for each in inside:
            each.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs POSIX rights")
def test_two_processes_without_the_right_to_write_read_the_same(readable: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in readable.rglob("*")}
    processes = [start(readable), start(readable)]
    one, other = [answer(process) for process in processes]
    assert one == other
    assert one["near"][0] == "p0001"
    assert len(one["found"]) == 4
    assert {path: path.stat().st_mtime_ns for path in readable.rglob("*")} == before


def newer_style(folder: Path) -> None:
    path = folder / "style.safetensors"
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    said = json.loads(header["__metadata__"]["stylesim"])
    header["__metadata__"]["stylesim"] = json.dumps({**said, "format_version": 99, "new": {}})
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


def newer_closet(folder: Path) -> None:
    connection = sqlite3.connect(folder / "closet.stylesim")
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def newer_shop(folder: Path) -> None:
    path = folder / "shop" / "catalogue.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format_version": 99}))


@pytest.mark.parametrize("change", [newer_style, newer_closet, newer_shop])
def test_files_of_a_newer_stylesim_say_so(folder: Path, change: Any) -> None:
    change(folder)
    with pytest.raises(NewerVersionError, match="update stylesim") as caught:
        GOLDEN.load(folder)
    assert str(folder) in str(caught.value)
    assert "format 99" in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.97])
@pytest.mark.parametrize("name", ["style.safetensors", "closet.stylesim", "shop/catalogue.json"])
def test_files_cut_off_on_the_way_are_damaged(folder: Path, name: str, share: float) -> None:
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    if name == "closet.stylesim" and not share:
        with Wardrobe.open(path) as closet:
            assert len(closet) == 0, "an empty file is an empty closet"
        return
    with pytest.raises(DamagedFileError) as caught:
        GOLDEN.load(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("name", ["style.safetensors", "closet.stylesim", "shop/catalogue.json"])
def test_files_of_another_kind_are_told_apart(folder: Path, name: str, tmp_path: Path) -> None:
    others = {"style.safetensors", "closet.stylesim", "shop/catalogue.json"} - {name}
    content = (folder / name).read_bytes()
    for other in sorted(others):
        copy = tmp_path / f"swapped-{Path(other).name}"
        shutil.copytree(folder, copy)
        (copy / name).write_bytes((folder / other).read_bytes())
        with pytest.raises(StyleSimError) as caught:
            GOLDEN.load(copy)
        assert str(copy) in str(caught.value)
    assert (folder / name).read_bytes() == content
