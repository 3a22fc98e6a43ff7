"""Events into Airflow's own tables, from within its API server: the one module that touches Airflow's internals.

Once per id: all receivers take the same row lock first, so whoever stores sees what the others have stored. The ids of the last
week are kept in memory, and under the lock only newer rows are read. Airflow starts a run for the first event that waits, and
that run takes what is not newer than its queue row, so each transaction makes the row anew. Its events get their time at the
end of it and after all others, whatever the clocks of the API servers show: nothing is stored with a time that a run has passed.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.events.ledger import events_in
from airflow_provider_rooms.events.uris import SCHEME, event_uri
from airflow_provider_rooms.hooks.outages import passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from airflow_provider_rooms.models import RoomEvent

log = logging.getLogger(__name__)

#: How long an id is remembered.
WEEK = dt.timedelta(days=7)
LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
#: Rows that other ways of publishing commit late are found although their ids are this much smaller than the newest.
OVERLAP = 200
#: For so many seconds a transaction is tried again: a database may refuse one of two that meet, or be away for a moment, and not
#: every vendor repeats a delivery. They wait about 15 seconds for an answer.
PATIENCE = 12.0
#: Seconds between two tries, at first and at most.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 1.0


@dataclass
class _Memory:
    """What is known of the events of one asset.

    :param ids: what they told, with the time after which it is forgotten; in order of arrival.
    :param row: the newest row that was read.
    :param time: the newest time in those rows.
    """

    ids: dict[str, dt.datetime] = field(default_factory=dict)
    row: int = 0
    time: dt.datetime = LONG_AGO

    def read(self, rows: Iterable[Any]) -> _Memory:
        """This, and what is in further rows."""
        more = _Memory({}, self.row, self.time)
        for row_id, stored, extra in rows:
            more.row, more.time = max(more.row, row_id), max(more.time, stored)
            more.ids.update((event["id"], stored + WEEK) for event in events_in(extra))
        return more

    def keep(self, more: _Memory) -> None:
        """Remember what was read; what is older than a week goes."""
        self.row, self.time = more.row, more.time
        self.ids.update(more.ids)
        now = _now()
        while self.ids and self.ids[first := next(iter(self.ids))] < now:
            del self.ids[first]


class Publisher:
    """Stores events as asset events. One per process; may be used from any thread, one at a time gets on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._memory: dict[int, _Memory] = {}

    def publish(self, events: Sequence[RoomEvent]) -> int:
        """Store events that are not stored yet, all or none.

        Events of which no active asset wants to know are left out. A database that is away is waited for.

        :returns: how many were new.
        :raises Exception: the database refused, and nothing is stored.
        """
        if not events:
            return 0
        with self._lock:
            until = time.monotonic() + PATIENCE
            pause = FIRST_PAUSE
            while True:
                try:
                    return self._publish(events)
                except Exception as error:
                    if not passes(error) or time.monotonic() + pause > until:
                        raise
                    time.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)

    def _publish(self, events: Sequence[RoomEvent]) -> int:
        from airflow.utils.session import create_session

        with create_session() as session:
            assets = _active_assets({event_uri(event.conn_id, event.type) for event in events}, session)
            turn = _turn(session)
        wanted = [(assets[uri], event) for event in events if (uri := event_uri(event.conn_id, event.type)) in assets]
        for asset in {asset for asset, _ in wanted} - self._memory.keys():
            with create_session() as session:  # reads a week without holding anybody up
                self._memory[asset] = _Memory().read(_rows(asset, session, since=_now() - WEEK))
        if not wanted:
            return 0
        with create_session() as session:
            _take_turn(turn, session)
            read = {
                asset: (memory := self._memory[asset]).read(_rows(asset, session, above=memory.row - OVERLAP))
                for asset in {asset for asset, _ in wanted}
            }
            fresh: dict[int, dict[str, RoomEvent]] = {}
            for asset, event in wanted:
                if event.id not in self._memory[asset].ids and event.id not in read[asset].ids:
                    fresh.setdefault(asset, {}).setdefault(event.id, event)
            if fresh:
                newest = max(memory.time for memory in read.values())
                _store({asset: list(told.values()) for asset, told in fresh.items()}, session, after=newest)
        # Only what is committed is known.
        for asset, more in read.items():
            more.ids.update(dict.fromkeys(fresh.get(asset, ()), _now() + WEEK))
            self._memory[asset].keep(more)
        return sum(map(len, fresh.values()))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _rows(asset: int, session: Session, *, since: dt.datetime | None = None, above: int | None = None) -> Iterable[Any]:
    """Id, time and ``extra`` of an asset's events."""
    from airflow.models.asset import AssetEvent
    from sqlalchemy import select

    query = select(AssetEvent.id, AssetEvent.timestamp, AssetEvent.extra).where(AssetEvent.asset_id == asset)
    if since is not None:
        query = query.where(AssetEvent.timestamp >= since)
    if above is not None:
        query = query.where(AssetEvent.id > above)
    return session.execute(query.execution_options(yield_per=1000))


