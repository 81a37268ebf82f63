"""Run every example and notebook in ``examples/`` as a user would; stop at the first that fails.

Those named in ``NEEDS_DATA`` run where the folder of real photographs exists, and are named as
skipped elsewhere.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NEEDS_DATA = {"real_photos.py"}


def run_notebook(path: Path) -> None:
    """Execute a notebook in an empty folder; its cells raise like any code."""
    import nbformat
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            nbformat.read(path, as_version=4),
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
        ).execute()


def main() -> None:
    """Run them all, each with its time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data.resolve()
    found = sorted([*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.ipynb")])
    if not found:
        sys.exit(f"No examples in {EXAMPLES}")
    for path in found:
        if path.name in NEEDS_DATA and not data.is_dir():
            print(f"--- {path.name}: skipped, no photographs in {data}")
            continue
        print(f"--- {path.name}", flush=True)
        start = time.perf_counter()
        if path.suffix == ".ipynb":
            run_notebook(path)
        else:
            arguments = ["--data", str(data)] if path.name in NEEDS_DATA else []
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(
                    [sys.executable, str(path), *arguments], cwd=folder, env=os.environ, check=True
                )
        print(f"--- {path.name}: done in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
