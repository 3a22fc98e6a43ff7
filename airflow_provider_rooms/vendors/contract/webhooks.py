"""The optional part of the contract about webhooks: what the vendor reports to a receiver."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.models import EventType, RoomEvent
from airflow_provider_rooms.vendors.contract.api import Api, optional
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.flow import DEEPEST, deeper_than
from airflow_provider_rooms.vendors.presence import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.vendors.flow import Flow


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One request of a vendor to the receiver, as it came.

    :param query: the query string as it stands in the request line.
    :param headers: names in lower case, every one of them as often as it came.
    """

    method: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """A header that came exactly once; one that came twice says nothing that could be trusted."""
        found = [value for key, value in self.headers if key == name]
        return found[0] if len(found) == 1 else None


class Webhooks(Api):
    """Deliveries: whether they are the vendor's, and what they tell. The first two methods go together."""

    @optional("does not report events by webhook")
    def is_genuine(self, delivery: Delivery, key: str | None) -> bool:
        """Whether the vendor sent exactly this delivery, for this connection. Looks at the raw bytes, in constant time.

        :param key: what :meth:`webhook_key` read; None where nothing has to be read.
        """
        raise NotImplementedError

    @optional("does not report events by webhook")
    def read_delivery(self, delivery: Delivery) -> list[RoomEvent]:
        """What a genuine delivery tells; an event that is not in the vendor's table is ``other``.

        :raises ValueError: it is nothing of this vendor's.
        """
        raise NotImplementedError

    def webhook_key(self) -> Flow[str | None]:
        """What signatures are checked with, where the connection does not hold it; kept by the caller."""
        yield from ()
        return None

    def may_report(self) -> bool:
        """Whether the connection has what deliveries are checked by; without it, all of them are refused."""
        return True

    def look_after(self, event: RoomEvent) -> float | None:
        """Seconds after which to look at the room again for what this event brings about; None: not at all.

        For vendors whose reports leave out what :meth:`happened_in` finds.
        """
        return None

    def happened_in(self, room: Room) -> Flow[list[RoomEvent]]:
        """What has happened in a room as far as the vendor does not report it; the same events each time it is read."""
        yield from ()
        return []

    def event(self, kind: EventType, *parts: str | None, happened_at: Any = None, **known: Any) -> RoomEvent:
        """An event of this vendor.

        :param parts: what tells it apart from every other event of its type, in the vendor's own ids.
        :param happened_at: the vendor's time.
        :param known: further fields; empty ones are left out.
        """
        moment = parse_time(happened_at)
        return RoomEvent(
            id=":".join([kind, *(part or "" for part in parts)]),
            type=kind,
            vendor=self.name,
            conn_id=self.config.conn_id,
            happened_at=iso(moment) if moment else None,
            **{name: str(value) for name, value in known.items() if value not in (None, "")},
        )


def same(given: str | None, *expected: str) -> bool:
    """Whether a text that came from outside is one of those expected, in constant time."""
    raw = (given or "").encode("utf-8", "replace")
    # all of them are compared, whichever it is
    return any(hmac.compare_digest(raw, text.encode()) for text in expected)


def read_object(body: bytes) -> Mapping[str, Any]:
    """The body of a delivery as a JSON object.

    :raises ValueError: it is not one, or nested deeper than any vendor's.
    """
    try:
        loaded = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(loaded, Mapping) or deeper_than(DEEPEST, loaded):
        raise ValueError("not a JSON object")
    return loaded


def digest(kind: str, told: Mapping[str, Any], *, without: Iterable[str] = ()) -> str:
    """A short text for what a delivery tells, the same for each repetition of it.

    :param without: endings of fields that differ from one telling to the next, such as those of signed links.
    """
    endings = tuple(without)
    kept = {key: value for key, value in told.items() if not (endings and key.endswith(endings))}
    text = json.dumps([kind, kept], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
