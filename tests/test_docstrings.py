"""Every public class and function explains itself, with an example that runs.

The examples run as tests of their own (``--doctest-modules``); here is held that there is one.
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import stylesim
from stylesim.errors import StyleSimError


def public_objects() -> dict[str, object]:
    """Classes and functions of every public module, by dotted name."""
    found: dict[str, object] = {}
    names = [info.name for info in pkgutil.walk_packages(stylesim.__path__, "stylesim.")]
    for module_name in names:
        if any(part.startswith("_") for part in module_name.split(".")):
            continue
        module = importlib.import_module(module_name)
        for name, value in vars(module).items():
            if name.startswith("_") or not (inspect.isclass(value) or inspect.isfunction(value)):
                continue
            if value.__module__ == module_name:
                found[f"{module_name}.{name}"] = value
    return found


OBJECTS = public_objects()


@pytest.mark.parametrize("name", OBJECTS)
def test_it_has_a_docstring(name: str) -> None:
    text = inspect.getdoc(OBJECTS[name]) or ""
    assert len(text) > 20
    assert text.splitlines()[0].endswith((".", "?", "!")), "the first line is one sentence"


# What users meet: the names of the package, and the modules that the API pages show as a whole.
SHOWN_MODULES = ("datasets", "functional", "images", "plotting")
SHOWN = [
    name
    for name, value in OBJECTS.items()
    if (
        getattr(value, "__name__", "") in stylesim.__all__
        or name.removeprefix("stylesim.").startswith(SHOWN_MODULES)
    )
    # Errors are shown where they are raised.
    and not (inspect.isclass(value) and issubclass(value, StyleSimError))
]


@pytest.mark.parametrize("name", SHOWN)
def test_it_has_an_example_that_runs(name: str) -> None:
    value = OBJECTS[name]
    # A class may show itself in its own docstring or in those of its methods.
    finder = doctest.DocTestFinder(exclude_empty=True)
    module = importlib.import_module(value.__module__)
    examples = [
        example
        for test in finder.find(value, name, module=module)
        for example in test.examples
        if not example.options.get(doctest.SKIP)
    ]
    assert examples, f"{name} has no example that runs"


PAGES = "\n".join(
    page.read_text() for page in (Path(__file__).parents[1] / "docs" / "api").glob("*.md")
)


SHOWN_ON_PAGES = re.findall(r"^::: (\S+)$", PAGES, flags=re.MULTILINE)


@pytest.mark.parametrize("name", stylesim.__all__)
def test_it_stands_on_an_api_page(name: str) -> None:
    value = getattr(stylesim, name)
    home = getattr(value, "__module__", None)
    names = {f"stylesim.{name}", f"stylesim.types.{name}", home}
    assert any(one in names or one.startswith(f"stylesim.{name}.") for one in SHOWN_ON_PAGES)


SOURCES = sorted(Path(stylesim.__file__).parent.rglob("*.py"))


def shown_in_part() -> set[str]:
    """The modules of which the API pages show single names."""
    homes = {one.rpartition(".")[0] for one in SHOWN_ON_PAGES} - {"", "stylesim"}
    return homes - set(SHOWN_ON_PAGES)


@pytest.mark.parametrize("module", sorted(shown_in_part()))
def test_a_module_that_is_shown_is_shown_whole(module: str) -> None:
    names = getattr(importlib.import_module(module), "__all__", ())
    shown = {one.rpartition(".")[2] for one in SHOWN_ON_PAGES}
    assert set(names) <= shown


def inherited_privately(value: object) -> set[str]:
    """The methods of a class that come from a private module of stylesim."""
    return {
        name
        for base in getattr(value, "__mro__", ())[1:]
        if base.__module__.startswith("stylesim.") and "._" in base.__module__
        for name, method in vars(base).items()
        if not name.startswith("_") and (inspect.isfunction(method) or isinstance(method, property))
    }


@pytest.mark.parametrize("shown", [one for one in SHOWN_ON_PAGES if one.count(".")])
def test_methods_from_private_classes_are_shown_too(shown: str) -> None:
    module, _, name = shown.rpartition(".")
    found = importlib.util.find_spec(shown) if module == "stylesim" else None
    value = None if found else getattr(importlib.import_module(module), name, None)
    if not inspect.isclass(value) or not inherited_privately(value):
        return
    said = re.search(rf"^::: {shown}\n    options:\n      inherited_members: ", PAGES, re.MULTILINE)
    assert said, f"a page shows {shown} without {sorted(inherited_privately(value))}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_docstrings_are_markdown(path: Path) -> None:
    # The pages are made by mkdocstrings. It shows the roles of Sphinx as they are typed, and
    # ">>>" as quotations unless they stand under "Examples:".
    text = path.read_text(encoding="utf-8")
    assert not re.search(r":(class|func|meth|mod|attr|data|exc):`", text)
    assert not re.search(r"^\s+Example:$", text, flags=re.MULTILINE)
