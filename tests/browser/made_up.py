"""Classes that no task created: as many as wanted, in every state of the Rooms page, around now."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.page.classes import Pushed
from airflow_provider_rooms.page.live import Look

ONE, TWO, LAST = list(BY_TYPE.values())[:3]
CONN_IDS = (ONE.default_conn_id, f"{TWO.conn_type}_school", LAST.default_conn_id)
TITLES = (
    "ALG 101 A Linear Algebra",
    "Einführung in die diskrete Mathematik für Studierende der Informatik und des Ingenieurwesens, Abendgruppe 12",
    "數學 3",
    "HIST 7",
    "Averylongwordwithoutanyspaceinitthatsomebodysexporthasmadeofthetitleofaclass_" + "x" * 60,
    "<b>Physics</b> & \"Labs\"",
    "French conversation",
)  # fmt: skip
ERROR = (
    f"{LAST.title} did not answer within 30 s (HTTP 503, request RQ0123456789abcdef0123456789abcdef). The room of this class "
    "could not be created. Try again later; https://status.example.org/incidents/0123456789abcdefghijklmnopqrstuvwxyz says more."
)
PAST, NOW, SOON = (-150, -90), (-20, 40), (60, 110)

#: Each state of the page: when its class is, what its row says, and what its task or its recording does.
KINDS: dict[str, tuple[tuple[int, int], dict[str, Any], str]] = {
    "ready": (SOON, {}, "success"),
    "missing": (SOON, {"id": None, "verdict": "missing"}, "success"),
    "failed": (NOW, {"id": None, "error": ERROR}, "up_for_retry"),
    "differs": (SOON, {"drift": [{"field": "max_participants"}, {"field": "region"}]}, "success"),
    "closed": (NOW, {"state": "closed"}, "success"),
    "unknown": (SOON, {"id": None, "verdict": "unknown", "error": "The vendor could not be reached."}, "success"),
    "live": (NOW, {}, "success"),
    "not_due": (SOON, {"id": None, "outcome": "not_due"}, "deferred"),
    "over": (PAST, {}, "success"),
    "recorded": (PAST, {"recording": "ready"}, "success"),
    "recording_late": (PAST, {"recording": "late"}, "skipped"),
    "recording_failed": (PAST, {"recording": "failed"}, "failed"),
}


#: A day for the picture of the docs: title, minutes from now, and what sets the class apart from one with a room.
A_DAY: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("Linear Algebra", -215, {"recording": "ready"}),
    ("World History", -200, {"recording": "ready"}),
    ("Organic Chemistry", -170, {"recording": "late"}),
    ("Spanish for Beginners", -155, {}),
    ("Databases", -20, {"live": 12}),
    ("French Conversation", -20, {"live": 5}),
    ("Physics Lab", -5, {}),
    ("Music Theory", 10, {"id": None, "verdict": "missing"}),
    ("English Composition", 40, {"drift": [{"field": "max_participants"}]}),
    ("Biology 201 B", 55, {}),
    ("Linear Algebra, seminar", 100, {"id": None, "outcome": "not_due"}),
    ("Macroeconomics", 115, {}),
)


def a_day(now: dt.datetime) -> tuple[list[Pushed], dict[str, Look]]:
    """As :func:`made_up`, the classes of the picture."""
    pushed: list[Pushed] = []
    live: dict[str, dict[str, Any]] = {}
    for number, (title, start, changes) in enumerate(A_DAY):
        conn_id = CONN_IDS[number % 3]
        times = [(now + dt.timedelta(minutes=minutes)).isoformat() for minutes in (start, start + 50)]
        row = {
            "vendor": conn_id.rpartition("_")[0], "conn_id": conn_id, "id": f"room-{number}", "name": title,
            "state": "open", "outcome": "created", "starts_at": times[0], "ends_at": times[1],
            "ref": {"title": title, "timezone": "America/New_York" if title == "Macroeconomics" else None}, "drift": [], **changes,
        }  # fmt: skip
        if people := row.pop("live", None):
            live.setdefault(conn_id, {})[row["id"]] = {"since": times[0], "people": people}
        task = {"run_id": "r", "map_index": number, "task_state": "success", "label": None, "at": now, "run_after": now}
        pushed.append(
            Pushed(dag_id="d", task_id="t", key="room", value=row, room_url=row["id"] and "https://x.example", **task)
        )
        if "recording" in row:
            value = {**row, "message": "By the deadline, 60 minutes after the class, there was no recording."}
            pushed.append(Pushed(dag_id="d", task_id="recorded", key="recording", value=value, **task))
    return pushed, {conn_id: Look(rooms=rooms) for conn_id, rooms in live.items()}


def made_up(count: int, now: dt.datetime) -> tuple[list[Pushed], dict[str, Look]]:
    """What tasks pushed for so many classes, and who is live where."""
    pushed: list[Pushed] = []
    live: dict[str, dict[str, Any]] = {conn_id: {} for conn_id in CONN_IDS}
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        (first, last), changes, task_state = KINDS[kind]
        later = dt.timedelta(minutes=(number // len(KINDS) * 7) % 30)
        conn_id = CONN_IDS[number // 2 % len(CONN_IDS)]
        row = {
            "vendor": conn_id.rpartition("_")[0],
            "conn_id": conn_id,
            "id": f"room-{number:04}",
            "name": f"class-{number:04}",
            "state": "open",
            "outcome": "created",
            "starts_at": (now + dt.timedelta(minutes=first) + later).isoformat(),
            "ends_at": (now + dt.timedelta(minutes=last) + later).isoformat(),
            "ref": {"title": TITLES[number % len(TITLES)], "timezone": "America/New_York" if number % 5 else "UTC"},
            "drift": [],
            **changes,
        }
        recording = row.pop("recording", None)
        if kind == "live":
            live[conn_id][row["id"]] = {"since": row["starts_at"], "people": 12}
        task = {
            "map_index": number,
            "task_state": task_state,
            "at": now,
            "run_after": now,
            "run_id": "scheduled__2026-11-20",
        }
        url = f"https://console.example.org/rooms/{row['id']}" if row["id"] else None
        pushed.append(
            Pushed(dag_id="class_rooms", task_id="create", label=None, key="room", value=row, room_url=url, **task)
        )
        if recording:
            value = {
                **row,
                "recording": recording,
                "message": "By the deadline, 2026-11-20T10:00:00+00:00, recording r1 was not ready.",
            }
            pushed.append(
                Pushed(dag_id="class_rooms", task_id="recorded", label=None, key="recording", value=value, **task)
            )
    return pushed, {conn_id: Look(rooms=rooms) for conn_id, rooms in live.items()}
