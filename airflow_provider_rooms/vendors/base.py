"""The contract of a vendor: what one module per vendor says about its API.

A vendor is tables of facts (limits, statuses, errors), a model of its options, and a few pure steps: look up, create, read,
close. ``ensure.py`` turns them into the promise of one room per name.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Participant, Recording, RecordingKind, Room, RoomSpec, RoomState, Session
from airflow_provider_rooms.secrets.masking import masked
from airflow_provider_rooms.vendors import VENDORS
from airflow_provider_rooms.vendors.exchange import Exchange, as_object
from airflow_provider_rooms.vendors.flow import segment
from airflow_provider_rooms.vendors.options import Options, differences
from airflow_provider_rooms.vendors.recordings import read_body

if TYPE_CHECKING:
    import datetime as dt

    from airflow_provider_rooms.vendors.exchange import Config
    from airflow_provider_rooms.vendors.flow import Flow, Response
    from airflow_provider_rooms.vendors.join import Joiner
    from airflow_provider_rooms.vendors.pace import Lane
    from airflow_provider_rooms.vendors.plans import Plan
    from airflow_provider_rooms.vendors.presence import Survey
    from airflow_provider_rooms.vendors.recordings import Wanted

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A room found by name, open or closed.

    :param name: the name it has at the vendor.
    :param answer: the vendor's own description of it.
    :param expired: it was closed by the vendor's own clock, not by anybody's decision.
    """

    name: str
    answer: Mapping[str, Any] = field(repr=False)
    closed: bool = False
    expired: bool = False


