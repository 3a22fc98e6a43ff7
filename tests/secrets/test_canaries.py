"""No secret leaves: canaries are planted wherever one can stand, then everything that Airflow keeps or shows is searched.

One DAG does what can go wrong with secrets at hand: drift, misspelt options, a vendor that repeats what it was sent, lost
answers, retries, a wait in the triggerer. Searched are all tables of Airflow's database (with what it encrypts, decrypted),
what the run printed, each exception, and everything that has a ``repr``.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
import os
import pickle
import re
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from canary_dag import KEEPS
from cryptography.fernet import Fernet
from vendor_traits import ANY, CLOSES_UNUSED, TRAITS

from airflow_provider_rooms import errors
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.sandbox import credentials
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.server import SandboxServer
from airflow_provider_rooms.testing import Traits, dag_lab
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.wire import Fault, Wire
from airflow_provider_rooms.vendors.plans import checked_plan

#: Planted in connections …
OF_CONNECTIONS = {
    "webhook_headers": {
        "Authorization": "Bearer canary-webhook-of-connection",
        "X-School": "canary-school-of-connection",
    },
    "storage_credentials": {"key": "canary-key-of-connection", "secret": "canary-secret-of-connection"},
}
#: … and handed to DAGs by Variables whose names say nothing.
OF_DAGS = {
    "school": "canary-header-of-dag",
    "bucket": "canary-key-of-dag",
    "bucket2": "canary-secret-of-dag",
    "other": "canary-other-header-of-dag",
}
FERNET_KEY = Fernet.generate_key().decode()
CANARIES = [
    credentials.SECRET,
    *(
        base64.b64encode(f"{one['login']}:{one['password']}".encode()).decode()
        for one in map(RoomsSandbox("http://127.0.0.1").connection, BY_TYPE)
    ),
    *(value for part in OF_CONNECTIONS.values() for value in part.values()),
    *OF_DAGS.values(),
]


def rooms_of(wire: Wire, traits: Traits) -> str:
    """The path of a vendor's rooms, below the address of the wire."""
    host = RoomsSandbox(wire.url).connection(traits.conn_type)["host"]
    return f"{host.removeprefix(wire.url)}{traits.create.path}"


def echo(exchange: w.Exchange) -> None:
    """400, repeating everything that was sent."""
    sent = exchange.body.decode()
    told = {
        "code": 400,
        "message": f"bad request: {exchange.headers.get('authorization')} sent {sent}",
        "details": [sent],
    }
    exchange.send(400, {"content-type": "application/json", "x-request-id": "req-1"}, json.dumps(told).encode())


def garbled(exchange: w.Exchange) -> None:
    """200 with the secrets of the request in a body that is no JSON."""
    exchange.send(200, {"content-type": "application/json"}, exchange.body[:-1])


@dataclasses.dataclass
class Aftermath:
    """What was left behind by the run."""

    ran: dag_lab.Ran
    printed: str
    tokens: list[str]
    home: Path


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with SandboxServer() as server, Wire(server.url) as wire:
        yield wire


@pytest.fixture(scope="module")
def connections(wire: Wire) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for conn_type in BY_TYPE:
            connection = RoomsSandbox(wire.url).connection(conn_type)
            connection["extra"] = {**connection["extra"], **OF_CONNECTIONS}
            patch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT", json.dumps(connection))
        for name, value in OF_DAGS.items():
            patch.setenv(f"AIRFLOW_VAR_{name.upper()}", value)
        yield


