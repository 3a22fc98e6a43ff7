"""Operators that record a room, and that copy its recordings to your own storage."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms.operators.base import RoomOperator
from airflow_provider_rooms.tasks import WithSecrets

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context, ObjectStoragePath, XComArg

    from airflow_provider_rooms.models import Recording, Room

#: What ``to`` of :class:`RecordingToStorageOperator` may hold.
PLACEHOLDERS = ("name", "room_id", "session_id", "id", "kind", "ext")
#: What would lead to another folder: others than we name rooms, as they like.
_NO_PART = re.compile(r"[/\\]|^\.+$")


class StartRecordingOperator(WithSecrets, RoomOperator):
    """Start recording a room. If a recording is already running, it is kept, so a retry does not start a second one.

    The return value lists what is being recorded now: ``{id, session_id, room_id, kind, state, seconds, bytes, format,
    created_at}``. Some vendors record only while somebody is in the room. Others record every camera and microphone
    separately, including those that join later: the list is empty while nobody is there.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task.
    :param options: fields of the vendor's start request, with the vendor's names, or one such dict per connection
        type. Fields that this package does not know yet go into ``{"extra_body": {…}}``.
    """

    template_fields: Sequence[str] = (*RoomOperator.template_fields, "options")
    template_fields_renderers: ClassVar[dict[str, str]] = {"options": "json"}
    may_hold_secrets = ("options",)

    def __init__(
        self,
        *,
        conn_id: str,
        room_id: str | Mapping[str, Any] | XComArg,
        options: Mapping[str, Any] | str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, room_id=room_id, **kwargs)
        self.options = options

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Start the recording, or find the one that is running."""
        from airflow_provider_rooms.values import read_object
        from airflow_provider_rooms.vendors.recordings import start_body

        options = read_object("options", self.options)
        # Before the room is looked for: what is wrong with the options needs no call.
        start_body(self.hook.vendor, options or {})
        room = self.find_room(context)
        recordings = self.hook.start_recording(room, options)
        self.log.info("%s: started recording in room %s: %s.", self.hook.vendor.title, room.id, _listed(recordings))
        return [recording.as_dict() for recording in recordings]


class StopRecordingOperator(RoomOperator):
    """Stop recording a room. If nothing is being recorded, the task succeeds. The return value lists what was being
    recorded.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Stop the running recordings."""
        room = self.find_room(context)
        recordings = self.hook.stop_recording(room)
        self.log.info("%s: room %s, stopped recording: %s.", self.hook.vendor.title, room.id, _listed(recordings))
        return [recording.as_dict() for recording in recordings]


