"""What happened in an account, over lists that are made up: pages that move, names that are looked for, orders that are not kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import flows
import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import PastSession, Recording, Room, Session
from airflow_provider_rooms.vendors import history
from airflow_provider_rooms.vendors.flow import Page, Request, gathered, next_page
from airflow_provider_rooms.vendors.history import RoomNames, Span, past_recordings, past_rooms, past_sessions
from airflow_provider_rooms.vendors.rest import newest_first

DAY = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
SPAN = Span(since=DAY, until=DAY + dt.timedelta(days=1))


def at(hour: float) -> str:
    return (DAY + dt.timedelta(hours=hour)).isoformat()


def room(number: int, name: str | None = "", created: float = 1) -> Room:
    shown = f"class-{number}" if name == "" else name
    return Room(vendor="x", conn_id="x", id=f"r{number}", name=shown, state="open", created_at=at(created))


def past(number: int, room_name: str | None, over: float = 1, ended: float | None = None) -> PastSession:
    session = Session(id=f"s{number}", room_id=f"r{number}", started_at=at(0), ended_at=at(ended or over))
    return PastSession(session=session, room_name=room_name, people=[], over_at=at(over))


@dataclass
class Account:
    """The part of a vendor that this stands on. A page costs a request."""

    rooms: list[list[Room]] = field(default_factory=list)
    pages: list[list[Any]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def need(self, method: str) -> None:
        """It has everything."""

    def _pages(self, pages: list[list[Any]], what: str) -> Any:
        for page in pages:
            self.asked.append(what)
            yield Request(method="GET", path=what)
            yield Page(page)

    def list_rooms(self, keep: Any) -> Any:
        return self._pages(self.rooms, "rooms")

    def past_rooms(self, since: Any, until: Any, named: Any) -> Any:
        return self._pages(self.rooms, "rooms")

    def past_sessions(self, since: Any, until: Any, named: Any) -> Any:
        return self._pages(self.pages, "sessions")

    past_recordings = past_sessions

    def get_room(self, room_id: str) -> Any:
        self.asked.append(room_id)
        yield Request(method="GET", path=room_id)
        if room_id in self.gone:
            raise errors.NotFoundError("gone")
        return next(found for page in self.rooms for found in page if found.id == room_id)

    def first_name(self, shown: str) -> Any:
        yield from ()
        return shown.removesuffix("-r2")


def listed(flow: Any) -> list[Any]:
    found: list[Any] = flows.run(gathered(flow), lambda step: None)
    return found


def test_what_moves_on_to_the_next_page_is_told_once() -> None:
    account = Account(pages=[[past(1, "a"), past(2, "b")], [past(2, "b"), past(3, "c")]])
    assert [one.room_name for one in listed(past_sessions(account, SPAN))] == ["a", "b", "c"]  # type: ignore[arg-type]
    account = Account(rooms=[[room(1), room(2)], [room(2), room(3)]])
    assert [one.id for one in listed(past_rooms(account, SPAN))] == ["r1", "r2", "r3"]  # type: ignore[arg-type]


def test_an_interval_has_its_start_and_not_its_end() -> None:
    overs = {1: -0.001, 2: 0, 3: 23.999, 4: 24}
    account = Account(pages=[[past(number, "a", over) for number, over in overs.items()]])
    assert [one.session.id for one in listed(past_sessions(account, SPAN))] == ["s2", "s3"]  # type: ignore[arg-type]


def test_the_vendors_end_decides_and_not_the_last_leave() -> None:
    account = Account(pages=[[past(1, "a", over=1, ended=-1), past(2, "a", over=25, ended=23)]])
    assert [one.session.id for one in listed(past_sessions(account, SPAN))] == ["s1"]  # type: ignore[arg-type]


def test_names_are_looked_for_once_and_as_far_as_needed() -> None:
    account = Account(
        rooms=[[room(1), room(2)], [room(3, "class-3-r2")], [room(4)]],
        pages=[[past(1, None)], [past(1, None), past(3, None)]],
    )
    found = listed(past_sessions(account, SPAN))  # type: ignore[arg-type]
    assert [one.room_name for one in found] == ["class-1", "class-3"]
    assert account.asked == ["sessions", "rooms", "sessions", "rooms"]


def test_a_room_that_does_not_show_up_is_asked_for_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_PAGES_OF_ROOMS", 1)
    account = Account(rooms=[[room(1)], [room(2)], [room(3)]], pages=[[past(3, None), past(9, None)]], gone={"r9"})
    found = listed(past_sessions(account, SPAN))  # type: ignore[arg-type]
    assert [one.room_name for one in found] == ["class-3", None]
    assert account.asked == ["sessions", "rooms", "rooms", "r3", "r9"]


def test_the_end_of_the_list_of_rooms_is_the_end_of_it() -> None:
    account = Account(rooms=[[room(1)]], gone={"r8", "r9"})
    names = RoomNames(vendor=account)  # type: ignore[arg-type]
    for missing in ("r8", "r9"):
        flows.run(names.learn({missing: None}), lambda step: None)
        assert names.of(missing) is None
    assert account.asked == ["rooms", "r8", "r9"]


def test_only_rooms_of_a_prefix_and_none_without_a_name() -> None:
    span = Span(since=DAY, until=SPAN.until, prefix="alg", name_prefix="staging-")
    names = ["staging-algebra", "staging-latin", "algebra", None]
    account = Account(rooms=[[room(number, name) for number, name in enumerate(names)]])
    assert [one.name for one in listed(past_rooms(account, span))] == ["staging-algebra"]  # type: ignore[arg-type]
    recordings = [
        Recording(id=f"rec{n}", session_id=None, room_id=f"r{n}", kind="hls", state="ready", created_at=at(1))
        for n in range(4)
    ]
    account = Account(rooms=account.rooms, pages=[recordings])
    found = listed(past_recordings(account, span))  # type: ignore[arg-type]
    assert [(one.id, name) for one, name in found] == [("rec0", "staging-algebra")]


@pytest.mark.parametrize(
    ("hours", "read"),
    [
        ([[3, 2], [1, -1], [-2, -3], [-4]], 3),  # a page that is older as a whole ends it
        ([[3, 2], [-2, 1], [-2, -3], [-4]], 4),  # not in order: all of it
        ([[-4, -3], [-2, 1]], 2),  # oldest first
        ([[-1, None], [2]], 2),  # a time that nobody can read
        ([[3], [], [-1]], 3),
    ],
)
def test_a_list_is_read_back_to_a_time_where_it_is_in_order(hours: list[list[float | None]], read: int) -> None:
    pages = [[None if hour is None else at(hour) for hour in page] for page in hours]
    account = Account()
    listed(newest_first(account._pages(pages, "x"), lambda item: item, DAY))
    assert len(account.asked) == read


def test_an_error_reaches_the_list_that_is_read_inside_another_one() -> None:
    def pages() -> Any:
        try:
            yield Request(method="GET", path="x")
        except errors.TransportError:
            yield Page(["after it"])

    def outer() -> Any:
        inner = pages()
        return [(yield from next_page(inner)), (yield from next_page(inner))]

    assert flows.run(outer(), lambda step: errors.TransportError("lost")) == [["after it"], None]


@pytest.mark.parametrize("shown", [None, 1e308, [], {}])
def test_a_room_whose_name_is_no_text_has_none(shown: object) -> None:
    since, until = dt.datetime(2026, 11, 20, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    assert Span(since=since, until=until).names(shown)  # type: ignore[arg-type]
    assert not Span(since=since, until=until, prefix="alg-").names(shown)  # type: ignore[arg-type]
