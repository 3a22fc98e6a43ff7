"""VideoSDK ``/ai/v1``: transcriptions made after a recording. Their list has a key of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.clock import iso_millis
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.videosdk import VideoSDK
    from airflow_provider_rooms.sandbox.videosdk_store import Transcript

FORMATS: Final = ("json", "srt", "txt", "tsv", "vtt")


def routes(vendor: VideoSDK) -> Iterable[Route]:
    """The paths of this module."""
    transcripts = Transcripts(vendor)
    return (
        Route("GET", "/ai/v1/post-transcriptions", transcripts.list_),
        Route("GET", "/ai/v1/post-transcriptions/{id}", transcripts.get),
    )


class Transcripts:
    """Post transcriptions."""

    def __init__(self, vendor: VideoSDK) -> None:
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


def transcript_view(transcript: Transcript, base: str) -> dict[str, Any]:
    """``completed`` with its files; before that only the job (which word the job has then is unknown)."""
    from airflow_provider_rooms.sandbox.videosdk_recordings import file_path

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
        "filePath": files.open_url(origin, "videosdk", file_path(recording)),
        "transcriptionFilePaths": {form: link(f"{transcript.id}.{form}") for form in FORMATS} if done else {},
        "summarizedFilePaths": {"txt": link(f"{transcript.id}-summary.txt")} if done and transcript.summary else {},
        "start": iso_millis(transcript.start),
        "end": iso_millis(transcript.end),
    }
    return view
