"""The receiver: a small ASGI application that takes the vendors' webhooks, mounted in Airflow's API server.

It is open to the internet and signs nobody in: whatever is not a genuine delivery for a connection that takes part gets the same
answer at the same time, and nothing of a body is logged.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from airflow_provider_rooms.errors import PassingError, RoomsError
from airflow_provider_rooms.events.participants import Participants
from airflow_provider_rooms.events.publishing import WEEK
from airflow_provider_rooms.vendors.contract.webhooks import Delivery
from airflow_provider_rooms.vendors.presence import iso

if TYPE_CHECKING:
    from airflow_provider_rooms.events.participants import TakesPart
    from airflow_provider_rooms.models import RoomEvent

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: Larger than any delivery, in bytes.
LARGEST_BODY = 256 * 1024
#: A body must be here by then, in seconds.
LONGEST_READ = 10.0
#: When a refusal is answered, in seconds after the request, whatever the reason.
REFUSED_AFTER = 0.5
#: Deliveries that wait to be stored; more are told to come again.
MOST_WAITING = 5000
#: Events stored in one transaction at most, so that nobody waits long for a lock.
MOST_AT_ONCE = 200
#: Rooms that are to be looked at later, and how often one is tried when the vendor does not answer.
MOST_LOOKS, LOOK_TRIES, LOOK_PAUSE = 10_000, 5, 60.0


class Publishes(Protocol):
    """Where events go."""

    def publish(self, events: Sequence[RoomEvent]) -> int:
        """Store them all, or raise."""
        ...


class Receiver:
    """Answers ``POST`` and ``GET`` at ``/<conn_id>``: 200 stored, 403 refused, 413 too large, 503 not stored."""

    def __init__(self, publisher: Publishes, participants: Participants | None = None) -> None:
        self._participants = participants or Participants()
        self._queue = _Queue(publisher)
        self._looks: dict[tuple[str, str, float], asyncio.Task[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + REFUSED_AFTER
        try:
            async with asyncio.timeout(LONGEST_READ):
                body = await _body(scope, receive)
        except TimeoutError:
            await _answer(send, 403)
            return
        if body is None:
            await _answer(send, 413)
            return
        try:
            status = await self._take(scope, body)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was stored, and nothing of it may be shown
            log.error("A webhook could not be stored (%s).", type(error).__name__)
            status = 503
        if status == 403:
            await asyncio.sleep(until - loop.time())
        await _answer(send, status)

    async def _take(self, scope: Scope, body: bytes) -> int:
        path = scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
        delivery = Delivery(
            method=scope["method"],
            query=scope["query_string"].decode("latin-1"),
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
            ),
            body=body,
        )
        known = await self._participants.find(unquote(path))
        if known is None or not await known.is_genuine(delivery):
            return 403
        try:
            events = known.vendor.read_delivery(delivery)
        except ValueError:
            # Genuine, but nothing that could be told: the vendor need not send it again.
            log.warning("Connection %r: a genuine webhook could not be read.", known.conn_id)
            return 200
        oldest = iso(dt.datetime.now(dt.UTC) - WEEK)
        fresh = [event for event in events if not event.happened_at or event.happened_at >= oldest]
        if events and not fresh:
            return 403  # somebody kept it until its id was forgotten
        await self._queue.store(fresh)
        for event in fresh:
            self._look_later(known, event)
        return 200

    # -- what the vendor does not report ---------------------------------------------------------------------------------

    async def look_again(self, events: Sequence[RoomEvent]) -> None:
        """Look at the rooms of events that were taken before a restart: what they ask for was perhaps not looked at yet."""
        for event in events:
            known = await self._find_in_time(event.conn_id)
            if known is not None:
                self._look_later(known, event)

    async def _find_in_time(self, conn_id: str) -> TakesPart | None:
        for tries_left in reversed(range(LOOK_TRIES)):
            try:
                return await self._participants.find(conn_id, trusted=True)
            except PassingError as error:
                log.warning("Connection %r could not be looked up (%s).", conn_id, type(error).__name__)
                if tries_left:
                    await asyncio.sleep(LOOK_PAUSE)
        return None

    def _look_later(self, known: TakesPart, event: RoomEvent) -> None:
        """Have the room looked at once for all events that ask for it at about the same time."""
        delay = known.vendor.look_after(event)
        if delay is None or event.room_id is None:
            return
        key = (known.conn_id, event.room_id, delay)
        if (waiting := self._looks.get(key)) is not None:
            if delay <= REFUSED_AFTER or len(self._looks) < MOST_LOOKS:
                waiting.cancel()  # the newest counts: somebody may have come back
            else:
                return
        elif len(self._looks) >= MOST_LOOKS:
            log.warning(
                "Connection %r: too many rooms to check at once; the watcher may find the events.", known.conn_id
            )
            return
        task = self._looks[key] = asyncio.create_task(self._look(known, event.room_id, delay))
        task.add_done_callback(lambda done: self._looks.pop(key) if self._looks.get(key) is done else None)

    async def _look(self, known: TakesPart, room_id: str, delay: float) -> None:
        await asyncio.sleep(delay)
        for _ in range(LOOK_TRIES):
            try:
                await self._queue.store(await known.look(room_id))
                return
            except RoomsError as error:
                log.warning(
                    "Connection %r: room %s could not be checked (%s).", known.conn_id, room_id, type(error).__name__
                )
            except Exception as error:  # noqa: BLE001 - the database: tried again
                log.error("The events found in a room could not be stored (%s).", type(error).__name__)
            await asyncio.sleep(LOOK_PAUSE)


class _Queue:
    """Deliveries that wait together are stored in one transaction, in a thread beside the event loop."""

    def __init__(self, publisher: Publishes) -> None:
        self._publisher = publisher
        self._waiting: list[tuple[Sequence[RoomEvent], asyncio.Future[None]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def store(self, events: Sequence[RoomEvent]) -> None:
        """Returns when they are stored.

        :raises Exception: they are not.
        """
        if not events:
            return
        if len(self._waiting) >= MOST_WAITING:
            raise OverflowError("too many deliveries are waiting")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                await asyncio.to_thread(self._publisher.publish, [event for events, _ in batch for event in events])
            except Exception as error:  # noqa: BLE001 - told to each that waits
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body; None as soon as it is too large."""
    for name, value in scope["headers"]:
        if name.lower() == b"content-length" and (not value.isdigit() or len(value) > 9 or int(value) > LARGEST_BODY):
            return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise TimeoutError
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return bytes(body)


_TEXTS = {200: b"stored", 403: b"refused", 413: b"too large", 503: b"try again"}


async def _answer(send: Send, status: int) -> None:
    text = _TEXTS[status]
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    if status == 413:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
