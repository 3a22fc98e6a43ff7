"""Recording a room, and bringing its recordings home: local files and S3 (a moto server in its place), in real Airflow."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.rooms import (
    RecordingToStorageOperator,
    SessionsToStorageOperator,
    StartRecordingOperator,
)
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES
from airflow_provider_rooms.testing.dag_lab import run_tasks
from airflow_provider_rooms.vendors import VENDORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

TYPES = sorted(VENDORS)
#: Files that a class of two people leaves at each vendor.
FILES = {"videosdk": 1, "hundredms": 1, "twilio_video": 4}


@pytest.fixture(autouse=True)
def _connections(rooms_sandbox: RoomsSandbox, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)


class Pushed:
    """The part of a task instance that an operator writes to."""

    def xcom_push(self, key: str, value: Any) -> None:
        """Not looked at here."""


def store(room_id: Any, to: str, **given: Any) -> list[dict[str, Any]]:
    """Execute the operator here; what a run of it in a DAG does, without the DAG."""
    given = {"conn_id": "videosdk_default", **given}
    operator = RecordingToStorageOperator(task_id="store", room_id=room_id, to=to, **given)
    return operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]


def hook(conn_type: str) -> Any:
    return get_rooms_hook(f"{conn_type}_default")


def recorded(sandbox: RoomsSandbox, conn_type: str, name: str = "algebra", **spec: Any) -> dict[str, Any]:
    """The ``room`` dict of a class that was recorded from beginning to end."""
    room = hook(conn_type).ensure_room({"name": name, **spec})
    sandbox.start_session(conn_type, room.id)
    sandbox.recording(conn_type, room.id, "start")
    sandbox.end_session(conn_type, room.id)
    sandbox.advance(600)
    found: dict[str, Any] = room.as_dict()
    return found


def files(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


# -- start and stop ----------------------------------------------------------------------------------------------------------


def test_start_and_stop_in_a_dag(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    for conn_type in TYPES:
        rooms_sandbox.start_session(conn_type, hook(conn_type).ensure_room({"name": "algebra"}).id)
    body = f"""
        for conn_type in {TYPES}:
            given = dict(conn_id=conn_type + "_default", room_id="algebra")
            start = StartRecordingOperator(task_id="start_" + conn_type, **given)
            again = StartRecordingOperator(
                task_id="again_" + conn_type, options='{{"hundredms": {{"audio_only": "{{{{ 1 == 1 }}}}"}}}}', **given
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
        # Twilio says "processing" until the files are there.
        assert len(ran.value(f"idle_{conn_type}")) in (0, FILES[conn_type] if conn_type == "twilio_video" else 0)
        assert ran.xcoms[f"start_{conn_type}"]["room_url"].startswith(rooms_sandbox.url)


def test_wrong_options_are_refused_before_any_call(rooms_sandbox: RoomsSandbox) -> None:
    for options in ({"lay_out": 1}, "[]", '{"config": {}}'):
        start = StartRecordingOperator(task_id="x", conn_id="videosdk_default", room_id="algebra", options=options)
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
    room = recorded(rooms_sandbox, "videosdk")
    (row,) = store(room, f"{tmp_path}/{{id}}.{{ext}}")
    with hook("videosdk").open_recording(row["id"]) as file:
        assert (tmp_path / f"{row['id']}.mp4").read_bytes() == b"".join(file)


def test_a_file_of_the_wrong_size_is_replaced_and_one_of_the_right_size_is_left_alone(
    rooms_sandbox: RoomsSandbox, tmp_path: Path
) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    target = tmp_path / "film.mp4"
    target.write_bytes(b"half a film")
    store(room, f"file://{target}")
    assert target.stat().st_size == MEDIA_BYTES
    target.write_bytes(b"x" * MEDIA_BYTES)
    store(room, f"file://{target}")
    assert target.read_bytes() == b"x" * MEDIA_BYTES


def test_a_size_that_only_the_storage_knows_is_enough(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """VideoSDK's older answers show no size."""
    room = recorded(rooms_sandbox, "videosdk")
    (item,) = rooms_sandbox.state()["videosdk"]["recordings"]
    item["file"].pop("size")
    page = {"pageInfo": {"currentPage": 1, "perPage": 20, "lastPage": 1, "total": 1}, "data": [item]}
    target = tmp_path / "film.mp4"
    for _ in range(2):
        rooms_sandbox.fault("videosdk", "body", path="/v2/recordings", body=page)
        assert store(room, f"file://{target}")[0]["bytes"] == MEDIA_BYTES
    target.write_bytes(b"y" * MEDIA_BYTES)
    rooms_sandbox.fault("videosdk", "body", path="/v2/recordings", body=page)
    store(room, f"file://{target}")
    assert target.read_bytes() == b"y" * MEDIA_BYTES


BIG = 64 * 1024 * 1024


class BigFile(BaseHTTPRequestHandler):
    """A storage with one file of 64 MiB, which it drops after half of it when asked for "/half"."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(BIG))
        self.end_headers()
        for number in range(64 if self.path == "/whole" else 32):
            self.wfile.write(bytes([number]) * (BIG // 64))

    def log_message(self, *_: object) -> None:
        """Not into the test's output."""


@pytest.fixture
def big_storage() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BigFile)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def lead_to(sandbox: RoomsSandbox, url: str) -> None:
    """The vendor's next answers about its one recording name this file."""
    (item,) = sandbox.state()["videosdk"]["recordings"]
    item["file"] |= {"fileUrl": url, "size": BIG}
    page = {"pageInfo": {"currentPage": 1, "perPage": 20, "lastPage": 1, "total": 1}, "data": [item]}
    sandbox.fault("videosdk", "body", path="/v2/recordings", body=page)
    sandbox.fault("videosdk", "body", path="/v2/recordings/*", body=item)


def test_a_large_file_is_never_whole_in_memory(rooms_sandbox: RoomsSandbox, big_storage: str, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    store(room, f"file://{tmp_path}/warm.mp4")  # what is imported along the way does not count
    lead_to(rooms_sandbox, f"{big_storage}/whole")
    tracemalloc.start()
    try:
        store(room, f"file://{tmp_path}/film.mp4")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "film.mp4").stat().st_size == BIG
    assert peak < 8 * 1024 * 1024


def test_a_connection_that_breaks_in_the_middle_leaves_nothing(
    rooms_sandbox: RoomsSandbox, big_storage: str, tmp_path: Path
) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    lead_to(rooms_sandbox, f"{big_storage}/half")
    with pytest.raises(errors.TransportError) as broken:
        store(room, f"file://{tmp_path}/film.mp4")
    assert big_storage not in str(broken.value)
    assert files(tmp_path) == {}
    lead_to(rooms_sandbox, f"{big_storage}/half")

    async def awaited() -> None:
        opened = hook("videosdk")
        async with opened.aio as aio, aio.open_recording({"id": "x", "kind": "recording"}) as file:
            async for _ in file:
                pass

    with pytest.raises(errors.TransportError) as broken:
        asyncio.run(awaited())
    assert big_storage not in str(broken.value)


def cut_short(sandbox: RoomsSandbox, body: str) -> None:
    """The storage hands out less than the vendor said there was."""
    sandbox.fault("videosdk", "body", path="/files/*", body=body)


def test_half_a_file_is_not_left_behind(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    target = tmp_path / "film.mp4"
    operator = RecordingToStorageOperator(
        task_id="store", conn_id="videosdk_default", room_id=room, to=f"file://{target}"
    )

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
    room = recorded(rooms_sandbox, "videosdk")
    rooms_sandbox.start_session("videosdk", room["id"])
    hook("videosdk").start_recording(room["id"])
    with pytest.raises(errors.NotVisibleYetError, match="1 copied, 1 not ready yet"):
        store(room["id"], f"{tmp_path}/{{id}}.{{ext}}")
    assert len(files(tmp_path)) == 1
    rooms_sandbox.end_session("videosdk", room["id"])
    rooms_sandbox.advance(600)
    assert len(store(room["id"], f"{tmp_path}/{{id}}.{{ext}}")) == 2


def test_failed_ones_are_said_and_if_all_failed_the_task_does(
    rooms_sandbox: RoomsSandbox, tmp_path: Path, logged: Callable[[], str]
) -> None:
    room = hook("hundredms").ensure_room({"name": "algebra"})
    hook("hundredms").start_recording(room.id)
    rooms_sandbox.recording("hundredms", room.id, "fail")
    with pytest.raises(errors.RecordingFailedError, match="Every recording failed"):
        store(room.id, f"{tmp_path}/{{id}}.{{ext}}", conn_id="hundredms_default")
    hook("hundredms").start_recording(room.id)
    rooms_sandbox.recording("hundredms", room.id, "complete")
    assert len(store(room.id, f"{tmp_path}/{{id}}.{{ext}}", conn_id="hundredms_default")) == 1
    assert "100ms failed to produce these recordings: " in logged()


def test_the_room_dict_says_which_class_is_meant(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    """The same room every week: last week's film is not this week's."""
    now = dt.datetime.now(dt.UTC)
    room = recorded(rooms_sandbox, "videosdk")
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
    room = recorded(rooms_sandbox, "twilio_video")
    rows = [recording.as_dict() for recording in hook("twilio_video").recordings(room)]
    body = f"""
        RecordingToStorageOperator.partial(
            task_id="store", conn_id="twilio_video_default", room_id="algebra", to="file://{tmp_path}/films/{{id}}"
        ).expand(recordings={[*rows[:2], rows[2]["id"]]})
    """
    ran = run_tasks(tmp_path, "one_each", body)
    assert [[row["id"] for row in ran.value(f"store[{index}]")] for index in range(3)] == [
        [row["id"]] for row in rows[:3]
    ]
    assert set(files(tmp_path / "films")) == {row["id"] for row in rows[:3]}


def test_transcripts_have_their_own_kind(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = hook("hundredms").ensure_room({"name": "algebra"})
    hook("hundredms").start_recording(room.id, {"transcription": {"enabled": True}})
    rooms_sandbox.end_session("hundredms", room.id, None)
    rooms_sandbox.advance(600)
    rows = store(room.id, f"{tmp_path}/{{kind}}-{{id}}.{{ext}}", conn_id="hundredms_default", kind="transcript")
    assert sorted(row["url"].rpartition(".")[2] for row in rows) == ["json", "srt", "txt"]
    with pytest.raises(errors.InvalidSpecError, match="the same path for several"):
        store(room.id, f"{tmp_path}/film", conn_id="hundredms_default", kind="transcript")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"to": ""}, "to: expected a URL"),
        ({"to": "file:///tmp/{nmae}"}, "{nmae} is no placeholder"),
        ({"to": "file:///tmp/{"}, "is no placeholder"),
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


def test_a_name_that_others_gave_leads_to_no_other_folder(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, "twilio_video")
    rooms_sandbox.fault(
        "twilio", "body", path="/v1/Rooms/RM*", body=rooms_sandbox.rooms("twilio")[0] | {"unique_name": "../x/.."}
    )
    rows = store(room["id"], f"{tmp_path}/here/{{name}}/{{id}}", conn_id="twilio_video_default")
    assert {row["url"].rpartition("/")[0] for row in rows} == {f"{tmp_path}/here/.._x_.."}


def test_a_target_that_cannot_be_written_is_told_as_it_is(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    (tmp_path / "algebra").mkdir()
    with pytest.raises(errors.InvalidSpecError, match="Use the path of a file"):
        store(room, f"{tmp_path}/{{name}}")
    assert (tmp_path / "algebra").is_dir()
    assert files(tmp_path) == {}


def test_unknown_recordings_and_none_at_all(rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    with pytest.raises(errors.RecordingMissingError, match="no recording abc"):
        store(room, f"{tmp_path}/{{id}}", recordings=["abc"])
    hook("videosdk").ensure_room({"name": "empty"})
    with pytest.raises(errors.RecordingMissingError, match="RecordingReadySensor"):
        store("empty", f"{tmp_path}/{{id}}")
    assert files(tmp_path) == {}


# -- into a bucket -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A moto server. One for all tests: Airflow keeps what it knows of a storage for as long as the process lives."""
    if "ROOMS_REQUIRE_S3" not in os.environ:
        pytest.importorskip("moto", reason="make test-storage runs this: it brings what stands in for S3")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket "films", with the Airflow connection "films_aws" to it."""
    import boto3
    import requests

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "not-used")
    connection = {
        "conn_type": "aws",
        "login": "AKIAIOSFODNN7EXAMPLE",
        "password": "storage-secret-of-this-test",
        "extra": {"endpoint_url": s3, "region_name": "us-east-1"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_FILMS_AWS", json.dumps(connection))
    assert requests.post(f"{s3}/moto-api/reset", timeout=10).status_code == 200
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    client.create_bucket(Bucket="films")
    return client


def test_into_s3_through_an_airflow_connection(bucket: Any, rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    for conn_type in TYPES:
        recorded(rooms_sandbox, conn_type)
    body = f"""
        for conn_type in {TYPES}:
            for task_id in ("store_", "again_"):
                RecordingToStorageOperator(
                    task_id=task_id + conn_type,
                    conn_id=conn_type + "_default",
                    room_id="algebra",
                    to="s3://films_aws@films/" + conn_type + "/{{name}}/{{id}}.{{ext}}",
                )
    """
    ran = run_tasks(tmp_path, "to_s3", body)
    assert set(ran.states.values()) == {"success"}
    found = {item["Key"]: item["Size"] for item in bucket.list_objects_v2(Bucket="films")["Contents"]}
    rows = [row for conn_type in TYPES for row in ran.value(f"store_{conn_type}")]
    assert found == {row["url"].removeprefix("s3://films_aws@films/"): MEDIA_BYTES for row in rows}
    assert len(found) == sum(FILES.values())
    for conn_type in TYPES:
        assert ran.value(f"again_{conn_type}") == ran.value(f"store_{conn_type}")
    assert "storage-secret" not in json.dumps(list(ran.xcoms.values()))
    fetched = [row["path"] for row in rooms_sandbox.requests() if row["path"].startswith("/files/")]
    assert len(fetched) == len(found)


def test_half_a_film_is_not_left_in_s3(bucket: Any, rooms_sandbox: RoomsSandbox) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    bucket.put_object(Bucket="films", Key="film.mp4", Body=b"half")
    cut_short(rooms_sandbox, "a few bytes")
    (row,) = rooms_sandbox.state()["videosdk"]["recordings"]
    operator = RecordingToStorageOperator(
        task_id="store", conn_id="videosdk_default", room_id=room, to="s3://films_aws@films/film.mp4"
    )
    opened = operator.hook.open_recording(row["id"])
    opened.size = MEDIA_BYTES
    operator.hook.open_recording = lambda recording: opened  # type: ignore[method-assign]
    with pytest.raises(errors.TransportError, match=f"of {MEDIA_BYTES} bytes"):
        operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]
    assert bucket.get_object(Bucket="films", Key="film.mp4")["Body"].read() == b"half"  # what it was before
    store(room, "s3://films_aws@films/film.mp4")
    assert bucket.head_object(Bucket="films", Key="film.mp4")["ContentLength"] == MEDIA_BYTES


def test_a_bucket_of_s3_that_is_not_there_is_said(bucket: Any, rooms_sandbox: RoomsSandbox) -> None:
    room = recorded(rooms_sandbox, "videosdk")
    with pytest.raises(errors.NotFoundError, match="Create the bucket"):
        store(room, "s3://films_aws@nowhere/film.mp4")


def test_a_table_comes_into_s3_whole_or_not_at_all(bucket: Any, rooms_sandbox: RoomsSandbox) -> None:
    recorded(rooms_sandbox, "videosdk")
    given = {"conn_id": "videosdk_default", "since": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    table = SessionsToStorageOperator(task_id="write", to="s3://films_aws@films/sessions/x.csv", **given)
    assert table.execute({})["rows"] == 1  # type: ignore[typeddict-item]
    stored = bucket.get_object(Bucket="films", Key="sessions/x.csv")["Body"].read()
    assert stored.startswith(b"vendor,conn_id,room_name")
    rooms_sandbox.fault("videosdk", "status", status=400, times=2)
    with pytest.raises(errors.RequestRefusedError):
        table.execute({})  # type: ignore[typeddict-item]
    assert bucket.get_object(Bucket="films", Key="sessions/x.csv")["Body"].read() == stored
    nowhere = SessionsToStorageOperator(task_id="write", to="s3://films_aws@nowhere/x.csv", **given)
    with pytest.raises(errors.NotFoundError, match="Create the bucket"):
        nowhere.execute({})  # type: ignore[typeddict-item]
