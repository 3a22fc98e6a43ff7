"""The notifier that mails calendar invitations when a room has been created."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseNotifier

from airflow_provider_rooms.extras import INVITATIONS
from airflow_provider_rooms.operators.invitations import SendInvitationOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context

log = logging.getLogger(__name__)


class InvitationNotifier(BaseNotifier):
    """Mail a calendar invitation as a callback of the task that creates the room::

        CreateRoomOperator(task_id="room", …, on_success_callback=InvitationNotifier(attendees=["ada@example.org"]))

    It does the same as :class:`~airflow_provider_rooms.operators.invitations.SendInvitationOperator`, for the room
    that the task has just created. A failed callback only logs an error, so use the operator if the invitation is
    important. If the task created no room, or if the class is over, no mail is sent, and the log says so.

    :param attendees: as for the operator.
    :param parameters: all other parameters of the operator, such as ``organizer``, ``text`` or ``smtp_conn_id``.
    :raises MissingExtraError: a library is not installed; also raised when the DAG is parsed.
    :raises TypeError: a parameter that the operator does not have. It is raised when the DAG is parsed, because a
        callback would only log it.
    """

    template_fields: Sequence[str] = ("attendees", "parameters")

    def __init__(self, *, attendees: Any, **parameters: Any) -> None:
        super().__init__()
        INVITATIONS.require()
        known = SendInvitationOperator.template_fields
        if unknown := sorted(parameters.keys() - set(known)):
            from airflow_provider_rooms.values import suggestion

            raise TypeError(f"InvitationNotifier: unknown parameter {unknown[0]!r}.{suggestion(unknown[0], known)}")
        self.attendees = attendees
        self.parameters = parameters

    def notify(self, context: Context) -> None:
        """Send the invitations of the task's room."""
        from airflow_provider_rooms.errors import ClassOverError
        from airflow_provider_rooms.hooks import get_rooms_hook
        from airflow_provider_rooms.hooks.outages import patiently
        from airflow_provider_rooms.invitations.mailing import Invitation, send_invitations

        ti = context["ti"]
        pull = partial(ti.xcom_pull, task_ids=ti.task_id, key="room", map_indexes=getattr(ti, "map_index", -1))
        room = patiently("XCom 'room'", pull)
        if not (room or {}).get("id"):
            room = None
            if not {"room_id", "spec"} & self.parameters.keys():
                log.warning("Task %s created no room, so no invitation is sent.", ti.task_id)
                return
        invitation = Invitation(attendees=self.attendees, **{"room_id": room, **self.parameters})
        try:
            sent = send_invitations(invitation, get_rooms_hook, log.warning)
        except ClassOverError as error:
            log.info("%s", error)
            return
        log.info("%s: sent %d mails (%s, sequence %d).", sent["uid"], sent["sent"], sent["method"], sent["sequence"])
