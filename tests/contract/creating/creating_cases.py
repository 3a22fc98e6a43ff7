"""What can be asked for and what may be there already: one table for three vendors and three ways to ask.

A case prepares its room through the vendor, as another task or a person would have left it, and then asks. Whoever asks, the
hook, its awaitable twin or the operator in a DAG, must get the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_rooms import errors

VENDORS = ("videosdk", "hundredms", "twilio_video")
PREFIX = {"videosdk": "videosdk", "hundredms": "hundredms", "twilio_video": "twilio"}


@dataclass
class Place:
    """A room name at a vendor, before and while it is asked for."""

    conn_type: str
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

    def at(self, minutes: float) -> str:
        """A time, by minutes from now."""
        return (self.now + dt.timedelta(minutes=minutes)).isoformat()


Step = Callable[[Place], None]
End = str | type[Exception]


def nothing(place: Place) -> None:
    """There is no such room."""


def made(**spec: Any) -> Step:
    """There is one, with these settings."""
    return lambda place: place.make(**spec)


def made_and_closed(place: Place) -> None:
    place.make()
    place.close()


def closed_twice(place: Place) -> None:
    """Made, closed, reopened, and closed again."""
    made_and_closed(place)
    place.before = place.hook.ensure_room({"name": place.name}, on_closed="reopen").id
    place.close()


def made_during_class(place: Place) -> None:
    """The class has begun, and its room is there."""
    place.make(starts_at=place.at(-20), ends_at=place.at(40))


def closed_during_class(place: Place) -> None:
    made_during_class(place)
    place.close()


def each(videosdk: Any = None, hundredms: Any = None, twilio_video: Any = None) -> Mapping[str, Any]:
    return {"videosdk": videosdk, "hundredms": hundredms, "twilio_video": twilio_video}


#: Settings that every vendor shows, and others in their place.
SHOWN = each(
    videosdk={"region": "in002", "max_duration": 3600},
    hundredms={"region": "eu", "max_duration": 3600, "description": "Algebra"},
    twilio_video={"region": "ie1", "max_participants": 10},
)
OTHER = each(
    videosdk={"region": "us001", "max_duration": 3600},
    hundredms={"region": "us", "max_duration": 3600, "description": "Algebra"},
    twilio_video={"region": "us1", "max_participants": 10},
)
DRIFTED = each(videosdk="geoFence", hundredms="region", twilio_video="MediaRegion")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table.

    :param before: what is there.
    :param spec: what is asked for; by vendor, or a function of the place.
    :param asks: ``on_drift`` and ``on_closed``.
    :param ends: the outcome, ``skip``, or the kind of error; for all vendors or by vendor.
    :param says: words of the error.
    :param same: whether it is the room that was there before; None where there was none.
    :param rooms: how many rooms carry the name afterwards, usable or not, those that took over included.
    :param usable: how many of them are usable.
    :param drift: fields that differ from what was asked, reported in the room or the error.
    :param later: the vendors' clock is moved on by 61 minutes after ``before``.
    :param only: the vendors that it concerns.
    """

    before: Step | Mapping[str, Step] = nothing
    spec: Any = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=dict)
    ends: End | Mapping[str, End] = "created"
    says: str | Mapping[str, str] = ""
    same: bool | Mapping[str, bool | None] | None = None
    rooms: int | Mapping[str, int] = 1
    usable: int | Mapping[str, int] = 1
    drift: Mapping[str, str] | None = None
    unverified: Mapping[str, list[str]] | None = None
    later: bool = False
    only: tuple[str, ...] = VENDORS


