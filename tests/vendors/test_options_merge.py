"""Merging what was asked for, and comparing it with what is: properties that hold for any settings."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.vendors.options import differences, fill, leaves, merge, value_at

KEYS = st.sampled_from(["a", "b", "c", "size", "webhook", "url"])
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text("xyz", max_size=3) | st.floats(0, 1)
LEAVES = SCALARS | st.lists(SCALARS, max_size=3)
TREES = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=4),
    lambda inner: st.dictionaries(KEYS, LEAVES | inner, max_size=4),
    max_leaves=12,
)


# -- merge ----------------------------------------------------------------------------------------------------------------


@given(TREES)
def test_merging_with_nothing_or_itself_changes_nothing(tree: dict[str, Any]) -> None:
    assert merge(tree, {}, source="x") == tree
    assert merge({}, tree, source="x") == tree
    assert merge(tree, tree, source="x") == tree


@given(TREES, TREES)
def test_a_merge_holds_both_or_is_refused(first: dict[str, Any], second: dict[str, Any]) -> None:
    kept = copy.deepcopy((first, second))
    try:
        merged = merge(first, second, source="options")
    except InvalidSpecError as error:
        assert "but the parameters already set it to" in str(error)  # noqa: PT017
        with pytest.raises(InvalidSpecError):
            merge(second, first, source="options")
        return
    finally:
        assert (first, second) == kept
    found = dict(leaves(merged))
    for part in (first, second):
        for path, value in leaves(part):
            assert found.get(path, value) == value or isinstance(value, dict)
    assert merge(second, first, source="options") == merged


@given(TREES, st.data())
def test_one_other_leaf_is_a_contradiction(tree: dict[str, Any], data: st.DataObject) -> None:
    paths = [path for path, value in leaves(tree) if not isinstance(value, dict)]
    assume(paths)
    path = data.draw(st.sampled_from(paths))
    other: dict[str, Any] = {}
    node = other
    *way, last = path.split(".")
    for key in way:
        node = node.setdefault(key, {})
    node[last] = "something else"
    with pytest.raises(InvalidSpecError) as caught:
        merge(tree, other, source="options")
    assert f"options.{path} is 'something else'" in str(caught.value)


def test_a_contradiction_about_a_secret_shows_none() -> None:
    for key in ("headers", "credentials", "apiToken", "preSignedUrl", "password"):
        with pytest.raises(InvalidSpecError) as caught:
            merge({key: {"x": "canary"}, "y": 1}, {key: {"x": "canary-2"}}, source="options")
        assert "canary" not in str(caught.value)
        assert "***" in str(caught.value)


@given(TREES, TREES)
def test_defaults_fill_leaves_that_are_not_given_and_no_others(body: dict[str, Any], defaults: dict[str, Any]) -> None:
    kept = copy.deepcopy((body, defaults))
    filled = fill(body, defaults)
    assert (body, defaults) == kept
    for path, value in leaves(body):
        # An empty dict is filled where the default is a dict as well.
        assert value_at(path, filled) == value or value == {}
    for path, value in leaves(defaults):
        if value_at(path, body) is Ellipsis:
            assert value_at(path, filled) == value
    known = {path for part in (body, defaults) for path, _ in leaves(part)}
    assert {path for path, _ in leaves(filled)} <= known


# -- differences ----------------------------------------------------------------------------------------------------------


@given(TREES, TREES)
def test_what_is_shown_as_asked_does_not_differ(tree: dict[str, Any], more: dict[str, Any]) -> None:
    assert differences(tree, copy.deepcopy(tree)) == ([], [])
    assert differences(tree, {**more, **tree}) == ([], [])
    assert differences({}, tree) == ([], [])


@given(TREES)
def test_what_is_not_shown_is_unverified(tree: dict[str, Any]) -> None:
    drift, unverified = differences(tree, {})
    assert drift == []
    assert unverified == [path for path, _ in leaves(tree)]


@given(TREES, st.data())
def test_exactly_the_changed_settings_differ(tree: dict[str, Any], data: st.DataObject) -> None:
    paths = [path for path, value in leaves(tree) if not isinstance(value, dict)]
    assume(paths)
    changed = data.draw(st.sets(st.sampled_from(paths)))
    shown = copy.deepcopy(tree)
    for path in changed:
        node = shown
        *way, last = path.split(".")
        for key in way:
            node = node[key]
        node[last] = "something else"
    drift, unverified = differences(tree, shown)
    assert {row["field"] for row in drift} == changed
    assert unverified == []
    for row in drift:
        assert row["actual"] == "something else"


@pytest.mark.parametrize(
    ("asked", "actual"),
    [
        (5, "5"),
        (5, 5.0),
        (True, "true"),
        (["VP8", "H264"], ["H264", "VP8"]),
        ([{"a": 1}, {"b": 2}], [{"b": "2"}, {"a": 1}]),
        ({}, {}),
        ({}, {"a": 1}),
        (None, None),
    ],
)
def test_what_is_the_same_though_written_otherwise(asked: Any, actual: Any) -> None:
    assert differences({"x": asked}, {"x": actual}) == ([], [])


@pytest.mark.parametrize(
    ("asked", "actual"),
    [
        (5, 6),
        ("a", "A"),
        (True, False),
        (["VP8"], ["VP8", "H264"]),
        ("5 ", "5"),
        ("x", {}),
        ({}, "x"),
        (None, "x"),
        (1, [1]),
    ],
)
def test_what_differs(asked: Any, actual: Any) -> None:
    assert differences({"x": asked}, {"x": actual})[0] == [{"field": "x", "asked": asked, "actual": actual}]


def test_null_shows_nothing_and_text_in_place_of_a_dict_differs() -> None:
    asked = {"webhook": {"url": "https://x.example"}, "recording": {"a": {"b": 1}}, "large": False, "text": ""}
    shown = {"webhook": None, "recording": {"a": None}, "large": None, "text": None}
    assert differences(asked, shown) == ([], ["webhook.url", "recording.a.b", "large", "text"])
    drift, unverified = differences(asked, {"webhook": "none", "recording": {}})
    assert drift == [{"field": "webhook.url", "asked": "https://x.example", "actual": "none"}]
    assert unverified == ["recording.a.b", "large", "text"]


def test_secrets_are_stars_on_both_sides() -> None:
    asked = {"webhook": {"headers": {"A": "canary"}}, "mine": {"x": "canary"}, "list": [{"token": "canary"}]}
    shown = {"webhook": {"headers": {"A": "canary-2"}}, "mine": {"x": "canary-3"}, "list": [{"token": "canary-4"}]}
    drift, _ = differences(asked, shown, secret=("mine",))
    assert [row["field"] for row in drift] == ["webhook.headers.A", "mine.x", "list"]
    assert "canary" not in str(drift)
