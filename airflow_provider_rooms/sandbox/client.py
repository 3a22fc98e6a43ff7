"""The ``/control`` API from Python, as returned by the fixture ``rooms_sandbox``. Works with any running sandbox."""

from __future__ import annotations

import http.client
import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from airflow_provider_rooms.sandbox.registry import vendors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TIMEOUT_SECONDS: Final = 30


class ControlError(Exception):
    """The sandbox rejected a request; the message says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class RoomsSandbox:
    """A running sandbox, and methods to control it. A vendor is passed as the first part of its path or as its
    connection type, a room as its id or name.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    # -- what there is ----------------------------------------------------------------------------------------

    def state(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Rooms, sessions and recordings of every vendor, newest first, in the vendor's own shape."""
        found: dict[str, dict[str, list[dict[str, Any]]]] = self._call("GET", "/control/state")
        return found

    def rooms(self, vendor: str) -> list[dict[str, Any]]:
        """The rooms of one vendor, newest first."""
        return self.state()[_vendor(vendor)]["rooms"]

    def requests(self, vendor: str | None = None, method: str | None = None) -> list[dict[str, Any]]:
        """Requests seen by the vendors, oldest first: method, path, status, vendor, at."""
        rows: list[dict[str, Any]] = self._call("GET", "/control/requests")
        wanted = None if vendor is None else _vendor(vendor)
        return [row for row in rows if wanted in (None, row["vendor"]) and method in (None, row["method"])]

    # -- what can be done -------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Reset everything: rooms, faults, requests, behavior, and the clock."""
        self._call("POST", "/control/reset")

    def fault(self, vendor: str, kind: str = "status", **fault: Any) -> None:
        """Inject a fault: ``fault(vendor, "status", status=503, method="POST", path="/v2/rooms*", times=2)``.

        Kinds are ``status``, ``drop_before``, ``drop_after``, ``delay`` and ``body``.
        """
        self._call("POST", "/control/faults", {"vendor": _vendor(vendor), "kind": kind, **fault})

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/control/faults")

    def behave(self, vendor: str, **switches: Any) -> dict[str, Any]:
        """Set a vendor's behavior, such as ``read_lag_seconds=5``; returns all its settings."""
        now: dict[str, Any] = self._call("POST", "/control/behaviour", {"vendor": _vendor(vendor), **switches})
        return now

    def webhooks(self, vendor: str, mode: str, seconds: float | None = None) -> dict[str, str]:
        """Set how a vendor's webhooks are delivered: ``on``, ``off``, ``twice``, ``shuffled``, ``late``, ``lost``, ``forged``."""
        order = {"vendor": _vendor(vendor), "mode": mode, "seconds": seconds}
        modes: dict[str, str] = self._call("POST", "/control/webhooks", order)
        return modes

    def deliveries(self, vendor: str | None = None) -> list[dict[str, Any]]:
        """Webhooks, oldest first: vendor, event, url, and each attempt with its status."""
        rows: list[dict[str, Any]] = self._call("GET", "/control/webhooks")
        return [row for row in rows if vendor is None or row["vendor"] == _vendor(vendor)]

    def limit(self, vendor: str, *, writes: int = 0, reads: int = 0, refused_count: bool = False) -> dict[str, Any]:
        """Limit the requests of an account within any second (0: no limit), and reset the counts.

        :param refused_count: whether rejected requests count towards the limit, which no vendor documents.
        """
        order = {"vendor": _vendor(vendor), "writes": writes, "reads": reads, "refused_count": refused_count}
        now: dict[str, Any] = self._call("POST", "/control/limits", order)
        return now

    def limits(self, vendor: str) -> dict[str, Any]:
        """The limits of an account, the highest rates seen, and how many requests got a 429."""
        found: dict[str, Any] = self._call("GET", "/control/limits")[_vendor(vendor)]
        return found

    def advance(self, seconds: float) -> None:
        """Advance the sandbox clock."""
        self._call("POST", "/control/clock", {"advance_seconds": seconds})

    def start_session(
        self, vendor: str, room: str, participants: Iterable[str | Mapping[str, str]] | None = None
    ) -> dict[str, Any]:
        """Let people join (by default a teacher and a student). Returns the session."""
        return self._room(vendor, room, "session", _order("start", participants))

    def end_session(self, vendor: str, room: str, participants: Iterable[str] | None = None) -> dict[str, Any]:
        """Let everybody leave, or only the people passed. Returns the session."""
        return self._room(vendor, room, "session", _order("end", participants))

    def recording(self, vendor: str, room: str, action: str) -> dict[str, Any]:
        """``start``, ``complete`` or ``fail`` the newest recording of the room. Returns it."""
        return self._room(vendor, room, "recording", {"action": action})

    def join(self, vendor: str, token: str, name: str | None = None) -> dict[str, Any]:
        """Join with a token (or a room code, if the vendor has them), which is checked as the vendor does."""
        session: dict[str, Any] = self._call("POST", f"/control/{_vendor(vendor)}/join", {"token": token, "name": name})
        return session

    # -- Airflow ----------------------------------------------------------------------------------------------

    def connection(self, conn_type: str) -> dict[str, Any]:
        """An Airflow connection to a vendor of this sandbox, in Airflow's JSON form."""
        name = _vendor(conn_type)
        vendor = next((vendor for vendor in vendors() if vendor.name == name), None)
        if vendor is None:
            raise ValueError(f"no vendor {conn_type!r}: the connection types are {', '.join(conn_types())}")
        return {"conn_type": vendor.conn_type, "host": f"{self.url}/{name}", **deepcopy(dict(vendor.sign_in))}

    def env(self) -> dict[str, str]:
        """Environment variables that give Airflow the default connection of each vendor."""
        return {f"AIRFLOW_CONN_{kind.upper()}_DEFAULT": json.dumps(self.connection(kind)) for kind in conn_types()}

    # -- inside -----------------------------------------------------------------------------------------------

    def _room(self, vendor: str, room: str, what: str, order: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._call("POST", f"/control/{_vendor(vendor)}/rooms/{quote(room)}/{what}", order)
        return answer

    def _call(self, method: str, path: str, order: dict[str, Any] | None = None) -> Any:
        # no proxy of the environment is asked: the sandbox is on this machine or as good as
        parts = urlsplit(self.url)
        link = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_TIMEOUT_SECONDS)
        try:
            body = None if order is None else json.dumps(order)
            link.request(method, path, body, {"content-type": "application/json"} if body else {})
            answer = link.getresponse()
            text = answer.read().decode()
        finally:
            link.close()
        if answer.status != 200:
            raise ControlError(answer.status, _reason(text))
        return json.loads(text)


def conn_types() -> dict[str, str]:
    """Airflow connection type → vendor in paths and in ``/control``."""
    return {vendor.conn_type: vendor.name for vendor in vendors()}


def _vendor(name: str) -> str:
    return conn_types().get(name, name)


def _order(action: str, participants: Iterable[Any] | None) -> dict[str, Any]:
    return {"action": action} if participants is None else {"action": action, "participants": list(participants)}


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        return text
