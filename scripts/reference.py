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
import textwrap
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import airflow_provider_rooms
from airflow_provider_rooms import errors
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.errors import UnsupportedError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.options import leaves
from airflow_provider_rooms.vendors.plans import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.vendors.base import Vendor

REPO = Path(__file__).parent.parent
EXAMPLES = REPO / "example_dags"

# A value for each neutral parameter that every vendor which has the parameter takes.
SAMPLES: dict[str, dict[str, Any]] = {
    "description": {"description": "Algebra"},
    "max_participants": {"max_participants": 30},
    "max_duration": {"max_duration": 3600},
    "record": {"record": True},
    "transcribe": {"transcribe": True},
    "region": {"region": "us"},
    "webhook": {"webhook": {"url": "https://example.org/rooms"}},
    "webhook `events`": {"webhook": {"url": "https://example.org/rooms", "events": ["session-ended"]}},
    "webhook `method`": {"webhook": {"url": "https://example.org/rooms", "method": "GET"}},
}
PARTS = ("operators", "sensors", "notifications", "triggers", "links")


def generate(what: str) -> str:
    """The part that a page asked for.

    :param what: its name, and what it is about: ``options videosdk``.
    :raises KeyError: there is no such part.
    """
    name, *about = what.split()
    return GENERATED[name](*about)


# -- vendors ------------------------------------------------------------------------------------------------------------


def vendors() -> dict[str, Vendor]:
    """Each vendor, with a connection that leads nowhere."""
    config = Config(conn_id="docs", base_url="https://example.invalid", key="SK" + "0" * 32, secret="")
    return {name: vendor_class(name)(config) for name in VENDORS}


def parameters() -> str:
    """What becomes of each neutral parameter, by asking the vendors' code."""
    all_of_them = vendors()
    rows = [["`name`", *(f"`{vendor.key_field}`" for vendor in all_of_them.values())]]
    for label, given in SAMPLES.items():
        rows.append(
            [label if "`" in label else f"`{label}`", *(_mapped(vendor, given) for vendor in all_of_them.values())]
        )
    return table(["", *(vendor.title for vendor in all_of_them.values())], rows)


def _mapped(vendor: Vendor, given: dict[str, Any]) -> str:
    (name,) = given
    note = ""
    try:
        asked = make_plan(vendor, RoomSpec.read({"name": "docs", **given})).asked
    except UnsupportedError as error:
        if name != "transcribe" or name in vendor.unsupported:
            return f"– {error.advice}" if error.advice else "–"
        asked = make_plan(vendor, RoomSpec.read({"name": "docs", "record": True, **given})).asked
        asked = {path: value for path, value in leaves(asked) if "transcri" in path}
        note = "; needs `record` or an HLS stream"
    fields = ", ".join(f"`{path}`" for path, _ in leaves(asked)) + note
    low, high = vendor.limits.get(name, (None, None))
    return f"{fields}, {low} to {high}" if low is not None else fields


def features() -> str:
    """What each vendor can do, as its class says."""
    all_of_them = list(vendors().values())
    rows: list[tuple[str, Callable[[Vendor], str]]] = [
        ("Room name is sent as", lambda vendor: f"`{vendor.key_field}`"),
        ("Most people at once", lambda vendor: _high(vendor, "max_participants")),
        ("Longest session that can be asked for", lambda vendor: _high(vendor, "max_duration", " s")),
        ('Settings of a room can be changed (`on_drift="update"`)', lambda vendor: _yes(vendor.can_update)),
        ("A room may be made ahead of its class", _ahead),
        ("Recording can start automatically (`record`)", lambda vendor: _yes("record" not in vendor.unsupported)),
        ("Transcription (`transcribe`)", lambda vendor: _yes("transcribe" not in vendor.unsupported)),
        ("Description (`description`)", lambda vendor: _yes("description" not in vendor.unsupported)),
        ("Writes per second, documented", lambda vendor: f"{vendor.writes_per_second or 'not published'}"),
        ("Default base URL", lambda vendor: f"`{BY_TYPE[vendor.name].default_url}`"),
    ]
    return table(
        ["", *(vendor.title for vendor in all_of_them)],
        [[label, *(cell(vendor) for vendor in all_of_them)] for label, cell in rows],
    )


def _high(vendor: Vendor, parameter: str, unit: str = "") -> str:
    limits = vendor.limits.get(parameter)
    if parameter in vendor.unsupported:
        return "cannot be set"
    return f"{limits[1]}{unit}" if limits else "not published"


def _ahead(vendor: Vendor) -> str:
    if vendor.longest_ahead is None:
        return "as early as you like"
    return f"at most {vendor.longest_ahead // 60} minutes, {(vendor.usual_ahead or 0) // 60} unless given"


def _yes(true: bool) -> str:
    return "yes" if true else "–"


def options(vendor: str, request: str = "room") -> str:
    """Every field that ``options`` takes for a vendor, when a room is made or a recording is started."""
    kind = vendor_class(vendor)
    model = kind.options if request == "room" else kind.recording_options
    rows = list(_fields(model.model_json_schema(), model.model_json_schema()))
    return table(["Field", "Takes", "What it is"], [[f"`{path}`", kind, text] for path, kind, text in rows])


