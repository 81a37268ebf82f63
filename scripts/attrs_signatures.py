"""Tells mkdocstrings which arguments classes made by attrs take, and their defaults.

It reads the source without running it, and knows this of dataclasses only: every argument of a
class made by attrs would be shown as required, and the class without a signature.
"""

from __future__ import annotations

import ast
from typing import Any

import griffe

MAKERS = {"attrs.define", "attrs.frozen", "attrs.mutable"}
FIELD = "attrs.field"


def named(call: object) -> dict[str, Any]:
    """The arguments of a call that have names; none of anything else."""
    if not isinstance(call, griffe.ExprCall):
        return {}
    return {one.name: one.value for one in call.arguments if isinstance(one, griffe.ExprKeyword)}


def path_of(expression: object) -> str:
    """Dotted name of what is called or meant."""
    function = expression.function if isinstance(expression, griffe.ExprCall) else expression
    return function.canonical_path if isinstance(function, griffe.Expr) else ""


def made_by(found: griffe.Class) -> dict[str, Any] | None:
    """What is said to the decorator of attrs; None of a class without it."""
    for decorator in found.decorators:
        if path_of(decorator.value) in MAKERS:
            return named(decorator.value)
    return None


def shown(default: Any, package: griffe.Module) -> Any:
    """A default as it is shown: a name by the literal it stands for, a private one as ``...``."""
    path = path_of(default).removeprefix(f"{package.path}.")
    try:
        value = package[path].value if path else None
        ast.literal_eval(str(value))
    except (KeyError, AttributeError, ValueError, SyntaxError, griffe.GriffeError):
        value = None
    if value is None:
        return "..." if path.rpartition(".")[2].startswith("_") else default
    return value


def argument_of(one: griffe.Attribute, said: dict[str, Any]) -> str | None:
    """The name of the argument that sets an attribute; None of one that nobody is told of."""
    if "alias" in said:
        name = ast.literal_eval(str(said["alias"]))
        return None if name.startswith("_") else name
    told = getattr(getattr(one.parent, "docstring", None), "value", "")
    name = one.name.lstrip("_")
    return name if name == one.name or f"\n    {name}: " in told else None


def computed(one: griffe.Attribute) -> bool:
    """Whether a method makes the default of an attribute."""
    return any(
        str(decorator.value) == f"{one.name}.default"
        for member in one.parent.members.values()
        if isinstance(member, griffe.Function)
        for decorator in member.decorators
    )


def parameter_of(
    one: griffe.Attribute, package: griffe.Module, *, only_named: bool
) -> griffe.Parameter | None:
    """The argument that sets an attribute; None where there is none, or a private one."""
    if one.annotation is None or "property" in one.labels:
        return None
    if "class-attribute" in one.labels and "instance-attribute" not in one.labels:
        return None
    is_field = path_of(one.value) == FIELD
    said = named(one.value) if is_field else {}
    name = argument_of(one, said)
    if name is None or str(said.get("init")) == "False":
        return None
    default = said.get("default") if is_field else one.value
    if "factory" in said:
        default = griffe.ExprCall(function=said["factory"], arguments=[])
    elif computed(one):
        default = "..."
    only_named = only_named or str(said.get("kw_only")) == "True"
    kind = griffe.ParameterKind
    return griffe.Parameter(
        name,
        annotation=one.annotation,
        kind=kind.keyword_only if only_named else kind.positional_or_keyword,
        default=shown(default, package),
    )


def parameters_of(found: griffe.Class, package: griffe.Module) -> list[griffe.Parameter]:
    """The arguments of a class and of those it derives from, the named ones last."""
    by_name: dict[str, griffe.Parameter] = {}
    for one in (*reversed(found.mro()), found):
        said = made_by(one)
        if said is None:
            continue
        only_named = str(said.get("kw_only")) == "True"
        for member in one.members.values():
            if isinstance(member, griffe.Attribute):
                made = parameter_of(member, package, only_named=only_named)
                by_name.pop(member.name, None)
                if made is not None:
                    by_name[member.name] = made
    last = griffe.ParameterKind.keyword_only
    return sorted(by_name.values(), key=lambda one: one.kind is last)


class AttrsSignatures(griffe.Extension):
    """Gives each class made by attrs the ``__init__`` that it will have."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Go through all classes of a package."""
        self._visit(pkg, pkg)

    def _visit(self, place: griffe.Module | griffe.Class, package: griffe.Module) -> None:
        for member in list(place.members.values()):
            if member.is_alias or not (member.is_module or member.is_class):
                continue
            if isinstance(member, griffe.Class) and "__init__" not in member.members:
                self._give_init(member, package)
            self._visit(member, package)

    def _give_init(self, found: griffe.Class, package: griffe.Module) -> None:
        said = made_by(found)
        if said is None or str(said.get("init")) == "False":
            return
        start = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
        parameters = griffe.Parameters(start, *parameters_of(found, package))
        made = griffe.Function("__init__", parent=found, parameters=parameters, returns="None")
        found.set_member("__init__", made)
