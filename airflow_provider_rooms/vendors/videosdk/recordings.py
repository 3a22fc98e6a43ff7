"""VideoSDK's recordings. https://docs.videosdk.live/api-reference/realtime-communication/start-recording"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording, RecordingKind, RecordingState, Room
from airflow_provider_rooms.vendors.exchange import as_object, parse_time
from airflow_provider_rooms.vendors.flow import Flow, Request, gathered, paged, segment
from airflow_provider_rooms.vendors.presence import iso
from airflow_provider_rooms.vendors.recordings import Wanted, extension, found_or_made
from airflow_provider_rooms.vendors.videosdk.api import VideoSDKApi
from airflow_provider_rooms.vendors.videosdk.options import RecordingOptions, recording_defaults

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.options import Options


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where VideoSDK keeps recordings of a kind."""

    kind: RecordingKind
    path: str
    key: str = "data"
    deletable: bool = True


PLACES = (
    Place(kind="recording", path="/v2/recordings"),
    Place(kind="track", path="/v2/recordings/participant/track"),
    # One person's picture and sound in one file.
    Place(kind="track", path="/v2/recordings/participant"),
    # Known from VideoSDK's own SDK only.
    Place(kind="composition", path="/v2/recordings/composite"),
    Place(kind="hls", path="/v2/hls"),
    Place(kind="transcript", path="/ai/v1/post-transcriptions", key="transcriptions", deletable=False),
)
#: Formats of a transcript in the order in which one is taken when none is named.
_TEXTS = ("txt", "srt", "vtt", "json", "tsv")
_TRANSCRIPT_STATES: Mapping[str, RecordingState] = {"completed": "ready", "failed": "failed"}


