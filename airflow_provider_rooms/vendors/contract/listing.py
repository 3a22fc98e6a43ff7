"""The optional part of the contract about the lists of an account: what they tell about many names at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class RoomList:
    """One of the lists that hold the rooms of an account.

    :param filters: what tells it from the others, and the length of a page.
    :param open: whether open rooms are in it.
    """

    filters: Mapping[str, Any]
    open: bool = True


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The lists of an account, and what it proves that a name is in none of them.

    :param lists: in the order in which they are read; one may be in it twice. A room that is closed or opened meanwhile must
        turn up in one of them.
    :param looks: requests that it takes to look up one name that no room has.
    :param counts_for: seconds for which it counts that a name is in no list.
    :param needs_closed: that a name is in no list proves nothing unless some closed room is: it is not known whether closed
        ones are listed.
    :param whole: an entry shows as much of a room as reading the room does, says the vendor.
    """

    lists: Sequence[RoomList]
    looks: int
    counts_for: float = math.inf
    needs_closed: bool = False
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """A page of a list.

    :param following: the cursor of the next page; None after the last.
    :param beyond: where the list would go on if this page were not the last; None where there is no telling.
    :param granted: how many items a page has that is not the last, where the answer says so.
    :param pages: how many pages the list has, where the answer says so.
    :param total: how many items it has, where the answer says so.
    """

    items: list[Mapping[str, Any]] = field(repr=False)
    following: Any = None
    beyond: Any = None
    granted: int | None = None
    pages: int | None = None
    total: int | None = None
