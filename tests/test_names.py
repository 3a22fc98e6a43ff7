"""Room names: two different classes never meet, the same class always finds its own, on every machine."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.names import (
    MAX_LENGTH,
    check_name,
    fold,
    is_room_sid,
    numbered_name,
    resolve_name,
    room_name,
)

TEXTS = st.text(min_size=1, max_size=80).filter(
    lambda text: text.strip().lower() not in ("", "none", "null", "nan", "undefined")
)
PARTS = (
    TEXTS
    | st.integers(-(10**9), 10**9)
    | st.dates()
    | st.datetimes(
        dt.datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        dt.datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.timezones().filter(lambda zone: zone is not None),
    )
)
#: What tempts two names to meet.
TRAPS = st.sampled_from(
    [
        "a",
        "A",
        "á",
        "a b",
        "a_b",
        "a-b",
        "_a",
        "-a",
        "a-r2",
        "a-0123456789",
        "x" * 64,
        "x" * 65,
        "RM" + "0" * 32,
        "0123456789",
    ]
)


def same(one: Any, other: Any) -> bool:
    """Whether two parts are meant to be the same: a number, a date and its text, a moment in any zone, an accent in any form."""

    def text(part: Any) -> str:
        if isinstance(part, dt.datetime):
            return part.astimezone(dt.UTC).strftime("%Y-%m-%dt%H%M%Sz")
        return part.isoformat() if isinstance(part, dt.date) else unicodedata.normalize("NFC", str(part))

    return text(one) == text(other)


@given(st.lists(PARTS | TRAPS, min_size=1, max_size=4), st.lists(PARTS | TRAPS, min_size=1, max_size=4))
@example(["a", "b"], ["a_b"])
@example(["a"], ["A"])
@example(["a-r2"], ["a", "r2"])
@example(["a", "0123456789"], ["a-0123456789"])
@example(["Caf\u00e9"], ["Cafe\u0301"])
def test_two_classes_never_meet(first: list[Any], second: list[Any]) -> None:
    alike = len(first) == len(second) and all(same(a, b) for a, b in zip(first, second, strict=True))
    assert (fold(room_name(*first)) == fold(room_name(*second))) is alike


@given(st.lists(PARTS | TRAPS, min_size=1, max_size=4), st.integers(24, 64))
def test_a_name_is_legal_everywhere_and_stays_as_it_is(parts: list[Any], longest: int) -> None:
    name = room_name(*parts, max_length=longest)
    assert re.fullmatch(r"[a-z0-9_-]+", name)
    assert len(name) <= longest
    assert not is_room_sid(name)
    assert check_name(name) == name
    assert room_name(*parts, max_length=longest) == name


@given(st.lists(PARTS | TRAPS, min_size=1, max_size=3), st.integers(2, 20), st.integers(2, 20))
def test_a_name_never_meets_a_room_that_took_over_from_another(parts: list[Any], one: int, other: int) -> None:
    name = room_name(*parts)
    assert numbered_name(name, one) != name
    assert (numbered_name(name, one) == numbered_name(name, other)) is (one == other)
    assert len(numbered_name(name, one)) <= MAX_LENGTH
    assert not re.fullmatch(r".*-r\d+", name)


@given(st.text(min_size=55, max_size=64, alphabet="ab"), st.text(min_size=55, max_size=64, alphabet="ab"))
def test_long_names_that_were_reopened_do_not_meet(one: str, other: str) -> None:
    assume(one != other)
    assert numbered_name(one, 2) != numbered_name(other, 2)


def test_a_first_room_has_no_number() -> None:
    assert [numbered_name("a", number) for number in (0, 1, 2, 3)] == ["a", "a", "a-r2", "a-r3"]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (["algebra-1", "a", dt.date(2026, 11, 20)], "algebra-1_a_2026-11-20"),
        (["algebra", 7], "algebra_7"),
        (["lecture", dt.datetime(2026, 11, 20, 9, tzinfo=ZoneInfo("America/Chicago"))], "lecture_2026-11-20t150000z"),
        (["Algebra 1"], "algebra-1-" + room_name("Algebra 1")[-10:]),
        (["élan"], "elan-" + room_name("élan")[-10:]),
        (["🎓"], room_name("🎓")),
    ],
)
def test_names_are_readable(parts: list[Any], name: str) -> None:
    assert room_name(*parts) == name


def test_names_are_the_same_in_every_release() -> None:
    """A hash that changed would lose every room that is already there."""
    assert room_name("Algebra 1") == "algebra-1-b287df6f84"
    assert room_name("🎓") == "10435d38aa"
    assert room_name("x" * 80) == "x" * 53 + "-d266710e1f"


@pytest.mark.parametrize("parts", [["Café", 1], ["Å", "Zoë"], ["한국어"], ["ǘ" * 40], ["ẛ̣"]])
def test_text_that_is_canonically_equal_makes_one_room(parts: list[Any]) -> None:
    """A Mac writes é in two characters, most others in one."""
    written = [[unicodedata.normalize(form, str(part)) for part in parts] for form in ("NFC", "NFD")]
    assert written[0] != written[1]
    assert len({room_name(*each) for each in written}) == 1


def test_names_of_composed_text_are_those_of_earlier_releases() -> None:
    assert room_name("Caf\u00e9", "2026-11-20") == room_name("Cafe\u0301", "2026-11-20") == "cafe_2026-11-20-032965e4ae"


@pytest.mark.parametrize("part", [None, "None", ""])
def test_a_part_that_a_template_left_empty_says_so(part: Any) -> None:
    with pytest.raises(InvalidSpecError, match="is empty: a template or a mapped value was probably missing"):
        room_name("CS", part)


@pytest.mark.parametrize(
    "parts",
    [[], [""], [" "], ["None"], ["null"], [None], [1.5], [True], [b"x"], [["a"]], [dt.datetime(2026, 1, 1)], ["a", ""]],  # noqa: DTZ001
)
def test_parts_that_mean_nothing_are_refused(parts: list[Any]) -> None:
    with pytest.raises(InvalidSpecError):
        room_name(*parts)


@pytest.mark.parametrize("name", ["a", "A-1_b", "x" * 64, "0", "-", "RM123"])
def test_good_names_are_kept(name: str) -> None:
    assert check_name(name) == name
    assert resolve_name(name) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("none", "is empty"),
        ("a b", "contains ' '; only letters"),
        ("a.b", "contains '.'"),
        ("élan", "contains 'é'"),
        ("x" * 65, "is 65 characters long"),
        ("RM" + "a" * 32, "looks like a room SID"),
        ("rm" + "A" * 32, "looks like a room SID"),
        (5, "expected text or a list of parts, got int"),
        (None, "got NoneType"),
        ("a\n", "contains '\\\\n'"),
        (chr(0x130), "contains"),
    ],
)
def test_bad_names_are_told(name: Any, words: str) -> None:
    with pytest.raises(InvalidSpecError, match=words):
        check_name(name)


def test_a_prefix_counts() -> None:
    assert resolve_name("a" * 56, prefix="staging-") == "staging-" + "a" * 56
    with pytest.raises(InvalidSpecError, match="65 characters long"):
        resolve_name("a" * 57, prefix="staging-")
    made = resolve_name(["a" * 80], prefix="staging-")
    assert made.startswith("staging-aaa")
    assert len(made) == 64


@given(st.text(max_size=100))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        assert check_name(text) == text
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text)
    except InvalidSpecError as error:
        assert len(str(error)) < 400  # noqa: PT017
