"""All room connections of an Airflow, tested at once: what ``airflow rooms check`` does.

It reads connections as Airflow's own commands do, from the secrets backends in their order and from the database, so it is
run where those can be reached; nothing of a connection is printed but its id and its type.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import textwrap
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.vendors import connection_type, connection_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ENV = "AIRFLOW_CONN_"
#: Connections tested at the same time; each takes five seconds at most.
_AT_ONCE = 8
#: Airflow's own places, as people call them.
_PLACES = {"EnvironmentVariablesBackend": "environment", "MetastoreBackend": "database"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    conn_id: str
    kind: str
    place: str
    works: bool
    told: str


def airflow_command(given: Any) -> None:
    """``airflow rooms check``."""
    sys.exit(check_connections(given.conn_ids))


def check_connections(conn_ids: Sequence[str] = ()) -> int:
    """Test connections and print the table.

    :param conn_ids: which ones; none means all that can be found.
    :returns: the exit code: 0 when all work, 1 when one does not, 2 when there was nothing to test.
    """
    # What is wrong stands in the table; libraries' own remarks would stand between its lines.
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(record=True):
            # Airflow sets its own filters while it is imported; on the way out ours are back.
            from airflow import settings as settings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _check(conn_ids)
    finally:
        logging.disable(logging.NOTSET)


def _check(conn_ids: Sequence[str]) -> int:
    wanted = list(dict.fromkeys(conn_ids))
    if not wanted:
        wanted, trouble = _all_ids()
        if trouble:
            sys.stderr.write(f"{trouble}\n")
    if not wanted:
        types = connection_types()
        sys.stderr.write(
            f"No connection of type {', '.join(types)} was found. Add one under Admin → Connections, or set "
            f"{_ENV}{next(iter(types.values())).default_conn_id.upper()}. A connection in a secrets backend "
            "must be passed by its id.\n"
        )
        return 2
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        rows = list(pool.map(_test, wanted))
    sys.stdout.write(table(rows, shutil.get_terminal_size().columns))
    return 0 if all(row.works for row in rows) else 1


def table(rows: Sequence[Row], width: int) -> str:
    """The rows as lines of text no wider than ``width`` (of at least 60), with a sentence at the end."""
    heads = ("connection", "type", "from", "")
    cells = [(row.conn_id, row.kind, row.place, "works" if row.works else "FAILS") for row in rows]
    sizes = [max(len(line[column]) for line in (heads, *cells)) for column in range(len(heads))]
    indent = sum(sizes) + 2 * len(sizes)
    lines = ["  ".join(head.ljust(size) for head, size in zip(heads, sizes, strict=True)).rstrip()]
    for row, cell in zip(rows, cells, strict=True):
        start = "".join(text.ljust(size) + "  " for text, size in zip(cell, sizes, strict=True))
        # Beside narrow columns the text stands on their right, else below them.
        beside = width - indent >= 40
        wrapped = textwrap.wrap(row.told, width - (indent if beside else 4) if width >= 60 else 56)
        if beside:
            lines += [start + wrapped[0], *(" " * indent + more for more in wrapped[1:])]
        else:
            lines += [start.rstrip(), *("    " + more for more in wrapped)]
    working = sum(row.works for row in rows)
    lines += [
        "",
        f"{working} of {len(rows)} work." if len(rows) > 1 else ("It works." if working else "It does not work."),
    ]
    return "\n".join(lines) + "\n"


def _all_ids() -> tuple[list[str], str]:
    """Ids of room connections in the environment and in the database, and what kept us from looking there."""
    found = {name[len(_ENV) :].lower() for name, value in os.environ.items() if name.startswith(_ENV) and _ours(value)}
    try:
        from airflow.models.connection import Connection
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            ours = connection_types()
            types = [*ours, *(conn_type.replace("_", "-") for conn_type in ours)]
            found |= set(session.scalars(select(Connection.conn_id).where(Connection.conn_type.in_(types))))
    except Exception as error:  # noqa: BLE001 - no database, no tables, no access: the environment can still be tested
        return sorted(found), f"Airflow's database could not be read ({type(error).__name__}); only {_ENV}* is tested."
    return sorted(found), ""


def _ours(value: str) -> bool:
    """Whether a variable seems to hold a room connection, as a URI or as JSON, even one that cannot be read."""
    scheme = value.partition("://")[0].strip().lower().replace("-", "_")
    ours = connection_types()
    return scheme in ours or any(f'"{name}"' in value.replace("-", "_") for name in ours)


def _test(conn_id: str) -> Row:
    from airflow_provider_rooms.errors import RoomsError
    from airflow_provider_rooms.hooks import hook_for

    place, connection, trouble = look_up(conn_id)
    conn_type = getattr(connection, "conn_type", None)
    known = connection_type((conn_type or "").replace("-", "_"))
    try:
        works, told = hook_for(conn_id, connection).test_connection()
    except RoomsError as error:
        works, told = False, trouble or str(error)
    return Row(
        conn_id=conn_id,
        kind=known.title if known else conn_type or "-",
        place=place,
        works=works,
        told=told,
    )


def look_up(conn_id: str) -> tuple[str, Any, str]:
    """Where a connection is, the connection, and what kept us from reading it; the first place that has it counts."""
    troubles = []
    for backend in _backends():
        kind = type(backend).__name__
        place = _PLACES.get(kind, kind)
        try:
            connection = backend.get_connection(conn_id=conn_id)
        except Exception as error:  # noqa: BLE001 - any backend's; its text may hold the connection
            if place == "environment":
                return place, None, f"{_ENV}{conn_id.upper()} is neither JSON nor a URI that Airflow can read."
            advice = " If the database is new, run `airflow db migrate` first." if place == "database" else ""
            troubles.append(f"The {place} could not be read ({type(error).__name__}).{advice}")
            continue
        if connection is not None:
            return place, connection, ""
    return "-", None, " ".join(troubles)


def _backends() -> Iterable[Any]:
    from airflow.configuration import ensure_secrets_loaded

    backends: Iterable[Any] = ensure_secrets_loaded()
    return backends
