"""Deliveries of 100ms."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

from deliveries import delivery, vendor


def test_a_100ms_event_told_again_under_a_new_delivery_id_is_the_same_event() -> None:
    told = {"type": "peer.join.success", "data": {"room_id": "r", "peer_id": "p", "user_id": "ada"}}
    ids = {vendor("hundredms").read_delivery(delivery(json.dumps({**told, "id": n}).encode(), {}))[0].id for n in "ab"}
    assert ids == {"participant_joined:p"}


def test_ending_a_100ms_room_without_a_lock_leaves_it_open() -> None:
    def kind(lock: bool) -> str:
        told = {"type": "room.end.success", "data": {"room_id": "r", "session_id": "s", "lock_room": lock}}
        event: str = vendor("hundredms").read_delivery(delivery(json.dumps(told).encode(), {}))[0].type
        return event

    assert (kind(True), kind(False)) == ("room_closed", "other")


def test_a_headers_name_may_be_written_in_any_case_and_every_header_counts() -> None:
    known = vendor("hundredms", webhook_headers={"X-Token": "a", "X-Other": "b"})
    assert known.is_genuine(delivery(b"{}", {"x-token": "a", "X-OTHER": "b"}), None)
    assert not known.is_genuine(delivery(b"{}", {"x-token": "a"}), None)
    assert not known.is_genuine(delivery(b"{}", {"x-token": "a", "x-other": "c"}), None)


def test_100ms_without_headers_and_secret_takes_nothing() -> None:
    assert not vendor("hundredms", webhook_headers={}).may_report()
    assert not vendor("hundredms", webhook_headers={}).is_genuine(delivery(b"{}", {}), None)


def test_a_100ms_signature_counts_beside_the_headers() -> None:
    known = vendor("hundredms", webhook_secret="old new")
    right = hmac.new(b"new", b"{}", hashlib.sha256).hexdigest()
    assert known.is_genuine(delivery(b"{}", {"x-token": "shared", "x-100ms-signature": right}), None)
    assert not known.is_genuine(delivery(b"{}", {"x-token": "shared"}), None)
    assert not known.is_genuine(delivery(b"{}", {"x-100ms-signature": right}), None)


def test_a_delivery_is_a_post() -> None:
    told = delivery(b"{}", {"x-token": "shared"})
    assert vendor("hundredms").is_genuine(told, None)
    assert not vendor("hundredms").is_genuine(replace(told, method="GET"), None)
