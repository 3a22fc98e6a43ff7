"""Twilio Video v1: recording rules, recordings of single tracks and their media.

Pages: twilio.com/docs/video/api/recording-rules, recordings-resource.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.clock import iso_seconds
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT
from airflow_provider_rooms.sandbox.twilio.participants import rule_view
from airflow_provider_rooms.sandbox.twilio.shapes import Param, rules_problem
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_rooms.sandbox.twilio.rest import TwilioRest
    from airflow_provider_rooms.sandbox.twilio.store import Recording, Room

STATUSES: Final = ("processing", "completed", "deleted", "failed")
#: Seconds a media link lives: 1 to 3600, 600 when not given.
LINK_SECONDS: Final = (1, 3600, 600)
_FORMATS: Final[Mapping[str, tuple[str, str]]] = {"audio": ("mka", "opus"), "video": ("mkv", "VP8")}
_RULES: Final[Mapping[str, Param]] = {
    "Rules": Param("json", 53120, required=True, check=rules_problem(("audio", "video")))
}


def routes(vendor: TwilioRest) -> Iterable[Route]:
    """The paths of this module."""
    recordings = Recordings(vendor)
    return (
        Route("GET", "/v1/Rooms/{room}/RecordingRules", recordings.rules),
        Route("POST", "/v1/Rooms/{room}/RecordingRules", recordings.set_rules),
        Route("GET", "/v1/Rooms/{room}/Recordings", recordings.list_room),
        Route("GET", "/v1/Rooms/{room}/Recordings/{recording}", recordings.get),
        Route("DELETE", "/v1/Rooms/{room}/Recordings/{recording}", recordings.delete),
        Route("GET", "/v1/Rooms/{room}/Recordings/{recording}/Media", recordings.media),
        Route("GET", "/v1/Recordings", recordings.list_all),
        Route("GET", "/v1/Recordings/{recording}", recordings.get),
        Route("DELETE", "/v1/Recordings/{recording}", recordings.delete),
        Route("GET", "/v1/Recordings/{recording}/Media", recordings.media),
    )


class Recordings:
    """Recordings of tracks, by room and of the whole account."""

    def __init__(self, vendor: TwilioRest) -> None:
        self.vendor = vendor

    def rules(self, call: Call) -> Answer:
        return as_json(_rules_view(self.vendor.room(call)))

    def set_rules(self, call: Call) -> Answer:
        """Replaces all rules, and applies to the tracks that are there. On a completed room: 53118, status unknown."""
        room = self.vendor.room(call)
        rules = self.vendor.form(call, _RULES)["Rules"]
        if room.status != "in-progress":
            raise self.vendor.refuse(53118)
        room.rules = rules
        room.rules_set = self.vendor.clock.now()
        self.vendor.store.apply_rules(room)
        return as_json(_rules_view(room))

    def list_room(self, call: Call) -> Answer:
        room = self.vendor.room_by_sid(call)
        found = list(self._filtered(call, room.recordings))
        return self.vendor.page(
            call, "recordings", found, lambda r: r.sid, lambda r: recording_view(r, call.base, in_room=True)
        )

    def list_all(self, call: Call) -> Answer:
        """GroupingSid is repeatable: all of them must be the recording's (room or participant)."""
        groups = call.every("GroupingSid")
        media = self.vendor.choice(call, "MediaType", ("audio", "video", "data"))
        rooms = self.vendor.store.rooms
        room = next((rooms[group] for group in groups if group in rooms), None)
        recordings = list(self.vendor.store.recordings.values()) if room is None else room.recordings
        found = [
            recording
            for recording in self._filtered(call, recordings)
            if set(groups) <= {recording.room.sid, recording.participant.sid} and media in (None, recording.track.kind)
        ]
        return self.vendor.page(
            call, "recordings", found, lambda r: r.sid, lambda r: recording_view(r, call.base), most=100
        )

    def _filtered(self, call: Call, recordings: Sequence[Recording]) -> Iterable[Recording]:
        status = self.vendor.choice(call, "Status", STATUSES)
        source = call.first("SourceSid")
        inside = self.vendor.created_between(call)
        for recording in reversed(recordings):
            if (
                status in (None, recording.status)
                and source in (None, recording.track.sid)
                and inside(recording.created)
            ):
                yield recording

    def _find(self, call: Call) -> Recording:
        recording = self.vendor.store.recordings.get(call.params["recording"])
        if recording is None or call.params.get("room") not in (None, recording.room.sid):
            raise self.vendor.missing(call.path.removeprefix("/v1"))
        return recording

    def get(self, call: Call) -> Answer:
        return as_json(recording_view(self._find(call), call.base, in_room="room" in call.params))

    def delete(self, call: Call) -> Answer:
        """204 without a body; the metadata stays with status ``deleted``. While processing: unknown, 400 here."""
        recording = self._find(call)
        if recording.status == "processing":
            raise self.vendor.refuse(20001, "A recording that is processing cannot be deleted")
        if recording.status == "deleted":
            raise self.vendor.missing(call.path.removeprefix("/v1"))
        recording.status = "deleted"
        return Answer(204)

    def media(self, call: Call) -> Answer:
        """302 to storage, where the Authorization header must not go. 404 while processing and after delete."""
        recording = self._find(call)
        if recording.status != "completed":
            raise self.vendor.missing(call.path.removeprefix("/v1"))
        return redirect(call, self.vendor, f"{recording.sid}.{_FORMATS[recording.track.kind][0]}")


