"""What is sent to 100ms."""

from __future__ import annotations

import pytest
from plan_help import plan, vendor

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.vendors.plans import checked_plan

WEBHOOK = {"url": "https://hooks.example/x"}


def test_the_connections_template_is_used_unless_options_name_one() -> None:
    config = {"settings": {"template_id": "t1"}}
    assert plan("hundredms", config).body["template_id"] == "t1"
    assert plan("hundredms", config, options={"template_id": "t2"}).body["template_id"] == "t2"


def test_options_come_out_of_templates_as_text_and_go_out_typed() -> None:
    options = '{"size": "40", "large_room": "false", "polls": ["p1"], "template_id": "None"}'
    assert plan("hundredms", options=options).asked == {"size": 40, "large_room": False, "polls": ["p1"]}


def test_secrets_of_the_connection_are_added_when_the_request_is_sent_not_before() -> None:
    config = {"webhook_headers": {"X-Key": "canary-1"}, "storage_credentials": {"key": "k", "secret": "canary-2"}}
    options = {"recording_info": {"enabled": True, "upload_info": {"type": "s3", "location": "bucket"}}}
    of = vendor("hundredms", **config)
    made = checked_plan(of, RoomSpec.read({"name": "a", "webhook": WEBHOOK, "options": options}), "fail", "fail")
    assert "canary" not in str(dict(made.body))
    sent = of.with_secrets(made.body)
    assert sent["webhook"]["headers"] == {"X-Key": "canary-1"}
    assert sent["recording_info"]["upload_info"]["credentials"] == {"key": "k", "secret": "canary-2"}


def test_secret_options_are_not_shown_by_an_error() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        plan("hundredms", options={"webhook": {"url": "https://h.example", "headers": ["canary-3"]}})
    assert "canary-3" not in str(caught.value)
    upload = {"type": "s3", "location": "b", "credentials": {"key": "canary-4", "secret": {"a": "canary-5"}}}
    with pytest.raises(InvalidSpecError) as caught:
        plan("hundredms", options={"recording_info": {"upload_info": upload}})
    assert "canary" not in str(caught.value)
