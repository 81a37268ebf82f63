"""A catalogue of a million products on disk, searched by filters and likeness, beside plain NumPy.

Usage: ``python benchmarks/catalog.py [--rows 1000000] [--dim 256] [--queries 200] [--work DIR]``.

Products are made up: unit vectors around cluster centres, with prices, brands and so on drawn at
random. Each query is near a product (its vector with noise) and has a filter of one of the kinds
below. The truth is what NumPy finds by comparing every product that fits. Building, searching and
NumPy each run in a process of their own, so that its memory is its own; searching is done one
query after another, the first few unmeasured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

CATEGORIES = {
    "top": ("t-shirt", "shirt", "blouse", "sweater", "hoodie"),
    "bottom": ("jeans", "skirt", "trousers", "shorts"),
    "outer": ("coat", "jacket", "blazer"),
    "full": ("dress", "jumpsuit"),
    "shoes": ("sneaker", "boot", "sandal"),
}
KINDS = [(slot, name) for slot, names in CATEGORIES.items() for name in names]
COLOURS = "black white grey navy blue red green beige brown pink yellow purple".split()
GENDERS = ("female", "male", "unisex")
BRANDS = 400
CLUSTERS = 2000
NOISE = 0.6  # length of the noise beside a centre of length 1
NEAREST = 10
UNMEASURED = 10

Array = np.ndarray[Any, Any]


def attributes(rows: int) -> dict[str, Array]:
    """What the products say, as numbers."""
    rng = np.random.default_rng(1)
    return {
        "kind": rng.integers(len(KINDS), size=rows),
        "colour": rng.integers(len(COLOURS), size=rows),
        "gender": rng.choice(len(GENDERS), size=rows, p=(0.5, 0.35, 0.15)),
        "brand": np.minimum(rng.zipf(1.4, size=rows), BRANDS) - 1,
        "price": np.round(np.exp(rng.normal(3.7, 0.8, size=rows)), 2),
        "available": rng.random(rows) < 0.9,
    }


def make_vectors(file: Path, rows: int, dim: int) -> None:
    """Write clustered unit vectors, a piece at a time."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CLUSTERS, dim)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    out = np.lib.format.open_memmap(file, "w+", np.float32, (rows, dim))
    for start in range(0, rows, 50_000):
        count = min(50_000, rows - start)
        noise = rng.normal(scale=NOISE / dim**0.5, size=(count, dim)).astype(np.float32)
        some = centres[rng.integers(CLUSTERS, size=count)] + noise
        out[start : start + count] = some / np.linalg.norm(some, axis=1, keepdims=True)
    out.flush()


def queries(vectors: Array, count: int) -> list[dict[str, Any]]:
    """Vectors near products, with filters that take turns."""
    rng = np.random.default_rng(2)
    said = attributes(len(vectors))
    made = []
    for number in range(count):
        place = int(rng.integers(len(vectors)))
        vector = vectors[place] + rng.normal(
            scale=0.3 / vectors.shape[1] ** 0.5, size=vectors.shape[1]
        )
        slot, category = KINDS[said["kind"][place]]
        price = float(said["price"][place])
        gender, colour = GENDERS[said["gender"][place]], COLOURS[said["colour"][place]]
        brand = f"Brand {said['brand'][place]}"
        filters: dict[str, Any] = [
            {},
            {"slot": slot, "max_price": price * 1.5, "currency": "EUR"},
            {"category": category, "gender": gender, "max_price": price * 1.2, "currency": "EUR"},
            {"brand": brand, "slot": slot},
            {"slot": slot, "colour": colour, "available": True},
        ][number % 5]
        made.append({"near": vector / np.linalg.norm(vector), **filters})
    return made


def kind_of(query: dict[str, Any]) -> str:
    """Name of the filter of a query."""
    return ", ".join(name for name in query if name not in {"near", "currency"}) or "none"


def fitting(said: dict[str, Array], query: dict[str, Any]) -> Array:
    """Which products fit the filter: NumPy's side of it."""
    fits = np.ones(len(said["price"]), bool)
    kinds = np.array([slot for slot, _ in KINDS]), np.array([name for _, name in KINDS])
    if "slot" in query:
        fits &= (kinds[0] == query["slot"])[said["kind"]]
    if "category" in query:
        fits &= (kinds[1] == query["category"])[said["kind"]]
    if "max_price" in query:
        fits &= said["price"] <= query["max_price"]
    if "gender" in query:
        fits &= np.isin(said["gender"], [GENDERS.index(query["gender"]), GENDERS.index("unisex")])
    if "colour" in query:
        fits &= said["colour"] == COLOURS.index(query["colour"])
    if "brand" in query:
        fits &= said["brand"] == int(query["brand"].split()[1])
    if "available" in query:
        fits &= said["available"] == query["available"]
    return fits


def timed(ask: Callable[[dict[str, Any]], Any], asked: list[dict[str, Any]]) -> dict[str, Any]:
    """Answers and the milliseconds of each, after a few that warm up."""
    for query in asked[:UNMEASURED]:
        ask(query)
    answers, times = [], []
    for query in asked:
        start = time.perf_counter()
        answers.append(ask(query))
        times.append(1000 * (time.perf_counter() - start))
    return {"answers": answers, "ms": times}


# --- the processes ----------------------------------------------------------------------------


