"""Pictures embedded by workers: a worker killed half-way loses nothing and writes nothing twice.

Ray runs in a process of its own, so that neither its threads nor its warnings reach other tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from stylesim import CatalogProvider
from stylesim.backbones import pictures
from stylesim.errors import MissingExtraError
from stylesim.images import load_array
from stylesim.providers._catalog_rows import record, table_of
from stylesim.providers._ray_embedding import RayStream, Worker
from stylesim.providers._rows import product_of
from stylesim.providers._vectors import Embedder

SOURCE = Path(__file__).parents[2] / "src"

PROGRAM = """
import json, os, pathlib, signal, sys, time
import cv2, numpy as np, torch
from stylesim import CatalogProvider
from stylesim.backbones import pictures
from stylesim.images import load_array
from stylesim.providers import _ray_embedding

folder = pathlib.Path(sys.argv[1])
_ray_embedding._PIECE = 8

class Colour:
    name, dim = "colour", 3

    def __init__(self, notes=None):
        self.notes = notes
        if notes is not None:
            (notes / f"{os.getpid()}-made").touch()

    def embed(self, images):
        if self.notes is not None:
            (self.notes / f"{os.getpid()}-working").touch()
            end = time.monotonic() + 30
            while len(list(self.notes.glob("*-working"))) < 2 and time.monotonic() < end:
                time.sleep(0.05)
            together = len(list(self.notes.glob("*-working"))) >= 2
            (self.notes / ("together" if together else "one-by-one")).touch()
            threads = [torch.get_num_threads(), cv2.getNumThreads(), pictures.max_threads]
            (self.notes / f"{os.getpid()}-threads").write_text(json.dumps(threads))
        if self.notes is not None and any("40" in str(image) for image in images):
            try:
                (self.notes / "killed").touch(exist_ok=False)
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        rows = np.stack([load_array(image).mean((0, 1)) + 1 for image in images])
        return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))

notes = folder / "notes"
goods = [
    {"id": str(n), "title": f"Thing {n}", "url": "https://shop.example/1",
     "image": str(folder / f"{n}.png")}
    for n in range(80)
]

def read(shop):
    table = shop.products.table.to_arrow().sort_by("id")
    return {name: table[name].to_pylist() for name in ("id", "seen", "vector")}

