"""The header of a timetable: which column is what.

A column is known by its name, or because the reader was told. Where a name can mean two things (``Time`` with the days in it,
``Start`` with a date in it) the cells decide. Two columns for one thing are refused: nobody knows which one is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from airflow_provider_rooms.timetable.dates import looks_like_date, split_dates
from airflow_provider_rooms.timetable.model import Problem, TimetableError, clean
from airflow_provider_rooms.timetable.times import has_span, split_span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# What each field may be called in the header, best first. Several columns in one entry are joined by a space. Spaces,
# punctuation, capitals and "and" make no difference.
COLUMNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "term": (("term",), ("semester",)),
    "course": (
        *(("course",), ("subject", "number"), ("subject", "course number"), ("subject", "catalog number")),
        *(("subject", "catalog nbr"), ("subject", "catalog"), ("subj", "number"), ("subj", "crse"), ("subj", "course number")),
        *(("dept", "number"), ("department", "number"), ("dept", "course number"), ("department", "course number")),
        *(("subject code", "course number"), ("course code",), ("course id",), ("course no",), ("course number",), ("kurs",)),
        *(("veranstaltung",), ("lehrveranstaltung",), ("modul",)),
    ),
    "section": (
        *(("section",), ("group",), ("sec",), ("sect",), ("section number",), ("section no",), ("section #",)),
        *(("section id",), ("section code",), ("course section",), ("class section",), ("gruppe",)),
    ),
    "title": (
        *(("title",), ("name",), ("course title",), ("course name",), ("class title",), ("long title",), ("titel",)),
        *(("bezeichnung",), ("kurstitel",), ("kursname",)),
    ),
    "days": (
        *(("days",), ("weekdays",), ("day",), ("weekday",), ("meeting days",), ("meeting day",), ("class days",)),
        *(("meet days",), ("days met",), ("days of week",), ("day of week",), ("days of the week",), ("day of the week",)),
        *(("tage",), ("tag",), ("wochentage",), ("wochentag",)),
    ),
    "start": (
        *(("start",), ("starts",), ("start time",), ("time start",), ("begin",), ("begins",), ("begin time",)),
        *(("beginning time",), ("starting time",), ("class start time",), ("meeting start time",), ("meeting start",)),
        *(("time from",), ("from time",), ("from",), ("beginn",), ("anfang",), ("startzeit",), ("uhrzeit von",), ("von",)),
    ),
    "end": (
        *(("end",), ("ends",), ("end time",), ("time end",), ("finish",), ("finish time",), ("stop",), ("stop time",)),
        *(("ending time",), ("class end time",), ("meeting end time",), ("meeting end",)),
        *(("time to",), ("to time",), ("to",), ("until",), ("ende",), ("endzeit",), ("uhrzeit bis",), ("bis",)),
    ),
    "time": (
        *(("time",), ("times",), ("class time",), ("class times",), ("meeting time",), ("meeting times",), ("time range",)),
        *(("hours",), ("start end time",), ("start end",), ("start time end time",), ("zeit",), ("zeiten",), ("uhrzeit",)),
    ),
    "when": (
        *(("when",), ("days times",), ("days time",), ("day time",), ("time days",), ("times days",), ("time day",)),
        *(("meeting days times",), ("meeting days time",), ("meeting day time",), ("meeting pattern",)),
        *(("meeting patterns",), ("meeting info",), ("meets",), ("schedule",), ("class schedule",), ("meetings",)),
        *(("tag zeit",), ("tag uhrzeit",), ("zeit tag",), ("tage zeit",), ("tage zeiten",), ("termin",), ("termine",)),
    ),
    "timezone": (("timezone",), ("tz",), ("zeitzone",)),
    "first day": (
        *(("first day",), ("start date",), ("begin date",), ("beginning date",), ("first date",), ("date start",)),
        *(("from date",), ("date from",), ("class start date",), ("meeting start date",), ("section start date",)),
        *(("course start date",), ("term start date",), ("starts on",), ("begins on",), ("start dt",), ("begin dt",)),
        *(("first class",), ("first meeting",), ("valid from",), ("startdatum",), ("beginndatum",), ("erster tag",)),
        *(("datum von",), ("gültig ab",)),
    ),
    "last day": (
        *(("last day",), ("end date",), ("finish date",), ("ending date",), ("last date",), ("date end",)),
        *(("to date",), ("date to",), ("class end date",), ("meeting end date",), ("section end date",)),
        *(("course end date",), ("term end date",), ("ends on",), ("until date",), ("end dt",), ("stop date",)),
        *(("last class",), ("last meeting",), ("valid to",), ("valid until",), ("enddatum",), ("letzter tag",)),
        *(("datum bis",), ("gültig bis",)),
    ),
    "dates": (
        *(("dates",), ("date range",), ("meeting dates",), ("class dates",), ("session dates",), ("course dates",)),
        *(("section dates",), ("start end date",), ("start date end date",), ("zeitraum",)),
    ),
    "date": (("date",), ("class date",), ("meeting date",), ("datum",)),
    "moved to": (("moved to",), ("verlegt auf",)),
    "cancelled": (("cancelled",), ("canceled",)),
    "status": (("status",), ("class status",), ("section status",), ("course status",), ("class stat",), ("stat",)),
}  # fmt: skip
OPTIONAL = frozenset(
    {"term", "title", "first day", "last day", "dates", "date", "moved to", "cancelled", "status", "time", "when"}
)
#: Of these the first name that the header has is taken. Of the others a second one could say something else.
_BEST_FIRST = frozenset({"term", "course", "section", "title"})
_SUBJECTS = frozenset({"subject", "subj", "subjectcode", "dept", "department"})
#: Where a name of the first kind holds nothing but dates, it is of the second kind.
_DATED = {"start": "first day", "end": "last day"}
_LISTED = 12

#: What the reader is told of columns: the field, and the header's name for it, or the names of several to be joined.
Told: TypeAlias = "Mapping[str, str | Sequence[str]]"


@dataclass(frozen=True)
class Columns:
    """Where each field stands in a row.

    :param places: by field; several are joined by a space, none stand for an empty field.
    :param extra: the columns that are no field.
    :param names: what the header calls a field.
    """

    places: Mapping[str, tuple[int, ...]]
    extra: Mapping[str, tuple[int, ...]]
    names: Mapping[str, str]

    def text(self, cells: Sequence[str], field: str) -> str:
        """The text of one field; none at all where a part of a joined field is missing."""
        places = self.places[field]
        texts = [clean(cells[place]) for place in places if place < len(cells)]
        if len(texts) < len(places) or not all(texts):
            return ""
        # "A" + "B 1" would read like "A B" + "1": only the first part keeps its spaces.
        return " ".join([*texts[:1], *(text.replace(" ", "") for text in texts[1:])])

    def others(self, cells: Sequence[str]) -> dict[str, str]:
        """The texts of the columns that are no field; of two with one name, both."""
        return {
            name: "; ".join(dict.fromkeys(text for place in places if (text := clean(cells[place]))))
            for name, places in self.extra.items()
            if places[-1] < len(cells)
        }


def check_told(told: Told | None) -> dict[str, tuple[str, ...]]:
    """What the reader was told, with the fields' own names.

    :raises ValueError: there is no such field, or no name for it.
    """
    fields = {_key(field): field for field in COLUMNS}
    found: dict[str, tuple[str, ...]] = {}
    for field, names in (told or {}).items():
        if _key(str(field)) not in fields:
            raise ValueError(f"columns: unknown field {field!r}; the fields are {', '.join(COLUMNS)}.")
        parts = (names,) if isinstance(names, str) else tuple(names)
        if not parts or not all(map(clean, map(str, parts))):
            raise ValueError(
                f"columns: {field} is set to {names!r}; use the column's name in the header, or a list of names."
            )
        found[fields[_key(str(field))]] = parts
    return found


def known(cells: Sequence[str], told: Mapping[str, tuple[str, ...]]) -> int:
    """How many fields a row would name if it were the header."""
    keys = {_key(cell) for cell in cells} - {""}
    by_name = sum(any(_keys(choice) <= keys for choice in choices) for choices in COLUMNS.values())
    return by_name + sum(_keys(parts) <= keys for parts in told.values())


def find_columns(
    source: str,
    line: int,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    told: Mapping[str, tuple[str, ...]],
    *,
    has_zone: bool,
) -> Columns:
    """Which column is what.

    :param line: where the header is.
    :param rows: the cells below it.
    :param told: by :func:`check_told`.
    :param has_zone: whether rows need no zone of their own.
    :raises TimetableError: a field that every row needs has no column, or one has two.
    """
    search = _Search(line, header, rows)
    for field, parts in told.items():
        search.tell(field, parts)
    for field, choices in COLUMNS.items():
        if field not in told:
            search.look_for(field, choices)
    search.let_cells_decide()
    search.check_needed(has_zone=has_zone)
    if search.problems:
        raise TimetableError(source, search.problems)
    used = {place for places in search.places.values() for place in places}
    extra: dict[str, tuple[int, ...]] = {}
    for place, name in enumerate(map(clean, header)):
        if name and place not in used:
            extra[name] = (*extra.get(name, ()), place)
    return Columns(search.places, extra, {field: search.name(field) for field in COLUMNS})


class _Search:
    """A header while it is being read."""

    def __init__(self, line: int, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.problems: list[Problem] = []
        self.places: dict[str, tuple[int, ...]] = dict.fromkeys(COLUMNS, ())
        self._line = line
        self._header = [clean(name) for name in header]
        self._keys = [_key(name) for name in header]
        self._rows = rows
        self._told: set[str] = set()
        self._dated: dict[str, int] = {}

    def name(self, field: str) -> str:
        return " ".join(self._header[place] for place in self.places[field]) or field

    def tell(self, field: str, parts: Sequence[str]) -> None:
        """Take the columns that the reader was told of."""
        found = [self._place(part) for part in parts]
        self._told.add(field)
        self.places[field] = tuple(place for place in found if place is not None)

    def _place(self, name: str) -> int | None:
        exact = [place for place, text in enumerate(self._header) if text == clean(name)]
        alike = exact or [place for place, key in enumerate(self._keys) if key and key == _key(name)]
        if len(alike) == 1:
            return alike[0]
        if alike:
            self._fault(f"the header has the column {clean(name)!r} twice")
        else:
            self._fault(f"the header has no column {clean(name)!r}; it has {self._listed()}")
        return None

    def look_for(self, field: str, choices: Sequence[tuple[str, ...]]) -> None:
        """Take the columns that are known by their name, and that the reader did not give to another field."""
        taken = {place for told in self._told for place in self.places[told]}
        free = ["" if place in taken else key for place, key in enumerate(self._keys)]
        found = [choice for choice in choices if _keys(choice) <= set(free)]
        if date := _DATED.get(field):
            dated = [choice for choice in found if self._all(free.index(_key(choice[0])), looks_like_date)]
            found = [choice for choice in found if choice not in dated]
            for choice in dated:
                self._dated[date] = free.index(_key(choice[0]))
        if not found and field in self._dated:
            self.places[field] = (self._dated[field],)
        if not found:
            return
        if len(found) > 1 and field not in _BEST_FIRST and not self._made_up_for(field):
            names = " and ".join(repr(self._header[free.index(_key(choice[0]))]) for choice in found[:2])
            self._fault(f"the header has {names}, both for the {field}; select one with columns={{{field!r}: …}}")
        for part in found[0]:
            if free.count(_key(part)) > 1:
                self._fault(f"the header has the column {part!r} twice")
        self.places[field] = tuple(free.index(_key(part)) for part in found[0])

    def _made_up_for(self, field: str) -> bool:
        """Whether what the reader was told makes it unimportant where a field is."""
        return field in ("days", "time", "start", "end") and "when" in self._told

    def let_cells_decide(self) -> None:
        """Settle what a name leaves open: days and times, two times or two dates in one cell; a course in two columns."""
        self._settle_dates()
        self._settle_days_and_times()
        self._settle_times()
        self._check_course()

    def _settle_dates(self) -> None:
        places = self.places
        if places["date"] and not places["dates"] and self._all(places["date"][0], _is_span_of_dates):
            places["dates"], places["date"] = places["date"], ()
        if places["dates"] and (bounds := [field for field in _DATED.values() if places[field]]):
            self._fault_two("dates", bounds[0], "columns={'dates': …}, or columns={'first day': …, 'last day': …}")

    def _settle_days_and_times(self) -> None:
        places = self.places
        if places["start"] and places["end"] in ((), places["start"]) and self._any("start", has_span):
            places["time"], places["start"], places["end"] = places["start"], (), ()
        if "when" in self._told:
            for field in {"days", "time", "start", "end"} - self._told:
                places[field] = ()
            return
        times = places["time"] or places["start"]
        if places["days"] and places["days"] == places["time"]:
            places["when"], places["days"], places["time"] = places["days"], (), ()
        elif (places["days"] or places["date"]) and times:
            places["when"] = ()  # a "Schedule" beside them is something else
        elif not places["when"] and not places["date"]:
            for field, holds_both in (("days", has_span), ("time", _has_days_beside_a_span)):
                if self._any(field, holds_both):
                    places["when"], places[field] = places[field], ()

    def _settle_times(self) -> None:
        """The times are in one column or in two, not in three."""
        places = self.places
        if not places["time"] or not (places["start"] or places["end"]):
            return
        if "time" in self._told and not {"start", "end"} & self._told:
            places["start"] = places["end"] = ()
        elif {"start", "end"} <= self._told and "time" not in self._told:
            places["time"] = ()
        else:
            other = "start" if places["start"] else "end"
            self._fault_two("time", other, "columns={'time': …}, or columns={'start': …, 'end': …}")

    def _check_course(self) -> None:
        """A course that is a number alone needs its subject: MATH 101 and PHYS 101 are two."""
        if "course" in self._told or len(self.places["course"]) != 1:
            return
        subject = next((place for place, key in enumerate(self._keys) if key in _SUBJECTS), None)
        if subject is not None and self._any("course", lambda text: text[0].isdigit()):
            one, other = self._header[subject], self.name("course")
            self._fault(
                f"the course could be {other!r} alone, or {one!r} and {other!r} together; select one with "
                f"columns={{'course': {other!r}}} or columns={{'course': [{one!r}, {other!r}]}}"
            )

    def check_needed(self, *, has_zone: bool) -> None:
        """Every field that every row needs has a column."""
        places = self.places
        # A list of dates needs no weekdays, and one zone for all no column for it.
        optional = set(OPTIONAL)
        optional |= {"days"} if places["date"] or places["when"] else set()
        optional |= {"start", "end"} if places["time"] or places["when"] else set()
        optional |= {"timezone"} if has_zone else set()
        missing = [field for field in COLUMNS if not (places[field] or field in optional or field in self._told)]
        for field in missing:
            choices = COLUMNS[field]
            called = " or ".join(" + ".join(choice) for choice in choices[:4]) + (" …" if choices[4:] else "")
            way_out = "timezone=" if field == "timezone" else f"columns={{{field!r}: …}}"
            self._fault(f"the header has no column for the {field} ({called}); rename it, or set {way_out}")
        if missing and any(self._header):
            last = self.problems[-1].text
            self.problems[-1] = Problem(
                self._line,
                f"{last}. The header must be the first line, or the one below a title; this one has {self._listed()}",
            )

    def _listed(self) -> str:
        names = [repr(name) for name in self._header if name]
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        return ", ".join(names[:_LISTED]) + more

    def _cells(self, place: int) -> list[str]:
        return [text for row in self._rows if place < len(row) and (text := clean(row[place]))]

    def _any(self, field: str, holds: Callable[[str], bool]) -> bool:
        return any(any(map(holds, self._cells(place))) for place in self.places[field][:1])

    def _all(self, place: int, holds: Callable[[str], bool]) -> bool:
        return bool(cells := self._cells(place)) and all(map(holds, cells))

    def _fault_two(self, field: str, other: str, way_out: str) -> None:
        one, two = self.name(field), self.name(other)
        self._fault(f"the header has {one!r} and {two!r}, both for the {field}; select one with {way_out}")

    def _fault(self, text: str) -> None:
        self.problems.append(Problem(self._line, text))


def _has_days_beside_a_span(text: str) -> bool:
    try:
        found = split_span(text)
    except ValueError:
        return False
    return bool(found and re.search(r"[^\W\d_]", found[2]))


def _is_span_of_dates(text: str) -> bool:
    parts = split_dates(text)
    return len(parts) == 2 and all(map(looks_like_date, parts))


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    """A column's name without what makes no difference."""
    words = re.findall(r"[^\W_]+|#", name.casefold())
    return "".join(word for word in words if word not in ("and", "und"))


@lru_cache(maxsize=4096)
def _keys(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_key, names))
