"""``/control``: look at the sandbox and make things happen in it. Not part of any vendor.

Unknown things get 404, bad input 400 or 422, what cannot be done 409; always with a reason in ``detail``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator, model_validator

from airflow_provider_rooms.sandbox.cards import Pick
from airflow_provider_rooms.sandbox.clock import iso_millis
from airflow_provider_rooms.sandbox.faults import Fault, Kind
from airflow_provider_rooms.sandbox.limits import Limit
from airflow_provider_rooms.sandbox.vendor import DEFAULT_PEOPLE, SWITCHES, Vendor, guests
from airflow_provider_rooms.sandbox.webhooks import Mode
from airflow_provider_rooms.sandbox.wire import NotPossibleError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.world import World

#: Ten years: far beyond any test, and far from the end of what a date can hold.
FARTHEST_ADVANCE: Final = 10 * 366 * 86_400

#: Headers that say where an answer ends: the server's own.
FRAMING: Final = ("content-length", "transfer-encoding")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaultOrder(_Strict):
    """What is to go wrong, where and how often."""

    vendor: str
    kind: Kind
    method: str = "*"
    path: str = "*"
    status: int | None = Field(default=None, ge=200, le=599)
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = None
    seconds: float = Field(default=0.0, ge=0, le=600)
    times: int = Field(default=1, ge=-1)
    #: For ``body`` and ``status``: do the work first and replace only the answer.
    work: StrictBool = False

    @field_validator("method")
    @classmethod
    def _upper(cls, value: str) -> str:
        return value.upper() or "*"

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, str]) -> dict[str, str]:
        """The server cuts the connection over a header that it cannot send, and that is another fault."""
        for name, text in value.items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or name.lower() in FRAMING:
                raise ValueError(f"header {name!r} cannot be set")
            if not re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", text):
                raise ValueError(f"header {name} must be of printable characters of latin-1")
        return value

    @model_validator(mode="after")
    def _complete(self) -> FaultOrder:
        if self.times == 0:
            raise ValueError("times must be 1 or more, or -1 for ever")
        if self.kind == "status" and self.status is None:
            raise ValueError("a fault of kind status needs a status")
        if self.kind == "delay" and not self.seconds:
            raise ValueError("a fault of kind delay needs seconds")
        if self.kind == "body" and self.body is None:
            raise ValueError("a fault of kind body needs a body")
        return self


class ClockOrder(_Strict):
    """How far to move the clock; time does not go back."""

    advance_seconds: float = Field(ge=0, le=FARTHEST_ADVANCE)


class LimitOrder(_Strict):
    """How many requests an account may make within any second; 0 is no limit."""

    vendor: str
    writes: int = Field(ge=0)
    reads: int = Field(ge=0)
    refused_count: StrictBool = False


class BehaviourOrder(BaseModel):
    """The vendor and any of its switches."""

    model_config = ConfigDict(extra="allow")
    vendor: str


class Person(_Strict):
    """A participant by name, identity, or both."""

    name: str | None = Field(default=None, min_length=1)
    role: str | None = Field(default=None, min_length=1)
    identity: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _someone(self) -> Person:
        if self.name is None and self.identity is None:
            raise ValueError("a participant needs a name or an identity")
        return self


class RoomOrder(_Strict):
    """The name of a room to make, in characters that all vendors take."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")


class SessionOrder(_Strict):
    """Start a session or join it; end it, or let some leave."""

    action: Literal["start", "end", "join", "leave"]
    participants: list[Annotated[str, Field(min_length=1)] | Person] | None = None


class RecordingOrder(_Strict):
    """What is to become of the newest recording."""

    action: Literal["start", "complete", "fail"]


class WebhookOrder(_Strict):
    """What becomes of a vendor's webhooks from now on."""

    vendor: str
    mode: Mode
    seconds: float | None = Field(default=None, ge=0, le=600)


class JoinOrder(_Strict):
    """Somebody at the door with a join token, or a room code where there are such."""

    token: str = Field(min_length=1)
    name: str | None = None


