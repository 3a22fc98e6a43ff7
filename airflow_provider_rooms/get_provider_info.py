"""What Airflow is told about this provider. Pure data: it is read at every start of every Airflow process."""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_rooms import __version__
from airflow_provider_rooms.connections import CONNECTION_TYPES, ConnectionType, field_behaviour, schema

_PACKAGE = "airflow_provider_rooms"


def get_provider_info() -> dict[str, Any]:
    """Provider metadata; see https://airflow.apache.org/docs/apache-airflow-providers/howto/create-custom-providers.html"""
    *first, last = (item.title for item in CONNECTION_TYPES)
    return {
        **provider_of(*CONNECTION_TYPES, distribution="airflow-provider-rooms", version=__version__),
        "name": "Video rooms",
        "description": f"Video rooms on {', '.join(first)} and {last}: created ahead of time, one per name.",
        "hooks": _modules([item.hook.rpartition(".")[0] for item in CONNECTION_TYPES]),
        "operators": _modules([f"{_PACKAGE}.operators.rooms", f"{_PACKAGE}.operators.invitations"]),
        "sensors": _modules([f"{_PACKAGE}.sensors.rooms"]),
        "triggers": _modules([f"{_PACKAGE}.triggers.rooms"]),
        "notifications": [f"{_PACKAGE}.notifications.invitations.InvitationNotifier"],
        "extra-links": [f"{_PACKAGE}.links.rooms.RoomLink"],
        "config": {
            "rooms": {
                "description": "Options of the provider for video rooms.",
                "options": {
                    "webhooks": {
                        "description": "Whether the API server receives the vendors' webhooks at /rooms/webhooks/<conn_id>.",
                        "version_added": None,
                        "type": "boolean",
                        "example": "True",
                        "default": "False",
                    },
                    "page_days": {
                        "description": "How many days of DAG runs the Rooms page reads.",
                        "version_added": None,
                        "type": "integer",
                        "example": "120",
                        "default": "8",
                    },
                },
            },
        },
        # Looked at by Airflow 3.2 and later.
        "cli": [f"{_PACKAGE}.commands.cli.get_cli_commands"],
    }


def provider_of(*types: ConnectionType, distribution: str, version: str) -> dict[str, Any]:
    """Provider metadata of a distribution that brings vendors along: their connection forms, for its ``apache_airflow_provider``.

    :param distribution: its name, as in its ``pyproject.toml``.
    """
    titles = ", ".join(item.title for item in types)
    return {
        # As Airflow writes it, which accepts no other spelling.
        "package-name": re.sub(r"[-_.]+", "-", distribution).lower(),
        "name": f"Video rooms: {titles}",
        "description": f"Video rooms on {titles}.",
        "versions": [version],
        "integrations": [
            {"integration-name": item.title, "external-doc-url": item.docs_url, "tags": ["service"]} for item in types
        ],
        "connection-types": [_connection_type(item) for item in types],
    }


def _modules(modules: list[str]) -> list[dict[str, Any]]:
    """Each vendor with the modules that serve it: all of them serve all."""
    return [{"integration-name": item.title, "python-modules": modules} for item in CONNECTION_TYPES]


def _connection_type(item: ConnectionType) -> dict[str, Any]:
    return {
        "connection-type": item.conn_type,
        "hook-class-name": item.hook or f"{_PACKAGE}.hooks.outside.{item.conn_type}",
        "hook-name": item.title,
        "ui-field-behaviour": field_behaviour(item),
        "conn-fields": {
            setting.name: {"label": setting.label, "description": setting.hint, "schema": schema(setting)}
            for setting in item.fields
        },
    }
