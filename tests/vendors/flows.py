"""Flows run by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def run(flow: Any, perform: Callable[[Any], Any]) -> Any:
    """The result of a flow.

    :param perform: takes a step; gives the answer to a request, or an error to be thrown into the flow.
    """
    answer: Any = None
    while True:
        try:
            step = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
        except StopIteration as end:
            return end.value
        answer = perform(step)
