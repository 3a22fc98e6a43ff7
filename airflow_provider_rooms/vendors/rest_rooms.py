"""The life of a room where rooms are a resource of a REST API: read, listed and created the usual way."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.names import numbered_name
from airflow_provider_rooms.vendors.contract.rooms import Answer, Closing, Existing, Rooms
from airflow_provider_rooms.vendors.rest import Item, Resource, Rest, newest_first, or_none

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.contract.listing import ListPage, RoomList
    from airflow_provider_rooms.vendors.contract.plan import Plan
    from airflow_provider_rooms.vendors.flow import Flow

#: Nobody un-cancels one class more often than this.
LAST_NUMBER = 20
_NUMBER = re.compile(r"(?<=.)-r\d+$")


class RestRooms(Rest, Rooms):
    """Rooms under one path; what is left to the vendor is how it finds them by name and how it closes them."""

    rooms: ClassVar[Resource]
    #: Filters of the lists that are all rooms together, where open ones are listed apart that of the open ones first.
    room_lists: ClassVar[tuple[Item, ...]] = ({},)
    #: HTTP statuses or error codes by which a create says that the name is taken.
    taken: ClassVar[frozenset[int | str]] = frozenset()

    def seeks(self, path: str) -> bool:
        """Not where rooms are created and listed: requests there name nothing that could be missing."""
        return path != self.rooms.path

    def read(self, room_id: str) -> Flow[Answer]:
        """GET one room by its id."""
        return self.fetch(self.rooms.at(room_id), self.a_room(room_id=room_id), room=room_id)

    def named(self, name: str) -> Flow[Answer | None]:
        """GET one room by its name, in the place of its id."""
        return or_none(self.fetch(self.rooms.at(name), self.a_room(name), room=name))

    def create(self, name: str, plan: Plan) -> Flow[Answer | None]:
        """POST a room; a try may be repeated, since the name is the vendor's own key."""
        lost: list[bool] = []
        try:
            answer = yield from self.send(name, plan, ambiguous=lambda: lost.append(True))
        except errors.RequestRefusedError as error:
            if not self.taken & {error.status, error.code}:
                raise
            # There was none before; if an answer of ours was lost, then it is the room that we made.
            held = (yield from self.named(name)) if lost else None
            return None if held is None or self.is_closed(held) else held
        # A room that was closed in between may come back closed: look again.
        return None if self.is_closed(answer) else answer

    def send(self, name: str, plan: Plan, **kwargs: Any) -> Flow[Answer]:
        """The create request itself; see :meth:`exchange`."""
        body = self.with_secrets({**plan.body, self.key_field: name})
        return self.submit(self.rooms.path, self.a_room(name), body, room=name, repeatable=True, **kwargs)

    def change(self, room_id: str, body: Mapping[str, Any], **kwargs: Any) -> Flow[Answer]:
        """POST to one room, which sets it to what the body says and may be repeated.

        :raises NotFoundError: there is none.
        """
        kwargs.setdefault("room", room_id)
        return self.submit(self.rooms.at(room_id), self.a_room(room_id=room_id), body, repeatable=True, **kwargs)

    def room_page(self, of: RoomList, cursor: Any) -> Flow[ListPage]:
        """GET a page of the list of rooms."""
        return self.list_page(self.rooms, of.filters, cursor)

    def list_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """GET the lists, one after the other."""
        for filters in self.room_lists:
            yield from self.listed(self.rooms, filters, self.room, keep)

    def made_between(self, since: dt.datetime, until: dt.datetime) -> Item:
        """Filters of the lists for rooms made in that time, where they have such."""
        return {}

    def past_rooms(self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]) -> Flow[None]:
        """The same lists, as far back as that."""
        for filters in self.room_lists:
            rooms = self.listed(self.rooms, {**filters, **self.made_between(since, until)}, self.room)
            yield from newest_first(rooms, lambda room: room.created_at, since)

    def list_open_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """GET the list of open rooms, or pick them from the only list."""
        if len(self.room_lists) == 1:
            return super().list_open_rooms(keep)
        return self.listed(self.rooms, self.room_lists[0], self.room, keep)


class NumberedRooms(RestRooms):
    """Rooms that are closed for good and keep their names: ``name-r2``, ``name-r3`` … take over, found by the same rule."""

    closing: ClassVar[Closing] = "final"

    def look_up(self, name: str, spec: RoomSpec) -> Flow[Existing | None]:
        """The first room of the name, or of those that took over from it, that is open; else the last closed one."""
        last: Existing | None = None
        for numbered in self.names_of(name):
            answer = yield from self.named(numbered)
            if answer is None:
                break
            last = Existing(name=numbered, answer=answer, closed=self.is_closed(answer))
            if not last.closed:
                break
        return last

    def names_of(self, name: str) -> Sequence[str]:
        """``name``, ``name-r2``, ``name-r3`` …"""
        return [numbered_name(name, number) for number in range(1, LAST_NUMBER + 1)]

    def first_name(self, shown: str) -> Flow[str]:
        """Without the number, where a room of that name was closed: people may call a class ``seminar-r2`` themselves."""
        first = self.numbered(shown)
        answer = (yield from self.named(first)) if first else None
        return first if first and answer and self.is_closed(answer) else shown

    def numbered(self, shown: str) -> str | None:
        """Without the number, where there is one."""
        first = _NUMBER.sub("", shown)
        return first if first != shown else None

    def reopen(self, existing: Existing, plan: Plan) -> Flow[Answer | None]:
        """A new room under the next number takes over."""
        for closed, following in pairwise(self.names_of(plan.name)):
            if closed == existing.name:
                return (yield from self.create(following, plan))
        raise errors.RoomClosedError(
            f"This room was already closed and reopened {LAST_NUMBER - 1} times.", vendor=self.title, room=plan.name
        )
