"""What goes wrong with a catalogue on disk: what was there stays whole, and the error says why."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylesim import CatalogProvider, ProductQuery
from stylesim.errors import (
    DamagedFileError,
    InvalidArgumentError,
    MissingExtraError,
    NewerVersionError,
    StorageError,
)
from stylesim.providers import _catalog_building, _catalog_writing

SOURCE = Path(__file__).parents[2] / "src"


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        {"id": str(n), "title": f"Thing {n}", "url": f"https://shop.example/{n}"}
        for n in range(start, start + count)
    ]


def vectors(count: int) -> Any:
    return np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    CatalogProvider.build(path, rows(20), vectors=vectors(20), model="made up")
    return path


def whole(place: Path, count: int = 20) -> None:
    shop = CatalogProvider.open(place)
    assert [one.id for one in shop] == [str(n) for n in range(count)]
    assert len(shop.search(ProductQuery(near=np.ones(8), limit=count))) == count


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Run a program of its own on the same sources."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# --- what is there already --------------------------------------------------------------------


def test_a_catalogue_is_not_built_over(place: Path) -> None:
    with pytest.raises(StorageError, match="overwrite=True"):
        CatalogProvider.build(place, rows(3))
    whole(place)
    shop = CatalogProvider.open(place)
    new = CatalogProvider.build(place, rows(3), overwrite=True)
    assert len(new) == 3
    assert len(list(place.glob("*.lance"))) == 1
    assert len(shop.search(ProductQuery())) == 3, "a reader goes over to the new one"


def test_a_place_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("dear")
    for path in (tmp_path / "mine", tmp_path / "file", tmp_path / "no" / "such"):
        with pytest.raises(StorageError, match="path"):
            CatalogProvider.build(path, rows(3))
        with pytest.raises(StorageError, match=r"CatalogProvider\.build"):
            CatalogProvider.open(path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "letter.txt", "mine"]
    for wrong in (None, 3, b"\0"):
        with pytest.raises((InvalidArgumentError, StorageError)):
            CatalogProvider.open(wrong)  # type: ignore[arg-type]


# --- damage -----------------------------------------------------------------------------------


def test_a_pointer_cut_off_is_damaged(place: Path) -> None:
    file = place / "catalogue.json"
    content = file.read_text()
    for text in (
        content[:-10],
        "",
        "[]",
        '{"format_version": 2}',
        content.replace("products-", "../"),
    ):
        file.write_text(text)
        with pytest.raises(DamagedFileError, match="overwrite=True"):
            CatalogProvider.open(place)
    file.write_text(json.dumps({**json.loads(content), "format_version": 99}))
    with pytest.raises(NewerVersionError, match="update stylesim"):
        CatalogProvider.open(place)
    file.write_text(json.dumps({**json.loads(content), "format_version": 1}))
    with pytest.raises(
        DamagedFileError, match="made by an earlier stylesim; build it again with overwrite=True"
    ):
        CatalogProvider.open(place)
    with pytest.raises(DamagedFileError, match="made by an earlier stylesim"):
        CatalogProvider.build(place, [{"title": "Hat", "url": "https://shop.example/1"}])
    file.write_text(content)
    whole(place)


@pytest.mark.parametrize("part", ["data", "_versions"])
@pytest.mark.parametrize("left", [0.5, 0.0, None])
def test_a_file_cut_off_is_damaged(place: Path, part: str, left: float | None) -> None:
    for file in next(place.glob("*.lance")).joinpath(part).iterdir():
        if left is None:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[: int(left * file.stat().st_size)])
    with pytest.raises(DamagedFileError, match="whole catalogue") as told:
        list(CatalogProvider.open(place).search(ProductQuery()))
    assert pickle.loads(pickle.dumps(told.value)).args == told.value.args
    assert len(CatalogProvider.build(place, rows(3), overwrite=True)) == 3


# --- interruptions ----------------------------------------------------------------------------


class Tiring:
    """Embeds up to a number of pictures, then fails."""

    name, dim = "tiring", 2

    def __init__(self, most: int) -> None:
        self.most, self.done = most, 0

    def embed(self, images: Any) -> Any:
        self.done += len(images)
        if self.done > self.most:
            raise KeyboardInterrupt
        return np.ones((len(images), 2), np.float32)


def test_an_interrupted_building_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_catalog_building, "_SMALL", 4)
    path = tmp_path / "shop"
    image = np.zeros((8, 8, 3), np.uint8)
    goods = [{**row, "image": image} for row in rows(20)]
    with pytest.raises(KeyboardInterrupt):
        CatalogProvider.build(path, goods, model=Tiring(10))
    with pytest.raises(DamagedFileError, match="it goes on"):
        CatalogProvider.open(path)
    model = Tiring(100)
    shop = CatalogProvider.build(path, [*goods[2:], *rows(1, 20)], model=model)
    assert model.done == 12, "two pieces of four were there already"
    assert sorted(int(one.id) for one in shop) == list(range(2, 21))
    assert not (path / "building.json").exists()
    others = [{**row, "image": image} for row in rows(20, 100)]
    with pytest.raises(KeyboardInterrupt):
        CatalogProvider.open(path, model=Tiring(6)).update(others)
    assert len(CatalogProvider.open(path)) == 23, "one piece more, whole"


def test_begun_with_another_model_it_starts_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_catalog_building, "_SMALL", 4)
    goods = [{**row, "image": np.zeros((8, 8, 3), np.uint8)} for row in rows(10)]
    with pytest.raises(KeyboardInterrupt):
        CatalogProvider.build(tmp_path / "shop", goods, model=Tiring(5))
    other = Tiring(100)
    other.name = "other"
    assert len(CatalogProvider.build(tmp_path / "shop", goods, model=other)) == 10
    assert other.done == 10


KILLED = """
import sys
import numpy as np
from stylesim import CatalogProvider
from stylesim.providers import _catalog_building
_catalog_building._LARGE = 5
def endless():
    for n in range(10**6):
        if n == 27:
            print("now", flush=True)
            sys.stdin.readline()
        yield {"id": str(n), "title": "t", "url": "https://shop.example/1"}
