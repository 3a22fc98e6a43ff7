"""Recordings on three vendors, blocking and awaited: what is listed, started once, stopped, opened without credentials."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.models import Recording
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES
from airflow_provider_rooms.vendors import VENDORS
from airflow_provider_rooms.vendors.flow import Patience

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

TYPES = sorted(VENDORS)
#: What a recording is at each vendor, when nothing else is asked for.
USUAL = {"videosdk": "recording", "hundredms": "recording", "twilio_video": "track"}
#: More than any vendor of the sandbox takes from the end of a class to its files, in seconds.
LONG = 600


@pytest.fixture
def hook_of(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hook for a connection type of the sandbox that does not wait long between tries."""
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)

    def make(conn_type: str) -> RoomsHook:
        hook = get_rooms_hook(f"{conn_type}_default")
        hook.patience = Patience(first_wait=0.01, longest_wait=0.02)
        return hook

    return make


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_provider_rooms.vendors.recordings._LOOKS", (0.01, 0.01, 0.01, 0.01))


def one_class(hook: RoomsHook, sandbox: RoomsSandbox, name: str = "algebra") -> str:
    """A room with a session that was recorded from beginning to end; the room's id."""
    room = hook.ensure_room({"name": name})
    sandbox.start_session(hook.conn_type, room.id)
    hook.start_recording(room.id)
    sandbox.advance(5)
    return room.id


