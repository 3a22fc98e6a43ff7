"""Lists of Twilio name the address of the next page; and it knows of a room before it shows it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.wire import Fault, Wire


def test_a_next_page_on_another_host_is_not_read(through: Any, rooms_sandbox: Any) -> None:
    with Wire(rooms_sandbox.url) as elsewhere:
        page = {"rooms": [], "meta": {"next_page_url": f"{elsewhere.url}/twilio/v1/Rooms?Page=1"}}
        through(Fault("GET", w.answers(200, page), -1, "Status="))
        hook = get_rooms_hook("twilio_video_default")
        with pytest.raises(errors.UnreadableAnswerError, match="another host; credentials are not sent there"):
            list(hook.list_rooms())
        assert elsewhere.seen == []


def test_a_lost_answer_of_a_vendor_that_shows_late_is_not_guessed(
    ensure: Any, through: Any, rooms_sandbox: Any
) -> None:
    """Twilio knows that there is a room of the name before it shows it."""
    through(Fault("POST", w.reset_after, 1))
    rooms_sandbox.behave("twilio_video", read_lag_seconds=0.3)
    assert ensure("twilio_video_default", name="late").outcome in ("created", "found")
    assert len(rooms_sandbox.rooms("twilio_video")) == 1
