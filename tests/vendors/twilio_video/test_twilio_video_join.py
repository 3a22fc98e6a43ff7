"""People's way into rooms of Twilio Video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from join_help import claims

from airflow_provider_rooms import errors

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


def test_twilio_tokens_are_bound_to_the_sid_and_everybody_has_an_identity(hook_of: Any) -> None:
    hook = hook_of("twilio_video")
    room = hook.ensure_room({"name": "algebra"})
    first, second = claims(hook.join_token("algebra")), claims(hook.join_token("algebra"))
    assert first["grants"]["video"] == {"room": room.id}
    assert first["grants"]["identity"].startswith("guest-")
    assert first["grants"]["identity"] != second["grants"]["identity"]
    assert jwt.get_unverified_header(hook.join_token("algebra"))["cty"] == "twilio-fpa;v=1"


def test_twilio_has_no_page_and_says_what_to_do(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    with pytest.raises(errors.InvalidConnectionError, match="join_page"):
        hook_of("twilio_video").join_url("algebra")
    with pytest.raises(errors.InvalidConnectionError, match="API key"):
        hook_of("twilio_video", login="AC" + "0" * 32).join_token("algebra")
    assert rooms_sandbox.requests() == []


def test_roles_of_the_connection_need_no_rights_at_twilio(hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of("twilio_video", roles={"assistant": ""})
    hook.ensure_room({"name": "algebra"})
    rooms_sandbox.join("twilio", hook.join_token("algebra", "assistant"))
