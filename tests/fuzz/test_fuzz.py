"""Whatever a vendor answers: our own errors, or a result, and never a hang. `make fuzz` takes ten thousand answers each."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mangle import NAME, QUESTIONS, Listening, answer, feed, make_hook, mangled, methods, through_the_lists

from airflow_provider_rooms.errors import RoomsError, UnreadableAnswerError
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.vendors import flow as flows
from airflow_provider_rooms.vendors.flow import Page, Request, Response

VENDORS = ("videosdk", "hundredms", "twilio_video")
#: Answers per vendor; `make fuzz` asks for 10 000.
ANSWERS = int(os.environ.get("ROOMS_FUZZ_ANSWERS", "600"))
SECONDS = 20


@pytest.fixture(scope="module")
def heard(_rooms_sandbox_server: Any) -> dict[str, list[tuple[str, str, Any]]]:
    """What each vendor answers to everything that can be asked, with rooms, people and recordings there."""
    box = _rooms_sandbox_server
    box.reset()
    found: dict[str, list[tuple[str, str, Any]]] = {}
    for conn_type in VENDORS:
        hook = make_hook(conn_type, box.url, lambda: 0.0)
        with blocking_session() as session:
            transport = Listening(session, hook.vendor.config.base_url)
            transport.heard = []
            room = transport.run(type(hook).ensure_room.__wrapped__(hook, {"name": NAME}))
            box.start_session(conn_type, room.id)
            box.recording(conn_type, room.id, "start")
            box.recording(conn_type, room.id, "complete")
            sessions = list(transport.iterate(type(hook).sessions.__wrapped__(hook, NAME)))
            recordings = list(transport.iterate(type(hook).recordings.__wrapped__(hook, NAME)))
            for name, make in methods(conn_type):
                for asked in QUESTIONS[name]:
                    real = dict(asked)
                    if "session" in real and sessions:
                        real["session"] = sessions[0].as_dict()
                    if "recording" in real and recordings:
                        real["recording"] = recordings[0].as_dict()
                    _quietly(transport, make(hook, **real))
        found[conn_type] = transport.heard
        assert len({(method, kind) for method, kind, _ in transport.heard}) >= 6
    return found


def _quietly(transport: Any, flow: Any) -> None:
    try:
        for _ in transport.iterate(flow):
            pass
    except RoomsError:
        pass


@pytest.fixture
def no_hang() -> Iterator[None]:
    """An error where a flow computes for ever."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"a flow took more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("conn_type", VENDORS)
def test_every_method_is_asked(conn_type: str) -> None:
    assert {name for name, _ in methods(conn_type)} == set(QUESTIONS)


@pytest.mark.parametrize("conn_type", VENDORS)
def test_nothing_but_our_own_errors_escapes(
    conn_type: str, heard: dict[str, list[tuple[str, str, Any]]], no_hang: None
) -> None:
    answers = [0]
    asked: list[Any] = [(make, question) for name, make in methods(conn_type) for question in QUESTIONS[name]]
    asked += [(through_the_lists, {"names": [NAME, "botany"]})] * (len(asked) // 6)

    @settings(
        max_examples=max(50, ANSWERS // 4),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(seed=st.integers(0, 2**64), number=st.integers(0, len(asked) - 1))
    def run(seed: int, number: int) -> None:
        clock = [0.0]
        hook = make_hook(conn_type, "http://vendor.invalid", lambda: clock[0])
        make, question = asked[number]
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            flow = make(hook, **question)
        except ValueError:  # an InvalidSpecError: the vendor has no such thing
            return
        answers[0] += feed(flow, random.Random(seed), heard[conn_type], clock)

    rounds = 0
    while answers[0] < ANSWERS:
        run()
        rounds += 1
        assert rounds < 100
    print(f"{conn_type}: {answers[0]} answers, nothing but our own errors")  # noqa: T201


def test_the_mangler_mangles(heard: dict[str, list[tuple[str, str, Any]]]) -> None:
    """Else the tests above would prove nothing."""
    chance = random.Random(1)
    (body, *_) = (body for method, kind, body in heard["hundredms"] if method == "POST")
    assert sum(mangled(chance, json.loads(json.dumps(body))) != body for _ in range(100)) > 80
    kinds = {type(answer(chance, Request(method="GET", path="/v2/rooms"), heard["hundredms"])) for _ in range(300)}
    assert Response in kinds
    assert len(kinds) >= 3


@pytest.mark.parametrize("conn_type", VENDORS)
def test_a_list_without_end_is_given_up(conn_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MOST_PAGES", 50)
    hook = make_hook(conn_type, "http://vendor.invalid", lambda: 0.0)
    pages = endless_pages(f"{hook.vendor.config.base_url}/v1/Rooms")
    with pytest.raises(UnreadableAnswerError, match="does not end"):
        answered(type(hook).list_rooms.__wrapped__(hook), pages)
    assert next(pages)[0] == 51


def endless_pages(url: str) -> Iterator[tuple[int, Response]]:
    """Numbered pages, each of which says that there are more."""
    item = {"roomId": "a", "id": "a", "sid": "a"}
    for number in itertools.count(1):
        page = {
            "data": [item],
            "rooms": [item],
            "pageInfo": {"lastPage": 10**9},
            "limit": 1,
            "last": f"cursor-{number}",
            "meta": {"next_page_url": f"{url}?Page={number}"},
        }
        yield number, Response(status=200, body=json.dumps(page).encode())


def answered(flow: Any, pages: Iterator[tuple[int, Response]]) -> None:
    """Run a flow with these answers."""
    reply: Response | None = None
    while True:
        step = flow.send(reply)
        reply = None if isinstance(step, Page) else next(pages)[1]
