"""100ms v2: room codes, the links' credentials, and templates as far as rooms need them.

Pages: api-reference/room-codes, api-reference/policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox.checks import AnyValue, Record, Table, Text
from airflow_provider_rooms.sandbox.clock import iso_go
from airflow_provider_rooms.sandbox.hundredms.shapes import CUSTOMER, UPDATE_CODE
from airflow_provider_rooms.sandbox.hundredms.store import Code, Room, Template
from airflow_provider_rooms.sandbox.vendor import hex_id
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.hundredms.rest import HundredMsRest

CODES_PER_ROOM: Final = 100


#: Templates are camelCase, unlike everything else at 100ms. Role settings have dozens of fields of their own;
#: rooms need only the role's name.
_TEMPLATE: Final = Record(
    {
        "name": Text(shortest=1, pattern=r"[A-Za-z0-9 .\-_:]+"),
        "roles": Table(AnyValue()),
        "settings": AnyValue(),
    },
    required=("name",),
)


def routes(vendor: HundredMsRest) -> Iterable[Route]:
    """The paths of this module."""
    codes, templates = Codes(vendor), Templates(vendor)
    return (
        Route("POST", "/v2/room-codes/room/{id}", codes.create_all),
        Route("POST", "/v2/room-codes/room/{id}/role/{role}", codes.create_one),
        Route("GET", "/v2/room-codes/room/{id}", codes.list_),
        Route("POST", "/v2/room-codes/code", codes.update),
        Route("GET", "/v2/templates", templates.list_),
        Route("POST", "/v2/templates", templates.create),
        Route("GET", "/v2/templates/{id}", templates.get),
    )


class Codes:
    """Room codes: one per role stands for (room, role) in a link."""

    def __init__(self, vendor: HundredMsRest) -> None:
        self.vendor = vendor

    def _open_room(self, call: Call) -> Room:
        room = self.vendor.room(call)
        if not room.enabled:
            raise self.vendor.refuse(403, "room is disabled")
        return room

    def _code(self, room: Room, role: str) -> Code:
        """Get-or-create. Whether the vendor hands out a new code instead is not stated; samples suggest this."""
        for code in room.codes:
            if code.role == role:
                return code
        if len(room.codes) >= CODES_PER_ROOM:
            raise self.vendor.refuse(400, "too many codes for the room")
        return self.vendor.store.add_code(room, role)

    def create_all(self, call: Call) -> Answer:
        room = self._open_room(call)
        self.vendor.body(call, Record({}), needed=False)
        return as_json({"data": [code_view(self._code(room, role)) for role in room.template.roles]})

    def create_one(self, call: Call) -> Answer:
        room = self._open_room(call)
        self.vendor.body(call, Record({}), needed=False)
        if call.params["role"] not in room.template.roles:
            raise self.vendor.refuse(404, "role not found")
        return as_json(code_view(self._code(room, call.params["role"])))

    def list_(self, call: Call) -> Answer:
        room = self._open_room(call)
        role, enabled = call.first("role"), call.first("enabled")
        wanted = self.vendor.flag(call, "enabled", True)
        found = [
            code for code in room.codes if (not role or code.role == role) and (not enabled or code.enabled is wanted)
        ]
        return self.vendor.envelope(call, found, lambda code: code.code, code_view)

    def update(self, call: Call) -> Answer:
        """The code stands in the body, and only ``enabled`` can go with it."""
        body = self.vendor.body(call, UPDATE_CODE)
        code = self.vendor.store.codes.get(body["code"])
        if code is None:
            raise self.vendor.refuse(404, "code not found")
        if body["enabled"] and code.role not in code.room.template.roles:
            raise self.vendor.refuse(403, "code cannot be enabled")
        code.enabled = body["enabled"]
        code.updated = self.vendor.clock.now()
        return as_json(code_view(code))


class Templates:
    """Templates: what roles a room has, and its region."""

    def __init__(self, vendor: HundredMsRest) -> None:
        self.vendor = vendor

    def list_(self, call: Call) -> Answer:
        found = list(reversed(self.vendor.store.templates.values()))
        return self.vendor.envelope(call, found, lambda template: template.id, template_view)

    def get(self, call: Call) -> Answer:
        template = self.vendor.store.templates.get(call.params["id"])
        if template is None:
            raise self.vendor.refuse(404, "template not found")
        return as_json(template_view(template))

    def create(self, call: Call) -> Answer:
        """A template of the same name is overwritten. One made here has no subdomain, as the API cannot give one."""
        body = self.vendor.body(call, _TEMPLATE)
        store = self.vendor.store
        known = next((t.id for t in store.templates.values() if t.name == body["name"]), None)
        roles = tuple(body.get("roles") or ("host", "guest"))
        region = "us"
        if isinstance(body.get("settings"), dict):
            region = body["settings"].get("region", region)
        template = Template(known or hex_id(), body["name"], region, roles, self.vendor.clock.now())
        store.templates[template.id] = template
        for room in store.rooms.values():
            if room.template.id == template.id:
                room.template = template
        return as_json(template_view(template))


def code_view(code: Code) -> dict[str, Any]:
    """A room code as the pages show it."""
    return {
        "code": code.code,
        "room_id": code.room.id,
        "role": code.role,
        "enabled": code.enabled,
        "created_at": iso_go(code.created),
        "updated_at": iso_go(code.updated),
    }


def template_view(template: Template) -> dict[str, Any]:
    """A template, camelCase and in the parts that matter to rooms."""
    return {
        "id": template.id,
        "name": template.name,
        "customerId": CUSTOMER,
        "roles": {role: {"name": role} for role in template.roles},
        "settings": {"region": template.region},
        "destinations": {},
        "createdAt": iso_go(template.created),
        "updatedAt": iso_go(template.created),
    }
