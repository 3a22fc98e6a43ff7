"""Compare the reader of calendars with another one: ``python scripts/compare_calendars.py FOLDER…``

Every .ics file of the folders is read by ``airflow_provider_rooms.timetable``, and by ``icalendar`` together with
``recurring-ical-events``, which repeats events by itself. For each occurrence both must say the same, or the reader must say why
it does not, in a note or a refusal of that event. Prints the counts. Exit code 1 if there is a raw exception, or an occurrence
that differs without a word.

Such files are in the test data of libraries: icalendar, recurring-ical-events, libical, ical.js.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import re
import sys
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from airflow_provider_rooms.timetable import Problem, TimetableError, read_timetable

#: Of times that name no zone.
ZONE = ZoneInfo("Europe/Berlin")
#: How far each file is gone through after its last event has begun.
AHEAD = dt.timedelta(days=800)
MARGIN = dt.timedelta(days=2)
#: Start, end (in UTC), and whether it was cancelled.
Occurrence = tuple[dt.datetime, dt.datetime, bool]


@dataclass
class Counts:
    """What was found.

    :ivar reasons: why an occurrence is not the same, as the reader says.
    :ivar refused: why a file was refused as a whole.
    :ivar unexplained: raw exceptions, and occurrences that differ without a word.
    """

    files: Counter[str] = field(default_factory=Counter)
    occurrences: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The occurrences that the reader refuses or reads in another way, and says so, in percent."""
        return 100 * self.reasons.total() / (self.occurrences["compared"] or 1)


def compare(file: Path, counts: Counts) -> None:
    """Compare one file and add to the counts."""
    data = file.read_bytes()
    years = [int(year) for year in re.findall(rb"^DTSTART[^\r\n]*:(\d{4})", data, re.MULTILINE | re.IGNORECASE)]
    years = [year for year in years if 1970 <= year <= 2100] or [2026]
    first, last = dt.date(min(years), 1, 1), dt.date(max(years), 12, 31) + AHEAD
    try:
        timetable = read_timetable(file, bad_rows="skip", timezone=ZONE.key)
        found = timetable.between(first, last, clock_change="earlier")
    except TimetableError as error:
        counts.files["refused as a whole"] += 1
        counts.refused[kind(error.problems[0].text)] += 1
        return
    except Exception as error:  # noqa: BLE001 - which ones there are is the question
        counts.files["raw exceptions"] += 1
        counts.unexplained.append(f"{file}: {type(error).__name__}: {error}")
        return
    expected = others(data, first, last, counts)
    if expected is None:
        counts.files["not read by the libraries"] += 1
        return
    counts.files["compared"] += 1
    ours: dict[Occurrence, list[str]] = defaultdict(list)
    for cancelled, classes in ((False, found.classes), (True, found.cancelled)):
        for one in classes:
            ours[one.starts_at.astimezone(dt.UTC), one.ends_at.astimezone(dt.UTC), cancelled].append(one.key[0])
    theirs: dict[Occurrence, list[str]] = defaultdict(list)
    for uid, times_ in expected:
        theirs[times_].append(uid)
    texts = data.decode("utf-8", "replace")
    # Not at the edges: what day it is there depends on the zone.
    inside = (
        dt.datetime.combine(first, dt.time(), dt.UTC) + MARGIN,
        dt.datetime.combine(last, dt.time(), dt.UTC) - MARGIN,
    )
    for when in sorted(when for when in ours.keys() | theirs.keys() if inside[0] <= when[0] <= inside[1]):
        counts.occurrences["compared"] += len(theirs[when])
        missing, added = Counter(theirs[when]) - Counter(ours[when]), Counter(ours[when]) - Counter(theirs[when])
        counts.occurrences["the same"] += (Counter(theirs[when]) & Counter(ours[when])).total()
        if missing.total() == added.total():  # without a UID, the libraries know no name for them
            counts.occurrences["the same"] += missing.total()
            continue
        for name, how in [(name, "missing") for name in missing.elements()] + [
            (name, "added") for name in added.elements()
        ]:
            said = why(name, texts, found.problems)
            if said is None:
                counts.unexplained.append(f"{file}: {how}: {name[:60]!r} {when[0]:%Y-%m-%d %H:%M}Z to {when[1]:%H:%M}Z")
            elif how == "missing":
                counts.reasons[said] += 1


def others(data: bytes, first: dt.date, last: dt.date, counts: Counts) -> list[tuple[str, Occurrence]] | None:
    """The occurrences as the libraries see them; None if they cannot read the file."""
    import icalendar
    import recurring_ical_events

    found: list[tuple[str, Occurrence]] = []
    try:
        for calendar in icalendar.Calendar.from_ical(data, multiple=True):
            query = recurring_ical_events.of(calendar, skip_bad_series=True)
            for event in query.between(first, last + dt.timedelta(days=1)):
                start, end = event["DTSTART"].dt, event["DTEND"].dt
                if not isinstance(start, dt.datetime):
                    counts.occurrences["whole days"] += 1
                    continue
                start, end = (moment(one) for one in (start, end))
                if start == end:
                    counts.occurrences["moments"] += 1
                else:
                    cancelled = "CANCELLED" in str(event.get("STATUS", "")).upper()
                    found.append((str(event.get("UID", event.get("SUMMARY", ""))), (start, end, cancelled)))
    except Exception:  # noqa: BLE001
        return None
    return found


def moment(when: dt.datetime) -> dt.datetime:
    """The moment in UTC."""
    return (when if when.tzinfo else when.replace(tzinfo=ZONE)).astimezone(dt.UTC)


def why(name: str, text: str, problems: tuple[Problem, ...]) -> str | None:
    """What the reader says about the events of a UID or title, or about the zones of the file."""
    lines = text.splitlines()
    blocks: list[tuple[int, int]] = []
    begin = 0
    for number, line in enumerate(lines, start=1):
        if line.strip().upper() == "BEGIN:VEVENT":
            begin = number
        elif line.strip().upper() == "END:VEVENT":
            whole = re.sub(r"\n[ \t]", "", "\n".join(lines[begin - 1 : number]))
            if name[:50] in whole:
                blocks.append((begin, number))
    for problem in problems:
        inside = any(begin <= problem.line <= end for begin, end in blocks)
        if "repeats without end" in problem.text or "attendees left out" in problem.text:
            continue
        if inside or "is defined" in problem.text or "METHOD:" in problem.text:
            return kind(problem.text)
    return None


def kind(text: str) -> str:
    """A problem without its particulars."""
    return re.sub(r"\d+", "#", re.sub(r"'[^']*'|\"[^\"]*\"", "…", text.partition(";")[0]))


def main() -> int:
    """Compare, print, and say whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    counts = Counts()
    for folder in given.folders:
        for file in sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".ics", ".ical")):
            with contextlib.suppress(IsADirectoryError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compare(file, counts)
    for title, counter in (("files", counts.files), ("occurrences", counts.occurrences)):
        print(f"{title}: " + ", ".join(f"{count} {name}" for name, count in counter.most_common()))
    for reason, count in counts.refused.most_common():
        print(f"  {count:5} {reason}")
    print(f"said why not: {counts.reasons.total()} ({counts.share:.2f} %)")
    for reason, count in counts.reasons.most_common():
        print(f"  {count:5} {reason}")
    print(f"without a word: {len(counts.unexplained)}")
    for line in counts.unexplained[:200]:
        print(f"  {line}")
    return 1 if counts.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
