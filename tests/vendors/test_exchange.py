"""One request with its retries, driven by hand: what is sent, what is waited for, what comes of it."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
from typing import Any

import flows
import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.errors import (
    AccessDeniedError,
    AuthenticationError,
    DeadlineError,
    NotFoundError,
    QuotaError,
    RateLimitError,
    RequestRefusedError,
    TransportError,
    UnreadableAnswerError,
    VendorDownError,
)
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.exchange import Config, as_items, as_object, parse_time
from airflow_provider_rooms.vendors.flow import Patience, Request, Response, Runtime, Sleep
from airflow_provider_rooms.vendors.pace import Pace

VENDORS = tuple(BY_TYPE)
SECRET = "a-secret-that-is-long-enough-for-signing"
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp()


class Play:
    """A flow driven by hand on a clock that only moves when it sleeps, or when a request takes its time."""

    def __init__(self, conn_type: str = "videosdk", *, writes: float | None = None, **patience: Any) -> None:
        self.path = "/v2/rooms"
        self.seconds = 0.0
        self.takes = 0.0
        self.sent: list[Request] = []
        self.slept: list[float] = []
        self.concealed: list[str] = []
        runtime = Runtime(
            wall=lambda: NOW, monotonic=lambda: self.seconds, random=lambda: 1.0, conceal=self.concealed.append
        )
        config = Config(
            conn_id="c",
            base_url="http://x.example",
            key="key",
            secret=SECRET,
            webhook_headers={"Authorization": "Bearer of-the-connection"},
            storage_credentials={"key": "storage-key", "secret": "storage-secret"},
        )
        self.vendor: Any = vendor_class(conn_type)(
            config,
            runtime=runtime,
            patience=Patience(**patience),
            pace=Pace({}, {"writes": writes}, monotonic=lambda: self.seconds),
        )

    def run(self, flow: Any, *answers: Response | Exception | int) -> Any:
        """Its result; answers may be given as a bare status."""
        waiting = list(answers)

        def perform(step: Any) -> Response | Exception | None:
            if isinstance(step, Sleep):
                self.slept.append(step.seconds)
                self.seconds += step.seconds
                return None
            self.sent.append(step)
            self.seconds += self.takes
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return Response(status=reply, body=b"{}") if isinstance(reply, int) else reply

        return flows.run(flow, perform)

    def post(self, *answers: Any, **kwargs: Any) -> Any:
        return self.run(self.vendor.post(self.path, {"a": 1}, **{"repeatable": True, **kwargs}), *answers)

    def get(self, *answers: Any, **kwargs: Any) -> Any:
        return self.run(self.vendor.get(self.path, **kwargs), *answers)


def answer(status: int, body: Any = None, **headers: str) -> Response:
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    return Response(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=content)


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
    assert (caught.value.vendor, caught.value.room) == ("VideoSDK", "algebra")  # type: ignore[attr-defined]


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


@pytest.mark.parametrize("conn_type", ["videosdk", "hundredms"])
def test_a_refused_token_is_minted_anew_once(conn_type: str) -> None:
    play = Play(conn_type)
    assert play.post(401, 200).status == 200
    assert play.slept == []
    with pytest.raises(AuthenticationError):
        play.post(401)
    assert len(play.sent) == 4


def test_basic_is_not_tried_twice() -> None:
    play = Play("twilio_video")
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

TABLE: list[tuple[str, Response, type[errors.RoomsError], str]] = [
    ("videosdk", answer(400, "Room not found."), NotFoundError, "Room not found."),
    ("videosdk", answer(400, "RoomId is invalid."), NotFoundError, "RoomId is invalid."),
    ("videosdk", answer(400, "perPage must be a positive integer"), RequestRefusedError, "perPage"),
    ("videosdk", answer(400, {"error": "Token is invalid or expired"}), AuthenticationError, "invalid or expired"),
    ("videosdk", answer(401, {"error": "x"}), AuthenticationError, "this machine's clock"),
    ("videosdk", answer(402, {"error": "Room not found"}), NotFoundError, "Room not found"),
    ("videosdk", answer(402, {"message": "pay"}), NotFoundError, "pay"),
    ("videosdk", answer(403, {"msg": "no role"}), AccessDeniedError, "no role"),
    ("videosdk", answer(403, {"error": "Room does not belong to you"}), AccessDeniedError, "another VideoSDK account"),
    ("videosdk", answer(404), NotFoundError, "rejected the request without giving a reason"),
    ("videosdk", answer(409, '"conflict"'), RequestRefusedError, "conflict"),
    (
        "hundredms",
        answer(400, {"code": 400, "message": "Error: template not found"}),
        RequestRefusedError,
        "template_id",
    ),
    (
        "hundredms",
        answer(404, {"code": 404, "message": "x", "details": ["template not found"]}),
        RequestRefusedError,
        "x; template not found",
    ),
    ("hundredms", answer(401, {"code": 401, "message": "Token validation error"}), AuthenticationError, "app secret"),
    ("hundredms", answer(403, {"message": "no"}), AccessDeniedError, "no"),
    ("hundredms", answer(404, {"message": "room not found", "details": None}), NotFoundError, "room not found"),
    ("hundredms", answer(500, {"message": "hipaa enabled: recording config"}), RequestRefusedError, "bucket"),
    ("hundredms", answer(500, {"message": "internal"}), VendorDownError, "internal"),
    ("hundredms", answer(400, {"message": "rate limit exceeded"}), RateLimitError, "reads_per_second"),
    (
        "twilio_video",
        answer(400, {"code": 53113, "message": "Room exists", "status": 400}),
        RequestRefusedError,
        "53113",
    ),
    ("twilio_video", answer(401, {"code": 20003, "message": "Authenticate"}), AuthenticationError, "US1 key"),
    ("twilio_video", answer(403, {"code": 20008, "message": "x"}), AccessDeniedError, "Test credentials"),
    ("twilio_video", answer(404, {"code": 20404, "message": "x"}), NotFoundError, "20404"),
    ("twilio_video", answer(429, {"code": 20429, "message": "x"}), RateLimitError, "20 writes per second"),
    ("twilio_video", answer(400, {"code": 53119, "message": "x"}), QuotaError, "limit of concurrent rooms"),
    ("twilio_video", answer(400, {"code": 53116, "message": "x"}), VendorDownError, "region"),
    ("twilio_video", answer(400, {"code": 53103, "message": "x"}), RequestRefusedError, "is not enabled"),
    ("twilio_video", answer(400, {"code": 53107, "message": "x"}), RequestRefusedError, "Correct the parameter"),
    (
        "twilio_video",
        answer(400, {"type": "t", "title": "u", "detail": "d", "code": 53126}),
        RequestRefusedError,
        "group",
    ),
    ("twilio_video", answer(400, {"code": "53113", "message": "text"}), RequestRefusedError, "text"),
    ("twilio_video", answer(500, {"code": 99999, "message": "new"}), VendorDownError, "99999"),
    *[(v, answer(429), RateLimitError, "without giving a reason") for v in VENDORS],
    *[(v, answer(408), VendorDownError, "without giving a reason") for v in VENDORS],
    *[(v, answer(503, "<!doctype html><p>"), VendorDownError, "an HTML page") for v in VENDORS],
    *[(v, answer(500, "[" * 5000), VendorDownError, "[[[") for v in VENDORS],
    *[(v, answer(400, '"just text"'), RequestRefusedError, "just text") for v in VENDORS],
    *[(v, answer(400, "[1]"), RequestRefusedError, "without giving a reason") for v in VENDORS],
    *[(v, answer(400, {"message": 5}), RequestRefusedError, "without giving a reason") for v in VENDORS],
    *[(v, answer(400, "two\n lines"), RequestRefusedError, "two lines") for v in VENDORS],
    *[(v, answer(308), RequestRefusedError, "redirects to another address") for v in VENDORS],
]


@pytest.mark.parametrize(("conn_type", "refusal", "kind", "words"), TABLE)
def test_refusals_are_told_apart(conn_type: str, refusal: Response, kind: type[errors.RoomsError], words: str) -> None:
    error = Play(conn_type).vendor.error(refusal, "algebra")
    assert type(error) is kind
    assert words in str(error)
    assert (error.vendor, error.room, error.status) == (Play(conn_type).vendor.title, "algebra", refusal.status)


@pytest.mark.parametrize("conn_type", VENDORS)
@pytest.mark.parametrize("ask", [Play.post, Play.get], ids=["create", "list"])
def test_what_names_nothing_cannot_be_missing(conn_type: str, ask: Any) -> None:
    """A 404 on a create or a list says that the address is wrong, and never that there is no room."""
    for refusal in (answer(404), answer(404, {"code": 20404, "message": "not found"})):
        play = Play(conn_type, tries=1)
        play.path = play.vendor.rooms.path
        with pytest.raises(RequestRefusedError, match=r"check the connection's base URL \(host\)"):
            ask(play, refusal)
        play.path += "/algebra"
        with pytest.raises(NotFoundError):
            ask(play, refusal)


def test_402_is_a_quota_of_videosdk_where_nothing_was_looked_for() -> None:
    play = Play("videosdk", tries=1)
    with pytest.raises(errors.QuotaError, match="quota is used up"):
        play.post(answer(402, {"error": "pay"}))
    with pytest.raises(RequestRefusedError, match="RoomId is invalid"):
        play.post(answer(400, "RoomId is invalid."))
    play.path += "/deactivate"
    with pytest.raises(NotFoundError):
        play.post(answer(402, {"error": "pay"}))


@pytest.mark.parametrize(
    ("conn_type", "name"),
    [
        ("videosdk", "x-request-id"),
        ("hundredms", "request-id"),
        ("hundredms", "x-amzn-requestid"),
        ("videosdk", "x-amz-request-id"),
        ("twilio_video", "twilio-request-id"),
        ("twilio_video", "x-request-id"),
    ],
)
def test_the_vendors_id_of_the_request_is_kept(conn_type: str, name: str) -> None:
    error = Play(conn_type).vendor.error(Response(status=500, headers={name: "req-1" + "x" * 100}))
    assert error.request_id.startswith("req-1")
    assert len(error.request_id) == 80
    assert "request req-1" in str(error)


@pytest.mark.parametrize("conn_type", VENDORS)
@pytest.mark.parametrize("place", ["start", "cut"])
def test_no_secret_stays_in_a_vendors_words(conn_type: str, place: str) -> None:
    play = Play(conn_type)
    token = play.vendor.authorization().rpartition(" ")[2]
    for secret in (
        SECRET,
        token,
        token.rpartition(".")[2],
        "Bearer of-the-connection",
        "storage-secret",
        "of-the-request",
    ):
        text = ("" if place == "start" else "x" * (300 - len(secret) // 2)) + secret
        error = play.vendor.error(answer(400, {"message": text}), secrets=["of-the-request"])
        assert "***" in str(error)
        assert secret[: len(secret) // 2] not in str(error).replace("Bearer", "")


def test_secrets_of_a_request_are_known_to_its_error() -> None:
    play = Play("hundredms")
    body = {
        "webhook": {"headers": {"X": "header-of-the-dag"}},
        "recording_info": {"credentials": {"key": "key-of-the-dag"}},
    }
    with pytest.raises(RequestRefusedError) as caught:
        play.run(play.vendor.post("/v2/rooms", body), answer(400, {"message": f"bad: {json.dumps(body)}"}))
    assert "of-the-dag" not in str(caught.value)


def test_a_message_is_cut() -> None:
    assert len(Play().vendor.error(answer(400, {"message": "y" * 9000})).message) < 350


# -- bodies ---------------------------------------------------------------------------------------------------------------


def test_a_json_body() -> None:
    play = Play()
    play.run(play.vendor.post("/v2/rooms", {"a": [True, None, "ä"]}, repeatable=True), 200)
    (request,) = play.sent
    assert json.loads(request.body or b"") == {"a": [True, None, "ä"]}
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"


def test_a_form() -> None:
    play = Play("twilio_video")
    body = {
        "UniqueName": "a b",
        "VideoCodecs": ["VP8", "H264"],
        "RecordParticipantsOnConnect": True,
        "RecordingRules": [{"type": "include", "all": True}],
        "TranscriptionsConfiguration": {"languageCode": "de"},
        "MaxParticipants": 5,
    }
    play.run(play.vendor.post("/v1/Rooms", body), 201)
    (request,) = play.sent
    assert (request.body or b"").decode() == (
        "UniqueName=a+b&VideoCodecs=VP8&VideoCodecs=H264&RecordParticipantsOnConnect=true"
        "&RecordingRules=%5B%7B%22type%22%3A%22include%22%2C%22all%22%3Atrue%7D%5D"
        "&TranscriptionsConfiguration=%7B%22languageCode%22%3A%22de%22%7D&MaxParticipants=5"
    )
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


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


@pytest.mark.parametrize("conn_type", VENDORS)
def test_what_signs_in_is_concealed(conn_type: str) -> None:
    play = Play(conn_type)
    shown = play.vendor.authorization().rpartition(" ")[2]
    assert play.concealed == [shown]
    assert play.vendor.authorization().rpartition(" ")[2] == shown
    assert len(play.concealed) == 1
