"""The demo fails when a promise is broken: each way of breaking one is told."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.timetable import parse_timetable
from dag_run import DagResult
from demo import check

TIMETABLE = """course,section,days,start,end,timezone
ALG,A,F,09:00,10:00,UTC
ALG,B,F,09:00,10:00,UTC
"""
CLASSES = parse_timetable(TIMETABLE).on(dt.date(2026, 11, 20)).classes


def result(outcome: str) -> DagResult:
    rooms = [
        {"conn_id": f"{kind}_default", "name": one.name, "id": f"{kind}-{one.section}", "outcome": outcome}
        for one in CLASSES
        for kind in BY_TYPE
    ]
    return DagResult("success", {"create[0]": "success"}, rooms)


def good() -> dict[str, Any]:
    ids = [room["id"] for room in result("created").rooms]
    held = {("vendor", one) for one in ids}
    return {"runs": [result("created"), result("found")], "held": [held, set(held)], "mailed": [ids, list(ids)]}


def test_nothing_is_wrong_when_all_is_as_promised():
    assert check(**good(), classes=CLASSES) == []


def _second_run(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda seen: seen["runs"].append(dataclasses.replace(seen["runs"].pop(), **changes))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_second_run(state="failed"), "run 2 is failed"),
        (_second_run(tasks={"mail[1]": "failed"}), "not successful: mail[1]"),
        (lambda seen: seen["runs"][0].rooms.pop(), "run 1 has 5 rooms for 6"),
        (lambda seen: seen["runs"][0].rooms.append(seen["runs"][0].rooms[0]), "run 1 has 7 rooms for 6"),
        (lambda seen: seen["runs"][1].rooms[0].update(outcome="created"), "run 2: 1 rooms were not found"),
        (lambda seen: seen["runs"][1].rooms[0].update(id="other"), "the second run has other room ids"),
        (lambda seen: seen["held"][1].add(("vendor", "another")), "held 6 rooms after the first run and 7"),
        (lambda seen: seen["mailed"][1].clear(), "run 2: no mail about 6 rooms"),
    ],
)
def test_what_is_wrong_is_told(spoil: Callable[[dict[str, Any]], object], told: str):
    seen = good()
    spoil(seen)
    assert any(told in fault for fault in check(**seen, classes=CLASSES))
