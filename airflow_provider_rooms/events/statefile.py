"""The state file of the receiver on its own: what it took and Airflow does not have yet, and the ids that Airflow has.

SQLite, synced at every commit, so that a delivery which was answered 200 survives a crash. It holds events as they were read
from deliveries, never the deliveries themselves.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.events.publishing import WEEK
from airflow_provider_rooms.events.uris import event_uri
from airflow_provider_rooms.models import RoomEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

#: How long the id of an event without a time of its own is remembered: by that alone a replayed delivery is told.
YEAR = dt.timedelta(days=365)
#: How long an event is kept that Airflow has: after a restart, what it asks for is looked at once more.
KEPT = dt.timedelta(days=1)

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    uri TEXT NOT NULL,
    id TEXT NOT NULL,
    at REAL NOT NULL,      -- when it was taken, or stored by Airflow
    event TEXT,            -- JSON; NULL for one that others told Airflow, or that was told long ago
    told INTEGER NOT NULL, -- whether Airflow has it
    dated INTEGER NOT NULL, -- whether it has a time of its own; one of more than a week ago is refused
    UNIQUE (uri, id)
);
CREATE INDEX IF NOT EXISTS waiting ON events (number) WHERE NOT told;
CREATE INDEX IF NOT EXISTS by_age ON events (at) WHERE told;
CREATE TABLE IF NOT EXISTS assets (uri TEXT PRIMARY KEY, read_to REAL NOT NULL);
PRAGMA user_version = {_VERSION};
"""


class StateFileError(Exception):
    """The file cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Waiting:
    """An event that Airflow does not have yet.

    :param uri: of its asset.
    """

    uri: str
    id: str
    event: Mapping[str, Any]


class StateFile:
    """Opened by one process at a time; may be used from any thread.

    :raises StateFileError: it cannot be opened or written, is something else, or is in use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        #: Set whenever there is something new to tell.
        self.changed = threading.Event()
        self._lock = threading.Lock()
        try:
            # It holds who was in which room: nobody else's business.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StateFileError(
                f"The state file {path} cannot be written ({(error.strerror or type(error).__name__).lower()}). "
                "Give a file in a folder that exists and that this user may write to."
            ) from None
        self._db = sqlite3.connect(path, timeout=1.0, check_same_thread=False)
        try:
            self._open()
        except sqlite3.Error as error:
            self._db.close()
            raise StateFileError(_trouble(path, error)) from None

    def _open(self) -> None:
        # First: whoever has the file keeps it, and no memory is shared with others.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise StateFileError(
                f"The state file {self.path} was written by a newer version of this package. Upgrade, or give another file."
            )
        self._db.executescript(_SCHEMA)
        with self._db:  # takes the lock for writing, and proves that it can be written
            self._db.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    # -- taking ----------------------------------------------------------------------------------------------------------

    def publish(self, events: Sequence[RoomEvent]) -> int:
        """Keep events that are not known yet, all or none; on the disk when it returns.

        :returns: how many were new.
        :raises sqlite3.Error: nothing is kept.
        """
        now = time.time()
        rows = [
            (
                event_uri(event.conn_id, event.type),
                event.id,
                now,
                json.dumps(event.as_dict()),
                event.happened_at is not None,
            )
            for event in events
        ]
        with self._lock, self._db:
            done = self._db.executemany(
                "INSERT OR IGNORE INTO events (uri, id, at, event, told, dated) VALUES (?, ?, ?, ?, 0, ?)", rows
            )
        if done.rowcount > 0:
            self.changed.set()
        return max(done.rowcount, 0)

    # -- telling ---------------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many events wait."""
        with self._lock:
            (number,) = self._db.execute("SELECT count(*) FROM events WHERE NOT told").fetchone()
        return int(number)

    def wanting(self) -> set[str]:
        """The assets for which events wait."""
        with self._lock:
            return {uri for (uri,) in self._db.execute("SELECT DISTINCT uri FROM events WHERE NOT told")}

    def waiting(self, uris: Iterable[str], limit: int) -> list[Waiting]:
        """Events of these assets that wait, in the order in which they came."""
        wanted = list(uris)
        places = ", ".join("?" * len(wanted))
        with self._lock:
            rows = self._db.execute(
                f"SELECT uri, id, event FROM events WHERE NOT told AND uri IN ({places}) ORDER BY number LIMIT ?",  # noqa: S608
                (*wanted, limit),
            ).fetchall()
        return [Waiting(uri, event_id, json.loads(event)) for uri, event_id, event in rows]

    def know(self, uri: str, stored: Mapping[str, dt.datetime]) -> None:
        """Airflow has these ids of an asset, since these times."""
        rows = [(uri, event_id, at.timestamp()) for event_id, at in stored.items()]
        with self._lock, self._db:
            self._db.executemany(
                "INSERT INTO events (uri, id, at, told, dated) VALUES (?, ?, ?, 1, 1) ON CONFLICT (uri, id) DO UPDATE SET told = 1",
                rows,
            )

    def leave_out(self, uris: Iterable[str], after: dt.timedelta) -> int:
        """Forget what has waited that long for assets that nobody asks for.

        :returns: how many events that were.
        """
        before = time.time() - after.total_seconds()
        with self._lock, self._db:
            done = self._db.executemany(
                "DELETE FROM events WHERE uri = ? AND NOT told AND at < ?", [(uri, before) for uri in uris]
            )
        return max(done.rowcount, 0)

    def read_to(self, uri: str) -> dt.datetime | None:
        """Up to when Airflow's events of an asset are known."""
        with self._lock:
            row = self._db.execute("SELECT read_to FROM assets WHERE uri = ?", (uri,)).fetchone()
        return dt.datetime.fromtimestamp(row[0], dt.UTC) if row else None

    def set_read_to(self, uri: str, at: dt.datetime) -> None:
        """All of Airflow's events of an asset are known up to this time."""
        with self._lock, self._db:
            self._db.execute("INSERT OR REPLACE INTO assets (uri, read_to) VALUES (?, ?)", (uri, at.timestamp()))

    # -- later -----------------------------------------------------------------------------------------------------------

    def recent(self) -> list[RoomEvent]:
        """Events of the last day, oldest first."""
        since = time.time() - KEPT.total_seconds()
        with self._lock:
            rows = self._db.execute(
                "SELECT event FROM events WHERE at >= ? AND event IS NOT NULL ORDER BY number", (since,)
            ).fetchall()
        return [RoomEvent(**json.loads(event)) for (event,) in rows]

    def forget(self) -> None:
        """Drop ids of more than a week ago (or a year, without a time), and the text of what was told more than a day ago."""
        now = time.time()
        with self._lock, self._db:
            for dated, kept in ((1, WEEK), (0, YEAR)):
                self._db.execute(
                    "DELETE FROM events WHERE told AND dated = ? AND at < ?", (dated, now - kept.total_seconds())
                )
            self._db.execute(
                "UPDATE events SET event = NULL WHERE told AND at < ? AND event IS NOT NULL",
                (now - KEPT.total_seconds(),),
            )


def _trouble(path: Path, error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return f"The state file {path} is in use. One receiver has one file: is another one running?"
    if "not a database" in str(error):
        return f"{path} is not a state file. Give the one that the receiver made, or one that does not exist yet."
    return f"The state file {path} cannot be used ({error})."
