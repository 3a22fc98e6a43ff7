"""Files of recordings: read in pieces, from storages that get no credentials and that may stumble."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from recorded import USUAL, one_class, over
from vendor_traits import ANY, TRAITS_OF, TYPES

from airflow_provider_rooms import errors
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_recording_is_processing_until_its_file_is_there(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    during = list(hook.recordings(room))
    assert during
    assert {(item.state, item.kind, item.room_id) for item in during} == {("processing", USUAL[conn_type], room)}
    assert {item.bytes for item in during} == {None}
    over(hook, rooms_sandbox, room)
    after = list(hook.recordings(room, kind="recording"))
    assert len(after) == len(during)
    for item in after:
        assert (item.state, item.kind, item.bytes) == ("ready", USUAL[conn_type], MEDIA_BYTES)
        assert item.seconds is not None
        assert item.seconds > 1  # the class lasted longer than five, some of it before the first picture
        assert item.format in ("mp4", "mkv", "mka")
        assert item.created_at is not None
        assert item.created_at.endswith("Z")
        assert (item.session_id is not None) == TRAITS_OF[conn_type].recorded[0][1]
        assert json.loads(json.dumps(item.as_dict())) == item.as_dict()


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_file_is_read_in_pieces_and_again_awaited(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    with hook.open_recording(recording) as file:
        assert file.size == MEDIA_BYTES
        content = b"".join(file)
    assert len(content) == MEDIA_BYTES

    async def again() -> bytes:
        async with hook.aio as aio, aio.open_recording(recording.as_dict()) as opened:
            assert opened.size == MEDIA_BYTES
            return b"".join([piece async for piece in opened])

    assert asyncio.run(again()) == content


@pytest.mark.parametrize("conn_type", TYPES)
def test_the_id_alone_opens_the_file(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    with hook.open_recording(next(hook.recordings(room)).id) as file:
        assert file.size == MEDIA_BYTES


@pytest.mark.parametrize("conn_type", TYPES)
def test_the_storage_gets_no_credentials_and_no_log_shows_the_link(
    conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    hook = hook_of(conn_type)
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.INFO)  # it writes every URL of everything at DEBUG
    # The sandbox's storage answers 400 to a request with an Authorization header, as real ones do.
    with hook.open_recording(recording):
        pass
    rooms_sandbox.fault(conn_type, "status", status=403, path="/files/*")
    with pytest.raises(errors.AccessDeniedError) as refused:
        hook.open_recording(recording)
    rooms_sandbox.fault(conn_type, "drop_before", path="/files/*", times=-1)
    with pytest.raises(errors.TransportError) as dropped:
        hook.open_recording(recording)
    for text in (caplog.text, str(refused.value), str(dropped.value), repr(dropped.value)):
        assert "signature=" not in text
        assert "/files/" not in text


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 404}, errors.NotFoundError),
        ({"status": 410}, errors.NotFoundError),
        ({"status": 503, "times": -1}, errors.VendorDownError),
        ({"status": 302}, errors.UnreadableAnswerError),
        ({"status": 302, "headers": {"Location": "ftp://example.com/x"}}, errors.UnreadableAnswerError),
    ],
)
def test_what_a_storage_refuses_is_told_apart(
    fault: dict[str, Any], error: type[Exception], hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    hook = hook_of(ANY.conn_type)
    room = one_class(hook, rooms_sandbox)
    over(hook, rooms_sandbox, room)
    recording = next(hook.recordings(room))
    rooms_sandbox.fault(ANY.conn_type, "status", path="/files/*", **fault)
    with pytest.raises(error, match=recording.id):
        hook.open_recording(recording)
