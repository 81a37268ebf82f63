"""The signatures that the API pages show of classes made by attrs are those that they have."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import griffe
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
CODE = '''
import attrs

LEAST = 3
_SECRET = object()


@attrs.define
class Base:
    """A base.

    Args:
        first: Told.
        hidden: Told, too.
    """

    early: int = attrs.field(default=1, kw_only=True)
    first: int
    _hidden: str = "a"
    _untold: int = attrs.field(default=0, init=False)


@attrs.frozen(kw_only=True)
class Derived(Base):
    least: int = LEAST
    secret: object = _SECRET
    many: list[int] = attrs.field(factory=list)
    late: int = attrs.field()
    kind: "ClassVar[str]" = "none"
    _alias: int = attrs.field(default=1, alias="_alias")

    @late.default
    def _late(self) -> int:
        return self.first + 1

    @property
    def double(self) -> int:
        return 2


@attrs.define(init=False)
class Own:
    one: int

    def __init__(self) -> None:
        self.one = 1


class Plain:
    one: int = 1
'''


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield importlib.import_module("attrs_signatures")
    sys.modules.pop("attrs_signatures", None)


def shown(found: Any) -> dict[str, tuple[str, str | None]]:
    """Name of each argument but ``self`` -> its kind, and its default as text."""
    return {
        p.name: (p.kind.value, None if p.default is None else str(p.default))
        for p in list(found.parameters)[1:]
    }


def test_arguments_are_those_of_the_class_and_of_its_bases(script: Any, tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(CODE)
    extensions = griffe.load_extensions(script.AttrsSignatures())
    package = griffe.load("small", search_paths=[tmp_path], extensions=extensions)
    either, named = "positional or keyword", "keyword-only"
    base = {"first": (either, None), "hidden": (either, "'a'"), "early": (named, "1")}
    assert shown(package["Base"]) == base
    assert list(shown(package["Base"])) == list(base), "those with names alone come last"
    assert shown(package["Derived"]) == {
        **base,
        "least": (named, "3"),
        "secret": (named, "..."),
        "many": (named, "list()"),
        "late": (named, "..."),
    }
    assert shown(package["Own"]) == {}, "it has one of its own"
    assert "__init__" not in package["Plain"].members


def classes() -> Iterator[type]:
    import stylesim as ss

    for name in ss.__all__:
        thing = getattr(ss, name)
        if isinstance(thing, type) and attrs.has(thing):
            yield thing


def test_every_public_class_is_shown_as_python_sees_it(script: Any) -> None:
    extensions = griffe.load_extensions(script.AttrsSignatures())
    package = griffe.load("stylesim", search_paths=[ROOT / "src"], extensions=extensions)
    seen = 0
    for one in classes():
        silent = {f.alias for f in attrs.fields(one) if f.name.startswith("_")}
        silent -= {name for name in silent if f"\n    {name}: " in (inspect.getdoc(one) or "")}
        wanted = {
            p.name: p.default is inspect.Parameter.empty
            for p in inspect.signature(one).parameters.values()
            if p.name not in silent
        }
        found = package[one.__module__.removeprefix("stylesim.")][one.__name__]
        told = {name: default is None for name, (_, default) in shown(found).items()}
        assert list(told.items()) == list(wanted.items()), one.__name__
        seen += 1
    assert seen > 20
