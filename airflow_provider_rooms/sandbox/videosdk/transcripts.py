"""VideoSDK ``/ai/v1``: transcriptions, after a recording and in real time. Their lists have a key of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.checks import Record, Text
from airflow_provider_rooms.sandbox.clock import iso_millis
from airflow_provider_rooms.sandbox.vendor import new_uuid
from airflow_provider_rooms.sandbox.videosdk.shapes import SUMMARY
from airflow_provider_rooms.sandbox.videosdk.store import Captions, Session
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.videosdk.rest import VideoSDKRest
    from airflow_provider_rooms.sandbox.videosdk.store import Transcript

START: Final = Record(
    {
        "roomId": Text(shortest=1),
        "webhookUrl": Text(shortest=1),
        "modelId": Text(shortest=1),
        "language": Text(shortest=1),
        "summary": SUMMARY,
    },
    required=("roomId",),
)
END: Final = Record({"roomId": Text(shortest=1)}, required=("roomId",))
FORMATS: Final = ("json", "srt", "txt", "tsv", "vtt")


def routes(vendor: VideoSDKRest) -> Iterable[Route]:
    """The paths of this module."""
    transcripts, live = Transcripts(vendor), Realtime(vendor)
    return (
        Route("GET", "/ai/v1/post-transcriptions", transcripts.list_),
        Route("GET", "/ai/v1/post-transcriptions/{id}", transcripts.get),
        Route("POST", "/ai/v1/realtime-transcriptions/start", live.start),
        Route("POST", "/ai/v1/realtime-transcriptions/end", live.end),
        Route("GET", "/ai/v1/realtime-transcriptions", live.list_),
        Route("GET", "/ai/v1/realtime-transcriptions/{id}", live.get),
    )


class Transcripts:
    """Post transcriptions."""

    def __init__(self, vendor: VideoSDKRest) -> None:
        self.vendor = vendor

    def list_(self, call: Call) -> Answer:
        room_id, session_id = call.first("roomId"), call.first("sessionId")
        found = [
            transcript
            for transcript in reversed(self.vendor.store.transcripts.values())
            if room_id in (None, transcript.recording.session.room.room_id)
            and session_id in (None, transcript.recording.session.id)
        ]
        info, page = self.vendor.page(call, found)
        return as_json({"pageInfo": info, "transcriptions": [transcript_view(item, call.base) for item in page]})

    def get(self, call: Call) -> Answer:
        transcript = self.vendor.store.transcripts.get(call.params["id"])
        if transcript is None:
            raise self.vendor.refuse(404, "Transcription not found")
        return as_json(transcript_view(transcript, call.base))


class Realtime:
    """Realtime transcriptions: started and ended by the room, which needs a live session."""

    def __init__(self, vendor: VideoSDKRest) -> None:
        self.vendor = vendor

    def _session(self, body: dict[str, Any]) -> Session:
        store = self.vendor.store
        if body["roomId"] not in store.rooms:
            raise self.vendor.refuse(402, "Room not found")
        session = store.live.get(body["roomId"])
        if session is None:
            raise self.vendor.refuse(404, "Session not found")
        return session

    def _running(self, session: Session) -> Captions | None:
        running = (c for c in self.vendor.store.captions.values() if c.session is session and c.end is None)
        return next(running, None)

    def start(self, call: Call) -> Answer:
        body = self.vendor.body(call, START)
        session = self._session(body)
        if self._running(session) is not None:
            raise self.vendor.refuse(409, "transcription is already started")
        captions = Captions(new_uuid(), session, body, self.vendor.clock.now())
        self.vendor.store.captions[captions.id] = captions
        return as_json(captions_view(captions, call.base))

    def end(self, call: Call) -> Answer:
        captions = self._running(self._session(self.vendor.body(call, END)))
        if captions is None:
            raise self.vendor.refuse(404, "Transcription not found")
        captions.end = self.vendor.clock.now()
        return as_json(captions_view(captions, call.base))

    def list_(self, call: Call) -> Answer:
        """By room as the page says; the SDK says that this filter does not work."""
        room_id, session_id, status = (call.first(name) for name in ("roomId", "sessionId", "status"))
        found = [
            captions
            for captions in reversed(self.vendor.store.captions.values())
            if room_id in (None, captions.session.room.room_id)
            and session_id in (None, captions.session.id)
            and status in (None, "running" if captions.end is None else "completed")
        ]
        info, page = self.vendor.page(call, found)
        return as_json({"pageInfo": info, "transcriptions": [captions_view(item, call.base) for item in page]})

    def get(self, call: Call) -> Answer:
        captions = self.vendor.store.captions.get(call.params["id"])
        if captions is None:
            raise self.vendor.refuse(404, "Transcription not found")
        return as_json(captions_view(captions, call.base))


def captions_view(captions: Captions, base: str) -> dict[str, Any]:
    """A realtime transcription; texts are there once it has ended."""
    session = captions.session
    view: dict[str, Any] = {
        "id": captions.id,
        "status": "running" if captions.end is None else "completed",
        "extension": {
            "enabled": True,
            "provider": "videosdk",
            "extensionConfig": {"roomId": session.room.room_id, "sessionId": session.id},
        },
        "start": iso_millis(captions.start),
    }
    if "webhookUrl" in captions.order:
        view["webhookUrl"] = captions.order["webhookUrl"]
    if captions.end is not None:
        where = files.open_url(base.rsplit("/", 1)[0], "videosdk", f"transcriptions/{captions.id}/{captions.id}")
        view["end"] = iso_millis(captions.end)
        view["transcriptionFilePaths"] = {"txt": f"{where}.txt"}
        summary = (captions.order.get("summary") or {}).get("enabled")
        view["summarizedFilePaths"] = {"txt": f"{where}-summary.txt"} if summary else {}
    return view


def transcript_view(transcript: Transcript, base: str) -> dict[str, Any]:
    """``completed`` with its files; before that only the job (which word the job has then is unknown)."""
    recording = transcript.recording
    origin = base.rsplit("/", 1)[0]

    def link(name: str) -> str:
        return files.open_url(origin, "videosdk", f"transcriptions/{transcript.id}/{name}")

    done = transcript.end is not None
    view: dict[str, Any] = {
        "id": transcript.id,
        "status": "completed" if done else "running",
        "roomId": recording.session.room.room_id,
        "sessionId": recording.session.id,
        "recordingId": recording.id,
        "filePath": files.open_url(origin, "videosdk", recording.path),
        "transcriptionFilePaths": {form: link(f"{transcript.id}.{form}") for form in FORMATS} if done else {},
        "summarizedFilePaths": {"txt": link(f"{transcript.id}-summary.txt")} if done and transcript.summary else {},
        "start": iso_millis(transcript.start),
        "end": iso_millis(transcript.end),
    }
    return view
