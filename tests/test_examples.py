"""The examples as files: they explain themselves, and the notebook carries no output.

They are run as a user would by ``make examples``.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = ["quickstart.py", "real_photos.py"]


def code_cells() -> list[str]:
    cells = json.loads((EXAMPLES / "notebook.ipynb").read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_quick_and_loads_no_torch(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(EXAMPLES / name), "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    assert "--out" in done.stdout
    assert "| torch\n" not in done.stderr
    assert "| matplotlib\n" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("quickstart.py", ["--out", "q.xyz"], "--out: expected a file ending in .png"),
        ("quickstart.py", ["--epochs", "0"], "--epochs: expected a number of at least 1"),
        ("quickstart.py", ["--seed", "-1"], "--seed: expected a number of at least 0"),
        ("real_photos.py", ["--data", ".", "--seed", "-1"], "--seed: expected"),
        ("real_photos.py", ["--data", "nowhere"], "--data: expected a folder"),
        ("app/main.py", ["--port", "99999"], "--port: expected a number in 0 to 65535"),
        ("app/main.py", ["--catalog", "nowhere.csv"], "--catalog: "),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(
    name: str, asked: list[str], said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *asked],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        timeout=60,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_notebook_is_small_and_without_output() -> None:
    path = EXAMPLES / "notebook.ipynb"
    assert path.stat().st_size < 20_000
    for cell in json.loads(path.read_text())["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_examples_use_public_names_only() -> None:
    sources = {name: (EXAMPLES / name).read_text() for name in SCRIPTS}
    sources["notebook"] = "\n".join(code_cells()).replace("%matplotlib inline", "")
    for name, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), f"{name} uses {node.attr}"
            if isinstance(node, ast.ImportFrom) and node.module:
                assert "._" not in node.module


def test_the_app_is_made_of_small_files_that_use_public_modules_only() -> None:
    paths = sorted((EXAMPLES / "app").rglob("*.py"))
    assert len(paths) > 5
    for path in paths:
        source = path.read_text(encoding="utf-8")
        assert len(source.splitlines()) < 300, path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert "._" not in node.module, path
                names = [one.name for one in node.names]
                own = node.module.startswith("stylesim_app")
                assert own or not any(name.startswith("_") for name in names), path
