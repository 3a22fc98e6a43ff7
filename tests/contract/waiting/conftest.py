"""The play: a stage per test, and the table of all plays at the end of the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from stage import MODES, Outcome, Stage

from airflow_provider_rooms.sandbox.client import RoomsSandbox

#: (situation, vendor) → mode → how it ended.
_played: dict[tuple[str, str], dict[str, Outcome]] = {}


@pytest.fixture
def play(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Outcome]]:
    """Play a situation at a vendor in a mode."""
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)

    def run(situation: Any, vendor: str, mode: str) -> Outcome:
        stage = Stage(rooms_sandbox, vendor, mode, begin=situation.begin, behind=situation.behind)
        stage.install(monkeypatch)
        if situation.before:
            situation.before(stage)
        stage.restarts = list(situation.restarts)
        for minute, step in situation.story:
            stage.plan(minute, step)
        outcome = stage.wait(situation.sensor, **situation.params)
        stage.box.clear_faults()
        _played.setdefault((situation.name, vendor), {})[mode] = outcome
        assert ("room_url" in stage.xcoms) is situation.url
        return outcome

    yield run
    rooms_sandbox.clear_faults()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, where it is asked for."""
    if not os.environ.get("ROOMS_WAITING_TABLE") or not _played:
        return
    write = terminalreporter.write_line
    widths = (41, 14, 26, 26, 26)
    rows = [("situation", "vendor", *MODES)]
    for (name, vendor), modes in _played.items():
        rows.append((name, vendor, *(str(modes[mode]) if mode in modes else "-" for mode in MODES)))
    terminalreporter.section("waiting: situations x vendors x modes")
    for row in rows:
        write("".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    same = sum(len({str(outcome) for outcome in modes.values()}) == 1 for modes in _played.values())
    write(f"{same} of {len(_played)} end alike in every mode, values included")
