"""Twilio Video v1: participants, their tracks and subscribe rules.

Pages: twilio.com/docs/video/api/participants, track-subscriptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox.clock import iso_seconds
from airflow_provider_rooms.sandbox.credentials import TWILIO_ACCOUNT
from airflow_provider_rooms.sandbox.twilio.shapes import Param, rules_problem
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_rooms.sandbox.twilio.rest import TwilioRest
    from airflow_provider_rooms.sandbox.twilio.store import Participant, Room, Track

STATUSES: Final = ("connected", "disconnected", "reconnecting")
_UPDATE: Final[Mapping[str, Param]] = {"Status": Param("text", 53209, required=True)}
_RULES: Final[Mapping[str, Param]] = {
    "Rules": Param("json", 53215, required=True, check=rules_problem(("audio", "video", "data")))
}
_PARTICIPANT: Final = "/v1/Rooms/{room}/Participants/{participant}"


def routes(vendor: TwilioRest) -> Iterable[Route]:
    """The paths of this module."""
    people = Participants(vendor)
    return (
        Route("GET", "/v1/Rooms/{room}/Participants", people.list_),
        Route("GET", _PARTICIPANT, people.get),
        Route("POST", _PARTICIPANT, people.update),
        Route("POST", _PARTICIPANT + "/Anonymize", people.anonymize),
        Route("GET", _PARTICIPANT + "/PublishedTracks", people.published),
        Route("GET", _PARTICIPANT + "/PublishedTracks/{track}", people.published_one),
        Route("GET", _PARTICIPANT + "/SubscribedTracks", people.subscribed),
        Route("GET", _PARTICIPANT + "/SubscribedTracks/{track}", people.subscribed_one),
        Route("GET", _PARTICIPANT + "/SubscribeRules", people.rules),
        Route("POST", _PARTICIPANT + "/SubscribeRules", people.set_rules),
    )


class Participants:
    """Participants of a room, by SID or identity."""

    def __init__(self, vendor: TwilioRest) -> None:
        self.vendor = vendor

    def list_(self, call: Call) -> Answer:
        """Of a room in progress those connected, unless Status says otherwise; of a completed one all have left."""
        room = self.vendor.room(call)
        status = self.vendor.choice(call, "Status", STATUSES)
        status = status or ("connected" if room.status == "in-progress" else "disconnected")
        identity = call.first("Identity")
        inside = self.vendor.created_between(call)
        found = [
            person
            for person in reversed(room.participants)
            if status_of(person) == status and identity in (None, person.identity) and inside(person.created)
        ]
        return self.vendor.page(
            call, "participants", found, lambda p: p.sid, lambda p: participant_view(p, room, call.base)
        )

    def _find(self, call: Call) -> tuple[Participant, Room]:
        """By SID, or by the identity of somebody connected."""
        room = self.vendor.room(call)
        wanted = call.params["participant"]
        for person in room.participants:
            if person.sid == wanted or (person.connected and person.identity == wanted):
                return person, room
        raise self.vendor.missing(f"/Rooms/{call.params['room']}/Participants/{wanted}")

    def get(self, call: Call) -> Answer:
        person, room = self._find(call)
        return as_json(participant_view(person, room, call.base))

    def update(self, call: Call) -> Answer:
        """Throwing somebody out is all it does; 202."""
        person, room = self._find(call)
        if self.vendor.form(call, _UPDATE)["Status"] != "disconnected" or not person.connected:
            raise self.vendor.refuse(53209)
        self.vendor.store.disconnect(room, [person])
        return as_json(participant_view(person, room, call.base), 202)

    def anonymize(self, call: Call) -> Answer:
        person, room = self._find(call)
        person.identity = person.sid
        person.updated = self.vendor.clock.now()
        view = participant_view(person, room, call.base)
        del view["links"]
        view["url"] += "/Anonymize"
        return as_json(view)

    # -- tracks ---------------------------------------------------------------------------------------------

    def published(self, call: Call) -> Answer:
        person, room = self._find(call)
        tracks = person.tracks if person.connected else []
        return self.vendor.page(
            call,
            "published_tracks",
            tracks,
            lambda t: t.sid,
            lambda t: _published(t, person, room, call.base),
        )

    def published_one(self, call: Call) -> Answer:
        person, room = self._find(call)
        for track in person.tracks if person.connected else ():
            if call.params["track"] in (track.sid, track.kind):
                return as_json(_published(track, person, room, call.base))
        raise self.vendor.missing(call.path.removeprefix("/v1"))

    def _others(self, person: Participant, room: Room) -> list[tuple[Track, Participant]]:
        if not person.connected:
            return []
        return [(track, other) for other in room.connected() if other is not person for track in other.tracks]

    def subscribed(self, call: Call) -> Answer:
        person, room = self._find(call)
        return self.vendor.page(
            call,
            "subscribed_tracks",
            self._others(person, room),
            lambda pair: pair[0].sid,
            lambda pair: _subscribed(*pair, person, room, call.base),
        )

    def subscribed_one(self, call: Call) -> Answer:
        person, room = self._find(call)
        for track, publisher in self._others(person, room):
            if track.sid == call.params["track"]:
                return as_json(_subscribed(track, publisher, person, room, call.base))
        raise self.vendor.missing(call.path.removeprefix("/v1"))

    def rules(self, call: Call) -> Answer:
        return as_json(_rules_view(*self._find(call)))

    def set_rules(self, call: Call) -> Answer:
        person, room = self._find(call)
        person.subscribe_rules = self.vendor.form(call, _RULES)["Rules"]
        person.rules_set = self.vendor.clock.now()
        return as_json(_rules_view(person, room))


def status_of(person: Participant) -> str:
    """Twilio's word; nobody reconnects in a sandbox."""
    return "connected" if person.connected else "disconnected"


