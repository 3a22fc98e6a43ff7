"""Recordings of VideoSDK, for the tests of all vendors."""

from __future__ import annotations

#: Options of a start, and the kinds and formats of the files that come of it.
START_OPTIONS = {"config": {"layout": {"type": "SPOTLIGHT"}, "mode": "audio"}, "fileFormat": "webm"}
STARTED = {("recording", "webm")}
#: What is given for a start, and what is sent.
STARTS = [
    ({"config": {"quality": "high"}}, {"config": {"quality": "high", "layout": {"type": "GRID"}}}),
    ({}, {}),
]
#: The path of a start, as a fault of the sandbox names it.
START_PATH = "/v2/recordings*"
#: Kinds that it does not make.
NO_KINDS: tuple[str, ...] = ()
