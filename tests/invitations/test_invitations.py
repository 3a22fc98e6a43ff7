"""Invitations as a calendar receives them: through a real mail server, read back with icalendar."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock
from zoneinfo import ZoneInfo

import icalendar
import jwt
import pytest
from aiosmtpd.controller import Controller
from airflow.providers.common.compat.sdk import AirflowSkipException

from airflow_provider_rooms.errors import InvalidConnectionError, InvalidSpecError, PassingError, PermanentError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.invitations.calendar import Sequences, read_people, read_person, sequence_at, timezone_rules
from airflow_provider_rooms.notifications.invitations import InvitationNotifier
from airflow_provider_rooms.operators.invitations import SendInvitationOperator
from stack import MailSink, free_port, mail_sink, smtp_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

CONN_IDS = ["videosdk_default", "hundredms_default", "twilio_video_default"]
ADA = "Ada Lovelace <ada@example.org>"
# What email.message makes two lines of the head of.
ENCODED = "=?utf-8?q?a=0D=0ABcc=3A_thief=40x?="
START = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=20)).replace(second=0, microsecond=0)


@pytest.fixture
def sink(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    pages = {
        "hundredms": {"subdomain": "school"},
        "twilio_video": {"join_page": "https://school.example/class/{room_id}#{token}"},
    }
    for conn_id in CONN_IDS:
        kind = conn_id.removesuffix("_default")
        connection = rooms_sandbox.connection(kind)
        connection["extra"] = {**connection["extra"], **pages.get(kind, {}), "name_prefix": "p-"}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
    with mail_sink() as (sink, port):
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp_connection(port)))
        yield sink


def spec(zone: str = "Europe/Berlin", start: dt.datetime = START, **more: Any) -> dict[str, Any]:
    start = start.astimezone(ZoneInfo(zone))
    return {
        "name": ["alg-101", "a", "2026-11-16"],
        "starts_at": start.isoformat(),
        "ends_at": (start + dt.timedelta(minutes=50)).isoformat(),
        "ref": {"title": "ALG 101 A Linear Algebra", "date": "2026-11-16", "timezone": zone},
        **more,
    }


def make(conn_id: str = "videosdk_default", **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = get_rooms_hook(conn_id).ensure_room(given.pop("spec", None) or spec(), **given).as_dict()
    return made


def send(**given: Any) -> dict[str, Any]:
    operator = SendInvitationOperator(task_id="invite", **{"attendees": [ADA], **given})
    sent: dict[str, Any] = operator.execute({"ti": MagicMock()})
    return sent


def calendar_of(message: EmailMessage) -> Any:
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    whole = icalendar.Calendar.from_ical(part.get_content())
    assert whole["METHOD"] == part["Content-Type"].params["method"]
    assert part["Content-Type"].params["charset"] == "utf-8"
    return whole


def handover_of(message: EmailMessage) -> Any:
    (event,) = calendar_of(message).walk("VEVENT")
    assert event.errors == []
    return event


def links(message: EmailMessage) -> set[str]:
    return set(re.findall(r"https?://[^\s\"<]+", message.get_body(("plain",)).get_content()))


def vendor_user(conn_id: str, message: EmailMessage) -> str:
    """Who a link is for, as the vendor sees it."""
    (link,) = links(message)
    if conn_id == "hundredms_default":
        return re.search("userId=([^&]+)", link)[1]
    token = re.search("token=([^&]+)|#(.+)", link)
    claims = jwt.decode(token[1] or token[2], options={"verify_signature": False})
    return claims.get("participantId") or claims["grants"]["identity"]


class TestWhatACalendarReceives:
    def test_an_invitation(self, sink: MailSink):
        room = make()
        sent = send(
            room_id=room,
            attendees=[ADA, {"email": "alan@example.org", "role": "host"}],
            organizer="Office <o@school.example>",
        )
        assert len(sink.mails) == sent.pop("sent") == 2
        first, second = sink.mails
        assert [part.get_content_type() for part in first.walk()] == [
            "multipart/alternative", "text/plain", "text/html", "text/calendar",
        ]  # fmt: skip
        event = handover_of(first)
        assert {"uid": str(event["UID"]), "sequence": event["SEQUENCE"], "method": "request"} == sent
        assert sent["uid"] == "p-alg-101_a_2026-11-16@school.example"
        assert (str(event["SUMMARY"]), str(event["STATUS"])) == ("ALG 101 A Linear Algebra", "CONFIRMED")
        assert event["ORGANIZER"] == "mailto:o@school.example"
        assert (event["ATTENDEE"], event["ATTENDEE"].params["CN"]) == ("mailto:ada@example.org", "Ada Lovelace")
        assert event["ATTENDEE"].params["RSVP"] == "TRUE"
        # Each person has a link of their own, and sees nobody else.
        assert first["To"] == ADA
        assert first["From"] == "rooms@example.com"
        assert first["Reply-To"] == "Office <o@school.example>"
        assert "alan" not in first.as_string()
        assert links(first) == {str(event["LOCATION"])}
        assert links(first).isdisjoint(links(second))
        assert next(iter(links(first))).startswith("https://embed.videosdk.live/")

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Chicago", "Asia/Kolkata"])
    def test_the_right_local_time(self, sink: MailSink, zone: str):
        send(room_id=make(spec=spec(zone)))
        (message,) = sink.mails
        event = handover_of(message)
        here = START.astimezone(ZoneInfo(zone))
        assert event["DTSTART"].params["TZID"] == zone
        assert event["DTSTART"].dt == here
        assert event["DTSTART"].dt.replace(tzinfo=None) == here.replace(tzinfo=None)
        assert event["DTEND"].dt == here + dt.timedelta(minutes=50)
        assert f"{here:%H:%M} to {here + dt.timedelta(minutes=50):%H:%M}" in message.get_body(("plain",)).get_content()
        # A calendar that does not know the zone reads it off the invitation.
        (rules,) = calendar_of(message).walk("VTIMEZONE")
        assert rules["TZID"] == zone
        own = rules.to_tz(lookup_tzid=False)
        assert here.replace(tzinfo=own).astimezone(dt.UTC) == START

    def test_an_hour_that_happens_twice_is_not_the_first_one(self, sink: MailSink):
        second = dt.datetime(dt.datetime.now(dt.UTC).year + 1, 11, 1, tzinfo=dt.UTC)
        while second.astimezone(ZoneInfo("America/Chicago")).fold == 0:
            second += dt.timedelta(hours=1)
        end = second + dt.timedelta(minutes=30)
        late = spec("America/Chicago", second, ends_at=end.isoformat(), conn_id="videosdk_default")
        send(spec=late, join_url="https://school.example/class")
        event = handover_of(sink.mails[0])
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (second, end)

    def test_it_is_moved_in_place_and_dropped(self, sink: MailSink):
        room = make()
        later = START + dt.timedelta(hours=2)
        first = send(room_id=room, sequence=1)
        second = send(room_id=room, spec=spec("America/Chicago", later), sequence=2)
        third = send(spec=spec("America/Chicago", later), conn_id="videosdk_default", method="cancel", sequence="3")
        assert first["uid"] == second["uid"] == third["uid"]
        events = [handover_of(message) for message in sink.mails]
        assert [event["SEQUENCE"] for event in events] == [1, 2, 3]
        assert [event["DTSTART"].dt for event in events] == [START, later, later]
        assert [str(event["STATUS"]) for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
        assert [str(calendar_of(message)["METHOD"]) for message in sink.mails] == ["REQUEST", "REQUEST", "CANCEL"]
        assert sink.mails[2]["Subject"].startswith("Cancelled: ALG 101 A Linear Algebra")
        assert "LOCATION" not in events[2]
        assert links(sink.mails[2]) == set()

    def test_without_a_sequence_a_later_sending_is_higher(self, sink: MailSink, monkeypatch: pytest.MonkeyPatch):
        now = dt.datetime.now(dt.UTC)
        assert sequence_at(now) < sequence_at(now + dt.timedelta(seconds=1)) < 2**31
        room = make(spec=spec(name="sent-once"))
        before, sent, after = (
            sequence_at(dt.datetime.now(dt.UTC)),
            send(room_id=room),
            sequence_at(dt.datetime.now(dt.UTC)),
        )
        assert before <= sent["sequence"] <= after

    def test_a_class_that_takes_place_after_all_is_the_same_event(self, sink: MailSink):
        room = make()
        get_rooms_hook("videosdk_default").close_room(room)
        again = make(on_closed="reopen")
        assert again["name"] != room["name"]
        assert send(room_id=room, method="cancel")["uid"] == send(room_id=again)["uid"]
        assert (
            send(spec=spec(), conn_id="videosdk_default")["uid"]
            == send(room_id=again["id"], spec=spec(name=None), conn_id="videosdk_default")["uid"]
        )
        assert again["id"] in next(iter(links(sink.mails[2])))

    def test_times_with_a_zone_are_read_in_that_zone(self, sink: MailSink):
        start = START.astimezone(ZoneInfo("America/Chicago"))
        send(room_id=make(), spec={"starts_at": start, "ends_at": start + dt.timedelta(minutes=50)})
        assert str(handover_of(sink.mails[0])["DTSTART"].params["TZID"]) == "Europe/Berlin"  # that of ref goes first
        times = {"starts_at": start, "ends_at": start + dt.timedelta(minutes=50), "ref": "Algebra"}
        send(room_id=make(), spec=times)
        assert str(handover_of(sink.mails[1])["DTSTART"].params["TZID"]) == "America/Chicago"

    def test_classes_that_people_number_themselves_are_events_of_their_own(self, sink: MailSink):
        rooms = [make(spec=spec(name=name)) for name in ("seminar-r2", "seminar-r3")]
        assert [send(room_id=room)["uid"].partition("@")[0] for room in rooms] == ["p-seminar-r2", "p-seminar-r3"]

    @pytest.mark.parametrize("conn_id", CONN_IDS)
    def test_every_vendor(self, sink: MailSink, conn_id: str):
        room = make(conn_id)
        send(room_id=room, attendees=[ADA, "alan@example.org"])
        first, second = (links(message) for message in sink.mails)
        assert first
        assert first.isdisjoint(second)
        # Sent again, each person is the same one to the vendor.
        send(room_id=room, attendees=["alan@example.org"], join_url=None)
        claims = [vendor_user(conn_id, message) for message in sink.mails]
        assert claims[1] == claims[2] != claims[0]
        assert "alan" not in str(claims)

    def test_a_room_by_its_name_or_by_the_spec_alone(self, sink: MailSink):
        make()
        by_name = send(room_id="p-alg-101_a_2026-11-16", spec=spec(name=None), conn_id="videosdk_default")
        by_spec = send(spec=spec(conn_id="videosdk_default"))
        assert by_name["uid"] == by_spec["uid"]

    def test_a_moved_class_has_links_for_its_new_end(self, sink: MailSink):
        later = START + dt.timedelta(hours=5)
        send(room_id=make(), spec=spec(start=later))
        (link,) = links(sink.mails[0])
        claims = jwt.decode(re.search("token=([^&]+)", link)[1], options={"verify_signature": False})
        assert claims["exp"] == (later + dt.timedelta(minutes=50 + 15)).timestamp()

    def test_a_page_of_your_own(self, sink: MailSink):
        send(room_id=make(), join_url="https://school.example/classes/1?a=1&b=2", text="{name}: {join_url}")
        (message,) = sink.mails
        assert (
            message.get_body(("plain",)).get_content().strip()
            == "Ada Lovelace: https://school.example/classes/1?a=1&b=2"
        )
        assert 'href="https://school.example/classes/1?a=1&amp;b=2"' in message.get_body(("html",)).get_content()
        assert handover_of(message)["URL"] == "https://school.example/classes/1?a=1&b=2"

    def test_what_people_write_stays_text(self, sink: MailSink):
        title = 'Genes, Cells; "x" <b>{title}</b> {{ 7 * 7 }} – Übung'
        send(
            room_id=make(),
            title=title,
            attendees=['"Doe, Jane" <jane@example.org>'],
            organizer="Büro, Süd <o@x.example>",
        )
        (message,) = sink.mails
        assert str(handover_of(message)["SUMMARY"]) == title
        assert handover_of(message)["ORGANIZER"].params["CN"] == "Büro, Süd"
        assert message["To"].addresses[0].display_name == "Doe, Jane"
        assert "&lt;b&gt;{title}&lt;/b&gt;" in message.get_body(("html",)).get_content()
        # Whatever a server on the way can take, and lines as RFC 5545 has them, to the last octet.
        assert message.as_bytes().isascii()
        (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        *lines, end = part.get_payload(decode=True).split(b"\r\n")
        assert (max(map(len, lines)), b"\n" in b"".join(lines), end) == (75, False, b"")

    @pytest.mark.parametrize("name", ["Gräfin, Ada", "Ada; Noël: x", "eve@elsewhere.example, É", 'Åsa "Bo" B., C.'])
    def test_whatever_the_name_the_mail_is_to_one_person(self, sink: MailSink, name: str):
        person = {"email": "ada@example.org", "name": name}
        send(room_id=make(), attendees=[person], organizer={**person, "email": "o@school.example"})
        (message,) = sink.mails
        for header, address in (("To", "ada@example.org"), ("Reply-To", "o@school.example")):
            assert [(one.addr_spec, one.display_name) for one in message[header].addresses] == [(address, name)]
        assert [str(handover_of(message)[who].params["CN"]) for who in ("ATTENDEE", "ORGANIZER")] == [name, name]

    def test_a_time_without_a_zone_is_given_in_utc(self, sink: MailSink):
        send(room_id=make(), spec=spec(ref="Algebra", name=None))
        event = handover_of(sink.mails[0])
        assert str(event["SUMMARY"]) == "Algebra"
        assert event["DTSTART"].dt == START
        assert event["DTSTART"].to_ical() == START.strftime("%Y%m%dT%H%M%SZ").encode()


class TestWhatIsKept:
    def test_no_link_is_returned_or_logged(self, sink: MailSink, capfd: pytest.CaptureFixture[str]):
        sent = send(room_id=make())
        (link,) = links(sink.mails[0])
        token = re.search(r"token=([^&]+)", link)[1]
        out, err = capfd.readouterr()
        assert sent["uid"] in out + err  # what the task said is there
        assert sent.keys() == {"uid", "sequence", "method", "sent"}
        for text in (out, err, json.dumps(sent)):
            assert token not in text
            assert "ada@" not in text


class TestNothingIsSent:
    """Whatever is wrong with one of them, no mail goes out, to anybody."""

    @pytest.mark.parametrize(
        "attendee",
        [
            "x@example.org\nBcc: thief@example.org",
            "x@example.org\r\nBcc: thief@example.org",
            "Ada\n <x@example.org>",
            {"email": "x@example.org", "name": "Ada\r\nBcc: thief@example.org"},
            {"email": "x@example.org\u2028", "name": "Ada"},
            {"email": "x@example.org\x00"},
            "x@example.org\x0bthief@example.org",
            {"email": "x@example.org", "name": ENCODED},
            f"{ENCODED}@example.org",
            {"email": "x@example.org", "name": "half a \ud800 character"},
            {"email": "x@example.org", "rôle": "host"},
            7,
        ],
        ids=repr,
    )
    def test_a_bad_attendee(self, sink: MailSink, attendee: Any):
        room = make()
        with pytest.raises(InvalidSpecError, match=r"^attendees\[1\]") as caught:
            send(room_id=room, attendees=[ADA, attendee])
        assert sink.mails == []
        assert "thief" not in str(caught.value)
        assert "example.org" not in str(caught.value).replace("such as ada@example.org", "")

    @pytest.mark.parametrize("attendees", ["x@", ["x@"], ["", None], "noreply; tba", [{"name": "Ada"}]], ids=repr)
    def test_nobody_who_can_be_invited(self, sink: MailSink, attendees: Any):
        with pytest.raises(
            InvalidSpecError, match=r"^attendees: none of the \d people can be invited: attendees\[\d\]: is not a"
        ):
            send(room_id=make(), attendees=attendees)
        assert sink.mails == []

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"attendees": []}, "attendees: expected a list of mail addresses"),
            ({"attendees": " ; "}, "attendees: expected a list of mail addresses"),
            ({"subject": "Hello\nBcc: thief@example.org"}, "subject: has a line break"),
            ({"title": "Hello\r\nBcc: thief@example.org"}, "title: has a line break"),
            ({"organizer": "o@x.example\nX: y"}, "organizer: has a line break"),
            ({"from_email": "o@x.example\nX: y"}, "from_email: has a line break"),
            ({"subject": f"Hello {ENCODED}"}, "subject: has an encoded word"),
            ({"title": f"Hello{ENCODED}"}, "title: has an encoded word"),
            ({"organizer": f"{ENCODED} <o@x.example>"}, "organizer: has an encoded word"),
            ({"from_email": f"{ENCODED} <o@x.example>"}, "from_email: has an encoded word"),
            ({"join_url": "https://x.example\nX: y"}, "join_url: has a line break"),
            ({"join_url": "javascript:alert(1)"}, "join_url: expected an absolute URL"),
            ({"method": "reply"}, "method: 'reply' is not one of request, cancel"),
            ({"timezone": "Mars/Phobos"}, "timezone: 'Mars/Phobos' is not an IANA time zone"),
            ({"sequence": -1}, "sequence: -1 is not a number"),
            ({"sequence": "one"}, "sequence: expected a whole number"),
            ({"text": "{link}"}, r"text: \{link\} is no placeholder"),
            ({"text": "{join_url}", "method": "cancel"}, "text: a cancellation has no"),
            ({"room_id": None}, "room_id is required, or spec"),
            ({"attendees": [{"email": "x@example.org", "role": "boss"}]}, "role: 'boss' is not one of"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at: this is in the past"),
            (
                {"spec": {"starts_at": "2026-11-20T10:00:00Z", "ends_at": "2026-11-20T09:00:00Z"}},
                "is not after starts_at",
            ),
        ],
        ids=str,
    )
    def test_anything_else_that_is_wrong(self, sink: MailSink, given: dict[str, Any], said: str):
        room = make()
        with pytest.raises(InvalidSpecError, match=said):
            send(**{"room_id": room, **given})
        assert sink.mails == []

    def test_the_last_link_cannot_be_minted(self, sink: MailSink):
        room = make()
        people = [ADA, {"email": "x@example.org", "role": "boss"}]
        with pytest.raises(InvalidSpecError):
            send(room_id=room, attendees=people)
        assert sink.mails == []

    def test_a_room_that_is_closed(self, sink: MailSink):
        room = make()
        get_rooms_hook("videosdk_default").close_room(room)
        with pytest.raises(PermanentError, match="closed"):
            send(room_id=room)
        assert sink.mails == []

    def test_a_room_that_is_not_there_yet(self, sink: MailSink):
        with pytest.raises(PermanentError, match="There is no room with this name yet"):
            send(spec=spec(), conn_id="videosdk_default")

    def test_a_time_that_is_missing(self, sink: MailSink):
        room = make(spec={"name": "lasting"})
        with pytest.raises(InvalidSpecError, match="A calendar invitation needs starts_at and ends_at"):
            send(room_id=room)

    def test_a_mail_connection_that_is_missing_or_has_no_sender(self, sink: MailSink, monkeypatch: pytest.MonkeyPatch):
        room = make()
        with pytest.raises(InvalidConnectionError, match="There is no connection 'other'"):
            send(room_id=room, smtp_conn_id="other")
        monkeypatch.setenv("AIRFLOW_CONN_BARE", json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": 1}))
        with pytest.raises(InvalidConnectionError, match="'bare' has no from_email"):
            send(room_id=room, smtp_conn_id="bare")

    def test_a_mail_server_that_is_down_is_tried_again_later(self, sink: MailSink, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("AIRFLOW_CONN_DOWN", json.dumps(smtp_connection(free_port())))
        room = make()
        with pytest.raises(PassingError, match="could not be reached: ConnectionRefusedError"):
            send(room_id=room, smtp_conn_id="down")


class Picky(MailSink):
    """Refuses some people."""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 (aiosmtpd's name)
        if "gone" in address:
            return "550 no such user"
        if "full" in address:
            return "452 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class TestWhatTheServerRefuses:
    @pytest.fixture
    def picky(self, sink: MailSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
        picky = Picky()
        controller = Controller(picky, hostname="127.0.0.1", port=free_port())
        controller.start()
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp_connection(controller.port)))
        yield picky
        controller.stop()

    @pytest.mark.parametrize(
        ("address", "error"), [("gone@x.example", PermanentError), ("full@x.example", PassingError)]
    )
    def test_the_others_get_theirs(self, picky: MailSink, address: str, error: type[Exception]):
        with pytest.raises(error, match=r"rejected 1 of 3 mails: attendees\[1\] \(code \d+\)") as caught:
            send(room_id=make(), attendees=[ADA, address, "alan@example.org"])
        assert [message["To"] for message in picky.mails] == [ADA, "alan@example.org"]
        assert "x.example" not in str(caught.value)
        assert isinstance(caught.value, PermanentError) == (error is PermanentError)


UNUSABLE = [
    "x@example.org thief@example.org",
    "x@example.org,thief@example.org",
    "<x@example.org> thief@example.org",
    "x@",
    "@example.org",
    "x.@example.org",
    "x.example.org",
    "x..y@example.org",
    "x@exa_mple.org",
    "ä@example.org",
    "x@müller.example",
    {"name": "Ada"},
    {"email": "invalid:nomail"},
    None,
    "",
    ADA.upper(),  # the same address twice
]


class TestWhoIsLeftOut:
    """A calendar's people are not all people with a mail address: they keep nobody else from being invited."""

    @pytest.mark.parametrize("attendee", UNUSABLE, ids=repr)
    def test_the_others_are_invited(self, sink: MailSink, attendee: Any, logged: Callable[[], str]):
        assert send(room_id=make(), attendees=[ADA, attendee, "alan@example.org"])["sent"] == 2
        assert [message["To"] for message in sink.mails] == [ADA, "alan@example.org"]
        said = logged()
        assert re.search(
            r"attendees\[1\]: (is not a mail address|contains characters|is the same address).*; not invited\.", said
        )
        assert "x@" not in said
        assert "thief" not in said

    def test_of_one_text_too(self, sink: MailSink):
        people = '"Ada" <ada@example.org>; "Room 12" <>; ADA@example.org; mailto; "Alan" <alan@example.org>;'
        assert send(room_id=make(), attendees=people)["sent"] == 2


