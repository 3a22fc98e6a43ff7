"""Recordings, once for all vendors: listed, started without starting two, opened by a link that stays secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar, get_args
from urllib.parse import urljoin, urlsplit

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording, RecordingKind
from airflow_provider_rooms.values import not_given, read_choice, read_key
from airflow_provider_rooms.vendors.flow import Download, Fetch, Flow, Sleep, about
from airflow_provider_rooms.vendors.options import Options, merge, read_options
from airflow_provider_rooms.vendors.rooms import find

if TYPE_CHECKING:
    from airflow_provider_rooms.models import RoomRef
    from airflow_provider_rooms.vendors.base import Vendor

T = TypeVar("T")

KINDS: tuple[RecordingKind, ...] = get_args(RecordingKind)
#: Seconds between looks for something that was just made, or may have been.
_LOOKS = (1.0, 2.0, 4.0, 8.0)
#: How often a storage may send us on to another place.
_MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A recording as it is asked for: its id, and what else is known of it."""

    id: str
    kind: RecordingKind | None = None
    format: str | None = None


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
    wanted = read_kind(kind)
    vendor.check_kind(wanted)
    found = yield from find(vendor, room)
    yield from vendor.list_recordings(found, wanted)


def start_recording(vendor: Vendor, room: RoomRef, options: Mapping[str, Any] | None = None) -> Flow[list[Recording]]:
    """What is being recorded in a room, started unless it runs already.

    :raises NotFoundError: there is no such room; or nobody is in it, where a recording needs somebody (VideoSDK).
    :raises RoomClosedError: the room is closed.
    """
    body = vendor.recording_body(options or {})
    found = yield from find(vendor, room)
    if found.state == "closed":
        raise errors.RoomClosedError(
            "The room is closed: nothing can be recorded in it.", vendor=vendor.title, room=found.id
        )
    return (yield from vendor.start_recording(found, body))


def stop_recording(vendor: Vendor, room: RoomRef) -> Flow[list[Recording]]:
    """Stop what is being recorded in a room; nothing being recorded is fine. Answers what was stopped.

    :raises NotFoundError: there is no such room.
    """
    found = yield from find(vendor, room)
    return (yield from vendor.stop_recording(found))


def extension(path: object) -> str | None:
    """How the name of a file ends, such as ``mp4``, out of its path or its link."""
    name = str(path or "").partition("?")[0].rpartition("/")[2]
    return name.rpartition(".")[2].lower() or None if "." in name else None


def read_body(vendor: Vendor, model: type[Options], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a start request, checked as those of a room are.

    :raises InvalidSpecError: an unknown field, or a value of the wrong kind.
    """
    own = dict(vendor.own_options(options))
    extra = own.pop("extra_body", None) or {}
    if not isinstance(extra, Mapping):
        raise errors.InvalidSpecError("options.extra_body: expected a dict.")
    return merge(read_options(model, own, vendor=vendor.title), extra, source="options.extra_body")


def found_or_made(
    vendor: Vendor, look: Callable[[], Flow[T | None]], make: Callable[[], Flow[T | None]], *, what: str
) -> Flow[T]:
    """Look first and make only what is missing; after a failure that may have had its effect, look again.

    For things that carry no name of ours, so that a lost answer or a second try would make two of them.

    :param look: what there is, or None.
    :param make: what was made; None where the vendor took the request without saying what came of it.
    :param what: how to call it in an error.
    """
    taken = False
    failure: errors.PassingError | None = None
    for pause in (*_LOOKS, None):
        found = yield from look()
        if found:
            return found
        if not taken:
            try:
                made = yield from make()
                if made:
                    return made
                taken, failure = True, None
            except errors.PassingError as error:
                failure = error
        if pause is not None:
            wait = max(pause, (failure.retry_after or 0.0) if failure else 0.0)
            if wait > vendor.patience.hold:
                break
            yield Sleep(wait)
    raise failure or errors.NotVisibleYetError(
        f"The vendor took the request, but shows no {what}.", vendor=vendor.title, advice="Ask again in a minute."
    )


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
        f"The storage sends us on from place to place with the file of recording {wanted.id}.", vendor=vendor.title
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
        if not isinstance(failure, errors.PassingError) or attempt >= vendor.patience.tries:
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
            f"The storage sends us to no usable place for the file of recording {recording}.", vendor=vendor.title
        )
    return target


def _refusal(status: int, recording: str) -> errors.RoomsError:
    """What a storage's status means; its text is not read, since it repeats the link."""
    if status in (404, 410):
        return errors.NotFoundError(
            f"The file of recording {recording} is gone from its storage.",
            status=status,
            advice="Storages delete old files: copy recordings soon after the class.",
        )
    if status in (408, 429) or status >= 500:
        return errors.VendorDownError(
            f"The storage does not hand out the file of recording {recording}.", status=status
        )
    return errors.AccessDeniedError(
        f"The storage refuses the vendor's own link to the file of recording {recording}.",
        status=status,
        advice="The file may have been deleted; look for it in the vendor's dashboard.",
    )
