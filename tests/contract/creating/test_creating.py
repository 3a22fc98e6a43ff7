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

import dag_lab
import pytest
from creating_cases import CASES, VENDORS, Case, Place, of

from airflow_provider_rooms.errors import ClassOverError, RoomsError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.models import Room
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.server import SandboxServer

WAYS = ("hook", "aio", "operator")
NAME_KEYS = {"videosdk": "customRoomId", "hundredms": "name", "twilio_video": "unique_name"}
ID_KEYS = {"videosdk": "roomId", "hundredms": "id", "twilio_video": "sid"}


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

    def __init__(self, boxes: dict[bool, RoomsSandbox], patch: pytest.MonkeyPatch, wanted: set[tuple[str, str, str]]):
        self.results: dict[tuple[str, str, str], Result] = {}
        self._boxes = boxes
        self._hooks: dict[str, Any] = {}
        for later, box in boxes.items():
            box.limit("twilio")  # hundreds of cases, one after the other as fast as they go
            for conn_type in VENDORS:
                connection = box.connection(conn_type)
                connection["extra"] = {**connection.get("extra", {}), "reads_per_second": 999, "writes_per_second": 999}
                patch.setenv(f"AIRFLOW_CONN_{self._conn_id(conn_type, later).upper()}", json.dumps(connection))
        places = {key: self._place(*key) for key in sorted(wanted)}
        for later in (True, False):
            for (case, conn_type, _), place in places.items():
                if CASES[case].later is later:
                    of(CASES[case].before, conn_type)(place)
            if later:
                boxes[True].advance(61 * 60)
        for way in WAYS:
            group = {key: place for key, place in places.items() if key[2] == way}
            getattr(self, f"_by_{way}")(group)

    @staticmethod
    def _conn_id(conn_type: str, later: bool) -> str:
        return f"{conn_type}_{'later' if later else 'now'}"

    def _place(self, case: str, conn_type: str, way: str) -> Place:
        later = CASES[case].later
        name = f"{re.sub('[^a-z]+', '-', case)}-{way}"
        conn_id = self._conn_id(conn_type, later)
        hook = self._hooks.get(conn_id) or self._hooks.setdefault(conn_id, get_rooms_hook(conn_id))
        return Place(conn_type, name, hook, self._boxes[later], dt.datetime.now(dt.UTC))

    @staticmethod
    def _spec(case: Case, place: Place) -> dict[str, Any]:
        spec = of(case.spec, place.conn_type)
        return {"name": place.name, **(spec(place) if callable(spec) else spec)}

    def _by_hook(self, places: dict[tuple[str, str, str], Place]) -> None:
        for key, place in places.items():
            case, room, error = CASES[key[0]], None, None
            try:
                room = place.hook.ensure_room(self._spec(case, place), **case.asks)
            except RoomsError as raised:
                error = raised
            self._keep(key, room, error, place)

    def _by_aio(self, places: dict[tuple[str, str, str], Place]) -> None:
        async def run() -> None:
            for key, place in places.items():
                case, room, error = CASES[key[0]], None, None
                async with place.hook.aio as rooms:
                    try:
                        room = await rooms.ensure_room(self._spec(case, place), **case.asks)
                    except RoomsError as raised:
                        error = raised
                self._keep(key, room, error, place)

        asyncio.run(run())

    def _keep(self, key: tuple[str, str, str], room: Room | None, error: BaseException | None, place: Place) -> None:
        self.results[key] = Result(room and room.as_dict(), error, place)

    def _by_operator(self, places: dict[tuple[str, str, str], Place]) -> None:
        from airflow.providers.common.compat.sdk import DAG

        from airflow_provider_rooms.operators.rooms import CreateRoomOperator

        for conn_type in VENDORS:
            tasks: dict[str, tuple[str, str, str]] = {}
            start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
            with DAG(f"creating_{conn_type}", schedule=None, start_date=start, default_args=dag_lab.NOTED) as dag:
                for key, place in places.items():
                    if key[1] != conn_type:
                        continue
                    case = CASES[key[0]]
                    task = re.sub("[^a-z]+", "_", key[0])
                    tasks[task] = key
                    CreateRoomOperator(
                        task_id=task,
                        conn_id=self._conn_id(conn_type, case.later),
                        spec=self._spec(case, place),
                        **case.asks,
                    )
            if not tasks:
                continue
            ran = dag_lab.run(dag)
            for task, key in tasks.items():
                xcoms = ran.xcoms.get(task, {})
                result = Result(xcoms.get("room"), ran.errors.get(task), places[key], ran.states[task])
                assert xcoms.get("return_value") == (xcoms["room"]["id"] if "room" in xcoms else None)
                self.results[key] = result


