"""Which values are secrets, and that none is missed in what a DAG or a vendor gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_rooms.secrets.masking import core, hides, is_secret, masked, secret_texts, without

SECRET_KEYS = [
    "headers", "Headers", "credentials", "storage_credentials", "secret", "app_secret", "clientSecret", "key", "api_key",
    "apiKey", "api-key", "token", "authToken", "access_token", "password", "preSignedUrl", "preSignedURL", "Authorization",
    "auth",
]  # fmt: skip
OPEN_KEYS = ["url", "name", "region", "keyboard", "monkey", "header", "author", "id", "events", "type", "limit", ""]


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_keys_of_secrets(key: str) -> None:
    assert is_secret(key)
    assert masked({"a": {key: {"b": ["canary"]}}}) == {"a": {key: "***"}}
    assert secret_texts({"a": [{key: {"b": ["canary", 12345, None, True, "x"]}}]}) == {"canary", "12345"}
    assert hides(f"a.{key}.b")


@pytest.mark.parametrize("key", OPEN_KEYS)
def test_other_keys(key: str) -> None:
    assert not is_secret(key)
    assert masked({key: {"b": "open"}}) == {key: {"b": "open"}}
    assert secret_texts({key: "open"}) == set()
    assert not hides(key)


def test_paths_can_be_declared() -> None:
    tree = {"hook": {"tail": "canary", "url": "open"}, "list": [{"tail": "open"}]}
    assert masked(tree, ("hook.tail",)) == {"hook": {"tail": "***", "url": "open"}, "list": [{"tail": "open"}]}
    assert secret_texts(tree, ("hook.tail",)) == {"canary"}
    assert hides("hook.tail.x", ("hook.tail",))
    assert not hides("hook.url", ("hook.tail",))


def test_what_is_not_there_needs_no_stars() -> None:
    assert masked({"headers": None, "a": (1, {"token": "x"})}) == {"headers": None, "a": [1, {"token": "***"}]}


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "token", "url", "headers"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(TREES)
def test_nothing_secret_is_left_in_a_masked_tree(tree: Any) -> None:
    assert secret_texts(masked(tree)) == set()


@given(TREES)
def test_text_of_a_tree_is_looked_into(tree: Any) -> None:
    """A template may make JSON of a dict, or Python's own writing of it."""
    wrapped = {"x": tree}
    assert secret_texts(json.dumps(wrapped)) == secret_texts(wrapped)
    assert secret_texts(str(wrapped)) == secret_texts(wrapped)
    assert secret_texts([{"options": json.dumps(wrapped)}]) == secret_texts(wrapped)


@pytest.mark.parametrize("text", ["{", "[", "{not json", "[" * 100_000, "{'a': f()}", '{"a": "\\ud800"}', "{" * 5000])
def test_text_that_only_looks_like_a_tree_is_left_alone(text: str) -> None:
    assert secret_texts({"options": text}) == set()


@given(st.lists(st.text("ab.", min_size=4, max_size=9), max_size=4), st.text("ab.", max_size=60))
def test_no_secret_stays_in_a_text(secrets: list[str], text: str) -> None:
    cleaned = without(text, secrets)
    assert [secret for secret in secrets if secret in cleaned] == []
    assert cleaned == text or any(secret in text for secret in secrets)


def test_longer_secrets_go_first_and_short_ones_are_none() -> None:
    assert without("abcdef abcd", ["abcd", "abcdef"]) == "*** ***"
    assert without("aaa", ["a", "aaa"]) == "aaa"


def test_of_a_token_the_signature_is_the_secret() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ." + "s" * 43
    assert core(token) == "s" * 43
    for other in (
        "plain-secret",
        "a.b.c",
        "eyJ.short.sig",
        "eyJa.eyJb." + "s" * 43 + ".more",
        "https://x.example/a.mp4?sig=1",
    ):
        assert core(other) == other
