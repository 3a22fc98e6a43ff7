"""VideoSDK v2: recordings of one participant, of one track, of a composition, and stereo merges of them.

Pages: docs.videosdk.live/api-reference/realtime-communication/start-participant-recording, start-track-recording,
merge-recordings and their neighbours; composite ones are known from the official SDK only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.checks import AnyValue, Items, Record, Table, Text
from airflow_provider_rooms.sandbox.clock import iso_millis
from airflow_provider_rooms.sandbox.vendor import hex_id, new_uuid
from airflow_provider_rooms.sandbox.videosdk.store import FILE_DELAY_SECONDS, Merge, Recording, Session
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.videosdk.recordings import Recordings
    from airflow_provider_rooms.sandbox.videosdk.rest import VideoSDKRest

TRACKS: Final = ("audio", "video", "screen_audio", "screen_video")
MERGE_STATUSES: Final = ("running", "completed", "failed")

_TARGET: Final = {"roomId": Text(shortest=1), "participantId": Text(shortest=1)}
_OPTIONS: Final = {
    "fileFormat": Text(choices=("webm", "mp4", "m3u8")),
    "webhookUrl": Text(shortest=1),
    "bucketDirPath": Text(),
}
START: Final = Record({**_TARGET, **_OPTIONS, "metadata": Table(AnyValue())}, required=("roomId", "participantId"))
STOP: Final = Record(_TARGET, required=("roomId", "participantId"))
START_TRACK: Final = Record(
    {**_TARGET, **_OPTIONS, "kind": Text(choices=TRACKS)}, required=("roomId", "participantId", "kind")
)
STOP_TRACK: Final = Record({**_TARGET, "kind": Text(choices=TRACKS)}, required=("roomId", "participantId", "kind"))
START_COMPOSITE: Final = Record(
    {
        "roomId": Text(shortest=1),
        "participants": Items(
            Record(
                {"participantId": Text(shortest=1), "kind": Items(Text(choices=TRACKS))}, required=("participantId",)
            )
        ),
        "watermarks": Items(Table(AnyValue()), most=3),
        "webhookUrl": Text(shortest=1),
        "bucketDirPath": Text(),
        "preSignedURL": Text(shortest=1),
        "fileFormat": Text(choices=("mp4", "webm")),
    },
    required=("roomId",),
)
STOP_COMPOSITE: Final = Record(
    {"roomId": Text(shortest=1), "recordingId": Text(shortest=1)}, required=("roomId", "recordingId")
)
_CHANNEL: Final = Items(
    Record(
        {
            "participantId": Text(shortest=1),
            "recordingId": Text(shortest=1),
            "type": Text(choices=("participant", "track")),
        },
        required=("participantId",),
    ),
    fewest=1,
)
MERGE: Final = Record(
    {
        "sessionId": Text(shortest=1),
        "channel1": _CHANNEL,
        "channel2": _CHANNEL,
        "type": Text(choices=("participant", "track")),
        "webhookUrl": Text(shortest=1),
        "bucketDirPath": Text(),
    },
    required=("sessionId", "channel1", "channel2"),
)


def routes(vendor: VideoSDKRest, meetings: Recordings) -> Iterable[Route]:
    """The paths of this module."""
    one = Individual(vendor, meetings)
    merges = Merges(vendor)
    return (
        Route("POST", "/v2/recordings/participant/start", lambda call: one.start(call, "participant")),
        Route("POST", "/v2/recordings/participant/stop", lambda call: one.stop(call, "participant")),
        Route("GET", "/v2/recordings/participant", lambda call: one.list_(call, "participant")),
        Route("GET", "/v2/recordings/participant/{id}", lambda call: one.get(call, "participant")),
        Route("DELETE", "/v2/recordings/participant/{id}", lambda call: one.delete(call, "participant")),
        Route("POST", "/v2/recordings/participant/track/start", lambda call: one.start(call, "track")),
        Route("POST", "/v2/recordings/participant/track/stop", lambda call: one.stop(call, "track")),
        Route("GET", "/v2/recordings/participant/track", lambda call: one.list_(call, "track")),
        Route("GET", "/v2/recordings/participant/track/{id}", lambda call: one.get(call, "track")),
        Route("DELETE", "/v2/recordings/participant/track/{id}", lambda call: one.delete(call, "track")),
        Route("POST", "/v2/recordings/participant/merge", merges.create),
        Route("GET", "/v2/recordings/participant/merge", merges.list_),
        Route("GET", "/v2/recordings/participant/merge/{id}", merges.get),
        Route("POST", "/v2/recordings/composite/start", one.start_composite),
        Route("POST", "/v2/recordings/composite/stop", one.stop_composite),
        Route("GET", "/v2/recordings/composite", lambda call: one.list_(call, "composite")),
        Route("GET", "/v2/recordings/composite/{id}", lambda call: one.get(call, "composite")),
        Route("DELETE", "/v2/recordings/composite/{id}", lambda call: one.delete(call, "composite")),
    )


class Individual:
    """Recordings below the level of the whole meeting. Here the verb is ``stop``, not ``end``."""

    def __init__(self, vendor: VideoSDKRest, meetings: Recordings) -> None:
        self.vendor = vendor
        self.meetings = meetings

    def _running(self, session: Session, kind: str, body: dict[str, Any]) -> list[Recording]:
        return [
            recording
            for recording in self.vendor.store.running(session, kind)
            if recording.participant_id == body["participantId"] and recording.track == body.get("kind")
        ]

    def start(self, call: Call, kind: str) -> Answer:
        body = self.vendor.body(call, START_TRACK if kind == "track" else START)
        session = self.meetings.live(body["roomId"])
        present = [p.participant_id for p in session.people.values() if p.present]
        if body["participantId"] not in present:
            raise self.vendor.refuse(404, "Participant not found")
        if self._running(session, kind, body):
            raise self.vendor.refuse(409, f"{kind} recording is already started")
        order = {"fileFormat": "webm", **body}
        self.vendor.store.record(session, kind, order, body["participantId"], body.get("kind"))
        # the wording for a track is on its page, full stop included; that for a participant is unknown
        return as_json(f"{kind} recording started successfully.")

    def stop(self, call: Call, kind: str) -> Answer:
        body = self.vendor.body(call, STOP_TRACK if kind == "track" else STOP)
        running = self._running(self.meetings.live(body["roomId"]), kind, body)
        if not running:
            raise self.vendor.refuse(404, "Room Recording not found")
        for recording in running:
            self.vendor.store.stop(recording)
        return as_json(f"{kind} recording stopped successfully.")

    def start_composite(self, call: Call) -> Answer:
        """The stop needs the id that this answers; what else is in the answer is unknown."""
        body = self.vendor.body(call, START_COMPOSITE)
        session = self.meetings.live(body["roomId"])
        recording = self.vendor.store.record(session, "composite", body)
        return as_json({"message": "composite recording started successfully.", "recordingId": recording.id})

    def stop_composite(self, call: Call) -> Answer:
        body = self.vendor.body(call, STOP_COMPOSITE)
        session = self.meetings.live(body["roomId"])
        for recording in self.vendor.store.running(session, "composite"):
            if recording.id == body["recordingId"]:
                self.vendor.store.stop(recording)
                return as_json("composite recording stopped successfully.")
        raise self.vendor.refuse(404, "Room Recording not found")

    def list_(self, call: Call, kind: str) -> Answer:
        participant = call.first("participantId")
        found = [r for r in self.meetings.matching(call, kind) if participant in (None, r.participant_id)]
        info, page = self.vendor.page(call, found)
        return as_json({"pageInfo": info, "data": [individual_view(recording, call.base) for recording in page]})

    def get(self, call: Call, kind: str) -> Answer:
        return as_json(individual_view(self.meetings.one(call, kind, "Room Recording not found"), call.base))

    def delete(self, call: Call, kind: str) -> Answer:
        self.meetings.one(call, kind, "Room Recording not found").deleted = True
        return as_json(f"{kind} recording deleted successfully.")


def individual_path(recording: Recording) -> str:
    """Where the file lies, below the bucket or the CDN."""
    folder = recording.order.get("bucketDirPath")
    form = recording.order.get("fileFormat", "webm")
    where = str(folder).strip("/") if folder else f"individual-recordings/{recording.session.id}"
    return f"{where}/{recording.kind}_recording_{recording.file_id}.{form}"


def individual_view(recording: Recording, base: str) -> dict[str, Any]:
    """``files`` is empty until there is one."""
    kind = recording.track or ("audio_video" if recording.kind == "participant" else None)
    view: dict[str, Any] = {
        "sessionId": recording.session.id,
        "participantId": recording.participant_id,
        "kind": kind,
        "fileFormat": recording.order.get("fileFormat", "webm"),
        "start": iso_millis(recording.start),
        "end": iso_millis(recording.end),
        "mode": recording.kind,
        "region": recording.session.room.config.get("geoFence", "sg001"),
        "files": [_file(recording, base)] if recording.ready is not None else [],
        "roomId": recording.session.room.room_id,
        "webhook": {"totalCount": 0, "successCount": 0, "data": []},
        "id": recording.id,
    }
    if recording.kind == "composite":
        # one file, and no participant
        entries = view.pop("files")
        view["participants"] = recording.order.get("participants", [])
        if entries:
            view |= {"fileId": recording.file_id, "file": entries[0]}
    return view


def _file(recording: Recording, base: str) -> dict[str, Any]:
    path = individual_path(recording)
    own_storage = bool(recording.order.get("bucketDirPath") or recording.order.get("preSignedURL"))
    audio = recording.track in ("audio", "screen_audio")
    return {
        "meta": {
            "resolution": {"width": 640, "height": 360},
            "format": recording.order.get("fileFormat", "webm"),
            "duration": round(recording.seconds, 3),
        },
        "_id": recording.file_id,
        "userId": recording.file_id,
        "filePath": path,
        "fileUrl": None if own_storage else files.open_url(base.rsplit("/", 1)[0], "videosdk", path),
        "type": "audio" if audio else "video",
        "size": files.size(path),
        "ratio": {"360": 36328.627},
        "__v": 0,
    }


class Merges:
    """Two participants' sound as the two channels of one file. Their list has a key of its own."""

    def __init__(self, vendor: VideoSDKRest) -> None:
        self.vendor = vendor

    def create(self, call: Call) -> Answer:
        body = self.vendor.body(call, MERGE)
        session = self.vendor.store.sessions.get(body["sessionId"])
        if session is None:
            raise self.vendor.refuse(404, "Session not found")
        channels = tuple([self._source(entry, session) for entry in body[name]] for name in ("channel1", "channel2"))
        merge = Merge(new_uuid(), session, channels[0], channels[1], self.vendor.clock.now(), hex_id())
        self.vendor.store.merges[merge.id] = merge
        self.vendor.clock.after(FILE_DELAY_SECONDS, lambda: self._finish(merge))
        view = merge_view(merge, call.base)
        return as_json({"message": "Merge recording job started successfully.", "recording": view})

    def _source(self, entry: dict[str, Any], session: Session) -> dict[str, str]:
        for recording in reversed(self.vendor.store.recordings.values()):
            wanted = entry.get("recordingId") in (None, recording.id)
            if wanted and recording.session is session and recording.participant_id == entry["participantId"]:
                return {"recordingId": recording.id, "participantId": entry["participantId"]}
        raise self.vendor.refuse(404, "Room Recording not found")

    def _finish(self, merge: Merge) -> None:
        merge.end = self.vendor.clock.now()

    def list_(self, call: Call) -> Answer:
        status, room, session, id_ = (call.first(name) for name in ("status", "roomId", "sessionId", "id"))
        if status is not None and status not in MERGE_STATUSES:
            raise self.vendor.refuse(400, f'"status" must be one of {", ".join(MERGE_STATUSES)}')
        found = [
            merge
            for merge in reversed(self.vendor.store.merges.values())
            if status in (None, merge.status)
            and room in (None, merge.session.room.room_id)
            and session in (None, merge.session.id)
            and id_ in (None, merge.id)
        ]
        info, page = self.vendor.page(call, found, per_page=10)
        return as_json({"pageInfo": info, "recordings": [merge_view(merge, call.base) for merge in page]})

    def get(self, call: Call) -> Answer:
        merge = self.vendor.store.merges.get(call.params["id"])
        if merge is None:
            raise self.vendor.refuse(404, "Room Recording not found")
        return as_json(merge_view(merge, call.base))


def merge_view(merge: Merge, base: str) -> dict[str, Any]:
    """A merge; its file comes with status ``completed``."""
    view: dict[str, Any] = {
        "id": merge.id,
        "channel1": merge.channel1,
        "channel2": merge.channel2,
        "start": iso_millis(merge.start),
        "status": merge.status,
        "meetingId": merge.session.room.room_id,
        "sessionId": merge.session.id,
    }
    if merge.end is not None:
        path = merge.path
        made = iso_millis(merge.end)
        view["end"] = made
        view["file"] = {
            "meta": {"format": "mp3", "duration": round((merge.end - merge.start).total_seconds(), 3)},
            "filePath": path,
            "type": "audio",
            "size": files.size(path),
            "ratio": {"audio": 16905.749},
            "userStorage": None,
            "createdAt": made,
            "updatedAt": made,
            "fileUrl": files.open_url(base.rsplit("/", 1)[0], "videosdk", path),
            "id": merge.file_id,
        }
    return view
