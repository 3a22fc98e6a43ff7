"""The page's own small web application, which Airflow's API server mounts at ``/rooms``.

A mounted application has no sign-in of its own: every route here has its guard, and none of them changes anything.
"""

from __future__ import annotations

import datetime as dt
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import HTMLResponse, JSONResponse

from airflow_provider_rooms.page.airflow_data import (
    MAY_READ_CONNECTION,
    MAY_SEE_PAGE,
    Viewer,
    pushed_by,
    readable_dags,
)
from airflow_provider_rooms.page.classes import classes_of
from airflow_provider_rooms.page.live import Looks

#: The longest period whose classes are shown at once.
LONGEST = dt.timedelta(days=8)


def make_app(looks: Looks | None = None) -> FastAPI:
    """The application.

    :param looks: where the looks at accounts come from.
    """
    looks = looks or Looks()
    app = FastAPI(title="Rooms", openapi_url=None, dependencies=[MAY_SEE_PAGE])

    @app.get("/", response_class=HTMLResponse)
    def page() -> HTMLResponse:
        text, policy = _page()
        return HTMLResponse(text, headers={"Content-Security-Policy": policy, **_HEADERS})

    @app.get("/classes")
    def classes(user: Viewer, start: str, end: str) -> JSONResponse:
        first, last = _time("start", start), _time("end", end)
        if not dt.timedelta(0) < last - first <= LONGEST:
            raise HTTPException(400, f"end: expected a time up to {LONGEST.days} days after start.")
        now = dt.datetime.now(dt.UTC)
        pushed, more = pushed_by(readable_dags(user), now=now)
        day = classes_of(pushed, start=first, end=last, now=now)
        # As it is: FastAPI would copy each of a thousand classes value by value first.
        return JSONResponse(
            {"now": now.isoformat(), "classes": day.classes, "unreadable": day.unreadable, "more": more},
            headers=_HEADERS,
        )

    @app.get("/live/{connection_id}", dependencies=[MAY_READ_CONNECTION])
    async def live(connection_id: str, response: Response) -> dict[str, Any]:
        response.headers.update(_HEADERS)
        return (await looks.at(connection_id)).as_dict()

    return app


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


def _time(name: str, value: str) -> dt.datetime:
    try:
        read = dt.datetime.fromisoformat(value)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise HTTPException(400, f"{name}: expected ISO 8601 with an offset, such as 2026-11-20T00:00:00Z.")
    return read


@cache
def _page() -> tuple[str, str]:
    """The HTML, and the policy that allows its own style and script and nothing from elsewhere."""
    text = files(__package__).joinpath("page.html").read_text(encoding="utf-8")

    def allowed(tag: str) -> str:
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        return " ".join(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in found)

    return text, (
        f"default-src 'none'; script-src {allowed('script')}; style-src {allowed('style')}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
