"""VideoSDK's recordings. https://docs.videosdk.live/api-reference/realtime-communication/start-recording"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.recordings import Recordings, Wanted, extension, make_recording
from airflow_provider_rooms.vendors.flow import Flow, paged
from airflow_provider_rooms.vendors.made import found_or_made
from airflow_provider_rooms.vendors.rest import Resource, newest_first, or_none
from airflow_provider_rooms.vendors.videosdk.options import RecordingOptions, recording_defaults
from airflow_provider_rooms.vendors.videosdk.sessions import VideoSDKSessions

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from airflow_provider_rooms.models import Recording, RecordingKind, RecordingState, Room
    from airflow_provider_rooms.vendors.options import Options


@dataclass(frozen=True, kw_only=True)
class Place(Resource):
    """Where VideoSDK keeps recordings of a kind. How a room without any is answered is not documented."""

    kind: RecordingKind
    empty_is_404: bool = True
    deletable: bool = True


PLACES = (
    Place(kind="recording", path="/v2/recordings"),
    Place(kind="track", path="/v2/recordings/participant/track"),
    # One person's picture and sound in one file.
    Place(kind="track", path="/v2/recordings/participant"),
    # Known from VideoSDK's own SDK only.
    Place(kind="composition", path="/v2/recordings/composite"),
    Place(kind="hls", path="/v2/hls"),
    Place(kind="transcript", path="/ai/v1/post-transcriptions", items="transcriptions", deletable=False),
)
#: Formats of a transcript in the order in which one is taken when none is named.
_TEXTS = ("txt", "srt", "vtt", "json", "tsv")
_TRANSCRIPT_STATES: Mapping[str, RecordingState] = {"completed": "ready", "failed": "failed"}


class VideoSDKRecordings(VideoSDKSessions, Recordings):
    """There is no status: a recording with a file is ready, and one that failed never gets any."""

    recording_options: ClassVar[type[Options]] = RecordingOptions

    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """The list of each kind, one after the other."""
        for place in _places(kind):
            yield from self._kept(place, {"roomId": room.id})

    def past_recordings(
        self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]
    ) -> Flow[None]:
        """The lists of each kind for the whole account, which no date narrows down."""
        for place in PLACES:
            yield from newest_first(self._kept(place, {}), lambda recording: recording.created_at, since)

    def _kept(self, place: Place, filters: Mapping[str, Any]) -> Flow[None]:
        def page(cursor: int | None) -> Flow[tuple[list[Recording], int | None]]:
            items, following = yield from self.page(place, filters, cursor)
            return [recording for item in items for recording in _read(place.kind, item)], following

        return paged(page)

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
            # Not there: it ended by itself in between, or the answer to the first try was lost.
            yield from or_none(self.post("/v2/recordings/end", {"roomId": room.id}, room=room.id, repeatable=True))
        return running

    def _running(self, room: Room, *, needed: bool = False) -> Flow[list[Recording]]:
        """What is being recorded: recordings of the live session without an end and without a file."""
        session = yield from self.live_session(room)
        if session is None:
            if needed:
                raise self._nobody(room)
            return []
        place, filters = PLACES[0], {"roomId": room.id, "sessionId": session.id}
        items = [item for item in (yield from self.items(place, filters)) if not item.get("end")]
        found = [recording for item in items for recording in _read(place.kind, item)]
        return [recording for recording in found if recording.state == "processing"]

    def _nobody(self, room: Room, status: int | None = None) -> errors.NotFoundError:
        return errors.NotFoundError(
            "No session is live in this room. VideoSDK can only record while somebody is in it.",
            vendor=self.title,
            room=room.id,
            status=status,
            advice="Start the recording after SessionStartedSensor, or set record=True when you create the room.",
        )

    # -- files ----------------------------------------------------------------------------------------------------------

    def file_url(self, wanted: Wanted) -> Flow[str]:
        """The file's link, as the recording shows it."""
        identity, _, number = wanted.id.partition(".")
        place, answer = yield from self._recording(wanted, identity)
        if place.kind == "hls":
            raise errors.UnsupportedError(
                "An HLS stream is not a single file: it is a playlist of many short segments.",
                vendor=self.title,
                advice="Record the session as well, and download that file.",
            )
        if place.kind == "transcript":
            texts = _transcripts(answer)
            link: Any = texts.get(wanted.format) if wanted.format else next(iter(texts.values()), None)
        else:
            found = files_of(answer)
            index = int(number) - 1 if number.isdecimal() else 0
            file = found[index] if index < len(found) else {}
            link = file.get("fileUrl")
            if link is None and file.get("filePath"):
                raise errors.UnsupportedError(
                    f"The file of recording {wanted.id} is in your own storage, at {file['filePath']}.",
                    vendor=self.title,
                    advice="VideoSDK provides no link to it: read it from your bucket.",
                )
        if not isinstance(link, str) or not link:
            raise self.no_file_yet(wanted.id)
        return link

    def _recording(self, wanted: Wanted, identity: str) -> Flow[tuple[Place, Mapping[str, Any]]]:
        for place in _places(wanted.kind):
            answer = yield from or_none(self.item(place, identity))
            if answer is not None:
                return place, answer
        raise self.no_recording(wanted.id)

    def delete_recording(self, wanted: Wanted) -> Flow[None]:
        """DELETE /v2/recordings/{id}, or what its kind has in its place."""
        place, answer = yield from self._recording(wanted, wanted.id.partition(".")[0])
        if not place.deletable:
            raise errors.UnsupportedError(
                "VideoSDK cannot delete a transcript.", vendor=self.title, advice="Delete its recording."
            )
        yield from or_none(self.delete(place.at(answer["id"])))  # not there: the answer to the first try was lost


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
    files = files_of(item)
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
    return make_recording(
        identity,
        item.get("roomId"),
        kind,
        state,
        session_id=item.get("sessionId"),
        seconds=seconds,
        size=int(size) if size is not None else None,
        format=format,
        began=item.get("createdAt") or item.get("start"),
    )


def files_of(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
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
