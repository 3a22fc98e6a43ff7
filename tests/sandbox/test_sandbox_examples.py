"""The comparison with documented answers itself. The examples of each vendor are in its own folder."""

from __future__ import annotations

from documented import missing


def test_the_comparison_itself_can_fail() -> None:
    documented = {"a": {"b": [{"c": 1}]}, "d": True, "e": "x", "f": None}
    assert missing(documented, {"a": {"b": [{"c": 2.5}]}, "d": False, "e": "y", "f": 1}) == []
    assert missing(documented, {"a": {"b": [{}]}, "d": 1, "e": 5, "f": 1}) == [
        ".a.b[0].c is missing", ".d: int for bool", ".e: int for str",
    ]  # fmt: skip
    assert missing([1], {}) == [": dict for a list"]
