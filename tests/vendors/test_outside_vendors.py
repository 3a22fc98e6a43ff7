"""Vendors that other distributions bring along: found when they are needed and not before, and left out when they are broken."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest

from airflow_provider_rooms.connections import BY_TYPE, ConnectionType
from airflow_provider_rooms.errors import InvalidConnectionError
from airflow_provider_rooms.get_provider_info import get_provider_info, provider_of
from airflow_provider_rooms.hooks import get_rooms_hook, hook_class
from airflow_provider_rooms.vendors import connection_type, connection_types, outside, vendor_class

MODULE = """
from airflow_provider_rooms.connections import ConnectionType
from airflow_provider_rooms.vendors.base import Vendor
from airflow_provider_rooms.vendors.options import Options, Text


class Settings(Options):
    size: Text | None = None


def nothing(self, *args):
    yield from ()
    return "Acme accepts the key."


class Acme(Vendor):
    name, title, options = "{conn_type}", "Acme Rooms", Settings
    key_field = name_field = "key"
    id_field, created_field, closing = "id", "made", "deletes"
    fields = {{}}
    unsupported = dict.fromkeys(
        ("description", "max_participants", "max_duration", "record", "transcribe", "region", "webhook"), "No."
    )
    look_up = create = read = list_rooms = close_room = {check} = nothing

    def signed(self, request):
        return request

    def is_closed(self, answer):
        return False


KIND = ConnectionType(
    conn_type="{conn_type}", title="Acme Rooms", vendor="{module}.Acme", docs_url="https://acme.example",
    password="Secret", password_help="at acme.example", again="Copy it again.", example_url="https://rooms.acme.example",
)


