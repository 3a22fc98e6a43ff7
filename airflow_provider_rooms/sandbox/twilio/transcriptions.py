"""Twilio Video v1: live transcription of a room; there is no file.

Page: twilio.com/docs/video/api/real-time-transcriptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox.clock import iso_seconds
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT
from airflow_provider_rooms.sandbox.twilio.shapes import CONFIGURATION, Param
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_rooms.sandbox.twilio.rest import TwilioRest
    from airflow_provider_rooms.sandbox.twilio.store import Room, Transcription

_CREATE: Final[Mapping[str, Param]] = {"Configuration": CONFIGURATION}
_UPDATE: Final[Mapping[str, Param]] = {
    "Status": Param("text", choices=("started", "stopped")),
    "Configuration": CONFIGURATION,
}
_ONE: Final = "/v1/Rooms/{room}/Transcriptions/{ttid}"


def routes(vendor: TwilioRest) -> Iterable[Route]:
    """The paths of this module."""
    transcriptions = Transcriptions(vendor)
    return (
        Route("GET", "/v1/Rooms/{room}/Transcriptions", transcriptions.list_),
        Route("POST", "/v1/Rooms/{room}/Transcriptions", transcriptions.create),
        Route("GET", _ONE, transcriptions.get),
        Route("POST", _ONE, transcriptions.update),
    )


class Transcriptions:
    """The transcription of a room: none or one."""

    def __init__(self, vendor: TwilioRest) -> None:
        self.vendor = vendor

    def create(self, call: Call) -> Answer:
        """One per room; 202. A second create starts the one there is again (unknown)."""
        room = self.vendor.room(call)
        configuration = self.vendor.form(call, _CREATE).get("Configuration", {})
        if room.status != "in-progress":
            raise self.vendor.refuse(53118)
        transcription = room.transcription
        if transcription is None:
            transcription = self.vendor.store.transcribe(room, configuration)
        else:
            transcription.status, transcription.end = "started", None
            transcription.configuration = configuration or transcription.configuration
        return as_json(_view(transcription, room, call.base), 202)

    def list_(self, call: Call) -> Answer:
        room = self.vendor.room(call)
        found = [] if room.transcription is None else [room.transcription]
        return self.vendor.page(call, "transcriptions", found, lambda t: t.ttid, lambda t: _view(t, room, call.base))

    def _find(self, call: Call) -> tuple[Transcription, Room]:
        room = self.vendor.room(call)
        if room.transcription is None or room.transcription.ttid != call.params["ttid"]:
            raise self.vendor.missing(call.path.removeprefix("/v1"))
        return room.transcription, room

    def get(self, call: Call) -> Answer:
        return as_json(_view(*self._find(call), call.base))

    def update(self, call: Call) -> Answer:
        transcription, room = self._find(call)
        order = self.vendor.form(call, _UPDATE)
        if room.status != "in-progress":
            raise self.vendor.refuse(53118)
        transcription.configuration = order.get("Configuration", transcription.configuration)
        if order.get("Status") == "stopped" and transcription.status == "started":
            self.vendor.store.stop_transcription(transcription)
        elif order.get("Status") == "started":
            transcription.status, transcription.end = "started", None
        transcription.updated = self.vendor.clock.now()
        return as_json(_view(transcription, room, call.base), 202)


def _view(transcription: Transcription, room: Room, base: str) -> dict[str, Any]:
    duration = None
    if transcription.end is not None:
        duration = int((transcription.end - transcription.created).total_seconds())
    return {
        "ttid": transcription.ttid,
        "account_sid": TWILIO_ACCOUNT,
        "room_sid": room.sid,
        "source_sid": transcription.source,
        "date_created": iso_seconds(transcription.created),
        "date_updated": iso_seconds(transcription.updated),
        "start_time": iso_seconds(transcription.created),
        "end_time": iso_seconds(transcription.end),
        "duration": duration,
        # values come back as texts
        "configuration": {
            key: _as_text(value) for key, value in ({"languageCode": "en-US"} | transcription.configuration).items()
        },
        "status": transcription.status,
        "url": f"{base}/v1/Rooms/{room.sid}/Transcriptions/{transcription.ttid}",
    }


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
