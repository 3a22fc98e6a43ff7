"""The optional part of the contract about events found by asking: what the lists of an account tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.api import Api, optional

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from airflow_provider_rooms.models import EventType, RoomEvent
    from airflow_provider_rooms.vendors.flow import Flow


#: Types of events by what they happen to, which is what vendors have lists of.
OF_SESSIONS: frozenset[EventType] = frozenset({"session_started", "session_ended"})
OF_RECORDINGS: frozenset[EventType] = frozenset({"recording_started", "recording_ready", "recording_failed"})
OF_PEOPLE: frozenset[EventType] = frozenset({"participant_joined", "participant_left"})
OF_TRANSCRIPTS: frozenset[EventType] = frozenset({"transcript_ready"})
#: Each is asked for by itself: a long session must not make the list of recordings longer.
GROUPS = (OF_SESSIONS, OF_RECORDINGS, OF_PEOPLE, OF_TRANSCRIPTS)


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A session or a recording, say, as a list shows it now, and what has happened to it so far.

    :param id: tells it apart from everything else of its account.
    :param began: by the vendor's clock; the same each time that the list is read.
    :param over: nothing more will happen to it.
    :param events: what has happened, with the ids that the vendor's webhooks give the same events.
    """

    id: str
    began: dt.datetime
    over: bool
    events: Sequence[RoomEvent] = ()


class Watching(Api):
    """Events without webhooks."""

    #: Types of events that the vendor's lists tell, under the ids that its webhooks give.
    watchable: ClassVar[Collection[EventType]] = ()

    @optional("has no lists that tell what happened in the account")
    def happened_since(self, since: dt.datetime, types: Collection[EventType], *, over: dt.datetime) -> Flow[None]:
        """Pages of :class:`Thing`: the sessions and recordings that began since then, those that are not over too.

        It may list older things and some of them twice, the later time as the vendor showed it later.

        :param types: what is asked for, all of it watchable.
        :param over: not before ``since``; things that were over before this were read already and may be left out.
        """
        raise NotImplementedError

    def check_watchable(self, kind: EventType) -> None:
        """Refuse a type of event that the lists do not tell.

        :raises UnsupportedError: it is none of :attr:`watchable`, which the error names.
        """
        if kind not in self.watchable:
            can = ", ".join(sorted(self.watchable))
            raise errors.UnsupportedError(
                f"watch: no list of {self.title} tells of {kind}.",
                vendor=self.title,
                advice=f"Receive it by webhook; see docs/events.md. {f'Watchable are {can}.' if can else ''}".strip(),
            )
