"""What happened in an account within a time, once for all vendors: what ended or began then, each once, with its room's name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.values import read_text, read_time
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.flow import Flow, Page, next_page

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.vendors.base import Vendor

#: A room is asked for by itself only after so many pages of rooms were read in vain.
_PAGES_OF_ROOMS = 20


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time, its start included and its end not, and the beginning of the names of the rooms that are meant.

    :param name_prefix: of the connection, put before ``prefix``.
    """

    since: dt.datetime
    until: dt.datetime
    prefix: str = ""
    name_prefix: str = ""

    @classmethod
    def read(cls, since: Any, until: Any, prefix: Any, *, name_prefix: str = "") -> Span:
        """Read what was given, strictly.

        :param name_prefix: of the connection, put before ``prefix``.
        :raises InvalidSpecError: a time is missing, or cannot be read, or has no time zone; or no time is left between them.
        """
        start, end = read_time("since", since), read_time("until", until)
        if start is None or end is None:
            missing = "since" if start is None else "until"
            raise errors.InvalidSpecError(
                f"{missing}: no time is set.",
                advice="A run that was triggered manually may have no data interval. Set since and until.",
            )
        if start == end:
            raise errors.InvalidSpecError(
                f"since and until are both {start.isoformat()}, so the interval is empty.",
                advice="In Airflow 3, a cron schedule has data intervals only with CronDataIntervalTimetable (or with "
                "create_cron_data_intervals enabled). Use that, or set since and until.",
            )
        if start > end:
            raise errors.InvalidSpecError(f"since: {start.isoformat()} is after until, {end.isoformat()}.")
        return cls(since=start, until=end, prefix=read_text("prefix", prefix) or "", name_prefix=name_prefix)

    def holds(self, moment: str | None) -> bool:
        """Whether a time of a vendor lies within."""
        when = parse_time(moment)
        return when is not None and self.since <= when < self.until

    def means(self, room_name: str | None) -> bool:
        """Whether a room of that name is meant; one whose name is not known may be."""
        return room_name is None or self.names(room_name)

    def names(self, room_name: str | None) -> bool:
        """Whether a room of that name is meant; one without a name only where no beginning is asked for."""
        shown = room_name if isinstance(room_name, str) else ""  # a vendor may answer anything
        return shown.startswith(self.name_prefix + self.prefix)


def past_rooms(vendor: Vendor, span: Span) -> Flow[None]:
    """Rooms that were made in that time, each with the name of its class, page by page."""
    new, names = _Once(), RoomNames(vendor=vendor)
    rooms = vendor.past_rooms(span.since, span.until, span.names)
    while (page := (yield from next_page(rooms))) is not None:
        found = [room for room in page if span.holds(room.created_at) and span.names(room.name) and new(room.id)]
        yield from names.learn({room.id: room.name for room in found})
        yield Page([replace(room, name=names.of(room.id)) for room in found])


def past_sessions(vendor: Vendor, span: Span) -> Flow[None]:
    """Sessions that ended in that time, with their people and the names of their classes, page by page.

    :raises UnsupportedError: the vendor does not report sessions.
    """
    vendor.need("list_sessions")
    new, names = _Once(), RoomNames(vendor=vendor)
    sessions = vendor.past_sessions(span.since, span.until, span.means)
    while (page := (yield from next_page(sessions))) is not None:
        found = [past for past in page if span.holds(past.over_at) and new(past.session.id)]
        yield from names.learn({past.session.room_id: past.room_name for past in found})
        named = [replace(past, room_name=names.of(past.session.room_id)) for past in found]
        yield Page([past for past in named if span.names(past.room_name)])


def past_recordings(vendor: Vendor, span: Span) -> Flow[None]:
    """Recordings that began in that time, each with the name of its class, page by page.

    :raises UnsupportedError: the vendor does not list recordings.
    """
    vendor.need("list_recordings")
    new, names = _Once(), RoomNames(vendor=vendor)
    recordings = vendor.past_recordings(span.since, span.until, span.means)
    while (page := (yield from next_page(recordings))) is not None:
        found = [recording for recording in page if span.holds(recording.created_at) and new(recording.id)]
        yield from names.learn({recording.room_id: None for recording in found})
        named = [(recording, names.of(recording.room_id)) for recording in found]
        yield Page([(recording, name) for recording, name in named if span.names(name)])


@dataclass(kw_only=True)
class RoomNames:
    """The names of rooms by their ids: that of the class, also of a room that took over from a closed one.

    Some lists show ids only. The list of rooms is then read as far as needed; a room that has not shown up after many pages
    is asked for by itself.
    """

    vendor: Vendor
    _shown: dict[str, str | None] = field(default_factory=dict)
    _first: dict[str, str] = field(default_factory=dict)
    _pages: Flow[None] | None = None
    _read: int = 0
    _wanted: int = 0

    def of(self, room_id: str) -> str | None:
        """The name that was learned."""
        shown = self._shown.get(room_id)
        return None if shown is None else self._first[shown]

    def learn(self, rooms: Mapping[str, str | None]) -> Flow[None]:
        """Find the names of rooms.

        :param rooms: by id the name that a list shows, None where it shows none.
        """
        self._shown |= {room_id: name for room_id, name in rooms.items() if name is not None}
        yield from self._look_up(rooms.keys() - self._shown.keys())
        for name in {self._shown[room_id] for room_id in rooms} - {None, *self._first}:
            self._first[str(name)] = yield from self.vendor.first_name(str(name))

    def _look_up(self, missing: set[str]) -> Flow[None]:
        self._wanted += len(missing)
        while missing and self._read < max(_PAGES_OF_ROOMS, self._wanted):
            if self._pages is None:
                self._pages = self.vendor.list_rooms(lambda room: True)
            rooms: list[Room] | None = yield from next_page(self._pages)
            if rooms is None:
                break
            self._read += 1
            self._shown |= {room.id: room.name for room in rooms}
            missing -= self._shown.keys()
        for room_id in sorted(missing):
            try:
                self._shown[room_id] = (yield from self.vendor.get_room(room_id)).name
            except errors.NotFoundError:
                self._shown[room_id] = None


class _Once:
    """Tells what was listed before: what is made or ends while pages are read moves the others on, so that they come again."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def __call__(self, identity: str) -> bool:
        if identity in self._known:
            return False
        self._known.add(identity)
        return True
