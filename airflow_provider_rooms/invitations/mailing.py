"""Sending invitations over Airflow's own SMTP connection: everything is checked and every link is minted before one goes out."""

from __future__ import annotations

import contextlib
import datetime as dt
import hmac
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow_provider_rooms import values
from airflow_provider_rooms.errors import (
    ClassOverError,
    InvalidConnectionError,
    InvalidSpecError,
    NotFoundError,
    PassingError,
    PermanentError,
)
from airflow_provider_rooms.extras import INVITATIONS
from airflow_provider_rooms.invitations.calendar import (
    METHODS,
    Event,
    Person,
    Sequences,
    body_text,
    line_text,
    mail,
    read_people,
    read_person,
    read_zone,
)
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.names import resolve_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from email.message import EmailMessage

    from airflow_provider_rooms.hooks.base import RoomsHook
    from airflow_provider_rooms.invitations.calendar import Method


#: The connection that Airflow's own SMTP hook uses by default.
SMTP_CONN_ID = "smtp_default"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """An invitation to be sent, as a task or a notifier was given it; see ``SendInvitationOperator``."""

    attendees: Any
    room_id: Any = None
    spec: Any = None
    conn_id: Any = None
    method: Any = "request"
    title: Any = None
    timezone: Any = None
    organizer: Any = None
    sequence: Any = None
    subject: Any = None
    text: Any = None
    join_url: Any = None
    expires_at: Any = None
    from_email: Any = None
    smtp_conn_id: Any = None


_sequences = Sequences()


def send_invitations(
    invitation: Invitation, hook_of: Callable[[str], RoomsHook], warn: Callable[[str], None]
) -> dict[str, Any]:
    """Send one mail to each attendee.

    :param hook_of: the hook of a connection.
    :param warn: told who is left out, and why.
    :returns: ``{uid, sequence, method, sent}``: no address and no link.
    :raises InvalidSpecError: something that was given is wrong. Nothing was sent.
    :raises ClassOverError: the class is over. Nothing was sent.
    :raises PassingError: the mail server, or the vendor, could not do it now.
    """
    method: Method = values.read_choice("method", invitation.method, METHODS, "request")
    people = read_people("attendees", invitation.attendees, warn)
    subject = _line("subject", invitation.subject)
    text = body_text("text", invitation.text, method)
    about, room = _about(invitation)
    hook = hook_of(_conn_id(invitation, about))
    _check_time(about, hook)
    smtp_conn_id = values.read_key("smtp_conn_id", invitation.smtp_conn_id) or SMTP_CONN_ID
    server = _server(smtp_conn_id)
    sender = _sender(invitation, server, smtp_conn_id)
    if isinstance(room, str):
        room = hook.get_room(room).as_dict()
        about.setdefault("full_name", _shown_name(room))
    event = _event(invitation, about, hook, sender, method, dt.datetime.now(dt.UTC))
    links = _links(invitation, hook, room, about, people) if method == "request" else [None] * len(people)
    mails = [
        mail(event, person, join_url=link, sender=sender, subject=subject, text=text)
        for person, link in zip(people, links, strict=True)
    ]
    _send(server, smtp_conn_id, mails, [person.address for person in people])
    return {"uid": event.uid, "sequence": event.sequence, "method": method, "sent": len(mails)}


def _line(parameter: str, value: Any) -> str | None:
    text = values.read_text(parameter, value)
    return None if text is None else line_text(parameter, text)


# -- what it is about ---------------------------------------------------------------------------------------------------


def _about(invitation: Invitation) -> tuple[dict[str, Any], str | dict[str, Any] | None]:
    """What is known of the class, from the spec and the ``room`` dict; and the room as it was given."""
    spec = values.read_object("spec", invitation.spec) or {}
    room = None if values.not_given(invitation.room_id) else values.read_room("room_id", invitation.room_id)
    if room is None and not spec:
        raise InvalidSpecError("room_id: required, or spec for the class.")
    known: dict[str, Any] = {}
    for source in (room if isinstance(room, dict) else {}, spec):
        keys = ("conn_id", "starts_at", "ends_at", "ref")
        known.update({key: source[key] for key in keys if not values.not_given(source.get(key))})
    if not values.not_given(spec.get("name")):
        known["name"] = RoomSpec.read({"name": spec["name"]}).name
    elif isinstance(room, dict):
        known["full_name"] = _shown_name(room)
    elif room is None:
        raise InvalidSpecError("spec: it has no name, and no room was passed.")
    return known, room


