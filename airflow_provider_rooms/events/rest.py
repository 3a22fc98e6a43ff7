"""Airflow's public REST API, as far as events need it: version 2 (Airflow 3) and version 1 (Airflow 2.11)."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.errors import (
    AccessDeniedError,
    AirflowDownError,
    AuthenticationError,
    InvalidSpecError,
    NotFoundError,
    RequestRefusedError,
    RoomsError,
    UnreadableAnswerError,
)
from airflow_provider_rooms.events.ledger import events_in
from airflow_provider_rooms.events.uris import SCHEME, read_uri
from airflow_provider_rooms.transport.network import Watchdog, blocking_session, reason, took_too_long

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

#: Of a list, so many are asked for at once; Airflow's own limit is the same unless configured.
PAGE = 100
#: Seconds for one request as a whole, unless ``deadline`` says otherwise.
DEADLINE = 30.0
#: Seconds before what only reads is asked again when no answer came.
PAUSES = (0.1, 0.5)

TOKEN, USER, PASSWORD = "AIRFLOW_CLI_TOKEN", "AIRFLOW_USERNAME", "AIRFLOW_PASSWORD"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Who the receiver is for Airflow: a token, or a user with a password."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Credentials:
        """From the environment; a token comes first.

        :raises InvalidSpecError: there are none.
        """
        token, user, password = (environment.get(name, "") for name in (TOKEN, USER, PASSWORD))
        if not token and not (user and password):
            raise InvalidSpecError(
                "There are no credentials for Airflow's REST API.",
                advice=f"Set {USER} and {PASSWORD}, or {TOKEN}. There is no option for them: other users of the machine "
                "could see it.",
            )
        return cls(user=user, password=password, token=token)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What a version of the API calls things.

    :param assets: the path of the list, and its key in the answer.
    :param events: the key of the list of events.
    :param asset_id: what events are filtered by.
    """

    root: str
    assets: str
    events: str
    asset_id: str

    def active(self, row: Mapping[str, Any]) -> bool:
        """Whether some DAG names the asset. Airflow 3 lists no others."""
        return self.assets == "assets" or bool(row.get("consuming_dags") or row.get("producing_tasks"))

    def body(self, uri: str, asset_id: int, extra: Mapping[str, Any]) -> dict[str, Any]:
        """What to send for a new event."""
        named = {"asset_id": asset_id} if self.assets == "assets" else {"dataset_uri": uri}
        return {**named, "extra": dict(extra)}


DIALECTS = (
    Dialect(root="/api/v2", assets="assets", events="asset_events", asset_id="asset_id"),
    Dialect(root="/api/v1", assets="datasets", events="dataset_events", asset_id="dataset_id"),
)


