"""What Airflow is told about this provider. Pure data: it is read at every start of every Airflow process."""

from __future__ import annotations

from typing import Any

from airflow_provider_rooms import __version__
from airflow_provider_rooms.connections import CONNECTION_TYPES, ConnectionType, schema

_INTEGRATIONS = {
    "VideoSDK": "https://docs.videosdk.live",
    "100ms": "https://www.100ms.live/docs",
    "Twilio Video": "https://www.twilio.com/docs/video",
}


def get_provider_info() -> dict[str, Any]:
    """Provider metadata; see https://airflow.apache.org/docs/apache-airflow-providers/howto/create-custom-providers.html"""
    return {
        "package-name": "airflow-provider-rooms",
        "name": "Video rooms",
        "description": "Video rooms on VideoSDK, 100ms and Twilio Video: created ahead of time, one per name.",
        "versions": [__version__],
        "integrations": [
            {"integration-name": title, "external-doc-url": url, "tags": ["service"]}
            for title, url in _INTEGRATIONS.items()
        ],
        "connection-types": [_connection_type(item) for item in CONNECTION_TYPES],
        "hooks": _modules("hooks", ["videosdk", "hundredms", "twilio_video"]),
        "operators": _modules("operators", ["rooms", "invitations"]),
        "sensors": _modules("sensors", ["rooms"]),
        "triggers": _modules("triggers", ["rooms"]),
        "notifications": ["airflow_provider_rooms.notifications.invitations.InvitationNotifier"],
        "extra-links": ["airflow_provider_rooms.links.rooms.RoomLink"],
        # Looked at by Airflow 3.2 and later.
        "cli": ["airflow_provider_rooms.cli.get_cli_commands"],
    }


def _modules(kind: str, names: list[str]) -> list[dict[str, Any]]:
    return [
        {"integration-name": title, "python-modules": [f"airflow_provider_rooms.{kind}.{name}" for name in names]}
        for title in _INTEGRATIONS
    ]


def _connection_type(item: ConnectionType) -> dict[str, Any]:
    return {
        "connection-type": item.conn_type,
        "hook-class-name": item.hook,
        "hook-name": item.title,
        "ui-field-behaviour": field_behaviour(item),
        "conn-fields": {
            setting.name: {"label": setting.label, "description": setting.hint, "schema": schema(setting)}
            for setting in item.fields
        },
    }


def field_behaviour(item: ConnectionType) -> dict[str, Any]:
    """Labels and hints of the form's standard fields."""
    return {
        "hidden-fields": ["schema"],
        "relabeling": {"login": item.login, "password": item.password, "host": "Base URL"},
        "placeholders": {
            "login": item.login_help,
            "password": item.password_help,
            "host": item.default_url,
            # A mistake of these two, which send port 0 for none: https://github.com/apache/airflow/pull/73298
            "port": "443; Airflow 3.3.1 and 3.3.2 cannot test without it",
            **{setting.name: setting.example for setting in item.fields if setting.example},
        },
    }
