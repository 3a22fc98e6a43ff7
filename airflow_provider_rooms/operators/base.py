"""Shared parts of the operators that act on one room."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_rooms.links.rooms import RoomLink
from airflow_provider_rooms.tasks import WithHook, WithRoomLink, give_retry_policy, push_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_rooms.models import Room


class RoomOperator(WithHook, WithRoomLink, BaseOperator):
    """An operator on one room.

    :param conn_id: connection of a vendor's type.
    :param room_id: the room's id, its name, or the ``room`` dict of a create task.
    """

    template_fields: Sequence[str] = ("conn_id", "room_id")
    operator_extra_links = (RoomLink(),)
    ui_color = "#e3f1ea"

    def __init__(self, *, conn_id: str, room_id: str | Mapping[str, Any] | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.room_id = room_id
        give_retry_policy(self)

    @abstractmethod
    def execute(self, context: Context) -> Any:
        """Run the operator's action."""

    def read_room(self) -> str | dict[str, Any]:
        """The room as passed, or as rendered from a template.

        :raises InvalidSpecError: nothing was passed, or a value of the wrong type.
        """
        from airflow_provider_rooms.values import read_room

        return read_room("room_id", self.room_id)

    def find_room(self, context: Context) -> Room:
        """Read the room from its vendor, and set the target of the task's Room button.

        :raises NotFoundError: the room does not exist.
        """
        room = self.hook.get_room(self.read_room())
        push_url(context, self.hook.vendor.room_url(room.id))
        return room
