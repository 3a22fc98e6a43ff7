"""Sessions and people as 100ms may answer about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.flow import gathered
from airflow_provider_rooms.vendors.sessions import attendance_of
from scripts import Script, gather, made, room_of

HMS_PEER = {"id": "p1", "name": "Ann", "role": "host", "user_id": "u1", "joined_at": "2026-11-20T09:01:00Z"}


HMS_SESSION = {"id": "s1", "room_id": "room-1", "active": True, "created_at": "2026-11-20T09:00:00.1Z", "peers": {"p1": HMS_PEER}}  # fmt: skip


LEFT = {"left_at": "2026-11-20T09:30:00Z"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("09:01", None)),
        ({"peers": [HMS_PEER]}, ("09:01", None)),
        ({"peers": {"p1": HMS_PEER | LEFT}}, ("09:01", "09:30")),
        ({"peers": None}, ("09:00", None)),
        ({"peers": None, "active": False}, ("09:00", "09:00")),
        ({"peers": {}, "active": False, "updated_at": "2026-11-20T09:45:00Z"}, ("09:00", "09:45")),
        # somebody dropped out, and nobody noted when
        ({"active": False, "updated_at": "2026-11-20T09:45:00Z"}, ("09:01", "09:45")),
        ({"peers": {"p1": HMS_PEER | LEFT, "b": {**HMS_PEER, "name": "Beam"}}}, ("09:01", "09:30")),
        ({"peers": {"b": {**HMS_PEER, "name": "Beam"}}}, None),
        ({"peers": {"b": {**HMS_PEER, "role": "__internal_recorder"}}}, None),
        ({"peers": {"p1": {**HMS_PEER, "joined_at": "0001-01-01T00:00:00Z"}}}, None),
    ],
)
def test_100ms_sessions_as_they_come(change: Mapping[str, Any], expected: Any) -> None:
    pages = [{"limit": 100, "data": [HMS_SESSION | dict(change)]}, {"limit": 100, "data": None}]
    found = gather(made("hundredms"), **{"GET__/v2/sessions": pages})
    shown = [(s.started_at[11:16], s.ended_at[11:16] if s.ended_at else None) for s in found]
    assert shown == ([expected] if expected else [])


def test_100ms_is_always_asked_for_both_kinds() -> None:
    script = Script(**{"GET__/v2/sessions": [{"limit": 100, "data": []}]})
    vendor = made("hundredms")
    since = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    script.run(gathered(vendor.list_sessions(room_of("hundredms"), since, lambda session: True)))
    queries = [dict(request.query) for request in script.sent]
    assert [query["active"] for query in queries] == ["true", "false"]
    assert {query["after"] for query in queries} == {"2026-11-20T00:00:00.000Z"}


def test_100ms_people_as_they_come() -> None:
    nobody = {"id": "p2", "name": "", "role": "", "joined_at": None}
    script = Script(**{"GET__/v2/sessions": [HMS_SESSION | {"peers": {"p1": HMS_PEER, "p2": nobody}}]})
    ann, other = script.run(gathered(made("hundredms").list_participants("s1")))
    assert (ann.identity, other.identity, other.name, other.intervals) == ("u1", "p2", None, [])


def test_100ms_who_dropped_out_left_at_the_end_of_the_session() -> None:
    """The end is that of the last change; nobody left before they came."""
    late = HMS_PEER | {"id": "p2", "user_id": "u2", "joined_at": "2026-11-20T09:50:00Z"}
    over = HMS_SESSION | {"active": False, "updated_at": "2026-11-20T09:45:00Z", "peers": [HMS_PEER, late]}
    ann, bob = Script(**{"GET__/v2/sessions": [over]}).run(attendance_of(made("hundredms"), "s1"))
    assert ann.intervals == [{"joined_at": "2026-11-20T09:01:00.000Z", "left_at": "2026-11-20T09:45:00.000Z"}]
    assert (ann.seconds, bob.seconds) == (44 * 60, 0)


def test_100ms_sessions_without_a_beginning_are_unreadable() -> None:
    with pytest.raises(errors.UnreadableAnswerError):
        gather(made("hundredms"), **{"GET__/v2/sessions": [{"data": [{"id": "s1", "active": True}]}]})


def test_100ms_live_is_what_the_answer_says() -> None:
    items = [HMS_SESSION | {"active": False}, HMS_SESSION | {"room_id": "other"}, HMS_SESSION | {"id": "s2"}]
    script = Script(**{"GET__/v2/sessions": [{"limit": 100, "data": items}]})
    assert script.run(made("hundredms").live_session(room_of("hundredms"))).id == "s2"


def test_a_survey_of_many_pages_at_100ms() -> None:
    items = [HMS_SESSION | {"id": f"s{number}", "room_id": f"room-{number}"} for number in range(50)]
    pages = [{"limit": 50, "data": items, "last": "s49"}, {"limit": 50, "data": [], "last": ""}]
    survey = Script(**{"GET__/v2/sessions": pages}).run(made("hundredms").survey())
    assert (len(survey.live), survey.pages) == (50, 2)