def provider():
    from airflow_provider_rooms.get_provider_info import provider_of

    return {{**provider_of(KIND, distribution="{called}", version="1"), "package-name": "{called}"}}
{more}
"""


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Makes a distribution as if it were installed."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def make(
        name: str = "rooms-acme",
        conn_type: str = "acme",
        *,
        check: str = "check",
        value: str = "",
        called: str = "",
        more: str = "",
        lacks: str = "",
    ) -> None:
        module = f"{name.replace('-', '_')}_vendor"
        text = MODULE.format(conn_type=conn_type, module=module, check=check, called=called or name, more=more)
        (tmp_path / f"{module}.py").write_text(text.replace(lacks, f"{lacks}_gone") if lacks else text)
        info = tmp_path / f"{name.replace('-', '_')}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        groups = {
            outside.GROUP: f"it = {value or f'{module}:KIND'}",
            "apache_airflow_provider": f"it = {module}:provider",
        }
        (info / "entry_points.txt").write_text("".join(f"[{group}]\n{line}\n" for group, line in groups.items()))
        outside.outside_types.cache_clear()

    yield make
    outside.outside_types.cache_clear()
    for name in set(sys.modules) - before:
        if name.endswith("_vendor"):
            del sys.modules[name]


def test_a_vendor_from_outside_has_a_hook_a_form_and_a_connection(
    distribution: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution()
    kind = connection_type("acme")
    assert kind is not None
    assert list(connection_types()) == [*BY_TYPE, "acme"]
    assert vendor_class("acme").title == "Acme Rooms"
    monkeypatch.setenv(
        "AIRFLOW_CONN_ACME_DEFAULT", '{"conn_type": "acme", "password": "x", "host": "rooms.acme.example"}'
    )
    hook: Any = get_rooms_hook("acme_default")
    assert (hook.conn_type, hook.hook_name, hook.default_conn_name) == ("acme", "Acme Rooms", "acme_default")
    assert (hook.vendor.config.base_url, hook.vendor.config.key) == ("https://rooms.acme.example", "")
    assert hook_class(kind) is type(hook)
    assert "login" in type(hook).get_ui_field_behaviour()["hidden_fields"]


def test_airflow_finds_the_hook_by_its_path_and_accepts_the_form(distribution: Any) -> None:
    distribution()
    kind = connection_type("acme")
    assert kind is not None
    info = provider_of(kind, distribution="Rooms_Acme", version="1")
    assert info["package-name"] == "rooms-acme"
    row = info["connection-types"][0]
    module, _, name = row["hook-class-name"].rpartition(".")
    assert getattr(import_module(module), name) is hook_class(kind)
    assert "login" not in row["ui-field-behaviour"]["relabeling"]
    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(info, schema)
    assert not [row for row in get_provider_info()["connection-types"] if row["connection-type"] == "acme"]


BUILT_IN = next(iter(BY_TYPE))
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "raises at import": ({"more": "raise RuntimeError('no licence')"}, "RuntimeError: no licence"),
    "ends the process's patience": ({"more": "import nothing_of_that_name"}, "ModuleNotFoundError"),
    "names what is not there": ({"value": "rooms_acme_vendor:KINDS"}, "AttributeError"),
    "is no connection type": ({"value": "rooms_acme_vendor:MODULE_DOC", "more": "MODULE_DOC = 'x'"}, "This is a str"),
    "lacks an attribute": ({"lacks": "key_field"}, "no attribute key_field"),
    "lacks a method": (
        {"check": "chekc"},
        "no method check; chekc is not part of the vendor contract; did you mean check",
    ),
    "is built in": ({"conn_type": BUILT_IN}, f"The connection type {BUILT_IN!r} already exists"),
    "has the name of an option": ({"conn_type": "webhook"}, "'webhook' is the name of an option of "),
    "has the name of its own option": ({"conn_type": "size"}, "'size' is the name of an option of Acme Rooms: choose"),
    "has a space": ({"conn_type": "acme rooms"}, "'acme rooms' is not a valid connection type"),
    "is no vendor": ({"more": "Acme = dict"}, "is not a subclass of Vendor"),
    "calls itself otherwise": ({"more": "Acme.name = 'other'"}, "but its ConnectionType has others"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_one_that_is_broken_is_logged_and_left_out(
    what: str, distribution: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, told = BROKEN[what]
    distribution(**given)
    distribution("rooms-well", "well")
    with caplog.at_level(logging.WARNING):
        assert list(connection_types()) == [*BY_TYPE, "well"]
    (row,) = caplog.records
    assert row.levelno == logging.ERROR
    assert "Skipped vendor rooms_acme_vendor:" in row.getMessage()
    assert told in row.getMessage()
    monkeypatch.setenv("AIRFLOW_CONN_A", '{"conn_type": "nowhere", "password": "x"}')
    with pytest.raises(
        InvalidConnectionError, match=r"well\. If you installed the vendor but it is not listed, it was skipped"
    ):
        get_rooms_hook("a")


def test_of_two_with_one_type_the_first_is_taken(distribution: Any, caplog: pytest.LogCaptureFixture) -> None:
    distribution("rooms-b")
    distribution("rooms-a")
    kind = connection_type("acme")
    assert kind is not None
    assert kind.vendor == "rooms_a_vendor.Acme"
    assert (
        "Skipped vendor rooms_b_vendor:KIND from distribution rooms-b. The connection type 'acme' already exists"
        in caplog.text
    )


def test_a_provider_that_is_called_otherwise_is_told_of(distribution: Any, caplog: pytest.LogCaptureFixture) -> None:
    distribution(called="rooms-of-acme")
    assert connection_type("acme") is not None
    assert "package-name 'rooms-of-acme', which Airflow rejects: return 'rooms-acme' there" in caplog.text


def test_options_by_connection_type_may_name_it(distribution: Any) -> None:
    from airflow_provider_rooms.vendors.exchange import Config
    from airflow_provider_rooms.vendors.plans import split_options

    distribution()
    vendor = vendor_class("acme")(Config(conn_id="c", base_url="https://x.example", key="", secret="s"))
    given: dict[str, Any] = {"acme": {"size": "1"}, next(iter(BY_TYPE)): {"x": 1}}
    assert split_options(vendor, given) == ({"size": "1"}, {})


def test_nobody_looks_for_them_without_need(tmp_path: Path, distribution: Any) -> None:
    """Neither an import, nor provider discovery, the plugin, the command line's start, or a hook of a built-in vendor."""
    distribution()
    code = """
import sys, os
sys.path.insert(0, sys.argv[1])
import airflow_provider_rooms.operators.rooms, airflow_provider_rooms.sensors.rooms, airflow_provider_rooms.triggers.rooms
import airflow_provider_rooms.links.rooms, airflow_provider_rooms.plugin, airflow_provider_rooms.vendors.outside
import airflow_provider_rooms.sandbox.client, airflow_provider_rooms.sandbox.pytest_plugin
from airflow_provider_rooms.get_provider_info import get_provider_info
from airflow_provider_rooms.commands.cli import get_cli_commands
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.connections import BY_TYPE
get_provider_info(); get_cli_commands()
for name in BY_TYPE:
    os.environ["AIRFLOW_CONN_X"] = '{"conn_type": "%s", "login": "SK%s", "password": "x"}' % (name, "0" * 32)
    get_rooms_hook("x")
from airflow_provider_rooms.vendors.outside import outside_types
print(outside_types.cache_info().misses)
"""
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip().splitlines()[-1] == "0"


def test_a_hook_class_of_ones_own_keeps_the_type_of_the_one_above() -> None:
    kind = next(iter(BY_TYPE.values()))

    class Mine(hook_class(kind)):  # type: ignore[misc]
        """A hook of a user's."""

    assert (Mine.conn_type, Mine.hook_name) == (kind.conn_type, kind.title)


def test_kinds_are_data_that_can_be_compared() -> None:
    assert isinstance(hash(next(iter(BY_TYPE.values()))), int)
    assert all(isinstance(kind, ConnectionType) for kind in BY_TYPE.values())