class Vendor(Exchange):
    """One vendor's API: builds requests, reads answers. No I/O; clock and random come in through ``runtime``."""

    name: ClassVar[str]
    title: ClassVar[str]
    #: The vendor's field that holds the room name; it cannot be given in ``options``.
    key_field: ClassVar[str]
    #: The field of its answers that holds the room id.
    id_field: ClassVar[str]
    options: ClassVar[type[Options]]
    #: Neutral parameters this vendor cannot express, with the way out.
    unsupported: ClassVar[Mapping[str, str]] = {}
    #: Neutral parameters with their smallest and largest value.
    limits: ClassVar[Mapping[str, tuple[int, int]]] = {}
    #: Whether the settings of an existing room can be changed.
    can_update: ClassVar[bool] = False
    #: Whether a room that is reopened is the same room with its old settings, and no new one.
    reopens_in_place: ClassVar[bool] = False
    #: Settings with the value that leaves the choice to the vendor: its answer then shows what was chosen.
    vendor_chooses: ClassVar[Mapping[str, str]] = {}
    #: Requests per second that the vendor grants an account, reads and writes apart, where it says so.
    requests_per_second: ClassVar[Mapping[Lane, float]] = {}
    #: How long before the class a room is created at most and by default, in seconds; None for as early as you like.
    longest_ahead: ClassVar[int | None] = None
    usual_ahead: ClassVar[int | None] = None
    #: Our roles as this vendor calls them, unless the connection says otherwise.
    usual_roles: ClassVar[Mapping[str, Any]]
    #: Whether other names may be roles too, those of a template, say.
    any_role: ClassVar[bool] = False
    #: Longest life of a token for people, in seconds.
    longest_token: ClassVar[int]
    #: Fields of the request that starts a recording.
    recording_options: ClassVar[type[Options]]
    #: Kinds of recording this vendor does not make, with the way out.
    no_recordings: ClassVar[Mapping[RecordingKind, str]] = {}
    #: Where people look at rooms: the vendor's console, ``{id}`` being the room id.
    console: ClassVar[str]

    # -- what each vendor says about itself -----------------------------------------------------------------------------

    @classmethod
    def check_sign_in(cls, config: Config) -> None:
        """Refuse login and settings of a connection that cannot be a vendor's.

        :raises InvalidConnectionError: they are not.
        """

    @classmethod
    def account(cls, config: Config) -> str:
        """What the vendor counts requests by: connections of one account share its pace."""
        return config.key

    @abstractmethod
    def neutral(self, field_name: str, value: Any, spec: RoomSpec) -> Mapping[str, Any]:
        """A neutral parameter in the vendor's own fields."""

    @abstractmethod
    def look_up(self, name: str, spec: RoomSpec) -> Flow[Existing | None]:
        """Find the room of that name, open or closed, with everything the vendor shows of it."""

    @abstractmethod
    def create(self, name: str, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """Create the room; None when the vendor says that somebody else holds the name."""

    @abstractmethod
    def read(self, answer: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
        """Read a room again after it was created or changed."""

    @abstractmethod
    def reopen(self, existing: Existing, plan: Plan) -> Flow[Mapping[str, Any] | None]:
        """Make a closed room usable again, or a new one in its place."""

    @abstractmethod
    def shown(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The settings that an answer shows, in the shape of the create request."""

    @abstractmethod
    def room(self, answer: Mapping[str, Any]) -> Room:
        """A vendor's description of a room as a :class:`Room`."""

    @abstractmethod
    def check(self) -> Flow[str]:
        """A cheap authenticated read; the answer is what to tell the user."""

    @abstractmethod
    def get_room(self, ref: str) -> Flow[Room]:
        """The room of that id or name.

        :raises NotFoundError: there is none.
        """

    @abstractmethod
    def list_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """The rooms of the account that are wanted, page by page."""

    @abstractmethod
    def close_room(self, room: Room) -> Flow[None]:
        """Make the room unusable: deactivate, disable or complete it."""

    @abstractmethod
    def list_sessions(self, room: Room, since: dt.datetime | None, keep: Callable[[Session], bool]) -> Flow[None]:
        """The sessions of a room that are wanted, page by page, newest first where the vendor says how it sorts.

        :param since: sessions that were over before this need not be read.
        """

    @abstractmethod
    def list_participants(self, session_id: str) -> Flow[None]:
        """Pages of everybody who was in a session, one :class:`Participant` per entry of the vendor.

        :raises NotFoundError: there is no such session.
        """

    @abstractmethod
    def live_session(self, room: Room) -> Flow[Session | None]:
        """What runs in the room right now, a lonely recorder included."""

    @abstractmethod
    def read_session(self, session: Session) -> Flow[Session]:
        """The session as it is now; live as long as anything runs, a lonely recorder included."""

    @abstractmethod
    def end_live(self, room: Room, session: Session) -> Flow[None]:
        """Tell a live session to end; it may take a moment."""

    @abstractmethod
    def survey(self) -> Flow[Survey]:
        """Which rooms of the account are occupied or open, in as few requests as the vendor's lists allow."""

    def occupied(self, room: Room) -> Flow[bool]:
        """Whether somebody is in one room, where the survey cannot tell."""
        return (yield from self.live_session(room)) is not None

    def is_recorder(self, person: Participant) -> bool:
        """Whether this is the vendor's recorder and no person."""
        return False

    @abstractmethod
    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """Recordings of a room of one kind, or of every kind, page by page, those that are not ready yet too."""

    def recording_body(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The request that starts a recording, out of fields under the vendor's own names, checked."""
        return read_body(self, self.recording_options, options)

    @abstractmethod
    def start_recording(self, room: Room, body: Mapping[str, Any]) -> Flow[list[Recording]]:
        """Start recording a room, unless it is being recorded. Answers what is being recorded now."""

    @abstractmethod
    def stop_recording(self, room: Room) -> Flow[list[Recording]]:
        """Stop recording a room; answers what was being recorded."""

    @abstractmethod
    def file_url(self, wanted: Wanted) -> Flow[str]:
        """A link to the file of a recording, which is a credential itself."""

    @abstractmethod
    def delete_recording(self, wanted: Wanted) -> Flow[None]:
        """Delete a recording and its file.

        :raises UnsupportedError: the vendor has no call for it.
        """

    @abstractmethod
    def check_joiner(self, joiner: Joiner) -> None:
        """Refuse, before any call, what a token of this vendor cannot say."""

    @abstractmethod
    def mint(self, room: Room, joiner: Joiner) -> Flow[str]:
        """A token that lets somebody into one room, and may no more than the role needs."""

    @abstractmethod
    def check_page(self, joiner: Joiner) -> None:
        """Refuse, before any call, what a link to the vendor's own page cannot honour; or all, where there is no page."""

    def page_url(self, room: Room, joiner: Joiner) -> Flow[str]:
        """A link to the room on the vendor's own page, where it has one."""
        raise NotImplementedError

    def check_kind(self, kind: RecordingKind | None) -> None:
        """Refuse a kind of recording that this vendor does not make.

        :raises UnsupportedError: it does not.
        """
        if kind is not None and kind in self.no_recordings:
            raise errors.UnsupportedError(
                f"kind: {self.title} makes no recordings of kind {kind!r}.",
                vendor=self.title,
                advice=self.no_recordings[kind],
            )

    def no_recording(self, recording: str) -> errors.NotFoundError:
        """The error for a recording that this account does not have."""
        return errors.NotFoundError(
            f"{self.title} has no recording {recording!r}.",
            vendor=self.title,
            advice="Check it, and that the connection belongs to the account that recorded it.",
        )

    def no_file_yet(self, recording: str, state: str = "") -> errors.NotVisibleYetError:
        """The error for a recording whose file cannot be had yet.

        :param state: what the vendor says of it.
        """
        return errors.NotVisibleYetError(
            f"The file of recording {recording} is not there yet{f' ({state})' if state else ''}.",
            vendor=self.title,
            advice="Wait for it with RecordingReadySensor.",
        )

    def update(self, answer: Mapping[str, Any], plan: Plan) -> Flow[Mapping[str, Any]]:
        """Give an existing room the settings asked for."""
        raise errors.UnsupportedError(f"{self.title} cannot change a room.")

    def defaults(self, spec: RoomSpec, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fields sent because we know better than the vendor's default, unless the user gives them."""
        return {}

    @abstractmethod
    def check_plan(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Checks across fields: raise what is wrong, yield what the user should know."""

    def with_secrets(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body with the connection's secrets, added when it is sent."""
        return body

    def own_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Options keyed by connection type are narrowed to this vendor's part."""
        if not isinstance(given, Mapping):
            raise errors.InvalidSpecError(f"options: expected a dict, got {type(given).__name__}.", vendor=self.title)
        if given and all(key in VENDORS for key in given):
            mine = given.get(self.name) or {}
            if not isinstance(mine, Mapping):
                raise errors.InvalidSpecError(f"options.{self.name}: expected a dict.")
            return mine
        return given

    # -- what all vendors do alike --------------------------------------------------------------------------------------

    def list_open_rooms(self, keep: Callable[[Room], bool]) -> Flow[None]:
        """The open rooms that are wanted; vendors that list them apart ask for these only."""
        return self.list_rooms(lambda room: room.state == "open" and keep(room))

    def room_url(self, room_id: str) -> str:
        """The page of a room for people: the vendor's console, or the sandbox's page on the sandbox."""
        parts = urlsplit(self.config.base_url)
        if parts.hostname in LOOPBACK:
            return f"{parts.scheme}://{parts.netloc}/#{parts.path}/{segment(room_id)}"
        return self.console.format(id=segment(room_id))

    def not_found(self, ref: str) -> errors.NotFoundError:
        """The error for an id or name that this account does not have."""
        return errors.NotFoundError(
            f"{self.title} has no room with this id or name.",
            vendor=self.title,
            room=ref,
            advice="Check it, and that the connection belongs to the account that made the room.",
        )

    def a_room(self, name: str | None = None) -> Callable[[Response], Mapping[str, Any]]:
        """Reads answers that describe a room; with a name, the room of that name and no other."""

        def read(response: Response) -> Mapping[str, Any]:
            answer = as_object(response, key=self.id_field)
            shown = self.room(answer).name
            if name is not None and shown is not None and not self.same_name(shown, name):
                raise errors.UnreadableAnswerError(
                    "The answer is about a room of another name.", status=response.status
                )
            return answer

        return read

    def names_of(self, name: str) -> Sequence[str]:
        """Every name that the room of a class may have: the one asked for, then those of rooms that took over from closed ones."""
        return (name,)

    def first_name(self, shown: str) -> Flow[str]:
        """The name that was asked for, of a room that may have taken over from a closed one."""
        yield from ()
        return shown

    def same_name(self, shown: str, name: str) -> bool:
        """Whether a name that the vendor shows is the one that was asked for."""
        return shown == name

    def drift(self, answer: Mapping[str, Any], plan: Plan) -> tuple[list[dict[str, Any]], list[str]]:
        """The settings of a room that differ from what was asked for, and those that the vendor does not show."""
        asked = self.with_secrets(plan.asked)
        chosen = {key for key, value in self.vendor_chooses.items() if asked.get(key) == value}
        shown = {key: value for key, value in self.shown(answer).items() if key not in chosen}
        return differences(asked, shown, secret=self.secret_fields)

    def make_room(
        self, *, room_id: str, name: Any, state: RoomState, created_at: Any, answer: Mapping[str, Any]
    ) -> Room:
        """A :class:`Room` of this connection, its details without secrets."""
        return Room(
            vendor=self.name,
            conn_id=self.config.conn_id,
            id=room_id,
            name=None if name is None else str(name),
            state=state,
            created_at=created_at if isinstance(created_at, str) else None,
            details=masked(answer, self.secret_fields),
        )
