"""The part of a task instance that an operator writes to, for operators that are executed here instead of in a DAG."""

from __future__ import annotations

from typing import Any


class Pushed:
    """Keeps what a task pushes."""

    def __init__(self) -> None:
        self.xcoms: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value
