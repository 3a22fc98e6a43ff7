"""The required part of the contract: the life of a room."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlsplit

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.names import fold
from airflow_provider_rooms.secrets.masking import masked
from airflow_provider_rooms.vendors.contract.api import Api, optional
from airflow_provider_rooms.vendors.exchange import as_object
from airflow_provider_rooms.vendors.flow import segment
from airflow_provider_rooms.vendors.options import differences

if TYPE_CHECKING:
    import re

    from airflow_provider_rooms.vendors.contract.listing import Listing, ListPage, RoomList
    from airflow_provider_rooms.vendors.contract.plan import Plan
    from airflow_provider_rooms.vendors.flow import Flow, Response

#: A vendor's own description of a room.
Answer = Mapping[str, Any]
#: What closing does: ``in_place``, the room can be opened again; ``final``, it stays closed for good, and another one takes
#: over; ``deletes``, nothing is left of it.
Closing = Literal["in_place", "final", "deletes"]

#: Parameters that every vendor is asked for in the same words.
NEUTRAL = ("description", "max_participants", "max_duration", "record", "transcribe", "region", "webhook")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A room found by name, open or closed.

    :param name: the name it has at the vendor.
    :param answer: the vendor's own description of it.
    :param expired: it was closed by the vendor's own clock, not by anybody's decision.
    """

    name: str
    answer: Answer = field(repr=False)
    closed: bool = False
    expired: bool = False


