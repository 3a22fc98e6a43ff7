"""Links and tokens in the bodies of deliveries: none is in the event that is read from one."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from vendor_traits import facts

from airflow_provider_rooms.vendors import VENDORS, vendor_class
from airflow_provider_rooms.vendors.contract.webhooks import Delivery
from airflow_provider_rooms.vendors.exchange import Config

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
TOKENS = ("token", "secret", "password", "streamKey", "preSignedUrl", "authToken")


@pytest.mark.parametrize("name", VENDORS)
def test_no_link_or_token_of_a_delivery_is_in_an_event(name: str) -> None:
    module = import_module(f"airflow_provider_rooms.vendors.{name}.webhooks")
    vendor: Any = vendor_class(name)(
        Config(conn_id="c", base_url="https://x.test", key="SK" + "0" * 32, secret="s" * 40)
    )
    planted = dict.fromkeys(LINKS, "https://files.example/f.mp4?X-Amz-Signature=planted")
    planted |= {field: f"/files/{field}.mp4?X-Amz-Signature=planted&token=planted" for field in PATHS}
    planted |= dict.fromkeys(TOKENS, "planted")
    data = {**planted, "fileDetails": [planted], "encryption": planted, "recording_enabled": True}
    for word in (*module.TYPES, *module.OTHERS, "newer"):
        told = Delivery(method="POST", body=facts("webhooks")[name].told(word, data).encode())
        for event in vendor.read_delivery(told):
            assert "planted" not in json.dumps(event.as_dict()), word
