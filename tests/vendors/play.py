"""A flow driven by hand on a clock of its own, and answers for it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import flows
from vendor_traits import ANY

from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Patience, Request, Response, Runtime, Sleep
from airflow_provider_rooms.vendors.pace import Pace

SECRET = "a-secret-that-is-long-enough-for-signing"


NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp()


class Play:
    """A flow driven by hand on a clock that only moves when it sleeps, or when a request takes its time."""

    def __init__(self, conn_type: str = ANY.conn_type, *, writes: float | None = None, **patience: Any) -> None:
        self.seconds = 0.0
        self.takes = 0.0
        self.sent: list[Request] = []
        self.slept: list[float] = []
        self.concealed: list[str] = []
        runtime = Runtime(
            wall=lambda: NOW, monotonic=lambda: self.seconds, random=lambda: 1.0, conceal=self.concealed.append
        )
        config = Config(
            conn_id="c",
            base_url="http://x.example",
            key="key",
            secret=SECRET,
            webhook_headers={"Authorization": "Bearer of-the-connection"},
            storage_credentials={"key": "storage-key", "secret": "storage-secret"},
        )
        self.vendor: Any = vendor_class(conn_type)(
            config,
            runtime=runtime,
            patience=Patience(**patience),
            pace=Pace({}, {"writes": writes}, monotonic=lambda: self.seconds),
        )
        self.path = self.vendor.rooms.path

    def run(self, flow: Any, *answers: Response | Exception | int) -> Any:
        """Its result; answers may be given as a bare status."""
        waiting = list(answers)

        def perform(step: Any) -> Response | Exception | None:
            if isinstance(step, Sleep):
                self.slept.append(step.seconds)
                self.seconds += step.seconds
                return None
            self.sent.append(step)
            self.seconds += self.takes
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return Response(status=reply, body=b"{}") if isinstance(reply, int) else reply

        return flows.run(flow, perform)

    def post(self, *answers: Any, **kwargs: Any) -> Any:
        return self.run(self.vendor.post(self.path, {"a": 1}, **{"repeatable": True, **kwargs}), *answers)

    def get(self, *answers: Any, **kwargs: Any) -> Any:
        return self.run(self.vendor.get(self.path, **kwargs), *answers)


def answer(status: int, body: Any = None, **headers: str) -> Response:
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    return Response(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=content)
