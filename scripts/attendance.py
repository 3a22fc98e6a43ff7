"""Five weeks of three courses on the sandbox, each at another vendor: their tables, joined by DuckDB, as docs/attendance.svg.

The operators run as in a DAG: what was planned comes from specs, what happened from the vendors' lists.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
import tempfile
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rooms-attendance-"))
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"

from stack import REPO, sandbox

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

WEEKS = 5
#: Courses with their students, and the weeks in which the class did not take place.
COURSES: dict[str, tuple[int, set[int]]] = {"Algebra": (24, set()), "Latin": (16, {3}), "Physics": (20, set())}
QUERY = """
    select ref->>'course' as course, (ref->>'week')::int as week, count(distinct identity) as people,
           coalesce(sum(happened.seconds), 0) // 60 as minutes
    from '{folder}/classes-*.parquet' as planned
    left join '{folder}/attendance-*.parquet' as happened using (conn_id, room_name)
    group by all order by all
"""
COLOURS = ("#00796b", "#5e35b1", "#c2410c")


def play(box: RoomsSandbox, folder: Path) -> None:
    """Play the classes and write a file of each table for each course."""
    from airflow_provider_rooms.hooks import get_rooms_hook
    from airflow_provider_rooms.operators.rooms import ClassesToStorageOperator, SessionsToStorageOperator
    from airflow_provider_rooms.sandbox.client import conn_types

    chance = random.Random(1)
    start = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    vendors = dict(zip(COURSES, cycle(conn_types()), strict=False))
    specs: dict[str, list[dict[str, Any]]] = {course: [] for course in COURSES}
    for week in range(1, WEEKS + 1):
        for course, (students, cancelled) in COURSES.items():
            conn_id = f"{vendors[course]}_default"
            times = {"starts_at": start.isoformat(), "ends_at": (start + dt.timedelta(minutes=50)).isoformat()}
            spec = {"name": [course, week], **times, "ref": {"course": course, "week": week}}
            specs[course].append(spec)
            room = get_rooms_hook(conn_id).ensure_room({"name": spec["name"]})
            present = [{"identity": f"s{number}", "name": f"S{number}"} for number in range(students)]
            present = [one for one in present if chance.random() > 0.05 + week * 0.04]
            if week not in cancelled:
                box.start_session(vendors[course], room.id, present)
                box.advance(3000)
                box.end_session(vendors[course], room.id)
        box.advance(7 * 86400)
    for course, conn_type in vendors.items():
        conn_id = f"{conn_type}_default"
        ClassesToStorageOperator(
            task_id="planned", specs=specs[course], conn_id=conn_id, to=f"file://{folder}/classes-{course}.parquet"
        ).execute({})
        SessionsToStorageOperator(
            task_id="happened",
            conn_id=conn_id,
            table="attendance",
            to=f"file://{folder}/attendance-{course}.parquet",
            since=start - dt.timedelta(days=1),
            until=start + dt.timedelta(weeks=WEEKS + 1),
            people="hash",
        ).execute({})


def picture(rows: list[tuple[str, int, int, int]]) -> str:
    """Bars by week, a colour for each course; a class that did not take place is a cross."""
    width, height, left, base = 640, 260, 40, 210
    step, bar = (width - left) / WEEKS, 26
    scale = (base - 40) / max(people for _, _, people, _ in rows)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    parts = [
        f'{head} font-family="sans-serif" font-size="12" fill="#6b7280">',
        "<title>People per class, by course and week</title>",
    ]
    for number, course in enumerate(COURSES):
        parts.append(f'<rect x="{left + number * 110}" y="8" width="12" height="12" fill="{COLOURS[number]}"/>')
        parts.append(f'<text x="{left + 18 + number * 110}" y="18">{course}</text>')
    for course, week, people, _ in rows:
        number = list(COURSES).index(course)
        x, y = left + (week - 1) * step + number * (bar + 4), base - people * scale
        middle = x + bar / 2
        if people:
            parts.append(
                f'<rect x="{x:.0f}" y="{y:.0f}" width="{bar}" height="{base - y:.0f}" fill="{COLOURS[number]}"/>'
                f'<text x="{middle:.0f}" y="{y - 4:.0f}" text-anchor="middle">{people}</text>'
            )
        else:
            parts.append(
                f'<text x="{middle:.0f}" y="{base - 4}" text-anchor="middle" fill="{COLOURS[number]}">×</text>'
            )
    for week in range(1, WEEKS + 1):
        middle = left + (week - 1) * step + (bar * 3 + 8) / 2
        parts.append(f'<text x="{middle:.0f}" y="{base + 18}" text-anchor="middle">week {week}</text>')
    parts.append(f'<line x1="{left - 8}" y1="{base}" x2="{width}" y2="{base}" stroke="#9ca3af"/></svg>')
    return "\n".join(parts) + "\n"


def main() -> int:
    """Play, join, draw."""
    import duckdb

    with tempfile.TemporaryDirectory() as name, sandbox(Path(name, "sandbox.log")) as box:
        os.environ.update(box.env())
        play(box, Path(name))
        rows = duckdb.execute(QUERY.format(folder=name)).fetchall()
    for course, week, people, minutes in rows:
        print(f"{course:8} week {week}: {people:2} people, {minutes:4} minutes")
    target = REPO / "docs" / "attendance.svg"
    target.write_text(picture(rows), encoding="utf-8")
    print(f"{len(rows)} classes, drawn in {target.relative_to(REPO)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
