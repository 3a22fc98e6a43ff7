"""Twilio Video's recordings. https://www.twilio.com/docs/video/api/recordings-resource"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording, RecordingKind, RecordingState, Room
from airflow_provider_rooms.vendors.exchange import as_object, parse_time
from airflow_provider_rooms.vendors.flow import Flow, Request, gathered, paged, segment
from airflow_provider_rooms.vendors.presence import iso
from airflow_provider_rooms.vendors.recordings import REDIRECTS
from airflow_provider_rooms.vendors.twilio_video.api import TwilioVideoApi
from airflow_provider_rooms.vendors.twilio_video.options import RecordingOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.vendors.options import Options
    from airflow_provider_rooms.vendors.recordings import Wanted

_STATES: Mapping[str, RecordingState] = {"completed": "ready", "failed": "failed"}
_ALL = {"type": "include", "all": True}
_NOTHING = {"type": "exclude", "all": True}
#: "The room is completed" and "is not in progress".
_OVER = (53118, 53112)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where Twilio keeps files of a kind."""

    kind: RecordingKind
    prefix: str
    path: str
    key: str
    format: str


PLACES = (
    Place(kind="track", prefix="RT", path="/v1/Recordings", key="recordings", format="container_format"),
    Place(kind="composition", prefix="CJ", path="/v1/Compositions", key="compositions", format="format"),
)


class TwilioVideoRecordings(TwilioVideoApi):
    """Twilio records every camera and microphone by itself; a composition is the video that is made of them."""

    recording_options: ClassVar[type[Options]] = RecordingOptions
    no_recordings: ClassVar[Mapping[RecordingKind, str]] = {
        "hls": "Twilio Video has no streams that are kept.",
        "transcript": "Twilio Video transcribes live only and keeps no text.",
    }

    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """Recordings of the room's tracks, and its compositions. What is recorded here are tracks: "recording" means them."""
        wanted = "track" if kind == "recording" else kind
        for place in PLACES:
            if wanted in (None, place.kind):
                yield from paged(partial(self._recording_page, place, room, {}))

    def _recording_page(
        self, place: Place, room: Room, filters: Mapping[str, Any], cursor: str | None
    ) -> Flow[tuple[list[Recording], str | None]]:
        by_room = {"GroupingSid": room.id} if place.kind == "track" else {"RoomSid": room.id}
        items, following = yield from self.page(place.path, place.key, {**filters, **by_room}, cursor)
        return [_read(place, room, item) for item in items if item.get("status") != "deleted"], following

    # -- start and stop -------------------------------------------------------------------------------------------------

    def recording_defaults(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Recording rules: every track, unless others are given."""
        return {"Rules": [_ALL]}

    def start_recording(self, room: Room, body: Mapping[str, Any]) -> Flow[list[Recording]]:
        """POST /v1/Rooms/{sid}/RecordingRules: for the tracks that are there and for later ones."""
        yield from self._set_rules(room, body)
        return (yield from self._running(room))

    def stop_recording(self, room: Room) -> Flow[list[Recording]]:
        """POST /v1/Rooms/{sid}/RecordingRules without any track; a completed room records nothing."""
        running = yield from self._running(room)
        try:
            yield from self._set_rules(room, {"Rules": [_NOTHING]})
        except errors.RequestRefusedError as error:
            if error.code not in _OVER:
                raise
        return running

    def _set_rules(self, room: Room, body: Mapping[str, Any]) -> Flow[None]:
        path = f"/v1/Rooms/{segment(room.id)}/RecordingRules"
        yield from self.post(path, body, room=room.id, repeatable=True)

    def _running(self, room: Room) -> Flow[list[Recording]]:
        """Twilio says "processing" from the first second of a track until its file is there."""
        tracks = PLACES[0]
        return (yield from gathered(paged(partial(self._recording_page, tracks, room, {"Status": "processing"}))))

    # -- files ----------------------------------------------------------------------------------------------------------

    def file_url(self, wanted: Wanted) -> Flow[str]:
        """GET …/Media, which redirects to a signed link. 404 while there is no file, and when it was deleted."""
        place = self._place(wanted)
        path = f"{place.path}/{segment(wanted.id)}"
        request = Request(method="GET", path=f"{path}/Media")
        response = yield from self.call(request, repeatable=True, allow=(404, *REDIRECTS))
        if response.status != 404:
            link = response.headers.get("location")
            if not link:
                link = str(as_object(response, key="redirect_to")["redirect_to"])
            return link
        status = as_object((yield from self.get(path)), key="sid").get("status")
        if status in ("deleted", "failed"):
            raise errors.NotFoundError(f"Recording {wanted.id} is {status}: there is no file.", vendor=self.title)
        raise self.no_file_yet(wanted.id, str(status))

    def delete_recording(self, wanted: Wanted) -> Flow[None]:
        """DELETE /v1/Recordings/{sid} or /v1/Compositions/{sid}; its description stays, as "deleted"."""
        path = f"{self._place(wanted).path}/{segment(wanted.id)}"
        try:
            yield from self.call(Request(method="DELETE", path=path), repeatable=True)
        except errors.NotFoundError:
            response = yield from self.get(path)
            if as_object(response, key="sid").get("status") != "deleted":
                raise

    def _place(self, wanted: Wanted) -> Place:
        for place in PLACES:
            if wanted.id.startswith(place.prefix):
                return place
        raise self.no_recording(wanted.id)


def _read(place: Place, room: Room, item: Mapping[str, Any]) -> Recording:
    began = parse_time(item.get("date_created"))
    ready = item.get("status") == "completed"
    return Recording(
        id=str(item.get("sid")),
        session_id=None,
        room_id=room.id,
        kind=place.kind,
        state=_STATES.get(str(item.get("status")), "processing"),
        seconds=item.get("duration") if ready else None,
        bytes=item.get("size") if ready else None,
        format=item.get(place.format),
        created_at=iso(began) if began else None,
    )
