"""Install the built wheel by itself and use it, with nothing at hand but what it declares.

Usage: ``python scripts/check_wheel.py dist/stylesim-*.whl``. The environment it makes is empty but
for the wheel; the packages that the wheel's metadata asks for (and what those ask for, no others)
are linked in from the environment that runs this script, so PyTorch is not installed twice. A
package that stylesim imports and does not declare is missing there, and the check fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from email.parser import HeaderParser
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

USE_IT = """
import importlib, pathlib, pkgutil, sys
import stylesim
home = pathlib.Path(stylesim.__file__).parent
assert sys.prefix in str(home), f"imported from {home}, not from the wheel"
for module in pkgutil.walk_packages([str(home)], "stylesim."):
    importlib.import_module(module.name)
for name in stylesim.__all__:
    getattr(stylesim, name)
weights = sorted(path.name for path in (home / "weights").glob("*.safetensors"))
assert weights, "the wheel holds no weights"
picture = stylesim.datasets.make_closet(seed=0)[0].image
vector = stylesim.LightweightClassifier().embed([picture])
assert vector.shape[0] == 1 and abs(float((vector ** 2).sum()) - 1) < 1e-4
print(f"stylesim {stylesim.__version__} from the wheel, with {', '.join(weights)}")
"""


def check_content(wheel: Path) -> list[str]:
    """Check what lies in the wheel; return its core requirements."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        metadata = next(name for name in held if name.endswith(".dist-info/METADATA"))
        header = HeaderParser().parsestr(archive.read(metadata).decode())
    tracked = subprocess.run(
        ["git", "ls-files", "src/stylesim"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    missing = {path.removeprefix("src/") for path in tracked.stdout.split()} - held
    if missing:
        sys.exit(f"The wheel lacks {sorted(missing)}")
    strays = {name for name in held if not name.startswith(("stylesim/", "stylesim-"))}
    if strays or not any(name.endswith("/licenses/LICENSE") for name in held):
        sys.exit(f"The wheel holds strays {sorted(strays)} or no LICENSE")
    return header.get_all("Requires-Dist") or []


def closure(requirements: list[str]) -> set[str]:
    """Names of all the distributions that the requirements need, directly or not."""
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        need, extra = waiting.pop()
        if need.marker is not None and not need.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(need.name)
        for wanted in {(name, extra) for extra in need.extras | {""}} - seen:
            seen.add(wanted)
            inside = distribution(name).requires or []
            waiting += [(Requirement(text), wanted[1]) for text in inside]
    return {name for name, _ in seen}


def link(names: set[str], site: Path) -> None:
    """Link the files of installed distributions into another environment's site-packages."""
    for name in names:
        home = distribution(name)
        for top in {file.parts[0] for file in home.files or []} - {"..", "__pycache__"}:
            target = site / top
            if not target.exists():
                target.symlink_to(Path(str(home.locate_file(top))).resolve())


def main(wheel: Path) -> None:
    """Check one wheel; exit with the reason if it is not whole."""
    names = closure(check_content(wheel))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        venv.create(Path(folder) / "venv", with_pip=False, symlinks=os.name != "nt")
        python = Path(folder) / "venv" / "bin" / "python"
        site = next((Path(folder) / "venv" / "lib").glob("python*/site-packages"))
        link(names, site)
        pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(python)]
        subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel)], check=True)
        subprocess.run([*pip, "check"], check=True)
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "OMP_NUM_THREADS": "2"}
        used = subprocess.run([python, "-I", "-c", USE_IT], cwd=home, env=environment, check=False)
        if used.returncode != 0:
            sys.exit("The installed wheel does not work: see above")
        left = sorted(str(path.relative_to(home)) for path in home.rglob("*"))
        if left:
            sys.exit(f"Using stylesim wrote into the home folder: {left}")
    print(f"{wheel.name}: whole, and needs only the {len(names)} packages it declares")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
