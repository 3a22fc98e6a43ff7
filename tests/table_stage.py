"""An evening in a room, and its tables read back."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.rooms import SessionsToStorageOperator
from airflow_provider_rooms.vendors.exchange import Exchange

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from airflow_provider_rooms.sandbox.client import RoomsSandbox


#: How far the sandbox's clock is ahead after an evening.
AHEAD = dt.timedelta(days=2)


def hook(conn_type: str) -> Any:
    return get_rooms_hook(f"{conn_type}_default")


def write(conn_type: str, to: str, **given: Any) -> dict[str, Any]:
    """Execute the operator here; what a run of it in a DAG does, without the DAG."""
    now = dt.datetime.now(dt.UTC)
    given = {"since": now - dt.timedelta(days=1), "until": now + dt.timedelta(days=3), **given}
    operator = SessionsToStorageOperator(task_id="write", conn_id=f"{conn_type}_default", to=to, **given)
    return operator.execute({})  # type: ignore[typeddict-item]


def read_jsonl(folder: Path, conn_type: str, table: str, **given: Any) -> list[dict[str, Any]]:
    """The rows of a table that is written for it."""
    path = folder / f"{conn_type}-{table}.jsonl"
    told = write(conn_type, f"file://{path}", table=table, **given)
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert told == {"path": f"file://{path}", "rows": len(found), "bytes": path.stat().st_size}
    return found


def evening(box: RoomsSandbox, conn_type: str, patch: pytest.MonkeyPatch) -> None:
    """Two sessions, a rejoin, somebody whose leave the vendor did not see, a recorder, a recording that failed. Two days ago."""
    room = hook(conn_type).ensure_room({"name": "algebra"})
    ann, bob, carl = ({"identity": name, "name": name.title()} for name in ("ann", "bob", "carl"))
    box.start_session(conn_type, room.id, [ann, bob])
    box.recording(conn_type, room.id, "start")
    box.advance(300)
    box.start_session(conn_type, room.id, [carl])
    box.advance(300)
    box.end_session(conn_type, room.id, ["bob"])
    box.advance(300)
    box.start_session(conn_type, room.id, [bob])
    box.advance(900)
    box.recording(conn_type, room.id, "fail")
    box.end_session(conn_type, room.id)
    box.advance(1200)
    box.start_session(conn_type, room.id, [ann])
    box.advance(60)
    box.end_session(conn_type, room.id)
    box.advance(AHEAD.total_seconds())
    decode, now = Exchange.decode, Exchange.now
    patch.setattr(Exchange, "decode", lambda exchange, response: _unseen(decode(exchange, response)))
    patch.setattr(Exchange, "now", lambda exchange: now(exchange) + AHEAD)


def _unseen(answer: Any) -> Any:
    """The answer without the time at which Carl left, whatever that is called there."""
    if isinstance(answer, list):
        return [_unseen(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    if "carl" in answer.values():
        answer = {key: value for key, value in answer.items() if key not in ("left_at", "end_time")}
        return answer | {"timelog": [stay | {"end": None} for stay in answer.get("timelog", [])]}
    return {key: _unseen(value) for key, value in answer.items()}
