"""Recording a room, and bringing its recordings home: local files and S3 (a moto server in its place), in real Airflow."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from pushed import Pushed
from recording_stage import FILES, files, hook, recorded, store
from vendor_traits import ANY, TRAITS, TYPES, facts, one_that

from airflow_provider_rooms import errors
from airflow_provider_rooms.operators.rooms import (
    RecordingToStorageOperator,
    StartRecordingOperator,
)
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES
from airflow_provider_rooms.testing.dag_lab import run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


SEVERAL = next(traits for traits in TRAITS if len(traits.recorded) > 1)
#: One that says that a recording failed.
FAILS = one_that(recording_failed="RecordingFailedError")
#: Each vendor takes those under its own name.
OPTIONS = {conn_type: found.START_OPTIONS for conn_type, found in facts("recordings").items()}


# -- start and stop ----------------------------------------------------------------------------------------------------------


def test_start_and_stop_in_a_dag(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    for conn_type in TYPES:
        rooms_sandbox.start_session(conn_type, hook(conn_type).ensure_room({"name": "algebra"}).id)
    body = f"""
        for conn_type in {TYPES}:
            given = dict(conn_id=conn_type + "_default", room_id="algebra")
            start = StartRecordingOperator(task_id="start_" + conn_type, **given)
            again = StartRecordingOperator(
                task_id="again_" + conn_type, options="{{{{ {OPTIONS} }}}}", **given
            )
            stop = StopRecordingOperator(task_id="stop_" + conn_type, **given)
            idle = StopRecordingOperator(task_id="idle_" + conn_type, **given)
            start >> again >> stop >> idle
    """
    ran = run_tasks(tmp_path, "recording", body)
    assert set(ran.states.values()) == {"success"}
    for conn_type in TYPES:
        started = ran.value(f"start_{conn_type}")
        assert len(started) == FILES[conn_type]
        assert {row["state"] for row in started} == {"processing"}
        ids = sorted(row["id"] for row in started)
        assert sorted(row["id"] for row in ran.value(f"again_{conn_type}")) == ids
        assert sorted(row["id"] for row in ran.value(f"stop_{conn_type}")) == ids
        # Where each microphone is a file of its own, it is processing until that is there.
        assert len(ran.value(f"idle_{conn_type}")) <= (FILES[conn_type] if FILES[conn_type] > 1 else 0)
        assert ran.xcoms[f"start_{conn_type}"]["room_url"].startswith(rooms_sandbox.url)


def test_wrong_options_are_refused_before_any_call(rooms_sandbox: RoomsSandbox) -> None:
    for options in ({"lay_out": 1}, "[]", '{"lay_out": {}}'):
        start = StartRecordingOperator(task_id="x", conn_id="rooms", room_id="algebra", options=options)
        with pytest.raises(errors.InvalidSpecError):
            start.execute({"ti": Pushed()})  # type: ignore[typeddict-item]
    assert rooms_sandbox.requests() == []


# -- into a folder -----------------------------------------------------------------------------------------------------------


def test_the_whole_way_from_the_class_to_the_file(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    for conn_type in TYPES:
        recorded(rooms_sandbox, conn_type)
    body = f"""
        for conn_type in {TYPES}:
            given = dict(conn_id=conn_type + "_default", room_id="algebra")
            ready = RecordingReadySensor(
                task_id="ready_" + conn_type, since="2026-01-01T00:00:00Z", poke_interval=0.2, timeout=20, **given
            )
            store = RecordingToStorageOperator(
                task_id="store_" + conn_type,
                recordings=ready.output,
                to="file://{tmp_path}/out/{{{{ ti.task_id }}}}/{{name}}/{{kind}}-{{id}}.{{ext}}",
                **given,
            )
            again = RecordingToStorageOperator(
                task_id="again_" + conn_type, to="file://{tmp_path}/out/store_" + conn_type + "/{{name}}/{{kind}}-{{id}}.{{ext}}", **given
            )
            store >> again
    """
    ran = run_tasks(tmp_path, "storing", body)
    assert set(ran.states.values()) == {"success"}
    expected = {}
    for conn_type in TYPES:
        rows = ran.value(f"store_{conn_type}")
        assert len(rows) == FILES[conn_type]
        assert {row["bytes"] for row in rows} == {MEDIA_BYTES}
        assert ran.value(f"again_{conn_type}") == rows
        for row in rows:
            expected[row["url"].removeprefix(f"file://{tmp_path}/out/")] = MEDIA_BYTES
    assert files(tmp_path / "out") == expected
    # The second task found everything: no file was fetched twice.
    fetched = [row["path"] for row in rooms_sandbox.requests() if row["path"].startswith("/files/")]
    assert len(fetched) == len(expected)


def test_content_is_what_the_vendor_has(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, ANY.conn_type)
    (row,) = store(room, f"{tmp_path}/{{id}}.{{ext}}")
    with hook(ANY.conn_type).open_recording(row["id"]) as file:
        assert (tmp_path / f"{row['id']}.mp4").read_bytes() == b"".join(file)


def test_a_file_of_the_wrong_size_is_replaced_and_one_of_the_right_size_is_left_alone(
    rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    room = recorded(rooms_sandbox, ANY.conn_type)
    target = tmp_path / "film.mp4"
    target.write_bytes(b"half a film")
    store(room, f"file://{target}")
    assert target.stat().st_size == MEDIA_BYTES
    target.write_bytes(b"x" * MEDIA_BYTES)
    store(room, f"file://{target}")
    assert target.read_bytes() == b"x" * MEDIA_BYTES


def test_half_a_file_is_not_left_behind(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, ANY.conn_type)
    target = tmp_path / "film.mp4"
    operator = RecordingToStorageOperator(task_id="store", conn_id="rooms", room_id=room, to=f"file://{target}")

    class Broken:
        """A file whose connection ends early."""

        size = MEDIA_BYTES

        def __init__(self, pieces: list[bytes], error: Exception | None = None) -> None:
            self.pieces, self.error = pieces, error

        def __enter__(self) -> Broken:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __iter__(self) -> Iterator[bytes]:
            yield from self.pieces
            if self.error:
                raise self.error

    for broken in (Broken([b"abc"]), Broken([b"abc"], errors.TransportError("gone"))):
        operator.hook.open_recording = lambda recording, broken=broken: broken  # type: ignore[method-assign]
        with pytest.raises(errors.TransportError):
            operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]
        assert not target.exists()


def test_what_is_ready_is_copied_and_the_rest_is_left_to_the_next_try(
    rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    room = recorded(rooms_sandbox, ANY.conn_type)
    rooms_sandbox.start_session(ANY.conn_type, room["id"])
    hook(ANY.conn_type).start_recording(room["id"])
    with pytest.raises(errors.NotVisibleYetError, match="1 copied, 1 not ready yet"):
        store(room["id"], f"{tmp_path}/{{id}}.{{ext}}")
    assert len(files(tmp_path)) == 1
    rooms_sandbox.end_session(ANY.conn_type, room["id"])
    rooms_sandbox.advance(600)
    assert len(store(room["id"], f"{tmp_path}/{{id}}.{{ext}}")) == 2


def test_failed_ones_are_said_and_if_all_failed_the_task_does(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, logged: Callable[[], str]
) -> None:
    room = hook(FAILS.conn_type).ensure_room({"name": "algebra"})
    hook(FAILS.conn_type).start_recording(room.id)
    rooms_sandbox.recording(FAILS.conn_type, room.id, "fail")
    with pytest.raises(errors.RecordingFailedError, match="Every recording failed"):
        store(room.id, f"{tmp_path}/{{id}}.{{ext}}", conn_id=FAILS.conn_id)
    hook(FAILS.conn_type).start_recording(room.id)
    rooms_sandbox.recording(FAILS.conn_type, room.id, "complete")
    assert len(store(room.id, f"{tmp_path}/{{id}}.{{ext}}", conn_id=FAILS.conn_id)) == 1
    assert f"{FAILS.kind.title} failed to produce these recordings:" in logged()


def test_the_room_dict_says_which_class_is_meant(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """The same room every week: last week's film is not this week's."""
    now = dt.datetime.now(dt.UTC)
    room = recorded(rooms_sandbox, ANY.conn_type)
    week = dt.timedelta(days=7)
    for other in (now - week, now + week):
        with pytest.raises(errors.RecordingMissingError, match="no recording"):
            store(room | around(other), f"{tmp_path}/{{id}}.{{ext}}")
    assert len(store(room | around(now), f"{tmp_path}/{{id}}.{{ext}}")) == 1


@pytest.mark.parametrize("conn_type", TYPES)
def test_what_was_recorded_when_the_class_ran_over_is_of_the_class(
    conn_type: str, rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    """Who comes back after the planned end is on a track that began after it."""
    room = hook(conn_type).ensure_room({"name": "algebra"}).as_dict()
    rooms_sandbox.start_session(conn_type, room["id"], ["ada"])
    hook(conn_type).start_recording(room)
    rooms_sandbox.advance(3600)
    hook(conn_type).stop_recording(room)
    rooms_sandbox.start_session(conn_type, room["id"], ["bob"])
    assert hook(conn_type).start_recording(room)
    rooms_sandbox.end_session(conn_type, room["id"])
    rooms_sandbox.advance(600)
    recordings = list(hook(conn_type).recordings(room, "recording"))
    times = around(dt.datetime.now(dt.UTC))
    rows = store(room | times, f"{tmp_path}/{{id}}.{{ext}}", conn_id=f"{conn_type}_default")
    assert {row["id"] for row in rows} == {recording.id for recording in recordings}
    assert any(recording.created_at > times["ends_at"] for recording in recordings)


def around(moment: dt.datetime) -> dict[str, str]:
    """Start and end of a class that is half over at a time."""
    half = dt.timedelta(minutes=30)
    return {"starts_at": (moment - half).isoformat(), "ends_at": (moment + half).isoformat()}


def test_each_recording_in_a_task_of_its_own(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, SEVERAL.conn_type)
    rows = [recording.as_dict() for recording in hook(SEVERAL.conn_type).recordings(room)]
    body = f"""
        RecordingToStorageOperator.partial(
            task_id="store", conn_id="{SEVERAL.conn_id}", room_id="algebra", to="file://{tmp_path}/films/{{id}}"
        ).expand(recordings={[*rows[:2], rows[2]["id"]]})
    """
    ran = run_tasks(tmp_path, "one_each", body)
    assert [[row["id"] for row in ran.value(f"store[{index}]")] for index in range(3)] == [
        [row["id"]] for row in rows[:3]
    ]
    assert set(files(tmp_path / "films")) == {row["id"] for row in rows[:3]}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"to": ""}, "to: expected a URL"),
        ({"to": "file:///tmp/{nmae}"}, "{nmae} is not a placeholder"),
        ({"to": "file:///tmp/{"}, "is not a placeholder"),
        ({"to": "bucket/{id}"}, "not an absolute path"),
        ({"to": "file://data/{id}"}, "not an absolute path"),
        ({"to": "floppy://a/{id}"}, "cannot write there"),
        ({"recordings": "[{"}, "recordings"),
        ({"recordings": 5.5}, "recording: expected text or a whole number"),
        ({"recordings": [{"id": None}]}, "recording: expected"),
        ({"kind": "film"}, "kind: 'film'"),
        ({"room_id": "None"}, "room_id"),
    ],
)
def test_bad_input_is_refused(given: dict[str, Any], error: str, rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    given = {"room_id": "algebra", "to": f"{tmp_path}/{{id}}", **given}
    with pytest.raises(errors.InvalidSpecError) as refused:
        store(**given)
    assert error in str(refused.value)
    assert rooms_sandbox.requests() == []
    assert files(tmp_path) == {}


def test_a_target_that_cannot_be_written_is_told_as_it_is(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, ANY.conn_type)
    (tmp_path / "algebra").mkdir()
    with pytest.raises(errors.InvalidSpecError, match="Use the path of a file"):
        store(room, f"{tmp_path}/{{name}}")
    assert (tmp_path / "algebra").is_dir()
    assert files(tmp_path) == {}


def test_unknown_recordings_and_none_at_all(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, ANY.conn_type)
    with pytest.raises(errors.RecordingMissingError, match="no recording abc"):
        store(room, f"{tmp_path}/{{id}}", recordings=["abc"])
    hook(ANY.conn_type).ensure_room({"name": "empty"})
    with pytest.raises(errors.RecordingMissingError, match="RecordingReadySensor"):
        store("empty", f"{tmp_path}/{{id}}")
    assert files(tmp_path) == {}


# -- into a bucket -----------------------------------------------------------------------------------------------------------
