"""Made-up recording files, served by the sandbox itself under ``/files/{vendor}/…``.

Vendors hand out links to object storage. Storage refuses a request that carries credentials of its own beside
the signed ones, so a client that forwards its Authorization header after the redirect is answered 400 here.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from airflow_provider_rooms.sandbox.credentials import SECRET
from airflow_provider_rooms.sandbox.wire import Answer, Call, as_text

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.vendor import Vendor

#: Size of every made-up media file; big enough to be streamed in several pieces.
MEDIA_BYTES: Final = 192 * 1024

_TYPES: Final = {
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "mka": "audio/x-matroska",
    "txt": "text/plain; charset=utf-8",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "csv": "text/csv",
    "m3u8": "application/vnd.apple.mpegurl",
    "jpg": "image/jpeg",
}

_TEXTS: Final = {
    "txt": "Teacher: Welcome to the class.\nStudent: Good morning.\n",
    "srt": "1\n00:00:00,000 --> 00:00:02,000\nWelcome to the class.\n\n",
    "vtt": "WEBVTT\n\n00:00.000 --> 00:02.000\nWelcome to the class.\n",
    "tsv": "start\tend\ttext\n0\t2000\tWelcome to the class.\n",
    "json": '{"segments":[{"start":0,"end":2,"text":"Welcome to the class."}]}',
    "csv": "time,name,message\n0,Teacher,hello\n",
    "m3u8": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-ENDLIST\n",
}


def content(path: str) -> bytes:
    """The bytes of a file: a small text for texts, else the same ``MEDIA_BYTES`` for the same path each time."""
    suffix = path.rsplit(".", 1)[-1]
    if suffix in _TEXTS:
        return _TEXTS[suffix].encode()
    block = hashlib.sha256(path.encode()).digest()
    return (block * (MEDIA_BYTES // len(block)))[:MEDIA_BYTES]


def size(path: str) -> int:
    """How many bytes ``content`` has."""
    return len(content(path))


def open_url(call_or_origin: Call | str, vendor: str, path: str) -> str:
    """A link that anybody may follow, as links to a CDN are."""
    origin = call_or_origin if isinstance(call_or_origin, str) else call_or_origin.origin
    return f"{origin}/files/{vendor}/{quote(path)}"


def signed_url(call: Call, vendor: Vendor, path: str, seconds: int) -> str:
    """A link that works for ``seconds`` of the sandbox clock."""
    expires = int((vendor.clock.now() + timedelta(seconds=seconds)).timestamp())
    return f"{open_url(call, vendor.name, path)}?expires={expires}&signature={_signature(vendor.name, path, expires)}"


def _signature(vendor: str, path: str, expires: int) -> str:
    return hmac.new(SECRET.encode(), f"{vendor}\n{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def serve(vendor: Vendor, call: Call) -> Answer:
    """Answer a download as object storage would."""
    if call.method != "GET":
        return as_text("Method not allowed", 405)
    if "authorization" in call.headers:
        return as_text("InvalidArgument: only one auth mechanism allowed; the link itself is the credential", 400)
    path = unquote(call.path.split("/", 3)[3])
    if vendor.needs_signature(path):
        expires, signature = call.first("expires") or "", call.first("signature") or ""
        if not expires.isdigit() or not hmac.compare_digest(signature, _signature(vendor.name, path, int(expires))):
            return as_text("AccessDenied: signature does not match", 403)
        if datetime.fromtimestamp(int(expires), UTC) <= vendor.clock.now():
            return as_text("AccessDenied: request has expired", 403)
    if not vendor.has_file(path):
        return as_text("NoSuchKey: no such file", 404)
    suffix = path.rsplit(".", 1)[-1]
    return Answer(200, content(path), _TYPES.get(suffix, "application/octet-stream"))
