"""Errors as vendors answer with them: told apart, with the vendor's id of the request, and without a secret."""

from __future__ import annotations

from typing import Any

import pytest
from play import SECRET, Play, answer
from vendor_traits import TYPES, facts, rows

from airflow_provider_rooms import errors
from airflow_provider_rooms.errors import (
    NotFoundError,
    RateLimitError,
    RequestRefusedError,
    VendorDownError,
)
from airflow_provider_rooms.vendors.flow import Response

TABLE: list[tuple[str, Response, type[errors.RoomsError], str]] = [
    *rows("refusals", "REFUSALS"),
    *[(v, answer(429), RateLimitError, "without giving a reason") for v in TYPES],
    *[(v, answer(408), VendorDownError, "without giving a reason") for v in TYPES],
    *[(v, answer(503, "<!doctype html><p>"), VendorDownError, "an HTML page") for v in TYPES],
    *[(v, answer(500, "[" * 5000), VendorDownError, "[[[") for v in TYPES],
    *[(v, answer(400, '"just text"'), RequestRefusedError, "just text") for v in TYPES],
    *[(v, answer(400, "[1]"), RequestRefusedError, "without giving a reason") for v in TYPES],
    *[(v, answer(400, {"message": 5}), RequestRefusedError, "without giving a reason") for v in TYPES],
    *[(v, answer(400, "two\n lines"), RequestRefusedError, "two lines") for v in TYPES],
    *[(v, answer(308), RequestRefusedError, "redirects to another address") for v in TYPES],
]


@pytest.mark.parametrize(("conn_type", "refusal", "kind", "words"), TABLE)
def test_refusals_are_told_apart(conn_type: str, refusal: Response, kind: type[errors.RoomsError], words: str) -> None:
    error = Play(conn_type).vendor.error(refusal, "algebra")
    assert type(error) is kind
    assert words in str(error)
    assert (error.vendor, error.room, error.status) == (Play(conn_type).vendor.title, "algebra", refusal.status)


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("ask", [Play.post, Play.get], ids=["create", "list"])
def test_what_names_nothing_cannot_be_missing(conn_type: str, ask: Any) -> None:
    """A 404 on a create or a list says that the address is wrong, and never that there is no room."""
    for refusal in (answer(404), answer(404, {"code": 20404, "message": "not found"})):
        play = Play(conn_type, tries=1)
        play.path = play.vendor.rooms.path
        with pytest.raises(RequestRefusedError, match=r"check the connection's base URL \(host\)"):
            ask(play, refusal)
        play.path += "/algebra"
        with pytest.raises(NotFoundError):
            ask(play, refusal)


@pytest.mark.parametrize(
    ("conn_type", "name"), [(v, name) for v, found in facts("refusals").items() for name in found.REQUEST_IDS]
)
def test_the_vendors_id_of_the_request_is_kept(conn_type: str, name: str) -> None:
    error = Play(conn_type).vendor.error(Response(status=500, headers={name: "req-1" + "x" * 100}))
    assert error.request_id.startswith("req-1")
    assert len(error.request_id) == 80
    assert "request req-1" in str(error)


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize("place", ["start", "cut"])
def test_no_secret_stays_in_a_vendors_words(conn_type: str, place: str) -> None:
    play = Play(conn_type)
    token = play.vendor.authorization().rpartition(" ")[2]
    for secret in (
        SECRET,
        token,
        token.rpartition(".")[2],
        "Bearer of-the-connection",
        "storage-secret",
        "of-the-request",
    ):
        text = ("" if place == "start" else "x" * (300 - len(secret) // 2)) + secret
        error = play.vendor.error(answer(400, {"message": text}), secrets=["of-the-request"])
        assert "***" in str(error)
        assert secret[: len(secret) // 2] not in str(error).replace("Bearer", "")


def test_a_message_is_cut() -> None:
    assert len(Play().vendor.error(answer(400, {"message": "y" * 9000})).message) < 350