CatalogProvider.build(sys.argv[1], endless(), overwrite=True)
"""


def test_a_killed_process_leaves_what_was_there_whole(place: Path) -> None:
    child = start(KILLED, place)
    assert child.stdout is not None
    assert child.stdout.readline() == "now\n"
    # Two processes, one catalogue: the second is told, and readers read on.
    with pytest.raises(StorageError, match="another process writes"):
        CatalogProvider.build(place, rows(3), overwrite=True)
    with pytest.raises(StorageError, match="another process writes"):
        CatalogProvider.open(place).delete(["1"])
    whole(place)
    child.kill()
    child.communicate()
    whole(place)
    assert CatalogProvider.open(place).delete(["19"]).deleted == 1
    whole(place, 19)


# --- no room ----------------------------------------------------------------------------------

FULL = """
import resource, sys
import numpy as np
from stylesim import CatalogProvider
from stylesim.errors import StorageError
import lancedb
rows = [{"id": f"n{n}", "title": "t", "url": "https://shop.example/1"} for n in range(3000)]
vectors = np.ones((3000, 8), np.float32)
shop = CatalogProvider.open(sys.argv[1], model="made up")
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
for work in (
    lambda: shop.add(rows, vectors=vectors),
    lambda: CatalogProvider.build(sys.argv[1], rows, overwrite=True),
    lambda: CatalogProvider.build(sys.argv[1] + "2", rows),
):
    try:
        work()
    except StorageError as error:
        print(error)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="limits of POSIX")
def test_no_room_leaves_what_was_there_whole(place: Path) -> None:
    said, problems = start(FULL, place).communicate()
    assert said.count("free some space") == 3, problems
    whole(place)
    assert CatalogProvider.open(place).delete(["19"]).deleted == 1


def test_lance_that_fails_is_told_of(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panic(*_: Any, **__: Any) -> None:
        raise PanicException("range end index")

    shop = CatalogProvider.open(place)
    monkeypatch.setattr(type(shop.products.table), "search", panic)  # type: ignore[attr-defined]
    with pytest.raises(DamagedFileError, match="range end index"):
        shop.search(ProductQuery())


# --- arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"products": 3}, "products"),
        ({"products": {"id": 1}}, "products"),
        ({"products": b"rows"}, "products"),
        ({"products": []}, "products"),
        ({"model": 3}, "model"),
        ({"model": "name alone"}, "model"),
        ({"model": object}, "model"),
        ({"workers": -1}, "workers"),
        ({"workers": 1.5}, "workers"),
        ({"batch_size": 0}, "batch_size"),
        ({"name": " "}, "name"),
        ({"columns": {"titel": "x"}}, "columns"),
    ],
)
def test_arguments_are_named(tmp_path: Path, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^{named}:"):
        CatalogProvider.build(tmp_path / "shop", **{"products": rows(2), **arguments})
    assert not (tmp_path / "shop").exists()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "goods.xlsx").write_bytes(b"PK")
    with pytest.raises(InvalidArgumentError, match="parquet"):
        CatalogProvider.build(tmp_path / "shop", tmp_path / "goods.xlsx")


@pytest.mark.parametrize(("package", "extra"), [("lancedb", "catalog"), ("filelock", "catalog")])
def test_an_absent_package_names_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"stylesim\[{extra}\]"):
        CatalogProvider.build(tmp_path / "shop", rows(2))
    assert not (tmp_path / "shop").exists()


def test_many_pieces_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_catalog_building, "_LARGE", 2)
    monkeypatch.setattr(_catalog_writing, "_COMPACT_EVERY", 4)
    shop = CatalogProvider.build(tmp_path / "shop", rows(20), vectors=vectors(20), model="made up")
    assert [one.id for one in shop] == [str(n) for n in range(20)]
    versions = list(next((tmp_path / "shop").glob("*.lance")).joinpath("_versions").iterdir())
    assert len(versions) < 20
    assert len(pickle.loads(pickle.dumps(shop.products))) == 20
