"""The ASGI application: the gate to the vendors around FastAPI for ``/control`` and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from airflow_provider_rooms.sandbox.control import control_router
from airflow_provider_rooms.sandbox.gate import App, Gate
from airflow_provider_rooms.sandbox.page import page

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.world import World


def make_app(world: World) -> Gate:
    """Everything the sandbox answers, as one ASGI application."""
    app = FastAPI(title="Rooms sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(control_router(world))

    @app.get("/", response_class=HTMLResponse)
    async def index() -> HTMLResponse:
        return HTMLResponse(page(), headers={"cache-control": "no-store"})

    @app.exception_handler(StarletteHTTPException)
    async def explain(request: Request, error: StarletteHTTPException) -> JSONResponse:
        reason = error.detail
        if reason in ("Not Found", "Method Not Allowed"):
            prefixes = ", ".join(f"/{name}/…" for name in world.vendors)
            reason = f"{reason}: the sandbox answers {prefixes} as the vendors do, and has /control/… and / of its own"
        return JSONResponse({"detail": reason}, status_code=error.status_code, headers=error.headers)

    return Gate(world, cast("App", app))