CASES: dict[str, Case] = {
    # there is none
    "nothing there": Case(),
    "nothing there, with settings": Case(spec=SHOWN),
    "settings that are not shown": Case(
        spec={"options": {"TranscriptionsConfiguration": {"languageCode": "en-US"}}},
        only=("twilio_video",),
        unverified=each(twilio_video=["TranscriptionsConfiguration.languageCode"]),
    ),
    "a name made of parts": Case(spec=lambda place: {"name": [place.name, "Élan", "2026-11-20"]}),
    "texts of a template": Case(
        spec=each(
            videosdk={"record": "False", "max_duration": "3600", "starts_at": ""},
            hundredms={"max_participants": "25", "region": "None"},
            twilio_video={"record": "False", "max_participants": "25", "max_duration": "3600"},
        )
    ),
    # there is one
    "the same there": Case(before=made(), ends="found", same=True),
    "the same there, with settings": Case(
        before={vendor: made(**SHOWN[vendor]) for vendor in VENDORS}, spec=SHOWN, ends="found", same=True
    ),
    "there with more settings than asked": Case(
        before={vendor: made(**SHOWN[vendor]) for vendor in VENDORS}, ends="found", same=True
    ),
    "there with other settings": Case(
        before={vendor: made(**OTHER[vendor]) for vendor in VENDORS},
        spec=SHOWN,
        ends=errors.DriftError,
        says="The room exists with other settings",
        drift=DRIFTED,
    ),
    "other settings, ignored": Case(
        before={vendor: made(**OTHER[vendor]) for vendor in VENDORS},
        spec=SHOWN,
        asks={"on_drift": "ignore"},
        ends="found",
        same=True,
        drift=DRIFTED,
    ),
    "other settings, updated": Case(
        before={vendor: made(**OTHER[vendor]) for vendor in VENDORS},
        spec=SHOWN,
        asks={"on_drift": "update"},
        ends=each(errors.UnsupportedError, "updated", errors.UnsupportedError),
        says=each("cannot change the settings", "", "cannot change the settings"),
        same=each(None, True, None),
    ),
    "the same, to be updated": Case(
        before=made(), asks={"on_drift": "update"}, only=("hundredms",), ends="found", same=True
    ),
    # it was closed
    "closed": Case(
        before=made_and_closed,
        ends=errors.RoomClosedError,
        says='Use on_closed="reopen" if the class takes place',
        usable=0,
    ),
    "closed, reopened": Case(
        before=made_and_closed,
        asks={"on_closed": "reopen"},
        ends="reopened",
        same=each(False, True, False),
        rooms=each(2, 1, 2),
    ),
    "closed twice, reopened": Case(
        before=closed_twice,
        asks={"on_closed": "reopen"},
        ends="reopened",
        same=each(False, True, False),
        rooms=each(3, 1, 3),
    ),
    "closed with other settings, reopened": Case(
        before={vendor: lambda place: (place.make(**OTHER[place.conn_type]), place.close()) for vendor in VENDORS},
        spec=SHOWN,
        asks={"on_closed": "reopen"},
        # 100ms opens the old room: it would be open with settings that nobody asked for
        ends=each("reopened", errors.DriftError, "reopened"),
        same=each(False, None, False),
        rooms=each(2, 1, 2),
        usable=each(1, 0, 1),
    ),
    "closed with other settings, reopened and updated": Case(
        before=lambda place: (place.make(**OTHER["hundredms"]), place.close()),
        spec=SHOWN,
        asks={"on_closed": "reopen", "on_drift": "update"},
        only=("hundredms",),
        ends="reopened",
        same=True,
    ),
    "closed with other settings, reopened and ignored": Case(
        before=lambda place: (place.make(**OTHER["hundredms"]), place.close()),
        spec=SHOWN,
        asks={"on_closed": "reopen", "on_drift": "ignore"},
        only=("hundredms",),
        ends="reopened",
        same=True,
        drift=DRIFTED,
    ),
    "reopened before": Case(
        before=lambda place: (
            made_and_closed(place),
            setattr(place, "before", place.hook.ensure_room({"name": place.name}, on_closed="reopen").id),
        ),
        ends="found",
        same=True,
        rooms=each(2, 1, 2),
    ),
    # time
    "the class begins soon": Case(spec=lambda place: {"starts_at": place.at(20), "ends_at": place.at(80)}),
    "the class is running": Case(spec=lambda place: {"starts_at": place.at(-20), "ends_at": place.at(40)}),
    "the class is running, its room there": Case(
        before=made_during_class,
        spec=lambda place: {"starts_at": place.at(-20), "ends_at": place.at(40)},
        ends="found",
        same=True,
    ),
    "the class is running, its room closed": Case(
        before=closed_during_class,
        spec=lambda place: {"starts_at": place.at(-20), "ends_at": place.at(40)},
        ends=errors.RoomClosedError,
        usable=0,
    ),
    "the class is running, its room closed, reopened": Case(
        before=closed_during_class,
        spec=lambda place: {"starts_at": place.at(-20), "ends_at": place.at(40)},
        asks={"on_closed": "reopen"},
        ends="reopened",
        same=each(False, True, False),
        rooms=each(2, 1, 2),
    ),
    "the class is over, no room": Case(
        spec=lambda place: {"starts_at": place.at(-200), "ends_at": place.at(-140)},
        ends="skip",
        says="The class is over, and no room of its name exists",
        rooms=0,
        usable=0,
    ),
    "over without an end, no room": Case(
        spec=lambda place: {"starts_at": place.at(-13 * 60)}, ends="skip", rooms=0, usable=0
    ),
    "begun eleven hours ago, without an end": Case(spec=lambda place: {"starts_at": place.at(-11 * 60)}),
    "the class is over, its room there": Case(
        before=made(),
        spec=lambda place: {"starts_at": place.at(-80), "ends_at": place.at(-20)},
        ends="found",
        same=True,
    ),
    "the class is over, its room closed": Case(
        before=made_and_closed,
        # the room was closed just now: the class ends within the same second
        spec=lambda place: {"starts_at": place.at(-60), "ends_at": place.at(0)},
        ends=each("found", "found", "skip"),
        same=each(True, True, None),
        usable=0,
    ),
    "an end before the start": Case(
        spec=lambda place: {"starts_at": place.at(60), "ends_at": place.at(30)},
        ends=errors.InvalidSpecError,
        says="is not after starts_at",
        rooms=0,
        usable=0,
    ),
    # the vendor's own clock
    "unused for an hour": Case(
        before=made(),
        later=True,
        # Twilio closes it; that is nobody's decision
        ends=each("found", "found", "reopened"),
        same=each(True, True, False),
        rooms=each(1, 1, 2),
    ),
    "used, then empty for an hour": Case(
        before=lambda place: (
            place.make(),
            place.box.start_session(PREFIX[place.conn_type], place.name),
            place.box.end_session(PREFIX[place.conn_type], place.name),
        ),
        later=True,
        ends=each("found", "found", "reopened"),
        same=each(True, True, False),
        rooms=each(1, 1, 2),
    ),
    # bad input
    "a field that is unknown": Case(
        spec={"max_participant": 10},
        ends=errors.InvalidSpecError,
        says="Did you mean 'max_participants'?",
        rooms=0,
        usable=0,
    ),
    "an option that is unknown": Case(
        spec=each({"options": {"geoFense": "x"}}, {"options": {"template": "x"}}, {"options": {"MaxParticipant": 5}}),
        ends=errors.InvalidSpecError,
        says="Did you mean",
        rooms=0,
        usable=0,
    ),
    "out of range": Case(
        spec=each({"max_duration": 0}, {"max_participants": 20001}, {"max_participants": 51}),
        ends=errors.InvalidSpecError,
        rooms=0,
        usable=0,
    ),
    "what the vendor cannot": Case(
        spec=each({"max_participants": 5}, {"record": True}, {"description": "x"}),
        ends=errors.UnsupportedError,
        rooms=0,
        usable=0,
    ),
    "a contradiction": Case(
        spec=each(
            {"region": "in002", "options": {"geoFence": "us001"}},
            {"region": "eu", "options": {"region": "us"}},
            {"region": "ie1", "options": {"MediaRegion": "us1"}},
        ),
        ends=errors.InvalidSpecError,
        says="but the parameters already say",
        rooms=0,
        usable=0,
    ),
    "a naive time": Case(
        spec={"starts_at": "2026-11-20T09:00:00"},
        ends=errors.InvalidSpecError,
        says="has no time zone",
        rooms=0,
        usable=0,
    ),
    "a bad name": Case(
        spec=lambda place: {"name": f"{place.name} with spaces"}, ends=errors.InvalidSpecError, rooms=0, usable=0
    ),
    "a policy that does not exist": Case(
        asks={"on_drift": "overwrite"},
        ends=errors.InvalidSpecError,
        says="'overwrite' is not one of fail, ignore, update",
        rooms=0,
        usable=0,
    ),
}


def of(value: Any, conn_type: str) -> Any:
    """The part of a cell that is about one vendor."""
    if isinstance(value, Mapping) and set(value) == set(VENDORS):
        return value[conn_type]
    return value
