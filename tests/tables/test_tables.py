"""What happened, as tables: the same evening at every vendor, in every format."""

from __future__ import annotations

import csv
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from table_stage import evening, hook, read_jsonl, write
from vendor_traits import ANY, TYPES, facts

from airflow_provider_rooms import errors
from airflow_provider_rooms.tables.columns import HAPPENED, TABLES
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.contract.history import History

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


pytestmark = pytest.mark.usefixtures("connections")


def by_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row.get("started_at") or row.get("first_joined_at"), row.get("identity")))


@pytest.mark.parametrize("conn_type", TYPES)
def test_the_same_evening_gives_the_same_rows_at_every_vendor(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times are compared to ten seconds: the sandbox's clock goes on while requests are sent."""
    evening(rooms_sandbox, conn_type, monkeypatch)
    sessions = by_time(read_jsonl(tmp_path, conn_type, "sessions"))
    told = ("conn_id", "room_name", "seconds", "people", "people_seconds")
    assert [[_rough(row[name]) for name in told] for row in sessions] == [
        [f"{conn_type}_default", "algebra", 180, 3, 480],
        [f"{conn_type}_default", "algebra", 6, 1, 6],
    ]
    people = by_time(read_jsonl(tmp_path, conn_type, "attendance"))
    assert [[_rough(row[name]) for name in ("identity", "seconds", "stays")] for row in people] == [
        ["ann", 180, 1],
        ["bob", 150, 2],
        ["carl", 150, 1],  # never seen to leave: there to the end
        ["ann", 6, 1],
    ]
    first, last = sessions
    assert [row["session_id"] for row in people] == [first["session_id"]] * 3 + [last["session_id"]]
    assert _apart(people[0]["first_joined_at"], first["started_at"]) < 1
    assert _apart(max(row["last_left_at"] for row in people[:3]), first["ended_at"]) < 1
    recordings = read_jsonl(tmp_path, conn_type, "recordings")
    # Where every microphone is recorded by itself, those that failed are some of several.
    assert {row["room_name"] for row in recordings} == {"algebra"}
    assert "failed" in {row["state"] for row in recordings} <= {"failed", "ready"}
    assert {row["session_id"] for row in recordings} <= {first["session_id"], None}
    (room,) = read_jsonl(tmp_path, conn_type, "rooms")
    assert (room["room_name"], room["room_id"]) == ("algebra", first["room_id"])


def _apart(one: str, other: str) -> float:
    """Seconds between two times."""
    return abs((dt.datetime.fromisoformat(one) - dt.datetime.fromisoformat(other)).total_seconds())


def _rough(value: Any) -> Any:
    return value // 10 if isinstance(value, int) and value > 5 else value


@pytest.mark.parametrize("conn_type", TYPES)
def test_what_needs_nothing_of_a_vendor_gives_the_same_rows_as_its_own_lists(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vendor from outside may have no lists of the whole account."""
    evening(rooms_sandbox, conn_type, monkeypatch)
    own = {table: read_jsonl(tmp_path, conn_type, table) for table in HAPPENED}
    for method in ("past_sessions", "past_recordings", "past_rooms"):
        monkeypatch.setattr(vendor_class(conn_type), method, getattr(History, method), raising=False)
    for table in HAPPENED:
        key = TABLES[table].key
        found = {tuple(row[name] for name in key): row for row in read_jsonl(tmp_path, conn_type, table)}
        assert found == {tuple(row[name] for name in key): row for row in own[table]}, table


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_live_session_is_left_to_the_interval_in_which_it_ends(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    room = hook(conn_type).ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(conn_type, room.id)
    assert read_jsonl(tmp_path, conn_type, "attendance") == []
    rooms_sandbox.end_session(conn_type, room.id)
    rooms_sandbox.advance(120)
    assert len(read_jsonl(tmp_path, conn_type, "attendance")) == 2


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_room_that_took_over_has_the_name_of_its_class(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    room = hook(conn_type).ensure_room({"name": "algebra"})
    hook(conn_type).close_room(room)
    again = hook(conn_type).ensure_room({"name": "algebra"}, on_closed="reopen")
    rooms_sandbox.start_session(conn_type, again.id)
    rooms_sandbox.end_session(conn_type, again.id)
    rooms_sandbox.advance(120)
    (row,) = read_jsonl(tmp_path, conn_type, "sessions")
    assert (row["room_name"], row["room_id"]) == ("algebra", again.id)


@pytest.mark.parametrize("conn_type", TYPES)
def test_only_rooms_of_a_prefix(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = rooms_sandbox.connection(conn_type)
    connection["extra"] = {**connection.get("extra", {}), "name_prefix": "staging-"}
    for name in ("staging-algebra", "staging-latin", "algebra"):
        room = hook(conn_type).ensure_room({"name": name})
        rooms_sandbox.start_session(conn_type, room.id)
        rooms_sandbox.end_session(conn_type, room.id)
    rooms_sandbox.advance(120)
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT", json.dumps(connection))
    for table in ("sessions", "rooms"):
        names = {row["room_name"] for row in read_jsonl(tmp_path, conn_type, table)}
        assert names == {"staging-algebra", "staging-latin"}
        names = {row["room_name"] for row in read_jsonl(tmp_path, conn_type, table, prefix="alg")}
        assert names == {"staging-algebra"}


# -- requests ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_no_more_requests_than_pages(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path, logged: Callable[[], str]
) -> None:
    """Where people are listed by room only, that is a request for each."""
    rooms = [hook(conn_type).ensure_room({"name": f"class-{number}"}) for number in range(60)]
    for room in rooms:
        rooms_sandbox.start_session(conn_type, room.id)
        rooms_sandbox.end_session(conn_type, room.id)
        rooms_sandbox.start_session(conn_type, room.id)
        rooms_sandbox.end_session(conn_type, room.id)
    rooms_sandbox.advance(7200)
    before = len(rooms_sandbox.requests())
    found = read_jsonl(tmp_path, conn_type, "attendance")
    asked = [row["path"] for row in rooms_sandbox.requests()[before:]]
    assert f": {len(asked)} requests." in logged()
    lists = {path for path in asked if not any(room.id in path for room in rooms)}
    per_room = [path for path in asked if path not in lists]
    told = facts("sessions")[conn_type]
    assert len(asked) - len(per_room) <= 1.1 * told.ATTENDANCE_LISTS
    assert len(per_room) in (0, len(rooms))
    sessions = {row["session_id"] for row in found}
    assert len(sessions) == (60 if told.REJOINS else 120)


def test_progress_is_logged(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    monkeypatch.setattr("airflow_provider_rooms.operators.tables.REPORT_EVERY", 0.0)
    evening(rooms_sandbox, ANY.conn_type, monkeypatch)
    write(ANY.conn_type, f"file://{tmp_path}/x.csv", table="attendance")
    assert "3 rows after" in logged()


# -- formats -----------------------------------------------------------------------------------------------------------------


def test_no_cell_is_run_by_a_spreadsheet(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = hook(ANY.conn_type).ensure_room({"name": "algebra"})
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", 'quote",\n=1', "Zoë"]
    people = [{"identity": f"p{number}", "name": name} for number, name in enumerate(names)]
    rooms_sandbox.start_session(ANY.conn_type, room.id, people)
    rooms_sandbox.end_session(ANY.conn_type, room.id)
    rooms_sandbox.advance(120)
    path = tmp_path / "people.csv"
    write(ANY.conn_type, f"file://{path}", table="attendance")
    with path.open(encoding="utf-8", newline="") as file:
        cells = {row["identity"]: row["name"] for row in csv.DictReader(file)}
    assert cells == {f"p{number}": name if number >= 6 else f"'{name}" for number, name in enumerate(names)}


@pytest.mark.parametrize("conn_type", TYPES)
def test_an_empty_night_has_the_columns_and_types_of_a_full_one(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    duckdb = pytest.importorskip("duckdb")
    long_ago = {"since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}
    evening(rooms_sandbox, conn_type, monkeypatch)
    for table in HAPPENED:
        full, empty = (tmp_path / f"{name}-{table}.parquet" for name in ("full", "empty"))
        assert write(conn_type, f"file://{full}", table=table)["rows"] > 0
        assert write(conn_type, f"file://{empty}", table=table, **long_ago)["rows"] == 0
        assert pq.read_schema(full).equals(pq.read_schema(empty), check_metadata=True)
        assert pq.read_schema(full).names == list(TABLES[table].names)
        rows = pq.read_table(full).to_pylist()
        plain = json.loads(json.dumps(rows, default=lambda moment: moment.isoformat(timespec="milliseconds")))
        for row in read_jsonl(tmp_path, conn_type, table):
            told = {k: v.replace("Z", "+00:00") if k.endswith("_at") and v else v for k, v in row.items()}
            assert told in plain
        query = f"select * from read_parquet('{full}') union all select * from read_parquet('{empty}')"
        assert len(duckdb.sql(query).fetchall()) == len(rows)
        header = tmp_path / f"empty-{table}.csv"
        write(conn_type, f"file://{header}", table=table, **long_ago)
        assert header.read_text().strip().split(",") == list(TABLES[table].names)


def test_every_column_says_what_it_is() -> None:
    for table in TABLES.values():
        assert set(table.key) <= set(table.names)
        assert all(column.doc.endswith(".") for column in table.columns)
        # Sums of what has no unit, or of two units, are what dashboards get wrong.
        assert all(column.unit for column in table.columns if column.name.endswith(("seconds", "bytes")))


# -- people ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_people_as_codes_or_not_at_all(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening(rooms_sandbox, conn_type, monkeypatch)
    kept = by_time(read_jsonl(tmp_path, conn_type, "attendance"))
    hashed = read_jsonl(tmp_path, conn_type, "attendance", people="hash")
    again = read_jsonl(tmp_path, conn_type, "attendance", people="hash")
    assert hashed == again
    codes = {row["identity"] for row in hashed}
    assert len(codes) == 3
    assert not any(name in json.dumps(hashed).lower() for name in ("ann", "bob", "carl"))
    left_out = read_jsonl(tmp_path, conn_type, "attendance", people="leave_out")
    assert {(row["identity"], row["name"]) for row in left_out} == {(None, None)}
    assert sorted(row["seconds"] for row in left_out) == sorted(row["seconds"] for row in kept)
    # Another secret, other codes: without it nobody can try out who it may be.
    connection = rooms_sandbox.connection(conn_type)
    connection["extra"] = {**connection.get("extra", {}), "people_secret": "of our own"}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT", json.dumps(connection))
    other = {row["identity"] for row in read_jsonl(tmp_path, conn_type, "attendance", people="hash")}
    assert len(other) == 3
    assert not other & codes


# -- bad input ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "is after until"),
        ({"since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "CronDataIntervalTimetable"),
        ({"since": None}, "since: no time is set"),
        ({"until": "None"}, "until: no time is set"),
        ({"since": "2026-01-01T00:00:00"}, "no time zone"),
        ({"table": "people"}, "table: 'people'"),
        ({"people": "show"}, "people: 'show'"),
        ({"to": "file:///tmp/x.xlsx"}, "must be one of .csv, .jsonl, .parquet"),
        ({"to": "x.csv"}, "not an absolute path"),
        ({"to": "floppy://x.csv"}, "cannot write there"),
        ({"to": ""}, "to: expected a URL"),
    ],
)
def test_bad_input_is_refused_before_any_call(
    given: dict[str, Any], error: str, rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    with pytest.raises(errors.InvalidSpecError) as refused:
        write(ANY.conn_type, **{"to": f"file://{tmp_path}/x.csv", **given})
    assert error in str(refused.value)
    assert rooms_sandbox.requests() == []
    assert list(tmp_path.iterdir()) == []


def test_codes_need_a_secret(rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {**rooms_sandbox.connection(ANY.conn_type), "password": ""}
    monkeypatch.setenv(f"AIRFLOW_CONN_{ANY.conn_id.upper()}", json.dumps(connection))
    with pytest.raises(errors.InvalidConnectionError, match="has no"):
        write(ANY.conn_type, f"file://{tmp_path}/x.csv", people="hash")
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_pyarrow_says_what_to_install(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(errors.MissingExtraError, match=r"airflow-provider-rooms\[tables\]"):
        write(ANY.conn_type, f"file://{tmp_path}/x.parquet")
    assert rooms_sandbox.requests() == []


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_vendor_that_fails_leaves_the_file_of_the_last_run(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("of the last run")
    evening(rooms_sandbox, conn_type, monkeypatch)
    rooms_sandbox.fault(conn_type, "status", status=400, times=-1)
    with pytest.raises(errors.RequestRefusedError):
        write(conn_type, f"file://{path}")
    assert path.read_text() == "of the last run"
    assert list(tmp_path.iterdir()) == [path]


# -- settling ----------------------------------------------------------------------------------------------------------------


def test_an_interval_that_has_just_ended_is_left_to_settle(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("airflow_provider_rooms.operators.tables.time.sleep", slept.append)
    now = dt.datetime.now(dt.UTC)
    write(ANY.conn_type, f"file://{tmp_path}/x.csv", until=now - dt.timedelta(seconds=15))
    assert len(slept) == 1
    assert 30 < slept[0] <= 45
    write(ANY.conn_type, f"file://{tmp_path}/x.csv", until=now - dt.timedelta(seconds=61))
    assert len(slept) == 1
    assert "not over yet" not in logged()
    write(ANY.conn_type, f"file://{tmp_path}/x.csv", until=now + dt.timedelta(seconds=30))
    assert "not over yet" in logged()
