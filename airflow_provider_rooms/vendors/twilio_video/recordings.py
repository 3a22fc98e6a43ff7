"""Twilio Video's recordings. https://www.twilio.com/docs/video/api/recordings-resource"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.recordings import Recordings, make_recording
from airflow_provider_rooms.vendors.flow import REDIRECTS, Flow, Request, gathered
from airflow_provider_rooms.vendors.rest import Resource, at_path
from airflow_provider_rooms.vendors.twilio_video.api import ROOMS, TwilioVideoApi, made_between
from airflow_provider_rooms.vendors.twilio_video.options import RecordingOptions

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from airflow_provider_rooms.models import Recording, RecordingKind, RecordingState, Room
    from airflow_provider_rooms.vendors.contract.recordings import Wanted
    from airflow_provider_rooms.vendors.options import Options

_STATES: Mapping[str, RecordingState] = {"completed": "ready", "failed": "failed"}
_ALL = {"type": "include", "all": True}
_NOTHING = {"type": "exclude", "all": True}
#: "The room is completed" and "is not in progress".
_OVER = (53118, 53112)


@dataclass(frozen=True, kw_only=True)
class Place(Resource):
    """Where Twilio keeps files of a kind."""

    kind: RecordingKind
    prefix: str
    format: str


PLACES = (
    Place(kind="track", prefix="RT", path="/v1/Recordings", key="sid", items="recordings", format="container_format"),
    Place(kind="composition", prefix="CJ", path="/v1/Compositions", key="sid", items="compositions", format="format"),
)


class TwilioVideoRecordings(TwilioVideoApi, Recordings):
    """Twilio records every camera and microphone by itself; a composition is the video that is made of them."""

    recording_options: ClassVar[type[Options]] = RecordingOptions
    no_recordings: ClassVar[Mapping[RecordingKind, str]] = {
        "hls": "Twilio Video does not store HLS streams.",
        "transcript": "Twilio Video transcribes live only and stores no transcript.",
    }

    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """Recordings of the room's tracks, and its compositions. What is recorded here are tracks: "recording" means them."""
        wanted = "track" if kind == "recording" else kind
        for place in PLACES:
            if wanted in (None, place.kind):
                yield from self._kept(place, room)

    def past_recordings(
        self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]
    ) -> Flow[None]:
        """GET /v1/Recordings and /v1/Compositions of that time."""
        for place in PLACES:
            yield from self.listed(place, made_between(since, until), partial(_read, place))

    def _kept(self, place: Place, room: Room, **filters: str) -> Flow[None]:
        by_room = {"GroupingSid": room.id} if place.kind == "track" else {"RoomSid": room.id}
        return self.listed(place, {**filters, **by_room}, partial(_read, place))

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
        yield from self.post(ROOMS.at(room.id, "RecordingRules"), body, room=room.id, repeatable=True)

    def _running(self, room: Room) -> Flow[list[Recording]]:
        """Twilio says "processing" from the first second of a track until its file is there."""
        return (yield from gathered(self._kept(PLACES[0], room, Status="processing")))

    # -- files ----------------------------------------------------------------------------------------------------------

    def file_url(self, wanted: Wanted) -> Flow[str]:
        """GET …/Media, which redirects to a signed link. 404 while there is no file, and when it was deleted."""
        place = self._place(wanted)
        request = Request(method="GET", path=place.at(wanted.id, "Media"))
        response = yield from self.call(request, repeatable=True, allow=(404, *REDIRECTS))
        if response.status != 404:
            link = response.headers.get("location")
            if not link:
                link = str(self.an_object("redirect_to")(response)["redirect_to"])
            return link
        status = (yield from self.item(place, wanted.id)).get("status")
        if status in ("deleted", "failed"):
            raise self.no_file(wanted.id, f"is {status}")
        raise self.no_file_yet(wanted.id, str(status))

    def delete_recording(self, wanted: Wanted) -> Flow[None]:
        """DELETE /v1/Recordings/{sid} or /v1/Compositions/{sid}; its description stays, as "deleted"."""
        place = self._place(wanted)
        try:
            yield from self.delete(place.at(wanted.id))
        except errors.NotFoundError:
            if (yield from self.item(place, wanted.id)).get("status") != "deleted":
                raise

    def _place(self, wanted: Wanted) -> Place:
        for place in PLACES:
            if wanted.id.startswith(place.prefix):
                return place
        raise self.no_recording(wanted.id)


def _read(place: Place, item: Mapping[str, Any]) -> Recording | None:
    if item.get("status") == "deleted":
        return None
    room_sid = at_path(item, "grouping_sids.room_sid") if place.kind == "track" else item.get("room_sid")
    ready = item.get("status") == "completed"
    return make_recording(
        item.get("sid"),
        room_sid,
        place.kind,
        _STATES.get(str(item.get("status")), "processing"),
        seconds=item.get("duration") if ready else None,
        size=item.get("size") if ready else None,
        format=item.get(place.format),
        began=item.get("date_created"),
    )
