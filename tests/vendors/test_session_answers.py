"""Sessions and people as vendors may answer about them, and what may go wrong while one is ended: answers of our own."""

from __future__ import annotations

from airflow_provider_rooms.models import Session
from airflow_provider_rooms.vendors.sessions import session_id

# -- ends, and what may go wrong with them --------------------------------------------------------------------------------


def test_sessions_are_given_in_three_ways() -> None:
    session = Session(id="s1", room_id="r", started_at="2026-11-20T09:00:00Z")
    assert {session_id(session), session_id(session.as_dict()), session_id("s1")} == {"s1"}
