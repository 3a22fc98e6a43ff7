"""Invitations that are not sent: what is wrong is said before any mail, and classes that are over are left alone."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from airflow.providers.common.compat.sdk import AirflowSkipException
from invitation_help import ADA, START, make, send, spec
from vendor_traits import ANY

from airflow_provider_rooms.errors import InvalidConnectionError, InvalidSpecError, PassingError, PermanentError
from airflow_provider_rooms.hooks import get_rooms_hook
from stack import MailSink, free_port, smtp_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# What email.message makes two lines of the head of.
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


ENCODED = "=?utf-8?q?a=0D=0ABcc=3A_thief=40x?="


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
            ({"text": "{link}"}, r"text: \{link\} is not a placeholder"),
            ({"text": "{join_url}", "method": "cancel"}, "text: a cancellation has no"),
            ({"room_id": None}, "room_id: required, or spec"),
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
        get_rooms_hook(ANY.conn_id).close_room(room)
        with pytest.raises(PermanentError, match="closed"):
            send(room_id=room)
        assert sink.mails == []

    def test_a_room_that_is_not_there_yet(self, sink: MailSink):
        with pytest.raises(PermanentError, match="There is no room with this name yet"):
            send(spec=spec(), conn_id=ANY.conn_id)

    def test_a_time_that_is_missing(self, sink: MailSink):
        room = make(spec={"name": "lasting"})
        with pytest.raises(InvalidSpecError, match="starts_at and ends_at are required"):
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
        past = spec(start=START - dt.timedelta(hours=3), conn_id=ANY.conn_id)
        room = {**make(), "starts_at": past["starts_at"], "ends_at": past["ends_at"]}
        for about in ({"room_id": room}, {"spec": past}, {"room_id": make(), "spec": past}):
            with pytest.raises(
                AirflowSkipException, match=r"^The class was over at .*, so no invitation or cancellation is"
            ):
                send(**about, **given)
        assert sink.mails == []

    def test_one_that_is_on_is_not_over(self, sink: MailSink):
        now = spec(start=START - dt.timedelta(minutes=40), conn_id=ANY.conn_id)
        send(spec=now, join_url="https://school.example/class")
        send(spec=now, method="cancel")
        assert len(sink.mails) == 2
