"""Calendar invitations: one mail per person, in which calendars find an event that they keep, move and drop (RFC 5546).

What makes a calendar update an event in place is its ``UID``, which comes from the room name and so never changes, and a
``SEQUENCE`` that is higher than the last one. Nothing is stored for that.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, get_args

from airflow_provider_rooms import values
from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.placeholders import placeholders

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

Method = Literal["request", "cancel"]
METHODS: tuple[Method, ...] = get_args(Method)
#: What a text may hold.
PLACEHOLDERS = ("title", "date", "start", "end", "timezone", "name", "join_url")
#: SEQUENCE counts the seconds from here to the sending, unless it is given. It fits into 32 bits until 2088.
_EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_PRODUCT = "-//airflow-provider-rooms//EN"
#: In seven bits: smtplib asks no server whether it takes eight, and one that does not may drop umlauts or the mail.
_SEVEN_BITS = policy.SMTP.clone(cte_type="7bit")

REQUEST_TEXT = """\
{title}
{date}, {start} to {end} ({timezone})

Join: {join_url}

This link is personal. Please do not share it.
"""
CANCEL_TEXT = """\
{title}
{date}, {start} to {end} ({timezone})

This class does not take place.
"""

_NAMED = re.compile(r'\s*(?:"(?P<quoted>[^"<>]*)"|(?P<plain>[^"<>]*?))\s*<(?P<address>[^<>]*)>\s*')


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a mail address. It is left out of ``repr``: addresses do not belong in logs."""

    address: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    role: str = "guest"


@dataclass(frozen=True, kw_only=True)
class Event:
    """A class as a calendar knows it.

    :param uid: stays the same for as long as the class exists.
    :param sequence: higher than at the last sending.
    :param zone: the zone in which people read its times.
    """

    uid: str
    sequence: int
    method: Method
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    zone: ZoneInfo
    organizer: Person
    sent_at: dt.datetime


def sequence_at(moment: dt.datetime) -> int:
    """A SEQUENCE that is higher for every later second."""
    return max(0, int((moment - _EPOCH).total_seconds()))


