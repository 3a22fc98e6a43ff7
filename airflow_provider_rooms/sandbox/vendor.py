"""What a vendor is to the sandbox. Adding one = a module with such a class and a line in ``registry``."""

from __future__ import annotations

import random
import time
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from airflow_provider_rooms.sandbox.limits import Limit, Meter
from airflow_provider_rooms.sandbox.lists import RoomLists
from airflow_provider_rooms.sandbox.wire import Answer, Call, NotPossibleError, RefusedError, Route, Routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from airflow_provider_rooms.sandbox.cards import Card, Pick
    from airflow_provider_rooms.sandbox.clock import Clock
    from airflow_provider_rooms.sandbox.webhooks import Parcel

#: Used by ``/control`` when a session is started without saying who comes.
DEFAULT_PEOPLE: Final = ({"name": "Teacher", "role": "host"}, {"name": "Student", "role": "guest"})

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_RANDOM: Final = random.Random()

#: What every vendor can be told; ``read_lag_seconds`` is real time.
SWITCHES: Final[Mapping[str, Any]] = {"read_lag_seconds": 0.0}


def hex_id(length: int = 24) -> str:
    """A Mongo-like id."""
    return f"{_RANDOM.getrandbits(length * 4):0{length}x}"


def letters(length: int, alphabet: str = _ALPHABET) -> str:
    """Random letters and digits."""
    return "".join(_RANDOM.choices(alphabet, k=length))


def new_uuid() -> str:
    """A random UUID."""
    return str(uuid.UUID(int=_RANDOM.getrandbits(128), version=4))


@dataclass(frozen=True, slots=True)
class Guest:
    """Someone whom ``/control`` sends into a room. ``identity`` is what makes a rejoin the same person."""

    name: str
    role: str
    identity: str


def guests(people: Iterable[str | Mapping[str, str]]) -> list[Guest]:
    """Guests from names or descriptions; the first one is the host unless roles are given."""
    invited: list[Guest] = []
    for person in people:
        given = {"name": person} if isinstance(person, str) else dict(person)
        identity = given.get("identity") or given.get("name") or ""
        name = given.get("name") or identity
        role = given.get("role") or ("host" if not invited else "guest")
        invited.append(Guest(name=name, role=role, identity=identity))
    return invited


class Vendor(ABC):
    """One vendor's answers and state. Everything runs on one thread, one request at a time."""

    #: The prefix of its paths and its key in ``/control``.
    name: ClassVar[str]
    #: How people call it.
    title: ClassVar[str]
    #: The type of Airflow connection that reaches it, and the credentials that such a connection needs here.
    conn_type: ClassVar[str]
    sign_in: ClassVar[Mapping[str, Any]]
    #: The switches of ``/control/behaviour`` beside :data:`SWITCHES`, with their defaults.
    switches: ClassVar[Mapping[str, Any]] = {}
    #: Where a switch knows only some values.
    switch_choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    #: Whether ``/path/`` is the same as ``/path``.
    trailing_slash: ClassVar[bool] = False
    #: How many requests a second the vendor documents for an account.
    limit: ClassVar[Limit] = Limit()

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.meter = Meter(self.limit)
        self.behaviour: dict[str, Any] = {**SWITCHES, **self.switches}
        #: For vendors that have the switches of ``lists``.
        self.lists = RoomLists(self.behaviour, clock)
        #: Sends a webhook.
        self.report: Callable[[Parcel], None] = lambda parcel: None

    @cached_property
    def _routes(self) -> Routes:
        return Routes(self.routes())

    # -- requests -------------------------------------------------------------------------------------------

    def handle(self, call: Call) -> Answer:
        try:
            parts = call.parts
            if self.trailing_slash and len(parts) > 1 and parts[-1] == "":
                parts = parts[:-1]
            route, call.params, known = self._routes.find(call.method, parts)
            if route is None:
                return self.no_route(call, known)
            if not route.open:
                self.authenticate(call)
            if not self.meter.allows(call.method):
                return self.failure(429, call)
            return route.handler(call)
        except RefusedError as refused:
            return refused.answer

    @abstractmethod
    def routes(self) -> Iterable[Route]:
        """Every path it answers."""

    @abstractmethod
    def authenticate(self, call: Call) -> None:
        """Raise ``RefusedError`` unless the call carries the sandbox credentials as this vendor wants them."""

    @abstractmethod
    def no_route(self, call: Call, known: bool) -> Answer:
        """The vendor's own answer to a path (or, with ``known``, a verb) that it does not have."""

    @abstractmethod
    def failure(self, status: int, call: Call) -> Answer:
        """An error as this vendor words it, for faults to order."""

    # -- visibility -----------------------------------------------------------------------------------------

    def lag_until(self) -> float:
        """When a room made now shows up in reads (``read_lag_seconds``); real time, not the sandbox clock."""
        lag = float(self.behaviour["read_lag_seconds"])
        return time.monotonic() + lag if lag else 0.0

    @staticmethod
    def shows(visible_at: float) -> bool:
        return visible_at == 0.0 or time.monotonic() >= visible_at

    # -- /control -------------------------------------------------------------------------------------------

    @abstractmethod
    def state(self, base: str) -> dict[str, list[dict[str, Any]]]:
        """``rooms``, ``sessions`` and ``recordings`` in the vendor's own shape, newest first."""

    @abstractmethod
    def cards(self, base: str, pick: Pick) -> list[Card]:
        """The same for the page: the rooms picked, newest first, each with its sessions and recordings."""

    @abstractmethod
    def count(self) -> int:
        """How many rooms there are."""

    @abstractmethod
    def make_room(self, name: str, base: str) -> dict[str, Any]:
        """A plain room of that name, for people who play with the page. Answers the room."""

    @abstractmethod
    def people_join(self, room: str, people: Sequence[Guest], base: str) -> dict[str, Any]:
        """Guests enter the room (id or name); opens a session when none is live. Answers the session."""

    @abstractmethod
    def people_leave(self, room: str, identities: Sequence[str] | None, base: str) -> dict[str, Any]:
        """Some leave (everybody: None), which ends the session as the vendor would. Answers the session."""

    @abstractmethod
    def recording_action(self, room: str, action: str, base: str) -> dict[str, Any]:
        """``start``, ``complete`` or ``fail`` the newest recording of the room. Answers the recording.

        What a recording has become it stays: nothing completed fails later, nothing failed is completed.
        """

    def needs_signature(self, path: str) -> bool:
        """Whether a file of this vendor is only to be had by a signed link."""
        return True

    @abstractmethod
    def has_file(self, path: str) -> bool:
        """Whether ``/files/{vendor}/{path}`` is a file of a finished recording."""

    def join_with_token(self, token: str, name: str | None, base: str) -> dict[str, Any]:
        """Let someone in with a join token, checked as the vendor's media servers would."""
        raise NotPossibleError(404, f"{self.title}: joining by token is not part of the sandbox")