class RecordingToStorageOperator(RoomOperator):
    """Copy recordings to your own storage: any location that Airflow's ``ObjectStoragePath`` can write to.

    Files are streamed, not loaded into memory. Each is first copied to a temporary file (next to the target, or in the
    worker's temporary folder for an object store), its size is checked, and then it is moved to the target as a whole:
    a target is complete or does not exist. A file that already exists with the right size is kept, so a retry copies
    only what is missing. The vendor's link is fetched without credentials and never logged. The return value lists
    ``{id, kind, url, bytes}``.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task, which also contains the times of
        the class.
    :param to: the target, with the placeholders ``{name}`` (of the room), ``{room_id}``, ``{session_id}``, ``{id}`` (of
        the recording), ``{kind}`` and ``{ext}`` (``mp4``, say): ``s3://conn@bucket/{name}/{id}.{ext}`` or
        ``file:///data/{name}/{id}.{ext}``.
    :param recordings: only these: the result of ``RecordingReadySensor``, or ids, or one of them (mapped tasks). By
        default: those of the class if the room dict contains its times, else all of the room.
    :param kind: ``recording``, ``track``, ``composition``, ``hls`` or ``transcript``. Where a vendor records
        tracks only, ``recording`` means those.
    """

    template_fields: Sequence[str] = (*RoomOperator.template_fields, "to", "recordings", "kind")

    def __init__(
        self,
        *,
        conn_id: str,
        room_id: str | Mapping[str, Any] | XComArg,
        to: str,
        recordings: Sequence[Mapping[str, Any] | str] | Mapping[str, Any] | str | XComArg | None = None,
        kind: str = "recording",
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, room_id=room_id, **kwargs)
        self.to = to
        self.recordings = recordings
        self.kind = kind

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Copy what is ready; the rest is left to the next attempt."""
        from airflow_provider_rooms.errors import NotVisibleYetError, RecordingFailedError, RecordingMissingError
        from airflow_provider_rooms.values import read_choice
        from airflow_provider_rooms.vendors.recordings import KINDS

        wanted = self._wanted()
        to = self._read_target()
        vendor = self.hook.vendor
        kind = read_choice("kind", self.kind, KINDS, "recording")
        vendor.check_kind(kind)
        room = self.find_room(context)
        found = list(self.hook.recordings(room, kind))
        found = self._of_class(room, found) if wanted is None else [item for item in found if item.id in wanted]
        missing = (wanted or set()) - {recording.id for recording in found}
        if missing or not found:
            raise RecordingMissingError(
                f"The room has no recording {', '.join(sorted(missing))}." if missing else f"The room has no {kind}.",
                vendor=vendor.title,
                room=room.id,
                advice="Wait with RecordingReadySensor first, and check kind.",
            )
        stored = [self._store(recording, path) for recording, path in _targets(to, room, found)]
        failed = [recording.id for recording in found if recording.state == "failed"]
        if failed:
            self.log.warning("%s failed to produce these recordings: %s.", vendor.title, ", ".join(failed))
        if waiting := [recording.id for recording in found if recording.state == "processing"]:
            raise NotVisibleYetError(
                f"{len(stored)} copied, {len(waiting)} not ready yet: {', '.join(waiting)}.",
                vendor=vendor.title,
                room=room.id,
                advice="Wait with RecordingReadySensor first, or set retries.",
            )
        if not stored:
            raise RecordingFailedError("Every recording failed.", vendor=vendor.title, room=room.id)
        return stored

    def _wanted(self) -> set[str] | None:
        """The ids of the recordings that were named; None when none were."""
        from airflow_provider_rooms.values import not_given, read_json, read_list, structured
        from airflow_provider_rooms.vendors.recordings import read_wanted

        given: Any = self.recordings
        if not_given(given):
            return None
        if structured(given):
            given = read_json("recordings", given)
        # One alone is what a mapped task gets of a list.
        many = isinstance(given, Sequence) and not isinstance(given, str)
        return {read_wanted(item).id for item in (read_list("recordings", given, of="recordings") if many else [given])}

    def _of_class(self, room: Room, recordings: list[Recording]) -> list[Recording]:
        """Those of the class, as ``RecordingReadySensor`` has it; all, where the room dict does not say when that was."""
        from airflow_provider_rooms.values import read_time
        from airflow_provider_rooms.waiting.waits import Seen, Wait, recordings_of_class

        given = self.read_room()
        times = given if isinstance(given, dict) else {}
        wait = Wait(
            purpose="recording",
            starts_at=read_time("room_id.starts_at", times.get("starts_at")),
            ends_at=read_time("room_id.ends_at", times.get("ends_at")),
        )
        if wait.begin is None:
            return recordings
        sessions = tuple(self.hook.sessions(room, wait.begin))
        seen = Seen(room=room, url="", sessions=sessions, recordings=recordings)
        return recordings_of_class(wait, seen, self.hook.vendor.now())

    def _read_target(self) -> str:
        """``to``, with everything checked that can be known without a recording.

        :raises InvalidSpecError: an unknown placeholder or scheme, or a path that is another place on each worker.
        """
        from airflow_provider_rooms.errors import InvalidSpecError
        from airflow_provider_rooms.placeholders import placeholders
        from airflow_provider_rooms.tables.storage import read_target

        to = read_target(self.to, example="{name}/{id}.{ext}")
        try:
            placeholders(to, PLACEHOLDERS)
        except ValueError as error:
            raise InvalidSpecError(f"to: {error}") from None
        return to

    def _store(self, recording: Recording, url: str) -> dict[str, Any]:
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        from airflow_provider_rooms.errors import TransportError
        from airflow_provider_rooms.tables.storage import whole_file

        path = ObjectStoragePath(url)
        row = {"id": recording.id, "kind": recording.kind, "url": url}
        present = _size(path)
        if present is not None and present == recording.bytes:
            self.log.info("%s already exists.", url)
            return {**row, "bytes": present}
        with self.hook.open_recording(recording) as file:
            expected = file.size if file.size is not None else recording.bytes
            if present is not None and present == expected:
                self.log.info("%s already exists.", url)
                return {**row, "bytes": present}
            self.log.info("Copying recording %s (%s bytes) to %s.", recording.id, expected or "?", url)
            with whole_file(path) as local, local.open("wb") as out:
                for piece in file:
                    out.write(piece)
                if expected is not None and out.tell() != expected:
                    raise TransportError(f"Recording {recording.id}: received {out.tell()} of {expected} bytes.")
                written = out.tell()
        if (present := _size(path)) != written:
            raise TransportError(f"{url} has {present} bytes, but {written} were written.")
        return {**row, "bytes": written}


def _targets(to: str, room: Room, recordings: Sequence[Recording]) -> list[tuple[Recording, str]]:
    """Where each goes that is ready.

    :raises InvalidSpecError: two would go to one place.
    """
    from airflow_provider_rooms.errors import InvalidSpecError

    targets: dict[str, Recording] = {}
    for recording in recordings:
        if recording.state != "ready":
            continue
        parts = {
            "name": room.name or room.id,
            "room_id": room.id,
            "session_id": recording.session_id or room.id,
            "id": recording.id,
            "kind": recording.kind,
            "ext": recording.format or "bin",
        }
        url = to.format(**{name: _NO_PART.sub("_", part) for name, part in parts.items()})
        if url in targets:
            raise InvalidSpecError(
                f"to: {to!r} is the same path for several recordings.", advice="Add {id} and {ext} to it."
            )
        targets[url] = recording
    return [(recording, url) for url, recording in targets.items()]


def _size(path: ObjectStoragePath) -> int | None:
    """Size of what is there, in bytes; None when nothing is."""
    try:
        return int(path.stat().st_size)
    except FileNotFoundError:
        return None


def _listed(recordings: Sequence[Recording]) -> str:
    return ", ".join(recording.id for recording in recordings) or "nothing"
