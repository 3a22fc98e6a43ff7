"""The sensors as a DAG author meets them: parameters, templates, links, real runs."""

from __future__ import annotations

import ast
import datetime as dt
import importlib.util
import inspect
import json
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowSkipException, TaskDeferred
from vendor_traits import ANY

from airflow_provider_rooms import errors
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.links.rooms import RoomLink
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sensors import rooms
from airflow_provider_rooms.sensors.rooms import RecordingReadySensor, SessionEndedSensor, SessionStartedSensor
from airflow_provider_rooms.testing import airflow_versions
from airflow_provider_rooms.testing.dag_lab import run_tasks

VENDORS = tuple(BY_TYPE)
SENSORS = (SessionStartedSensor, SessionEndedSensor, RecordingReadySensor)
NINE = "2026-11-20T09:00:00+00:00"
TEN = "2026-11-20T10:00:00+00:00"


pytestmark = pytest.mark.usefixtures("connections")


def context(**more: Any) -> Any:
    pushed: dict[str, Any] = {}
    ti = SimpleNamespace(xcom_push=lambda key, value: pushed.__setitem__(key, value), pushed=pushed)
    run = SimpleNamespace(start_date=dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC))
    return {"ti": ti, "dag_run": run, **more}


def asked(sensor: Any, **more: Any) -> Any:
    return sensor._wait(context(**more))


# -- parameters -----------------------------------------------------------------------------------------------------------


def test_parameters_as_templates_leave_them() -> None:
    sensor = SessionStartedSensor(
        task_id="s", conn_id="c", room_id="r", starts_at=NINE, ends_at="None", early="0", no_show_after="600",
        on_no_show="value",
    )  # fmt: skip
    wait = asked(sensor)
    assert (wait.starts_at.isoformat(), wait.ends_at, wait.early, wait.no_show_after) == (NINE, None, 0, 600)
    assert (wait.on_no_show, wait.since) == ("value", None)
    wait = asked(
        RecordingReadySensor(task_id="s", conn_id="c", room_id="r", ends_at=TEN, deadline=dt.timedelta(hours=2))
    )
    assert (wait.kind, wait.deadline, wait.on_missing, wait.on_failed) == ("recording", 7200, "skip", "any")
    assert asked(SessionEndedSensor(task_id="s", conn_id="c", room_id="r", early="")).early == 3600


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts_at": "tomorrow"},
        {"starts_at": "2026-11-20T09:00:00"},
        {"early": -5},
        {"early": "an hour"},
        {"starts_at": TEN, "ends_at": NINE},
        {"room_id": ""},
        {"room_id": "None"},
        {"room_id": {}},
        {"room_id": "{'id'"},
        {"on_no_show": "cry"},
        {"since": "yesterday"},
    ],
)
def test_bad_parameters_are_told_before_any_call(wrong: Any, rooms_sandbox: RoomsSandbox) -> None:
    given = {"task_id": "s", "conn_id": "rooms", "room_id": "r", **wrong}
    for deferrable in (False, True):
        with pytest.raises(errors.InvalidSpecError):
            SessionEndedSensor(**given, deferrable=deferrable).execute(context())
    assert rooms_sandbox.requests(ANY.conn_type) == []
    with pytest.raises(AirflowSkipException):
        SessionEndedSensor(**given, never_fail=True).execute(context())


def test_the_window_comes_from_the_room_dict() -> None:
    room = {"id": "r", "starts_at": NINE, "ends_at": TEN}
    for given in (room, json.dumps(room), str(room | {"drift": None})):
        wait = asked(SessionEndedSensor(task_id="s", conn_id="c", room_id=given))
        assert (wait.starts_at.isoformat(), wait.ends_at.isoformat(), wait.since) == (NINE, TEN, None)
    wait = asked(SessionEndedSensor(task_id="s", conn_id="c", room_id=room, ends_at="2026-11-20T11:00:00Z"))
    assert (wait.starts_at.hour, wait.ends_at.hour) == (9, 11)


def test_without_a_window_the_run_says_what_counts() -> None:
    sensor = SessionEndedSensor(task_id="s", conn_id="c", room_id="r")
    assert asked(sensor).since.hour == 8
    assert asked(sensor, data_interval_start=dt.datetime(2026, 11, 20, 7, tzinfo=dt.UTC)).since.hour == 7
    given = SessionEndedSensor(task_id="s", conn_id="c", room_id="r", since="2026-11-20T06:00:00Z")
    assert asked(given).since.hour == 6


