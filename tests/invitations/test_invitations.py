"""Invitations as a calendar receives them: through a real mail server, read back with icalendar."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock
from zoneinfo import ZoneInfo

import jwt
import pytest
from invitation_help import ADA, CONN_IDS, LINKS, START, calendar_of, handover_of, links, make, send, spec
from vendor_traits import ANY

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.invitations.calendar import sequence_at
from airflow_provider_rooms.notifications.invitations import InvitationNotifier
from stack import MailSink

if TYPE_CHECKING:
    pass


def user_of(conn_id: str, message: EmailMessage) -> str:
    """Who a link is for, as the vendor sees it."""
    (link,) = links(message)
    found: str = LINKS[conn_id.removesuffix("_default")].user_of(link)
    return found


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
        assert next(iter(links(first))).startswith(LINKS[ANY.conn_type].PAGE)

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
        late = spec("America/Chicago", second, ends_at=end.isoformat(), conn_id=ANY.conn_id)
        send(spec=late, join_url="https://school.example/class")
        event = handover_of(sink.mails[0])
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (second, end)

    def test_it_is_moved_in_place_and_dropped(self, sink: MailSink):
        room = make()
        later = START + dt.timedelta(hours=2)
        first = send(room_id=room, sequence=1)
        second = send(room_id=room, spec=spec("America/Chicago", later), sequence=2)
        third = send(spec=spec("America/Chicago", later), conn_id=ANY.conn_id, method="cancel", sequence="3")
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
        get_rooms_hook(ANY.conn_id).close_room(room)
        again = make(on_closed="reopen")
        assert again["name"] != room["name"]
        assert send(room_id=room, method="cancel")["uid"] == send(room_id=again)["uid"]
        assert (
            send(spec=spec(), conn_id=ANY.conn_id)["uid"]
            == send(room_id=again["id"], spec=spec(name=None), conn_id=ANY.conn_id)["uid"]
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
        people = [user_of(conn_id, message) for message in sink.mails]
        assert people[1] == people[2] != people[0]
        assert "alan" not in str(people)

    def test_a_room_by_its_name_or_by_the_spec_alone(self, sink: MailSink):
        make()
        by_name = send(room_id="p-alg-101_a_2026-11-16", spec=spec(name=None), conn_id=ANY.conn_id)
        by_spec = send(spec=spec(conn_id=ANY.conn_id))
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
        InvitationNotifier(attendees=[ADA], method="cancel", spec=spec(conn_id=ANY.conn_id)).notify({"ti": ti})
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
