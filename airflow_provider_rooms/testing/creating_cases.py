"""What can be asked for and what may be there already: one table for all vendors and three ways to ask.

A case prepares its room through the vendor, as another task or a person would have left it, and then asks. Whoever asks, the
hook, its awaitable twin or the operator in a DAG, must get the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.testing.rows import By, by_closing, by_updates

if TYPE_CHECKING:
    from airflow_provider_rooms.testing.traits import Traits


@dataclass
class Place:
    """A room name at a vendor, before and while it is asked for."""

    traits: Traits
    name: str
    hook: Any
    box: Any
    now: dt.datetime
    #: The id of the room that was there before, to be found again.
    before: str | None = None

    def make(self, **spec: Any) -> None:
        """Somebody makes the room."""
        self.before = self.hook.ensure_room({"name": self.name, **spec}).id

    def close(self) -> None:
        """Somebody closes it."""
        self.hook.close_room(self.before or self.name)
        if self.traits.lingers:
            self.box.advance(self.traits.lingers)

    def reopen(self) -> None:
        """Somebody reopens it."""
        self.before = self.hook.ensure_room({"name": self.name}, on_closed="reopen").id

    def at(self, minutes: float) -> str:
        """A time, by minutes from now."""
        return (self.now + dt.timedelta(minutes=minutes)).isoformat()


Step = Callable[[Place], None]
Spec = Callable[[Place], Mapping[str, Any]]


def nothing(place: Place) -> None:
    """There is no such room."""


def plain(place: Place) -> None:
    """There is one."""
    place.make()


def sampled(place: Place) -> None:
    """There is one, with the settings that are asked for."""
    place.make(**place.traits.sample)


def different(place: Place) -> None:
    """There is one, with other settings."""
    place.make(**place.traits.other)


def closed(place: Place) -> None:
    """It was closed."""
    place.make()
    place.close()


def closed_twice(place: Place) -> None:
    """It was closed, reopened, and closed again."""
    closed(place)
    place.reopen()
    place.close()


def reopened(place: Place) -> None:
    """It was closed and reopened."""
    closed(place)
    place.reopen()


def different_and_closed(place: Place) -> None:
    """It had other settings, and was closed."""
    different(place)
    place.close()


def made_during_class(place: Place) -> None:
    """The class has begun, and its room is there."""
    place.make(**running(place))


def closed_during_class(place: Place) -> None:
    """The class has begun, and its room was closed."""
    made_during_class(place)
    place.close()


def used(place: Place) -> None:
    """People were in the room."""
    place.make()
    place.box.start_session(place.traits.conn_type, place.name)
    place.box.end_session(place.traits.conn_type, place.name)


def just_the_name(place: Place) -> Mapping[str, Any]:
    """No settings."""
    return {}


def sample(place: Place) -> Mapping[str, Any]:
    """Settings that the vendor shows."""
    return place.traits.sample


def texts(place: Place) -> Mapping[str, Any]:
    """The same as a template makes them."""
    return {**{name: str(value) for name, value in place.traits.sample.items()}, "starts_at": "", "webhook": "None"}


def running(place: Place) -> Mapping[str, Any]:
    """The class began 20 minutes ago and ends in 40."""
    return {"starts_at": place.at(-20), "ends_at": place.at(40)}


def given(**spec: Any) -> Spec:
    """These settings, whatever the vendor; numbers are minutes from now."""
    return lambda place: {key: place.at(value) if isinstance(value, int) else value for key, value in spec.items()}


def trait(name: str) -> Spec:
    """Settings by the name of the trait."""
    return lambda place: getattr(place.traits, name)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table.

    :param before: what is there.
    :param spec: what is asked for, besides the name.
    :param asks: ``on_drift`` and ``on_closed``.
    :param ends: the outcome, ``skip``, or the kind of error.
    :param says: words of the error.
    :param same: whether it is the room that was there before; None where there was none.
    :param rooms: how many rooms carry the name afterwards, usable or not, those that took over included.
    :param usable: how many of them are usable.
    :param drift: fields that differ from what was asked, reported in the room or the error.
    :param unverified: fields of which the vendor does not tell.
    :param later: the vendors' clock is moved on by 61 minutes after ``before``.
    :param only: whether it can happen at a vendor.
    """

    before: Step = nothing
    spec: Spec = just_the_name
    asks: Mapping[str, str] = field(default_factory=dict)
    ends: Any = "created"
    says: Any = ""
    same: Any = None
    rooms: Any = 1
    usable: Any = 1
    drift: Any = ()
    unverified: Any = ()
    later: bool = False
    only: Callable[[Traits], bool] = lambda traits: True


