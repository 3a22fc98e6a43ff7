"""The optional part of the contract about recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording, RecordingKind, RecordingState
from airflow_provider_rooms.vendors.contract.api import Api, optional
from airflow_provider_rooms.vendors.exchange import parse_time
from airflow_provider_rooms.vendors.options import Options
from airflow_provider_rooms.vendors.presence import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.models import Room
    from airflow_provider_rooms.vendors.flow import Flow


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A recording as it is asked for: its id, and what else is known of it."""

    id: str
    kind: RecordingKind | None = None
    format: str | None = None


class Recordings(Api):
    """What was recorded in a room. Each method may be missing by itself; starting and stopping go together."""

    #: Fields of the request that starts a recording.
    recording_options: ClassVar[type[Options]] = Options
    #: Kinds of recording this vendor does not make, with the way out.
    no_recordings: ClassVar[Mapping[RecordingKind, str]] = {}

    @optional("does not list recordings")
    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """Recordings of a room of one kind, or of every kind, page by page, those that are not ready yet too."""
        raise NotImplementedError

    @optional("has no API call to start a recording")
    def start_recording(self, room: Room, body: Mapping[str, Any]) -> Flow[list[Recording]]:
        """Start recording a room, unless it is being recorded. Answers what is being recorded now."""
        raise NotImplementedError

    @optional("has no API call to stop a recording")
    def stop_recording(self, room: Room) -> Flow[list[Recording]]:
        """Stop recording a room; answers what was being recorded."""
        raise NotImplementedError

    @optional("does not provide recording files")
    def file_url(self, wanted: Wanted) -> Flow[str]:
        """A link to the file of a recording, which is a credential itself."""
        raise NotImplementedError

    @optional("cannot delete a recording")
    def delete_recording(self, wanted: Wanted) -> Flow[None]:
        """Delete a recording and its file."""
        raise NotImplementedError

    def recording_defaults(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fields of the request that starts a recording, sent unless the user gives them."""
        return {}

    def check_kind(self, kind: RecordingKind | None) -> None:
        """Refuse a kind of recording that this vendor does not make.

        :raises UnsupportedError: it does not.
        """
        if kind is not None and kind in self.no_recordings:
            raise errors.UnsupportedError(
                f"kind: {self.title} does not produce recordings of kind {kind!r}.",
                vendor=self.title,
                advice=self.no_recordings[kind],
            )

    def no_recording(self, recording: str) -> errors.NotFoundError:
        """The error for a recording that this account does not have."""
        return errors.NotFoundError(
            f"{self.title} has no recording {recording!r}.",
            vendor=self.title,
            advice="Check the id, and whether the connection belongs to the account that made the recording.",
        )

    def no_file_yet(self, recording: str, state: str = "") -> errors.NotVisibleYetError:
        """The error for a recording whose file cannot be had yet.

        :param state: what the vendor says of it.
        """
        return errors.NotVisibleYetError(
            f"The file of recording {recording} is not available yet{f' ({state})' if state else ''}.",
            vendor=self.title,
            advice="Wait for it with RecordingReadySensor.",
        )

    def no_file(self, recording: str, state: str) -> errors.NotFoundError:
        """The error for a recording that will never have a file.

        :param state: what the vendor says of it.
        """
        return errors.NotFoundError(f"Recording {recording} {state}, so there is no file.", vendor=self.title)


def make_recording(
    identity: Any,
    room_id: Any,
    kind: RecordingKind,
    state: RecordingState,
    *,
    session_id: Any = None,
    seconds: Any = None,
    size: Any = None,
    format: str | None = None,  # noqa: A002 - the name of the field
    began: Any = None,
) -> Recording:
    """A :class:`Recording` out of what a vendor says.

    :param size: in bytes.
    :param began: the vendor's text of the time when it began.
    """
    created_at = parse_time(began)
    return Recording(
        id=str(identity),
        session_id=str(session_id) if session_id else None,
        room_id=str(room_id),
        kind=kind,
        state=state,
        seconds=seconds,
        bytes=size,
        format=format,
        created_at=iso(created_at) if created_at else None,
    )


def extension(path: object) -> str | None:
    """How the name of a file ends, such as ``mp4``, out of its path or its link."""
    name = str(path or "").partition("?")[0].rpartition("/")[2]
    return name.rpartition(".")[2].lower() or None if "." in name else None