@pytest.fixture(scope="module")
def aftermath(wire: Wire, connections: None, tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    """The DAG, run by an Airflow of its own."""
    home = tmp_path_factory.mktemp("canaries")
    wire.faults += [
        Fault("POST", echo, 1, rooms_of(wire, KEEPS)),
        Fault("POST", garbled, 5, rooms_of(wire, KEEPS)),
        Fault("POST", w.answers(503, retry_after="0.1"), 5, rooms_of(wire, ANY)),
    ]
    process = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "canary_dag.py"), str(home / "ran")],
        env={
            **os.environ,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "AIRFLOW__CORE__FERNET_KEY": FERNET_KEY,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stdout[-3000:]
    ran = pickle.loads((home / "ran").read_bytes())
    tokens = {h["authorization"].rpartition(" ")[2] for _, _, h in wire.seen if "authorization" in h}
    return Aftermath(ran, process.stdout, sorted(tokens), home)


def everything_in_the_database(home: Path) -> Iterator[tuple[str, str]]:
    """Every cell of every table, decrypted where Airflow encrypts."""
    fernet = Fernet(FERNET_KEY)
    with sqlite3.connect(home / "airflow.db") as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = database.execute(f'SELECT * FROM "{table}"')
            columns = [column for column, *_ in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    yield f"{table}.{column}", text
                    if text.startswith("gAAAA"):
                        yield f"{table}.{column} decrypted", fernet.decrypt(text.encode()).decode()


def leaks(text: str, secrets: list[str]) -> list[str]:
    """The secrets that a text shows, in clear or as JSON or a URL would write them."""
    found = []
    for secret in secrets:
        forms = {secret, json.dumps(secret)[1:-1], secret.replace(" ", "%20"), secret.replace(" ", "+")}
        if any(form in text for form in forms):
            found.append(secret)
    return found


def test_the_run_went_as_it_was_meant_to(aftermath: Aftermath) -> None:
    """Else nothing would have been found because nothing had happened."""
    states = aftermath.ran.states
    succeeded = {task for task, state in states.items() if state == "success"}
    assert succeeded == {
        "made",
        "drift_ignored",
        "as_json",
        "as_text",
        "as_spec",
        "many",
        "soon",
        "waited",
        "tried_again",
    }
    kinds = {task: type(error).__name__ for task, error in aftermath.ran.errors.items()}
    assert kinds == {
        "repeated": "RequestRefusedError",
        "garbled": "UnreadableAnswerError",
        "drifted": "DriftError",
        "misspelt": "InvalidSpecError",
        "misplaced": "InvalidSpecError",
        "contradicted": "InvalidSpecError",
        "tried_again": "VendorDownError",
    }
    assert aftermath.ran.tries["tried_again"] == 2
    assert "bad request: Bearer *** sent" in str(aftermath.ran.errors["repeated"])
    assert len(aftermath.tokens) >= 3


def test_the_vendor_was_given_the_secrets(aftermath: Aftermath, wire: Wire) -> None:
    rooms = {room[KEEPS.name_key]: room for room in RoomsSandbox(wire.upstream).rooms(KEEPS.conn_type)}
    sent = json.dumps(rooms["made"])
    expected = [*OF_CONNECTIONS["webhook_headers"].values(), OF_DAGS["school"], OF_DAGS["bucket"], OF_DAGS["bucket2"]]
    assert [secret for secret in expected if secret not in sent] == []


def test_nothing_is_in_the_database(aftermath: Aftermath) -> None:
    places = {}
    cells = 0
    for place, text in everything_in_the_database(aftermath.home):
        cells += 1
        if found := leaks(text, CANARIES + aftermath.tokens):
            places[place] = found
    assert places == {}
    assert cells > 1000


def test_rendered_fields_show_stars(aftermath: Aftermath) -> None:
    """… and not nothing."""
    cells = [
        text
        for place, text in everything_in_the_database(aftermath.home)
        if place == "rendered_task_instance_fields.rendered_fields"
    ]
    assert sum("***" in cell for cell in cells) >= 5


def test_the_files_of_the_log_hold_none(aftermath: Aftermath) -> None:
    for file in aftermath.home.rglob("*.log"):
        assert leaks(file.read_text(errors="replace"), CANARIES + aftermath.tokens) == [], file


def test_the_wait_went_through_the_triggerer(aftermath: Aftermath) -> None:
    """Rows of triggers go when they are done; what is passed to one is looked at where it is made."""
    from airflow.providers.common.compat.sdk import TaskDeferred

    assert "the room will be created at" in aftermath.printed
    from airflow_provider_rooms.operators.rooms import CreateRoomOperator

    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    task = CreateRoomOperator(task_id="far", conn_id=CLOSES_UNUSED.conn_id, name="far", starts_at=tomorrow)
    pushed: list[Any] = []
    ti = SimpleNamespace(xcom_push=lambda **given: pushed.append(given))
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({"ti": ti})
    assert pushed
    shown = f"{pushed} {deferred.value.trigger.serialize()} {deferred.value.kwargs} {vars(deferred.value.trigger)}"
    assert leaks(shown, CANARIES) == []


def test_the_reason_of_a_retry_is_in_the_database_in_our_words(aftermath: Aftermath) -> None:
    reasons = [
        text
        for place, text in everything_in_the_database(aftermath.home)
        if place.endswith("retry_reason") and text != "None"
    ]
    assert reasons
    assert all(re.fullmatch(rf"{ANY.kind.title} asked to wait \d+ s\.", reason) for reason in reasons)


def test_nothing_was_printed(aftermath: Aftermath) -> None:
    assert "made" in aftermath.printed
    assert leaks(aftermath.printed, CANARIES + aftermath.tokens) == []


def test_no_exception_shows_any(aftermath: Aftermath) -> None:
    for error in aftermath.ran.errors.values():
        shown = "\n".join([str(error), repr(error), *traceback.format_exception(error), str(vars(error))])
        assert leaks(shown, CANARIES + aftermath.tokens) == []
        assert leaks(pickle.dumps(error).decode("latin-1"), CANARIES + aftermath.tokens) == []
        again = pickle.loads(pickle.dumps(error))
        assert (str(again), type(again)) == (str(error), type(error))


def test_drift_shows_stars(aftermath: Aftermath) -> None:
    error = aftermath.ran.errors["drifted"]
    assert isinstance(error, errors.DriftError)
    rows = {row["field"]: row for row in error.drift}
    assert rows["webhook.headers.X-Secret"] == {"field": "webhook.headers.X-Secret", "asked": "***", "actual": "***"}
    assert rows["webhook.url"]["actual"] == "https://hooks.example/x"
    assert "canary-other" not in str(error)
    found = aftermath.ran.xcoms["drift_ignored"]["room"]["drift"]
    assert [row["field"] for row in found] == ["webhook.headers.X-Secret"]
    assert "canary-other" not in aftermath.printed


def test_nothing_shows_any_by_its_repr(aftermath: Aftermath, wire: Wire, connections: None) -> None:
    from airflow_provider_rooms.hooks import get_rooms_hook
    from airflow_provider_rooms.models import RoomSpec

    for traits in TRAITS:
        hook = get_rooms_hook(traits.conn_id)
        vendor = hook.vendor
        options = {"webhook": {"url": "https://x.example", "headers": {"a": OF_DAGS["school"]}}}
        spec = RoomSpec.read({"name": "repr", "options": options if traits is KEEPS else None})
        plan = checked_plan(vendor, spec, "fail", "fail")
        flow = vendor.submit(traits.create.path, lambda response: response, vendor.with_secrets(plan.body))
        request = next(flow)
        room = hook.ensure_room(spec)
        things = [
            hook,
            vendor,
            vendor.config,
            vendor.runtime,
            vendor.__dict__,
            spec,
            plan,
            request,
            room,
            room.as_dict(),
        ]
        if traits is KEEPS:
            assert "***" in str(room.details)
        for thing in [*things, room.details, hook.get_conn(), hook.transport, hook.aio]:
            shown = f"{thing!r} {thing}"
            if thing is vendor.__dict__:
                shown = re.sub(r"<[^>]*>", "", shown)
            assert leaks(shown, [*CANARIES, vendor.authorization().rpartition(" ")[2]]) == []


def test_the_link_shows_none(aftermath: Aftermath) -> None:
    links = {task: xcoms["room_url"] for task, xcoms in aftermath.ran.xcoms.items() if xcoms.get("room_url")}
    assert "made" in links
    for task, link in links.items():
        assert link.startswith("http://127.0.0.1")
        assert leaks(json.dumps(aftermath.ran.xcoms[task]), CANARIES + aftermath.tokens) == []


@pytest.mark.parametrize("act", [echo, garbled, w.answers(401, '"canary"'), w.reset_before])
@pytest.mark.parametrize("conn_type", BY_TYPE)
def test_the_text_of_test_connection_shows_none(conn_type: str, act: w.Act, wire: Wire, connections: None) -> None:
    from airflow_provider_rooms.hooks import get_rooms_hook

    with Wire(wire.upstream, [Fault("*", act, -1)]) as own, pytest.MonkeyPatch.context() as patch:
        name = f"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT"
        patch.setenv(name, os.environ[name].replace(wire.url, own.url))
        works, told = get_rooms_hook(f"{conn_type}_default").test_connection()
        tokens = [headers["authorization"].rpartition(" ")[2] for _, _, headers in own.seen]
    assert not works
    assert leaks(told, CANARIES + tokens) == []
