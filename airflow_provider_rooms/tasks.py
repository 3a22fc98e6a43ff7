"""What our operators and sensors have in common. Imports nothing until a task is made or runs: DAG files are parsed often."""

from __future__ import annotations

import datetime as dt
import logging
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import BaseOperator, Context

    from airflow_provider_rooms.hooks.base import RoomsHook


#: Under this XCom key Airflow keeps a return value. Its own constant costs a DAG file 20 ms to import.
RETURN_KEY = "return_value"


class WithOutput:
    """A task whose XComs are handed on: ``create.output`` and ``create.output["room"]``."""

    if TYPE_CHECKING:
        # Airflow says XComArg, which type checkers let nobody index and no task function take. What stands there is the
        # value that the task will have pushed, of a type that nobody knows before: as in Airflow's own plugin for mypy.
        @property
        def output(self) -> Any: ...


class Patient(WithOutput):
    """A task whose templates wait for Airflow: what they pull out of XCom is asked for again while Airflow is away."""

    def render_template(self, content: Any, *args: Any, **kwargs: Any) -> Any:
        """Render a template. It changes nothing of the task, so it can be done any number of times."""
        from airflow_provider_rooms.hooks.outages import patiently

        render = super().render_template  # type: ignore[misc]
        return patiently("A template", partial(render, content, *args, **kwargs))


class WithHook(Patient):
    """A task with one connection, and the hook that this connection needs."""

    conn_id: str

    @cached_property
    def hook(self) -> RoomsHook:
        """The hook that fits the connection's type."""
        from airflow_provider_rooms.hooks import get_rooms_hook
        from airflow_provider_rooms.values import read_key

        return get_rooms_hook(read_key("conn_id", self.conn_id) or self.conn_id)


class WithRoomLink:
    """A task with a button that leads to its room."""

    #: Where the button leads: empty until the room exists, None for what XCom has of the time before a deferral.
    room_url: str | None = ""


class WithSecrets(Patient):
    """A task with parameters in which secrets may stand: Airflow's masker knows keys such as ``secret``, not every value."""

    #: Which ones: they are looked through once they are rendered, before rendered fields are stored.
    may_hold_secrets: ClassVar[Sequence[str]] = ()

    def _do_render_template_fields(self, parent: Any, *args: Any, **kwargs: Any) -> None:
        """Render, and tell Airflow's masker about the secrets: rendered fields, logs and the UI then show ``***``.

        This is the step that mapped tasks share with the others: their ``render_template_fields`` is not that of our class.
        """
        super()._do_render_template_fields(parent, *args, **kwargs)  # type: ignore[misc]
        if parent is self:
            mask_secrets(*(getattr(self, name) for name in self.may_hold_secrets))


def defers(task: Any, default: bool) -> bool:
    """Whether a task waits in the triggerer: ``deferrable=None`` means that it was not given."""
    from airflow_provider_rooms.values import read_bool

    given = read_bool("deferrable", task.deferrable)
    return default if given is None else given


def push(context: Context, key: str, value: Any) -> None:
    """Push an XCom, again for half a minute while Airflow is away.

    :raises AirflowDownError: it stayed away.
    """
    from airflow_provider_rooms.hooks.outages import patiently

    patiently(f"XCom {key!r}", lambda: context["ti"].xcom_push(key=key, value=value))


def push_url(context: Context, url: str) -> bool:
    """Lead the task's button to its room: at once, while the task still runs. It is not worth failing for.

    :returns: whether it leads there.
    """
    from airflow_provider_rooms.errors import AirflowDownError
    from airflow_provider_rooms.links.rooms import ROOM_URL

    try:
        push(context, ROOM_URL, url)
    except AirflowDownError as error:
        logging.getLogger(__name__).warning("The Room button of this task has no target. %s", error)
        return False
    task: Any = context.get("task")
    if task is not None:
        task.room_url = url
    return True


def timeout_at(task: BaseOperator, context: Context) -> dt.datetime | None:
    """When ``execution_timeout`` ends this try of a task; None where it has none.

    Airflow 3.1 and later leave the time that a task is deferred to the task.
    """
    if task.execution_timeout is None:
        return None
    return (getattr(context["ti"], "start_date", None) or dt.datetime.now(dt.UTC)) + task.execution_timeout


def give_retry_policy(task: BaseOperator) -> None:
    """Let a task of ours have ``RoomsRetryPolicy``, unless its DAG gave another. To be called at the end of ``__init__``.

    ``.partial()`` passes ``retry_policy=None``, and ``default_args`` are applied by the base class: only afterwards is it
    known whether there is one. Before Airflow 3.3 tasks have no such attribute.
    """
    if getattr(task, "retry_policy", ...) is None:
        from airflow_provider_rooms.retry_policy import RoomsRetryPolicy

        task.retry_policy = RoomsRetryPolicy()


def mask_secrets(*given: Any) -> None:
    """Tell Airflow's masker about the secrets in what a DAG gives."""
    from airflow.providers.common.compat.sdk import mask_secret

    from airflow_provider_rooms.secrets.maskers import mask_deeper
    from airflow_provider_rooms.secrets.masking import secret_texts

    mask_deeper()
    for text in secret_texts(given):
        mask_secret(text)
