"""What is sent to Twilio Video."""

from __future__ import annotations

import datetime as dt

from plan_help import plan, vendor

NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


WEBHOOK = {"url": "https://hooks.example/x"}


def test_twilio_lets_people_stay_an_hour_after_a_class_that_its_default_would_cut_short() -> None:
    times = {"starts_at": NINE, "ends_at": NINE + dt.timedelta(hours=4)}
    assert plan("twilio_video", **times).body["MaxParticipantDuration"] == 5 * 3600
    assert (
        "MaxParticipantDuration" not in plan("twilio_video", starts_at=NINE, ends_at=NINE + dt.timedelta(hours=3)).body
    )
    given = plan("twilio_video", **times, max_duration=900)
    assert given.body["MaxParticipantDuration"] == 900


def test_what_a_template_leaves_empty_within_a_webhook_is_not_given() -> None:
    given = {**WEBHOOK, "method": "None", "events": ""}
    assert plan("twilio_video", webhook=given).asked == {"StatusCallback": WEBHOOK["url"]}


def test_codecs_are_the_same_in_any_case_and_what_is_no_list_stays_as_it_is() -> None:
    assert vendor("twilio_video").shown({"video_codecs": ["vp8"]}) == {"VideoCodecs": ["VP8"]}
    assert vendor("twilio_video").shown({"video_codecs": "vp8"}) == {"VideoCodecs": "vp8"}
