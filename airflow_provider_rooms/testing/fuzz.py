"""Whatever a vendor answers: our own errors, or a result, and never a hang."""

from __future__ import annotations

import copy
import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_rooms.errors import RoomsError, UnreadableAnswerError
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.testing.faults import config_of
from airflow_provider_rooms.testing.mangle import (
    NAME,
    QUESTIONS,
    Heard,
    Listening,
    answer,
    feed,
    make_hook,
    mangled,
    methods,
    through_the_lists,
)
from airflow_provider_rooms.testing.rows import each_vendor, pytest_generate_tests
from airflow_provider_rooms.testing.traits import Traits
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.vendors import flow as flows
from airflow_provider_rooms.vendors.flow import Page, Request, Response

__all__ = [
    "heard",
    "no_hang",
    "pytest_generate_tests",
    "test_a_list_without_end_is_given_up",
    "test_every_method_is_asked",
    "test_nothing_but_our_own_errors_escapes",
    "test_the_mangler_mangles",
]

#: Mangled answers per vendor.
ANSWERS = int(os.environ.get("ROOMS_FUZZ_ANSWERS", "600"))
#: Where the random answers begin; a failure names its own. In CI they are the same each time.
SEED = int(os.environ.get("ROOMS_FUZZ_SEED") or (0 if os.environ.get("CI") else random.randrange(2**32)))
#: What one flow may take.
SECONDS = 20
#: Our own page to join on; without it, links lead to the vendor's page.
JOIN_PAGE = "https://x.example/{room_id}"


class _Heard:
    """What each vendor answers to everything that can be asked, with rooms, people and recordings there."""

    def __init__(self, box: RoomsSandbox) -> None:
        self._box = box
        self._known: dict[str, list[Heard]] = {}

    def of(self, traits: Traits) -> list[Heard]:
        """Asked once."""
        if traits.conn_type not in self._known:
            self._known[traits.conn_type] = self._listen(traits)
        return self._known[traits.conn_type]

    def _listen(self, traits: Traits) -> list[Heard]:
        box, vendor = self._box, traits.conn_type
        box.reset()
        box.limit(vendor)  # everything is asked at once
        config = self.config(traits, reads_per_second=999.0, writes_per_second=999.0)
        hook = make_hook(traits, config, time.monotonic)
        make = dict(methods())
        with blocking_session() as session:
            transport = Listening(session, hook.vendor.config.base_url, read=traits.read_body)
            room = transport.run(make["ensure_room"](hook, {"name": NAME}))
            box.start_session(vendor, room.id)
            if traits.recorded:
                box.recording(vendor, room.id, "start")
                box.recording(vendor, room.id, "complete")
            sessions, recordings = (
                _listed(transport, make[name], hook, room=NAME) for name in ("sessions", "recordings")
            )
            known = {
                key: found[0].as_dict() for key, found in (("session", sessions), ("recording", recordings)) if found
            }
            for name, asked in ((method, question) for method in make for question in QUESTIONS[method]):
                real = {key: known.get(key, value) for key, value in asked.items()}
                _listed(transport, make[name], hook, **real)
        return transport.heard

    def config(self, traits: Traits, **changed: Any) -> Any:
        """The vendor's connection."""
        config = config_of(self._box, traits.conn_type)
        return replace(config, settings={**config.settings, **traits.settings}, **changed)


def _listed(transport: Any, make: Callable[..., Any], hook: Any, **asked: Any) -> list[Any]:
    try:
        return list(transport.iterate(make(hook, **asked)))
    except RoomsError:
        return []


@pytest.fixture(scope="module")
def heard(_rooms_sandbox_server: RoomsSandbox) -> _Heard:
    """What the vendors answer."""
    return _Heard(_rooms_sandbox_server)


@pytest.fixture
def no_hang() -> Iterator[None]:
    """An error where a flow computes for ever."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"a flow took more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_every_method_is_asked() -> None:
    assert {name for name, _ in methods()} == set(QUESTIONS)


@each_vendor()
def test_nothing_but_our_own_errors_escapes(traits: Traits, heard: _Heard, no_hang: None) -> None:
    answers = heard.of(traits)
    assert len({(method, kind) for method, kind, _ in answers}) >= 6
    asked: list[Any] = [(make, question) for name, make in methods() for question in QUESTIONS[name]]
    asked += [(through_the_lists, {"names": [NAME, "botany"]})] * (len(asked) // 6)
    given = 0
    for seed in itertools.count(SEED):
        chance, clock = random.Random(seed), [0.0]
        config = heard.config(traits, base_url="http://vendor.invalid", join_page=chance.choice([JOIN_PAGE, None]))
        hook = make_hook(traits, config, lambda clock=clock: clock[0])  # type: ignore[misc]
        make, question = chance.choice(asked)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            given += feed(make(hook, **question), chance, answers, clock, traits)
        except RoomsError:
            pass  # the vendor has no such thing
        except Exception as error:
            error.add_note(f"ROOMS_FUZZ_SEED={seed}")
            raise
        if given >= ANSWERS:
            break
        assert seed < SEED + 10 * ANSWERS
    print(f"{traits.conn_type}: {given} answers from seed {SEED} on, nothing but our own errors")  # noqa: T201


@each_vendor()
def test_the_mangler_mangles(traits: Traits, heard: _Heard) -> None:
    """Else the tests above would prove nothing."""
    chance, answers = random.Random(1), heard.of(traits)
    method, kind, body = next(row for row in answers if traits.vendor.id_field in row[2])
    assert sum(mangled(chance, copy.deepcopy(body)) != body for _ in range(100)) > 80
    kinds = {type(answer(chance, Request(method=method, path=kind), answers, traits)) for _ in range(300)}
    assert Response in kinds
    assert len(kinds) >= 3


@each_vendor(rows=lambda traits: [()] if traits.endless else [])
def test_a_list_without_end_is_given_up(traits: Traits, heard: _Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MOST_PAGES", 50)
    hook = make_hook(traits, heard.config(traits), lambda: 0.0)
    make_page, pages = traits.endless, itertools.count(1)
    assert make_page is not None

    def endless() -> None:
        flow, reply = dict(methods())["list_rooms"](hook), None
        while True:
            step = flow.send(reply)
            page = None if isinstance(step, Page) else make_page(next(pages), hook.vendor.config.base_url)
            reply = page and Response(status=200, body=traits.write_body(page))

    with pytest.raises(UnreadableAnswerError, match="does not end"):
        endless()
    assert next(pages) == 51