class TestAClassThatIsOver:
    """Yesterday's run, cleared: nobody is mailed again."""

    @pytest.mark.parametrize("given", [{}, {"join_url": "https://school.example/class"}, {"method": "cancel"}], ids=str)
    def test_nothing_is_sent(self, sink: MailSink, given: dict[str, Any]):
        past = spec(start=START - dt.timedelta(hours=3), conn_id="videosdk_default")
        room = {**make(), "starts_at": past["starts_at"], "ends_at": past["ends_at"]}
        for about in ({"room_id": room}, {"spec": past}, {"room_id": make(), "spec": past}):
            with pytest.raises(
                AirflowSkipException, match=r"^The class was over at .*, so no invitation or cancellation is"
            ):
                send(**about, **given)
        assert sink.mails == []

    def test_one_that_is_on_is_not_over(self, sink: MailSink):
        now = spec(start=START - dt.timedelta(minutes=40), conn_id="videosdk_default")
        send(spec=now, join_url="https://school.example/class")
        send(spec=now, method="cancel")
        assert len(sink.mails) == 2


class TestSequences:
    def test_it_rises_with_every_sending_within_a_second(self, sink: MailSink):
        room, other = make(), make(spec=spec(name="other"))
        begun = sequence_at(dt.datetime.now(dt.UTC))
        sent = [send(room_id=room, join_url="https://x.example")["sequence"] for _ in range(5)]
        assert sent == sorted(set(sent))
        # Those of another class do not count: the next process is behind by as little as can be.
        assert (
            begun
            <= send(room_id=other, join_url="https://x.example")["sequence"]
            <= sequence_at(dt.datetime.now(dt.UTC))
        )

    def test_it_follows_the_clock_again_once_that_is_ahead(self):
        sequences, now = Sequences(), dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
        first = sequence_at(now)
        assert [sequences.next("a", now) for _ in range(3)] == [first, first + 1, first + 2]
        assert sequences.next("a", now - dt.timedelta(hours=1)) == first + 3
        assert sequences.next("a", now + dt.timedelta(seconds=60)) == first + 60
        assert sequences.next("b", now + dt.timedelta(seconds=60)) == first + 60

    def test_threads_have_each_one_of_their_own(self):
        sequences, now = Sequences(), dt.datetime.now(dt.UTC)
        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(lambda _: sequences.next("a", now), range(1000)))) == 1000


