"""What the hooks share: an Airflow connection turned into a vendor, and the vendor's flows as methods."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Self

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_rooms.hooks.connection import check_extra, no_connection, read_connection
from airflow_provider_rooms.hooks.forms import behaviour_of, widgets_of
from airflow_provider_rooms.hooks.methods import AsyncRooms, file_method, flow_method, list_method
from airflow_provider_rooms.models import Participant, Recording, Room, RoomSpec, Session
from airflow_provider_rooms.secrets.masking import core
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.values import read_time
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.ensure import OnClosed, OnDrift, ensure_room
from airflow_provider_rooms.vendors.findings import Finding, inspect_room
from airflow_provider_rooms.vendors.flow import Download, Flow, Patience, Runtime
from airflow_provider_rooms.vendors.join import join_token, join_url
from airflow_provider_rooms.vendors.pace import Pace
from airflow_provider_rooms.vendors.recordings import (
    open_recording,
    read_wanted,
    recordings_of,
    start_recording,
    stop_recording,
)
from airflow_provider_rooms.vendors.rooms import close, find, find_by_name, list_matching
from airflow_provider_rooms.vendors.sessions import attendance_of, end_session, look, participants_of, sessions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from airflow_provider_rooms.hooks.connection import AirflowConnection
    from airflow_provider_rooms.models import RoomRef
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.exchange import Config
    from airflow_provider_rooms.vendors.pace import Lane
    from airflow_provider_rooms.vendors.presence import Survey
    from airflow_provider_rooms.waiting.waits import Seen, Wait

#: One per account and process, however many hooks, triggers and event loops there are.
_paces: dict[tuple[Any, ...], Pace] = {}
_paces_lock = threading.Lock()


class RoomsHook(BaseHook):
    """A vendor's rooms through an Airflow connection. Use a vendor's own hook, or ``get_rooms_hook(conn_id)``.

    :param conn_id: the Airflow connection.
    """

    conn_type: ClassVar[str]
    hook_name: ClassVar[str]
    default_conn_name: ClassVar[str]
    conn_name_attr: ClassVar[str] = "conn_id"
    #: Whether Airflow's masker is told about every token that is minted. It keeps them for good and all log lines pass
    #: through it, so that a process which lives for weeks does without: those tokens go into one header, nowhere else.
    masks_tokens: bool = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Airflow before 3.2 looks these up in the class's own __dict__: inherited ones are not seen.
        for method, make in (("get_ui_field_behaviour", behaviour_of), ("get_connection_form_widgets", widgets_of)):
            setattr(cls, method, staticmethod(functools.partial(make, cls.conn_type)))

    def __init__(self, conn_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id or self.default_conn_name
        self.patience = Patience()
        self._lock = threading.Lock()
        self._connection: AirflowConnection | None = None
        self._vendor: Vendor | None = None
        self._session: requests.Session | None = None

    # -- connection → vendor + transport --------------------------------------------------------------------------------

    def use(self, connection: AirflowConnection) -> Self:
        """Use this connection instead of looking up the one with the hook's id.

        :returns: the hook itself.
        """
        self._connection = connection
        return self

    @property
    def vendor(self) -> Vendor:
        """The vendor behind the connection, which is looked up once per hook.

        :raises InvalidConnectionError: the connection is missing, of another type or incomplete.
        """
        with self._lock:
            if self._vendor is None:
                try:
                    connection = self._connection or self.get_connection(self.conn_id)
                except AirflowNotFoundException:
                    raise no_connection(self.conn_id, self.hook_name) from None
                # Read before extra_dejson is: Airflow only logs a broken extra, with its text.
                check_extra(self.conn_id, connection.extra)
                self._vendor = self._make_vendor(read_connection(connection, connection.extra_dejson, self.conn_type))
            return self._vendor

    async def aprepare(self) -> Vendor:
        """The same as :attr:`vendor`, without blocking the event loop."""
        if self._vendor is None:
            from airflow.providers.common.compat.connection import get_async_connection, get_async_extra_dejson

            try:
                connection = await get_async_connection(self.conn_id, hook=self)
            except AirflowNotFoundException:
                raise no_connection(self.conn_id, self.hook_name) from None
            check_extra(self.conn_id, connection.extra)
            extra = await get_async_extra_dejson(connection)
            self._vendor = self._make_vendor(read_connection(connection, extra, self.conn_type))
        return self._vendor

    def _make_vendor(self, config: Config) -> Vendor:
        from airflow.providers.common.compat.sdk import mask_secret

        for secret in (*config.webhook_headers.values(), *config.storage_credentials.values()):
            mask_secret(secret)
        kind = vendor_class(self.conn_type)
        kind.check_sign_in(config)
        return kind(
            config,
            runtime=Runtime(conceal=lambda secret: mask_secret(core(secret))) if self.masks_tokens else Runtime(),
            patience=self.patience,
            pace=_pace_of(kind, config),
        )

    def get_conn(self) -> requests.Session:
        """A session that adds the vendor's credentials below the base URL, for calls that this hook has no method for.

        Write ``hook.get_conn().get(f"{hook.base_url}/v2/…")``; nothing is retried and no error is translated.
        """
        vendor = self.vendor
        with self._lock:
            if self._session is None:
                session = blocking_session()
                base = vendor.config.base_url

                def sign_in(request: requests.PreparedRequest) -> requests.PreparedRequest:
                    if str(request.url).startswith(f"{base}/"):
                        request.headers.setdefault("Authorization", vendor.authorization())
                    return request

                session.auth = sign_in
                self._session = session
            return self._session

    @property
    def base_url(self) -> str:
        """The vendor's base URL as the connection has it."""
        return self.vendor.config.base_url

    @property
    def transport(self) -> BlockingTransport:
        """Runs flows in this thread."""
        return BlockingTransport(self.get_conn(), self.base_url)

    @functools.cached_property
    def aio(self) -> AsyncRooms:
        """The same methods, to be awaited: ``await hook.aio.get_room(…)``."""
        return AsyncRooms(self)

    # -- methods --------------------------------------------------------------------------------------------------------

    @flow_method
    def ensure_room(
        self, spec: RoomSpec | Mapping[str, Any], *, on_drift: OnDrift = "fail", on_closed: OnClosed = "fail"
    ) -> Flow[Room]:
        """Make sure of the one usable room with the spec's name and settings: created, found, updated or reopened.

        :param spec: a :class:`RoomSpec`, or a dict with its keys.
        :param on_drift: what to do when the room has other settings: ``fail``, ``ignore`` or ``update`` (100ms only).
        :param on_closed: what to do when the room was closed: ``fail`` or ``reopen``.
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
        """What :meth:`ensure_room` would come upon. Only reads, and raises nothing that is about this one room.

        :param spec: a :class:`RoomSpec`, or a dict with its keys.
        :param ahead: seconds before the class at which the room is made at the earliest; None for what suits the vendor.
        """
        return inspect_room(self.vendor, RoomSpec.read(spec), on_drift=on_drift, on_closed=on_closed, ahead=ahead)

    @flow_method
    def get_room(self, room: RoomRef) -> Flow[Room]:
        """Read a room.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :raises NotFoundError: there is none.
        """
        return find(self.vendor, room)

    @flow_method
    def find_room(self, name: str | list[Any]) -> Flow[Room | None]:
        """The room of that name (without the connection's prefix), or None.

        :param name: a name, or a list of parts as for :class:`RoomSpec`.
        """
        return find_by_name(self.vendor, name)

    @list_method
    def list_rooms(self, prefix: str = "", since: Any = None, *, only_open: bool = False) -> Flow[None]:
        """Rooms of the account, open and closed, lazily.

        :param prefix: only rooms whose name starts with this (the connection's ``name_prefix`` is put before it).
        :param since: only rooms made at or after this time: an aware datetime, or ISO 8601 text with an offset.
        :param only_open: leave out closed ones, of which a vendor may have years.
        """
        return list_matching(self.vendor, prefix, since, only_open=only_open)

    @flow_method
    def close_room(self, room: RoomRef) -> Flow[Room]:
        """Make a room unusable: deactivate (VideoSDK), disable (100ms) or complete (Twilio). Already closed is fine.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :returns: the room as it is now.
        :raises NotFoundError: there is no such room.
        """
        return close(self.vendor, room)

    @list_method
    def sessions(self, room: RoomRef, since: Any = None) -> Flow[None]:
        """Sessions of a room, lazily: the live one and past ones, newest first where the vendor says how it sorts.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :param since: leave out sessions that were over before this time: an aware datetime, or ISO 8601 text with an offset.
        :raises NotFoundError: there is no such room.
        """
        return sessions_of(self.vendor, room, read_time("since", since))

    @flow_method
    def look(self, room: RoomRef, wait: Wait) -> Flow[Seen]:
        """What a sensor has to know of a room to decide whether its wait is over.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :raises NotFoundError: there is no such room.
        """
        return look(self.vendor, room, wait)

    @flow_method
    def occupied(self, room: Room) -> Flow[bool]:
        """Whether somebody is in a room that was read before; a recorder left on its own does not count."""
        return self.vendor.occupied(room)

    @flow_method
    def survey(self) -> Flow[Survey]:
        """Live sessions, or open rooms, of the whole account, as far as the vendor's lists tell."""
        return self.vendor.survey()

    @list_method
    def participants(self, session: Session | Mapping[str, Any] | str) -> Flow[None]:
        """Everybody who was in a session, lazily, as the vendor lists them: one entry per join where it counts joins.

        :param session: a session of :meth:`sessions`, its dict, or its id.
        :raises NotFoundError: there is no such session.
        """
        return participants_of(self.vendor, session)

    @flow_method
    def attendance(self, session: Session | Mapping[str, Any] | str) -> Flow[list[Participant]]:
        """The people of a session, each once, with every stay and the seconds in all; recorders are left out.

        :param session: a session of :meth:`sessions`, its dict, or its id.
        :raises NotFoundError: there is no such session.
        """
        return attendance_of(self.vendor, session)

    @flow_method
    def end_session(self, room: RoomRef) -> Flow[Session | None]:
        """Send everybody out of a room; it stays open.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :returns: the session that was ended; None if none was live.
        :raises NotFoundError: there is no such room.
        """
        return end_session(self.vendor, room)

    @list_method
    def recordings(self, room: RoomRef, kind: str | None = None) -> Flow[None]:
        """Recordings of a room, lazily, those that are not ready yet too.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :param kind: ``recording``, ``track``, ``composition``, ``hls`` or ``transcript``; None for all of them.
        :raises UnsupportedError: the vendor makes no recordings of this kind.
        """
        return recordings_of(self.vendor, room, kind)

    @flow_method
    def start_recording(self, room: RoomRef, options: Mapping[str, Any] | None = None) -> Flow[list[Recording]]:
        """Record a room from now on. A recording that is already running is kept, so that a retry does not start a second one.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :param options: fields of the vendor's start request under their own names, or one such dict per connection type.
        :returns: what is being recorded now. Twilio records tracks: none while nobody is in the room.
        """
        return start_recording(self.vendor, room, options)

    @flow_method
    def stop_recording(self, room: RoomRef) -> Flow[list[Recording]]:
        """Stop recording a room; nothing being recorded is fine.

        :param room: its id, its name, the ``room`` dict of a create task, or a :class:`Room`.
        :returns: what was being recorded.
        """
        return stop_recording(self.vendor, room)

    @file_method
    def open_recording(self, recording: Recording | Mapping[str, Any] | str) -> Flow[Download]:
        """Open the file of a recording: ``with hook.open_recording(…) as file: for piece in file: …``.

        The file is read piece by piece. No credential goes to the storage, and no log shows the link to it.

        :param recording: a recording of :meth:`recordings`, its dict (from a sensor, say), or its id.
        :raises NotFoundError: there is no such recording, or its file was deleted.
        :raises NotVisibleYetError: the file is not there yet.
        """
        return open_recording(self.vendor, recording)

    @flow_method
    def delete_recording(self, recording: Recording | Mapping[str, Any] | str) -> Flow[None]:
        """Delete a recording and its file (VideoSDK, Twilio).

        :raises UnsupportedError: the vendor has no call for it (100ms).
        """
        return self.vendor.delete_recording(read_wanted(recording))

    @flow_method
    def join_url(
        self,
        room_id: RoomRef,
        role: str = "guest",
        user: str | Mapping[str, str] | None = None,
        expires_at: Any = None,
    ) -> Flow[str]:
        """A link that leads a person into a room. It is a secret: mint it in the task that hands it out.

        It leads to the connection's ``join_page``, else to the vendor's own page (VideoSDK, 100ms). One person each:
        whoever joins twice as the same user is removed from the first window.

        :param room_id: its id, its name, the ``room`` dict of a create task or a :class:`Room`, which also say when the class
            ends.
        :param role: ``guest`` or ``host``, or another word of the connection's ``roles``.
        :param user: who it is for: one text for id and name, or ``{"id", "name"}``; left out, the person says so.
        :param expires_at: when it stops working (aware); 15 minutes after the class, or in 4 hours, unless given.
            Links of 100ms never expire: given there, it is refused.
        :raises InvalidConnectionError: there is no page to lead to.
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
        """A token for the vendor's client SDK, for one room and one role. It is a secret: mint it where it is used.

        The parameters are those of :meth:`join_url`.

        :raises InvalidSpecError: an unknown role, or a life longer than the vendor takes (Twilio, 100ms: 24 hours).
        :raises RoomClosedError: the room is closed.
        """
        return join_token(self.vendor, room_id, role, user, expires_at)

    def test_connection(self) -> tuple[bool, str]:
        """Ask the vendor for something small, within five seconds.

        :returns: whether that worked; and what to tell the user: what is wrong, and what to do.
        """
        from airflow_provider_rooms.hooks.diagnosis import diagnose

        return diagnose(self)


def _pace_of(kind: type[Vendor], config: Config) -> Pace:
    """The pace of an account; a connection that allows more or less than before has one of its own."""
    given: dict[Lane, float | None] = {"reads": config.reads_per_second, "writes": config.writes_per_second}
    key = (config.base_url, kind.account(config), *given.values())
    with _paces_lock:
        if key not in _paces:
            _paces[key] = Pace(kind.requests_per_second, given)
        return _paces[key]
