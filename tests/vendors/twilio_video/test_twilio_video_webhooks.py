"""Deliveries of Twilio, and the sessions that it does not report."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from deliveries import SECRET, delivery, vendor

from airflow_provider_rooms.vendors.contract.webhooks import Delivery

TWILIO_URL = "https://hooks.example.test/twilio?tenant=7"


TWILIO = {"AccountSid": "AC" + "0" * 32, "RoomSid": "RM" + "1" * 32, "RoomName": "algebra-1"}


def signed_form(
    form: Mapping[str, str], *, url: str = TWILIO_URL, key: str = SECRET, algorithm: Any = hashlib.sha1
) -> Delivery:
    text = url + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(key.encode(), text.encode(), algorithm).digest()).decode()
    return delivery(urlencode(form).encode(), {"X-Twilio-Signature": signature})


FORM = {**TWILIO, "StatusCallbackEvent": "room-ended", "Timestamp": "2026-11-29T09:00:00.273Z", "Empty": ""}


def test_twilio_takes_the_old_and_the_new_token_side_by_side() -> None:
    known = vendor("twilio_video", settings={"auth_token": "old new"})
    assert known.is_genuine(signed_form(FORM, key="old"), None)
    assert known.is_genuine(signed_form(FORM, key="new"), None)
    assert not known.is_genuine(signed_form(FORM, key="old new"), None)
    assert not known.is_genuine(signed_form(FORM, url="https://hooks.example.test/other"), None)


def test_a_port_in_the_url_may_be_signed_or_left_out() -> None:
    known = vendor("twilio_video", webhook_url="https://hooks.example.test:8443/t")
    assert known.is_genuine(signed_form(FORM, url="https://hooks.example.test:8443/t"), None)
    assert known.is_genuine(signed_form(FORM, url="https://hooks.example.test/t"), None)


def test_where_a_shared_key_is_set_sha1_does_not_count() -> None:
    known = vendor("twilio_video", webhook_secret="shared-key")
    settings = ("x-twilio-webhooks-signature-settings", "key=k1,algorithm=HMAC_SHA256")
    right = signed_form(FORM, key="shared-key", algorithm=hashlib.sha256)
    assert known.is_genuine(replace(right, headers=(*right.headers, settings)), None)
    assert not known.is_genuine(right, None)
    assert not known.is_genuine(signed_form(FORM), None)
    assert not known.is_genuine(replace(signed_form(FORM), headers=(*signed_form(FORM).headers, settings)), None)


def test_with_get_the_fields_are_signed_in_the_url() -> None:
    query = f"tenant=7&{urlencode(FORM)}"
    signature = base64.b64encode(
        hmac.new(SECRET.encode(), f"https://hooks.example.test/twilio?{query}".encode(), hashlib.sha1).digest()
    ).decode()
    told = Delivery(method="GET", query=query, headers=(("x-twilio-signature", signature),))
    assert vendor("twilio_video").is_genuine(told, None)
    assert not vendor("twilio_video").is_genuine(replace(told, query=query + "&x=1"), None)
    (event,) = vendor("twilio_video").read_delivery(told)
    assert event.type == "room_closed"


def test_a_bomb_of_form_fields_is_refused() -> None:
    form = "&".join(f"a{n}=1" for n in range(100_000))
    assert not vendor("twilio_video").is_genuine(delivery(form.encode(), {"x-twilio-signature": "x"}), None)


def test_a_look_at_a_room_finds_the_sessions_with_the_ids_that_the_hook_gives(hooks: Any, rooms_sandbox: Any) -> None:
    hook = hooks("twilio_video")
    room = hook.ensure_room({"name": "derived"})
    events: Any = hook.vendor
    rooms_sandbox.start_session("twilio", "derived")
    assert [event.type for event in _run(hook, events.happened_in(room))] == ["session_started"]
    rooms_sandbox.end_session("twilio", "derived")
    assert [event.type for event in _run(hook, events.happened_in(room))] == ["session_started"]
    closed = replace(room, state="closed")
    hook.close_room(room)
    found = _run(hook, events.happened_in(closed))
    session = next(iter(hook.sessions(room)))
    assert [event.id for event in found] == [f"session_started:{session.id}", f"session_ended:{session.id}"]
    assert found[1].happened_at == session.ended_at


def _run(hook: Any, flow: Any) -> Any:
    return hook.transport.run(flow)


def test_only_who_came_or_went_is_looked_after() -> None:
    known = vendor("twilio_video")
    joined, track = (
        known.read_delivery(delivery(urlencode({**TWILIO, "StatusCallbackEvent": word}).encode(), {}))[0]
        for word in ("participant-connected", "track-added")
    )
    assert known.look_after(joined) is not None
    assert known.look_after(track) is None


def test_what_cannot_be_a_callback_is_refused() -> None:
    known, right = vendor("twilio_video"), signed_form(FORM)
    assert known.is_genuine(right, None)
    assert not known.is_genuine(replace(right, method="PUT"), None)
    assert not known.is_genuine(replace(right, body=b"\xff"), None)
    assert not vendor("twilio_video", webhook_url=None).is_genuine(right, None)
    with pytest.raises(ValueError, match="no StatusCallbackEvent"):
        known.read_delivery(delivery(urlencode(TWILIO).encode(), {}))


def test_the_token_of_the_account_that_signs_in_counts() -> None:
    known = vendor("twilio_video", key="AC" + "0" * 32, settings={})
    assert known.may_report()
    assert known.is_genuine(signed_form(FORM), None)
    assert not vendor("twilio_video", settings={}).may_report()


def test_a_host_may_be_an_address() -> None:
    known = vendor("twilio_video", webhook_url="http://[::1]:8793/t")
    for url in ("http://[::1]:8793/t", "http://[::1]/t"):
        assert known.is_genuine(signed_form(FORM, url=url), None)


def test_an_event_without_a_room_is_not_looked_after() -> None:
    form = {"StatusCallbackEvent": "participant-connected", "AccountSid": TWILIO["AccountSid"]}
    (event,) = vendor("twilio_video").read_delivery(delivery(urlencode(form).encode(), {}))
    assert vendor("twilio_video").look_after(event) is None
