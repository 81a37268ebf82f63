"""How long ``import stylesim`` takes, and what it loads: fresh processes, median of many.

Usage: ``python benchmarks/imports.py [--runs 31]``. Each run is a new Python whose time is taken
inside, around the import alone; an empty statement is timed the same way, so that the clock's own
cost shows.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys

TIMED = """
import json, sys, time
before = set(sys.modules)
start = time.perf_counter()
{statement}
spent = time.perf_counter() - start
print(json.dumps([spent, len(set(sys.modules) - before), "torch" in sys.modules]))
"""

STATEMENTS = {
    "nothing": "pass",
    "import stylesim": "import stylesim",
    "stylesim.Wardrobe": "import stylesim; stylesim.Wardrobe",
    "every public name": "import stylesim; [getattr(stylesim, n) for n in stylesim.__all__]",
    "import torch": "import torch",
    "import ultralytics; YOLO": "from ultralytics import YOLO",
}


def measure(statement: str, runs: int) -> tuple[list[float], int, bool]:
    """Seconds of each run, how many modules were loaded, and whether torch was among them."""
    times, modules, torch = [], 0, False
    for _ in range(runs + 1):
        printed = subprocess.run(
            [sys.executable, "-c", TIMED.format(statement=statement)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        seconds, modules, torch = json.loads(printed.splitlines()[-1])
        times.append(seconds)
    return times[1:], modules, torch  # the first run also warms the disk cache


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=31, help="processes a row (default 31)")
    runs = parser.parse_args().runs
    print(f"Python {platform.python_version()}, {platform.machine()}, {runs} processes a row\n")
    print("| statement | median ms | fastest ms | slowest ms | modules | torch |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for name, statement in STATEMENTS.items():
        heavy = "torch" in name or "ultralytics" in name
        times, modules, torch = measure(statement, max(3, runs // 10) if heavy else runs)
        row = [1000 * value for value in (statistics.median(times), min(times), max(times))]
        cells = " | ".join(f"{value:.1f}" for value in row)
        print(f"| `{name}` | {cells} | {modules} | {'yes' if torch else 'no'} |")


if __name__ == "__main__":
    main()