class TestPeople:
    def test_one_text_a_dict_and_what_a_template_makes_of_a_list(self):
        noted: list[str] = []
        for given in ("ada@example.org; alan@example.org", "['ada@example.org', 'alan@example.org']"):
            assert [person.address for person in read_people("to", given, noted.append)] == [
                "ada@example.org",
                "alan@example.org",
            ]
        (host,) = read_people("to", {"email": "ada@example.org", "role": "host"}, noted.append)
        assert (host.address, host.name, host.role) == ("ada@example.org", None, "host")
        assert noted == []

    def test_commas_in_names(self):
        noted: list[str] = []
        for given in ('"Doe, Jane" <jane@example.org>, al@example.org', "Doe, Jane <jane@example.org>; al@example.org"):
            assert [one.name for one in read_people("to", given, noted.append)] == ["Doe, Jane", None]

    def test_addresses_stay_out_of_repr(self):
        assert repr(read_person("to", ADA)) == "Person(role='guest')"


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"]
)
def test_the_rules_of_a_zone_say_what_the_zone_says(zone: str):
    own = icalendar.Timezone.from_ical(timezone_rules(ZoneInfo(zone), 2026)).to_tz(lookup_tzid=False)
    halves = [dt.datetime(2026, 1, 1) + dt.timedelta(minutes=30 * number) for number in range(365 * 48)]  # noqa: DTZ001
    clocks = [
        (half.replace(tzinfo=own).utcoffset(), half.replace(tzinfo=ZoneInfo(zone)).utcoffset()) for half in halves
    ]
    wrong = [half for half, (ours, theirs) in zip(halves, clocks, strict=True) if ours != theirs]
    # Only what happens twice, or never, may be read in two ways: half an hour at a time, two hours in a year at most.
    assert len(wrong) <= 4
    for half in wrong:
        assert (
            half.replace(tzinfo=ZoneInfo(zone)).utcoffset() != half.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset()
        )


