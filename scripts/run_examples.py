"""Run every example and notebook in ``examples/`` as a user would; stop at the first that fails.

Those named in ``NEEDS_DATA`` run where the folder of real photographs exists, and are named as
skipped elsewhere.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
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


def run_app(path: Path) -> None:
    """Start the web app, ask for its first page, and stop it as Ctrl+C does."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, str(path), "--port", "0"],
            cwd=folder,
            # What visitors bring has to be gone in the end, so it is looked for here.
            env={**os.environ, "TMPDIR": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            address = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
            with urllib.request.urlopen(address, timeout=60) as answer:
                assert b"Compare" in answer.read()
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=300)
        left = sorted(one.name for one in Path(folder).iterdir())
        if code != 0 or left:
            sys.exit(f"{path.name}: stopped with {code}, and left {left}")


def main() -> None:
    """Run them all, each with its time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data.resolve()
    app = EXAMPLES / "app" / "main.py"
    found = [*sorted([*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.ipynb")]), app]
    if len(found) == 1:
        sys.exit(f"No examples in {EXAMPLES}")
    for path in found:
        if path.name in NEEDS_DATA and not data.is_dir():
            print(f"--- {path.name}: skipped, no photographs in {data}")
            continue
        print(f"--- {path.name}", flush=True)
        start = time.perf_counter()
        if path.suffix == ".ipynb":
            run_notebook(path)
        elif path == app:
            run_app(path)
        else:
            arguments = ["--data", str(data)] if path.name in NEEDS_DATA else []
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(
                    [sys.executable, str(path), *arguments], cwd=folder, env=os.environ, check=True
                )
        print(f"--- {path.name}: done in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
