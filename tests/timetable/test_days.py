"""Weekdays as registrars write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.timetable.days import Days

# Monday to Sunday in each style, and what may stand between the days.
STYLES = {
    "letters": ("MTWRFSU", ("", " ", ",", "/", ", ")),
    "two letters": (("M", "Tu", "W", "Th", "F", "Sa", "Su"), ("", " ", ", ", "/", " & ")),
    "two letters always": (("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), ("", " ", ",", "/", "+")),
    "three letters": (("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), ("", " ", ", ", "/", " and ")),
    "three capitals": (("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"), ("", " ", ", ", "/")),
    "four letters": (("Mon", "Tues", "Wed", "Thurs", "Fri", "Sat", "Sun"), ("", " ", ", ", ". ")),
    "names": (
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        (" ", ", ", "/", ";", "\n"),
    ),
    "German": (("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"), ("", " ", ", ", "/", "., ", " und ")),
    "German capitals": (("MO", "DI", "MI", "DO", "FR", "SA", "SO"), (" ", ", ", "/")),
    "German names": (
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        (" ", ", ", " und "),
    ),
}
SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
some_days = st.sets(st.integers(0, 6), min_size=1)


def read(cell: str, *others: str) -> str:
    return " ".join(SHORT[day] for day in sorted(Days([cell, *others]).read(cell)))


class TestStyles:
    @given(st.sampled_from(sorted(STYLES)), some_days, st.data())
    def test_what_is_written_is_read(self, style, days, data):
        names, separators = STYLES[style]
        cell = data.draw(st.sampled_from(separators)).join(names[day] for day in sorted(days))
        whole_week = " ".join(names)  # the column shows which style it is
        assert Days([cell, whole_week]).read(cell) == days

    @given(st.sampled_from(sorted(STYLES)), some_days, st.data())
    def test_alone_it_is_read_the_same_or_refused(self, style, days, data):
        names, separators = STYLES[style]
        cell = data.draw(st.sampled_from(separators)).join(names[day] for day in sorted(days))
        try:
            assert Days([cell]).read(cell) == days
        except ValueError as error:
            assert "the other rows do not settle it" in str(error)  # noqa: PT017

    @given(st.text(), st.lists(st.text()))
    def test_any_text_is_read_or_refused(self, cell, others):
        try:
            assert Days([cell, *others]).read(cell) <= set(range(7))
        except ValueError as error:
            assert type(error) is ValueError  # noqa: PT017

    @pytest.mark.parametrize(
        ("cell", "days"),
        [
            ("TTh", "Tue Thu"),
            ("TTH", "Tue Thu"),
            ("tth", "Tue Thu"),
            ("M/W/F", "Mon Wed Fri"),
            ("M-W-F", "Mon Wed Fri"),
            ("-T-R---", "Tue Thu"),
            ("M,  W, and F", "Mon Wed Fri"),
            ("Mon to Fri", "Mon Tue Wed Thu Fri"),
            ("Mo bis Do", "Mon Tue Wed Thu"),
            ("Mondays", "Mon"),
            ("Montags", "Mon"),
            ("Sonnabend", "Sat"),
            ("MTWRFSaSu", "Mon Tue Wed Thu Fri Sat Sun"),
            ("SuMTu", "Mon Tue Sun"),
            ("SAT", "Sat"),
            ("SAM", "Sat"),
            ("MONT", "Mon Tue"),
            ("MTWRFSU", "Mon Tue Wed Thu Fri Sat Sun"),
            ("MTWRFSA", "Mon Tue Wed Thu Fri Sat"),
            ("TUES/THURS", "Tue Thu"),
        ],
    )
    def test_one_way_or_another(self, cell, days):
        assert read(cell) == days


class TestColumn:
    @pytest.mark.parametrize(
        ("cell", "others", "days"),
        [
            ("TU", ["TH"], "Tue"),
            ("TU", ["Mo", "We"], "Tue"),
            ("tu", ["mon"], "Tue"),
            ("SU", ["SA"], "Sun"),
            ("FR", ["MO", "DI"], "Fri"),
            ("TU", ["MTWRF"], "Tue Sun"),
            ("SU", ["U"], "Sat Sun"),
            ("MTU", ["R"], "Mon Tue Sun"),
            ("MTUTH", ["R"], "Mon Tue Thu"),  # only one reading, whatever the others are
        ],
    )
    def test_the_column_decides(self, cell, others, days):
        assert read(cell, *others) == days

    @pytest.mark.parametrize(
        ("cell", "others"), [("TU", []), ("SU", ["MWF"]), ("FR", ["M"]), ("TU", ["TR", "TH"]), ("MTU", ["TBA"])]
    )
    def test_a_column_that_does_not_decide_is_refused(self, cell, others):
        with pytest.raises(ValueError, match=f"days '{cell}' could be .*the other rows do not settle it; write "):
            read(cell, *others)


class TestRefused:
    @pytest.mark.parametrize(
        ("cell", "said"),
        [
            ("MTX", "unknown weekday 'X' in 'MTX'"),
            ("Th X", "unknown weekday 'X' in 'Th X'"),
            ("SAMTU", "unknown weekday 'A' in 'SAMTU'"),  # Sat, Mon, Tue or Sat, Tue
            ("Tux", "unknown weekday 'Tux' in 'Tux'"),
            ("MTWHF", "unknown weekday 'H' in 'MTWHF'"),
            ("Mwf", "unknown weekday 'Mwf' in 'Mwf'"),
            ("1,3,5", "unknown weekday '1' in '1,3,5'"),
            ("MW (Lab)", r"unknown weekday '\(' in 'MW \(Lab\)'"),
            ("Mon-Fri", "from Mon to Fri, or only these\\? Write 'Mon to Fri' or 'Mon, Fri'"),
            ("M–W", "from Mon to Wed, or only these"),
            ("Fri to Mon", "is not a range of days"),
            ("T, T", "has Tue twice"),
            ("Tu Tue", "has Tue twice"),
            ("to Fri", "unknown weekday 'T' in 'to Fri'|unknown weekday 'O' in 'to Fri'"),
        ],
    )
    def test_the_cell_is_shown_as_it_is(self, cell, said):
        with pytest.raises(ValueError, match=said):
            read(cell)