def participant_view(person: Participant, room: Room, base: str) -> dict[str, Any]:
    """A participant as the API description has it."""
    url = f"{base}/v1/Rooms/{room.sid}/Participants/{person.sid}"
    return {
        "account_sid": TWILIO_ACCOUNT,
        "room_sid": room.sid,
        "date_created": iso_seconds(person.created),
        "date_updated": iso_seconds(person.updated),
        "start_time": iso_seconds(person.created),
        "end_time": iso_seconds(person.end),
        "sid": person.sid,
        "identity": person.identity,
        "status": status_of(person),
        "url": url,
        # seconds, only once gone
        "duration": None if person.end is None else int((person.end - person.created).total_seconds()),
        "links": {
            "published_tracks": f"{url}/PublishedTracks",
            "subscribed_tracks": f"{url}/SubscribedTracks",
            "subscribe_rules": f"{url}/SubscribeRules",
            "anonymize": f"{url}/Anonymize",
        },
    }


def _published(track: Track, person: Participant, room: Room, base: str) -> dict[str, Any]:
    created = iso_seconds(track.created)
    return {
        "room_sid": room.sid,
        "date_created": created,
        "date_updated": created,
        "participant_sid": person.sid,
        "sid": track.sid,
        "name": track.kind,
        "kind": track.kind,
        "enabled": True,
        "url": f"{base}/v1/Rooms/{room.sid}/Participants/{person.sid}/PublishedTracks/{track.sid}",
    }


def _subscribed(track: Track, publisher: Participant, person: Participant, room: Room, base: str) -> dict[str, Any]:
    view = _published(track, person, room, base) | {"publisher_sid": publisher.sid}
    view["url"] = view["url"].replace("/PublishedTracks/", "/SubscribedTracks/")
    return view


def _rules_view(person: Participant, room: Room) -> dict[str, Any]:
    return {
        "participant_sid": person.sid,
        "room_sid": room.sid,
        "date_created": iso_seconds(person.rules_set),
        "date_updated": iso_seconds(person.rules_set),
        "rules": [rule_view(rule) | {"priority": None} for rule in person.subscribe_rules],
    }


def rule_view(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with all its fields."""
    return {name: rule.get(name) for name in ("type", "all", "publisher", "track", "kind")}
