"""The directory: an account's lists, read page by page for many names at once.

It saves requests, and nothing depends on it. A room that it shows is compared as if it had been looked up. A name that is in none
of the lists counts as free only where the lists were read to their end and prove it; any doubt means that the name is
looked up by itself, and the create settles every race as it does without a directory.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.names import fold
from airflow_provider_rooms.vendors.contract.rooms import Existing
from airflow_provider_rooms.vendors.flow import MOST_PAGES
from airflow_provider_rooms.vendors.known import Known
from airflow_provider_rooms.vendors.plans import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_rooms.models import Room, RoomSpec
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.contract.listing import Listing, ListPage, RoomList
    from airflow_provider_rooms.vendors.flow import Flow

#: Rooms that are looked at to find one of which the list does not show everything.
_SAMPLES = 20
#: The part of a budget that may go into a list of closed rooms.
_CLOSED_SHARE = 3


class Budget:
    """How many pages may be read, so that it never costs much more than to ask for each room by itself.

    :param rooms: how many rooms the directory is read for.
    :param creating: they are created and read back where they are missing; else they are only looked up.
    """

    def __init__(self, vendor: Vendor, rooms: int, *, creating: bool = False) -> None:
        listing = vendor.listing(())
        looks = listing.looks if listing else 0
        made = 0 if not creating else 1 if vendor.create_shows_all else 2
        #: How many pages are left for lists that do not tell how long they are: a tenth of all that asking one by one would cost.
        self.pages = rooms * (looks + made) // 10
        #: How many of them may go into one list of closed rooms, of which an account may have years.
        self.closed = self.pages // _CLOSED_SHARE
        #: The longest list that is read where page 1 tells: half of the look-ups that it replaces.
        self.longest = rooms * looks // 2

    def narrow(self, rooms: int) -> None:
        """From now on it is about so many rooms, one request each: more than half of them is never spent."""
        self.longest = rooms // 2
        self.pages = min(self.pages, rooms // 2)


class Directory:
    """What an account's lists show of some names.

    :param specs: what is asked for, by room name with the prefix.
    :param open_rooms: keeps each open room that it is given, whatever its name; the lists of open rooms are then read to their
        end, without a budget.
    """

    def __init__(
        self, vendor: Vendor, specs: Mapping[str, RoomSpec], open_rooms: Callable[[Room], None] | None = None
    ) -> None:
        self._vendor = vendor
        self._specs = specs
        self._open_rooms = open_rooms
        self._wanted: dict[str, list[str]] = {}
        for name in specs:
            for spelling in vendor.spellings(name):
                self._wanted.setdefault(spelling, []).append(name)
        #: Names of which no list shows anything yet.
        self._pending = set(specs)
        #: Entries of open rooms, as text: thousands of dicts would be ten times as large.
        self._shown: dict[str, tuple[str, str]] = {}
        self._shows_closed = False
        self._proven = False
        self._whole = False
        self._until = math.inf
        #: Whether the lists of open rooms were read to their end.
        self.read_all_open = False

    def shows(self, name: str) -> bool:
        """Whether the room of that name was seen and open."""
        return name in self._shown

    def take(self, name: str) -> Known | None:
        """What is known about a name; None where it has to be looked up by itself. An entry is let go once it is taken."""
        if name in self._shown:
            _, text = self._shown.pop(name)
            return Known(existing=Existing(name=name, answer=json.loads(text)), whole=self._whole)
        if self._proven and name in self._pending:
            return Known(existing=None, until=self._until)
        return None

    # -- reading --------------------------------------------------------------------------------------------------------

    def read(self, listing: Listing, budget: Budget, *, only_open: bool) -> Flow[None]:
        """Read the lists, as far as they are needed and the budget goes.

        A vendor that fails ends it: what was seen counts, what was not seen does not.
        """
        try:
            proven = yield from self._lists(listing, budget, only_open=only_open)
            self._until = self._vendor.runtime.monotonic() + listing.counts_for
            self._proven = proven and not only_open and (self._shows_closed or not listing.needs_closed)
            if listing.whole:
                self._whole = yield from self._shows_everything()
        except errors.RoomsError:
            return

    def _lists(self, listing: Listing, budget: Budget, *, only_open: bool) -> Flow[bool]:
        """Whether every list was read to its end."""
        proven = True
        every_open = True
        for number, of in enumerate(listing.lists):
            whole = of.open and self._open_rooms is not None
            # A list of closed rooms proves something only together with the others.
            if not whole and (not self._pending or (not of.open and (only_open or not proven))):
                continue
            ended = yield from self._list(of, budget, whole=whole, again=of in listing.lists[:number])
            proven = proven and ended
            every_open = every_open and (ended or not of.open)
        self.read_all_open = self._open_rooms is not None and every_open
        return proven

    def _list(self, of: RoomList, budget: Budget, *, whole: bool, again: bool) -> Flow[bool]:
        """Whether it was read to its end and told nothing that contradicts itself."""
        longest: float = budget.pages if of.open or again else min(budget.pages, budget.closed)
        seen: dict[str, None] = {}
        first: list[str] = []
        total: int | None = None
        steady, ended, short = True, False, False
        #: Whether the first page was the whole list, so that its order does not matter.
        alone = True
        cursor: Any = None
        for number in range(1, MOST_PAGES):
            if not whole and number > longest:
                return False
            page: ListPage = yield from self._vendor.room_page(of, cursor)
            if not whole and (number == 1 or total is None):
                budget.pages = max(0, budget.pages - 1)
            if ended:
                return steady and self._starts_alike(page, first, seen)
            # A page that is no full one was the last, or it was cut.
            steady = steady and not (short and page.items)
            for item in page.items:
                steady = self._add(item, seen) and steady
            if not whole and not self._pending:
                return False
            if number == 1:
                first, total = list(seen), page.total
                if page.pages is not None:
                    longest = page.pages + 1 if page.pages <= budget.longest else 1
            short = page.granted is not None and len(page.items) < page.granted
            # Where a list does not tell its length, only an empty page ends it for certain.
            cursor = page.following if page.following is not None else page.beyond
            alone = (short or cursor is None) if number == 1 else alone and not page.items
            if cursor is None:
                if total is not None or not steady or alone:
                    return steady if total is None else len(seen) >= total
                ended = True
        return False

    def _starts_alike(self, page: ListPage, first: list[str], seen: dict[str, None]) -> bool:
        """Whether the list begins as it did: else it changes its order, and a room may have moved to where it was not seen."""
        before = set(first)
        kept: list[str] = []
        for item in page.items:
            room_id = str(item.get(self._vendor.id_field))
            if room_id in before:
                kept.append(room_id)
            elif room_id not in seen:
                self._add(item, seen)
        return kept == first[: len(kept)]

    def _add(self, item: Mapping[str, Any], seen: dict[str, None]) -> bool:
        """Note what an entry tells; False where it is none, or was told before: then some other may have been left out."""
        vendor = self._vendor
        room_id, shown = item.get(vendor.id_field), item.get(vendor.name_field)
        if not isinstance(room_id, str) or not room_id or room_id in seen:
            return False
        seen[room_id] = None
        closed = vendor.is_closed(item)
        self._shows_closed = self._shows_closed or closed
        if self._open_rooms is not None and not closed:
            self._open_rooms(vendor.room(item))
        if not isinstance(shown, str):
            return shown is None
        for name in self._meant(shown):
            self._note(name, room_id, item, closed=closed)
        if (first := vendor.numbered(shown)) is not None:
            # A room that took over from a closed one, unless it is that other class's own.
            for name in self._meant(first):
                self._pending.discard(name)
        return True

    def _note(self, name: str, room_id: str, item: Mapping[str, Any], *, closed: bool) -> None:
        self._pending.discard(name)
        known = self._shown.get(name)
        if not closed and (known is None or known[0] == room_id):
            self._shown[name] = room_id, json.dumps(item)
        elif known is None or known[0] == room_id or not closed:
            # Closed since, or two of one name.
            self._shown.pop(name, None)

    def _meant(self, shown: str) -> Iterator[str]:
        for name in self._wanted.get(fold(shown), ()):
            if self._vendor.same_name(shown, name):
                yield name

    def _shows_everything(self) -> Flow[bool]:
        """Whether the list shows as much as the rooms themselves, by reading one of those of which it does not show all."""
        vendor = self._vendor
        for name, (room_id, text) in list(self._shown.items())[:_SAMPLES]:
            plan = make_plan(vendor, self._specs[name])
            _, hidden = vendor.drift(json.loads(text), plan)
            if hidden:
                answer = yield from vendor.read(room_id)
                return set(hidden) <= set(vendor.drift(answer, plan)[1])
        return False


def read_directory(
    vendor: Vendor,
    specs: Mapping[str, RoomSpec],
    budget: Budget,
    *,
    only_open: bool = False,
    open_rooms: Callable[[Room], None] | None = None,
) -> Flow[Directory]:
    """What the account's lists show of these names; see :class:`Directory`.

    :param budget: what may be spent; it is used up by that much.
    :param only_open: the rooms are there, and only seen again.
    """
    directory = Directory(vendor, specs, open_rooms)
    listing = vendor.listing(specs.values())
    if listing is not None and (budget.pages or open_rooms is not None):
        yield from directory.read(listing, budget, only_open=only_open)
    return directory
