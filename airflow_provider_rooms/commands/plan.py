"""``python -m airflow_provider_rooms plan``: what a timetable would make of a day, a week or a term, without making it."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import os
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.planning.lookups import Planned
    from airflow_provider_rooms.timetable import Class, Problem, Selection

HELP = "show which rooms a timetable needs, without creating them"
DESCRIPTION = (
    "The classes of a timetable (CSV or .ics) from one date to another, and what is wrong with it. With --conn also which "
    "rooms exist, would be created, differ, or would be rejected; only read-only requests are sent."
)
EPILOG = (
    "Exit code: 0 if everything is fine, 1 if something needs attention, 2 if there is no plan, because the timetable, a "
    "connection or an option is invalid."
)
#: What the timetable says of a class, and --conn.
_NOT_IN_SPEC = ("name", "starts_at", "ends_at", "conn_id")
#: Of a long list this many are shown, unless all are asked for.
_SHOWN = 10
#: Up to this many classes are listed one by one.
_LISTED = 60


@dataclass(frozen=True)
class Option:
    """One option of the command, for argparse and for Airflow's own command line alike."""

    flags: tuple[str, ...]
    settings: dict[str, Any]


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write 2026-11-20") from None


def _spec(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"is not JSON: {error}") from None
    if not isinstance(read, dict):
        raise argparse.ArgumentTypeError("is not a JSON object")
    if taken := [key for key in _NOT_IN_SPEC if key in read]:
        raise argparse.ArgumentTypeError(f"{taken[0]} cannot be the same for every class")
    return read


def _column(text: str) -> tuple[str, str]:
    field, found, name = text.partition("=")
    if not found or not field.strip() or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} names no column; write section=Class#")
    return field.strip(), name