def build(work: Path, rows: int) -> dict[str, Any]:
    """Build the catalogue through the public API."""
    from stylesim import CatalogProvider, Product

    said = {name: values.tolist() for name, values in attributes(rows).items()}

    def products() -> Iterator[Product]:
        for n in range(rows):
            slot, category = KINDS[said["kind"][n]]
            colour, brand = COLOURS[said["colour"][n]], f"Brand {said['brand'][n]}"
            yield Product(
                str(n), f"{colour} {category} of {brand}", f"https://shop.example/{n}",
                price=said["price"][n], currency="EUR", slot=slot, category=category,
                colour=colour, brand=brand, gender=GENDERS[said["gender"][n]],
                available=said["available"][n],
            )  # fmt: skip

    vectors = np.load(work / "vectors.npy", mmap_mode="r")
    start = time.perf_counter()
    for _ in products():
        pass
    alone = time.perf_counter() - start
    start = time.perf_counter()
    CatalogProvider.build(work / "shop", products(), vectors=vectors, model="made up")
    return {"seconds": time.perf_counter() - start, "products alone": alone}


def search(work: Path, count: int) -> dict[str, Any]:
    """Search the catalogue."""
    from stylesim import CatalogProvider, ProductQuery

    shop = CatalogProvider.open(work / "shop")
    asked = queries(np.load(work / "vectors.npy", mmap_mode="r"), count)
    made = [ProductQuery(**query, limit=NEAREST) for query in asked]
    return timed(lambda query: [int(one.id) for one in shop.search(query)], made)  # type: ignore[arg-type]


def plain(work: Path, count: int) -> dict[str, Any]:
    """Compare every product that fits, with all vectors in memory."""
    vectors = np.load(work / "vectors.npy")
    said = attributes(len(vectors))

    def ask(query: dict[str, Any]) -> list[int]:
        places = np.flatnonzero(fitting(said, query))
        near = query["near"].astype(np.float32)
        # Picking rows out costs more than comparing all of them, but for few.
        few = len(places) < len(vectors) // 20
        cosines = vectors[places] @ near if few else (vectors @ near)[places]
        best = np.argsort(-cosines)[:NEAREST] if len(places) <= NEAREST else None
        if best is None:
            best = np.argpartition(-cosines, NEAREST)[:NEAREST]
            best = best[np.argsort(-cosines[best])]
        return places[best].tolist()

    return timed(ask, queries(vectors, count))


def measured(phase: str, work: Path, rows: int, count: int) -> dict[str, Any]:
    """Run one of them in a process of its own."""
    command = [sys.executable, __file__, "--phase", phase, "--work", str(work)]
    command += ["--rows", str(rows), "--queries", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{phase} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def resident() -> float:
    """Megabytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="products (default 1000000)")
    parser.add_argument("--dim", type=int, default=256, help="length of the vectors (default 256)")
    parser.add_argument("--queries", type=int, default=200, help="queries (default 200)")
    parser.add_argument("--work", type=Path, help="folder for the files, kept and used again")
    parser.add_argument("--phase", choices=["build", "search", "plain"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.phase is not None:
        phases = {
            "build": lambda: build(given.work, given.rows),
            "search": lambda: search(given.work, given.queries),
            "plain": lambda: plain(given.work, given.queries),
        }
        result = phases[given.phase]()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(json.dumps({**result, "resident": resident(), "peak": peak}))
        return
    work = given.work or Path(tempfile.mkdtemp(prefix="stylesim-catalogue-"))
    work.mkdir(parents=True, exist_ok=True)
    try:
        report(work, given.rows, given.dim, given.queries)
    finally:
        if given.work is None:
            shutil.rmtree(work, ignore_errors=True)


def report(work: Path, rows: int, dim: int, count: int) -> None:
    """Measure and print."""
    if not (work / "vectors.npy").exists():
        make_vectors(work / "vectors.npy", rows, dim)
    made = np.load(work / "vectors.npy", mmap_mode="r").shape
    if made != (rows, dim):
        sys.exit(f"{work} holds {made[0]:,} products x {made[1]}: ask for these, or name another")
    built = {} if (work / "shop").exists() else measured("build", work, rows, count)
    found = measured("search", work, rows, count)
    exact = measured("plain", work, rows, count)
    asked = queries(np.load(work / "vectors.npy", mmap_mode="r"), count)
    recalls = [
        len(set(one) & set(truth)) / max(len(truth), 1)
        for one, truth in zip(found["answers"], exact["answers"], strict=True)
    ]
    size = sum(f.stat().st_size for f in (work / "shop").rglob("*") if f.is_file()) / 1e6
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; ",
        end="",
    )
    print(f"{rows:,} products x {dim}, {count} queries, the nearest {NEAREST}\n")
    if built:
        made, peak = built["products alone"], built["peak"]
        print(
            f"Built in {built['seconds']:.0f} s, of which making the `Product`s takes {made:.0f} s;"
        )
        print(f"peak memory {peak:.0f} MB, {size:.0f} MB on disk.\n")
    print("| system | p50 ms | p95 ms | recall@10 | resident MB | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, one, recall in (
        ("CatalogProvider, on disk", found, statistics.mean(recalls)),
        ("NumPy, all in memory", exact, 1.0),
    ):
        p50, p95 = np.percentile(one["ms"], [50, 95])
        cells = f"{p50:.1f} | {p95:.1f} | {recall:.3f} | {one['resident']:.0f} | {one['peak']:.0f}"
        print(f"| {name} | {cells} |")
    print("\n| filter | products that fit | p50 ms | NumPy p50 ms | recall@10 | lowest |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    said = attributes(rows)
    for kind in dict.fromkeys(map(kind_of, asked)):
        places = [i for i, query in enumerate(asked) if kind_of(query) == kind]
        fit = statistics.median(int(fitting(said, asked[i]).sum()) for i in places[:20])
        times = [statistics.median(one["ms"][i] for i in places) for one in (found, exact)]
        some = [recalls[i] for i in places]
        cells = f"{fit:,.0f} | {times[0]:.1f} | {times[1]:.1f} | {statistics.mean(some):.3f}"
        print(f"| {kind} | {cells} | {min(some):.1f} |")


if __name__ == "__main__":
    main()
