"""The tables and their columns, as data: files, schemas and the docs page are all made of what stands here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: ``text``; ``integer`` (64 bits); ``number`` (a float of 64 bits); ``time`` (a moment in UTC, to the millisecond).
Type = Literal["text", "integer", "number", "time"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    :param doc: what stands in it, as a sentence in Markdown.
    :param unit: of its numbers.
    :param required: whether every row has a value.
    :param personal: whether it says who somebody is; ``people`` decides what stands in it.
    """

    name: str
    type: Type
    doc: str
    unit: str = ""
    required: bool = False
    personal: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table.

    :param row: what a row stands for.
    :param belongs: which rows an interval has.
    :param key: the columns that no two rows share.
    """

    name: str
    row: str
    belongs: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


_WHERE = (
    Column(name="vendor", type="text", required=True, doc="The connection type of the vendor."),
    Column(name="conn_id", type="text", required=True, doc="The Airflow connection through which the row was read."),
    Column(
        name="room_name",
        type="text",
        doc="The name of the room including `name_prefix`: the key that joins all tables. A room that "
        "replaced a closed one (`algebra-r2`) has the name of the first. Empty for a room without a name.",
    ),
)
_ROOM = (*_WHERE, Column(name="room_id", type="text", required=True, doc="The vendor's id of the room."))
_SESSION = Column(
    name="session_id",
    type="text",
    required=True,
    doc="The vendor's id of the session. If the vendor has none, it is built from the room's id and the first join.",
)

TABLES = {
    table.name: table
    for table in (
        Table(
            name="sessions",
            row="a session: people in a room, from the first join to the last leave",
            belongs="Sessions that ended in the interval. A session that is still live belongs to the interval in "
            "which it ends.",
            key=("vendor", "session_id"),
            columns=(
                *_ROOM,
                _SESSION,
                Column(name="started_at", type="time", required=True, doc="The first join."),
                Column(name="ended_at", type="time", required=True, doc="The last leave."),
                Column(
                    name="seconds",
                    type="integer",
                    unit="s",
                    required=True,
                    doc="From the first join to the last leave.",
                ),
                Column(name="people", type="integer", required=True, doc="How many different people were there."),
                Column(
                    name="people_seconds",
                    type="integer",
                    unit="s",
                    required=True,
                    doc="The sum of the time of all people; divided by 60, it is participant minutes.",
                ),
            ),
        ),
        Table(
            name="attendance",
            row="a person in a session",
            belongs="The people in the sessions that ended in the interval.",
            key=("vendor", "session_id", "identity"),
            columns=(
                *_ROOM,
                _SESSION,
                Column(
                    name="identity",
                    type="text",
                    personal=True,
                    doc="The vendor's id of the person: the user for whom a join link was created.",
                ),
                Column(
                    name="name",
                    type="text",
                    personal=True,
                    doc="The display name. Empty if the vendor has none.",
                ),
                Column(
                    name="role",
                    type="text",
                    doc="The vendor's role, if it has roles.",
                ),
                Column(name="first_joined_at", type="time", doc="The first join."),
                Column(
                    name="last_left_at",
                    type="time",
                    doc="The last leave; the end of the session if the vendor recorded no leave.",
                ),
                Column(
                    name="seconds",
                    type="integer",
                    unit="s",
                    required=True,
                    doc="Time in the room, all rejoins added up; time on two devices at once counts once.",
                ),
                Column(
                    name="stays",
                    type="integer",
                    required=True,
                    doc="How often they joined: 1, and 1 more for each rejoin.",
                ),
            ),
        ),
        Table(
            name="recordings",
            row="a recording",
            belongs="Recordings that started in the interval, with their state when the task runs.",
            key=("vendor", "recording_id"),
            columns=(
                *_ROOM,
                Column(
                    name="session_id",
                    type="text",
                    doc="The vendor's id of the session. Empty if recordings belong to the room.",
                ),
                Column(name="recording_id", type="text", required=True, doc="The vendor's id of the recording."),
                Column(
                    name="kind",
                    type="text",
                    required=True,
                    doc="`recording`, `track`, `composition`, `hls` or `transcript`.",
                ),
                Column(
                    name="state",
                    type="text",
                    required=True,
                    doc="`ready`, `processing` or `failed`. A recording that is still `processing` a day after it "
                    "started is `failed`, because not every vendor reports failures.",
                ),
                Column(name="seconds", type="number", unit="s", doc="Length, once it is known."),
                Column(name="bytes", type="integer", unit="byte", doc="Size of the file, once it is known."),
                Column(
                    name="format",
                    type="text",
                    doc="The file extension, such as `mp4`.",
                ),
                Column(name="created_at", type="time", required=True, doc="When the vendor started it."),
            ),
        ),
        Table(
            name="rooms",
            row="a room",
            belongs="Rooms that were created in the interval.",
            key=("vendor", "room_id"),
            columns=(
                *_ROOM,
                Column(name="state", type="text", required=True, doc="`open` or `closed`, when the task runs."),
                Column(name="created_at", type="time", required=True, doc="When the vendor created it."),
            ),
        ),
        Table(
            name="classes",
            row="a class of the timetable: what was planned",
            belongs="The specs passed to the task.",
            key=("vendor", "conn_id", "room_name"),
            columns=(
                *_WHERE,
                Column(name="starts_at", type="time", doc="When the class starts."),
                Column(name="ends_at", type="time", doc="When the class ends."),
                Column(name="seconds", type="integer", unit="s", doc="Its planned length."),
                Column(name="description", type="text", doc="The description of the spec."),
                Column(
                    name="ref",
                    type="text",
                    doc="Your own reference: text unchanged, anything else as JSON.",
                ),
            ),
        ),
    )
}

#: What ``table`` of ``SessionsToStorageOperator`` may be: what is read from a vendor.
HAPPENED = ("sessions", "attendance", "recordings", "rooms")