def _fields(schema: dict[str, Any], root: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(field, root)
        path = f"{prefix}{name}"
        items = _resolved(inner.get("items", {}), root)
        if inner.get("properties"):
            yield path, "an object", _first_line(inner.get("description", ""))
            yield from _fields(inner, root, f"{path}.")
        elif items.get("properties"):
            yield path, f"a list{_range(inner, 'Items')}", _first_line(items.get("description", ""))
            yield from _fields(items, root, f"{path}[].")
        else:
            yield path, _kind(inner, root), ""


def _resolved(field: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """The field without its null alternative, and with what it refers to."""
    for choice in field.get("anyOf", []):
        if choice.get("type") != "null":
            field = choice
            break
    reference = field.get("$ref")
    return root["$defs"][reference.rsplit("/", 1)[1]] if reference else field


def _kind(field: dict[str, Any], root: dict[str, Any]) -> str:
    if "const" in field or "enum" in field:
        return ", ".join(f"`{_json(value)}`" for value in field.get("enum", [field.get("const")]))
    match field.get("type"):
        case "array":
            return f"a list of {_kind(_resolved(field['items'], root), root)}"
        case "integer":
            return f"a whole number{_range(field, 'imum')}"
        case "boolean":
            return "`true` or `false`"
        case "object":
            return "an object"
        case _:
            longest = field.get("maxLength")
            return f"text of at most {longest} characters" if longest else "text"


def _json(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _range(field: dict[str, Any], what: str) -> str:
    names = ("minimum", "maximum") if what == "imum" else ("minItems", "maxItems")
    low, high = (field.get(name) for name in names)
    if low is None and high is None:
        return ""
    if high is None:
        return f", at least {low}"
    return f", {low} to {high}"


def connection(vendor: str) -> str:
    """What a connection of a vendor holds."""
    kind = BY_TYPE[vendor]
    rows = [
        ["connection type", f"`{kind.conn_type}`"],
        ["default connection id", f"`{kind.default_conn_id}`"],
        ["login", f"{kind.login}: {kind.login_help}"],
        ["password", kind.password],
        ["host", f"Base URL; left out: `{kind.default_url}`"],
    ]
    for setting in kind.settings:
        notes = [setting.help]
        if setting.choices:
            notes.append(f"One of {', '.join(f'`{choice}`' for choice in setting.choices)}; the first unless given.")
        if setting.example:
            notes.append(f"Such as `{setting.example}`.")
        rows.append([f"extra `{setting.name}`", " ".join(notes)])
    return table(["Field", "What it is"], rows)


def faults(vendor: str) -> str:
    """What a vendor's error codes and texts become."""
    kind = vendor_class(vendor)
    rows = [[f"`{code}`", f"`{fault.error.__name__}`", fault.advice or ""] for code, fault in kind.faults.items()]
    return table(["Code or text", "Error here", "What to do"], rows)


# -- errors -------------------------------------------------------------------------------------------------------------


def error_table() -> str:
    """Every error of the package."""
    rows = []
    for error in _subclasses(errors.RoomsError):
        fate = "no" if issubclass(error, errors.PermanentError) else "yes"
        rows.append([f"`{error.__name__}`", _first_line(error.__doc__ or ""), fate])
    return table(["Error", "What it means", "Worth a retry"], rows)


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

    entries = []
    for name, method in vars(RoomsHook).items():
        if name.startswith("_") or not callable(method) or not method.__doc__ or name == "aprepare":
            continue
        given = inspect.signature(method).parameters.values()
        shown = ", ".join(_parameter(one) for one in given if one.name not in ("self", "hook"))
        entries.append(f"### `{name}({shown})`\n\n{docstring(method.__doc__)}")
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
        heads = ["Parameter", "Unless given", ""] if parameters else ["Parameter", ""]
        lines.append(table(heads, rows if parameters else [[row[0], row[2]] for row in rows]))
    if returned:
        lines.append(f"Returns {returned}")
    if raised:
        lines.append("\n".join(f"* raises {one}" for one in raised))
    return "\n\n".join(lines)


def inline(text: str) -> str:
    """Markup of docstrings as Markdown."""
    text = re.sub(r":\w+:`~?([^`]*)`", lambda found: f"`{found[1].rsplit('.', 1)[-1]}`", text)
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    return re.sub(r"::\n\n((?:    .*\n?|\n)+)", _code_block, text)


def _code_block(found: re.Match[str]) -> str:
    return f":\n\n```python\n{textwrap.dedent(found[1]).strip()}\n```\n"


def _default(parameters: Any, name: str) -> str:
    parameter = (parameters or {}).get(name)
    if parameter is None or parameter.default is inspect.Parameter.empty:
        return "needed"
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
    return f"{text}\n\nThe whole file, `example_dags/{name}.py`:\n\n```python\n{source.rstrip()}\n```"


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
        f"Version {airflow_provider_rooms.__version__}. It needs Airflow {airflow.removesuffix('.0')} or newer and Python "
        f"{project['requires-python'].removeprefix('>=')} or newer."
    )


# -- Markdown -----------------------------------------------------------------------------------------------------------


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def _first_line(text: str) -> str:
    return inline(inspect.cleandoc(text).split("\n\n")[0].replace("\n", " "))


GENERATED: dict[str, Callable[..., str]] = {
    "parameters": parameters,
    "features": features,
    "options": options,
    "connection": connection,
    "faults": faults,
    "errors": error_table,
    "reference": reference,
    "hook": hook_methods,
    "example": example,
    "changelog": changelog,
    "version": version,
}