class AirflowApi:
    """One Airflow. Used by one thread at a time.

    All methods raise a :class:`~airflow_provider_rooms.errors.PassingError` when it does not answer now, and a
    :class:`~airflow_provider_rooms.errors.PermanentError` when it refuses.

    :param url: where its UI is, such as ``https://airflow.example.org``.
    """

    def __init__(self, url: str, credentials: Credentials) -> None:
        self.url = url.rstrip("/")
        #: Seconds for one request as a whole.
        self.deadline = DEADLINE
        self._credentials = credentials
        self._session = blocking_session()
        self._session.headers["Accept"] = "application/json"
        self._dialect: Dialect | None = None
        self._authorization = ""

    def version(self) -> str:
        """The version of Airflow, which also decides how it is talked to."""
        for dialect in DIALECTS:
            answer = self._send("GET", f"{dialect.root}/version")
            version = _json(answer).get("version") if answer.ok else None
            if isinstance(version, str):
                self._dialect = dialect
                return version
            if answer.is_redirect or (not answer.ok and answer.status_code != 404):
                raise self._refusal(answer, "Airflow's version")
        raise NotFoundError(
            f"No Airflow was found at {self.url}.",
            advice="Use the address of its web UI, with the path if it has one.",
        )

    def assets(self) -> dict[str, int]:
        """The ids of all active assets of events, by their URIs."""
        return {
            row["uri"]: row["id"]
            for page in self._pages(self._named.assets, self._named.assets, uri_pattern=f"{SCHEME}://")
            for row in page
            if read_uri(row["uri"]) and self._named.active(row)
        }

    def told(self, asset_id: int) -> Iterator[list[tuple[dt.datetime, list[str]]]]:
        """The events of an asset page by page, newest first: when each was stored, and the ids in it."""
        named = self._named
        for page in self._pages(
            f"{named.assets}/events", named.events, order_by="-timestamp", **{named.asset_id: asset_id}
        ):
            yield [
                (dt.datetime.fromisoformat(row["timestamp"]), [event["id"] for event in events_in(row.get("extra"))])
                for row in page
            ]

    def tell(self, uri: str, asset_id: int, event: Mapping[str, Any]) -> None:
        """Store an event."""
        self._call("POST", f"{self._named.assets}/events", "id", json=self._named.body(uri, asset_id, event))

    # -- requests --------------------------------------------------------------------------------------------------------

    @property
    def _named(self) -> Dialect:
        if self._dialect is None:
            self.version()
        assert self._dialect is not None  # noqa: S101 - else an error was raised
        return self._dialect

    def _pages(self, path: str, key: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
        offset, total = 0, 1
        while offset < total:
            answer = self._call("GET", path, key, params={**query, "limit": PAGE, "offset": offset})
            if not (rows := answer[key]):
                return
            yield rows
            offset, total = offset + len(rows), answer.get("total_entries", float("inf"))

    def _call(self, method: str, path: str, key: str, **kwargs: Any) -> dict[str, Any]:
        """One request; its answer, which has something under the key."""
        for again in (False, True):
            if not self._authorization:
                self._authorization = self._sign_in()
            answer = self._send(
                method, f"{self._named.root}/{path}", headers={"Authorization": self._authorization}, **kwargs
            )
            if answer.status_code not in (401, 403) or again or self._credentials.token:
                break
            self._authorization = ""  # a token lives for a day; one that cannot be read is answered 403
        if not answer.ok or answer.is_redirect:
            raise self._refusal(answer, f"{method} {path}")
        read = _json(answer)
        if key not in read:  # a page of a proxy, perhaps: by no means an empty list
            raise UnreadableAnswerError(
                f"The answer to {method} {path} is not one of Airflow's.", status=answer.status_code
            )
        return read

    def _sign_in(self) -> str:
        if self._credentials.token:
            return f"Bearer {self._credentials.token}"
        if self._named.root == "/api/v1":
            from requests.auth import _basic_auth_str

            return _basic_auth_str(self._credentials.user, self._credentials.password)
        login = {"username": self._credentials.user, "password": self._credentials.password}
        answer = self._send("POST", "/auth/token", json=login)
        token = _json(answer).get("access_token") if answer.ok else None
        if not token:
            raise self._refusal(answer, "signing in")
        return f"Bearer {token}"

    def _send(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        import requests

        for pause in (*(PAUSES if method == "GET" else ()), None):
            try:
                with Watchdog(self.deadline):
                    return self._session.request(
                        method, f"{self.url}{path}", timeout=self.deadline, allow_redirects=False, **kwargs
                    )
            except requests.RequestException as error:
                if pause is None or took_too_long(error):
                    raise AirflowDownError(f"Airflow at {self.url} does not respond ({reason(error)}).") from None
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _refusal(self, answer: requests.Response, what: str) -> RoomsError:
        """Our error for an answer. Nothing of its body is kept: a proxy in between may have written it."""
        status = answer.status_code
        if status == 429 or status >= 500:
            return AirflowDownError(f"Airflow at {self.url} failed ({what}).", status=status)
        if status == 401:
            return AuthenticationError(
                f"Airflow at {self.url} does not accept the credentials.", status=status, advice=self._advice()
            )
        if status == 403:
            return AccessDeniedError(
                f"Airflow does not allow this user: {what}.",
                status=status,
                advice="It needs to read assets and to create asset events (on Airflow 2, of datasets). Some versions answer wrong "
                f"credentials in the same way: {self._advice()}",
            )
        if answer.is_redirect:
            return RequestRefusedError(
                f"Airflow at {self.url} responded to {what} with a redirect.",
                status=status,
                advice="Use the address it redirects to: https instead of http, or another path.",
            )
        kind = NotFoundError if status == 404 else RequestRefusedError
        return kind(f"Airflow at {self.url} rejected {what}.", status=status)

    def _advice(self) -> str:
        advice = f"Check {TOKEN}." if self._credentials.token else f"Check {USER} and {PASSWORD}."
        if self._dialect and self._dialect.root == "/api/v1":
            advice += " On Airflow 2, [api] auth_backends must include airflow.api.auth.backend.basic_auth."
        return advice


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        read = answer.json()
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
