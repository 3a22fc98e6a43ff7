"""The parts of the documentation that are read off the code, as Markdown.

A page asks for one with a line such as ``<!-- generated: options videosdk -->``; ``docs_hook.py`` puts it in when the
documentation is built.
"""

from __future__ import annotations

import ast
import datetime as dt
import importlib.util
import inspect
import pkgutil
import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import airflow_provider_rooms
from airflow_provider_rooms import errors
from docs_markup import first_line, inline, table
from docs_tables import tables
from docs_vendors import connection, connections, faults, features, options, parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


REPO = Path(__file__).parent.parent
EXAMPLES = REPO / "example_dags"

PARTS = ("operators", "sensors", "notifications", "triggers", "links")


def generate(what: str) -> str:
    """The part that a page asked for.

    :param what: its name, and what it is about: ``options videosdk``.
    :raises KeyError: there is no such part.
    """
    name, *about = what.split()
    return GENERATED[name](*about)


# -- errors -------------------------------------------------------------------------------------------------------------


def error_table() -> str:
    """Every error of the package."""
    rows = []
    for error in _subclasses(errors.RoomsError):
        fate = "no" if issubclass(error, errors.PermanentError) else "yes"
        rows.append([f"`{error.__name__}`", first_line(error.__doc__ or ""), fate])
    return table(["Error", "Meaning", "Retried"], rows)


def _subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


# -- classes ------------------------------------------------------------------------------------------------------------


def reference() -> str:
    """Every operator, sensor, notifier, trigger and link, from its docstring and its parameters."""
    chapters = []
    for part in PARTS:
        # By file, that of the main operator first.
        classes = sorted(public_classes(part), key=lambda one: (not one.__module__.endswith(".rooms"), one.__module__))
        if classes:
            chapters.append(f"## {part.capitalize()}")
            chapters += [class_entry(one) for one in classes]
    return "\n\n".join(chapters)


def public_classes(part: str) -> list[type]:
    """The classes that a part of the package offers to DAG authors."""
    package = f"airflow_provider_rooms.{part}"
    if importlib.util.find_spec(package) is None:
        return []
    found: dict[type, None] = {}
    for module in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
        for name, one in inspect.getmembers(import_module(module.name), inspect.isclass):
            ours = one.__module__.startswith(f"{package}.")
            wanted = issubclass(one, _airflow_bases()) and not inspect.isabstract(one)
            if ours and wanted and not name.startswith("_"):
                found[one] = None
    return list(found)


def _airflow_bases() -> tuple[type, ...]:
    from airflow.providers.common.compat.sdk import BaseNotifier, BaseOperator, BaseOperatorLink
    from airflow.triggers.base import BaseTrigger

    return BaseOperator, BaseNotifier, BaseOperatorLink, BaseTrigger


def hook_methods() -> str:
    """Every public method of a hook."""
    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.hooks.rooms import Rooms

    entries = []
    for name in [*vars(Rooms), *vars(RoomsHook)]:
        method = getattr(RoomsHook, name)
        if name.startswith("_") or not inspect.isfunction(method) or not method.__doc__ or name == "aprepare":
            continue
        signature = inspect.signature(method)
        shown = ", ".join(_parameter(one) for one in signature.parameters.values() if one.name != "self")
        entries.append(f"### `{name}({shown}) → {signature.return_annotation}`\n\n{docstring(method.__doc__)}")
    return "\n\n".join(entries)


def class_entry(one: type) -> str:
    """A class as a section: what it is for, its parameters, what of it is templated."""
    text = docstring(one.__doc__ or "", inspect.signature(one.__init__).parameters)  # type: ignore[misc]
    templated = getattr(one, "template_fields", ())
    where = f"`from {_public_module(one)} import {one.__name__}`"
    lines = [f"### {one.__name__}", where, text]
    if templated:
        lines.append(f"Templated: {', '.join(f'`{name}`' for name in templated)}.")
    return "\n\n".join(lines)


def _public_module(one: type) -> str:
    """Where DAGs import it from: ``….rooms`` if it is there."""
    head, _, _ = one.__module__.rpartition(".")
    public = f"{head}.rooms"
    if importlib.util.find_spec(public) and hasattr(import_module(public), one.__name__):
        return public
    return one.__module__


def docstring(text: str, parameters: Any = None) -> str:
    """A docstring with ``:param:`` lines as Markdown with a table."""
    text = inspect.cleandoc(text)
    prose, *fields = re.split(r"^:(?=(?:param|raises|returns?) ?[^:]*:)", text, flags=re.MULTILINE)
    rows, raised, returned = [], [], ""
    for entry in fields:
        kind, _, rest = entry.partition(":")
        word, _, name = kind.partition(" ")
        rest = inline(" ".join(rest.split()))
        if word == "param":
            rows.append([f"`{name}`", _default(parameters, name), rest])
        elif word == "raises":
            raised.append(f"`{name}`: {rest}")
        else:
            returned = rest
    lines = [inline(prose.strip())]
    if rows:
        heads = ["Parameter", "Default", "Description"] if parameters else ["Parameter", "Description"]
        lines.append(table(heads, rows if parameters else [[row[0], row[2]] for row in rows]))
    if returned:
        lines.append(f"Returns {returned}")
    if raised:
        lines.append("\n".join(f"* raises {one}" for one in raised))
    return "\n\n".join(lines)


def _default(parameters: Any, name: str) -> str:
    parameter = (parameters or {}).get(name)
    if parameter is None or parameter.default is inspect.Parameter.empty:
        return "required"
    default = parameter.default
    if default is None:
        return ""
    if isinstance(default, dt.timedelta):
        return f"{default.total_seconds() / 60:g} min"
    return f"`{default!r}`"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = ""
    if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        stars = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else "**"
    default = "" if parameter.default is inspect.Parameter.empty else f"={parameter.default!r}"
    return f"{stars}{parameter.name}{default}"


# -- files --------------------------------------------------------------------------------------------------------------


def example(name: str) -> str:
    """An example DAG: its docstring, then all of it."""
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    text = inline(inspect.cleandoc(ast.get_docstring(ast.parse(source)) or ""))
    return f"{text}\n\nThe complete file, `example_dags/{name}.py`:\n\n```python\n{source.rstrip()}\n```"


def changelog() -> str:
    """CHANGELOG.md, without its title: the page has one."""
    return (REPO / "CHANGELOG.md").read_text(encoding="utf-8").removeprefix("# Changelog\n")


def version() -> str:
    """The version of the package, and what it needs."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    (airflow,) = (
        need.removeprefix("apache-airflow>=") for need in project["dependencies"] if need.startswith("apache-airflow>=")
    )
    return (
        f"Version {airflow_provider_rooms.__version__}. It requires Airflow {airflow.removesuffix('.0')} or newer and Python "
        f"{project['requires-python'].removeprefix('>=')} or newer."
    )


GENERATED: dict[str, Callable[..., str]] = {
    "parameters": parameters,
    "features": features,
    "options": options,
    "connection": connection,
    "connections": connections,
    "faults": faults,
    "errors": error_table,
    "reference": reference,
    "hook": hook_methods,
    "example": example,
    "changelog": changelog,
    "tables": tables,
    "version": version,
}
