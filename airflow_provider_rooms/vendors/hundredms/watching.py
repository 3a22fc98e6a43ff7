"""What 100ms' lists tell of sessions and recordings, under the ids of its webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms.vendors.contract.watching import OF_SESSIONS, Thing, Watching
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.flow import Flow, Page, Request, gathered, paged
from airflow_provider_rooms.vendors.hundredms.recordings import FILES, JOBS, kind_of_asset
from airflow_provider_rooms.vendors.hundredms.sessions import sessions_of_all, whole_session
from airflow_provider_rooms.vendors.hundredms.webhooks import HundredMsWebhooks, recording_parts
from airflow_provider_rooms.vendors.presence import iso
from airflow_provider_rooms.vendors.rest import at_path, items_at, newest_first

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from airflow_provider_rooms.models import EventType
    from airflow_provider_rooms.vendors.flow import Response
    from airflow_provider_rooms.vendors.rest import Resource


#: Types that no list tells under the ids of the webhooks, but the history of webhooks does, by its own words.
IN_HISTORY: Mapping[EventType, str] = {
    "participant_joined": "peer.join.success",
    "participant_left": "peer.leave.success",
    "recording_started": "beam.started.success",
    "transcript_ready": "transcription.success",
}
#: The most entries of the history at once.
HISTORY_PAGE = 100


class HundredMsWatching(HundredMsWebhooks, Watching):
    """Lists of sessions and files need no webhook. The history tells what was reported to some URL, whether it answers or not."""

    watchable: ClassVar[Collection[EventType]] = frozenset({*OF_SESSIONS, "recording_ready", *IN_HISTORY})

    def happened_since(self, since: dt.datetime, types: Collection[EventType], *, over: dt.datetime) -> Flow[None]:
        """GET /v2/sessions, /v2/recordings and /v2/recording-assets of the whole workspace, and /v2/analytics/webhooks."""
        if OF_SESSIONS.intersection(types):
            for active in (True, False):  # in the order in which one becomes the other
                yield from self._sessions_since(since, active)
        if "recording_ready" in types:
            yield from self._recordings_since(since)
        words = [word for kind, word in IN_HISTORY.items() if kind in types]
        if words:
            # What was reported is over: no need to go back for those recordings that are not.
            yield from self._history_since(over, words)

    def _sessions_since(self, since: dt.datetime, active: bool) -> Flow[None]:
        return sessions_of_all(self, {"active": active, "after": iso(since)}, self._session_thing)

    def _session_thing(self, item: Mapping[str, Any]) -> Thing | None:
        """Webhooks count the session that a recorder keeps open, and so does this."""
        session = whole_session(item)
        began = parse_time(session.started_at)
        if began is None:
            return None
        known = {"room_id": session.room_id, "session_id": session.id}
        events = [self.event("session_started", session.id, happened_at=session.started_at, **known)]
        if session.ended_at:
            events.append(self.event("session_ended", session.id, happened_at=session.ended_at, **known))
        return Thing(id=f"session {session.id}", began=began, over=not session.live, events=events)

    def _recordings_since(self, since: dt.datetime) -> Flow[None]:
        """Jobs, which are not over before their file shows, then the files, which began with their job."""
        jobs = yield from gathered(self._made_since(JOBS["recording"], since))
        files = [
            file for file in (yield from gathered(self._made_since(FILES, since))) if kind_of_asset(file) == "recording"
        ]
        done = {str(file.get("job_id")) for file in files if file.get("status") != "processing"}
        began = {str(job.get("id")): moment for job in jobs if (moment := parse_time(job.get("created_at")))}
        found = [
            Thing(id=f"job {job['id']}", began=began[str(job["id"])], over=_over(job, done))
            for job in jobs
            if str(job.get("id")) in began
        ]
        things = [self._file_thing(file, began) for file in files]
        yield Page([*found, *(thing for thing in things if thing is not None)])

    def _made_since(self, resource: Resource, since: dt.datetime) -> Flow[None]:
        return newest_first(self.listed(resource, {}, dict), lambda item: item.get("created_at"), since)

    def _file_thing(self, file: Mapping[str, Any], began: Mapping[str, dt.datetime]) -> Thing | None:
        made = parse_time(file.get("created_at"))
        if made is None:
            return None
        ready = self.event(
            "recording_ready",
            *recording_parts(file.get("session_id"), file.get("path")),
            happened_at=iso(made),
            room_id=file.get("room_id"),
            session_id=file.get("session_id"),
            recording_id=file.get("id"),
        )
        return Thing(
            id=f"file {file.get('id')}",
            began=began.get(str(file.get("job_id")), made),
            over=file.get("status") != "processing",
            events=[ready] if file.get("status") == "completed" else [],
        )

    def _history_since(self, since: dt.datetime, words: Collection[str]) -> Flow[None]:
        """GET /v2/analytics/webhooks, which has page numbers of its own kind and goes back for 30 days."""
        asked = (*(("event_names", word) for word in words), ("start_time", iso(since)), ("limit", str(HISTORY_PAGE)))

        def page(number: int | None) -> Flow[tuple[list[Thing], int | None]]:
            query = (*asked, ("page", str(number or 1)))
            request = Request(method="GET", path="/v2/analytics/webhooks", query=query)
            items, more = yield from self.exchange(request, self._history_page, repeatable=True)
            things = [thing for item in items if (thing := self._reported_thing(item)) is not None]
            return things, (number or 1) + 1 if more and items else None

        return paged(page)

    def _history_page(self, response: Response) -> tuple[list[Mapping[str, Any]], bool]:
        body = self.decode(response)
        return items_at(body, "events"), at_path(body, "pagination.has_next") is True

    def _reported_thing(self, item: Mapping[str, Any]) -> Thing | None:
        when, data = parse_time(item.get("event_timestamp")), at_path(item, "payload.event_data")
        word = at_path(item, "payload.original_event_name")
        if when is None or not isinstance(data, Mapping) or not isinstance(word, str):
            return None
        event = self.reported(word, {"room_id": item.get("room_id"), **data}, iso(when))
        if event.id.endswith(":"):
            return None  # The entry lacks what tells the event apart.
        return Thing(id=event.id, began=when, over=True, events=[event])


def _over(job: Mapping[str, Any], done: Collection[str]) -> bool:
    return job.get("status") == "failed" or str(job.get("id")) in done
