"""Participants as Twilio may answer about them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Session
from airflow_provider_rooms.vendors.flow import Response, gathered
from scripts import Script, gather, made, room_of

PA = {"sid": "PA1", "identity": "ann", "status": "connected", "start_time": "2026-11-20T09:00:00Z"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("09:00", None)]),
        ({"status": "reconnecting"}, [("09:00", None)]),
        ({"start_time": None, "date_created": "2026-11-20T09:02:00Z"}, [("09:02", None)]),
        ({"start_time": None}, []),
        ({"status": "disconnected", "end_time": "2026-11-20T09:30:00Z"}, [("09:00", "09:30")]),
        ({"status": "disconnected", "date_updated": "2026-11-20T09:31:00Z"}, [("09:00", "09:31")]),
        ({"status": "disconnected"}, [("09:00", "09:00")]),
    ],
)
def test_twilio_participants_as_they_come(change: Mapping[str, Any], expected: Any) -> None:
    found = gather(made("twilio_video"), **{"GET__/v1/Rooms": [{"participants": [PA | dict(change)]}]})
    assert [(s.started_at[11:16], s.ended_at[11:16] if s.ended_at else None) for s in found] == expected


def test_twilio_people_do_not_slip_through_between_two_reads() -> None:
    """Somebody who leaves between the reads is in both lists; the later one counts."""
    gone = PA | {"status": "disconnected", "end_time": "2026-11-20T09:30:00Z"}
    pages = [{"participants": [PA]}, {"participants": []}, {"participants": [gone]}]
    (session,) = gather(made("twilio_video"), **{"GET__/v1/Rooms": pages})
    assert session.live is False


def test_twilio_people_who_are_gone_already_need_not_be_sent_out() -> None:
    vendor = made("twilio_video")
    session = Session(id="x", room_id="room-1", started_at="2026-11-20T09:00:00Z")
    people = {"participants": [PA]}

    def refusing(code: int) -> Script:
        script = Script(**{"GET__/v1/Rooms": [people]})
        script._answer = lambda request: (  # type: ignore[method-assign]
            Response(status=400, body=json.dumps({"code": code}).encode())
            if request.method == "POST"
            else Response(status=200, body=json.dumps(people).encode())
        )
        return script

    refusing(53209).run(vendor.end_live(room_of("twilio_video"), session))
    refusing(20404).run(vendor.end_live(room_of("twilio_video"), session))
    with pytest.raises(errors.RequestRefusedError):
        refusing(53210).run(vendor.end_live(room_of("twilio_video"), session))


def test_twilio_anonymous_people_keep_their_sid() -> None:
    vendor = made("twilio_video")
    room_sid = f"RM{'a' * 32}"
    start = int(dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC).timestamp())
    people = [PA | {"identity": None}, PA | {"sid": "PA2", "start_time": None}]
    script = Script(**{"GET__/v1/Rooms": [{"participants": people}]})
    (person,) = script.run(gathered(vendor.list_participants(f"{room_sid}-{start}")))
    assert person.identity == "PA1"


def test_twilio_sessions_read_again() -> None:
    vendor = made("twilio_video")
    script = Script(**{"GET__/v1/Rooms": [{"participants": [PA]}]})
    (session,) = script.run(gathered(vendor.list_sessions(room_of("twilio_video"), None, lambda found: True)))
    assert script.run(vendor.read_session(session)) == session
    gone = Session(id="RM-1", room_id="room-1", started_at=session.started_at)
    assert script.run(vendor.read_session(gone)) is gone
