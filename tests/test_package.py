"""The package as a whole: its names, its layers, what importing it costs, what it asks for."""

from __future__ import annotations

import ast
import functools
import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import stylesim

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "stylesim"
MODULES = sorted(SOURCE.rglob("*.py"))

PUBLIC_NAMES = """
AbstractBackbone AbstractGarmentFinder AbstractProductProvider CatalogProvider ClosetGaps
DamagedFileError Explanation FoundGarment FunctionBackbone FunctionFinder FunctionProvider Garment
GarmentFinder ImageError ImageLike InvalidArgumentError LightweightClassifier MissingExtraError
NewerVersionError NotFittedError NotFoundError Outfit Product ProductError ProductQuery
ProviderError ProviderTerms Recommendation Recommender SearchLinkProvider SimilarityReport
SimilarityScorer Slot StorageError StyleSimError StyleSimWarning StyleTarget StyleTargetError
StyleTargetWarning TargetReport UnsafeFileError Wardrobe WholePictureFinder YoloBackbone datasets
find_garments outfits plotting study
"""


def name_of(path: Path) -> str:
    """Dotted name of a module, without the leading ``stylesim.``."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


# --- names ------------------------------------------------------------------------------------


def test_public_names_are_exactly_these() -> None:
    # A name added, lost or renamed changes what users can rely on: say so in the CHANGELOG.
    assert sorted(stylesim.__all__) == sorted(PUBLIC_NAMES.split())


@pytest.mark.parametrize("name", stylesim.__all__)
def test_each_public_name_resolves(name: str) -> None:
    assert getattr(stylesim, name) is not None
    assert name in dir(stylesim)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Wardrob"):
        stylesim.Wardrob  # noqa: B018


def test_type_checkers_see_the_names_that_users_get() -> None:
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    typed = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stylesim")
        for alias in node.names
    }
    assert set(typed) == set(stylesim.__all__)
    for name, module in typed.items():
        home = stylesim._HOMES.get(name)
        assert module == (f"stylesim.{home}" if home else "stylesim"), name


# --- layers -----------------------------------------------------------------------------------

# A module imports only from floors above its own in this list.
FLOORS = (
    "errors",
    "types functional",
    "images products",
    "wardrobe style_target backbones weights",
    "garments providers",
    "classifier",
    "target_check explanation",
    "similarity",
    "outfits gaps",
    "recommender",
    "plotting datasets study",
)
FLOOR_OF = {name: float(floor) for floor, names in enumerate(FLOORS) for name in names.split()}

# Inside a function: a wardrobe finds the slot of a photograph that is added without one, a target
# checks itself, and a report tells its gaps.
EXCEPTIONS = {
    ("wardrobe", "garments"),
    ("style_target", "target_check"),
    ("style_target", "classifier"),
    ("_report", "gaps"),
}


@functools.cache
def imports_of(path: Path) -> set[tuple[str, str]]:
    """Modules of stylesim that a file imports, and where: "module", "function" or "types"."""
    found: set[tuple[str, str]] = set()

    def visit(node: ast.AST, where: str) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            where = "function"
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            where = "types"
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "stylesim":
            names = [f"stylesim.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            if name.startswith("stylesim."):
                found.add((name.removeprefix("stylesim."), where))
        for child in ast.iter_child_nodes(node):
            visit(child, where)

    visit(ast.parse(path.read_text()), "module")
    return found


@functools.cache
def users_of(module: str) -> set[str]:
    """Modules that import a module to run it."""
    return {
        name_of(path).split(".")[0]
        for path in MODULES[1:]
        for name, where in imports_of(path)
        if name.split(".")[0] == module and where != "types"
    } - {module}


def floor_of(module: str) -> float:
    """Floor of a module; a private one stands a little above the first that it helps."""
    if module.startswith("_") and module not in FLOOR_OF:
        helped = users_of(module)
        assert helped, f"{module} helps nobody"
        FLOOR_OF[module] = min(floor_of(name) for name in helped) - 0.1
    assert module in FLOOR_OF, f"{module}: give it a floor in FLOORS (and in docs/design.md)"
    return FLOOR_OF[module]


@pytest.mark.parametrize("path", MODULES[1:], ids=name_of)
def test_imports_go_up_the_floors(path: Path) -> None:
    here = name_of(path).split(".")[0]
    for module, where in imports_of(path):
        there = module.split(".")[0]
        if there == here or (where != "module" and (here, there) in EXCEPTIONS):
            continue
        if where == "types" and here.startswith("_"):
            continue  # a helper may name the types of the module that it helps, and of its helpers
        assert floor_of(there) < floor_of(here), f"{name_of(path)} imports its sibling {module}"


def test_nothing_leans_on_the_side_rooms() -> None:
    side = set(FLOORS[-1].split())
    users = {
        name_of(path)
        for path in MODULES[1:]
        if name_of(path).split(".")[0] not in side
        and side & {module.split(".")[0] for module, _ in imports_of(path)}
    }
    assert not users


def test_no_file_is_too_long_to_read_at_one_sitting() -> None:
    folders = ("src", "tests", "benchmarks", "recipes", "examples", "scripts")
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 320
    }
    assert not long


# --- what it asks for -------------------------------------------------------------------------


def test_every_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(requirements: list[str]) -> set[str]:
        return {Requirement(text).name for text in requirements}

    core = names(project["dependencies"])
    extras = names([need for extra in project["optional-dependencies"].values() for need in extra])
    owners = packages_distributions()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            tops = []
            if isinstance(node, ast.Import):
                tops = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                tops = [node.module or ""]
            for top in {name.split(".")[0] for name in tops} - {"stylesim", "__future__"}:
                if top in sys.stdlib_module_names:
                    continue
                declared = {owner.lower() for owner in owners.get(top, [top])}
                at_module_level = node.col_offset == 0
                assert declared & (core if at_module_level else core | extras), (
                    f"{name_of(path)} imports {top}, which pyproject.toml does not declare"
                )


# --- what importing it costs ------------------------------------------------------------------

WATCH_IMPORT = """
import json, os, sys, threading, warnings
{first}
before = dict(os.environ), list(warnings.filters), threading.active_count(), os.getcwd()
import stylesim
{then}
after = dict(os.environ), list(warnings.filters), threading.active_count(), os.getcwd()
print(json.dumps({{"same": before == after, "modules": sorted(sys.modules)}}))
"""


def watch_import(folder: Path, first: str = "", then: str = "") -> set[str]:
    """Import stylesim in a fresh process in an empty home; return the modules it loaded."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCH_IMPORT.format(first=first, then=then)],
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "PYTHONPATH": str(SOURCE.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    seen = json.loads(result.stdout)
    assert seen["same"], "environment, warning filters, threads or working folder changed"
    assert list(folder.rglob("*")) == [], "something was written"
    return {module.split(".")[0] for module in seen["modules"]}


def test_importing_loads_nothing_and_changes_nothing(tmp_path: Path) -> None:
    loaded = watch_import(tmp_path)
    heavy = {
        "torch",
        "ultralytics",
        "numpy",
        "PIL",
        "attr",
        "attrs",
        "matplotlib",
        "sqlite3",
        "tqdm",
    }
    assert not loaded & heavy


def test_reaching_every_public_name_loads_no_torch(tmp_path: Path) -> None:
    # NumPy itself adds warning filters, so it comes before the watch begins.
    reach = "for name in stylesim.__all__: getattr(stylesim, name)"
    loaded = watch_import(tmp_path, first="import attrs, numpy, PIL.Image", then=reach)
    assert not loaded & {"torch", "ultralytics", "matplotlib", "torchvision", "cv2", "openvino"}
