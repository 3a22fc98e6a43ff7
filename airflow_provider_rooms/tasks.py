"""What our operators and sensors have in common. Imports nothing until a task is made or runs: DAG files are parsed often."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import BaseOperator

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


class WithHook(WithOutput):
    """A task with one connection, and the hook that this connection needs."""

    conn_id: str

    @cached_property
    def hook(self) -> RoomsHook:
        """The hook that fits the connection's type."""
        from airflow_provider_rooms.hooks import get_rooms_hook

        return get_rooms_hook(self.conn_id)


class WithSecrets(WithOutput):
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