def _shown_name(room: Mapping[str, Any]) -> str:
    return str(room.get("name") or room.get("id"))


def _conn_id(invitation: Invitation, about: Mapping[str, Any]) -> str:
    conn_id = values.read_key("conn_id", invitation.conn_id) or values.read_key("conn_id", about.get("conn_id"))
    if not conn_id:
        raise InvalidSpecError("conn_id: required, unless you pass the room dict of a create task, which contains it.")
    return conn_id


def _times(about: Mapping[str, Any]) -> tuple[dt.datetime, dt.datetime]:
    starts_at, ends_at = (values.read_time(name, about.get(name)) for name in ("starts_at", "ends_at"))
    if starts_at is None or ends_at is None:
        raise InvalidSpecError("spec: starts_at and ends_at are required, here or in the room dict.")
    values.check_order(starts_at, ends_at)
    return starts_at, ends_at


def _check_time(about: Mapping[str, Any], hook: RoomsHook) -> None:
    """A run that is cleared on the next day must not mail everybody again."""
    _, ends_at = _times(about)
    if ends_at <= hook.vendor.now():
        raise ClassOverError(f"The class was over at {ends_at.isoformat()}, so no invitation or cancellation is sent.")


def _event(
    invitation: Invitation, about: Mapping[str, Any], hook: RoomsHook, sender: Person, method: Method, now: dt.datetime
) -> Event:
    starts_at, ends_at = _times(about)
    ref = about.get("ref")
    ref = ref if isinstance(ref, Mapping) else {"title": ref} if isinstance(ref, str) else {}
    if shown := about.get("full_name"):
        # A room that took over from a closed one is the same class: calendars must find their event again.
        name = hook.transport.run(hook.vendor.first_name(shown))
    else:
        name = resolve_name(about["name"], prefix=hook.vendor.config.name_prefix)
    title = _line("title", invitation.title) or _line("ref.title", ref.get("title")) or name
    organizer = sender if values.not_given(invitation.organizer) else read_person("organizer", invitation.organizer)
    sequence = values.read_int("sequence", invitation.sequence)
    if sequence is not None and not 0 <= sequence < 2**31:
        raise InvalidSpecError(f"sequence: {sequence} is not a number from 0 to {2**31 - 1}.")
    uid = f"{name}@{organizer.address.rpartition('@')[2].lower()}"
    return Event(
        uid=uid,
        sequence=_sequences.next(uid, now) if sequence is None else sequence,
        method=method,
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=_zone(invitation, ref, about["starts_at"]),
        organizer=organizer,
        sent_at=now,
    )


def _zone(invitation: Invitation, ref: Mapping[str, Any], starts_at: dt.datetime | str) -> ZoneInfo:
    for parameter, value in (("timezone", invitation.timezone), ("ref.timezone", ref.get("timezone"))):
        if not values.not_given(value):
            return read_zone(parameter, value)
    zone = getattr(starts_at, "tzinfo", None)
    own = getattr(zone, "key", None) or getattr(zone, "name", None)
    # An offset alone names no zone: then the times are given in UTC, which is right everywhere.
    return read_zone("starts_at", own) if isinstance(own, str) and "/" in own else ZoneInfo("UTC")