@pytest.mark.parametrize("sensor", SENSORS)
def test_constructors_only_assign(sensor: type) -> None:
    """Anything else breaks templates and mapping."""
    for kind in (sensor, rooms._ClassSensor):
        source = inspect.getsource(kind.__init__)  # type: ignore[misc]
        (function,) = ast.parse(textwrap.dedent(source)).body
        for statement in function.body:  # type: ignore[attr-defined]
            call = isinstance(statement, ast.Expr) and ast.unparse(statement).startswith(
                ("super().__init__(", "give_retry")
            )
            plain = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).startswith("self.")
            assert call or (plain and isinstance(statement.value, ast.Name)), ast.unparse(statement)  # type: ignore[attr-defined]
    names = set(inspect.signature(sensor).parameters) | set(inspect.signature(rooms._ClassSensor).parameters)
    assert set(sensor.template_fields) <= names  # type: ignore[attr-defined]
    assert {name for name in names if name not in ("kwargs", "deferrable")} == set(sensor.template_fields)  # type: ignore[attr-defined]


@pytest.mark.parametrize("wanted", [True, False])
def test_default_deferrable_is_honoured(wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read when the module is loaded, so a second copy of it is loaded here."""
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", str(wanted))
    spec = importlib.util.spec_from_file_location("sensors_loaded_again", rooms.__file__)
    again = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(again)  # type: ignore[union-attr]
    for sensor in SENSORS:
        assert getattr(again, sensor.__name__)(task_id="s", conn_id="c", room_id="r").deferrable is wanted


@pytest.mark.skipif(airflow_versions.version() < (3, 0), reason="Airflow 2.11 itself loads these")
def test_importing_is_cheap() -> None:
    code = (
        "import airflow.sdk, sys\n"
        "import airflow_provider_rooms.sensors.rooms, airflow_provider_rooms.triggers.rooms\n"
        "print([name for name in ('requests', 'jwt', 'aiohttp', 'pydantic_settings') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split()[-1] == "[]"


# -- links and deferral ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_link_is_there_before_the_wait(vendor: str, rooms_sandbox: RoomsSandbox) -> None:
    room = get_rooms_hook(f"{vendor}_default").ensure_room({"name": "algebra"})
    sensor = SessionStartedSensor(task_id="s", conn_id=f"{vendor}_default", room_id="algebra", deferrable=True)
    given = context()
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute(given)
    assert given["ti"].pushed == {"room_url": get_rooms_hook(f"{vendor}_default").vendor.room_url(room.id)}
    assert any(isinstance(link, RoomLink) for link in sensor.operator_extra_links)
    waiting = deferred.value
    assert waiting.kwargs is None
    assert waiting.timeout == dt.timedelta(seconds=sensor.timeout) + rooms.TRIGGER_GRACE
    _, kwargs = waiting.trigger.serialize()
    assert (kwargs["room"], kwargs["poll_interval"], kwargs["seen"]["room"]["id"]) == ("algebra", 60.0, room.id)


def test_what_is_over_already_is_not_deferred(rooms_sandbox: RoomsSandbox) -> None:
    room = get_rooms_hook("rooms").ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(ANY.conn_type, room.id)
    sensor = SessionStartedSensor(task_id="s", conn_id="rooms", room_id=room.id, deferrable=True)
    (session,) = get_rooms_hook("rooms").sessions(room.id)
    assert sensor.execute(context(data_interval_start=dt.datetime.now(dt.UTC))) == session.id


def test_a_vendor_that_is_down_is_waited_for(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    get_rooms_hook("rooms").ensure_room({"name": "algebra"})
    sensor = SessionStartedSensor(task_id="s", conn_id="rooms", room_id={"name": "algebra"}, deferrable=True)
    sensor.hook.patience = type(sensor.hook.patience)(tries=1)
    rooms_sandbox.fault(ANY.conn_type, "status", status=503, times=-1)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute(context())
    _, kwargs = deferred.value.trigger.serialize()
    assert (kwargs["room"], kwargs["seen"]) == ({"name": "algebra"}, None)


def test_the_trigger_of_a_room_dict_has_its_id_and_nothing_that_could_be_taken_for_a_name() -> None:
    room = {"vendor": ANY.conn_type, "conn_id": "c", "id": "abcd", "name": "staging-algebra", "ref": {"title": "A"}, "ends_at": "2030-01-01T00:00:00Z"}  # fmt: skip
    sensor = SessionStartedSensor(task_id="s", conn_id="rooms", room_id=room, deferrable=True)
    with pytest.raises(TaskDeferred) as deferred:
        sensor._defer(context())
    _, kwargs = deferred.value.trigger.serialize()
    assert kwargs["room"] == {key: room[key] for key in ("vendor", "id", "name", "ends_at")}


def test_a_secret_that_was_changed_while_it_poked_is_looked_up(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_rooms_hook("rooms").ensure_room({"name": "algebra"})
    good = rooms_sandbox.connection(ANY.conn_type)
    monkeypatch.setenv("AIRFLOW_CONN_CHANGED", json.dumps({**good, "password": "the-old-secret-of-32-bytes-at-least"}))
    sensor = SessionStartedSensor(task_id="s", conn_id="changed", room_id="algebra")
    with pytest.raises(errors.AuthenticationError):
        sensor.poke(context())
    monkeypatch.setenv("AIRFLOW_CONN_CHANGED", json.dumps(good))
    assert not sensor.poke(context()).is_done


def test_the_link_follows_when_the_first_look_failed() -> None:
    given = context()
    sensor = SessionStartedSensor(task_id="s", conn_id="rooms", room_id="algebra", deferrable=True)
    event = {"status": "success", "value": "s1", "message": "", "room_url": "http://room"}
    assert sensor.execute_complete(given, event) == "s1"
    assert given["ti"].pushed == {"room_url": "http://room"}


@pytest.mark.parametrize("event", [None, {"status": "what"}])
def test_events_of_nobody_fail_the_task(event: Any) -> None:
    sensor = SessionStartedSensor(task_id="s", conn_id="c", room_id="r")
    with pytest.raises(errors.PassingError) as told:
        sensor.execute_complete(context(), event)
    assert told.value.__cause__ is None  # whoever follows causes must come to an end
    with pytest.raises(AirflowSkipException):
        SessionStartedSensor(task_id="s", conn_id="c", room_id="r", soft_fail=True).execute_complete(context(), event)


# -- real runs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_class_in_real_airflow(
    deferrable: bool, rooms_sandbox: RoomsSandbox, airflow_db: None, tmp_path: Path
) -> None:
    """Three vendors, three sensors each, and the room handed over by a template."""
    now = dt.datetime.now(dt.UTC)
    given = {
        "starts_at": now.isoformat(),
        "ends_at": (now + dt.timedelta(seconds=4)).isoformat(),
        "poke_interval": 0.5,
        "timeout": 60,
        "deferrable": deferrable,
    }
    made = {vendor: get_rooms_hook(f"{vendor}_default").ensure_room({"name": "algebra"}) for vendor in VENDORS}
    asked = {f"{vendor}_{sensor.__name__}": (sensor.__name__, vendor) for vendor in VENDORS for sensor in SENSORS}
    body = f"""
        for task_id, (sensor, vendor) in {asked}.items():
            globals()[sensor](
                task_id=task_id,
                conn_id=vendor + "_default",
                room_id="{{{{ dag_run.conf['" + vendor + "'] }}}}",
                **{given},
                **({{"deadline": 1}} if sensor == "RecordingReadySensor" else {{}}),
            )
    """

    def play() -> None:
        for vendor, room in made.items():
            rooms_sandbox.end_session(vendor, room.id)

    for vendor, room in made.items():
        rooms_sandbox.start_session(vendor, room.id)
    threading.Timer(2.0, play).start()
    conf = {vendor: room.id for vendor, room in made.items()}
    ran = run_tasks(tmp_path, f"class_{deferrable}".lower(), body, **conf)
    for vendor, room in made.items():
        started, ended, recorded = (f"{vendor}_{sensor.__name__}" for sensor in SENSORS)
        assert (ran.states[started], ran.states[ended], ran.states[recorded]) == ("success", "success", "skipped")
        (session,) = get_rooms_hook(f"{vendor}_default").sessions(room.id)
        assert ran.value(started) == session.id
        assert [row["id"] for row in ran.value(ended)["sessions"]] == [session.id]
        assert ran.xcoms[started]["room_url"] == get_rooms_hook(f"{vendor}_default").vendor.room_url(room.id)


def test_a_sensor_per_room_of_a_list(rooms_sandbox: RoomsSandbox, airflow_db: None, tmp_path: Path) -> None:
    made = [get_rooms_hook("rooms").ensure_room({"name": f"class-{number}"}) for number in range(2)]
    for room in made:
        rooms_sandbox.start_session(ANY.conn_type, room.id)
    body = f"""
        SessionStartedSensor.partial(
            task_id="wait", conn_id="rooms", deferrable=True, since="2026-01-01T00:00:00Z"
        ).expand(room_id={[room.as_dict() for room in made]})
    """
    ran = run_tasks(tmp_path, "mapped_waits", body)
    assert ran.states == {"wait[0]": "success", "wait[1]": "success"}
    assert ran.value("wait[0]") != ran.value("wait[1]")
