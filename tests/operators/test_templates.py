"""Whatever form a templated parameter comes in, it is read as the value it stands for, or refused: one table for all of them.

Rendered by Airflow itself in a real DAG, as text and as native objects, and run against the sandbox.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import icalendar
import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowSensorTimeout, TaskDeferred
from vendor_traits import facts, one_that

from airflow_provider_rooms.errors import InvalidConnectionError, InvalidSpecError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.names import resolve_name
from airflow_provider_rooms.notifications.invitations import InvitationNotifier
from airflow_provider_rooms.operators import rooms
from airflow_provider_rooms.operators.invitations import SendInvitationOperator
from airflow_provider_rooms.sensors import rooms as sensors
from airflow_provider_rooms.vendors.recordings import start_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from stack import MailSink

STARTS = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
ENDS = STARTS + dt.timedelta(hours=1)
VENDOR = one_that(updates=True)
CONN_ID = VENDOR.conn_id
OPTIONS = {name: value for name, value in VENDOR.options.items() if isinstance(value, bool | list)}
SPEC = {
    "name": ["alg", "101"],
    "starts_at": STARTS.isoformat(),
    "ends_at": ENDS.isoformat(),
    "ref": {"title": "Algebra"},
}
NUMBER = count()


def kind_of(value: Any) -> str:
    """How a value is called in the name of a test: by what does not change from run to run."""
    return (
        value if isinstance(value, str) and value.isidentifier() else getattr(value, "__name__", type(value).__name__)
    )


class Ti:
    """What tasks ask of Airflow."""

    dag_id, run_id, task_id, map_index = "shown", "manual__1", "task", -1

    def __init__(self, room: Any = None) -> None:
        self.pushed: dict[str, Any] = {}
        self._room = room

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def xcom_pull(self, **_: Any) -> Any:
        return self._room


def order(task: Any) -> Any:
    """What is asked for, under its room's name: a list of parts may hold numbers or their texts."""
    read = task._read_order({"ti": Ti()})
    return read.ahead, replace(read.spec, name=resolve_name(read.spec.name)), task.hook.conn_id


def waits(task: Any) -> Any:
    return task._room(), task._wait({"ti": Ti()}), task.hook.conn_id


def result(task: Any) -> Any:
    return task.execute({"ti": Ti()})


def used(case: Case, task: Any) -> Any:
    return case.read(task), task.hook


def names(task: Any) -> Any:
    return [row["name"] for row in result(task)]


def classes(task: Any) -> Any:
    return [(row["name"], row["conn_id"]) for row in result(task)["classes"]]


@dataclass(frozen=True)
class Case:
    """A parameter of an operator.

    :param value: what it stands for.
    :param read: what the task makes of it.
    :param others: its other parameters.
    :param needed: it has to be given, so nothing but an error comes of an empty template.
    """

    operator: Any
    parameter: str
    value: Any
    read: Callable[[Any], Any] = result
    others: dict[str, Any] = field(default_factory=dict)
    needed: bool = False

    def __str__(self) -> str:
        return f"{self.operator.__name__}.{self.parameter}-{type(self.value).__name__}"


def create(parameter: str, value: Any, **others: Any) -> Case:
    given = {} if parameter in ("name", "spec") else {"name": "algebra"}
    return Case(rooms.CreateRoomOperator, parameter, value, order, given | others, needed=parameter == "name")


def sensor(kind: Any, parameter: str, value: Any) -> Case:
    return Case(kind, parameter, value, waits, {"room_id": "there"}, needed=parameter in ("room_id", "conn_id"))