def _links(
    invitation: Invitation,
    hook: RoomsHook,
    room: dict[str, Any] | None,
    about: Mapping[str, Any],
    people: Sequence[Person],
) -> list[str]:
    """Each person's way into the room: minted now and kept nowhere but in the mail."""
    if link := _line("join_url", invitation.join_url):
        if not link.startswith(("https://", "http://")):
            raise InvalidSpecError("join_url: expected an absolute URL.")
        return [link] * len(people)
    if room is None:
        found = hook.find_room(about["name"])
        if found is None:
            raise NotFoundError(
                "There is no room with this name yet.",
                vendor=hook.vendor.title,
                room=resolve_name(about["name"], prefix=hook.vendor.config.name_prefix),
                advice="Send the invitation after the room has been created, or pass join_url= with the address of your "
                "own page.",
            )
        room = found.as_dict()
    # The end of the class as it is planned now: a link made for an older end would stop too early.
    whole = {**room, **{key: about[key] for key in ("starts_at", "ends_at") if key in about}}
    return [
        hook.join_url(
            whole,
            role=person.role,
            user=_user(hook, room, person),
            expires_at=None if values.not_given(invitation.expires_at) else invitation.expires_at,
        )
        for person in people
    ]


def _user(hook: RoomsHook, room: Mapping[str, Any], person: Person) -> dict[str, str]:
    """Who this is to the vendor: the same one at every sending, and nobody can tell the address from it."""
    text = f"{room.get('name') or room.get('id')} {person.address.lower()}"
    digest = hmac.new(hook.vendor.config.secret.encode(), text.encode(), "sha256").hexdigest()
    return {"id": f"p-{digest[:16]}", **({"name": person.name} if person.name else {})}


# -- the mail server ----------------------------------------------------------------------------------------------------


def _server(smtp_conn_id: str) -> Any:
    """Airflow's own hook, not connected yet."""
    from airflow_provider_rooms.hooks.lookup import find_connection

    INVITATIONS.require()  # before anything is minted
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    server = SmtpHook(smtp_conn_id=smtp_conn_id)
    # Looked up here, so that its from_email is known before anything is connected.
    server.smtp_connection = find_connection(smtp_conn_id, "SMTP", hook=server)
    return server


def _sender(invitation: Invitation, server: Any, smtp_conn_id: str) -> Person:
    given = invitation.from_email if not values.not_given(invitation.from_email) else server.from_email
    if values.not_given(given):
        raise InvalidConnectionError(
            f"Connection {smtp_conn_id!r} has no from_email.",
            advice="Add it to the connection's extra, or set from_email.",
        )
    return read_person("from_email", given)


def _send(server: Any, smtp_conn_id: str, mails: Sequence[EmailMessage], addresses: Sequence[str]) -> None:
    """Send all; those that the server refuses stop no other, and are told by their place in the list."""
    try:
        server.get_conn()
    except (OSError, smtplib.SMTPException) as error:
        raise PassingError(
            f"The mail server of connection {smtp_conn_id!r} could not be reached: {type(error).__name__}.",
            advice="Check host, port and disable_ssl/disable_tls of the connection. Nothing was sent.",
        ) from None
    # The provider has renamed it: older versions have no underscore.
    client = getattr(server, "_smtp_client", None) or server.smtp_client
    with contextlib.closing(client):
        _send_over(client, mails, addresses)


def _send_over(client: Any, mails: Sequence[EmailMessage], addresses: Sequence[str]) -> None:
    refused: dict[int, str] = {}
    passing = False
    for index, (message, address) in enumerate(zip(mails, addresses, strict=True)):
        try:
            client.send_message(message, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = next(iter(error.recipients.values()))
            refused[index] = f"code {code}"
            passing = passing or code < 500
        except smtplib.SMTPResponseException as error:
            refused[index] = f"code {error.smtp_code}"
            passing = passing or error.smtp_code < 500
        except (OSError, smtplib.SMTPException) as error:
            raise PassingError(
                f"The mail server closed the connection after {index - len(refused)} of {len(mails)} mails: "
                f"{type(error).__name__}.",
                advice="The next attempt sends them again; calendars keep a single event.",
            ) from None
    if refused:
        listed = ", ".join(f"attendees[{index}] ({why})" for index, why in list(refused.items())[:10])
        raise (PassingError if passing else PermanentError)(
            f"The mail server rejected {len(refused)} of {len(mails)} mails: {listed}. The others were sent.",
            advice="Check these addresses.",
        )
