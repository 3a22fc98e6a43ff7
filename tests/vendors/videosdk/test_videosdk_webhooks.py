"""Deliveries of VideoSDK."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from deliveries import delivery, vendor


def test_an_event_that_nobody_knows_yet_is_other_and_the_same_each_time() -> None:
    body = {"webhookType": "room-painted", "data": {"meetingId": "m", "colour": "red", "fileUrl": "https://signed/1"}}
    first, second = (
        vendor("videosdk").read_delivery(delivery(json.dumps(told).encode(), {}))[0]
        for told in (body, {**body, "data": {**body["data"], "fileUrl": "https://signed/2"}})
    )
    assert first.type == "other"
    assert first == second


@pytest.mark.parametrize("key", [None, "", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_without_a_key_that_can_be_read_videosdk_signatures_count_for_nothing(key: str | None) -> None:
    assert not vendor("videosdk").is_genuine(delivery(b"{}", {"videosdk-signature": "AAAA"}), key)
    assert not vendor("videosdk").is_genuine(delivery(b"{}", {"videosdk-signature": "not base64"}), key)


def test_a_delivery_counts_with_the_vendors_own_signature_alone() -> None:
    own, other = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    signature = base64.b64encode(own.sign(b"{}", PKCS1v15(), SHA256())).decode()
    told = delivery(b"{}", {"videosdk-signature": signature})
    known, key = vendor("videosdk"), pem(own)
    assert known.is_genuine(told, key)
    assert not known.is_genuine(replace(told, body=b"{ }"), key)
    assert not known.is_genuine(replace(told, method="GET"), key)
    assert not known.is_genuine(told, pem(other))
    # Some other kind of key opens nothing.
    assert not known.is_genuine(told, pem(ec.generate_private_key(ec.SECP256R1())))


def pem(private: Any) -> str:
    """The public part, as the vendor publishes it."""
    text: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


@pytest.mark.parametrize(
    ("word", "data", "told"),
    [
        ("session-started", {"sessionId": "s", "start": "2026-11-29T09:00:00Z"}, "session_started:s"),
        ("session-ended", {"sessionId": "s", "end": "2026-11-29T10:00:00Z"}, "session_ended:s"),
        ("participant-joined", {"sessionId": "s", "participantId": "p"}, "participant_joined:s:p"),
        ("recording-started", {"sessionId": "s", "id": "r"}, "recording_started:s:r"),
        ("recording-stopped", {"sessionId": "s", "filePath": "/a/b.mp4"}, "recording_ready:s:a/b.mp4"),
        ("recording-failed", {"sessionId": "s"}, "recording_failed:s:"),
        ("transcription-completed", {"id": "t"}, "transcript_ready:t"),
    ],
)
def test_an_event_is_told_apart_by_what_happened(word: str, data: dict[str, str], told: str) -> None:
    (event,) = vendor("videosdk").read_delivery(delivery(json.dumps({"type": word, "data": data}).encode(), {}))
    assert (event.id, event.reported_as) == (told, word)