ROOM = {"id": "6501", "name": "x", "starts_at": STARTS.isoformat(), "ends_at": ENDS.isoformat(), "conn_id": CONN_ID}
CASES = [
    create("conn_id", CONN_ID),
    create("name", ["CS", "101", 7]),
    create("name", "algebra-1"),
    create("name", "2026"),
    create("starts_at", STARTS),
    create("ends_at", ENDS),
    create("description", "101"),
    create("description", "Algebra"),
    create("max_participants", 12),
    create("max_duration", dt.timedelta(minutes=90)),
    create("max_duration", dt.timedelta(days=2, minutes=1)),
    create("max_duration", 3600),
    create("record", True),
    create("record", False),
    create("transcribe", True),
    create("region", "eu"),
    create("webhook", {"url": "https://hooks.example/x", "events": ["a", "b"], "method": None}),
    create("options", {VENDOR.conn_type: OPTIONS}),
    create("ref", "course-7"),
    create("spec", {**SPEC, "record": True, "webhook": {"url": "https://hooks.example/x"}}),
    create("create_ahead", dt.timedelta(minutes=20), starts_at=STARTS),
    Case(rooms.CreateRoomsOperator, "specs", [SPEC], names, needed=True),
    Case(rooms.CreateRoomsOperator, "conn_id", CONN_ID, names, {"specs": [SPEC]}, needed=True),
    Case(rooms.ReconcileRoomsOperator, "specs", [SPEC], classes, {"conn_id": "prefixed"}, needed=True),
    Case(rooms.ReconcileRoomsOperator, "conn_id", "prefixed", classes, {"specs": [SPEC]}, needed=True),
    Case(rooms.ReconcileRoomsOperator, "within", dt.timedelta(hours=2), classes, {"conn_id": "prefixed", "specs": [SPEC]}),
    Case(rooms.EndSessionOperator, "room_id", "2026", needed=True),
    Case(rooms.EndSessionOperator, "room_id", {"name": "2026"}, needed=True),
    Case(rooms.EndSessionOperator, "conn_id", CONN_ID, others={"room_id": "2026"}, needed=True),
    Case(rooms.CloseRoomOperator, "not_before", ENDS, others={"room_id": "2026", "not_before": ENDS}, needed=True),
    *(
        Case(rooms.CloseRoomOperator, parameter, value, others={"room_id": "2026", "not_before": ENDS})
        for parameter, value in {
            "if_live": "end",
            "wait_at_most": dt.timedelta(hours=2),
            "poll_interval": 30,
        }.items()
    ),
    Case(rooms.StartRecordingOperator, "options", {VENDOR.conn_type: facts("recordings")[VENDOR.conn_type].START_OPTIONS},
         lambda task: start_body(task.hook.vendor, read_options(task)), {"room_id": "2026"}),
    Case(rooms.StopRecordingOperator, "room_id", "2026", needed=True),
    *(
        Case(rooms.RecordingToStorageOperator, parameter, value,
             lambda task: (task._wanted(), task._read_target(), task.read_room()), {"room_id": "2026", "to": "file:///films/{id}"},
             needed=parameter == "to")
        for parameter, value in [
            ("to", "file:///films/x/{id}.{ext}"), ("recordings", ["a", "b"]), ("recordings", [{"id": "a"}]), ("recordings", "a1"),
            ("recordings", "65"), ("kind", "recording"),
        ]
    ),
    *(
        sensor(kind, parameter, value)
        for kind, parameter, value in [
            *((kind, parameter, value) for kind in (
                sensors.SessionStartedSensor, sensors.SessionEndedSensor, sensors.RecordingReadySensor
            ) for parameter, value in [
                ("conn_id", CONN_ID), ("room_id", "2026"), ("room_id", ROOM), ("starts_at", STARTS), ("ends_at", ENDS),
                ("early", dt.timedelta(minutes=5)), ("since", STARTS),
            ]),
            (sensors.SessionStartedSensor, "no_show_after", dt.timedelta(minutes=5)),
            (sensors.SessionStartedSensor, "on_no_show", "fail"),
            (sensors.SessionEndedSensor, "on_no_show", "skip"),
            (sensors.RecordingReadySensor, "kind", "hls"),
            (sensors.RecordingReadySensor, "deadline", 600),
            (sensors.RecordingReadySensor, "on_missing", "fail"),
            (sensors.RecordingReadySensor, "on_failed", "all"),
        ]
    ),
]  # fmt: skip
INVITATIONS: dict[str, list[Any]] = {
    "attendees": [["Ada <ada@example.org>"], "ada@example.org; alan@example.org", [{"email": "ada@example.org"}]],
    "room_id": ["2026", ROOM],
    "spec": [SPEC],
    "conn_id": [CONN_ID],
    "method": ["cancel"],
    "title": ["101", "Algebra"],
    "timezone": ["Europe/Berlin"],
    "organizer": ["Office <o@school.example>", {"email": "o@school.example", "name": "Office"}],
    "sequence": [7],
    "subject": ["101"],
    "text": ["101"],
    "join_url": ["https://school.example/1"],
    "expires_at": [ENDS + dt.timedelta(hours=2)],
    "from_email": ["o@school.example"],
    "smtp_conn_id": ["smtp_default"],
}
#: Other parameters that decide whether an invitation can be sent at all.
ABOUT = {
    "attendees": "ada@example.org", "spec": SPEC, "conn_id": CONN_ID, "sequence": 1,
    "join_url": "https://school.example/1",
}  # fmt: skip