class Sequences:
    """The SEQUENCE of each sending: for one event always higher than the last one of this process, within a second too."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: dict[str, int] = {}

    def next(self, uid: str, moment: dt.datetime) -> int:
        """The one of an event that is sent now."""
        now = sequence_at(moment)
        with self._lock:
            sequence = max(now, self._last.get(uid, -1) + 1)
            # The clock is beyond the others by now.
            self._last = {other: last for other, last in self._last.items() if last >= now} | {uid: sequence}
        return sequence


def mail(
    event: Event, person: Person, *, join_url: str | None, sender: Person, subject: str | None = None, text: str = ""
) -> EmailMessage:
    """The mail for one person: plain text, HTML, and the calendar part that calendars act on.

    :param join_url: this person's link; None in a cancellation.
    :param sender: whom the mail is from.
    :param text: what it says, with :data:`PLACEHOLDERS`; what fits the method unless given.
    """
    plain = _filled(text or (REQUEST_TEXT if event.method == "request" else CANCEL_TEXT), event, person, join_url)
    message = EmailMessage(_SEVEN_BITS)
    message["From"] = _header_address(sender)
    message["To"] = _header_address(person)
    if event.organizer.address != sender.address:
        message["Reply-To"] = _header_address(event.organizer)
    start = event.starts_at.astimezone(event.zone)
    usual = f"{event.title}, {start:%A, %d %B %Y, %H:%M} ({event.zone.key})"
    message["Subject"] = subject or (usual if event.method == "request" else f"Cancelled: {usual}")
    message["Date"] = format_datetime(event.sent_at)
    message["Message-ID"] = make_msgid(domain=sender.address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain)
    message.add_alternative(_as_html(plain, join_url), subtype="html")
    message.add_alternative(
        calendar(event, person, join_url=join_url, description=plain),
        subtype="calendar",
        params={"method": event.method.upper()},
    )
    return message


def calendar(event: Event, person: Person, *, join_url: str | None, description: str) -> str:
    """The event in iCalendar, with the rules of its time zone."""
    import icalendar

    entry = icalendar.Event()
    entry.add("uid", event.uid)
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", event.sent_at.astimezone(dt.UTC))
    times = [moment.astimezone(event.zone) for moment in (event.starts_at, event.ends_at)]
    if any(moment.fold for moment in times):
        # A wall clock that shows a time for the second time: with a TZID it would mean the first (RFC 5545, 3.3.5).
        times = [moment.astimezone(dt.UTC) for moment in times]
    entry.add("dtstart", times[0])
    entry.add("dtend", times[1])
    entry.add("summary", event.title)
    entry.add("description", description)
    entry.add("status", "CONFIRMED" if event.method == "request" else "CANCELLED")
    entry.add("transp", "OPAQUE")
    entry.add("organizer", _calendar_address(event.organizer))
    attendee = _calendar_address(person)
    attendee.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"})
    entry.add("attendee", attendee)
    if join_url:
        entry.add("location", join_url)
        entry.add("url", join_url)
    whole = icalendar.Calendar()
    whole.add("prodid", _PRODUCT)
    whole.add("version", "2.0")
    whole.add("method", event.method.upper())
    if event.zone.key != "UTC":
        whole.add_component(icalendar.Timezone.from_ical(timezone_rules(event.zone, event.starts_at.year)))
    whole.add_component(entry)
    text: str = whole.to_ical().decode()
    return text


def timezone_rules(zone: ZoneInfo, year: int) -> str:
    """The VTIMEZONE of a zone: every change of its clocks from a year before to a year after.

    Calendars know IANA names, and need the rules for those that they do not know, or know from another year. Those that
    icalendar makes itself (7.3) begin summer time an hour late: by the new clocks, not by the old ones.
    """
    moment = dt.datetime(year - 1, 1, 1, tzinfo=dt.UTC)
    parts = [_observance(moment.astimezone(zone), moment.astimezone(zone))]
    last = dt.datetime(year + 2, 1, 1, tzinfo=dt.UTC)
    while moment < last:
        following = moment + dt.timedelta(days=1)
        if moment.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            early, late = moment, following
            while late - early > dt.timedelta(minutes=1):
                middle = early + (late - early) // 2
                same = early.astimezone(zone).utcoffset() == middle.astimezone(zone).utcoffset()
                early, late = (middle, late) if same else (early, middle)
            change = late.replace(second=0, microsecond=0)
            parts.append(_observance((change - dt.timedelta(minutes=1)).astimezone(zone), change.astimezone(zone)))
        moment = following
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{zone.key}", *parts, "END:VTIMEZONE", ""])


def _observance(before: dt.datetime, after: dt.datetime) -> str:
    """From one change of the clocks to the next; it begins at the time that the old clocks would have shown."""
    kind = "DAYLIGHT" if after.dst() else "STANDARD"
    offset_before = before.utcoffset() or dt.timedelta()
    begins = (after.astimezone(dt.UTC) + offset_before).replace(tzinfo=None)
    return "\r\n".join(
        [
            f"BEGIN:{kind}",
            f"DTSTART:{begins:%Y%m%dT%H%M%S}",
            f"TZOFFSETFROM:{before:%z}",
            f"TZOFFSETTO:{after:%z}",
            f"TZNAME:{after:%Z}",
            f"END:{kind}",
        ]
    )


def _header_address(person: Person) -> Address:
    # A text would lose its quotes where the name has other letters than A to Z, and a comma would make two people of it.
    return Address(person.name or "", addr_spec=person.address)


def _calendar_address(person: Person) -> Any:
    import icalendar

    address = icalendar.vCalAddress(f"mailto:{person.address}")
    if person.name:
        address.params["CN"] = icalendar.vText(person.name)
    return address


def _filled(text: str, event: Event, person: Person, join_url: str | None) -> str:
    start, end = (moment.astimezone(event.zone) for moment in (event.starts_at, event.ends_at))
    return text.format(
        title=event.title,
        date=f"{start:%A, %d %B %Y}",
        start=f"{start:%H:%M}",
        end=f"{end:%H:%M}" if end.date() == start.date() else f"{end:%H:%M on %A, %d %B %Y}",
        timezone=event.zone.key,
        name=person.name or "",
        join_url=join_url or "",
    )


def _as_html(plain: str, join_url: str | None) -> str:
    body = html.escape(plain)
    if join_url:
        link = html.escape(join_url)
        body = body.replace(link, f'<a href="{link}">{link}</a>')
    return f'<html><body><div style="white-space: pre-line">{body}</div></body></html>'


# -- reading what was given ---------------------------------------------------------------------------------------------


def read_people(parameter: str, value: Any, warn: Callable[[str], None]) -> list[Person]:
    """People from a list of addresses, ``Name <address>`` texts or ``{"email", "name", "role"}`` dicts, or from one text.

    Lists come from calendars and registrars: what is not a mail address, or stands there twice, keeps nobody else from
    being invited.

    :param warn: told who is left out, by place: addresses do not belong in logs.
    :raises InvalidSpecError: nobody is left, a line break, something else than people. Addresses are not repeated in the text.
    """
    if values.structured(value):
        value = values.read_json(parameter, value)
    elif isinstance(value, str):
        value = [one for one in _split(value.strip()) if one.strip()]
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise InvalidSpecError(f"{parameter}: expected a list of mail addresses.")
    people: dict[str, Person] = {}
    places: dict[str, str] = {}
    for index, one in enumerate(value):
        place = f"{parameter}[{index}]"
        person, fault = _person(place, "" if values.not_given(one) else one)
        first = places.setdefault(person.address.lower(), place)
        if fault is None and first != place:
            fault = f"is the same address as {first}"
        if fault is None:
            people[place] = person
        else:
            warn(f"{place}: {fault}; not invited.")
    if not people:
        raise InvalidSpecError(
            f"{parameter}: none of the {len(value)} people can be invited: {place}: {fault}.",
            advice="Use addresses such as ada@example.org.",
        )
    return list(people.values())


def _split(text: str) -> list[str]:
    """Addresses with ``;`` between them, or with ``,``; what stands in quotes is one piece."""
    bare = re.sub(r'"[^"]*"', "", text)
    between = ";" if ";" in bare else ","
    return re.findall(rf'(?:"[^"]*"|[^{between}"]|")+', text)


def read_person(parameter: str, value: Any) -> Person:
    """One person; see :func:`read_people`.

    :raises InvalidSpecError: it is none, or has no address that mail can be sent to.
    """
    person, fault = _person(parameter, value)
    if fault:
        raise InvalidSpecError(f"{parameter}: {fault}.")
    return person


def _person(parameter: str, value: Any) -> tuple[Person, str | None]:
    """One person, and what keeps mail from reaching the address."""
    if values.structured(value):
        value = values.read_json(parameter, value)
    role: Any = None
    if isinstance(value, Mapping):
        if unknown := set(value) - {"email", "name", "role"}:
            raise InvalidSpecError(
                f"{parameter}: unknown key {min(unknown, key=str)!r}.{values.suggestion(min(unknown, key=str), ('email', 'name', 'role'))}"
            )
        name, address, role = value.get("name"), value.get("email"), value.get("role")
    elif isinstance(value, str):
        found = _NAMED.fullmatch(line_text(parameter, value))
        name, address = (found["quoted"] or found["plain"], found["address"]) if found else (None, value)
    else:
        raise InvalidSpecError(f"{parameter}: expected a mail address, got {type(value).__name__}.")
    name = line_text(f"{parameter}.name", name) if name else None
    address = line_text(parameter, address or "").strip()
    fault = None
    if not address.isascii():
        fault = "contains characters other than ASCII; write the domain in its xn-- form"
    elif not values.is_mail_address(address):
        fault = "is not a mail address such as ada@example.org"
    return Person(address=address, name=name, role=values.read_text(f"{parameter}.role", role) or "guest"), fault


def line_text(parameter: str, value: Any) -> str:
    """A text for one line of a mail's head.

    :raises InvalidSpecError: it is no text, or has a line break, bare or encoded: whoever writes one could add headers.
    """
    if not isinstance(value, str):
        raise InvalidSpecError(f"{parameter}: expected text, got {type(value).__name__}.")
    if fault := values.unsafe_in_a_line(value):
        raise InvalidSpecError(f"{parameter}: {fault}. Nothing was sent.")
    return value


def body_text(parameter: str, value: Any, method: Method) -> str:
    """A text with placeholders.

    :raises InvalidSpecError: it is no text, or has an unknown placeholder, or a cancellation has a link.
    """
    text = values.read_text(parameter, value) or ""
    try:
        names = placeholders(text, PLACEHOLDERS)
    except ValueError as error:
        raise InvalidSpecError(f"{parameter}: {error}") from None
    if method == "cancel" and "join_url" in names:
        raise InvalidSpecError(f"{parameter}: a cancellation has no {{join_url}}.")
    return text


def read_zone(parameter: str, value: Any) -> ZoneInfo:
    """An IANA zone.

    :raises InvalidSpecError: it is none.
    """
    from airflow_provider_rooms.timetable.clock import read_zone as iana

    zone = iana(value) if isinstance(value, str) else None
    if zone is None:
        raise InvalidSpecError(f"{parameter}: {value!r} is not an IANA time zone; use a name such as Europe/Berlin.")
    return zone
