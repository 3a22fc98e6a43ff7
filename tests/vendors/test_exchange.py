"""One request with its retries, driven by hand: what is sent, what is waited for, what comes of it."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
from typing import Any

import pytest
from play import NOW, SECRET, Play, answer
from vendor_traits import ANY, TRAITS, TYPES

from airflow_provider_rooms import errors
from airflow_provider_rooms.errors import (
    AuthenticationError,
    DeadlineError,
    RateLimitError,
    TransportError,
    UnreadableAnswerError,
    VendorDownError,
)
from airflow_provider_rooms.vendors.exchange import as_items, as_object, parse_time
from airflow_provider_rooms.vendors.flow import Request

# -- tries ----------------------------------------------------------------------------------------------------------------

PASSING: list[tuple[Any, type[errors.PassingError]]] = [
    (TransportError("lost"), TransportError),
    (DeadlineError("late"), DeadlineError),
    (UnreadableAnswerError("huge"), UnreadableAnswerError),
    (500, VendorDownError),
    (502, VendorDownError),
    (503, VendorDownError),
    (504, VendorDownError),
    (408, VendorDownError),
]


@pytest.mark.parametrize(("failure", "kind"), PASSING)
def test_what_passes_is_tried_again_with_longer_waits(failure: Any, kind: type[Exception]) -> None:
    play = Play(tries=5, first_wait=0.5, longest_wait=2)
    assert play.post(*[failure] * 4, 200).status == 200
    assert len(play.sent) == 5
    assert play.slept == [0.5, 1.0, 2.0, 2.0]


@pytest.mark.parametrize(("failure", "kind"), PASSING)
def test_it_is_not_tried_for_ever(failure: Any, kind: type[Exception]) -> None:
    play = Play(tries=3)
    with pytest.raises(kind) as caught:
        play.post(failure, room="algebra")
    assert len(play.sent) == 3
    assert (caught.value.vendor, caught.value.room) == (ANY.kind.title, "algebra")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("failure", "kind"), PASSING)
def test_what_may_not_be_repeated_is_sent_once(failure: Any, kind: type[Exception]) -> None:
    """A create without a name, say: each repetition would make another room."""
    play = Play()
    with pytest.raises(kind):
        play.post(failure, repeatable=False)
    assert len(play.sent) == 1
    assert play.slept == []


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 301, 302, 304])
def test_what_does_not_pass_is_not_tried_again(status: int) -> None:
    play = Play()
    with pytest.raises(errors.PermanentError):
        play.post(status)
    assert len(play.sent) == 1


@pytest.mark.parametrize(("failure", "kind"), PASSING)
def test_a_failure_that_may_have_had_its_effect_is_told(failure: Any, kind: type[Exception]) -> None:
    told: list[int] = []
    Play().post(failure, 200, ambiguous=lambda: told.append(1))
    assert told


def test_an_error_that_is_an_answer() -> None:
    asked = Request(method="GET", path="/")
    assert Play().run(Play().vendor.call(asked, allow=(404,)), 404).status == 404
    assert Play().run(Play().vendor.call(asked), 204).status == 204


def test_a_get_must_be_answered_by_json() -> None:
    play = Play(tries=2)
    with pytest.raises(UnreadableAnswerError, match="HTML"):
        play.get(answer(200, "<html>"))
    assert len(play.sent) == 2


def test_a_driver_that_sends_no_answer_is_told() -> None:
    flow = Play().vendor.get("/")
    next(flow)
    with pytest.raises(TypeError, match="must be sent the response"):
        flow.send(None)


# -- time -----------------------------------------------------------------------------------------------------------------


def test_a_named_wait_is_kept_to_and_a_little_longer() -> None:
    play = Play(first_wait=0.5)
    play.post(answer(429, retry_after="7"), 200)
    assert play.slept == [7.5]


def test_a_wait_longer_than_a_slot_should_be_held_ends_the_try() -> None:
    play = Play(hold=30)
    with pytest.raises(RateLimitError) as caught:
        play.post(answer(429, retry_after="31"))
    assert caught.value.retry_after == 31
    assert (len(play.sent), play.slept) == (1, [])


def test_being_throttled_costs_time_and_neither_tries_nor_deadlines() -> None:
    play = Play(deadline=10, total=10, tries=2)
    hurried = play.vendor.hurried()
    slow = answer(429, retry_after="20")
    flow = hurried.post("/", {"a": 1}, repeatable=True)
    assert play.run(flow, slow, slow, slow, 500, slow, 200).status == 200
    assert sum(play.slept) > 80
    assert play.run(hurried.post("/", {"a": 1}), 200).status == 200


def test_what_was_throttled_was_not_done_and_is_sent_again_though_it_may_not_be_repeated() -> None:
    assert Play().post(429, 200, repeatable=False).status == 200


def test_being_throttled_ends_after_a_time() -> None:
    play = Play(throttled=60)
    with pytest.raises(RateLimitError):
        play.post(429)
    assert 55 < sum(play.slept) < 75
    # Each refusal halves the rate: who is refused for a minute has not hammered the vendor for a minute.
    assert len(play.sent) < 40


def test_a_refusal_slows_the_lane_and_not_the_other() -> None:
    play = Play()
    play.post(429, 200)
    before = len(play.slept)
    play.get(200)
    play.get(200)
    assert len(play.slept) == before
    play.post(200)
    play.post(200)
    assert len(play.slept) > before


def test_all_tries_together_have_a_deadline() -> None:
    play = Play(tries=100, deadline=60, first_wait=1, longest_wait=1)
    play.takes = 13
    with pytest.raises(VendorDownError):
        play.post(500)
    assert len(play.sent) == 5
    # The last one has what is left of the time.
    assert [request.timeout for request in play.sent] == [30, 30, 30, 18, 4]


def test_everything_that_is_asked_has_a_deadline_together() -> None:
    play = Play(total=50)
    play.takes = 24
    hurried = play.vendor.hurried()
    play.run(hurried.get("/"), 200)
    play.run(hurried.get("/"), 200)
    assert [request.timeout for request in play.sent] == [30, 26]
    play.seconds = 50
    with pytest.raises(DeadlineError, match="GET /: not sent, because the limit of 50 s"):
        play.run(hurried.get("/"), 200)
    play.run(play.vendor.get("/"), 200)


def test_each_lane_has_a_pace_of_its_own() -> None:
    play = Play(writes=2)
    for _ in range(5):
        play.post(200)
    assert play.slept == [0.5] * 4
    for _ in range(5):
        play.get(200)
    assert play.slept == [0.5] * 4


def test_waiting_for_ones_turn_does_not_count_towards_the_vendors_time() -> None:
    play = Play(writes=0.01, deadline=60, total=70)
    hurried = play.vendor.hurried()
    play.run(hurried.post("/", {}), 200)
    assert play.run(hurried.post("/", {}), 200).status == 200
    assert sum(play.slept) == pytest.approx(100.0)
    assert play.sent[1].timeout == 30


def test_a_retry_that_must_wait_too_long_ends() -> None:
    play = Play(deadline=1, first_wait=4)
    with pytest.raises(VendorDownError):
        play.post(500, 200)
    assert len(play.sent) == 1


# -- signing in -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", [traits.conn_type for traits in TRAITS if traits.renews_token])
def test_a_refused_token_is_minted_anew_once(conn_type: str) -> None:
    play = Play(conn_type)
    assert play.post(401, 200).status == 200
    assert play.slept == []
    with pytest.raises(AuthenticationError):
        play.post(401)
    assert len(play.sent) == 4


@pytest.mark.parametrize("conn_type", [traits.conn_type for traits in TRAITS if not traits.renews_token])
def test_basic_is_not_tried_twice(conn_type: str) -> None:
    play = Play(conn_type)
    with pytest.raises(AuthenticationError):
        play.post(401)
    assert len(play.sent) == 1


@pytest.mark.parametrize(("skew", "words"), [(700, "It is 700 s behind"), (-700, "It is 700 s ahead of"), (50, None)])
def test_a_clock_that_is_off_is_named(skew: float, words: str | None) -> None:
    when = dt.datetime.fromtimestamp(NOW + skew, dt.UTC)
    with pytest.raises(AuthenticationError) as caught:
        Play().post(answer(401, "Token is invalid or expired", date=email.utils.format_datetime(when, usegmt=True)))
    assert (words or "It is") in str(caught.value) if words else "It is" not in str(caught.value)


def test_tokens_are_dated_by_the_vendors_clock_once_it_disagrees() -> None:
    import jwt

    play = Play()
    when = dt.datetime.fromtimestamp(NOW + 700, dt.UTC)
    play.post(answer(401, date=email.utils.format_datetime(when, usegmt=True)), 200)
    first, second = (
        jwt.decode(r.headers["Authorization"], SECRET, ["HS256"], options={"verify_exp": False, "verify_iat": False})
        for r in play.sent
    )
    assert second["iat"] - first["iat"] == 700
    assert second["exp"] - first["exp"] == 700


# -- errors ---------------------------------------------------------------------------------------------------------------


# -- bodies ---------------------------------------------------------------------------------------------------------------


def test_a_json_body() -> None:
    play = Play()
    play.run(play.vendor.post("/v2/rooms", {"a": [True, None, "ä"]}, repeatable=True), 200)
    (request,) = play.sent
    assert json.loads(request.body or b"") == {"a": [True, None, "ä"]}
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"


def test_a_query_leaves_out_what_is_not_given() -> None:
    play = Play()
    play.run(play.vendor.get("/v2/rooms", {"a": True, "b": None, "c": 1}), 200)
    assert play.sent[0].target == "/v2/rooms?a=true&c=1"


@pytest.mark.parametrize("body", [[], '"text"', 5, "null", {}, {"id": None}, {"id": ""}, {"id": 7}, {"id": ["a"]}])
def test_an_object_without_its_id_is_none_of_the_vendors(body: Any) -> None:
    with pytest.raises(UnreadableAnswerError, match="Expected an object with 'id'"):
        as_object(answer(200, body).json(), key="id")


def test_items_of_a_list() -> None:
    assert as_items({"data": [{"a": 1}, None, "x", {}]}, "data") == [{"a": 1}, {}]
    assert as_items({"rooms": None}, "data", "rooms") == []
    assert as_items([{"a": 1}]) == [{"a": 1}]
    for body in ({}, {"data": 5}, {"data": {}}, 5, "text"):
        with pytest.raises(UnreadableAnswerError, match="Expected a list under data"):
            as_items(body, "data")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T09:00:00Z", dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)),
        ("2026-11-20T09:00:00.123456789Z", dt.datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=dt.UTC)),
        ("2026-11-20T09:00:00", dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)),
        ("2026-11-20T09:00:00+01:00", dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("today", None),
        ("", None),
        (None, None),
        (5, None),
        ([], None),
    ],
)
def test_times_of_vendors(text: Any, moment: dt.datetime | None) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize("conn_type", TYPES)
def test_what_signs_in_is_concealed(conn_type: str) -> None:
    play = Play(conn_type)
    shown = play.vendor.authorization().rpartition(" ")[2]
    assert play.concealed == [shown]
    assert play.vendor.authorization().rpartition(" ")[2] == shown
    assert len(play.concealed) == 1
