"""Creating: the same answer from the hook, its awaitable twin, and the operator in a DAG that Airflow runs.

Everything is prepared first, each case under a name of its own; then all cases of a way to ask are run together, the
operator's as tasks of one DAG per vendor. The tests read the results.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from airflow_provider_rooms.errors import ClassOverError, DriftError, RoomsError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.models import Room
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.server import SandboxServer
from airflow_provider_rooms.testing import dag_lab
from airflow_provider_rooms.testing.creating_cases import CASES, Case, Place, carries
from airflow_provider_rooms.testing.home import airflow_db
from airflow_provider_rooms.testing.rows import each_vendor, pytest_generate_tests, row_for, selected
from airflow_provider_rooms.testing.traits import Traits

__all__ = [
    "airflow_db",
    "pytest_generate_tests",
    "test_all_ways_say_the_same",
    "test_whoever_asks_gets_what_the_table_says",
    "theatre",
]

WAYS = ("hook", "aio", "operator")
#: Case, vendor and way to ask.
Key = tuple[str, str, str]


@dataclass
class Result:
    """How a case ended: the ``room`` as XCom has it, or the error."""

    room: dict[str, Any] | None
    error: BaseException | None
    place: Place
    #: For the operator: the state of its task.
    state: str = ""


class Theatre:
    """Two sandboxes, of which one is an hour later, and a result for every case, vendor and way to ask."""

    def __init__(self, boxes: dict[bool, RoomsSandbox], patch: pytest.MonkeyPatch, wanted: dict[Key, Traits]) -> None:
        self.results: dict[Key, Result] = {}
        self._boxes = boxes
        self._hooks: dict[str, Any] = {}
        for later, box in boxes.items():
            for conn_type in {key[1] for key in wanted}:
                box.limit(conn_type)  # hundreds of cases, one after the other as fast as they go
                connection = box.connection(conn_type)
                connection["extra"] = {**connection.get("extra", {}), "reads_per_second": 999, "writes_per_second": 999}
                patch.setenv(f"AIRFLOW_CONN_{self._conn_id(conn_type, later).upper()}", json.dumps(connection))
        places = {key: self._place(key, wanted[key]) for key in sorted(wanted)}
        for later in (True, False):
            for key, place in places.items():
                if self._case(key, place).later is later:
                    self._case(key, place).before(place)
            if later:
                boxes[True].advance(61 * 60)
        for way in WAYS:
            group = {key: place for key, place in places.items() if key[2] == way}
            getattr(self, f"_by_{way}")(group)

    @staticmethod
    def _conn_id(conn_type: str, later: bool) -> str:
        return f"{conn_type}_{'later' if later else 'now'}"

    @staticmethod
    def _case(key: Key, place: Place) -> Case:
        return row_for(key[0], CASES[key[0]], place.traits)

    def _place(self, key: Key, traits: Traits) -> Place:
        case, conn_type, way = key
        later = CASES[case].later
        name = f"{re.sub('[^a-z]+', '-', case)}-{way}"
        conn_id = self._conn_id(conn_type, later)
        hook = self._hooks.get(conn_id) or self._hooks.setdefault(conn_id, get_rooms_hook(conn_id))
        return Place(traits, name, hook, self._boxes[later], dt.datetime.now(dt.UTC))

    def _by_hook(self, places: dict[Key, Place]) -> None:
        for key, place in places.items():
            case, room, error = self._case(key, place), None, None
            try:
                room = place.hook.ensure_room({"name": place.name, **case.spec(place)}, **case.asks)
            except RoomsError as raised:
                error = raised
            self._keep(key, room, error, place)

    def _by_aio(self, places: dict[Key, Place]) -> None:
        async def run() -> None:
            for key, place in places.items():
                case, room, error = self._case(key, place), None, None
                async with place.hook.aio as rooms:
                    try:
                        room = await rooms.ensure_room({"name": place.name, **case.spec(place)}, **case.asks)
                    except RoomsError as raised:
                        error = raised
                self._keep(key, room, error, place)

        asyncio.run(run())

    def _keep(self, key: Key, room: Room | None, error: BaseException | None, place: Place) -> None:
        self.results[key] = Result(room.as_dict() if room else None, error, place)

    def _by_operator(self, places: dict[Key, Place]) -> None:
        from airflow.providers.common.compat.sdk import DAG

        from airflow_provider_rooms.operators.rooms import CreateRoomOperator

        for conn_type in sorted({key[1] for key in places}):
            tasks: dict[str, Key] = {}
            start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
            with DAG(f"creating_{conn_type}", schedule=None, start_date=start, default_args=dag_lab.NOTED) as dag:
                for key, place in places.items():
                    if key[1] != conn_type:
                        continue
                    case = self._case(key, place)
                    task = re.sub("[^a-z]+", "_", key[0])
                    tasks[task] = key
                    CreateRoomOperator(
                        task_id=task,
                        conn_id=self._conn_id(conn_type, case.later),
                        spec={"name": place.name, **case.spec(place)},
                        **case.asks,  # type: ignore[arg-type]
                    )
            ran = dag_lab.run(dag)
            for task, key in tasks.items():
                xcoms, state = ran.xcoms.get(task, {}), ran.states[task]
                pushed = xcoms.get("room")
                # A task that fails or is skipped pushes what it knows of the class, for the Rooms page.
                room = pushed if state == "success" else None
                assert xcoms.get("return_value") == (room["id"] if room else None)
                assert room or pushed is None or pushed["id"] is None
                result = Result(room, ran.errors.get(task), places[key], state)
                self.results[key] = result


@pytest.fixture(scope="module")
def theatre(request: pytest.FixtureRequest, airflow_db: None) -> Iterator[Theatre]:
    """Every case that was selected, played."""
    wanted = {
        (params["case"], params["traits"].conn_type, params["way"]): params["traits"]
        for params in selected(request, "case", "traits", "way")
    }
    with SandboxServer() as now, SandboxServer() as later, pytest.MonkeyPatch.context() as patch:
        yield Theatre({False: RoomsSandbox(now.url), True: RoomsSandbox(later.url)}, patch, wanted)


def _cases(traits: Traits) -> list[tuple[str]]:
    return [(name,) for name, case in CASES.items() if case.only(traits) and name not in traits.impossible]


@pytest.mark.parametrize("way", WAYS)
@each_vendor(["case"], _cases)
def test_whoever_asks_gets_what_the_table_says(case: str, traits: Traits, way: str, theatre: Theatre) -> None:
    row, result = row_for(case, CASES[case], traits), theatre.results[case, traits.conn_type, way]
    if row.ends == "skip":
        if way == "operator":
            assert result.state == "skipped"
        else:
            assert isinstance(result.error, ClassOverError)
            assert row.says in str(result.error)
    elif isinstance(row.ends, str):
        if result.error is not None:
            raise result.error
        assert result.room is not None
        assert result.room["outcome"] == row.ends
        assert row.same is None or (result.room["id"] == result.place.before) is row.same
        assert [found["field"] for found in result.room["drift"]] == list(row.drift)
        assert result.room["unverified"] == list(row.unverified)
    else:
        assert type(result.error) is row.ends
        assert row.says in str(result.error)
        assert result.state in ("", "failed")
        if isinstance(result.error, DriftError) and row.drift:
            assert [found["field"] for found in result.error.drift] == list(row.drift)
    rooms = [
        room
        for room in result.place.box.rooms(traits.conn_type)
        if carries(str(room[traits.name_key]), result.place.name)
    ]
    assert len(rooms) == row.rooms
    usable = [room[traits.id_key] for room in rooms if traits.usable(room)]
    assert len(usable) == row.usable
    if result.room is not None and result.room["state"] == "open":
        assert usable == [result.room["id"]]


@each_vendor(["case"], _cases)
def test_all_ways_say_the_same(case: str, traits: Traits, theatre: Theatre) -> None:
    ends = []
    for way in WAYS:
        result = theatre.results.get((case, traits.conn_type, way))
        if result is None:
            pytest.skip("not all ways were selected")
        # A skipped task shows no error to its callbacks.
        told = None if result.error is None or result.state == "skipped" else _plain(str(result.error), result)
        room = result.room and {key: _plain(str(value), result) for key, value in result.room.items() if key in ALIKE}
        ends.append((told if row_for(case, CASES[case], traits).ends != "skip" else "skip", room))
    assert ends[0] == ends[1] == ends[2]


ALIKE = ("vendor", "conn_id", "name", "state", "outcome", "ref", "drift", "unverified")


def _plain(text: str, result: Result) -> str:
    """A text without what differs from case to case: names, ids and times."""
    place = result.place
    text = text.replace(place.name, "NAME")
    for known in (place.before, result.room and result.room["id"], getattr(result.error, "room", None)):
        text = text.replace(known or "\0", "ID")
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.+]+", "TIME", text)
    return re.sub(r"[0-9a-f]{10}", "HASH", text)
