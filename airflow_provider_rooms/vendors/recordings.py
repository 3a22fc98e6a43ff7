"""Recordings, once for all vendors: listed, started without starting two, opened by a link that stays secret."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urljoin, urlsplit

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording, RecordingKind
from airflow_provider_rooms.values import not_given, read_choice, read_key
from airflow_provider_rooms.vendors.contract.recordings import Wanted
from airflow_provider_rooms.vendors.flow import REDIRECTS, Download, Fetch, Flow, Sleep, about
from airflow_provider_rooms.vendors.options import fill, merge, read_options, without_none
from airflow_provider_rooms.vendors.plans import split_options
from airflow_provider_rooms.vendors.rooms import find, find_or_gone

if TYPE_CHECKING:
    from airflow_provider_rooms.models import RoomRef
    from airflow_provider_rooms.vendors.base import Vendor

KINDS: tuple[RecordingKind, ...] = get_args(RecordingKind)
#: How often a storage may send us on to another place.
_MOST_REDIRECTS = 5


def read_wanted(given: object) -> Wanted:
    """A recording given as itself, as its dict (from a sensor, say), or as its id.

    :raises InvalidSpecError: something else.
    """
    if isinstance(given, Recording):
        return Wanted(id=given.id, kind=given.kind, format=given.format)
    found: Mapping[str, Any] = given if isinstance(given, Mapping) else {"id": given}
    named = found.get("id")
    identity = read_key("recording", named) if isinstance(named, (str, int, float)) else None
    if identity is None:
        raise errors.InvalidSpecError(f"recording: expected a recording or its id, got {str(given)[:80]!r}.")
    return Wanted(id=identity, kind=read_kind(found.get("kind")), format=found.get("format"))


def read_kind(given: object) -> RecordingKind | None:
    """A kind of recording; None means every kind.

    :raises InvalidSpecError: a word that is none.
    """
    return None if not_given(given) else read_choice("kind", given, KINDS)


def recordings_of(vendor: Vendor, room: RoomRef, kind: str | None = None) -> Flow[None]:
    """Recordings of a room, page by page.

    :raises NotFoundError: there is no such room.
    :raises UnsupportedError: the vendor makes no recordings of this kind.
    """
    vendor.need("list_recordings")
    wanted = read_kind(kind)
    vendor.check_kind(wanted)
    found = yield from find_or_gone(vendor, room)
    yield from vendor.list_recordings(found, wanted)


def start_recording(vendor: Vendor, room: RoomRef, options: Mapping[str, Any] | None = None) -> Flow[list[Recording]]:
    """What is being recorded in a room, started unless it runs already.

    :raises NotFoundError: there is no such room; or nobody is in it, where a recording needs somebody.
    :raises RoomClosedError: the room is closed.
    """
    vendor.need("start_recording")
    body = start_body(vendor, options or {})
    found = yield from find(vendor, room)
    if found.state == "closed":
        raise errors.RoomClosedError(
            "The room is closed, so it cannot be recorded.", vendor=vendor.title, room=found.id
        )
    return (yield from vendor.start_recording(found, body))


def delete_recording(vendor: Vendor, recording: object) -> Flow[None]:
    """Delete a recording and its file.

    :raises UnsupportedError: the vendor has no call for it.
    """
    yield from vendor.delete_recording(read_wanted(recording))


def start_body(vendor: Vendor, options: Mapping[str, Any]) -> dict[str, Any]:
    """The request that starts a recording, out of fields under the vendor's own names, checked as those of a room are.

    :raises InvalidSpecError: an unknown field, or a value of the wrong kind.
    """
    own, extra_body = split_options(vendor, options)
    own = without_none(own)
    read = read_options(vendor.recording_options, own, vendor=vendor.title, known=vendor.recording_defaults(own))
    asked = merge(read, extra_body, source="options.extra_body")
    return fill(asked, vendor.recording_defaults(asked))


def stop_recording(vendor: Vendor, room: RoomRef) -> Flow[list[Recording]]:
    """Stop what is being recorded in a room; nothing being recorded is fine. Answers what was stopped.

    :raises NotFoundError: there is no such room.
    """
    vendor.need("stop_recording")
    found = yield from find(vendor, room)
    return (yield from vendor.stop_recording(found))


def open_recording(vendor: Vendor, recording: object) -> Flow[Download]:
    """Open the file of a recording. The link to it is a credential: it gets none of ours and is never shown.

    :raises NotFoundError: there is no such recording, or its file was deleted.
    :raises NotVisibleYetError: the file is not there yet.
    """
    wanted = read_wanted(recording)
    url = yield from vendor.file_url(wanted)
    for _ in range(_MOST_REDIRECTS + 1):
        vendor.runtime.conceal(url)
        answer = yield from _fetch(vendor, url, wanted.id)
        if isinstance(answer, Download):
            return answer
        url = answer
    raise errors.UnreadableAnswerError(
        f"Too many redirects while downloading recording {wanted.id}.", vendor=vendor.title
    )


def _fetch(vendor: Vendor, url: str, recording: str) -> Flow[Download | str]:
    """The open file, or where else to look for it."""
    for attempt in count(1):
        failure: errors.RoomsError
        try:
            response = yield Fetch(url=url, timeout=vendor.config.timeout)
            if response is None:  # pragma: no cover - a driver always sends an answer
                raise TypeError("a flow must be sent the response to its request")
            if response.status == 200:
                length = response.headers.get("content-length", "")
                return Download(size=int(length) if length.isdecimal() else None, stream=response.stream)
            if response.status in REDIRECTS:
                return _elsewhere(vendor, url, response.headers.get("location", ""), recording)
            failure = _refusal(response.status, recording)
        except errors.TransportError as error:
            failure = error
        about(failure, vendor=vendor.title)
        if not isinstance(failure, errors.PassingError) or vendor.patience.ends(attempt, failure):
            raise failure
        yield Sleep(vendor.patience.wait(attempt, failure, vendor.runtime.random()))
    raise AssertionError("unreachable")  # pragma: no cover - count() does not end


def _elsewhere(vendor: Vendor, url: str, location: str, recording: str) -> str:
    try:
        target = urljoin(url, location)
        schemes = (urlsplit(url).scheme, urlsplit(target).scheme)
    except ValueError:  # such as a bracket that is never closed
        schemes = ("", "")
    if not location or schemes not in (("https", "https"), ("http", "http"), ("http", "https")):
        raise errors.UnreadableAnswerError(
            f"The storage redirected to an invalid address for recording {recording}.", vendor=vendor.title
        )
    return target


def _refusal(status: int, recording: str) -> errors.RoomsError:
    """What a storage's status means; its text is not read, since it repeats the link."""
    if status in (404, 410):
        return errors.NotFoundError(
            f"The file of recording {recording} no longer exists in its storage.",
            status=status,
            advice="Storages delete old files, so copy recordings soon after the class.",
        )
    if status in (408, 429) or status >= 500:
        return errors.VendorDownError(f"The storage did not return the file of recording {recording}.", status=status)
    return errors.AccessDeniedError(
        f"The storage rejected the vendor's own link to recording {recording}.",
        status=status,
        advice="The file may have been deleted; check the vendor's dashboard.",
    )
