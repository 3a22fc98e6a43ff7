"""A user's script, as `mypy --strict` has to take it: `make lint` runs it over this file, a slow test over the wheel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from airflow_provider_rooms.hooks import VideoSDKHook, get_rooms_hook
from airflow_provider_rooms.models import Participant, Recording, Room, Session


def blocking() -> None:
    hook = get_rooms_hook("videosdk_default")
    assert_type(hook.ensure_room({"name": "algebra-1"}), Room)
    assert_type(hook.find_room("algebra-1"), Room | None)
    assert_type(hook.list_rooms(prefix="algebra-"), Iterator[Room])
    assert_type(hook.sessions("algebra-1"), Iterator[Session])
    assert_type(hook.recordings("algebra-1"), Iterator[Recording])
    assert_type(hook.join_url("algebra-1", "host"), str)
    for session in hook.sessions("algebra-1"):
        assert_type(hook.participants(session), Iterator[Participant])
        assert_type(hook.attendance(session), list[Participant])
    with hook.open_recording("x") as file:
        assert_type(b"".join(file), bytes)
    hook.nonsense()  # type: ignore[attr-defined]
    hook.find_room(5)  # type: ignore[arg-type]


async def awaited() -> None:
    async with VideoSDKHook().aio as rooms:
        assert_type(await rooms.ensure_room({"name": "algebra-1"}), Room)
        assert_type(await rooms.find_room("algebra-1"), Room | None)
        assert_type(await rooms.end_session("algebra-1"), Session | None)
        assert_type(rooms.sessions("algebra-1"), AsyncIterator[Session])
        assert_type([room async for room in rooms.list_rooms()], list[Room])
        assert_type(await rooms.test_connection(), tuple[bool, str])
        async with rooms.open_recording("x") as file:
            assert_type(file.size, int | None)
            async for piece in file:
                assert_type(piece, bytes)
        await rooms.nonsense()  # type: ignore[attr-defined]
        await rooms.find_room(5)  # type: ignore[arg-type]
        await rooms.ensure_room({"name": "algebra-1"}, on_drift="maybe")  # type: ignore[arg-type]