class TestNotifier:
    def test_the_room_that_the_task_has_just_made(self, sink: MailSink):
        ti = MagicMock(task_id="room", map_index=-1)
        ti.xcom_pull.return_value = make()
        InvitationNotifier(attendees=[ADA], sequence=4).notify({"ti": ti})
        assert ti.xcom_pull.call_args.kwargs == {"task_ids": "room", "key": "room", "map_indexes": -1}
        assert handover_of(sink.mails[0])["SEQUENCE"] == 4

    def test_a_misspelt_parameter_is_told_where_it_is_written(self):
        with pytest.raises(TypeError, match=r"unknown parameter 'organiser'\. Did you mean 'organizer'\?"):
            InvitationNotifier(attendees=[ADA], organiser="o@school.example")

    @pytest.mark.parametrize(
        "room", [None, {"id": None, "outcome": "not_due", "name": "p-alg"}], ids=["none", "not due"]
    )
    def test_a_task_that_made_no_room(self, sink: MailSink, room: Any, caplog: pytest.LogCaptureFixture):
        ti = MagicMock(task_id="create", map_index=-1)
        ti.xcom_pull.return_value = room
        InvitationNotifier(attendees=[ADA]).notify({"ti": ti})
        assert "Task create created no room, so no invitation is sent." in caplog.text
        assert sink.mails == []
        # What it is about may be said: people are told that the class does not take place.
        InvitationNotifier(attendees=[ADA], method="cancel", spec=spec(conn_id="videosdk_default")).notify({"ti": ti})
        assert len(sink.mails) == 1

    @pytest.mark.parametrize("given", [{}, {"join_url": "https://school.example/class"}], ids=["minted", "given"])
    def test_a_class_that_is_over(self, sink: MailSink, given: dict[str, str], caplog: pytest.LogCaptureFixture):
        ti = MagicMock(task_id="room", map_index=-1)
        ended = (START - dt.timedelta(hours=1)).isoformat()
        ti.xcom_pull.return_value = make() | {
            "starts_at": (START - dt.timedelta(hours=2)).isoformat(),
            "ends_at": ended,
        }
        with caplog.at_level(logging.INFO):
            InvitationNotifier(attendees=[ADA], **given).notify({"ti": ti})
        assert "The class was over at" in caplog.text
        assert sink.mails == []
