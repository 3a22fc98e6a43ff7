"""What must hold for rooms of Twilio in the sandbox, holds under any order of calls."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from robust import STEPS, ask

from airflow_provider_rooms.sandbox.twilio.api import Twilio
from airflow_provider_rooms.sandbox.world import World


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_twilio_never_has_two_rooms_of_a_name_in_progress(steps: list[tuple[str, str, int]]) -> None:
    from airflow_provider_rooms.sandbox.vendor import Guest
    from airflow_provider_rooms.sandbox.wire import NotPossibleError

    world = World()
    vendor = world.vendors["twilio"]
    assert isinstance(vendor, Twilio)
    for step, name, seconds in steps:
        before = {room.sid: room.status for room in vendor.store.rooms.values()}
        in_progress = vendor.store.in_progress.get(name)
        if step == "create":
            answer = ask(world, "twilio", "POST", "/v1/Rooms", f"UniqueName={name}".encode())
            taken = in_progress is not None and in_progress.status == "in-progress"
            # life times may have run out between the look and the call
            assert answer.status == (400 if taken and before[in_progress.sid] == in_progress.status else 201)
        elif step == "close":
            ask(world, "twilio", "POST", f"/v1/Rooms/{name}", b"Status=completed")
        elif step == "join" and in_progress is not None:
            vendor.people_join(in_progress.sid, [Guest("Ada", "host", "ada")], "")
        elif step == "leave":
            try:
                vendor.people_leave(name, None, "")
            except NotPossibleError:
                pass
        elif step == "advance":
            world.clock.advance(seconds)
        rooms = list(vendor.store.rooms.values())
        active = [room.name for room in rooms if room.status == "in-progress"]
        assert len(active) == len(set(active))
        assert sorted(active) == sorted(vendor.store.in_progress)
        for room in rooms:
            # completed is for good, and completed rooms have an end and nobody inside
            assert before.get(room.sid) != "completed" or room.status == "completed"
            assert (room.status == "completed") == (room.end is not None)
            assert room.status != "completed" or not room.connected()
            if room.end is not None:
                assert room.created <= room.end
