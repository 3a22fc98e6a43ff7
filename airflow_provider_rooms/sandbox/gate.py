"""The ASGI gate before the vendors: reads the request, lets faults strike, keeps the log, sends the answer.

It is the outermost application because ``drop_before`` and ``drop_after`` need the server's own transport: the
TCP connection is really cut, without an answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.wire import Answer, Call, as_json, as_text

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.faults import Fault
    from airflow_provider_rooms.sandbox.vendor import Vendor
    from airflow_provider_rooms.sandbox.world import World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: No vendor body comes near this; it only bounds what a runaway client can make us hold.
LARGEST_BODY: Final = 4 * 1024 * 1024

#: Statuses that HTTP allows no body: one sent all the same would be read as the start of the next answer.
BODYLESS: Final = (204, 304)


class Gate:
    """``/{vendor}/…`` and ``/files/{vendor}/…`` go to the vendor, everything else to the inner application."""

    def __init__(self, world: World, inner: App) -> None:
        self.world = world
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = scope.get("raw_path") or scope["path"].encode()
            path = raw.split(b"?")[0].decode("latin-1")
            _, first, rest = [*path.split("/", 2), "", ""][:3]
            if first in self.world.vendors:
                await self._serve(first, "/" + rest, scope, receive, send)
                return
            if first == "files" and (name := rest.split("/")[0]) in self.world.vendors:
                await self._serve(name, path, scope, receive, send)
                return
        await self.inner(scope, receive, send)

    async def _serve(self, name: str, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if body is None:
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        host = headers.get("host") or "{}:{}".format(*scope["server"])
        origin = f"{scope['scheme']}://{host}"
        call = Call(
            method=scope["method"],
            path=path,
            query_string=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            base=f"{origin}/{name}",
            origin=origin,
        )
        plain_path = unquote(path)
        world = self.world
        if world.latency_seconds:
            await asyncio.sleep(world.latency_seconds)

        fault: Fault | None = None
        for struck in world.faults.take(name, call.method, plain_path):
            fault = struck
            if struck.kind == "delay":
                await asyncio.sleep(struck.seconds)
        world.clock.catch_up()

        vendor = world.vendors[name]
        if fault is not None and fault.kind == "drop_before":
            world.log.add(name, call.method, plain_path, 0, world.clock.now(), fault.kind)
            await _cut(receive, send)
            return
        answer = _answer(vendor, call, fault)
        world.log.add(name, call.method, plain_path, answer.status, world.clock.now(), fault.kind if fault else None)
        if fault is not None and fault.kind == "drop_after":
            await _cut(receive, send)
            return
        await _send(send, answer, call.method)


def _answer(vendor: Vendor, call: Call, fault: Fault | None) -> Answer:
    if len(call.body) > LARGEST_BODY:
        return vendor.failure(413, call)
    if fault is None or fault.kind in ("delay", "drop_after"):
        return _work(vendor, call)
    if fault.work:
        _work(vendor, call)
    if fault.kind == "status":
        status = fault.status or 500
        answer = vendor.failure(status, call) if fault.body is None else _as_given(fault.body, status)
    else:
        answer = _as_given(fault.body, fault.status or 200)
    answer.headers.update(fault.headers)
    return answer


def _work(vendor: Vendor, call: Call) -> Answer:
    return files.serve(vendor, call) if call.path.startswith("/files/") else vendor.handle(call)


def _as_given(body: Any, status: int) -> Answer:
    """A string goes out as it is, an object as JSON."""
    if body is None:
        return Answer(status)
    if isinstance(body, str):
        answer = as_text(body, status)
        # a text that is JSON is served as JSON, and broken JSON too: that is what makes it a trap
        answer.content_type = "application/json; charset=utf-8" if body[:1] in ("{", "[", '"') else answer.content_type
        return answer
    return as_json(json.loads(json.dumps(body)), status)


async def _read(receive: Receive) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message.get("body", b""))
        if size <= LARGEST_BODY + 1:
            chunks.append(message.get("body", b""))
        else:
            chunks = [b"\0" * (LARGEST_BODY + 1)]
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _send(send: Send, answer: Answer, method: str) -> None:
    bare = answer.status in BODYLESS
    headers = {} if bare else {"content-length": str(len(answer.body))}
    if answer.content_type is not None:
        headers["content-type"] = answer.content_type
    headers |= {name.lower(): str(value) for name, value in answer.headers.items()}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if bare or method == "HEAD" else answer.body})


async def _cut(receive: Receive, send: Send) -> None:
    """End the TCP connection now. ``send`` is a method of uvicorn's request cycle, which holds the transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:  # another server: an exception closes the connection as well, only less rudely
        raise ConnectionAbortedError("dropped by a fault")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
