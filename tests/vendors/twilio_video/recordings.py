"""Recordings of Twilio Video, for the tests of all vendors."""

from __future__ import annotations

#: Options of a start, and the kinds and formats of the files that come of it.
START_OPTIONS = {"Rules": [{"type": "include", "kind": "audio"}]}
STARTED = {("track", "mka")}
#: What is given for a start, and what is sent.
STARTS = [
    ({"Rules": [{"type": "include", "kind": "audio"}]}, {"Rules": [{"type": "include", "kind": "audio"}]}),
    ({}, {"Rules": [{"type": "include", "all": True}]}),
]
#: The path of a start, as a fault of the sandbox names it.
START_PATH = "/v1/Rooms/*/RecordingRules"
#: Kinds that it does not make.
NO_KINDS: tuple[str, ...] = ("hls", "transcript")
