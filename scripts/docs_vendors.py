"""What the documentation says of the vendors, read off their classes, as Markdown tables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.errors import UnsupportedError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.options import leaves
from airflow_provider_rooms.vendors.pace import LANES
from airflow_provider_rooms.vendors.plans import make_plan
from docs_markup import first_line, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.pace import Lane

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
        ("Field for the room name", lambda vendor: f"`{vendor.key_field}`"),
        ("Maximum number of participants", lambda vendor: _high(vendor, "max_participants")),
        ("Maximum session length", lambda vendor: _high(vendor, "max_duration", " s")),
        ('Settings of a room can be changed (`on_drift="update"`)', lambda vendor: _yes(vendor.can("update"))),
        ("How long before its class a room can be created", _ahead),
        ("Recording can start automatically (`record`)", lambda vendor: _yes("record" not in vendor.unsupported)),
        ("Transcription (`transcribe`)", lambda vendor: _yes("transcribe" not in vendor.unsupported)),
        ("Description (`description`)", lambda vendor: _yes("description" not in vendor.unsupported)),
        *((f"{lane.title()} per second, documented", partial(_per_second, lane=lane)) for lane in LANES),
        ("Default base URL", lambda vendor: f"`{BY_TYPE[vendor.name].default_url}`"),
    ]
    return table(
        ["", *(vendor.title for vendor in all_of_them)],
        [[label, *(cell(vendor) for vendor in all_of_them)] for label, cell in rows],
    )


def _per_second(vendor: Vendor, lane: Lane) -> str:
    return f"{vendor.requests_per_second.get(lane, 'not published')}"


def _high(vendor: Vendor, parameter: str, unit: str = "") -> str:
    limits = vendor.limits.get(parameter)
    if parameter in vendor.unsupported:
        return "cannot be set"
    return f"{limits[1]}{unit}" if limits else "not published"


def _ahead(vendor: Vendor) -> str:
    if vendor.longest_ahead is None:
        return "any time"
    return f"at most {vendor.longest_ahead // 60} minutes, {(vendor.usual_ahead or 0) // 60} by default"


def _yes(true: bool) -> str:
    return "yes" if true else "–"


def options(vendor: str, request: str = "room") -> str:
    """Every field that ``options`` takes for a vendor, when a room is made or a recording is started."""
    kind = vendor_class(vendor)
    model = kind.options if request == "room" else kind.recording_options
    rows = list(_fields(model.model_json_schema(), model.model_json_schema()))
    return table(["Field", "Type", "Description"], [[f"`{path}`", kind, text] for path, kind, text in rows])


def _fields(schema: dict[str, Any], root: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(field, root)
        path = f"{prefix}{name}"
        items = _resolved(inner.get("items", {}), root)
        if inner.get("properties"):
            yield path, "an object", first_line(inner.get("description", ""))
            yield from _fields(inner, root, f"{path}.")
        elif items.get("properties"):
            yield path, f"a list{_range(inner, 'Items')}", first_line(items.get("description", ""))
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


def connections() -> str:
    """The connection types beside each other."""
    kinds = list(BY_TYPE.values())
    rows = [
        ["login", *(kind.login for kind in kinds)],
        ["password", *(kind.password for kind in kinds)],
        ["host", *(f"`{kind.default_url}`" for kind in kinds)],
        ["vendor-specific extra", *(", ".join(f"`{setting.name}`" for setting in kind.own) for kind in kinds)],
        ["default id", *(f"`{kind.default_conn_id}`" for kind in kinds)],
        ["all keys of extra", *(f"[{kind.title}](vendors/{kind.conn_type}.md#connection)" for kind in kinds)],
    ]
    return table(["", *(f"`{kind.conn_type}`" for kind in kinds)], rows)


def connection(vendor: str) -> str:
    """What a connection of a vendor holds."""
    kind = BY_TYPE[vendor]
    rows = [
        ["connection type", f"`{kind.conn_type}`"],
        ["default connection id", f"`{kind.default_conn_id}`"],
        ["login", f"{kind.login}: {kind.login_help}"],
        ["password", kind.password],
        ["host", f"Base URL; default: `{kind.default_url}`"],
    ]
    for setting in kind.settings:
        notes = [setting.help]
        if setting.choices:
            notes.append(f"One of {', '.join(f'`{choice}`' for choice in setting.choices)}; the first is the default.")
        if setting.example:
            notes.append(f"Example: `{setting.example}`.")
        rows.append([f"extra `{setting.name}`", " ".join(notes)])
    return table(["Field", "Description"], rows)


def faults(vendor: str) -> str:
    """What a vendor's error codes and texts become."""
    kind = vendor_class(vendor)
    rows = [[f"`{code}`", f"`{fault.error.__name__}`", fault.advice or ""] for code, fault in kind.faults.items()]
    return table(["Code or text", "Error", "What to do"], rows)
