"""Shared code of the hooks: turns an Airflow connection into a vendor and a transport."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from airflow.providers.common.compat.sdk import BaseHook

from airflow_provider_rooms.hooks.aio import AsyncRooms
from airflow_provider_rooms.hooks.connection import check_extra, read_connection, read_store
from airflow_provider_rooms.hooks.diagnosis import diagnose
from airflow_provider_rooms.hooks.forms import behaviour_of, widgets_of
from airflow_provider_rooms.hooks.lookup import afind_connection, find_connection
from airflow_provider_rooms.hooks.methods import Blocking
from airflow_provider_rooms.hooks.metrics import noting
from airflow_provider_rooms.hooks.rooms import Rooms
from airflow_provider_rooms.secrets.masking import core
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.transport.window import RedisWindow
from airflow_provider_rooms.vendors import connection_type, vendor_class
from airflow_provider_rooms.vendors.flow import Patience, Request, Runtime
from airflow_provider_rooms.vendors.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from airflow_provider_rooms.hooks.connection import AirflowConnection
    from airflow_provider_rooms.vendors.base import Vendor
    from airflow_provider_rooms.vendors.exchange import Config
    from airflow_provider_rooms.vendors.pace import Lane

#: One per account and process, however many hooks, triggers and event loops there are.
_paces: dict[tuple[Any, ...], Pace] = {}
_paces_lock = threading.Lock()


class RoomsHook(Rooms, Blocking, BaseHook):
    """Rooms of the vendor of an Airflow connection. Use a vendor's own hook, or ``get_rooms_hook(conn_id)``.

    :param conn_id: the Airflow connection.
    """

    conn_type: ClassVar[str]
    hook_name: ClassVar[str]
    default_conn_name: ClassVar[str]
    conn_name_attr: ClassVar[str] = "conn_id"
    #: Whether Airflow's masker is told about every token that is minted. It keeps them for good and all log lines pass
    #: through it, so that a process which lives for weeks does without: those tokens go into one header, nowhere else.
    masks_tokens: bool = True

    def __init_subclass__(cls, *, conn_type: str | None = None, **kwargs: Any) -> None:
        """A hook of one connection type, from which its names and its form come.

        :param conn_type: one of a vendor; left out, that of the class above.
        """
        super().__init_subclass__(**kwargs)
        conn_type = conn_type or cls.conn_type
        kind = connection_type(conn_type)
        if kind is None:
            raise TypeError(f"{cls.__name__}: no vendor has the connection type {conn_type!r}")
        cls.conn_type, cls.hook_name, cls.default_conn_name = conn_type, kind.title, kind.default_conn_id
        # Airflow before 3.2 looks these up in the class's own __dict__: inherited ones are not seen.
        for method, make in (("get_ui_field_behaviour", behaviour_of), ("get_connection_form_widgets", widgets_of)):
            setattr(cls, method, staticmethod(functools.partial(make, kind)))

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
        """Use this connection instead of looking one up by the hook's id.

        :returns: the hook itself.
        """
        self._connection = connection
        return self

    @property
    def vendor(self) -> Vendor:
        """The vendor behind the connection, which is looked up once per hook.

        :raises InvalidConnectionError: the connection is missing, of another type or incomplete.
        :raises AirflowDownError: Airflow did not respond for half a minute.
        """
        with self._lock:
            if self._vendor is None:
                connection = self._connection or find_connection(self.conn_id, self.hook_name, hook=self)
                # Read before extra_dejson is: Airflow only logs a broken extra, with its text.
                check_extra(self.conn_id, connection.extra)
                config = read_connection(connection, connection.extra_dejson, self.conn_type)
                store = None
                if config.pace_conn_id:
                    shared = find_connection(config.pace_conn_id, "Redis", hook=self)
                    store = read_store(shared, shared.extra_dejson)
                self._vendor = self._make_vendor(config, store)
            return self._vendor

    async def aprepare(self) -> Vendor:
        """The same as :attr:`vendor`, without blocking the event loop."""
        if self._vendor is None:
            from airflow.providers.common.compat.connection import get_async_extra_dejson

            connection: Any = self._connection or await afind_connection(self.conn_id, self.hook_name, hook=self)
            check_extra(self.conn_id, connection.extra)
            extra = await get_async_extra_dejson(connection)
            config = read_connection(connection, extra, self.conn_type)
            store = None
            if config.pace_conn_id:
                shared: Any = await afind_connection(config.pace_conn_id, "Redis", hook=self)
                store = read_store(shared, await get_async_extra_dejson(shared))
            self._vendor = self._make_vendor(config, store)
        return self._vendor

    def _make_vendor(self, config: Config, store: Mapping[str, Any] | None) -> Vendor:
        from airflow.providers.common.compat.sdk import mask_secret

        kind, known = vendor_class(self.conn_type), connection_type(self.conn_type)
        own = [config.settings.get(setting.name) for setting in (known.own if known else ()) if setting.secret]
        for secret in (
            *config.webhook_headers.values(),
            *config.storage_credentials.values(),
            *filter(
                None, [config.people_secret, config.webhook_secret, urlsplit(config.webhook_url or "").query, *own]
            ),
        ):
            mask_secret(secret)

        def conceal(secret: str) -> None:
            if self.masks_tokens:
                mask_secret(core(secret))

        kind.check_sign_in(config)
        return kind(
            config,
            runtime=Runtime(conceal=conceal, note=noting(self.conn_type)),
            patience=self.patience,
            pace=_pace_of(kind, config, store),
        )

    def get_conn(self) -> requests.Session:
        """A session that adds the vendor's credentials to requests below the base URL, for API calls that this hook
        has no method for. Example: ``hook.get_conn().get(f"{hook.base_url}/v2/…")``. Requests are not retried, and
        errors are those of ``requests``.
        """
        vendor = self.vendor
        with self._lock:
            if self._session is None:
                session = blocking_session()
                base = vendor.config.base_url

                def sign_in(request: requests.PreparedRequest) -> requests.PreparedRequest:
                    path, _, query = str(request.url).removeprefix(base).partition("?")
                    if str(request.url).startswith(f"{base}/"):
                        asked = Request(method=str(request.method), path=path, query=tuple(parse_qsl(query)))
                        signed = vendor.signed(asked)
                        for name, value in signed.headers.items():
                            request.headers.setdefault(name, value)
                        if signed.target != asked.target:
                            request.url = f"{base}{signed.target}"
                    return request

                session.auth = sign_in
                self._session = session
            return self._session

    @property
    def base_url(self) -> str:
        """The vendor's base URL as set in the connection."""
        return self.vendor.config.base_url

    @property
    def transport(self) -> BlockingTransport:
        """Runs flows in this thread."""
        return BlockingTransport(self.get_conn(), self.base_url)

    @functools.cached_property
    def aio(self) -> AsyncRooms:
        """The same methods, awaitable: ``await hook.aio.get_room(…)``."""
        return AsyncRooms(self)

    def test_connection(self) -> tuple[bool, str]:
        """Send the vendor one small request, within five seconds.

        :returns: whether it succeeded, and a message for the user: what is wrong, and what to do.
        """
        return diagnose(self)


def _pace_of(kind: type[Vendor], config: Config, store: Mapping[str, Any] | None) -> Pace:
    """The pace of an account; a connection that allows more or less than before has one of its own.

    :param store: where all workers share it, as arguments of ``redis.Redis``.
    """
    given: dict[Lane, float | None] = {"reads": config.reads_per_second, "writes": config.writes_per_second}
    account = f"{config.base_url} {kind.account(config)}"
    key = (account, *given.values(), *sorted((store or {}).items()))
    with _paces_lock:
        if key not in _paces:
            window = RedisWindow(store, account) if store else None
            _paces[key] = Pace(kind.requests_per_second, given, window=window)
        return _paces[key]
