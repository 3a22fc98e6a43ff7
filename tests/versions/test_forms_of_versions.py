"""The connection form as each Airflow version puts it together, against the one table it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from features import VERSION, needs

from airflow_provider_rooms.connections import BY_TYPE, ConnectionType


@dataclass
class Form:
    """What a version shows: label of each standard field (None: hidden), and of its own fields label, help and secrecy."""

    standard: dict[str, str | None]
    own: dict[str, tuple[str, str, bool]]
    required: set[str]


def form(kind: ConnectionType) -> Form:
    """The form of a connection type in this Airflow."""
    return _form_of_2(kind) if VERSION < (3, 0) else _form_of_3(kind)


def _form_of_2(kind: ConnectionType) -> Form:
    from airflow.providers_manager import ProvidersManager
    from wtforms import Form as WebForm
    from wtforms import PasswordField
    from wtforms.validators import DataRequired, InputRequired

    manager = ProvidersManager()
    behaviour = manager.field_behaviours[kind.conn_type]
    names = ("host", "login", "password", "port", "schema")
    standard = {
        name: None if name in behaviour["hidden_fields"] else behaviour["relabeling"].get(name, name) for name in names
    }
    prefix = f"extra__{kind.conn_type}__"
    widgets = {
        name.removeprefix(prefix): widget.field
        for name, widget in manager.connection_form_widgets.items()
        if name.startswith(prefix)
    }
    fields = type("Fields", (WebForm,), widgets)()
    own = {field.name: (field.label.text, field.description, isinstance(field, PasswordField)) for field in fields}
    required = {
        field.name for field in fields if any(isinstance(v, (DataRequired, InputRequired)) for v in field.validators)
    }
    return Form(standard, own, required)


def _form_of_3(kind: ConnectionType) -> Form:
    from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService

    (meta,) = (item for item in HookMetaService.hook_meta_data() if item.connection_type == kind.conn_type)
    assert meta.hook_name == kind.title
    assert meta.hook_class_name in (kind.hook, None)
    shown = meta.standard_fields
    standard = {}
    for name, part in (
        ("host", "host"),
        ("login", "login"),
        ("password", "password"),
        ("port", "port"),
        ("schema", "url_schema"),
    ):
        field = getattr(shown, part) if shown else None
        standard[name] = None if field and field.hidden else (field and field.title) or name
    own: dict[str, tuple[str, str, bool]] = {}
    required = set()
    for name, field in (meta.extra_fields or {}).items():
        schema: dict[str, Any] = field["schema"]
        own[name] = (schema["title"], field["description"], schema.get("format") == "password")
        if "null" not in schema["type"]:
            required.add(name)
    return Form(standard, own, required)


@pytest.mark.parametrize("kind", BY_TYPE.values(), ids=BY_TYPE)
@needs("form fields of its own")
def test_every_field_is_there_with_its_label_and_its_help(kind: ConnectionType) -> None:
    shown = form(kind)
    assert shown.own == {item.name: (item.label, item.hint, item.secret) for item in kind.fields}
    assert shown.required == set()


@pytest.mark.parametrize("kind", BY_TYPE.values(), ids=BY_TYPE)
@needs("form fields of its own")
def test_the_standard_fields_are_called_what_the_vendor_calls_them(kind: ConnectionType) -> None:
    assert form(kind).standard == {
        "host": "Base URL",
        "login": kind.login,
        "password": kind.password,
        "port": "port",
        "schema": None,
    }