import warnings
warnings.simplefilter("ignore")
here = read(CatalogProvider.build(folder / "here", goods, model=Colour()))
driver = os.getpid()
shop = CatalogProvider.build(folder / "there", goods, model=lambda: Colour(notes), workers=2)
there = read(shop)
import ray
started = ray.is_initialized()
print(json.dumps({
    "same": here == there, "ids": there["id"], "seen": there["seen"], "running": started,
    "skipped": [one.id for one in shop.skipped], "driver": driver,
    "made": sorted(int(one.name.split("-")[0]) for one in notes.glob("*-made")),
    "killed": (notes / "killed").exists(), "environment": "RAY_USAGE_STATS_ENABLED" in os.environ,
    "threads": [json.loads(one.read_text()) for one in notes.glob("*-threads")],
    "together": (notes / "together").exists() and not (notes / "one-by-one").exists(),
    "left": [one.name for one in (folder / "there").iterdir()],
}))
"""


def picture(path: Path, number: int) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8), (number, 255 - number, 40)).save(path)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("ray")
    (folder / "notes").mkdir()
    for number in range(80):
        picture(folder / f"{number}.png", number)
    (folder / "7.png").write_bytes(b"no picture")
    (folder / "60.png").unlink()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**told, "said": done.stderr}


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_comes_twice(result: dict[str, Any]) -> None:
    assert result["killed"], "no worker was killed: the test is none"
    assert sorted(result["ids"], key=int) == [str(n) for n in range(80)]
    assert result["same"], "the vectors are those of one process"


@pytest.mark.slow
def test_bad_pictures_are_reported(result: dict[str, Any]) -> None:
    assert sorted(result["skipped"]) == ["60", "7"]
    assert [name for name, seen in zip(result["ids"], result["seen"], strict=True) if not seen] == [
        "60",
        "7",
    ]


@pytest.mark.slow
def test_the_model_is_made_once_a_worker(result: dict[str, Any]) -> None:
    made = set(result["made"]) - {result["driver"]}
    assert 2 <= len(made) <= 3, "two workers, and the one in the place of the killed one"
    assert len(result["made"]) == len(set(result["made"]))


@pytest.mark.slow
def test_all_workers_work(result: dict[str, Any]) -> None:
    assert result["together"], "one worker had all the pieces"


@pytest.mark.slow
def test_a_worker_has_one_thread(result: dict[str, Any]) -> None:
    assert result["threads"]
    assert all(one == [1, 1, 1] for one in result["threads"])


@pytest.mark.slow
def test_ray_is_gone_afterwards(result: dict[str, Any]) -> None:
    assert not result["running"]
    assert not result["environment"]
    assert "pending" not in result["left"]


@pytest.mark.slow
def test_ray_tells_no_news(result: dict[str, Any]) -> None:
    assert "INFO" not in result["said"]


# --- without Ray ------------------------------------------------------------------------------


class Ones:
    name, dim = "ones", 2

    def embed(self, images: Any) -> Any:
        return np.stack([np.sign(load_array(image)[0, 0, :2] + 1.0) for image in images])


def waiting(folder: Path, count: int) -> pa.Table:
    rows = []
    for number in range(count):
        picture(folder / f"{number}.png", number)
        row = {"id": number, "title": "t", "url": "https://shop.example", "image": f"{number}.png"}
        rows.append(record(product_of(row, {}, base=folder), folder))
    return table_of(rows, 0)


def work(worker: Worker, table: pa.Table, folder: Path) -> pa.Table:
    pq.write_table(table, folder / "rows.parquet")
    (done,) = worker(pa.table({"item": [str(folder / "rows.parquet")]}))
    return done


def test_a_worker_keeps_rows_and_adds_vectors(tmp_path: Path) -> None:
    table = waiting(tmp_path, 5)
    (tmp_path / "3.png").write_bytes(b"")
    done = work(Worker(Embedder.of(Ones), tmp_path, batch_size=2), table, tmp_path)
    assert done["id"].to_pylist() == ["0", "1", "2", "3", "4"]
    assert done["seen"].to_pylist() == [True, True, True, False, True]
    assert [bool(text) for text in done["problem"].to_pylist()] == [False] * 3 + [True, False]
    assert np.linalg.norm(done["vector"].to_pylist(), axis=1).round(5).tolist() == [1, 1, 1, 0, 1]


@pytest.mark.parametrize("alone", [True, False])
def test_a_worker_that_is_alone_decodes_no_two_pictures_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, alone: bool
) -> None:
    busy, most, threads = [0], [0], torch.get_num_threads()

    def decode(_: object) -> None:
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        time.sleep(0.01)
        busy[0] -= 1

    class Decoding(Ones):
        def embed(self, images: Any) -> Any:
            for _ in pictures.ahead(decode, images, 4):
                busy[0] += 1  # the network is busy
                most[0] = max(most[0], busy[0])
                time.sleep(0.01)
                busy[0] -= 1
            return np.ones((len(images), 2))

    monkeypatch.setattr(pictures, "max_threads", 2)  # put back afterwards, whatever Worker sets
    torch.set_num_threads(1)
    try:
        worker = Worker(Embedder.of(Decoding()), tmp_path, 16, alone=alone)
        work(worker, waiting(tmp_path, 16), tmp_path)
    finally:
        torch.set_num_threads(threads)
    assert (most[0] == 1) is alone


def test_without_ray_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    stream = RayStream(tmp_path / "pending", tmp_path, Embedder.of(Ones()), 2, 8)
    with pytest.raises(MissingExtraError, match=r"stylesim\[ray\]"):
        list(stream([waiting(tmp_path, 1)]))
    rows = [{"id": "1", "title": "t", "url": "https://shop.example", "image": tmp_path / "0.png"}]
    with pytest.raises(MissingExtraError, match=r"stylesim\[ray\]"):
        CatalogProvider.build(tmp_path / "shop", rows, model=Ones(), workers=2)
