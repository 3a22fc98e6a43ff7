"""What DAGs import, and what databases hold, stays where it is, whatever moves behind it."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

import pytest

from airflow_provider_rooms.connections import CONNECTION_TYPES

PATHS = {
    "operators.rooms": (
        *("CloseRoomOperator", "CreateRoomOperator", "CreateRoomsOperator", "EndSessionOperator"),
        *(
            "ReconcileRoomsOperator",
            "RecordingToStorageOperator",
            "SendInvitationOperator",
            "SessionsToStorageOperator",
            "ClassesToStorageOperator",
        ),
        *("StartRecordingOperator", "StopRecordingOperator"),
    ),
    "sensors.rooms": ("RecordingReadySensor", "SessionEndedSensor", "SessionStartedSensor"),
    "triggers.rooms": ("RoomEventTrigger", "RoomTrigger"),
    "events": ("read_events", "room_events"),
    "links.rooms": ("RoomLink",),
    "hooks": (*(one.hook.rpartition(".")[2] for one in CONNECTION_TYPES), "get_rooms_hook"),
    "names": ("room_name",),
    "errors": (
        *("AccessDeniedError", "AuthenticationError", "ClassOverError", "DeadlineError", "DriftError"),
        *(
            "InvalidConnectionError",
            "InvalidSpecError",
            "MissingExtraError",
            "NoShowError",
            "NotFoundError",
            "NotVisibleYetError",
        ),
        *("PassingError", "PermanentError", "QuotaError", "RateLimitError", "RecordingFailedError"),
        *("RecordingMissingError", "RequestRefusedError", "RoomClosedError", "RoomsError", "SessionLiveError"),
        *("TransportError", "UnreadableAnswerError", "UnsupportedError", "VendorDownError"),
    ),
    "models": ("Participant", "PastSession", "Recording", "Room", "RoomSpec", "Session"),
    "timetable": (
        *(
            "COLUMNS",
            "BadRows",
            "Change",
            "Class",
            "ClockChange",
            "Collision",
            "DateOrder",
            "Problem",
            "Selection",
            "Timetable",
        ),
        *("TimetableError", "changes", "parse_timetable", "read_timetable", "weekly"),
    ),
    "planning": ("plan_rooms", "summary"),
    "retry_policy": ("RoomsRetryPolicy",),
    "notifications.invitations": ("InvitationNotifier",),
    "sandbox.client": ("RoomsSandbox",),
    "testing": ("Call", "Cost", "Traits"),
    "testing.home": ("temporary_airflow",),
}

#: What each version since 0.1.0 has left in the table of triggers: the path, and arguments that newer ones still take.
TRIGGERS = [
    (
        "airflow_provider_rooms.triggers.rooms.RoomTrigger",
        {
            "conn_id": "rooms",
            "room": "algebra-1",
            "wait": {"purpose": "ended"},
            "poll_interval": 60.0,
            "give_up_at": "2026-11-20T12:00:00+00:00",
        },
    ),
    ("airflow_provider_rooms.triggers.rooms.MomentTrigger", {"moment": "2026-11-20T12:00:00+00:00"}),
    ("airflow_provider_rooms.triggers.rooms.RoomEventTrigger", {"conn_id": "rooms", "type": "session_ended"}),
]


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in PATHS.items() for name in names])
def test_a_public_name_is_where_it_was(module: str, name: str):
    assert getattr(import_module(f"airflow_provider_rooms.{module}"), name)


@pytest.mark.parametrize("module", ["operators.rooms", "sensors.rooms", "timetable"])
def test_a_new_public_name_is_written_down_here(module: str):
    assert set(import_module(f"airflow_provider_rooms.{module}").__all__) == set(PATHS[module])


@pytest.mark.parametrize("one", CONNECTION_TYPES, ids=lambda one: one.conn_type)
def test_the_hook_of_a_connection_type_is_imported_from_hooks(one):
    path, _, name = one.hook.rpartition(".")
    assert getattr(import_module("airflow_provider_rooms.hooks"), name) is getattr(import_module(path), name)


@pytest.mark.parametrize(("path", "kwargs"), TRIGGERS)
def test_a_trigger_of_an_older_version_is_started_by_this_one(path: str, kwargs: dict):
    module, _, name = path.rpartition(".")
    trigger = getattr(import_module(module), name)(**kwargs)
    again, stored = trigger.serialize()
    assert again == path
    assert stored.items() >= kwargs.items()


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("apache_airflow_provider", "provider_info", "airflow_provider_rooms.get_provider_info:get_provider_info"),
        ("airflow.plugins", "rooms", "airflow_provider_rooms.plugin:RoomsPlugin"),
        ("pytest11", "rooms_sandbox", "airflow_provider_rooms.sandbox.pytest_plugin"),
    ],
)
def test_what_airflow_and_pytest_load_is_there(group: str, name: str, value: str):
    (found,) = [one for one in entry_points(group=group) if one.name == name and one.value == value]
    assert found.load()
