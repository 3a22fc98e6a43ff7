"""Recordings of 100ms, for the tests of all vendors."""

from __future__ import annotations

#: Options of a start, and the kinds and formats of the files that come of it.
START_OPTIONS = {"resolution": {"width": "1280", "height": 720}, "transcription": {"enabled": "true"}}
STARTED = {("recording", "mp4"), ("transcript", "txt"), ("transcript", "srt"), ("transcript", "json")}
#: What is given for a start, and what is sent.
STARTS = [({}, {})]
#: The path of a start, as a fault of the sandbox names it.
START_PATH = "/v2/recordings*"
#: Kinds that it does not make.
NO_KINDS: tuple[str, ...] = ("composition",)