DRIFTS = By(lambda traits: (traits.drifts,))
UPDATE: Mapping[str, str] = {"on_drift": "update"}
REOPEN: Mapping[str, str] = {"on_closed": "reopen"}
#: How many rooms there are after one was closed and reopened.
TOOK_OVER = by_closing(in_place=1, final=2, deletes=1)
REOPENED = by_closing(in_place="reopened", final="reopened", deletes="created")
#: It is the same room where it can be opened again. What was deleted leaves nothing: its id may be given again or not.
SAME_REOPENED = by_closing(in_place=True, final=False, deletes=None)
CLOSED = by_closing(in_place=errors.RoomClosedError, final=errors.RoomClosedError, deletes="created")
UNUSABLE = by_closing(in_place=0, final=0, deletes=1)


def _opens_again(traits: Traits) -> bool:
    return traits.closing == "in_place" and traits.updates


def _refused(says: str, spec: Spec, **cells: Any) -> Case:
    return Case(spec=spec, says=says, rooms=0, usable=0, **{"ends": errors.InvalidSpecError, **cells})


CASES: dict[str, Case] = {
    # there is none
    "nothing there": Case(),
    "nothing there, with settings": Case(spec=sample),
    "settings that are not shown": Case(
        spec=lambda place: place.traits.unshown[0] if place.traits.unshown else {},
        only=lambda traits: traits.unshown is not None,
        unverified=By(lambda traits: traits.unshown and traits.unshown[1]),
    ),
    "a name made of parts": Case(spec=lambda place: {"name": [place.name, "Élan", "2026-11-20"]}),
    "texts of a template": Case(spec=texts),
    # there is one
    "the same there": Case(before=plain, ends="found", same=True),
    "the same there, with settings": Case(before=sampled, spec=sample, ends="found", same=True),
    "there with more settings than asked": Case(before=sampled, ends="found", same=True),
    "there with other settings": Case(
        before=different,
        spec=sample,
        ends=errors.DriftError,
        says="The room exists with other settings",
        drift=DRIFTS,
    ),
    "other settings, ignored": Case(
        before=different, spec=sample, asks={"on_drift": "ignore"}, ends="found", same=True, drift=DRIFTS
    ),
    "other settings, updated": Case(
        before=different,
        spec=sample,
        asks=UPDATE,
        ends=by_updates(yes="updated", no=errors.UnsupportedError),
        says=by_updates(yes="", no="cannot change the settings"),
        same=by_updates(yes=True, no=None),
    ),
    "the same, to be updated": Case(
        before=plain, asks=UPDATE, only=lambda traits: traits.updates, ends="found", same=True
    ),
    # it was closed
    "closed": Case(
        before=closed,
        ends=CLOSED,
        says=by_closing(
            **dict.fromkeys(["in_place", "final"], 'set on_closed="reopen" or use another name'), deletes=""
        ),
        usable=UNUSABLE,
    ),
    "closed, reopened": Case(before=closed, asks=REOPEN, ends=REOPENED, same=SAME_REOPENED, rooms=TOOK_OVER),
    "closed twice, reopened": Case(
        before=closed_twice,
        asks=REOPEN,
        ends=REOPENED,
        same=SAME_REOPENED,
        rooms=by_closing(in_place=1, final=3, deletes=1),
    ),
    "closed with other settings, reopened": Case(
        before=different_and_closed,
        spec=sample,
        asks=REOPEN,
        # the old room would be open with settings that nobody asked for
        ends=by_closing(in_place=errors.DriftError, final="reopened", deletes="created"),
        same=by_closing(in_place=None, final=False, deletes=None),
        rooms=TOOK_OVER,
        usable=by_closing(in_place=0, final=1, deletes=1),
    ),
    "closed with other settings, reopened and updated": Case(
        before=different_and_closed,
        spec=sample,
        asks={**REOPEN, **UPDATE},
        only=_opens_again,
        ends="reopened",
        same=True,
    ),
    "closed with other settings, reopened and ignored": Case(
        before=different_and_closed,
        spec=sample,
        asks={**REOPEN, "on_drift": "ignore"},
        only=_opens_again,
        ends="reopened",
        same=True,
        drift=DRIFTS,
    ),
    "reopened before": Case(before=reopened, ends="found", same=True, rooms=TOOK_OVER),
    # time
    "the class begins soon": Case(spec=given(starts_at=20, ends_at=80)),
    "the class is running": Case(spec=running),
    "the class is running, its room there": Case(before=made_during_class, spec=running, ends="found", same=True),
    "the class is running, its room closed": Case(
        before=closed_during_class, spec=running, ends=CLOSED, usable=UNUSABLE
    ),
    "the class is running, its room closed, reopened": Case(
        before=closed_during_class, spec=running, asks=REOPEN, ends=REOPENED, same=SAME_REOPENED, rooms=TOOK_OVER
    ),
    "the class is over, no room": Case(
        spec=given(starts_at=-200, ends_at=-140),
        ends="skip",
        says="The class is over and has no room",
        rooms=0,
        usable=0,
    ),
    "over without an end, no room": Case(spec=given(starts_at=-13 * 60), ends="skip", rooms=0, usable=0),
    "begun eleven hours ago, without an end": Case(spec=given(starts_at=-11 * 60)),
    "the class is over, its room there": Case(
        before=plain, spec=given(starts_at=-80, ends_at=-20), ends="found", same=True
    ),
    "the class is over, its room closed": Case(
        before=closed,
        # the room was closed just now: the class ends within the same second
        spec=given(starts_at=-60, ends_at=0),
        ends=by_closing(in_place="found", final="found", deletes="skip"),
        same=by_closing(in_place=True, final=True, deletes=None),
        rooms=by_closing(in_place=1, final=1, deletes=0),
        usable=0,
    ),
    "an end before the start": _refused("is not after starts_at", given(starts_at=60, ends_at=30)),
    # the vendor's own clock
    "unused for an hour": Case(before=plain, later=True, ends="found", same=True),
    "used, then empty for an hour": Case(before=used, later=True, ends="found", same=True),
    # bad input
    "a field that is unknown": _refused("Did you mean 'max_participants'?", given(max_participant="10")),
    "an option that is unknown": _refused("Did you mean", trait("misspelt")),
    "out of range": _refused("", trait("out_of_range")),
    "what the vendor cannot": _refused(
        "", trait("cannot"), ends=errors.UnsupportedError, only=lambda traits: traits.cannot is not None
    ),
    "a contradiction": _refused("but the parameters already set it to", trait("contradiction")),
    "a naive time": _refused("has no time zone", given(starts_at="2026-11-20T09:00:00")),
    "a bad name": _refused("", lambda place: {"name": f"{place.name} with spaces"}),
    "a policy that does not exist": _refused(
        "'overwrite' is not one of fail, ignore, update", just_the_name, asks={"on_drift": "overwrite"}
    ),
}


def carries(shown: str, name: str) -> bool:
    """Whether a name of a room is the one that was asked for, made of it, or of a room that took over from it."""
    return re.fullmatch(rf"{re.escape(name)}(-r\d+)?(_elan_.*)?", shown) is not None
