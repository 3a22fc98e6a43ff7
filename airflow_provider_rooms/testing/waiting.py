"""Waiting: every situation ends as the table says, the same in poke, reschedule and deferrable mode."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.testing.rows import each_vendor, pytest_generate_tests, row_for
from airflow_provider_rooms.testing.situations import SITUATIONS, Situation
from airflow_provider_rooms.testing.stage import MODES, Outcome, Stage
from airflow_provider_rooms.testing.traits import Traits

__all__ = ["play", "pytest_generate_tests", "test_a_wait_ends_as_it_must"]

BY_NAME = {situation.name: situation for situation in SITUATIONS}
#: (situation, vendor) → mode → how it ended.
_played: dict[tuple[str, str], dict[str, Outcome]] = {}


@pytest.fixture
def play(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Outcome]]:
    """Plays a situation at a vendor in a mode."""
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)

    def run(situation: Situation, traits: Traits, mode: str) -> Outcome:
        stage = Stage(rooms_sandbox, traits, mode, begin=situation.begin, behind=situation.behind)
        stage.install(monkeypatch)
        if situation.before:
            situation.before(stage)
        stage.restarts = list(situation.restarts)
        for minute, step in situation.story:
            stage.plan(minute, step)
        outcome = stage.wait(situation.sensor, **situation.params)
        stage.box.clear_faults()
        _played.setdefault((situation.name, traits.conn_type), {})[mode] = outcome
        assert ("room_url" in stage.xcoms) is situation.url
        assert stage.xcoms.get("recording", {}).get("recording") == situation.recording
        return outcome

    yield run
    rooms_sandbox.clear_faults()


@pytest.mark.parametrize("mode", MODES)
@each_vendor(["situation"], lambda traits: [(name,) for name, row in BY_NAME.items() if row.happens(traits)])
def test_a_wait_ends_as_it_must(situation: str, traits: Traits, mode: str, play: Callable[..., Outcome]) -> None:
    ends_as_said(row_for(situation, BY_NAME[situation], traits), play, traits, mode)


def ends_as_said(situation: Situation, play: Callable[..., Outcome], traits: Traits, mode: str) -> None:
    """Play a situation and compare how it ends with what its row says."""
    outcome = play(situation, traits, mode)
    expected = situation.value if situation.how == "value" else None
    shown = [_shown(value, traits) for value in (outcome.value, expected)]
    assert (outcome.how, shown[0]) == (situation.how, shown[1]), outcome.message


def _shown(value: Any, traits: Traits) -> Any:
    """Of recordings, what does not depend on how a vendor numbers and weighs its files; of sessions, what it tells."""
    if not traits.session_times:
        if isinstance(value, dict):
            return bool(value["sessions"])
        if isinstance(value, str):
            return True
    if isinstance(value, list):
        assert all({"id", "session_id", "kind", "state"} <= set(row) for row in value)
        return [{"id": "?"} | {name: row[name] for name in ("session_id", "kind", "state")} for row in value]
    return value


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, where it is asked for."""
    if not os.environ.get("ROOMS_WAITING_TABLE") or not _played:
        return
    write = terminalreporter.write_line
    widths = (41, 14, 26, 26, 26)
    rows: list[tuple[str, ...]] = [("situation", "vendor", *MODES)]
    for (name, vendor), modes in _played.items():
        rows.append((name, vendor, *(str(modes[mode]) if mode in modes else "-" for mode in MODES)))
    terminalreporter.section("waiting: situations x vendors x modes")
    for row in rows:
        write("".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    same = sum(len({str(outcome) for outcome in modes.values()}) == 1 for modes in _played.values())
    write(f"{same} of {len(_played)} end alike in every mode, values included")
