"""Flows run against answers that are written down."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import flows

from airflow_provider_rooms.models import Room, Session
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Patience, Request, Response, Sleep, gathered


def made(conn_type: str) -> Any:
    config = Config(
        conn_id="c", base_url="https://api.example", key="key", secret="a-secret-that-is-long-enough-to-sign"
    )
    return vendor_class(conn_type)(config, patience=Patience(tries=1))


def room_of(vendor: str) -> Room:
    return Room(vendor=vendor, conn_id="c", id="room-1", name="algebra", state="open")


class Script:
    """Runs a flow against answers by method and path; a list is answered in turn, its last one for ever."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {key.replace("__", " "): value for key, value in answers.items()}
        self.slept: list[float] = []
        self.sent: list[Request] = []

    def on(self, what: str, *answers: Any) -> Script:
        self.answers[what] = list(answers)
        return self

    def run(self, flow: Generator[Any, Any, Any]) -> Any:
        return flows.run(flow, self._perform)

    def _perform(self, step: Any) -> Response | None:
        if isinstance(step, Sleep):
            self.slept.append(step.seconds)
        if not isinstance(step, Request):
            return None
        self.sent.append(step)
        return self._answer(step)

    def _answer(self, request: Request) -> Response:
        for what, answers in self.answers.items():
            method, path = what.split(" ", 1)
            if request.method == method and request.target.startswith(path):
                body = answers.pop(0) if len(answers) > 1 else answers[0]
                status = body if isinstance(body, int) else 200
                return Response(status=status, body=json.dumps({} if isinstance(body, int) else body).encode())
        raise AssertionError(f"not expected: {request.method} {request.target}")


def gather(vendor: Any, since: Any = None, **script: Any) -> list[Session]:
    flow = vendor.list_sessions(room_of(vendor.name), since, lambda session: True)
    return Script(**script).run(gathered(flow))