def over(hook: RoomsHook, sandbox: RoomsSandbox, room: str) -> None:
    sandbox.end_session(hook.conn_type, room)
    sandbox.advance(LONG)


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_recording_is_processing_until_its_file_is_there(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    during = list(hook.recordings(room))
    assert during
    assert {(item.state, item.kind, item.room_id) for item in during} == {("processing", USUAL[conn_type], room)}
    assert {item.bytes for item in during} == {None}
    over(hook, rooms_sandbox, room)
    after = list(hook.recordings(room, kind="recording"))
    assert len(after) == len(during)
    for item in after:
        assert (item.state, item.kind, item.bytes) == ("ready", USUAL[conn_type], MEDIA_BYTES)
        assert item.seconds is not None
        assert item.seconds > 1  # the class lasted longer than five, some of it before the first picture
        assert item.format in ("mp4", "mkv", "mka")
        assert item.created_at is not None
        assert item.created_at.endswith("Z")
        assert (item.session_id is None) == (conn_type == "twilio_video")
        assert json.loads(json.dumps(item.as_dict())) == item.as_dict()


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_file_is_read_in_pieces_and_again_awaited(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    with hook.open_recording(recording) as file:
        assert file.size == MEDIA_BYTES
        content = b"".join(file)
    assert len(content) == MEDIA_BYTES

    async def again() -> bytes:
        async with hook.aio as aio, aio.open_recording(recording.as_dict()) as opened:
            assert opened.size == MEDIA_BYTES
            return b"".join([piece async for piece in opened])

    assert asyncio.run(again()) == content


@pytest.mark.parametrize("conn_type", TYPES)
def test_the_id_alone_opens_the_file(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    with hook.open_recording(next(hook.recordings(room)).id) as file:
        assert file.size == MEDIA_BYTES


@pytest.mark.parametrize("conn_type", TYPES)
def test_the_storage_gets_no_credentials_and_no_log_shows_the_link(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.INFO)  # it writes every URL of everything at DEBUG
    # The sandbox's storage answers 400 to a request with an Authorization header, as real ones do.
    with hook.open_recording(recording):
        pass
    rooms_sandbox.fault(conn_type, "status", status=403, path="/files/*")
    with pytest.raises(errors.AccessDeniedError) as refused:
        hook.open_recording(recording)
    rooms_sandbox.fault(conn_type, "drop_before", path="/files/*", times=-1)
    with pytest.raises(errors.TransportError) as dropped:
        hook.open_recording(recording)
    for text in (caplog.text, str(refused.value), str(dropped.value), repr(dropped.value)):
        assert "signature=" not in text
        assert "/files/" not in text


class OneHost(BaseHTTPRequestHandler):
    """A gateway that has the API and the files on one host; it notes who signs in where."""

    seen: ClassVar[dict[str, str | None]] = {}

    def do_GET(self) -> None:
        self.seen[self.path] = self.headers.get("Authorization")
        link = f"http://{self.headers['Host']}/files/film.mp4"
        body = b"film" if "film" in self.path else json.dumps({"id": "x", "file": {"fileUrl": link}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not into the test's output."""


def test_a_file_gets_no_credentials_even_from_the_apis_own_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither the vendor's token nor what a .netrc says about the host."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), OneHost)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        host = f"http://127.0.0.1:{server.server_port}"
        connection = {
            "conn_type": "videosdk",
            "host": host,
            "login": "key",
            "password": "a-secret-of-thirty-two-characters",
        }
        monkeypatch.setenv("AIRFLOW_CONN_GATEWAY", json.dumps(connection))
        hook = get_rooms_hook("gateway")
        with hook.open_recording("x") as file:
            assert b"".join(file) == b"film"
        blocking = dict(OneHost.seen)
        OneHost.seen.clear()

        async def awaited() -> None:
            async with hook.aio as aio, aio.open_recording("x") as opened:
                assert b"".join([piece async for piece in opened]) == b"film"

        asyncio.run(awaited())
    finally:
        server.shutdown()
        server.server_close()
    for seen in (blocking, OneHost.seen):
        assert seen["/files/film.mp4"] is None
        assert seen["/v2/recordings/x"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 404}, errors.NotFoundError),
        ({"status": 410}, errors.NotFoundError),
        ({"status": 503, "times": -1}, errors.VendorDownError),
        ({"status": 302}, errors.UnreadableAnswerError),
        ({"status": 302, "headers": {"Location": "ftp://example.com/x"}}, errors.UnreadableAnswerError),
    ],
)
def test_what_a_storage_refuses_is_told_apart(
    fault: dict[str, Any], error: type[Exception], hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of("videosdk")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    rooms_sandbox.fault("videosdk", "status", path="/files/*", **fault)
    with pytest.raises(error, match=recording.id):
        hook.open_recording(recording)


def test_a_storage_may_send_us_on_and_may_stumble(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    place = f"/files/videosdk/uploads/videos/elsewhere-{recording.id}.mp4"
    rooms_sandbox.fault("videosdk", "status", path="/files/*", status=302, headers={"Location": place})
    with pytest.raises(errors.NotFoundError):  # there is nothing, but it was looked there
        hook.open_recording(recording)
    assert rooms_sandbox.requests("videosdk")[-1]["path"] == place
    rooms_sandbox.fault("videosdk", "status", path="/files/*", status=503)
    rooms_sandbox.fault("videosdk", "drop_before", path="/files/*")
    with hook.open_recording(recording) as file:
        assert file.size == MEDIA_BYTES
    rooms_sandbox.fault("videosdk", "status", path="/files/*", status=302, headers={"Location": place}, times=-1)
    with pytest.raises(errors.UnreadableAnswerError, match="from place to place"):
        hook.open_recording(recording)


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_second_start_takes_the_recording_that_runs(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    before = [item.id for item in hook.recordings(room)]
    again = hook.start_recording(room)
    assert sorted(item.id for item in again) == sorted(before)
    assert [item.id for item in hook.recordings(room)] == before


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "status"])
def test_a_lost_answer_starts_no_second_recording(
    conn_type: str, fault: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session(conn_type, room.id, ["teacher"])
    path = "/v1/Rooms/*/RecordingRules" if conn_type == "twilio_video" else "/v2/recordings*"
    extra = {"status": 500, "work": True} if fault == "status" else {}
    rooms_sandbox.fault(conn_type, fault, method="POST", path=path, **extra)
    started = hook.start_recording(room.id)
    tracks = 2 if conn_type == "twilio_video" else 1
    assert len(started) == tracks
    assert len(list(hook.recordings(room.id))) == tracks


def test_100ms_says_that_a_recorder_runs_already(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    """Another worker was faster between our look and our start."""
    hook = hook_of("hundredms")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.fault(
        "hundredms",
        "status",
        method="POST",
        path="/v2/recordings/room/*/start",
        status=409,
        body={"code": 409, "message": "beam already started"},
        work=True,
    )
    assert len(hook.start_recording(room.id)) == 1
    assert len(list(hook.recordings(room.id))) == 1


def test_videosdk_may_refuse_a_second_start(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    rooms_sandbox.fault("videosdk", "status", method="POST", path="/v2/recordings/start", status=409, work=True)
    assert len(hook.start_recording(room.id)) == 1


def test_a_start_that_shows_no_recording_is_said(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.start_session("videosdk", room.id)
    rooms_sandbox.fault("videosdk", "body", method="POST", path="/v2/recordings/start", body='"Recording started"')
    with pytest.raises(errors.NotVisibleYetError, match="shows no recording"):
        hook.start_recording(room.id)
    rooms_sandbox.fault("videosdk", "status", method="POST", path="/v2/recordings/start", status=500, times=-1)
    with pytest.raises(errors.VendorDownError):
        hook.start_recording(room.id)
    assert len(rooms_sandbox.requests("videosdk", "POST")) == 2 + 5  # the room, one start taken, five refused
    rooms_sandbox.clear_faults()
    rooms_sandbox.fault(
        "videosdk", "status", method="POST", path="/v2/recordings/start", status=429, headers={"Retry-After": "90"}
    )
    with pytest.raises(errors.RateLimitError):  # longer than a worker is held for
        hook.start_recording(room.id)


@pytest.mark.parametrize("conn_type", TYPES)
def test_what_is_wrong_with_a_start_is_said_before_it(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    with pytest.raises(errors.InvalidSpecError, match="lay_out"):
        hook.start_recording("algebra", {"lay_out": "GRID"})
    with pytest.raises(errors.InvalidSpecError, match="extra_body"):
        hook.start_recording("algebra", {"extra_body": "x"})
    assert rooms_sandbox.requests() == []
    with pytest.raises(errors.NotFoundError):
        hook.start_recording("nobody-made-this")
    room = hook.ensure_room({"name": "algebra"})
    hook.close_room(room.id)
    with pytest.raises(errors.RoomClosedError):
        hook.start_recording(room.id)
    assert not list(hook.recordings(room.id))


def test_start_options_reach_the_vendor(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    options = {
        "videosdk": {"config": {"layout": {"type": "SPOTLIGHT"}, "mode": "audio"}, "fileFormat": "webm"},
        "hundredms": {"resolution": {"width": "1280", "height": 720}, "transcription": {"enabled": "true"}},
        "twilio_video": {"Rules": [{"type": "include", "kind": "audio"}]},
    }
    for conn_type in TYPES:
        hook = hook_of(conn_type)
        room = hook.ensure_room({"name": "algebra"})
        rooms_sandbox.start_session(conn_type, room.id, ["teacher"])
        hook.start_recording(room.id, options)
        over(hook, rooms_sandbox, room.id)
    video = next(hook_of("videosdk").recordings("algebra"))
    assert video.format == "webm"
    texts = list(hook_of("hundredms").recordings("algebra", "transcript"))
    assert {(item.format, item.state) for item in texts} == {("txt", "ready"), ("srt", "ready"), ("json", "ready")}
    tracks = list(hook_of("twilio_video").recordings("algebra", "track"))
    assert [item.format for item in tracks] == ["mka"]


def test_videosdk_records_only_while_somebody_is_there(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"})
    with pytest.raises(errors.NotFoundError, match="SessionStartedSensor"):
        hook.start_recording(room.id)
    rooms_sandbox.start_session("videosdk", room.id)
    rooms_sandbox.fault("videosdk", "status", method="POST", path="/v2/recordings/start", status=404)
    with pytest.raises(errors.NotFoundError, match="SessionStartedSensor"):
        hook.start_recording(room.id)
    rooms_sandbox.fault("videosdk", "status", method="POST", path="/v2/recordings/start", status=400)
    with pytest.raises(errors.RequestRefusedError):
        hook.start_recording(room.id)


@pytest.mark.parametrize("conn_type", TYPES)
def test_stop_stops_and_nothing_to_stop_is_fine(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    assert hook.stop_recording(hook.ensure_room({"name": "idle"}).id) == []
    room = one_class(hook, rooms_sandbox)
    stopped = hook.stop_recording(room)
    assert {item.id for item in stopped} == {item.id for item in hook.recordings(room)}
    rooms_sandbox.advance(LONG)
    assert {item.state for item in hook.recordings(room)} == {"ready"}
    assert hook.stop_recording(room) == []
    rooms_sandbox.end_session(conn_type, room)
    assert hook.stop_recording(room) == []


@pytest.mark.parametrize("conn_type", ["videosdk", "hundredms"])
def test_after_a_stop_the_next_start_starts_another_one(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    """The first one has no file yet, but it does not run any more."""
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    hook.stop_recording(room)
    hook.start_recording(room)
    assert [item.state for item in hook.recordings(room)] == ["processing"] * 2


def test_a_stop_whose_answer_was_lost(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.fault("videosdk", "drop_after", method="POST", path="/v2/recordings/end")
    assert len(hook.stop_recording(room)) == 1


def test_twilio_stops_in_a_completed_room_without_an_error(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video")
    room = one_class(hook, rooms_sandbox)
    hook.close_room(room)
    assert len(hook.stop_recording(room)) == 4
    rooms_sandbox.fault("twilio", "status", method="POST", path="/v1/Rooms/*/RecordingRules", status=403)
    with pytest.raises(errors.AccessDeniedError):
        hook.stop_recording(room)
    room = one_class(hook, rooms_sandbox, "physics")
    body = {"code": 53120, "message": "Invalid Recording Rule(s)", "status": 400}
    rooms_sandbox.fault("twilio", "status", method="POST", path="/v1/Rooms/*/RecordingRules", status=400, body=body)
    with pytest.raises(errors.RequestRefusedError):
        hook.stop_recording(room)


def test_100ms_may_stop_with_an_error_in_a_good_answer(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.fault(
        "hundredms", "body", method="POST", path="/v2/recordings/room/*/stop", body={"error": "x failed", "data": None}
    )
    with pytest.raises(errors.RequestRefusedError, match="x failed"):
        hook.stop_recording(room)


def test_100ms_refuses_a_start_with_its_own_reason(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = hook.ensure_room({"name": "algebra"})
    rooms_sandbox.fault("hundredms", "status", method="POST", path="/v2/recordings/room/*", status=400)
    with pytest.raises(errors.RequestRefusedError, match="invalid input"):
        hook.start_recording(room.id)


# -- 100ms: jobs and files are two lists ----------------------------------------------------------------------------------


def test_100ms_lists_each_recording_once_whatever_it_has_come_to(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.recording("hundredms", room, "complete")
    hook.start_recording(room)
    rooms_sandbox.recording("hundredms", room, "fail")
    hook.start_recording(room)
    states = sorted(item.state for item in hook.recordings(room, "recording"))
    assert states == ["failed", "processing", "ready"]
    assert len(list(hook.recordings(room))) == 3


def test_100ms_completed_without_a_file_is_not_ready(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    empty = {"limit": 10, "data": None, "last": ""}
    rooms_sandbox.fault("hundredms", "body", path="/v2/recording-assets", body=empty)
    (job,) = hook.recordings(room)
    assert job.state == "processing"
    with hook.open_recording(job) as file:  # by the id of the job, the file is found too
        assert file.size == MEDIA_BYTES


def test_100ms_a_file_and_its_job_are_one_even_when_read_while_it_ends(
    hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    running = rooms_sandbox.state()["hundredms"]["recordings"][0]
    over(hook, rooms_sandbox, room)
    page = {"limit": 100, "data": [{**running, "status": "running"}], "last": running["id"]}
    rooms_sandbox.fault("hundredms", "body", path="/v2/recordings", body=page)
    (seen,) = hook.recordings(room)
    assert (seen.id, seen.state) == (running["id"], "processing")


def hls(sandbox: RoomsSandbox, hook: RoomsHook, room: str, body: dict[str, Any]) -> str:
    """Start an HLS stream, which our hook has no method for; its id."""
    start = {
        "hundredms": (f"/v2/live-streams/room/{room}/start", body),
        "videosdk": ("/v2/hls/start", {"roomId": room, **body}),
    }
    path, order = start[hook.conn_type]
    answer = hook.get_conn().post(hook.base_url + path, json=order)
    assert answer.status_code == 200
    return str(answer.json()["id"])


def test_100ms_streams_leave_a_file_where_they_were_asked_to(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    kept = hook.ensure_room({"name": "kept"}).id
    stream = hls(rooms_sandbox, hook, kept, {"recording": {"hls_vod": True}})
    assert [(item.id, item.kind, item.state) for item in hook.recordings(kept)] == [(stream, "hls", "processing")]
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording(stream)
    rooms_sandbox.end_session("hundredms", kept)
    rooms_sandbox.advance(LONG)
    (film,) = hook.recordings(kept, "hls")
    assert (film.state, film.format) == ("ready", "mp4")
    with hook.open_recording(stream) as file:
        assert file.size == MEDIA_BYTES
    lost = hook.ensure_room({"name": "lost"}).id
    stream = hls(rooms_sandbox, hook, lost, {})
    rooms_sandbox.end_session("hundredms", lost)
    rooms_sandbox.advance(LONG)
    assert [(item.id, item.state, item.bytes) for item in hook.recordings(lost)] == [(stream, "ready", None)]


def test_100ms_files_that_no_job_made_and_layers_of_a_stream(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = hook.ensure_room({"name": "algebra"}).id
    asset = {"room_id": room, "job_id": "j1", "session_id": "", "status": "completed", "size": 5, "path": "a/b"}
    assets = [
        {**asset, "id": "a1", "type": "room-composite-legacy"},
        {**asset, "id": "a2", "type": "room-composite", "metadata": {"layer": "1"}, "path": "a/b.mp4"},
        {**asset, "id": "a3", "type": "stream", "status": "failed"},
        {**asset, "id": "a4", "type": "chat"},
        {**asset, "id": "a5", "type": "transcript", "status": "processing", "duration": 0, "path": None},
        {**asset, "id": "a6", "type": "something-new"},
    ]
    rooms_sandbox.fault(
        "hundredms", "body", path="/v2/recording-assets", body={"limit": 100, "data": assets, "last": "a6"}
    )
    listed = [(item.id, item.kind, item.state, item.format) for item in hook.recordings(room)]
    assert listed == [
        ("a1", "recording", "ready", None),
        ("a2", "hls", "ready", "mp4"),
        ("a3", "track", "failed", None),
        ("a5", "transcript", "processing", None),
    ]


def test_100ms_a_failed_recording_has_no_file(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("hundredms")
    room = one_class(hook, rooms_sandbox)
    rooms_sandbox.recording("hundredms", room, "fail")
    (failed,) = hook.recordings(room)
    with pytest.raises(errors.NotFoundError, match="failed"):
        hook.open_recording(failed)
    body = {"id": "a1", "type": "transcript", "status": "processing"}
    rooms_sandbox.fault("hundredms", "body", path="/v2/recording-assets/a1", body=body)
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording("a1")


def test_100ms_cannot_delete(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    with pytest.raises(errors.UnsupportedError, match="15 days"):
        hook_of("hundredms").delete_recording("64253")
    assert rooms_sandbox.requests() == []


# -- VideoSDK: every kind has a list of its own ----------------------------------------------------------------------------


def started(hook: RoomsHook, path: str, **body: Any) -> None:
    assert hook.get_conn().post(hook.base_url + path, json=body).status_code == 200


def test_videosdk_lists_and_opens_every_kind(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    session = rooms_sandbox.start_session("videosdk", room, [{"name": "Ada", "identity": "ada1"}])
    person = {"roomId": room, "participantId": session["participants"][0]["participantId"]}
    hook.start_recording(room, {"transcription": {"enabled": True}})
    started(hook, "/v2/recordings/participant/start", **person)
    started(hook, "/v2/recordings/participant/track/start", **person, kind="audio")
    started(hook, "/v2/recordings/composite/start", roomId=room)
    stream = hls(rooms_sandbox, hook, room, {})
    assert {item.state for item in hook.recordings(room)} == {"processing"}
    over(hook, rooms_sandbox, room)
    found: dict[str, list[Recording]] = {}
    for item in hook.recordings(room):
        found.setdefault(item.kind, []).append(item)
    assert {kind: len(items) for kind, items in found.items()} == {
        "recording": 1,
        "track": 2,
        "composition": 1,
        "hls": 1,
        "transcript": 5,
    }
    for kind, items in found.items():
        assert list(hook.recordings(room, kind)) == items
        assert {item.state for item in items} == {"ready"}
        if kind != "hls":
            for item in items:
                with hook.open_recording(item) as file:
                    assert len(b"".join(file)) == file.size
    assert {item.format for item in found["transcript"]} == {"txt", "srt", "vtt", "json", "tsv"}
    with hook.open_recording(found["transcript"][0].id) as file:  # text, where no format is named
        assert b"".join(file).startswith(b"Teacher:")
    with pytest.raises(errors.UnsupportedError, match="no file"):
        hook.open_recording(stream)
    with pytest.raises(errors.UnsupportedError, match="transcript"):
        hook.delete_recording(found["transcript"][0])
    for kind in ("recording", "track", "composition", "hls"):
        for item in found[kind]:
            hook.delete_recording(item)
        assert list(hook.recordings(room, kind)) == []


def test_videosdk_a_transcript_is_a_recording_before_it_is_written(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    rooms_sandbox.start_session("videosdk", room)
    hook.start_recording(room, {"transcription": {"enabled": True}})
    rooms_sandbox.end_session("videosdk", room)
    rooms_sandbox.advance(61)
    (text,) = hook.recordings(room, "transcript")
    assert (text.state, text.format) == ("processing", None)
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording(text)


def test_videosdk_files_in_a_bucket_of_ones_own_are_not_handed_out(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    rooms_sandbox.start_session("videosdk", room)
    hook.start_recording(room, {"awsDirPath": "classes/algebra"})
    (running,) = hook.recordings(room)
    with pytest.raises(errors.NotVisibleYetError, match="RecordingReadySensor"):
        hook.open_recording(running)
    over(hook, rooms_sandbox, room)
    (film,) = hook.recordings(room)
    assert (film.state, film.format) == ("ready", "mp4")
    with pytest.raises(errors.UnsupportedError, match="classes/algebra/"):
        hook.open_recording(film)


def test_videosdk_several_files_under_one_id(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    origin = rooms_sandbox.url
    entry = {
        "id": "abc",
        "roomId": room,
        "sessionId": "s1",
        "start": "2026-11-20T09:00:00.000Z",
        "fileFormat": "webm",
        "files": [
            {"fileUrl": f"{origin}/files/videosdk/one.webm", "size": 3, "meta": {"duration": 1.5}},
            {"fileUrl": f"{origin}/files/videosdk/two.webm?x=1", "filePath": None},
            "not a file",
        ],
    }
    page = {"pageInfo": {"currentPage": 1, "perPage": 20, "lastPage": 1, "total": 1}, "data": [entry, {"noid": 1}]}
    rooms_sandbox.fault("videosdk", "body", path="/v2/recordings/participant/track", body=page)
    one, two = hook.recordings(room, "track")
    assert (one.id, one.seconds, one.bytes, one.format) == ("abc", 1.5, 3, "webm")
    assert (two.id, two.seconds, two.bytes, two.format) == ("abc.2", None, None, "webm")
    for item, name in ((one, "one.webm"), (two, "two.webm")):
        rooms_sandbox.fault("videosdk", "body", path="/v2/recordings/participant/track/abc", body=entry)
        with pytest.raises(errors.NotFoundError):
            hook.open_recording(item)
        assert rooms_sandbox.requests("videosdk")[-1]["path"] == f"/files/videosdk/{name}"
    rooms_sandbox.fault("videosdk", "body", path="/v2/recordings/participant/track/abc", body=entry)
    with pytest.raises(errors.NotVisibleYetError):
        hook.open_recording({"id": "abc.9", "kind": "track"})


def test_videosdk_a_list_that_is_not_there_is_empty(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = hook.ensure_room({"name": "algebra"}).id
    rooms_sandbox.fault("videosdk", "status", path="/v2/recordings", status=404)
    assert list(hook.recordings(room, "recording")) == []


# -- Twilio ----------------------------------------------------------------------------------------------------------------


def test_twilio_tracks_and_compositions(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video")
    room = one_class(hook, rooms_sandbox)
    order = {"RoomSid": room, "AudioSources": "*", "Format": "mp4"}
    assert hook.get_conn().post(f"{hook.base_url}/v1/Compositions", data=order).status_code == 201
    (film,) = hook.recordings(room, "composition")
    assert (film.state, film.format) == ("processing", "mp4")
    with pytest.raises(errors.NotVisibleYetError, match="enqueued"):
        hook.open_recording(film)
    over(hook, rooms_sandbox, room)
    hook.close_room(room)
    rooms_sandbox.advance(LONG)
    kinds = [item.kind for item in hook.recordings(room)]
    assert kinds == ["track"] * 4 + ["composition"]
    (film,) = hook.recordings(room, "composition")
    with hook.open_recording(film) as file:
        assert file.size == film.bytes == MEDIA_BYTES
    hook.delete_recording(film)
    hook.delete_recording(film)  # gone already
    assert list(hook.recordings(room, "composition")) == []
    with pytest.raises(errors.NotFoundError, match="deleted"):
        hook.open_recording(film)


def test_twilio_delete_whose_answer_was_lost(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    rooms_sandbox.fault("twilio", "drop_after", method="DELETE")
    hook.delete_recording(recording)
    assert recording.id not in [item.id for item in hook.recordings(room)]
    rooms_sandbox.fault("twilio", "status", method="DELETE", status=404)
    with pytest.raises(errors.NotFoundError):
        hook.delete_recording(next(hook.recordings(room)))


def test_twilio_the_link_may_stand_in_the_body_only(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    link = f"{rooms_sandbox.url}/files/twilio/nothing.mka"
    rooms_sandbox.fault("twilio", "status", path="/v1/Recordings/*/Media", status=302, body={"redirect_to": link})
    with pytest.raises(errors.AccessDeniedError):  # the storage wants a signature
        hook.open_recording(recording)
    assert rooms_sandbox.requests("twilio")[-1]["path"] == "/files/twilio/nothing.mka"


def test_videosdk_delete_whose_answer_was_lost(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("videosdk")
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    rooms_sandbox.fault("videosdk", "drop_after", method="DELETE")
    hook.delete_recording(recording)
    assert list(hook.recordings(room)) == []
    with pytest.raises(errors.NotFoundError):
        hook.delete_recording(recording)


# -- bad input -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_bad_input_is_refused_by_name(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    for given in (None, "", "None", {}, {"id": 7}, 12):
        with pytest.raises(errors.InvalidSpecError, match="recording:"):
            hook.open_recording(given)
    with pytest.raises(errors.InvalidSpecError, match="not one of"):
        list(hook.recordings("algebra", kind="film"))
    for options in ("x", 5, [1]):
        with pytest.raises(errors.InvalidSpecError, match="options: expected a dict"):
            hook.start_recording("algebra", options)
    assert rooms_sandbox.requests() == []
    with pytest.raises(errors.NotFoundError, match="no recording 'abc'"):
        hook.open_recording("abc")
    with pytest.raises(errors.NotFoundError):
        list(hook.recordings("nobody-made-this"))
    other = next(item for item in TYPES if item != conn_type)
    with pytest.raises(errors.InvalidSpecError, match=other):
        list(hook.recordings({"vendor": other, "id": "x"}))


@pytest.mark.parametrize(
    ("conn_type", "kind"), [("hundredms", "composition"), ("twilio_video", "hls"), ("twilio_video", "transcript")]
)
def test_a_kind_the_vendor_does_not_make_is_refused(
    conn_type: str, kind: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    with pytest.raises(errors.UnsupportedError, match=kind):
        list(hook_of(conn_type).recordings("algebra", kind))
    assert rooms_sandbox.requests() == []
