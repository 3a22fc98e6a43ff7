"""The Room button of a task, which opens its room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import BaseOperatorLink, XCom

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey

#: XCom key under which a task leaves the address of its room's page; it holds no token.
ROOM_URL = "room_url"


class RoomLink(BaseOperatorLink):
    """The room in its vendor's console, or on the sandbox's page. Empty until the room exists."""

    name = "Room"

    @property
    def xcom_key(self) -> str:
        """Airflow 3 shows what stands under this key: our own, so that the link is there while the task still runs."""
        return ROOM_URL

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Where the task's button leads.

        Airflow 3 asks the task itself when it ends or defers, and keeps the answer in XCom. Looking there for what was never pushed
        would leave an error in the scheduler's log. Airflow 2.11 asks from the web server, where XCom is all there is.
        """
        from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_1_PLUS

        ours = hasattr(getattr(operator, "operator_class", None), "room_url")
        url = getattr(operator, "room_url", "") if ours else None
        if not url and not AIRFLOW_V_3_1_PLUS:
            url = None  # Airflow 3.0 asks another object than the task that ran: what it pushed is in XCom
        return (XCom.get_value(key=ROOM_URL, ti_key=ti_key) if url is None else url) or ""
