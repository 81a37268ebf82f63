"""Pictures embedded by Ray's workers: two against one, and one killed half-way.

Usage: ``python benchmarks/ray_embed.py [--pictures 2000] [--data DIR] [--model bundled|tiny]``.

The pictures are drawn garments, or the photographs of a folder, each used several times under
another id. Every worker has one thread; "none" is this process, where one thread decodes while
another embeds. The rate is counted while all workers are at work, from the last to begin to the
first to end, so that it holds for long work; the seconds of the whole call, in which Ray and the
models start, stand beside it. The last row kills a worker when half the pictures are done, and then
counts what is in the catalogue; its rate is counted from the first picture to the last.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and PyTorch are loaded

import numpy as np


class Timed:
    """A model of one thread that notes when it worked, in a file of its own process."""

    def __init__(self, kind: str, notes: Path, kill_at: int | None = None) -> None:
        self.notes, self.kill_at, self.done = notes, kill_at, 0
        self.inner: Any = _Tiny()
        if kind == "bundled":
            import torch

            from stylesim import YoloBackbone

            torch.set_num_threads(1)
            self.inner = YoloBackbone(device="cpu")
        self.name, self.dim = self.inner.name, self.inner.dim

    def embed(self, images: Any) -> Any:
        """Embed, and write down when; or die, once, when it is told to."""
        start = time.time()
        rows = self.inner.embed(images)
        self.done += len(images)
        if self.kill_at is not None and self.done >= self.kill_at:
            try:
                (self.notes / "killed").touch(exist_ok=False)
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        with (self.notes / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps([start, time.time(), len(images)]) + "\n")
        return rows


class _Tiny:
    """Next to no work: what is left is the cost of everything around it."""

    name, dim = "tiny", 3

    def embed(self, images: Any) -> Any:
        from stylesim.images import load_array

        rows = np.stack([load_array(image).mean((0, 1)) + 1 for image in images])
        return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def make_goods(folder: Path, data: Path | None, count: int) -> list[dict[str, Any]]:
    """Products with pictures on disk."""
    if data is None:
        from stylesim import datasets

        datasets.make_catalog(folder / "drawn", n=min(count, 96))
        data = folder / "drawn"
    from stylesim.images import list_images

    pictures = list_images(data, recursive=True)[:count]
    return [
        {"id": f"p{n}", "title": f"Thing {n}", "url": f"https://shop.example/{n}",
         "image": pictures[n % len(pictures)]}
        for n in range(count)
    ]  # fmt: skip


def rate(workings: list[list[list[float]]], *, together: bool) -> float:
    """Pictures a second: while all are at work, or from the first picture to the last."""
    begins, ends = [one[0][0] for one in workings], [one[-1][1] for one in workings]
    begin, end = (max(begins), min(ends)) if together else (min(begins), max(ends))
    pictures = 0.0
    for start, stop, count in (batch for one in workings for batch in one):
        inside = max(0.0, min(stop, end) - max(start, begin))
        pictures += count * inside / (stop - start)
    return pictures / (end - begin)


def run(
    folder: Path, goods: list[dict[str, Any]], kind: str, workers: int, kill_at: int | None = None
) -> dict[str, Any]:
    """Build one catalogue; return its seconds, its rate, and what it holds."""
    from functools import partial

    from stylesim import CatalogProvider

    notes = folder / f"notes-{workers}-{kill_at}"
    notes.mkdir()
    start = time.perf_counter()
    shop = CatalogProvider.build(
        folder / f"shop-{workers}-{kill_at}", goods,
        model=partial(Timed, kind, notes, kill_at), workers=workers,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    workings = [
        [json.loads(line) for line in file.read_text().splitlines()]
        for file in notes.glob("*.jsonl")
    ]
    ids = [product.id for product in shop]
    asked = {one["id"] for one in goods}
    return {
        "seconds": seconds,
        "rate": rate(workings, together=kill_at is None),
        "lost": len(asked - set(ids)),
        "twice": len(ids) - len(set(ids)),
        "killed": (notes / "killed").exists(),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2000, help="pictures (default 2000)")
    parser.add_argument("--data", type=Path, help="folder of photographs; drawn ones without")
    parser.add_argument("--model", choices=["bundled", "tiny"], default="bundled")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="stylesim-ray-"))
    try:
        goods = make_goods(folder, given.data, given.pictures)
        one = run(folder, goods, given.model, 1)
        two = run(folder, goods, given.model, 2)
        half = run(folder, goods, given.model, 2, kill_at=given.pictures // 4)  # half, of the two
        here = run(folder, goods, given.model, 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    cores = os.cpu_count()
    print(f"Python {platform.python_version()}, {platform.machine()}, {cores} cores; ", end="")
    print(f"{given.pictures} pictures, model {given.model}, one thread a worker\n")
    print("| workers | pictures a second | times one worker | seconds in all | lost | twice |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    rows = {"none: this process": here, "1": one, "2": two, "2, one of them killed": half}
    for name, row in rows.items():
        times = "" if row is half else f"{row['rate'] / one['rate']:.2f}"
        cells = (
            f"{row['rate']:.1f} | {times} | {row['seconds']:.1f} | {row['lost']} | {row['twice']}"
        )
        print(f"| {name} | {cells} |")
    if not half["killed"]:
        sys.exit("no worker was killed: more pictures are needed")


if __name__ == "__main__":
    main()
