"""The operator that mails calendar invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import AirflowSkipException, BaseOperator

from airflow_provider_rooms.extras import INVITATIONS
from airflow_provider_rooms.tasks import WithSecrets, give_retry_policy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg


class SendInvitationOperator(WithSecrets, BaseOperator):
    """Mail a calendar invitation to the people of a class, each with their own join link.

    Calendars add the class, move it when the invitation is sent again (same ``UID``, from the room name; higher
    ``SEQUENCE``, from the time of sending), and remove it after ``method="cancel"``. Each person gets a separate mail,
    so nobody sees the others' addresses. The links are created in this task and are stored nowhere but in the mails.

    Everything is validated before the first mail is sent. Invalid and duplicate addresses are omitted, with a warning.
    If the class is over, no mail is sent and the task is skipped. The return value is ``{uid, sequence, method,
    sent}``::

        room = CreateRoomOperator(task_id="room", conn_id="rooms", spec=one.spec())
        SendInvitationOperator(task_id="invite", room_id=room.output["room"], attendees=["Ada <ada@example.org>"])

    It uses an Airflow connection of type SMTP, and needs ``apache-airflow-providers-smtp`` and
    ``airflow-provider-rooms[calendar]``.

    :param attendees: a list of ``ada@example.org``, ``Ada <ada@example.org>`` or ``{"email", "name", "role"}``, or one
        string separated by ``;``. ``role`` is ``guest`` (the default), ``host``, or another of the connection's
        ``roles``.
    :param room_id: the ``room`` dict of a create task, or the room's id or name; required unless ``spec`` is set.
    :param spec: the class as returned by ``Class.spec()``: its name, times and ``ref``. It takes precedence over the
        ``room`` dict.
    :param conn_id: the room connection (default: that of the ``room`` dict or the spec).
    :param method: ``request`` to invite or move, ``cancel`` if the class does not take place.
    :param title: the title of the class (default: ``title`` in ``ref``, or ``ref`` itself if it is text).
    :param timezone: IANA time zone in which the times are shown (default: that of ``ref``, or UTC).
    :param organizer: who invites, as in ``attendees`` (default: the sender). Calendars accept changes from the same
        organizer only.
    :param sequence: the SEQUENCE; by default seconds since 2020, and always higher than the last one of this process.
    :param subject: the mail's subject.
    :param text: the text of the mail, with the placeholders ``{title}``, ``{date}``, ``{start}``, ``{end}``,
        ``{timezone}``, ``{name}`` and ``{join_url}``.
    :param join_url: the address of your own page, on which people sign in, instead of a created link. Also the way to
        invite before the room exists.
    :param expires_at: when created links expire (default: 15 minutes after the class).
    :param from_email: the sender (default: ``from_email`` of the SMTP connection).
    :param smtp_conn_id: the SMTP connection.
    :raises MissingExtraError: a library is not installed; raised when the DAG file is parsed.
    :raises AirflowSkipException: the class is over.
    """

    template_fields: Sequence[str] = (
        "attendees",
        "room_id",
        "spec",
        "conn_id",
        "method",
        "title",
        "timezone",
        "organizer",
        "sequence",
        "subject",
        "text",
        "join_url",
        "expires_at",
        "from_email",
        "smtp_conn_id",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"spec": "json", "attendees": "json"}
    may_hold_secrets = ("spec",)
    ui_color = "#e3f1ea"

    def __init__(
        self,
        *,
        attendees: Sequence[str | Mapping[str, str]] | str | XComArg,
        room_id: str | Mapping[str, Any] | XComArg | None = None,
        spec: Mapping[str, Any] | str | XComArg | None = None,
        conn_id: str | None = None,
        method: str = "request",
        title: str | None = None,
        timezone: str | None = None,
        organizer: str | Mapping[str, str] | XComArg | None = None,
        sequence: int | str | XComArg | None = None,
        subject: str | None = None,
        text: str | None = None,
        join_url: str | None = None,
        expires_at: dt.datetime | str | XComArg | None = None,
        from_email: str | None = None,
        smtp_conn_id: str | None = "smtp_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        INVITATIONS.require()
        self.attendees = attendees
        self.room_id = room_id
        self.spec = spec
        self.conn_id = conn_id
        self.method = method
        self.title = title
        self.timezone = timezone
        self.organizer = organizer
        self.sequence = sequence
        self.subject = subject
        self.text = text
        self.join_url = join_url
        self.expires_at = expires_at
        self.from_email = from_email
        self.smtp_conn_id = smtp_conn_id
        give_retry_policy(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Validate, create the links, send the mails."""
        from airflow_provider_rooms.errors import ClassOverError
        from airflow_provider_rooms.hooks import get_rooms_hook
        from airflow_provider_rooms.invitations.mailing import Invitation, send_invitations

        given = {name: getattr(self, name) for name in self.template_fields}
        try:
            sent = send_invitations(Invitation(**given), get_rooms_hook, self.log.warning)
        except ClassOverError as error:
            raise AirflowSkipException(str(error)) from error
        self.log.info(
            "%s: sent %d mails (%s, sequence %d).", sent["uid"], sent["sent"], sent["method"], sent["sequence"]
        )
        return sent