@pytest.fixture(scope="module")
def theatre(request: pytest.FixtureRequest, airflow_db: None) -> Iterator[Theatre]:
    """Every case that was selected, played."""
    calls = [item.callspec.params for item in request.session.items if getattr(item, "callspec", None) is not None]
    wanted = {(p["case"], p["conn_type"], p["way"]) for p in calls if {"case", "conn_type", "way"} <= set(p)}
    with SandboxServer() as now, SandboxServer() as later, pytest.MonkeyPatch.context() as patch:
        yield Theatre({False: RoomsSandbox(now.url), True: RoomsSandbox(later.url)}, patch, wanted)


ROWS = [(case, conn_type) for case, row in CASES.items() for conn_type in row.only]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("case", "conn_type"), ROWS)
def test_whoever_asks_gets_what_the_table_says(case: str, conn_type: str, way: str, theatre: Theatre) -> None:
    row, result = CASES[case], theatre.results[case, conn_type, way]
    ends, says = of(row.ends, conn_type), of(row.says, conn_type)
    drift = None if row.drift is None else row.drift[conn_type]
    if ends == "skip":
        if way == "operator":
            assert result.state == "skipped"
        else:
            assert isinstance(result.error, ClassOverError)
            assert says in str(result.error)
    elif isinstance(ends, str):
        if result.error is not None:
            raise result.error
        assert result.room is not None
        assert result.room["outcome"] == ends
        same = of(row.same, conn_type)
        assert same is None or (result.room["id"] == result.place.before) is same
        assert [found["field"] for found in result.room["drift"]] == ([drift] if drift else [])
        assert result.room["unverified"] == (row.unverified[conn_type] if row.unverified else [])
    else:
        assert type(result.error) is ends
        assert says in str(result.error)
        assert result.state in ("", "failed")
        if drift:
            assert [found["field"] for found in result.error.drift] == [drift]  # type: ignore[union-attr]
    rooms = carrying(result.place)
    assert len(rooms) == of(row.rooms, conn_type)
    usable = [room for room in rooms if not room.get("disabled") and room.get("enabled", True)]
    usable = [room for room in usable if room.get("status", "in-progress") == "in-progress"]
    assert len(usable) == of(row.usable, conn_type)
    if result.room is not None and result.room["state"] == "open":
        assert [room[ID_KEYS[conn_type]] for room in usable] == [result.room["id"]]


def carrying(place: Place) -> list[dict[str, Any]]:
    """Rooms of a name, and those that took over from them."""
    key = NAME_KEYS[place.conn_type]
    return [
        room
        for room in place.box.rooms(place.conn_type)
        if re.fullmatch(rf"{re.escape(place.name)}(-r\d+)?(_elan_.*)?", str(room[key]))
    ]


@pytest.mark.parametrize(("case", "conn_type"), ROWS)
def test_all_ways_say_the_same(case: str, conn_type: str, theatre: Theatre) -> None:
    ends = []
    for way in WAYS:
        result = theatre.results.get((case, conn_type, way))
        if result is None:
            pytest.skip("not all ways were selected")
        # A skipped task shows no error to its callbacks.
        told = None if result.error is None or result.state == "skipped" else plain(str(result.error), result.place)
        room = result.room and {k: plain(str(v), result.place) for k, v in result.room.items() if k in ALIKE}
        ends.append((told if of(CASES[case].ends, conn_type) != "skip" else "skip", room))
    assert ends[0] == ends[1] == ends[2]


ALIKE = ("vendor", "conn_id", "name", "state", "outcome", "ref", "drift", "unverified")


def plain(text: str, place: Place) -> str:
    """A text without what differs from case to case: names, ids and times."""
    text = text.replace(place.name, "NAME").replace(place.before or "\0", "ID")
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.+]+", "TIME", text)
    text = re.sub(r"RM[0-9a-f]{32}|[0-9a-f]{24}|[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", "ID", text)
    return re.sub(r"[0-9a-f]{10}", "HASH", text)
