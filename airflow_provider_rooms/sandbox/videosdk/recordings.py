"""VideoSDK v2: recordings of a whole meeting and the HLS streams, and their files.

Pages: docs.videosdk.live/api-reference/realtime-communication/start-recording, start-hlsstream and their neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.checks import Record, Text
from airflow_provider_rooms.sandbox.clock import iso_millis
from airflow_provider_rooms.sandbox.videosdk import transcripts
from airflow_provider_rooms.sandbox.videosdk.shapes import HLS_ORDER, RECORDING_ORDER, SUMMARY, USER_ID, links
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_rooms.sandbox.videosdk.rest import VideoSDKRest
    from airflow_provider_rooms.sandbox.videosdk.store import Recording, Session, Store

_ROOM: Final = {"roomId": Text(shortest=1)}
START: Final = Record({**_ROOM, **RECORDING_ORDER}, required=("roomId",))
STOP: Final = Record({**_ROOM, "id": Text(shortest=1)}, required=("roomId",))
START_HLS: Final = Record(
    # on this page alone, summary stands beside transcription
    {**_ROOM, **HLS_ORDER, "summary": SUMMARY},
    required=("roomId",),
)


def routes(meetings: Recordings) -> Iterable[Route]:
    """The paths of this module."""
    return (
        Route("POST", "/v2/recordings/start", meetings.start),
        Route("POST", "/v2/recordings/end", meetings.stop),
        Route("GET", "/v2/recordings", meetings.list_),
        Route("GET", "/v2/recordings/{id}", meetings.get),
        Route("DELETE", "/v2/recordings/{id}", meetings.delete),
        Route("POST", "/v2/hls/start", meetings.start_hls),
        Route("POST", "/v2/hls/end", meetings.stop_hls),
        Route("GET", "/v2/hls", meetings.list_hls),
        Route("GET", "/v2/hls/{id}", meetings.get_hls),
        Route("DELETE", "/v2/hls/{id}", meetings.delete_hls),
        Route("GET", "/v2/hls/{id}/active", meetings.active_hls),
    )


class Recordings:
    """Recordings of whole meetings, and HLS streams."""

    def __init__(self, vendor: VideoSDKRest) -> None:
        self.vendor = vendor

    # -- what all kinds share -------------------------------------------------------------------------------

    def live(self, room_id: str) -> Session:
        """Every start and stop needs a live session. Pages give these calls a roomId only, no customRoomId."""
        store = self.vendor.store
        if room_id not in store.rooms:
            raise self.vendor.refuse(402, "Room not found")
        session = store.live.get(room_id)
        if session is None:
            # the code for "no session" is unknown; the draft table has this text
            raise self.vendor.refuse(404, "Session not found")
        return session

    def begin(self, call: Call, spec: Record, kind: str, several: str) -> Recording:
        body = self.vendor.body(call, spec)
        session = self.live(body.pop("roomId"))
        if not session.room.config.get("multiComposition", {}).get(several) and any(
            self.vendor.store.running(session, kind)
        ):
            # a second one needs multiComposition; how the refusal looks is unknown, 409 is the SDK's "duplicate"
            raise self.vendor.refuse(409, f"{kind} is already started")
        return self.vendor.store.record(session, kind, body)

    def cease(self, call: Call, kind: str, missing: str) -> None:
        body = self.vendor.body(call, STOP)
        session = self.live(body["roomId"])
        running = [r for r in self.vendor.store.running(session, kind) if body.get("id") in (None, r.id)]
        if not running:
            raise self.vendor.refuse(404, missing)
        for recording in running:
            self.vendor.store.stop(recording)

    def matching(self, call: Call, kind: str) -> list[Recording]:
        """Newest first, by room and session where the query says so."""
        store = self.vendor.store
        room_id, session_id = call.first("roomId"), call.first("sessionId")
        candidates: Iterable[Recording] = reversed(store.recordings.values())
        if room_id is not None:
            room = store.rooms.get(room_id)
            sessions = reversed(room.sessions) if room is not None else iter(())
            candidates = (recording for session in sessions for recording in reversed(session.recordings))
        return [
            recording
            for recording in candidates
            if recording.kind == kind and not recording.deleted and session_id in (None, recording.session.id)
        ]

    def one(self, call: Call, kind: str, missing: str) -> Recording:
        recording = self.vendor.store.recordings.get(call.params["id"])
        if recording is None or recording.kind != kind or recording.deleted:
            raise self.vendor.refuse(404, missing)
        return recording

    # -- meetings -------------------------------------------------------------------------------------------

    def start(self, call: Call) -> Answer:
        """The reply is a bare JSON string without an id: a client finds its recording in the list."""
        self.begin(call, START, "meeting", "recording")
        return as_json("Recording started successfully")

    def stop(self, call: Call) -> Answer:
        self.cease(call, "meeting", "Room Recording not found")
        return as_json("Recording ended successfully")

    def list_(self, call: Call) -> Answer:
        found = self.matching(call, "meeting")
        query = call.first("query")
        if query is not None:
            found = [r for r in found if query in (r.id, r.session.id, r.session.room.room_id)]
        info, page = self.vendor.page(call, found)
        transcribed = call.first("withTranscription") == "true"
        views = [recording_view(recording, call.base) for recording in page]
        if transcribed:
            for recording, view in zip(page, views, strict=True):
                if recording.transcript is not None:
                    view["transcription"] = transcripts.transcript_view(recording.transcript, call.base)
        return as_json({"pageInfo": info, "data": views})

    def get(self, call: Call) -> Answer:
        return as_json(recording_view(self.one(call, "meeting", "Room Recording not found"), call.base))

    def delete(self, call: Call) -> Answer:
        self.one(call, "meeting", "Room Recording not found").deleted = True
        return as_json("Room recording deleted successfully")

    # -- HLS ------------------------------------------------------------------------------------------------

    def start_hls(self, call: Call) -> Answer:
        stream = self.begin(call, START_HLS, "hls", "hls")
        view = hls_view(stream, call.base)
        for absent in ("end", "duration"):
            del view[absent]
        live = _hls_url(stream, call.base, "live.m3u8")
        return as_json({**view, "downstreamUrl": view["playbackHlsUrl"], "livestreamUrl": live})

    def stop_hls(self, call: Call) -> Answer:
        self.cease(call, "hls", "HLS not found")
        return as_json("HLS ended successfully")

    def list_hls(self, call: Call) -> Answer:
        info, page = self.vendor.page(call, self.matching(call, "hls"))
        return as_json({"pageInfo": info, "data": [hls_view(stream, call.base) for stream in page]})

    def get_hls(self, call: Call) -> Answer:
        return as_json(hls_view(self.one(call, "hls", "HLS not found"), call.base))

    def active_hls(self, call: Call) -> Answer:
        session = self.vendor.store.live.get(call.params["id"])
        running: Sequence[Recording] = [] if session is None else list(self.vendor.store.running(session, "hls"))
        if not running:
            raise self.vendor.refuse(404, "HLS not found")
        return as_json({"code": 200, "data": hls_view(running[-1], call.base)})

    def delete_hls(self, call: Call) -> Answer:
        self.one(call, "hls", "HLS not found").deleted = True
        return as_json("Room Hls Recording deleted successfully !")


def recording_view(recording: Recording, base: str) -> dict[str, Any]:
    """There is no status: a recording with a file is ready. ``file`` is absent until then."""
    room = recording.session.room
    view: dict[str, Any] = {
        "userId": USER_ID,
        "roomId": room.room_id,
        "sessionId": recording.session.id,
        "start": iso_millis(recording.start),
        "end": iso_millis(recording.end),
        "createdAt": iso_millis(recording.start),
        "updatedAt": iso_millis(recording.ready or recording.end or recording.start),
    }
    if recording.ready is not None:
        view["fileId"] = recording.file_id
        view["file"] = file_view(recording, base)
    return {
        **view,
        "webhook": {"totalCount": 0, "successCount": 0, "data": []},
        "links": links(room, base),
        "id": recording.id,
    }


def file_view(recording: Recording, base: str) -> dict[str, Any]:
    """The file of a finished recording."""
    path = recording.path
    own_storage = bool(recording.order.get("awsDirPath") or recording.order.get("preSignedUrl"))
    audio = recording.order.get("config", {}).get("mode") == "audio"
    ready = iso_millis(recording.ready)
    return {
        "meta": {
            "resolution": {"width": 1920, "height": 1080},
            "format": "mov,mp4,m4a,3gp,3g2,mj2",
            "duration": round(recording.seconds, 3),
        },
        "filePath": path,
        "size": files.size(path),
        "type": "audio" if audio else "video",
        "userStorage": {"bucket": "own"} if own_storage else None,
        "createdAt": ready,
        "updatedAt": ready,
        "ratio": {"1080": 309204.52},
        # with storage of one's own the link is null: the file is in the caller's bucket
        "fileUrl": None if own_storage else files.open_url(base.rsplit("/", 1)[0], "videosdk", path),
        "id": recording.file_id,
    }


def hls_view(stream: Recording, base: str) -> dict[str, Any]:
    """An HLS stream; ``end`` is null while it runs."""
    room = stream.session.room
    return {
        "sessionId": stream.session.id,
        "start": iso_millis(stream.start),
        "end": iso_millis(stream.end),
        "roomId": room.room_id,
        "duration": round(stream.seconds, 3),
        "links": {**links(room, base), "get_session": f"{base}/v2/sessions/{stream.session.id}"},
        "playbackHlsUrl": _hls_url(stream, base, "index.m3u8"),
        "id": stream.id,
    }


def _hls_url(stream: Recording, base: str, name: str) -> str:
    return files.open_url(base.rsplit("/", 1)[0], "videosdk", f"meetings-hls/{stream.file_id}/{name}")


def has_file(store: Store, path: str) -> bool:
    """Whether the CDN has it: finished recordings that were not deleted, streams, and transcriptions."""
    for recording in store.recordings.values():
        if recording.deleted:
            continue
        if recording.kind == "hls":
            if path.startswith(f"meetings-hls/{recording.file_id}/"):
                return True
        elif recording.ready is not None and recording.file_id in path:
            return True
    if any(merge.end is not None and merge.path == path for merge in store.merges.values()):
        return True
    finished = [text.id for text in store.transcripts.values() if text.end is not None]
    finished += [text.id for text in store.captions.values() if text.end is not None]
    return any(id_ in path for id_ in finished)
