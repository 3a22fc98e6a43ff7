"""Deliveries: whose they are, and what they tell. The first facts are the vendors' own, when they are at hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from airflow_provider_rooms.events.assets import EVENT_TYPES
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from airflow_provider_rooms.vendors.contract.webhooks import Delivery
from airflow_provider_rooms.vendors.exchange import Config

SECRET = "sandbox-secret-for-tests-only-32-bytes!"
FACTS = Path(__file__).parents[2] / ".." / "shared" / "facts"
TWILIO_URL = "https://hooks.example.test/twilio?tenant=7"
TWILIO = {"AccountSid": "AC" + "0" * 32, "RoomSid": "RM" + "1" * 32, "RoomName": "algebra-1"}


def vendor(name: str, **given: Any) -> Any:
    usual: dict[str, Any] = {
        "hundredms": {"webhook_headers": {"X-Token": "shared"}},
        "twilio_video": {"settings": {"auth_token": SECRET}, "webhook_url": TWILIO_URL},
    }.get(name, {})
    config = Config(conn_id="c", base_url="https://x.test", key="SK" + "0" * 32, secret=SECRET, **{**usual, **given})
    return vendor_class(name)(config)


def delivery(body: bytes, headers: Mapping[str, str], **kwargs: Any) -> Delivery:
    return Delivery(method="POST", headers=tuple((k.lower(), v) for k, v in headers.items()), body=body, **kwargs)


def signed_form(
    form: Mapping[str, str], *, url: str = TWILIO_URL, key: str = SECRET, algorithm: Any = hashlib.sha1
) -> Delivery:
    text = url + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(key.encode(), text.encode(), algorithm).digest()).decode()
    return delivery(urlencode(form).encode(), {"X-Twilio-Signature": signature})


# -- the vendors' own examples --------------------------------------------------------------------------------------------


def recorded(name: str) -> list[tuple[str, Delivery]]:
    file = FACTS / "webhook-deliveries" / f"{ {'twilio_video': 'twilio'}.get(name, name) }.json"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    headers = {"x-token": "shared"} if name == "hundredms" else {}
    return [
        (item["event"], delivery(item["body"].encode(), {**item["headers"], **headers}))
        for item in json.loads(file.read_text())["deliveries"]
    ]


@pytest.mark.parametrize("name", VENDORS)
def test_recorded_deliveries_are_genuine_until_anything_about_them_changes(name: str) -> None:
    key = None
    if name == "videosdk" and (pem := FACTS / "webhook-deliveries" / "videosdk-test-public.pem").exists():
        key = "\n" + pem.read_text()
    for event, told in recorded(name):
        assert vendor(name).is_genuine(told, key), event
        assert not vendor(name).is_genuine(replace(told, headers=()), key), event
        assert not vendor(name).is_genuine(replace(told, headers=told.headers * 2), key), event
        if name != "hundredms":  # whose ordinary workspaces sign no body
            assert not vendor(name).is_genuine(replace(told, body=told.body + b"&a=b"), key), event


@pytest.mark.parametrize("name", VENDORS)
def test_recorded_deliveries_tell_what_their_name_says_and_no_link(name: str) -> None:
    for event, told in recorded(name):
        (found,) = vendor(name).read_delivery(told)
        assert found.reported_as == event
        assert (found.room_id or "") in told.body.decode()
        assert "http" not in json.dumps(found.as_dict()), event
        (again,) = vendor(name).read_delivery(told)
        assert again.id == found.id


# -- reading --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VENDORS)
def test_every_documented_event_has_one_row(name: str) -> None:
    module = __import__(f"airflow_provider_rooms.vendors.{name}.webhooks", fromlist=["TYPES", "OTHERS"])
    assert not set(module.TYPES) & set(module.OTHERS)
    kinds = {row if isinstance(row, str) else row[0] for row in module.TYPES.values()}
    assert kinds <= set(EVENT_TYPES) - {"other"}


def test_an_event_that_nobody_knows_yet_is_other_and_the_same_each_time() -> None:
    body = {"webhookType": "room-painted", "data": {"meetingId": "m", "colour": "red", "fileUrl": "https://signed/1"}}
    first, second = (
        vendor("videosdk").read_delivery(delivery(json.dumps(told).encode(), {}))[0]
        for told in (body, {**body, "data": {**body["data"], "fileUrl": "https://signed/2"}})
    )
    assert first.type == "other"
    assert first == second


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


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"a":' * 60 + b"1" + b"}" * 60]
)
def test_what_is_nothing_of_the_vendor_is_refused(name: str, body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the receiver asks for no more
        vendor(name).read_delivery(delivery(body, {}))


#: Fields of deliveries that hold links, or may; a signed one lets anybody in.
LINKS = (
    "fileUrl",
    "playbackHlsUrl",
    "livestreamUrl",
    "recording_presigned_url",
    "chat_recording_presigned_url",
    "MediaUri",
)
PATHS = ("filePath", "recording_path", "MediaExternalLocation", "RecordingUri", "CompositionUri")


@pytest.mark.parametrize("name", VENDORS)
def test_no_link_or_token_of_a_delivery_is_in_an_event(name: str) -> None:
    module = __import__(f"airflow_provider_rooms.vendors.{name}.webhooks", fromlist=["TYPES", "OTHERS"])
    planted = dict.fromkeys(LINKS, "https://files.example/f.mp4?X-Amz-Signature=planted")
    planted |= {field: f"/files/{field}.mp4?X-Amz-Signature=planted&token=planted" for field in PATHS}
    planted |= dict.fromkeys(("token", "secret", "password", "streamKey", "preSignedUrl", "authToken"), "planted")
    data: dict[str, Any] = {**planted, "fileDetails": [planted], "encryption": planted, "recording_enabled": True}
    for word in (*module.TYPES, *module.OTHERS, "newer"):
        body = {
            "videosdk": json.dumps({"webhookType": word, "data": {"meetingId": "m", "sessionId": "s", **data}}),
            "hundredms": json.dumps({"type": word, "data": {"room_id": "r", "session_id": "s", **data}, **planted}),
        }.get(name, urlencode({**TWILIO, **planted, "StatusCallbackEvent": word}))
        (event,) = vendor(name).read_delivery(delivery(body.encode(), {}))
        assert "planted" not in json.dumps(event.as_dict()), word


# -- checking -------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("key", [None, "", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_without_a_key_that_can_be_read_videosdk_signatures_count_for_nothing(key: str | None) -> None:
    assert not vendor("videosdk").is_genuine(delivery(b"{}", {"videosdk-signature": "AAAA"}), key)
    assert not vendor("videosdk").is_genuine(delivery(b"{}", {"videosdk-signature": "not base64"}), key)


# -- sessions that a vendor does not report --------------------------------------------------------------------------------


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