def _active_assets(uris: Iterable[str], session: Session) -> Mapping[str, int]:
    """The assets that some DAG names, by their URI."""
    from airflow.models.asset import AssetModel
    from sqlalchemy import select

    query = select(AssetModel.uri, AssetModel.id).where(AssetModel.uri.in_(uris), AssetModel.active.has())
    return {row[0]: row[1] for row in session.execute(query)}


def _turn(session: Session) -> int | None:
    """The row that all receivers lock.

    It is the same for all connections, so that events are committed in the order of their times: a DAG may be scheduled on
    several assets.
    """
    from airflow.models.asset import AssetModel
    from sqlalchemy import func, select

    return session.scalar(select(func.min(AssetModel.id)).where(AssetModel.uri.like(f"{SCHEME}://%")))


def _take_turn(row: int | None, session: Session) -> None:
    """Wait until nobody else stores: a lock as the first statement of the transaction, which sees all that was stored before."""
    from airflow.models.asset import AssetModel
    from sqlalchemy import select, update

    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        # Takes the one lock that there is for writers.
        session.execute(
            update(AssetModel)
            .where(AssetModel.id == row)
            .values(id=AssetModel.id, updated_at=AssetModel.updated_at)
            .execution_options(synchronize_session=False)
        )
        return
    # Does not get in the way of those who only refer to the row.
    session.execute(
        select(AssetModel.id).where(AssetModel.id == row).with_for_update(key_share=dialect == "postgresql")
    )


def _store(fresh: Mapping[int, Sequence[RoomEvent]], session: Session, *, after: dt.datetime) -> None:
    """Events by their asset, all with one time, and the queue made anew with that time.

    Airflow's asset manager is told of one event of each asset, since that takes it five statements: it queues the DAGs and calls
    listeners. The others are rows beside it. A manager of the user's own is told of each.

    :param after: the time of the newest event that is stored.
    """
    from airflow.assets.manager import AssetManager, asset_manager
    from airflow.models.asset import AssetDagRunQueue, AssetEvent, AssetModel
    from airflow.models.dag import DagModel
    from sqlalchemy import delete, insert, select, update

    quietly = {"synchronize_session": False}
    # A scheduler that is just taking a row is waited for, so that it is not taken without these events. What waits for a DAG that
    # is paused or gone stays: Airflow would not queue it again.
    running = select(DagModel.dag_id).where(DagModel.is_paused.is_(False), DagModel.is_stale.is_(False))
    session.execute(
        delete(AssetDagRunQueue)
        .where(AssetDagRunQueue.asset_id.in_(fresh), AssetDagRunQueue.target_dag_id.in_(running))
        .execution_options(**quietly)
    )
    registered: list[int] = []
    others: list[dict[str, Any]] = []
    for asset in session.scalars(select(AssetModel).where(AssetModel.id.in_(fresh)).order_by(AssetModel.id)).all():
        events = fresh[asset.id]
        told = 1 if type(asset_manager) is AssetManager else len(events)
        for event in events[:told]:
            row = asset_manager.register_asset_change(
                asset=asset, extra=event.as_dict(), source_is_api=True, session=session
            )
            registered += [row.id] if row is not None else []
        others += [{"asset_id": asset.id, "extra": event.as_dict()} for event in events[told:]]
    session.flush()
    moment = max(_now(), after + dt.timedelta(microseconds=1))
    if others:
        session.execute(insert(AssetEvent), [{**other, "timestamp": moment} for other in others])
    session.execute(
        update(AssetEvent).where(AssetEvent.id.in_(registered)).values(timestamp=moment).execution_options(**quietly)
    )
    session.execute(
        update(AssetDagRunQueue)
        .where(AssetDagRunQueue.asset_id.in_(fresh))
        .values(created_at=moment)
        .execution_options(**quietly)
    )
