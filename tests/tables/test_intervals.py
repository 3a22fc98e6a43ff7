"""Intervals that follow each other have everything once: whatever they are cut by, and read while the week goes on."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_stage import hook
from vendor_traits import TYPES

from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.server import SandboxServer
from airflow_provider_rooms.tables.columns import HAPPENED
from airflow_provider_rooms.tables.people import shown_as
from airflow_provider_rooms.tables.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Clocks go forward there on the last night of the week that is played.
ZONE = ZoneInfo("Europe/Berlin")


@dataclass
class Week:
    """Seven nights of classes, some across midnight, and what a nightly task read of each, a minute after midnight."""

    box: RoomsSandbox
    conn_type: str
    hook: Any
    midnights: list[dt.datetime]
    nightly: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {table: [] for table in HAPPENED})

    def read(self, table: str, since: dt.datetime, until: dt.datetime) -> list[dict[str, Any]]:
        shown = shown_as("keep", self.hook.vendor.config)
        return list(rows_of(table, self.hook, self.hook.span(since, until), shown))

    def go_to(self, moment: dt.datetime) -> None:
        now = dt.datetime.fromisoformat(self.box._call("GET", "/control/clock")["now"])
        self.box.advance(max(0.0, (moment - now).total_seconds()))

    def play(self) -> None:
        for number, (midnight, following) in enumerate(pairwise(self.midnights)):
            self._class(f"evening-{number}", midnight + dt.timedelta(hours=20), 45, rejoin=True)
            late = following - dt.timedelta(minutes=20)
            self._class(f"late-{number}", late, 15 if number == 3 else 40, read=following, record=number == 3)
            for table in HAPPENED:
                self.nightly[table] += self.read(table, midnight, following)
            self._end(f"late-{number}", following + dt.timedelta(minutes=20), record=number == 3)
            if number == 5:  # the night in which the clocks change
                self._class("night", following + dt.timedelta(minutes=90), 60)

    def _class(
        self,
        name: str,
        start: dt.datetime,
        minutes: int,
        *,
        rejoin: bool = False,
        read: dt.datetime | None = None,
        record: bool = False,
    ) -> None:
        """A class. With ``read`` it is left at the minute after that, unless it ended by then."""
        self.go_to(start)
        room = self.hook.ensure_room({"name": name}).id
        self.box.start_session(self.conn_type, room, ["ann", "bob"])
        if record:
            self.box.recording(self.conn_type, room, "start")
        if rejoin:
            self.go_to(start + dt.timedelta(minutes=5))
            self.box.end_session(self.conn_type, room, ["bob"])
            self.go_to(start + dt.timedelta(minutes=10))
            self.box.start_session(self.conn_type, room, ["bob"])
        end = start + dt.timedelta(minutes=minutes)
        if read is None or end < read:
            self.go_to(end)
            # By name: a recorder stays behind.
            self.box.end_session(self.conn_type, room, ["ann", "bob"])
        if read is not None:
            self.go_to(read + dt.timedelta(minutes=1))

    def _end(self, name: str, at: dt.datetime, *, record: bool) -> None:
        self.go_to(at)
        if record:  # the recorder was left behind at 23:55
            self.box.recording(self.conn_type, name, "complete")
        else:
            self.box.end_session(self.conn_type, name)


@pytest.fixture(scope="module", params=TYPES)
def week(request: pytest.FixtureRequest) -> Iterator[Week]:
    with SandboxServer() as server, pytest.MonkeyPatch.context() as patch:
        box = RoomsSandbox(server.url)
        for name, value in box.env().items():
            patch.setenv(name, value)
        sunday = _next_change()
        midnights = [
            dt.datetime.combine(sunday + dt.timedelta(days=days), dt.time(), ZONE).astimezone(dt.UTC)
            for days in range(-6, 2)
        ]
        assert (midnights[-1] - midnights[-2]) == dt.timedelta(hours=23)
        played = Week(box, request.param, hook(request.param), midnights)
        played.play()
        played.go_to(midnights[-1] + dt.timedelta(hours=2))
        yield played


def _next_change() -> dt.date:
    """The next day on which the clocks go forward."""
    today = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=8)
    for days in range(370):
        day = today + dt.timedelta(days=days)
        noon, before = (
            dt.datetime.combine(date, dt.time(12), ZONE).utcoffset() for date in (day, day - dt.timedelta(days=1))
        )
        if noon > before:  # type: ignore[operator]
            return day
    raise AssertionError("the clocks do not change any more")


def plain(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(repr(sorted(row.items())) for row in rows)


@pytest.mark.parametrize("table", ["sessions", "attendance"])
def test_seven_nights_read_as_they_end_equal_the_week(week: Week, table: str) -> None:
    whole = week.read(table, week.midnights[0], week.midnights[-1])
    assert plain(week.nightly[table]) == plain(whole)
    # 7 evenings, 6 late ones that ended within the week, and the one in which the clocks changed.
    assert len(whole) == 14 * (2 if table == "attendance" else 1)


def test_what_was_still_at_work_at_midnight_is_told_once(week: Week) -> None:
    """Its state, and at some vendors its id, is another one by then."""
    for table in ("recordings", "rooms"):
        whole = week.read(table, week.midnights[0], week.midnights[-1])
        told = [[(row["room_name"], row["created_at"]) for row in rows] for rows in (week.nightly[table], whole)]
        assert Counter(told[0]) == Counter(told[1])
        assert whole


@settings(max_examples=20)
@given(data=st.data())
def test_however_the_week_is_cut(week: Week, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(HAPPENED))
    start, end = week.midnights[0], week.midnights[-1]
    whole = week.read(table, start, end)
    # What decides is most likely wrong right at the moments at which something ended.
    moments = sorted(
        {row[name] for row in whole for name in ("started_at", "ended_at", "last_left_at", "created_at") if name in row}
    )
    near = st.builds(
        lambda moment, off: moment + off,
        st.sampled_from(moments),
        st.sampled_from([dt.timedelta(milliseconds=ms) for ms in (-1000, -1, 0, 1, 1000)]),
    )
    anywhere = st.datetimes(start.replace(tzinfo=None), end.replace(tzinfo=None), timezones=st.just(dt.UTC))
    cuts = sorted({start, *data.draw(st.lists(near | anywhere, max_size=4)), end})
    parts = [row for since, until in pairwise(cuts) for row in week.read(table, since, until)]
    within = [row for row in parts if row in whole]
    assert plain(within) == plain(whole)
    assert len(parts) == len(within) or cuts[0] < start or cuts[-1] > end
