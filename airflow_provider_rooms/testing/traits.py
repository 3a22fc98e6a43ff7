"""What the contract tests need to know about one vendor, as literals that its declarations are checked against."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.connections import ConnectionType
from airflow_provider_rooms.vendors import connection_type, vendor_class

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.base import Vendor

Settings = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Call:
    """Requests of one kind.

    :param method: the HTTP method.
    :param path: a regular expression for the path below the base URL, without the query.
    """

    method: str
    path: str

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is of this kind; ``path`` may have a query."""
        return method == self.method and re.fullmatch(self.path, path.partition("?")[0]) is not None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """How many requests a room costs besides the create request.

    :param absent: looking up a name that no room has.
    :param present: looking up the name of an open room.
    :param read_back: reading the room after the create.
    :param taken: finding the room after a repeated create which answers that the name is taken. None for a vendor that
        answers a repeated create with the room.
    """

    absent: int
    present: int
    read_back: int = 1
    taken: int | None = None


@dataclass(frozen=True, kw_only=True)
class Traits:
    """One vendor, for the contract tests.

    Settings are keyword arguments of ``CreateRoomOperator``.

    :param conn_type: the connection type.
    :param closing: what closing a room does; the vendor's class must say the same.
    :param updates: whether settings of a room can be changed; the vendor's class must say the same.
    :param sample: settings that the vendor's API returns.
    :param other: the same settings, one of them with another value.
    :param drifts: the vendor's field which differs between ``sample`` and ``other``.
    :param misspelt: a misspelt option, close enough to be suggested the correct name.
    :param out_of_range: a setting out of the vendor's range.
    :param contradiction: a setting, and an option that contradicts it.
    :param cannot: a setting that the vendor cannot express, if there is one.
    :param unshown: settings that the vendor accepts and does not return, and the fields which are then unverified.
    :param secret: settings with the text ``{canary}`` in a place for secrets, if the vendor has one.
    :param id_key: the field with the room id, in a room of the sandbox's state.
    :param name_key: the field with the room name.
    :param usable: whether people can use a room of the sandbox's state.
    :param create: the request that creates a room.
    :param cost: the other requests.
    :param renews_token: whether a refused request is sent again with a new token.
    :param recorded: what recording a session of two people gives: the kind of each recording, and whether it names its session.
    :param recording_failed: how a wait for a recording ends which failed: the error, or ``skip``.
    :param read_body: decodes the body of an answer, for the tests that change answers.
    :param write_body: encodes it again.
    :param options: a value for every field of the create call, the one that is "off" where there is one.
    :param not_options: fields of it that cannot be given in ``options``.
    :param kept: fields of ``options`` that an API may return as null although they have a value, or which null is a value of.
    :param nulls: whether the API's answers can hold null.
    :param settings: what else the connection's extra needs for everything to be possible.
    :param endless: a page of a list of rooms that never ends, by its number and the base URL; None for a vendor whose lists
        come in one piece.
    :param lingers: how many seconds a deleted room is still returned.
    :param remembered: settings that a room needs for its past sessions to be listed, if it needs any.
    :param session_times: whether sessions say when the first person came and the last one left. Without, tests of waiting only
        look at whether there was a session.
    :param impossible: rows of a table that cannot happen at this vendor.
    :param differs: where this vendor ends otherwise than the rule of a table: by the name of the row, the columns to replace.
    """

    conn_type: str
    closing: str
    updates: bool
    sample: Settings
    other: Settings
    drifts: str
    misspelt: Settings
    out_of_range: Settings
    contradiction: Settings
    cannot: Settings | None
    id_key: str
    name_key: str
    usable: Callable[[Mapping[str, Any]], bool]
    create: Call
    cost: Cost
    renews_token: bool
    recorded: Sequence[tuple[str, bool]] = ()
    recording_failed: str = "RecordingFailedError"
    unshown: tuple[Settings, Sequence[str]] | None = None
    secret: Settings | None = None
    read_body: Callable[[bytes], Any] = json.loads
    write_body: Callable[[Any], bytes] = lambda body: json.dumps(body).encode()
    options: Settings = field(default_factory=dict)
    not_options: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    nulls: bool = True
    settings: Settings = field(default_factory=dict)
    endless: Callable[[int, str], Any] | None = None
    lingers: float = 0.0
    remembered: Settings = field(default_factory=dict)
    session_times: bool = True
    impossible: frozenset[str] = frozenset()
    differs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def kind(self) -> ConnectionType:
        """The connection type as data."""
        kind = connection_type(self.conn_type)
        if kind is None:
            raise LookupError(f"There is no vendor with the connection type {self.conn_type!r}: is it installed?")
        return kind

    @property
    def vendor(self) -> type[Vendor]:
        """The vendor's class."""
        return vendor_class(self.conn_type)

    @property
    def conn_id(self) -> str:
        """The vendor's default connection."""
        return f"{self.conn_type}_default"

    def __repr__(self) -> str:
        return f"Traits({self.conn_type})"
