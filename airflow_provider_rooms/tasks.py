"""What our operators and sensors have in common. Imports nothing until a task is made or runs: DAG files are parsed often."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator

    from airflow_provider_rooms.hooks.base import RoomsHook


class WithHook:
    """A task with one connection, and the hook that this connection needs."""

    conn_id: str

    @cached_property
    def hook(self) -> RoomsHook:
        """The hook that fits the connection's type."""
        from airflow_provider_rooms.hooks import get_rooms_hook

        return get_rooms_hook(self.conn_id)


def give_retry_policy(task: BaseOperator) -> None:
    """Let a task of ours have ``RoomsRetryPolicy``, unless its DAG gave another. To be called at the end of ``__init__``.

    ``.partial()`` passes ``retry_policy=None``, and ``default_args`` are applied by the base class: only afterwards is it
    known whether there is one. Before Airflow 3.3 tasks have no such attribute.
    """
    if getattr(task, "retry_policy", ...) is None:
        from airflow_provider_rooms.retry_policy import RoomsRetryPolicy

        task.retry_policy = RoomsRetryPolicy()


def mask_secrets(*given: Any) -> None:
    """Tell Airflow's masker about the secrets in what a DAG gives: rendered fields, logs and the UI then show ``***``.

    To be called at the end of ``render_template_fields``, which is before rendered fields are stored.
    """
    from airflow.providers.common.compat.sdk import mask_secret

    from airflow_provider_rooms.maskers import mask_deeper
    from airflow_provider_rooms.masking import secret_texts

    mask_deeper()
    for text in secret_texts(given):
        mask_secret(text)
