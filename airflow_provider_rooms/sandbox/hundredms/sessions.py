"""100ms v2: sessions, and active rooms, which exist only while a session runs.

Pages: api-reference/Sessions, api-reference/active-rooms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from airflow_provider_rooms.sandbox.clock import iso_go, millis
from airflow_provider_rooms.sandbox.hundredms import shapes
from airflow_provider_rooms.sandbox.hundredms.shapes import APP, CUSTOMER
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.hundredms.rest import HundredMsRest
    from airflow_provider_rooms.sandbox.hundredms.store import Peer, Session


def routes(vendor: HundredMsRest) -> Iterable[Route]:
    """The paths of this module."""
    sessions, active = Sessions(vendor), ActiveRooms(vendor)
    return (
        Route("GET", "/v2/sessions", sessions.list_),
        Route("GET", "/v2/sessions/{id}", sessions.get),
        Route("GET", "/v2/active-rooms/{id}", active.get),
        Route("GET", "/v2/active-rooms/{id}/peers", active.peers),
        Route("GET", "/v2/active-rooms/{id}/peers/{peer}", active.peer),
        Route("POST", "/v2/active-rooms/{id}/peers/{peer}", active.update_peer),
        Route("POST", "/v2/active-rooms/{id}/send-message", active.send_message),
        Route("POST", "/v2/active-rooms/{id}/remove-peers", active.remove_peers),
        Route("POST", "/v2/active-rooms/{id}/end-room", active.end_room),
    )


class Sessions:
    """Sessions, running and past."""

    def __init__(self, vendor: HundredMsRest) -> None:
        self.vendor = vendor

    def list_(self, call: Call) -> Answer:
        """``active`` is documented as true unless given (a sample of the same page contradicts that)."""
        active = self.vendor.flag(call, "active", True)
        room_id = call.first("room_id")
        after, before = self.vendor.moment(call, "after"), self.vendor.moment(call, "before")
        candidates: Iterable[Session] = reversed(self.vendor.store.sessions.values())
        if room_id:
            room = self.vendor.store.rooms.get(room_id)
            candidates = reversed(room.sessions) if room is not None else ()
        found = [
            session
            for session in candidates
            if session.active is active
            and (after is None or millis(session.created) >= after)
            and (before is None or millis(session.created) <= before)
        ]
        return self.vendor.envelope(call, found, lambda session: session.id, session_view)

    def get(self, call: Call) -> Answer:
        session = self.vendor.store.sessions.get(call.params["id"])
        if session is None:
            raise self.vendor.refuse(404, "session not found")
        return as_json(session_view(session))


class ActiveRooms:
    """Rooms with a session running, by the id of the room."""

    def __init__(self, vendor: HundredMsRest) -> None:
        self.vendor = vendor

    def _session(self, call: Call) -> Session:
        session = self.vendor.store.live.get(call.params["id"])
        if session is None:
            # what an idle room answers is not documented; others take a 404 for "empty room"
            raise self.vendor.refuse(404, "room not active")
        return session

    def _peer(self, call: Call) -> Peer:
        peer = self._session(call).peers.get(call.params["peer"])
        if peer is None or peer.left is not None:
            raise self.vendor.refuse(404, "peer not found")
        return peer

    def get(self, call: Call) -> Answer:
        session = self._session(call)
        return as_json(
            {
                "id": session.room.id,
                "name": session.room.name,
                "customer_id": CUSTOMER,
                "session": {
                    "id": session.id,
                    "created_at": iso_go(session.created, 9),
                    "peers": [peer.id for peer in session.present()],
                },
            }
        )

    def peers(self, call: Call) -> Answer:
        """A map, in one piece, of those connected now; the recorder is one of them."""
        user_id, role = call.first("user_id"), call.first("role")
        found = [
            peer
            for peer in self._session(call).present()
            if (not user_id or peer.user_id == user_id) and (not role or peer.role == role)
        ]
        return as_json({"peers": {peer.id: active_peer_view(peer) for peer in found}})

    def peer(self, call: Call) -> Answer:
        return as_json(active_peer_view(self._peer(call), tracks=True))

    def update_peer(self, call: Call) -> Answer:
        peer = self._peer(call)
        body = self.vendor.body(call, shapes.UPDATE_PEER)
        role = body.get("role")
        if role and role not in self._session(call).room.template.roles:
            raise self.vendor.refuse(400, "invalid input", "role not found")
        peer.name, peer.role = body.get("name") or peer.name, role or peer.role
        peer.metadata = body.get("metadata", peer.metadata)
        return as_json(active_peer_view(peer, tracks=True))

    def send_message(self, call: Call) -> Answer:
        self._session(call)
        self.vendor.body(call, shapes.SEND_MESSAGE)
        return as_json({"message": "message sent"})

    def remove_peers(self, call: Call) -> Answer:
        """By id, which wins, or by role; one of them is needed."""
        session = self._session(call)
        body = self.vendor.body(call, shapes.REMOVE_PEERS)
        peer_id, role = body.get("peer_id"), body.get("role")
        if not peer_id and not role:
            raise self.vendor.refuse(400, "invalid input", "peer_id or role is required")
        leaving = [p for p in session.present() if (p.id == peer_id if peer_id else p.role == role)]
        if peer_id and not leaving:
            raise self.vendor.refuse(404, "peer not found")
        self.vendor.store.leave(session, leaving)
        return as_json({"message": "peer remove request submitted"})

    def end_room(self, call: Call) -> Answer:
        """Answered at once; the session is over a moment later. ``lock`` disables the room as well."""
        session = self._session(call)
        body = self.vendor.body(call, shapes.END_ROOM, needed=False)
        if body.get("lock"):
            session.room.enabled = False
            self.vendor.store.touch(session.room)
        if told := self.vendor.store.told:
            told.end_room(session, bool(body.get("lock")), body.get("reason", ""))
        self.vendor.store.close_soon(session)
        return as_json({"message": "session is ending"})


def session_view(session: Session) -> dict[str, Any]:
    """There is no end time: once ``active`` is false, ``updated_at`` is it. ``peers`` is a map."""
    return {
        "id": session.id,
        "room_id": session.room.id,
        "customer_id": CUSTOMER,
        "app_id": APP,
        "active": session.active,
        "peers": {peer.id: _peer_view(peer, session) for peer in session.peers.values()},
        "created_at": iso_go(session.created),
        "updated_at": iso_go(session.updated),
    }


def _peer_view(peer: Peer, session: Session) -> dict[str, Any]:
    view = {
        "id": peer.id,
        "session_id": session.id,
        "name": peer.name,
        "role": peer.role,
        "user_id": peer.user_id,
        "joined_at": iso_go(peer.joined),
    }
    # absent, not null, while the peer is there
    return view if peer.left is None else view | {"left_at": iso_go(peer.left)}


def active_peer_view(peer: Peer, tracks: bool = False) -> dict[str, Any]:
    """A connected peer; ``tracks`` are shown where one peer is asked for."""
    view: dict[str, Any] = {
        "id": peer.id,
        "name": peer.name,
        "user_id": peer.user_id,
        "metadata": peer.metadata,
        "role": peer.role,
        "joined_at": iso_go(peer.joined, 9),
    }
    if tracks:
        # made from the peer's id, so that they are the same at every look
        stream = str(uuid5(UUID(peer.id), "stream"))
        view["tracks"] = {}
        for kind in ("video", "audio"):
            track = str(uuid5(UUID(peer.id), kind))
            view["tracks"][track] = {
                "id": track,
                "stream_id": stream,
                "mute": False,
                "type": kind,
                "source": "regular",
                "started_at": iso_go(peer.joined, 9),
                "description": "",
            }
    return view