def redirect(call: Call, vendor: TwilioRest, name: str) -> Answer:
    """302 to a signed link, which the body repeats."""
    least, most, default = LINK_SECONDS
    text = call.first("Ttl")
    if text is not None and (not text.isascii() or not text.isdigit() or not least <= int(text[:6]) <= most):
        raise vendor.refuse(20001, f"Ttl must be from {least} to {most} seconds")
    url = files.signed_url(call, vendor, f"{TWILIO_ACCOUNT}/{name}", int(text) if text else default)
    return as_json({"redirect_to": url}, 302, {"Location": url})


def recording_view(recording: Recording, base: str, in_room: bool = False) -> dict[str, Any]:
    """Twilio's status word; size and duration are 0 until there is a file."""
    room = recording.room
    form, codec = _FORMATS[recording.track.kind]
    ready = recording.status == "completed"
    where = f"{base}/v1/Rooms/{room.sid}/Recordings" if in_room else f"{base}/v1/Recordings"
    view: dict[str, Any] = {
        "account_sid": TWILIO_ACCOUNT,
        "status": recording.status,
        "date_created": iso_seconds(recording.created),
        "sid": recording.sid,
        "source_sid": recording.track.sid,
        "size": files.size(f"{TWILIO_ACCOUNT}/{recording.sid}.{form}") if ready else 0,
        "url": f"{where}/{recording.sid}",
        "type": recording.track.kind,
        "duration": recording.seconds if ready else 0,
        "container_format": form,
        "codec": codec,
        "grouping_sids": {"room_sid": room.sid, "participant_sid": recording.participant.sid},
        "track_name": recording.track.kind,
        "offset": int((recording.created - room.created).total_seconds() * 1000),
        "media_external_location": None,
        "links": {"media": f"{where}/{recording.sid}/Media"},
    }
    if in_room:
        view["room_sid"] = room.sid
    else:
        view["status_callback"] = room.settings.get("StatusCallback")
        view["status_callback_method"] = room.settings.get("StatusCallbackMethod", "POST")
    return view


def _rules_view(room: Room) -> dict[str, Any]:
    return {
        "room_sid": room.sid,
        "rules": [rule_view(rule) for rule in room.rules],
        "date_created": iso_seconds(room.created),
        "date_updated": iso_seconds(room.rules_set),
    }