OPTIONS = (
    Option(("timetable",), {"help": "a CSV or .ics file"}),
    Option(("--from",), {"dest": "first", "type": _date, "metavar": "DATE", "help": "first day (default: tomorrow)"}),
    Option(("--to",), {"dest": "last", "type": _date, "metavar": "DATE", "help": "last day (default: the first)"}),
    Option(
        ("--conn",),
        {"action": "append", "default": [], "metavar": "CONN_ID", "help": "look up the rooms there; repeatable"},
    ),
    Option(("--weekdays",), {"default": "MTWRFSU", "help": "only these, such as MTWRF (default: all)"}),
    Option(
        ("--off",),
        {
            "action": "append",
            "default": [],
            "type": _date,
            "metavar": "DATE",
            "help": "a day without classes; repeatable",
        },
    ),
    Option(("--timezone",), {"help": "IANA zone of rows that name none"}),
    Option(
        ("--column",),
        {
            "dest": "columns",
            "action": "append",
            "default": [],
            "type": _column,
            "metavar": "FIELD=NAME",
            "help": "which column of a CSV is what, such as section=Class#; repeatable, a field in several columns too",
        },
    ),
    Option(
        ("--dates",), {"choices": ("mdy", "dmy"), "help": "what comes first in dates such as 01/02/2027: month or day"}
    ),
    Option(("--encoding",), {"help": "of the file, such as windows-1252 (default: UTF-8, or found in the file)"}),
    Option(
        ("--clock-change",),
        {
            "choices": ("refuse", "earlier", "later"),
            "default": "refuse",
            "help": "a time that a clock change skips or repeats (default: refuse)",
        },
    ),
    Option(
        ("--spec",),
        {
            "type": _spec,
            "default": {},
            "metavar": "JSON",
            "help": 'parameters for every room, such as {"record": true}',
        },
    ),
    Option(
        ("--all",), {"dest": "everything", "action": "store_true", "help": "list every class, however many there are"}
    ),
    Option(
        ("--json",),
        {"dest": "as_json", "action": "store_true", "help": "one JSON document with every class, instead of text"},
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    for option in OPTIONS:
        parser.add_argument(*option.flags, **option.settings)


def airflow_command(given: Any) -> None:
    """``airflow rooms plan``."""
    sys.exit(command(given))


def command(given: Any) -> int:
    """The command by itself on a terminal: libraries' own remarks would stand between the lines of the plan."""
    logging.disable(logging.ERROR)
    lines: list[str] = []
    code = run(given, lines.append)
    try:
        sys.stdout.writelines(lines)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def run(given: Any, write: Callable[[str], Any]) -> int:
    """Plan and print; the answer is the exit code."""
    from airflow_provider_rooms.errors import MissingExtraError
    from airflow_provider_rooms.timetable import TimetableError, read_timetable

    first = given.first or dt.datetime.now().astimezone().date() + dt.timedelta(days=1)
    last = given.last or first
    columns: dict[str, list[str]] = {}
    for field, name in given.columns:
        columns.setdefault(field, []).append(name)
    try:
        timetable = read_timetable(
            given.timetable,
            bad_rows="skip",
            timezone=given.timezone,
            columns=columns,
            dates=given.dates,
            encoding=given.encoding,
        )
        chosen = timetable.between(first, last, weekdays=given.weekdays, off=given.off, clock_change=given.clock_change)
    except TimetableError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{given.timetable}: {error.strerror or error}\n")
        return 2
    except (ValueError, MissingExtraError) as error:
        sys.stderr.write(f"{given.timetable}: {error}\n")
        return 2
    planned: list[Planned] = []
    if given.conn:
        from airflow_provider_rooms.errors import PermanentError

        conn_ids = list(dict.fromkeys(given.conn))
        sys.stderr.write(f"Looking up the rooms of {len(chosen.classes)} classes: {', '.join(conn_ids)} …\n")
        sys.stderr.flush()
        try:
            planned = _planned(chosen, conn_ids, given.spec)
        except PermanentError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    about = [problem for problem in timetable.problems if problem.of_file]
    meeting = _meeting_names(chosen.classes)
    trouble = any(one.finding.verdict in _trouble() for one in planned)
    code = 1 if trouble or chosen.bad or meeting else 0
    if given.as_json:
        from airflow_provider_rooms.commands.plan_json import document

        plan = document(first, last, chosen, planned, about=about, meeting=meeting, exit_code=code)
        write(f"{json.dumps(plan, indent=2)}\n")
        return code
    for line in report(first, last, chosen, planned, about=about, meeting=meeting, everything=given.everything):
        write(f"{line}\n")
    return code


def report(
    first: dt.date,
    last: dt.date,
    chosen: Selection,
    planned: Sequence[Planned],
    *,
    about: Sequence[Problem] = (),
    meeting: Mapping[str, int] | None = None,
    everything: bool = False,
) -> Iterator[str]:
    """The plan as lines of text.

    :param about: notes on the timetable as a whole.
    :param meeting: room names that several classes have, and how many.
    """
    from airflow_provider_rooms.planning import summary

    classes = chosen.classes
    days = len({one.starts_at.date() for one in classes})
    span = f"{first}" if first == last else f"{first} to {last}"
    yield f"{len(classes)} classes on {days} {'day' if days == 1 else 'days'}, {span}"
    yield f"{len({one.key for one in classes})} keys, {len({one.name for one in classes})} room names"
    yield f"{len(chosen.collisions)} collisions, {len(chosen.bad_lines)} bad rows, {len(chosen.cancelled)} cancelled"
    yield from summary(planned)
    yield ""
    if planned and (everything or len(planned) <= _LISTED):
        yield from (str(one) for one in planned)
    elif everything or len(classes) <= _LISTED:
        for one in classes:
            yield f"{one.starts_at:%Y-%m-%d %H:%M}-{one.ends_at:%H:%M} {one.timezone}  {one.label}  {one.name}"
    else:
        yield from _weeks(classes)
    needing = [str(one) for one in planned if one.finding.verdict in _trouble()]
    yield from _section("Need attention", needing if len(planned) > _LISTED and not everything else [], everything)
    met = [f"{name}: {count} classes" for name, count in (meeting or {}).items()]
    yield from _section("Names that meet", met, everything)
    yield from _section(
        "Cancelled", [f"{one.starts_at:%Y-%m-%d %H:%M}  {one.label}" for one in chosen.cancelled], everything
    )
    yield from _section("Collisions", map(str, chosen.collisions), everything)
    yield from _section("Bad rows", map(str, chosen.bad), everything)
    notes = [*about, *(problem for problem in chosen.problems if problem.note)]
    yield from _section("Notes", map(str, notes), everything)


def _weeks(classes: Sequence[Class]) -> Iterator[str]:
    """How many classes each day has, one line per week."""
    counts = Counter(one.starts_at.date() for one in classes)
    mondays = sorted({day - dt.timedelta(days=day.weekday()) for day in counts})
    yield "week of      Mon  Tue  Wed  Thu  Fri  Sat  Sun"
    for monday in mondays:
        week = [counts[monday + dt.timedelta(days=number)] for number in range(7)]
        yield f"{monday} " + "".join(f"{number or '-':>5}" for number in week)


def _section(title: str, lines: Any, everything: bool) -> Iterator[str]:
    listed = list(lines)
    if not listed:
        return
    yield ""
    yield f"{title}:"
    shown = listed if everything else listed[:_SHOWN]
    yield from (f"  {line}" for line in shown)
    if len(listed) > len(shown):
        yield f"  and {len(listed) - len(shown)} more (--all shows them)"


def _meeting_names(classes: Sequence[Class]) -> dict[str, int]:
    """Room names that several classes have, where a vendor ignores case too, and how many have each."""
    from airflow_provider_rooms.names import fold

    counts = Counter(fold(one.name) for one in classes)
    return {name: count for name, count in counts.items() if count > 1}


def _trouble() -> Any:
    from airflow_provider_rooms.planning.lookups import TROUBLE

    return TROUBLE


def _planned(chosen: Selection, conn_ids: Sequence[str], more: dict[str, Any]) -> list[Planned]:
    from airflow_provider_rooms.commands.check import look_up
    from airflow_provider_rooms.errors import InvalidConnectionError
    from airflow_provider_rooms.hooks import hook_for
    from airflow_provider_rooms.planning.lookups import plan_rooms

    hooks: dict[str, RoomsHook] = {}
    for conn_id in conn_ids:
        _, connection, trouble = look_up(conn_id)
        if trouble:
            raise InvalidConnectionError(f"Connection {conn_id!r} was not found. {trouble}")
        hooks[conn_id] = hook_for(conn_id, connection)
        hooks[conn_id].vendor  # noqa: B018 - a broken connection is told of once, not once per class
    specs = [one.spec(conn_id=conn_id, **more) for one in chosen.classes for conn_id in conn_ids]
    return plan_rooms(specs, None, hooks.__getitem__)
