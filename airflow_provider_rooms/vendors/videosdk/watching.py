"""What VideoSDK's lists tell of sessions and recordings, under the ids of its webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms.vendors.contract.watching import OF_SESSIONS, Thing, Watching
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.flow import Flow, paged
from airflow_provider_rooms.vendors.rest import newest_first
from airflow_provider_rooms.vendors.videosdk.recordings import PLACES, files_of
from airflow_provider_rooms.vendors.videosdk.sessions import SURVEY_SIZE, millis, session_of, sessions_page
from airflow_provider_rooms.vendors.videosdk.webhooks import VideoSDKWebhooks, recording_parts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from airflow_provider_rooms.models import EventType


class VideoSDKWatching(VideoSDKWebhooks, Watching):
    """A recording has no status: neither that it began nor that it failed can be told as the webhooks tell it."""

    watchable: ClassVar[Collection[EventType]] = frozenset({"session_started", "session_ended", "recording_ready"})

    def happened_since(self, since: dt.datetime, types: Collection[EventType], *, over: dt.datetime) -> Flow[None]:
        """GET /v2/sessions and /v2/recordings of the whole account."""
        if OF_SESSIONS.intersection(types):
            yield from self._sessions_since(since)
        if "recording_ready" in types:
            recordings = self.listed(PLACES[0], {"perPage": SURVEY_SIZE}, self._recording_thing)
            yield from newest_first(recordings, lambda thing: thing.began.isoformat(), since)

    def _sessions_since(self, since: dt.datetime) -> Flow[None]:
        query: dict[str, Any] = {"perPage": SURVEY_SIZE, "startDate": millis(since)}

        def page(cursor: int | None) -> Flow[tuple[list[Thing], int | None]]:
            items, following = yield from sessions_page(self, query, cursor)
            return [thing for item in items if (thing := self._session_thing(item)) is not None], following

        return newest_first(paged(page), lambda thing: thing.began.isoformat(), since)

    def _session_thing(self, item: Mapping[str, Any]) -> Thing | None:
        session = session_of(item)
        began = parse_time(session.started_at) if session else None
        if session is None or began is None:
            return None
        known = {
            "room_id": session.room_id,
            "name": item.get("customRoomId") or item.get("userMeetingId"),
            "session_id": session.id,
        }
        events = [self.event("session_started", session.id, happened_at=session.started_at, **known)]
        if session.ended_at:
            events.append(self.event("session_ended", session.id, happened_at=session.ended_at, **known))
        return Thing(id=f"session {session.id}", began=began, over=not session.live, events=events)

    def _recording_thing(self, item: Mapping[str, Any]) -> Thing | None:
        began = parse_time(item.get("createdAt")) or parse_time(item.get("start"))
        if began is None:
            return None
        session = item.get("sessionId")
        events = [
            self.event(
                "recording_ready",
                *recording_parts(session, file.get("filePath")),
                happened_at=file.get("createdAt") or item.get("end") or began.isoformat(),
                room_id=item.get("roomId"),
                session_id=session,
                recording_id=item.get("id"),
            )
            for file in files_of(item)
        ]
        return Thing(id=f"recording {item.get('id')}", began=began, over=bool(events), events=events)
