"""What Airflow is told about the provider: a mistake here kills every ``airflow`` command."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path

import airflow
import jsonschema
import pytest

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.get_provider_info import get_provider_info
from airflow_provider_rooms.vendors import vendor_class

PACKAGE = Path(__file__).parent.parent / "airflow_provider_rooms"
AIRFLOW = Path(airflow.__file__).parent


def schema(name: str) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((AIRFLOW / name).read_text())
    return loaded


def test_the_metadata_is_valid_against_the_schema_airflow_ships() -> None:
    jsonschema.validate(get_provider_info(), schema("provider_info.schema.json"))


def test_the_connection_forms_are_valid_against_the_strict_schema() -> None:
    strict = schema("provider.yaml.schema.json")
    types = strict["properties"]["connection-types"]  # type: ignore[index]
    jsonschema.validate(
        get_provider_info()["connection-types"], {**types, "definitions": strict.get("definitions", {})}
    )


def test_the_package_name_is_the_distributions_own() -> None:
    assert get_provider_info()["package-name"] == "airflow-provider-rooms"
    declared = metadata.distribution("airflow-provider-rooms").entry_points
    assert [e.load() for e in declared if e.group == "apache_airflow_provider"] == [get_provider_info]


def test_every_module_and_class_it_names_exists() -> None:
    info = get_provider_info()
    for kind in ("hooks", "operators", "sensors", "triggers"):
        for row in info.get(kind, []):
            for module in row["python-modules"]:
                import_module(module)
    for row in info["connection-types"]:
        module, _, name = row["hook-class-name"].rpartition(".")
        hook = getattr(import_module(module), name)
        assert (hook.conn_type, hook.hook_name) == (row["connection-type"], row["hook-name"])
        assert hook.default_conn_name == BY_TYPE[hook.conn_type].default_conn_id
        vendor = vendor_class(hook.conn_type)
        assert (vendor.name, vendor.title) == (hook.conn_type, hook.hook_name)
    for link in info["extra-links"]:
        module, _, name = link.rpartition(".")
        assert getattr(import_module(module), name)


@pytest.mark.parametrize("conn_type", sorted(BY_TYPE))
def test_nothing_optional_is_shown_as_required_and_nothing_secret_in_clear(conn_type: str) -> None:
    row = next(row for row in get_provider_info()["connection-types"] if row["connection-type"] == conn_type)
    for name, form in row["conn-fields"].items():
        assert "null" in form["schema"]["type"], name
        assert form["description"], name
    for setting in BY_TYPE[conn_type].fields:
        if setting.secret:
            assert row["conn-fields"][setting.name]["schema"]["format"] == "password"


@pytest.mark.parametrize("conn_type", sorted(BY_TYPE))
def test_airflow_before_32_finds_the_same_form_in_the_hooks_themselves(conn_type: str) -> None:
    module, _, name = BY_TYPE[conn_type].hook.rpartition(".")
    # Not those of the base class: Airflow does not look there.
    own = vars(getattr(import_module(module), name))
    behaviour = own["get_ui_field_behaviour"]()
    jsonschema.validate(behaviour, schema("customized_form_field_behaviours.schema.json"))
    assert behaviour["relabeling"]["login"] == BY_TYPE[conn_type].login
    assert "get_connection_form_widgets" in own


def test_discovery_imports_nothing_of_airflow() -> None:
    code = (
        "import sys; from airflow_provider_rooms.get_provider_info import get_provider_info; get_provider_info();"
        "print([m for m in sys.modules if m.partition('.')[0] in ('airflow', 'pydantic', 'requests', 'httpx', 'jwt')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_airflow_lists_the_provider_and_its_hooks() -> None:
    def airflow_cli(*words: str) -> str:
        return subprocess.check_output([sys.executable, "-m", "airflow", *words], text=True)

    assert "airflow-provider-rooms" in airflow_cli("providers", "get", "airflow-provider-rooms", "-o", "json")
    hooks = {row["connection_type"] for row in json.loads(airflow_cli("providers", "hooks", "-o", "json"))}
    assert set(BY_TYPE) <= hooks