def control_router(world: World) -> APIRouter:
    """The routes of ``/control``, bound to one world."""
    router = APIRouter(prefix="/control")

    def vendor_of(name: str) -> Vendor:
        vendor = world.vendors.get(name)
        if vendor is None:
            raise HTTPException(404, f"no vendor {name!r}: the vendors are {', '.join(world.vendors)}")
        world.clock.catch_up()
        return vendor

    def base_of(request: Request, name: str) -> str:
        return f"{str(request.base_url).rstrip('/')}/{name}"

    @router.get("/state")
    async def state(request: Request) -> dict[str, dict[str, Any]]:
        """All that the vendors hold, in their own shape."""
        world.clock.catch_up()
        return {name: dict(vendor.state(base_of(request, name))) for name, vendor in world.vendors.items()}

    @router.get("/page")
    async def page(
        request: Request,
        newest: Annotated[int, Query(ge=1, le=1000)] = 50,
        match: Annotated[str, Query(max_length=200)] = "",
    ) -> dict[str, Any]:
        """What the page shows: the same for every vendor, light, and without secrets. Not for programs: it may change."""
        world.clock.catch_up()
        pick = Pick(newest, match.strip())
        vendors = [
            {
                "name": name,
                "title": vendor.title,
                "conn_type": vendor.conn_type,
                "count": vendor.count(),
                "cards": [card.as_dict() for card in vendor.cards(base_of(request, name), pick)],
            }
            for name, vendor in world.vendors.items()
        ]
        return {
            "now": iso_millis(world.clock.now()),
            "ahead_seconds": world.clock.ahead_seconds,
            "faults": len(world.faults.pending()),
            "requests": world.log.rows(40),
            "webhooks": world.outbox.rows(40),
            "webhook_modes": world.outbox.modes(),
            "vendors": vendors,
        }

    @router.post("/reset")
    async def reset() -> dict[str, str]:
        world.reset()
        return {"message": "everything forgotten: rooms, faults, requests, behaviour, clock"}

    @router.get("/requests")
    async def requests() -> list[dict[str, Any]]:
        return world.log.rows()

    @router.get("/faults")
    async def pending_faults() -> list[dict[str, Any]]:
        return [
            {"vendor": f.vendor, "kind": f.kind, "method": f.method, "path": f.path, "times": f.times}
            for f in world.faults.pending()
        ]

    @router.post("/faults")
    async def add_fault(order: FaultOrder) -> dict[str, Any]:
        vendor_of(order.vendor)
        world.faults.add(Fault(**order.model_dump()))
        return {"message": "fault set", "pending": len(world.faults.pending())}

    @router.delete("/faults")
    async def clear_faults() -> dict[str, Any]:
        return {"message": "faults cleared", "cleared": world.faults.clear()}

    @router.get("/limits")
    async def limits() -> dict[str, dict[str, Any]]:
        """What is set, the highest rates seen, and the answers 429 given."""
        return {name: vendor.meter.as_dict() for name, vendor in world.vendors.items()}

    @router.post("/limits")
    async def limit(order: LimitOrder) -> dict[str, Any]:
        meter = vendor_of(order.vendor).meter
        meter.set(Limit(**order.model_dump(exclude={"vendor"})))
        return meter.as_dict()

    @router.get("/clock")
    async def clock() -> dict[str, Any]:
        world.clock.catch_up()
        return {"now": iso_millis(world.clock.now()), "ahead_seconds": world.clock.ahead_seconds}

    @router.post("/clock")
    async def advance(order: ClockOrder) -> dict[str, Any]:
        if world.clock.ahead_seconds + order.advance_seconds > FARTHEST_ADVANCE:
            raise HTTPException(422, f"the clock cannot be more than {FARTHEST_ADVANCE} s ahead; reset puts it back")
        world.clock.advance(order.advance_seconds)
        return {"now": iso_millis(world.clock.now()), "ahead_seconds": world.clock.ahead_seconds}

    @router.get("/behaviour")
    async def behaviours() -> dict[str, dict[str, Any]]:
        return {name: dict(vendor.behaviour) for name, vendor in world.vendors.items()}

    @router.post("/behaviour")
    async def behave(order: BehaviourOrder) -> dict[str, Any]:
        vendor = vendor_of(order.vendor)
        for switch, value in (order.model_extra or {}).items():
            _check_switch(vendor, switch, value)
        vendor.behaviour.update(order.model_extra or {})
        return dict(vendor.behaviour)

    @router.get("/webhooks")
    async def deliveries() -> list[dict[str, Any]]:
        """Every delivery with its attempts, oldest first."""
        world.clock.catch_up()
        return world.outbox.rows()

    @router.post("/webhooks")
    async def webhooks(order: WebhookOrder) -> dict[str, str]:
        vendor_of(order.vendor)
        world.outbox.set_mode(order.vendor, order.mode, order.seconds)
        return world.outbox.modes()

    @router.post("/{name}/rooms")
    async def make_room(request: Request, name: str, order: RoomOrder) -> dict[str, Any]:
        """A plain room for people at the page; a DAG makes its rooms through the vendor's own API."""
        return vendor_of(name).make_room(order.name, base_of(request, name))

    @router.post("/{name}/rooms/{room:path}/session")
    async def session(request: Request, name: str, room: str, order: SessionOrder) -> dict[str, Any]:
        vendor, base = vendor_of(name), base_of(request, name)
        given = None
        if order.participants is not None:
            given = [p if isinstance(p, str) else p.model_dump(exclude_none=True) for p in order.participants]
        try:
            if order.action in ("start", "join"):
                if given is not None and not given:
                    raise HTTPException(422, "a session needs at least one participant")
                return vendor.people_join(room, guests(given or DEFAULT_PEOPLE), base)
            return vendor.people_leave(room, None if given is None else [g.identity for g in guests(given)], base)
        except NotPossibleError as no:
            raise HTTPException(no.status, no.reason) from no

    @router.post("/{name}/rooms/{room:path}/recording")
    async def recording(request: Request, name: str, room: str, order: RecordingOrder) -> dict[str, Any]:
        try:
            return vendor_of(name).recording_action(room, order.action, base_of(request, name))
        except NotPossibleError as no:
            raise HTTPException(no.status, no.reason) from no

    @router.post("/{name}/join")
    async def join(request: Request, name: str, order: Annotated[JoinOrder, Body()]) -> dict[str, Any]:
        try:
            return vendor_of(name).join_with_token(order.token, order.name, base_of(request, name))
        except NotPossibleError as no:
            raise HTTPException(no.status, no.reason) from no

    return router


def _check_switch(vendor: Vendor, switch: str, value: object) -> None:
    if switch not in vendor.behaviour:
        known = ", ".join(sorted(vendor.behaviour))
        raise HTTPException(422, f"{vendor.name} has no switch {switch!r}; it has {known}")
    default = {**SWITCHES, **vendor.switches}[switch]
    if isinstance(default, float):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 600:
            raise HTTPException(422, f"{switch} must be a number from 0 to 600")
        return
    choices = vendor.switch_choices.get(switch)
    if choices is not None and value not in choices:
        raise HTTPException(422, f"{switch} must be one of {', '.join(map(repr, choices))}")
    if type(value) is not type(default):
        raise HTTPException(422, f"{switch} must be of the same type as its default, {default!r}")