class VideoSDKRecordings(VideoSDKApi):
    """There is no status: a recording with a file is ready, and one that failed never gets any."""

    recording_options: ClassVar[type[Options]] = RecordingOptions
    no_recordings: ClassVar[Mapping[RecordingKind, str]] = {}

    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """The list of each kind, one after the other."""
        for place in _places(kind):
            yield from paged(partial(self._recording_page, place, {"roomId": room.id}))

    def _recording_page(
        self, place: Place, filters: Mapping[str, Any], cursor: int | None
    ) -> Flow[tuple[list[Recording], int | None]]:
        try:
            items, following = yield from self.page(place.path, filters, cursor, key=place.key)
        except errors.NotFoundError:
            return [], None  # how a room without any is answered is not documented
        return [recording for item in items for recording in _read(place.kind, item)], following

    # -- start and stop -------------------------------------------------------------------------------------------------

    def recording_defaults(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A layout, where anything else of the picture is configured."""
        return recording_defaults(body)

    def start_recording(self, room: Room, body: Mapping[str, Any]) -> Flow[list[Recording]]:
        """POST /v2/recordings/start, which answers a sentence without an id."""

        def make() -> Flow[list[Recording] | None]:
            try:
                yield from self.post("/v2/recordings/start", {**body, "roomId": room.id}, room=room.id)
            except errors.NotFoundError as error:
                raise self._nobody(room, error.status) from None
            except errors.RequestRefusedError as error:
                if error.status != 409:
                    raise
            return None

        return (yield from found_or_made(self, lambda: self._running(room, needed=True), make, what="recording"))

    def stop_recording(self, room: Room) -> Flow[list[Recording]]:
        """POST /v2/recordings/end. Nothing runs, or no session is live: fine."""
        running = yield from self._running(room)
        if running:
            try:
                yield from self.post("/v2/recordings/end", {"roomId": room.id}, room=room.id, repeatable=True)
            except errors.NotFoundError:
                pass  # It ended by itself in between, or the answer to the first try was lost.
        return running

    def _running(self, room: Room, *, needed: bool = False) -> Flow[list[Recording]]:
        """What is being recorded: recordings of the live session without an end and without a file."""
        session = yield from self.live_session(room)
        if session is None:
            if needed:
                raise self._nobody(room)
            return []
        place, filters = PLACES[0], {"roomId": room.id, "sessionId": session.id}
        items = yield from gathered(paged(partial(self.page, place.path, filters), lambda item: not item.get("end")))
        found = [recording for item in items for recording in _read(place.kind, item)]
        return [recording for recording in found if recording.state == "processing"]

    def _nobody(self, room: Room, status: int | None = None) -> errors.NotFoundError:
        return errors.NotFoundError(
            "No session is live in this room: VideoSDK records only while somebody is in it.",
            vendor=self.title,
            room=room.id,
            status=status,
            advice="Start it after SessionStartedSensor, or give record=True when the room is created.",
        )

    # -- files ----------------------------------------------------------------------------------------------------------

    def file_url(self, wanted: Wanted) -> Flow[str]:
        """The file's link, as the recording shows it."""
        identity, _, number = wanted.id.partition(".")
        place, answer = yield from self._recording(wanted, identity)
        if place.kind == "hls":
            raise errors.UnsupportedError(
                "An HLS stream is no file: it is a list of many short pieces.",
                vendor=self.title,
                advice="Record the session as well, and take that file.",
            )
        if place.kind == "transcript":
            texts = _transcripts(answer)
            link: Any = texts.get(wanted.format) if wanted.format else next(iter(texts.values()), None)
        else:
            found = _files(answer)
            index = int(number) - 1 if number.isdecimal() else 0
            file = found[index] if index < len(found) else {}
            link = file.get("fileUrl")
            if link is None and file.get("filePath"):
                raise errors.UnsupportedError(
                    f"The file of recording {wanted.id} lies in your own storage, under {file['filePath']}.",
                    vendor=self.title,
                    advice="VideoSDK hands out no link to it: take it from your bucket.",
                )
        if not isinstance(link, str) or not link:
            raise self.no_file_yet(wanted.id)
        return link

    def _recording(self, wanted: Wanted, identity: str) -> Flow[tuple[Place, Mapping[str, Any]]]:
        for place in _places(wanted.kind):
            try:
                response = yield from self.get(f"{place.path}/{segment(identity)}")
            except errors.NotFoundError:
                continue
            return place, as_object(response, key="id")
        raise self.no_recording(wanted.id)

    def delete_recording(self, wanted: Wanted) -> Flow[None]:
        """DELETE /v2/recordings/{id}, or what its kind has in its place."""
        place, answer = yield from self._recording(wanted, wanted.id.partition(".")[0])
        if not place.deletable:
            raise errors.UnsupportedError(
                "VideoSDK cannot delete a transcript.", vendor=self.title, advice="Delete its recording."
            )
        try:
            path = f"{place.path}/{segment(str(answer['id']))}"
            yield from self.call(Request(method="DELETE", path=path), repeatable=True)
        except errors.NotFoundError:
            pass  # The answer to the first try was lost.


def _places(kind: RecordingKind | None) -> Iterable[Place]:
    return (place for place in PLACES if kind in (None, place.kind))


def _read(kind: RecordingKind, item: Mapping[str, Any]) -> list[Recording]:
    """An item of a list: one recording, or one for each of its files."""
    identity = item.get("id")
    if not identity:
        return []
    if kind == "transcript":
        state = _TRANSCRIPT_STATES.get(str(item.get("status")), "processing")
        formats: list[str | None] = list(_transcripts(item)) if state == "ready" else []
        return [_make(kind, item, str(identity), state, format=name) for name in formats or [None]]
    if kind == "hls":
        state = "ready" if item.get("end") else "processing"
        return [_make(kind, item, str(identity), state, seconds=_number(item.get("duration")))]
    files = _files(item)
    if not files:
        return [_make(kind, item, str(identity), "processing")]
    return [
        _make(
            kind,
            item,
            # One id may stand for several files; ids have no dots.
            str(identity) if number == 1 else f"{identity}.{number}",
            "ready",
            seconds=_duration(file.get("meta")),
            size=_number(file.get("size")),
            format=extension(file.get("filePath") or file.get("fileUrl")),
        )
        for number, file in enumerate(files, 1)
    ]


def _make(
    kind: RecordingKind,
    item: Mapping[str, Any],
    identity: str,
    state: RecordingState,
    *,
    seconds: float | None = None,
    size: float | None = None,
    format: str | None = None,  # noqa: A002 - the name of the field
) -> Recording:
    began = parse_time(item.get("createdAt") or item.get("start"))
    return Recording(
        id=identity,
        session_id=str(item["sessionId"]) if item.get("sessionId") else None,
        room_id=str(item.get("roomId")),
        kind=kind,
        state=state,
        seconds=seconds,
        bytes=int(size) if size is not None else None,
        format=format,
        created_at=iso(began) if began else None,
    )


def _files(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What there is of files: a link, or a path where the storage is the user's own."""
    several = item.get("files")
    files = several if isinstance(several, list) else [item.get("file")]
    return [file for file in files if isinstance(file, Mapping) and (file.get("fileUrl") or file.get("filePath"))]


def _transcripts(item: Mapping[str, Any]) -> dict[str, str]:
    """The links to a transcript by format."""
    paths = item.get("transcriptionFilePaths")
    return {name: paths[name] for name in _TEXTS if isinstance(paths, Mapping) and paths.get(name)}


def _duration(meta: Any) -> float | None:
    return _number(meta.get("duration")) if isinstance(meta, Mapping) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) else None