class Rooms(Api):
    """Rooms: found by name, created once, read, listed, closed."""

    # -- facts ----------------------------------------------------------------------------------------------------------

    #: The field of the create request that holds the room name; it cannot be given in ``options``.
    key_field: ClassVar[str]
    #: The fields of an answer that hold the room's id, its name and the time when it was made.
    id_field: ClassVar[str]
    name_field: ClassVar[str]
    created_field: ClassVar[str]
    #: What a room id looks like; None where it looks like any name. A text of this form is asked for as an id first.
    id_form: ClassVar[re.Pattern[str] | None] = None
    #: Neutral parameters in the vendor's own fields: the name of the field, or a method that is given value and spec.
    fields: ClassVar[Mapping[str, str | Callable[..., Mapping[str, Any]]]]
    #: Neutral parameters this vendor cannot express, with the way out.
    unsupported: ClassVar[Mapping[str, str]] = {}
    #: Neutral parameters with their smallest and largest value.
    limits: ClassVar[Mapping[str, tuple[int, int]]] = {}
    #: Settings that an answer shows under another name than the request has.
    shown_as: ClassVar[Mapping[str, str]] = {}
    #: Settings with the value that leaves the choice to the vendor: its answer then shows what was chosen.
    vendor_chooses: ClassVar[Mapping[str, str]] = {}
    #: Whether the answer to a create shows settings that a later read does not; they count as read.
    create_shows_more: ClassVar[bool] = False
    #: Whether the answer to a create is the whole of the new room, so that there is nothing to read back.
    create_shows_all: ClassVar[bool] = False
    #: What closing a room does.
    closing: ClassVar[Closing]
    #: How long before the class a room is created at most and by default, in seconds; None for as early as you like.
    longest_ahead: ClassVar[int | None] = None
    usual_ahead: ClassVar[int | None] = None
    #: Where people look at rooms: the vendor's console, ``{id}`` being the room id; empty where it has none.
    console: ClassVar[str] = ""

    # -- the spec in the vendor's fields --------------------------------------------------------------------------------

    def neutral(self, field_name: str, value: Any, spec: RoomSpec) -> Mapping[str, Any]:
        """A neutral parameter in the vendor's own fields, by the table :attr:`fields`.

        :param spec: the whole of it, its options those of this vendor.
        """
        field = self.fields[field_name]
        return {field: value} if isinstance(field, str) else field(self, value, spec)

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fields sent because we know better than the vendor's default, unless the user gives them."""
        return {}

    def check_plan(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Checks across fields: raise what is wrong, yield what the user should know."""
        yield from ()

    def with_secrets(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body with the connection's secrets, added when it is sent."""
        return body

    # -- the life of a room ---------------------------------------------------------------------------------------------

    @abstractmethod
    def look_up(self, name: str, spec: RoomSpec) -> Flow[Existing | None]:
        """Find the room of that name, open or closed, with everything the vendor shows of it."""

    @abstractmethod
    def create(self, name: str, plan: Plan) -> Flow[Answer | None]:
        """Create the room; None when the vendor says that somebody else holds the name."""

    @abstractmethod
    def read(self, room_id: str) -> Flow[Answer]:
        """Read the room with that id, and no other.

        :raises NotFoundError: there is none.
        """

    @abstractmethod
    def is_closed(self, answer: Answer) -> bool:
        """Whether a vendor's description is of a closed room."""

    @abstractmethod
    def list_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """The rooms of the account that are wanted, page by page."""

    @abstractmethod
    def close_room(self, room: Room) -> Flow[None]:
        """Close the room."""

    @abstractmethod
    def check(self) -> Flow[str]:
        """A cheap authenticated read; the answer is what to tell the user."""

    @optional("cannot change the settings of a room")
    def update(self, answer: Answer, plan: Plan) -> Flow[Answer]:
        """Give an existing room the settings asked for."""
        raise NotImplementedError

    def reopen(self, existing: Existing, plan: Plan) -> Flow[Answer | None]:
        """Make a closed room usable again, or a new one in its place; by default one of the same name takes over."""
        return self.create(plan.name, plan)

    def get_room(self, room_id: str) -> Flow[Room]:
        """The room with that id, and no other.

        :raises NotFoundError: there is none.
        """
        try:
            return self.room((yield from self.read(room_id)))
        except errors.NotFoundError:
            raise self.not_found(room_id) from None

    def room_named(self, name: str) -> Flow[Room | None]:
        """The room with that name (prefix included), open or closed; of several, the usable one, else the newest."""
        existing = yield from self.look_up(name, RoomSpec())
        return self.room(existing.answer) if existing else None

    def list_open_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """The open rooms that are wanted; vendors that list them apart ask for these only."""
        return self.list_rooms(lambda room: room.state == "open" and keep(room))

    # -- many rooms at once -----------------------------------------------------------------------------------------------

    def listing(self, specs: Collection[RoomSpec]) -> Listing | None:
        """The lists in which the rooms of many classes are found at once; None where each is looked up by its name."""
        return None

    def room_page(self, of: RoomList, cursor: Any) -> Flow[ListPage]:
        """A page of one of these lists.

        :param cursor: what the page before said; None for the first.
        """
        raise NotImplementedError

    # -- names ----------------------------------------------------------------------------------------------------------

    def names_of(self, name: str) -> Sequence[str]:
        """Every name that the room of a class may have: the one asked for, then those of rooms that took over from closed ones."""
        return (name,)

    def first_name(self, shown: str) -> Flow[str]:
        """The name that was asked for, of a room that may have taken over from a closed one."""
        yield from ()
        return shown

    def spellings(self, name: str) -> Sequence[str]:
        """Every text as which a list may show a name, folded; :meth:`same_name` decides."""
        return (fold(name),)

    def numbered(self, shown: str) -> str | None:
        """The name that a room of this name may have taken over from, by the name alone."""
        return None

    def same_name(self, shown: str, name: str) -> bool:
        """Whether a name that the vendor shows is the one that was asked for."""
        return shown == name

    # -- answers --------------------------------------------------------------------------------------------------------

    def shown(self, answer: Answer) -> Mapping[str, Any]:
        """The settings that an answer shows, in the shape of the create request."""
        names = {name: self.shown_as.get(name, name) for name in self.options.model_fields}
        return {name: answer[key] for name, key in names.items() if key in answer}

    def room(self, answer: Answer) -> Room:
        """A vendor's description of a room as a :class:`Room`, its details without secrets."""
        name, created_at = answer.get(self.name_field), answer.get(self.created_field)
        return Room(
            vendor=self.name,
            conn_id=self.config.conn_id,
            id=str(answer.get(self.id_field)),
            name=None if name is None else str(name),
            state="closed" if self.is_closed(answer) else "open",
            created_at=created_at if isinstance(created_at, str) else None,
            details=self.details(answer),
        )

    def details(self, answer: Answer) -> Answer:
        """A vendor's description without secrets."""
        masked_answer: Answer = masked(answer, self.secret_fields)
        return masked_answer

    def drift(self, answer: Answer, plan: Plan) -> tuple[list[dict[str, Any]], list[str]]:
        """The settings of a room that differ from what was asked for, and those that the vendor does not show."""
        asked = self.with_secrets(plan.asked)
        chosen = {key for key, value in self.vendor_chooses.items() if asked.get(key) == value}
        shown = {key: value for key, value in self.shown(answer).items() if key not in chosen}
        return differences(asked, shown, secret=self.secret_fields)

    def a_room(self, name: str | None = None, *, room_id: str | None = None) -> Callable[[Response], Answer]:
        """Reads answers that describe a room: the one asked for by name or by id, and no other."""

        def read(response: Response) -> Answer:
            answer = as_object(self.decode(response), key=self.id_field, status=response.status)
            shown = self.room(answer)
            if name is not None and shown.name is not None and not self.same_name(shown.name, name):
                raise errors.UnreadableAnswerError("The response is about another room.", status=response.status)
            if room_id is not None and fold(shown.id) != fold(room_id):
                raise errors.UnreadableAnswerError("The response is about another room.", status=response.status)
            return answer

        return read

    def not_found(self, ref: str) -> errors.NotFoundError:
        """The error for an id or name that this account does not have."""
        return errors.NotFoundError(
            f"{self.title} has no room with this id or name.",
            vendor=self.title,
            room=ref,
            advice="Check it, and whether the connection belongs to the account in which the room was created.",
        )

    def room_url(self, room_id: str) -> str:
        """The page of a room for people: the vendor's console, or the sandbox's page on the sandbox; '' if there is none."""
        parts = urlsplit(self.config.base_url)
        if parts.hostname in LOOPBACK:
            return f"{parts.scheme}://{parts.netloc}/#{parts.path}/{segment(room_id)}"
        return self.console.format(id=segment(room_id))
