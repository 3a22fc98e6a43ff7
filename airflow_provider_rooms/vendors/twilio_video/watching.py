"""What Twilio Video's lists tell of sessions, recordings and compositions, under the ids of its status callbacks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms.vendors.contract.watching import OF_RECORDINGS, OF_SESSIONS, Thing, Watching
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.flow import Flow, Page, next_page
from airflow_provider_rooms.vendors.presence import iso
from airflow_provider_rooms.vendors.rest import at_path
from airflow_provider_rooms.vendors.twilio_video.api import LONGEST_PAGE, LONGEST_ROOM, ROOMS, made_between
from airflow_provider_rooms.vendors.twilio_video.recordings import PLACES
from airflow_provider_rooms.vendors.twilio_video.rooms import TwilioVideoRooms
from airflow_provider_rooms.vendors.twilio_video.webhooks import TwilioVideoWebhooks

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from airflow_provider_rooms.models import EventType
    from airflow_provider_rooms.vendors.twilio_video.recordings import Place

#: What a status says beside that it was asked for: a composition may wait for its turn.
_EVENTS: Mapping[str, tuple[EventType, ...]] = {
    "processing": ("recording_started",),
    "completed": ("recording_started", "recording_ready"),
    "failed": ("recording_started", "recording_failed"),
    "deleted": ("recording_started",),
}
_UNFINISHED = frozenset({"enqueued", "processing"})


class TwilioVideoWatching(TwilioVideoRooms, TwilioVideoWebhooks, Watching):
    """Sessions are made of participants, for which each room has to be asked."""

    watchable: ClassVar[Collection[EventType]] = OF_SESSIONS | OF_RECORDINGS

    def happened_since(self, since: dt.datetime, types: Collection[EventType], *, over: dt.datetime) -> Flow[None]:
        """GET /v1/Rooms and the participants of each, /v1/Recordings and /v1/Compositions."""
        if OF_SESSIONS.intersection(types):
            yield from self._sessions_since(since, over)
        if OF_RECORDINGS.intersection(types):
            for place in PLACES:
                recordings = self.listed(place, made_between(since, self.now()), dict)
                while (page := (yield from next_page(recordings))) is not None:
                    yield Page([thing for item in page if (thing := self._recording_thing(place, item)) is not None])

    def _sessions_since(self, since: dt.datetime, over: dt.datetime) -> Flow[None]:
        """Rooms in progress, then those completed, of which only those are looked into that ended lately."""
        known: set[str] = set()
        for status in ("in-progress", "completed"):  # in the order in which one becomes the other
            made = made_between(since - LONGEST_ROOM, self.now())
            rooms = self.listed(ROOMS, {"Status": status, "PageSize": LONGEST_PAGE, **made}, dict)
            while (page := (yield from next_page(rooms))) is not None:
                for item in page:
                    sid, ended = str(item.get("sid")), parse_time(item.get("end_time"))
                    if sid in known or (ended is not None and ended < over):
                        continue
                    if self.is_closed(item):
                        known.add(sid)
                    yield Page((yield from self.sessions_in(self.room(item))))

    def _recording_thing(self, place: Place, item: Mapping[str, Any]) -> Thing | None:
        began, status = parse_time(item.get("date_created")), str(item.get("status"))
        if began is None:
            return None
        sid = item.get("sid")
        # Of a recording no list says when its file was there: no earlier than the end of what was recorded.
        end = parse_time(item.get("date_completed")) or began + dt.timedelta(seconds=float(item.get("duration") or 0))
        room_sid = at_path(item, "grouping_sids.room_sid") if place.kind == "track" else item.get("room_sid")
        events = [
            self.event(
                kind,
                sid,
                happened_at=iso(began if kind == "recording_started" else end),
                room_id=room_sid,
                recording_id=sid,
            )
            for kind in _EVENTS.get(status, ())
        ]
        return Thing(id=f"recording {sid}", began=began, over=status not in _UNFINISHED, events=events)
