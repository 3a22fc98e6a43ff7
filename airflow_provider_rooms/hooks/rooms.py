"""The methods of a hook. Each is written once, as a flow, and exists in a blocking and an awaitable form."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.hooks.methods import file_method, flow_method, list_method
from airflow_provider_rooms.models import Participant, PastSession, Recording, Room, RoomSpec, Session
from airflow_provider_rooms.values import read_time
from airflow_provider_rooms.vendors.ensure import OnClosed, OnDrift, ensure_room
from airflow_provider_rooms.vendors.findings import Finding, inspect_room
from airflow_provider_rooms.vendors.history import Span, past_recordings, past_rooms, past_sessions
from airflow_provider_rooms.vendors.join import join_token, join_url
from airflow_provider_rooms.vendors.recordings import (
    delete_recording,
    open_recording,
    recordings_of,
    start_recording,
    stop_recording,
)
from airflow_provider_rooms.vendors.rooms import close, find, find_by_name, list_matching
from airflow_provider_rooms.vendors.sessions import attendance_of, end_session, look, participants_of, sessions_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from airflow_provider_rooms.models import RoomRef
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.flow import Download, Flow, Pages
    from airflow_provider_rooms.vendors.presence import Survey
    from airflow_provider_rooms.waiting.waits import Seen, Wait


class Rooms:
    """The methods of a hook and of its ``aio``, which differ in how they run a flow."""

    @property
    @abstractmethod
    def vendor(self) -> Vendor:
        """Whose rooms they are."""

    @flow_method
    def ensure_room(
        self, spec: RoomSpec | Mapping[str, Any], *, on_drift: OnDrift = "fail", on_closed: OnClosed = "fail"
    ) -> Flow[Room]:
        """Make sure that exactly one usable room with the spec's name and settings exists: create, find, update or
        reopen it.

        :param spec: a :class:`RoomSpec`, or a dict with its keys.
        :param on_drift: what to do if the room has other settings: ``fail``, ``ignore``, or ``update`` if the vendor
            supports it.
        :param on_closed: what to do if the room was closed: ``fail`` or ``reopen``.
        :raises RoomsError: see :mod:`airflow_provider_rooms.errors`.
        """
        return ensure_room(self.vendor, RoomSpec.read(spec), on_drift=on_drift, on_closed=on_closed)

    @flow_method
    def inspect_room(
        self,
        spec: RoomSpec | Mapping[str, Any],
        *,
        on_drift: OnDrift = "fail",
        on_closed: OnClosed = "fail",
        ahead: int | None = None,
    ) -> Flow[Finding]:
        """What :meth:`ensure_room` would find. Only reads, and raises no error that concerns just this room.

        :param spec: a :class:`RoomSpec`, or a dict with its keys.
        :param ahead: how many seconds before the class the room is created at the earliest; None for the vendor's
            default.
        """
        return inspect_room(self.vendor, RoomSpec.read(spec), on_drift=on_drift, on_closed=on_closed, ahead=ahead)

    @flow_method
    def get_room(self, room: RoomRef) -> Flow[Room]:
        """Read a room.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :raises NotFoundError: the room does not exist.
        """
        return find(self.vendor, room)

    @flow_method
    def find_room(self, name: str | list[Any]) -> Flow[Room | None]:
        """The room with that name, open or closed, or None. Ids and names that include the prefix are not accepted.

        :param name: a name as in the DAG (without the connection's prefix), or a list of parts as for
            :class:`RoomSpec`.
        """
        return find_by_name(self.vendor, name)

    @list_method
    def list_rooms(self, prefix: str = "", since: Any = None, *, only_open: bool = False) -> Pages[Room]:
        """Rooms of the account, open and closed, lazily.

        :param prefix: only rooms whose name starts with this (the connection's ``name_prefix`` is prepended).
        :param since: only rooms created at or after this time: an aware datetime, or ISO 8601 text with an offset.
        :param only_open: omit closed rooms, which may go back for years.
        """
        return list_matching(self.vendor, prefix, since, only_open=only_open)

    @flow_method
    def close_room(self, room: RoomRef) -> Flow[Room]:
        """Close a room, so that nobody can join it. A closed room stays closed.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :returns: the room, closed.
        :raises NotFoundError: the room does not exist.
        :raises NotVisibleYetError: the vendor accepted the request, but the room is still open half a minute later.
        """
        return close(self.vendor, room)

    @list_method
    def sessions(self, room: RoomRef, since: Any = None) -> Pages[Session]:
        """Sessions of a room, lazily: the live one and past ones, newest first if the vendor documents its order.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :param since: omit sessions that ended before this time: an aware datetime, or ISO 8601 text with an
            offset.
        :raises NotFoundError: the room does not exist.
        """
        return sessions_of(self.vendor, room, read_time("since", since))

    @flow_method
    def look(self, room: RoomRef, wait: Wait, *, fresh: bool = False) -> Flow[Seen]:
        """The data that a sensor needs to decide whether its wait is over.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :param fresh: the :class:`Room` was seen just now and is not read again.
        :raises NotFoundError: the room does not exist.
        """
        return look(self.vendor, room, wait, fresh=fresh)

    @flow_method
    def occupied(self, room: Room) -> Flow[bool]:
        """Whether people are in a room that was read before; a recorder alone does not count."""
        return self.vendor.occupied(room)

    @flow_method
    def survey(self, rooms: Collection[str] | None = None) -> Flow[Survey]:
        """Live sessions, or open rooms, of the whole account, as far as the vendor's list endpoints show them.

        :param rooms: ids of the rooms that matter; None for all. Lists are read only as far as needed for them.
        """
        return self.vendor.survey(rooms)

    @list_method
    def participants(self, session: Session | Mapping[str, Any] | str) -> Pages[Participant]:
        """Everybody who was in a session, lazily, as the vendor lists them: one entry per join if it counts joins.

        :param session: a session from :meth:`sessions`, its dict, or its id.
        :raises NotFoundError: the session does not exist.
        """
        return participants_of(self.vendor, session)

    @flow_method
    def attendance(self, session: Session | Mapping[str, Any] | str) -> Flow[list[Participant]]:
        """The people in a session, each once, with every stay and the total seconds; recorders are omitted.

        :param session: a session from :meth:`sessions`, its dict, or its id.
        :raises NotFoundError: the session does not exist.
        """
        return attendance_of(self.vendor, session)

    @flow_method
    def end_session(self, room: RoomRef) -> Flow[Session | None]:
        """End the live session of a room; the room stays open.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :returns: the session that was ended; None if none was live.
        :raises NotFoundError: the room does not exist.
        """
        return end_session(self.vendor, room)

    @list_method
    def recordings(self, room: RoomRef, kind: str | None = None) -> Pages[Recording]:
        """Recordings of a room, lazily, including those that are not ready yet.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :param kind: ``recording``, ``track``, ``composition``, ``hls`` or ``transcript``; None for all of them.
        :raises UnsupportedError: the vendor does not produce recordings of this kind.
        """
        return recordings_of(self.vendor, room, kind)

    @flow_method
    def start_recording(self, room: RoomRef, options: Mapping[str, Any] | None = None) -> Flow[list[Recording]]:
        """Start recording a room. A recording that is already running is kept, so that a retry does not start a second
        one.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :param options: fields of the vendor's start request, with the vendor's names, or one such dict per connection
            type.
        :returns: what is being recorded now; empty if the vendor records people separately and nobody is in the room.
        """
        return start_recording(self.vendor, room, options)

    @flow_method
    def stop_recording(self, room: RoomRef) -> Flow[list[Recording]]:
        """Stop recording a room. Does nothing if it is not being recorded.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :returns: what was being recorded.
        """
        return stop_recording(self.vendor, room)

    @file_method
    def open_recording(self, recording: Recording | Mapping[str, Any] | str) -> Flow[Download]:
        """Open the file of a recording: ``with hook.open_recording(…) as file: for piece in file: …``.

        The file is streamed. No credentials are sent to the storage, and the link is never logged.

        :param recording: a recording from :meth:`recordings`, its dict (such as a sensor's result), or its id.
        :raises NotFoundError: the recording does not exist, or its file was deleted.
        :raises NotVisibleYetError: the file is not available yet.
        """
        return open_recording(self.vendor, recording)

    @flow_method
    def delete_recording(self, recording: Recording | Mapping[str, Any] | str) -> Flow[None]:
        """Delete a recording and its file.

        :raises UnsupportedError: the vendor's API cannot do that.
        """
        return delete_recording(self.vendor, recording)

    @list_method
    def rooms_between(self, since: Any, until: Any, prefix: str = "") -> Pages[Room]:
        """Rooms of the account that were created in an interval, open and closed, lazily.

        :param since: start of the interval, included: an aware datetime, or ISO 8601 text with an offset.
        :param until: end of the interval, not included.
        :param prefix: only rooms whose name starts with this (the connection's ``name_prefix`` is prepended).
        """
        return past_rooms(self.vendor, self.span(since, until, prefix))

    @list_method
    def sessions_between(self, since: Any, until: Any, prefix: str = "") -> Pages[PastSession]:
        """Sessions of the account that ended in an interval, with their people, lazily. Live sessions are omitted.

        The parameters are those of :meth:`rooms_between`.

        :raises UnsupportedError: the vendor does not report sessions.
        """
        return past_sessions(self.vendor, self.span(since, until, prefix))

    @list_method
    def recordings_between(self, since: Any, until: Any, prefix: str = "") -> Pages[tuple[Recording, str | None]]:
        """Recordings of the account that started in an interval, each with the name of its room, lazily.

        The parameters are those of :meth:`rooms_between`.

        :raises UnsupportedError: the vendor does not list recordings.
        """
        return past_recordings(self.vendor, self.span(since, until, prefix))

    def span(self, since: Any, until: Any, prefix: str = "") -> Span:
        """What is asked of the methods above, read and checked.

        :raises InvalidSpecError: a time is missing, or cannot be read, or has no time zone; or no time is left between them.
        """
        return Span.read(since, until, prefix, name_prefix=self.vendor.config.name_prefix)

    @flow_method
    def join_url(
        self,
        room_id: RoomRef,
        role: str = "guest",
        user: str | Mapping[str, str] | None = None,
        expires_at: Any = None,
    ) -> Flow[str]:
        """A link with which one person joins a room. It is a secret, so create it in the task that sends it. It opens
        the connection's ``join_page``, or the vendor's own page if there is none. Create one link per person: if a
        user joins twice, the first window is disconnected.

        :param room_id: its id, its name, the ``room`` dict of a create task or a :class:`Room`, which also contain the
            end of the class.
        :param role: ``guest`` or ``host``, or another name from the connection's ``roles``.
        :param user: the person: one text for id and name, or ``{"id", "name"}``. By default, people enter their name
            themselves.
        :param expires_at: when it expires, an aware datetime (default: 15 minutes after the class, or 4 hours from
            now). Raises if the vendor's links never expire.
        :raises InvalidConnectionError: there is no page that the link could open.
        :raises RoomClosedError: the room is closed.
        """
        return join_url(self.vendor, room_id, role, user, expires_at)

    @flow_method
    def join_token(
        self,
        room_id: RoomRef,
        role: str = "guest",
        user: str | Mapping[str, str] | None = None,
        expires_at: Any = None,
    ) -> Flow[str]:
        """A token for the vendor's client SDK, for one room and one role. It is a secret, so create it where it is
        used.

        The parameters are those of :meth:`join_url`.

        :raises InvalidSpecError: an unknown role, or a longer validity than the vendor allows.
        :raises RoomClosedError: the room is closed.
        """
        return join_token(self.vendor, room_id, role, user, expires_at)
