"""Times of day as registrars write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_rooms.timetable.times import Times, read_clock, split_span

NOON = dt.time(12)


def twelve(clock: dt.time, suffixes: tuple[str, str] = ("AM", "PM"), *, pad: str = "") -> str:
    return f"{clock.hour % 12 or 12:{pad}}:{clock.minute:02}{suffixes[clock >= NOON]}"


#: Ways to write a time that say which half of the day it is.
CLEAR = {
    "13:50": lambda clock: f"{clock:%H:%M}",
    "13:50:00": lambda clock: f"{clock:%H:%M}:00",
    "1350": lambda clock: f"{clock:%H%M}",
    "13.50": lambda clock: f"{clock:%H.%M}",
    "13h50": lambda clock: f"{clock:%H}h{clock:%M}",
    "13.50 Uhr": lambda clock: f"{clock:%H.%M} Uhr",
    "1:50 PM": lambda clock: twelve(clock, (" AM", " PM")),
    "1:50pm": lambda clock: twelve(clock, ("am", "pm")),
    "1:50 p.m.": lambda clock: twelve(clock, (" a.m.", " p.m.")),
    "01:50 PM": lambda clock: twelve(clock, (" AM", " PM"), pad="02"),
    "1:50p": lambda clock: twelve(clock, ("a", "p")),
}
BETWEEN = ("-", " - ", "–", " – ", " to ", " bis ", "~")
clocks = st.times().map(lambda time: time.replace(second=0, microsecond=0))


def span(cell: str, *others: str) -> str:
    spans = [found for one in (cell, *others) if (found := split_span(one))]
    times = Times([text for one in spans for text in one[:2]])
    start, end = (read_clock(text) for text in spans[0][:2])
    assert start
    assert end
    return "{:%H:%M}-{:%H:%M}".format(*times.settle(start, end))


class TestWritten:
    @given(
        st.sampled_from(sorted(CLEAR)), clocks, clocks, st.sampled_from(BETWEEN), st.sampled_from(["", "MW ", "Tu/Th "])
    )
    def test_what_is_written_is_read(self, style, start, end, between, days):
        lasts = (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % 1440
        assume(end > start or 0 < lasts < 720)
        write = CLEAR[style]
        cell = f"{days}{write(start)}{between}{write(end)}"
        # The column has other times, by which a clock of 24 hours is known.
        assert span(cell, "13:00-14:00" if "p" not in style.lower() else cell) == f"{start:%H:%M}-{end:%H:%M}"

    @given(clocks, st.integers(1, 719), st.booleans())
    def test_where_one_says_am_or_pm_the_other_follows(self, start, minutes, first):
        end = (dt.datetime.combine(dt.date(2026, 1, 1), start) + dt.timedelta(minutes=minutes)).time()
        texts = (twelve(start), twelve(end, ("", ""))) if first else (twelve(start, ("", "")), twelve(end))
        assert span(" - ".join(texts)) == f"{start:%H:%M}-{end:%H:%M}"

    @given(st.text(), st.text(), st.lists(st.text()))
    def test_any_text_is_read_or_refused(self, one, other, cells):
        start, end = read_clock(one), read_clock(other)
        if start and end:
            try:
                Times(cells).settle(start, end)
            except ValueError as error:
                assert type(error) is ValueError  # noqa: PT017

    @given(st.text(st.sampled_from("0123456789:.-– apmAPMhuMTWtoUhr/,")))
    def test_any_span_is_split_or_refused(self, cell):
        try:
            found = split_span(cell)
        except ValueError as error:
            assert "meetings; write one row for each" in str(error)  # noqa: PT017
        else:
            assert found is None or all(read_clock(text) for text in found[:2])

    @pytest.mark.parametrize(
        ("cell", "read"),
        [
            ("1:10pm-2:25pm", "13:10-14:25"),
            ("11:40 - 12:55 PM", "11:40-12:55"),
            ("3:10 - 4:30 PM", "15:10-16:30"),
            ("10:30pm-12:15am", "22:30-00:15"),
            ("11 - 12:15am", "23:00-00:15"),
            ("9-10:30AM", "09:00-10:30"),
            ("10:30-12NOON", "10:30-12:00"),
            ("9:00 am - noon", "09:00-12:00"),
            ("22:30-24:00", "22:30-00:00"),
            ("9-11 Uhr", "09:00-11:00"),
            ("von 9:15 bis 10:45 Uhr", "09:15-10:45"),
            ("1130-1245PM", "11:30-12:45"),
            ("900-950", "09:00-09:50"),
        ],
    )
    def test_one_way_or_another(self, cell, read):
        assert span(cell) == read

    @pytest.mark.parametrize(
        "text", ["25:00", "13:00 PM", "9:60", "24:01", "0:30 AM", "9:5", "0.375", "", "nine", "9:00:61"]
    )
    def test_what_is_no_time(self, text):
        assert read_clock(text) is None


class TestNightOrAfternoon:
    def test_a_clock_of_24_hours_elsewhere_decides(self):
        assert span("6:10-7:25", "14:00-15:00") == "06:10-07:25"
        assert span("01:10-02:25") == "01:10-02:25"

    @pytest.mark.parametrize(
        "cells", [("1:10-2:25",), ("130-220",), ("1:10-2:25", "09:00-09:50"), ("9:00-9:50", "1:10 PM-2:25 PM")]
    )
    def test_what_could_be_both_is_refused(self, cells):
        with pytest.raises(ValueError, match=r"in the morning or in the afternoon .* AM or .* PM"):
            span(*cells)

    @pytest.mark.parametrize("cell", ["11:00-1:50", "10:00-09:00", "9:00-9:00", "1:00 PM - 2:50 AM", "8:00pm-8:00am"])
    def test_half_a_day_and_more_over_midnight_is_a_mistake(self, cell):
        with pytest.raises(ValueError, match=r"ends at .*, but starts at"):
            span(cell)

    def test_on_one_day_a_class_may_be_long(self):
        assert span("08:00-22:00") == "08:00-22:00"

    def test_two_spans_in_one_cell(self):
        with pytest.raises(ValueError, match="contains 2 meetings; write one row for each"):
            split_span("MW 9:00-9:50, F 10:00-10:50")
