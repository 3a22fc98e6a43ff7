"""Events into Airflow's own tables, from within its API server: the one module that touches Airflow's internals.

Once per id: all receivers take the same row lock first, so whoever stores sees what the others have stored. The ids of the last
week are kept in memory, and under the lock only newer rows are read. Airflow starts a run for the first event that waits, and
that run takes what is not newer than its queue row, so the row is made anew with the last event of each transaction.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.events.ledger import events_in
from airflow_provider_rooms.events.uris import SCHEME, event_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from airflow_provider_rooms.models import RoomEvent

log = logging.getLogger(__name__)

#: How long an id is remembered.
WEEK = dt.timedelta(days=7)
#: Rows that other ways of publishing commit late are found although their ids are this much smaller than the newest.
OVERLAP = 200
#: How often a transaction is tried, and the seconds in between: a database may refuse one of two that meet.
TRIES, PAUSE = 6, 0.2


class Publisher:
    """Stores events as asset events. One per process; may be used from any thread, one at a time gets on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: The ids of each asset, with the time after which they are forgotten.
        self._known: dict[int, dict[str, dt.datetime]] = {}
        self._newest: dict[int, int] = {}

    def publish(self, events: Sequence[RoomEvent]) -> int:
        """Store events that are not stored yet, all or none.

        Events of which no active asset wants to know are left out.

        :returns: how many were new.
        :raises Exception: the database refused, and nothing is stored.
        """
        if not events:
            return 0
        with self._lock:
            for attempt in range(TRIES):
                try:
                    return self._publish(events)
                except Exception as error:
                    if attempt + 1 == TRIES or not _may_pass(error):
                        raise
                    time.sleep(PAUSE * (attempt + 1))
        raise AssertionError("unreachable")

    def _publish(self, events: Sequence[RoomEvent]) -> int:
        from airflow.utils.session import create_session

        with create_session() as session:
            assets = _active_assets({event_uri(event.conn_id, event.type) for event in events}, session)
        wanted = [(assets[uri], event) for event in events if (uri := event_uri(event.conn_id, event.type)) in assets]
        if not wanted:
            return 0
        for asset in {asset for asset, _ in wanted} - self._known.keys():
            self._remember(asset)
        with create_session() as session:
            _take_turns(session)
            fresh: dict[tuple[int, str], RoomEvent] = {}
            read = {asset: self._newer(asset, session) for asset in {asset for asset, _ in wanted}}
            for asset, event in wanted:
                if event.id not in self._known[asset] and event.id not in read[asset][1]:
                    fresh.setdefault((asset, event.id), event)
            by_asset: dict[int, list[RoomEvent]] = {}
            for (asset, _), event in fresh.items():
                by_asset.setdefault(asset, []).append(event)
            for asset, told in sorted(by_asset.items()):
                _register(asset, told, session)
        # Only what is committed is known.
        until = _now() + WEEK
        for asset, (newest, ids) in read.items():
            self._newest[asset] = max(newest, self._newest[asset])
            self._known[asset].update(ids)
        for asset, event_id in fresh:
            self._known[asset][event_id] = until
        self._forget()
        return len(fresh)

    def _remember(self, asset: int) -> None:
        """Read the week's ids of an asset, without holding anybody up."""
        from airflow.models.asset import AssetEvent
        from airflow.utils.session import create_session
        from sqlalchemy import select

        since = _now() - WEEK
        with create_session() as session:
            rows = session.execute(
                select(AssetEvent.id, AssetEvent.timestamp, AssetEvent.extra)
                .where(AssetEvent.asset_id == asset, AssetEvent.timestamp >= since)
                .execution_options(yield_per=1000)
            )
            newest, ids = _ids_in(rows)
        self._newest[asset], self._known[asset] = newest, ids

    def _newer(self, asset: int, session: Session) -> tuple[int, dict[str, dt.datetime]]:
        """What was stored by others since the last look."""
        from airflow.models.asset import AssetEvent
        from sqlalchemy import select

        return _ids_in(
            session.execute(
                select(AssetEvent.id, AssetEvent.timestamp, AssetEvent.extra).where(
                    AssetEvent.asset_id == asset, AssetEvent.id > self._newest[asset] - OVERLAP
                )
            )
        )

    def _forget(self) -> None:
        now = _now()
        for known in self._known.values():
            # in order of arrival, so that the oldest stand first
            while known and (first := next(iter(known))) and known[first] < now:
                del known[first]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _ids_in(rows: Iterable[Any]) -> tuple[int, dict[str, dt.datetime]]:
    newest, ids = 0, {}
    for row_id, stored, extra in rows:
        newest = max(newest, row_id)
        for event in events_in(extra):
            ids[event["id"]] = stored + WEEK
    return newest, ids


def _active_assets(uris: Iterable[str], session: Session) -> Mapping[str, int]:
    """The assets that some DAG names, by their URI."""
    from airflow.models.asset import AssetModel
    from sqlalchemy import select

    query = select(AssetModel.uri, AssetModel.id).where(AssetModel.uri.in_(uris), AssetModel.active.has())
    return {row[0]: row[1] for row in session.execute(query)}


def _take_turns(session: Session) -> None:
    """Wait until nobody else stores: the lock of one row, as the first statement of the transaction.

    It is the same row for all connections, so that events are committed in the order of their times: a DAG may be scheduled
    on several assets.
    """
    from airflow.models.asset import AssetModel
    from sqlalchemy import func, select, update

    first = select(func.min(AssetModel.id)).where(AssetModel.uri.like(f"{SCHEME}://%")).scalar_subquery()
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        # Takes the one lock that there is for writers.
        session.execute(
            update(AssetModel)
            .where(AssetModel.id == first)
            .values(id=AssetModel.id, updated_at=AssetModel.updated_at)
            .execution_options(synchronize_session=False)
        )
        return
    # Does not get in the way of those who only refer to the row.
    session.execute(
        select(AssetModel.id).where(AssetModel.id == first).with_for_update(key_share=dialect == "postgresql")
    )


def _register(asset_id: int, events: Sequence[RoomEvent], session: Session) -> None:
    """Events of one asset, the queue made anew with the last of them."""
    from airflow.assets.manager import asset_manager
    from airflow.models.asset import AssetDagRunQueue, AssetModel
    from airflow.models.dag import DagModel
    from sqlalchemy import delete, select

    asset = session.get_one(AssetModel, asset_id)
    for number, event in enumerate(events, 1):
        if number == len(events):
            # What waits for a paused DAG stays: Airflow would not queue it again.
            running = select(DagModel.dag_id).where(DagModel.is_paused.is_(False))
            session.execute(
                delete(AssetDagRunQueue)
                .where(AssetDagRunQueue.asset_id == asset_id, AssetDagRunQueue.target_dag_id.in_(running))
                .execution_options(synchronize_session=False)
            )
        asset_manager.register_asset_change(asset=asset, extra=event.as_dict(), source_is_api=True, session=session)


def _may_pass(error: Exception) -> bool:
    """Whether the same transaction may succeed if it is tried again."""
    from sqlalchemy.exc import DBAPIError

    return isinstance(error, DBAPIError)
