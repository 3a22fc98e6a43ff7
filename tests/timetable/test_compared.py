"""The calendars that other libraries test themselves with, read by us and by them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from compare_calendars import Counts, compare

FOLDERS = [
    folder
    for package, inside in (("icalendar", "tests"), ("recurring_ical_events", "test"))
    if (spec := find_spec(package)) and spec.origin and (folder := Path(spec.origin).parent / inside).is_dir()
]


@pytest.mark.slow
@pytest.mark.skipif(not FOLDERS, reason="the libraries are installed without their tests")
def test_each_occurrence_is_the_same_or_a_note_says_why_not():
    counts = Counts()
    for folder in FOLDERS:
        for file in sorted(folder.rglob("*.ics")):
            compare(file, counts)
    assert counts.unexplained == []
    assert counts.occurrences["compared"] > 5000
    assert counts.share < 2
