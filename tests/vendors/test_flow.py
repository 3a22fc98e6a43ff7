"""The small parts of flows: answers read, waits read, and a process kept below a vendor's limit."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.errors import RateLimitError, UnreadableAnswerError
from airflow_provider_rooms.vendors.flow import (
    LONGEST_RETRY_AFTER,
    Page,
    Patience,
    Request,
    Response,
    gathered,
    http_date,
    paged,
    retry_after,
    segment,
)

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


# -- answers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "an empty response"),
        (b" \n", "an empty response"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"<html>", "an HTML page"),
        (b"<?xml version='1.0'?>", "XML"),
        (b'{"secret": "canary', "truncated or malformed JSON"),
        (b"[1, 2", "truncated or malformed JSON"),
        (b"canary", "text"),
        (b'"\xff"', "text"),
        (b"[" * 51 + b"]" * 51, "truncated or malformed JSON"),
        (b"[" * 100_000, "truncated or malformed JSON"),
        (b'{"id": "\\ud800"}', "truncated or malformed JSON"),
        (b"1" * 5000, "text"),
    ],
)
def test_what_is_no_json_is_named_but_not_shown(body: bytes, what: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=f"^Expected JSON, got {what}\\.") as caught:
        Response(status=200, body=body).json()
    assert caught.value.status == 200
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("tree", [None, 1, "x", [], {"a": [{"b": None}]}, {"emoji": "\U0001f393"}])
def test_any_json_is_read(tree: Any) -> None:
    assert Response(status=200, body=json.dumps(tree).encode()).json() == tree


def test_nesting_is_read_down_to_a_depth_that_no_vendor_reaches() -> None:
    assert Response(status=200, body=b"[" * 50 + b"]" * 50).json()


def test_a_request_and_its_line() -> None:
    assert Request(method="GET", path="/v2/rooms").target == "/v2/rooms"
    assert Request(method="GET", path="/x", query=(("a", "b c"), ("ä", "&"))).target == "/x?a=b+c&%C3%A4=%26"
    assert segment("a/b ?") == "a%2Fb%20%3F"


# -- waits ----------------------------------------------------------------------------------------------------------------


def date(seconds: float) -> str:
    return email.utils.format_datetime(NOW + dt.timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, "", None),
        ({"retry-after": "0"}, "", 0),
        ({"retry-after": "7"}, "", 7),
        ({"retry-after": "1.5"}, "", 1.5),
        ({"retry-after": "-5"}, "", 0),
        ({"retry-after": "31536000"}, "", LONGEST_RETRY_AFTER),
        ({"retry-after": "9" * 400}, "", None),
        ({"retry-after": "٣"}, "", None),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "soon"}, "retry after 9 seconds", 9),
        ({"retry-after": date(90)}, "", 90),
        ({"retry-after": date(-90)}, "", 0),
        ({"retry-after": date(86400 * 400)}, "", LONGEST_RETRY_AFTER),
        # A clock of ours that is wrong does not matter where the vendor tells its own time.
        ({"retry-after": date(690), "date": date(600)}, "", 90),
        ({"retry-after": date(90), "date": "yesterday"}, "", 90),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:30 -0000"}, "", 90),
        ({"retry-after": "Fri, 99 Nov 2026 12:01:30 GMT"}, "", None),
        ({}, '{"message": "rate limit exceeded, retry after 45 seconds"}', 45),
        ({}, "Retry after 45s", 45),
        ({}, "please try again in 2 minutes", 120),
        ({}, "retry in 1 min", 60),
        ({}, "retry after 45 sheep", None),
        ({}, "retry after 500 ms", None),
        ({"retry-after": "3"}, "retry after 45 seconds", 3),
    ],
)
def test_the_wait_that_a_vendor_asks_for(headers: dict[str, str], body: str, seconds: float | None) -> None:
    assert retry_after(Response(status=429, headers=headers, body=body.encode()), NOW.timestamp()) == seconds


@given(st.text(max_size=60), st.binary(max_size=200))
def test_a_wait_is_never_absurd(named: str, body: bytes) -> None:
    found = retry_after(Response(status=429, headers={"retry-after": named}, body=body), NOW.timestamp())
    assert found is None or 0 <= found <= LONGEST_RETRY_AFTER


@given(st.text(max_size=60))
def test_a_date_is_read_or_not(text: str) -> None:
    assert http_date(text) is None or isinstance(http_date(text), float)


@given(st.integers(1, 60), st.floats(0, 0.999), st.none() | st.floats(0, 3600))
def test_a_wait_is_jittered_bounded_and_never_shorter_than_asked(
    attempt: int, chance: float, named: float | None
) -> None:
    patience = Patience(first_wait=0.5, longest_wait=8)
    wait = patience.wait(attempt, RateLimitError("x", retry_after=named), chance)
    if named:
        assert named < wait <= named + 0.5
    else:
        full = min(8, 0.5 * 2 ** (attempt - 1))
        assert full / 2 <= wait <= full


# -- lists ----------------------------------------------------------------------------------------------------------------


def numbered(pages: int) -> Any:
    def page(cursor: int | None) -> Any:
        number = cursor or 0
        yield Request(method="GET", path=f"/{number}")
        return [number, number + 100], number + 1 if number + 1 < pages else None

    return page


def test_pages_come_one_by_one_and_only_what_is_wanted() -> None:
    flow = paged(numbered(3), lambda item: item < 100)
    seen = [step.items if isinstance(step, Page) else step.target for step in flow]
    assert seen == ["/0", [0], "/1", [1], "/2", [2]]


def test_a_list_is_gathered_inside_another_flow_failures_included() -> None:
    def outer() -> Any:
        return (yield from gathered(paged(numbered(2))))

    flow = outer()
    assert flow.send(None).target == "/0"
    assert flow.send(Response(status=200)).target == "/1"
    with pytest.raises(StopIteration) as end:
        flow.send(Response(status=200))
    assert end.value.value == [0, 100, 1, 101]
    flow = outer()
    flow.send(None)
    with pytest.raises(RateLimitError):
        flow.throw(RateLimitError("x"))