def read_options(task: Any) -> Any:
    from airflow_provider_rooms.values import read_object

    return read_object("options", task.options) or {}


@pytest.fixture(autouse=True)
def _prefixed(mails: MailSink, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = json.loads(os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"])
    connection["extra"] = {**connection.get("extra", {}), "name_prefix": "pre-"}
    monkeypatch.setenv("AIRFLOW_CONN_PREFIXED", json.dumps(connection))


def rendered(task_of: Callable[..., Any], given: dict[str, Any], *, native: bool, **params: Any) -> Any:
    """The task of a real DAG, its templates rendered by Airflow."""
    with DAG(f"shown_{next(NUMBER)}", schedule=None, render_template_as_native_obj=native):
        task = task_of(task_id="task", **{"conn_id": CONN_ID, **given})
    task.render_template_fields({"params": params, "ti": Ti(), "task": task})
    return task


def forms(value: Any) -> dict[str, tuple[Any, bool]]:
    """What a DAG may give for a value: the parameter, and whether templates are rendered as native objects."""
    plain = value.isoformat() if isinstance(value, dt.datetime) else value
    plain = value.total_seconds() if isinstance(value, dt.timedelta) else plain
    return {
        "its own text": (value if isinstance(value, str) else str(value), False),
        "Jinja": ("{{ params.value }}", False),
        "Jinja, native": ("{{ params.value }}", True),
        "in a text, native": (" {{ params.value }}" if not isinstance(value, str) else "{{ params.value }}", True),
        "itself, native": (value, True),
        **(
            {}
            if isinstance(plain, str)
            else {"JSON": (json.dumps(plain), False), "JSON, native": (json.dumps(plain), True)}
        ),
    }


NOTHING = {
    "None": (None, False),
    "empty": ("", False),
    "'None'": ("None", False),
    "Jinja's None": ("{{ none }}", False),
    "native None": ("{{ none }}", True),
    "natively empty": ("{{ '' }}", True),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_form_of_a_value_is_the_value(case: Case):
    given = case.others
    if "2026" in str({**given, case.parameter: case.value}):
        get_rooms_hook(CONN_ID).ensure_room({"name": "2026"})
    expected = case.read(rendered(case.operator, {**given, case.parameter: case.value}, native=False))
    for label, (form, native) in forms(case.value).items():
        task = rendered(case.operator, {**given, case.parameter: form}, native=native, value=case.value)
        assert case.read(task) == expected, label


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_form_of_nothing_means_that_nothing_was_given(case: Case):
    given = {name: value for name, value in case.others.items() if name != case.parameter}
    if "2026" in str(given):
        get_rooms_hook(CONN_ID).ensure_room({"name": "2026"})
    for label, (form, native) in NOTHING.items():
        if case.parameter in ("name", "conn_id") and form is None:
            continue  # left out, it is derived; or the DAG cannot be written at all
        task = rendered(case.operator, {**given, case.parameter: form}, native=native)
        if case.parameter in ("name", "conn_id") or (case.needed and case.parameter != "not_before"):
            with pytest.raises((InvalidSpecError, InvalidConnectionError)):
                used(case, task)
        elif case.parameter == "spec":
            assert case.read(task)[1].starts_at is None
        elif case.parameter != "not_before":
            assert case.read(task) == case.read(rendered(case.operator, given, native=False)), label


def sent_by(task: Any, sink: MailSink) -> Any:
    sink.mails.clear()
    told = result(task)
    seen = []
    for message in sink.mails:
        (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        (event,) = icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT")
        text = message.get_body(("plain",)).get_content()
        seen.append((message["To"], message["From"], message["Subject"], text, event["SUMMARY"], event["DTSTART"].dt))
    return told, seen


@pytest.mark.parametrize(
    ("parameter", "value"), [(p, value) for p, all_ in INVITATIONS.items() for value in all_], ids=kind_of
)
def test_every_form_of_what_an_invitation_is_given(parameter: str, value: Any, mails: MailSink):
    get_rooms_hook(CONN_ID).ensure_room({"name": "2026"})
    get_rooms_hook(CONN_ID).ensure_room(SPEC)
    given = ABOUT | {"room_id": "2026"} if parameter == "room_id" else dict(ABOUT)
    expected = sent_by(rendered(SendInvitationOperator, {**given, parameter: value}, native=False), mails)
    assert expected[1]
    for label, (form, native) in forms(value).items():
        task = rendered(SendInvitationOperator, {**given, parameter: form}, native=native, value=value)
        assert sent_by(task, mails) == expected, label
    if parameter in ("attendees", "conn_id", "spec", "join_url"):
        return  # needed; or a link is minted, which is another one each time
    given.pop(parameter, None)
    expected = sent_by(rendered(SendInvitationOperator, given, native=False), mails)[1]
    for label, (form, native) in NOTHING.items():
        task = rendered(SendInvitationOperator, {**given, parameter: form}, native=native)
        assert sent_by(task, mails)[1] == expected, label


@pytest.mark.parametrize("native", [False, True])
def test_a_notifier_reads_its_templates_as_the_operator_does(native: bool, mails: MailSink):
    room = get_rooms_hook(CONN_ID).ensure_room(SPEC).as_dict()
    with DAG(f"shown_{next(NUMBER)}", schedule=None, render_template_as_native_obj=native) as dag:
        notifier = InvitationNotifier(
            attendees="{{ params.people }}", join_url="{{ params.page }}", title="{{ params.title }}",
            organizer="{{ params.office }}", sequence="{{ params.number }}", subject="{{ none }}",
        )  # fmt: skip
    params = {
        "people": ["ada@example.org", {"email": "al@example.org"}], "page": "https://school.example/1", "title": "101",
        "office": {"email": "o@school.example"}, "number": 4,
    }  # fmt: skip
    notifier({"dag": dag, "ti": Ti(room), "params": params})
    seen = mails.mails
    assert [message["To"] for message in seen] == ["ada@example.org", "al@example.org"]
    assert all(message["Reply-To"] == "o@school.example" for message in seen)
    assert all("101" in message["Subject"] for message in seen)


class TestWhatIsLost:
    """Native rendering makes numbers of texts; where the text cannot be told any more, an error says so."""

    @pytest.mark.parametrize(
        ("operator", "given", "read"),
        [
            (rooms.CreateRoomOperator, {"name": "{{ params.lost }}"}, order),
            (rooms.CreateRoomOperator, {"name": ["CS", "{{ params.lost }}"]}, order),
            (rooms.CreateRoomOperator, {"name": "a", "description": "{{ params.lost }}"}, order),
            (rooms.EndSessionOperator, {"room_id": "{{ params.lost }}"}, result),
            (rooms.EndSessionOperator, {"room_id": "a", "conn_id": "{{ params.lost }}"}, result),
            (sensors.SessionEndedSensor, {"room_id": "{{ params.lost }}"}, waits),
        ],
        ids=kind_of,
    )
    def test_it_is_refused_and_can_be_put_in_quotes(self, operator: Any, given: dict[str, Any], read: Any):
        task = rendered(operator, given, native=True, lost="12e345")
        with pytest.raises(InvalidSpecError, match=r"got inf\. With render_template_as_native_obj.*the text is lost"):
            read(task)

    def test_quotes_of_its_own_keep_a_text(self):
        for text in ("12e345", "2026_11", "1e3", "0x10"):
            task = rendered(rooms.CreateRoomOperator, {"name": "'{{ params.text }}'"}, native=True, text=text)
            assert order(task)[1].name == text

    @pytest.mark.parametrize("text", ["1e3", "1.10", "1_0.5"])
    def test_what_something_is_found_by_is_no_fraction(self, text: str):
        for name in ("{{ params.text }}", ["CS", "{{ params.text }}"]):
            for given in ({"name": name}, {"spec": {"name": name}}):
                task = rendered(rooms.CreateRoomOperator, given, native=True, text=text)
                with pytest.raises(InvalidSpecError, match="the text is lost"):
                    order(task)

    @pytest.mark.parametrize(
        "given", [{"spec": {"name": "{{ none }}"}}, {"name": "{{ none }}"}, {"name": ["CS", "{{ none }}"]}]
    )
    @pytest.mark.parametrize("native", [False, True])
    def test_a_name_that_is_missing_is_no_other_name(self, given: dict[str, Any], native: bool):
        task = rendered(rooms.CreateRoomOperator, given, native=native)
        with pytest.raises(InvalidSpecError, match="is empty: a template or a mapped value was probably missing"):
            order(task)


def test_deferrable_none_is_not_given(monkeypatch: pytest.MonkeyPatch):
    get_rooms_hook(CONN_ID).ensure_room({"name": "2026"})
    create = {"spec": {**SPEC, "create_ahead": 600}}
    for deferrable in (None, "None", "", True, "True"):
        with pytest.raises(TaskDeferred):
            result(rendered(rooms.CreateRoomOperator, {**create, "deferrable": deferrable}, native=False))
        monkeypatch.setattr(sensors, "DEFERRABLE", True)
        with pytest.raises(TaskDeferred):
            result(rendered(sensors.SessionStartedSensor, {"room_id": "2026", "deferrable": deferrable}, native=False))
    monkeypatch.setattr(sensors, "DEFERRABLE", False)
    for deferrable in (None, "", False, "False"):
        task = rendered(
            sensors.SessionStartedSensor,
            {"room_id": "2026", "deferrable": deferrable, "timeout": 0.01, "poke_interval": 0.01},
            native=False,
        )
        with pytest.raises(AirflowSensorTimeout):
            result(task)
    with pytest.raises(InvalidSpecError, match="must not be created before"):
        result(rendered(rooms.CreateRoomOperator, {**create, "deferrable": "False"}, native=False))


def test_every_templated_parameter_is_in_the_table():
    covered = {(case.operator, case.parameter) for case in CASES}
    missing = {
        (operator.__name__, parameter)
        for operator in {case.operator for case in CASES}
        for parameter in operator.template_fields
        if (operator, parameter) not in covered
        and not (parameter in ("conn_id", "room_id") and issubclass(operator, rooms.EndSessionOperator.__mro__[1]))
    }
    assert missing == set()
    assert set(INVITATIONS) == set(SendInvitationOperator.template_fields)
