"""Dates as registrars write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.timetable.dates import Dates, split_dates

DAY = dt.date(2026, 8, 4)
MONTH_FIRST = ["08/24/2026", "8-24-2026", "12.31.2026"]
DAY_FIRST = ["24/08/2026", "24.8.2026", "31-12-2026"]


def read(cell: str, *others: str, order=None) -> str:
    return str(Dates([cell, *others], order).read(cell))


@given(st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)), st.sampled_from(["mdy", "dmy"]), st.sampled_from("/.-"))
def test_what_is_written_is_read(day, order, between):
    parts = [day.month, day.day] if order == "mdy" else [day.day, day.month]
    for form in ("{}{}", "{:02}{:02}"):
        cell = between.join([*map(form[: len(form) // 2].format, parts), str(day.year)])
        assert read(cell, order=order) == str(day)
        assert read(cell, MONTH_FIRST[0] if order == "mdy" else DAY_FIRST[0]) == str(day)


@given(st.text(), st.lists(st.text()), st.sampled_from([None, "mdy", "dmy"]))
def test_any_text_is_read_or_refused(cell, others, order):
    try:
        assert isinstance(Dates(others, order).read(cell), dt.date)
    except ValueError as error:
        assert type(error) is ValueError  # noqa: PT017


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-08-04", "2026-8-4", "2026/08/04", "20260804", "2026-08-04 00:00:00", "2026-08-04T00:00:00"),
        *("4 Aug 2026", "4. August 2026", "4-Aug-2026", "Aug 4, 2026", "August 4th, 2026", "Aug. 4 2026"),
    ],
)
def test_dates_that_can_only_be_one(cell):
    assert read(cell) == "2026-08-04"


@pytest.mark.parametrize("cell", ["15. März 2027", "15 Mar 2027", "15. Mrz. 2027", "15.03.2027", "03/15/2027"])
def test_march(cell):
    assert read(cell) == "2027-03-15"


@pytest.mark.parametrize("shown", MONTH_FIRST)
def test_another_date_shows_that_the_month_comes_first(shown):
    assert read("01/02/2027", shown) == "2027-01-02"


@pytest.mark.parametrize("shown", DAY_FIRST)
def test_another_date_shows_that_the_day_comes_first(shown):
    assert read("01/02/2027", shown) == "2027-02-01"


@pytest.mark.parametrize("others", [[], ["2026-08-24", "03/03/2027"], [MONTH_FIRST[0], DAY_FIRST[0]]])
def test_what_could_be_both_is_refused(others):
    with pytest.raises(ValueError, match=r"could be 2027-01-02 or 2027-02-01 .* set dates='mdy' .* dates='dmy'"):
        read("01/02/2027", *others)


def test_what_the_reader_was_told_wins():
    assert read("01/02/2027", DAY_FIRST[0], order="mdy") == "2027-01-02"
    with pytest.raises(ValueError, match="'24/08/2026' is not a date with dates='mdy'"):
        read("24/08/2026", order="mdy")


@pytest.mark.parametrize("cell", ["8/4/26", "04-Aug-26"])
def test_a_year_of_two_digits_needs_to_be_told(cell):
    with pytest.raises(ValueError, match=r"a two-digit year; .* dates='dmy'"):
        read(cell, *DAY_FIRST)
    assert read(cell, order="dmy") in ("2026-04-08", "2026-08-04")


@pytest.mark.parametrize(
    "cell", ["31/31/2026", "2026-02-30", "46258", "soon", "32 Aug 2026", "4 Hornung 2026", "16.11."]
)
def test_what_is_no_date(cell):
    with pytest.raises(ValueError, match="is not a date; write 2026-11-20"):
        read(cell)


@pytest.mark.parametrize("cell", ["08/24/2026 - 12/09/2026", "08/24/2026–12/09/2026", "08/24/2026 to 12/09/2026"])
def test_two_dates_in_one_cell(cell):
    assert split_dates(cell) == ["08/24/2026", "12/09/2026"]
    assert split_dates("2026-08-24") == ["2026-08-24"]
