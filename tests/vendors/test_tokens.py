"""Tokens minted here: kept while they are good, dated so that clocks may differ, told to the masker."""

from __future__ import annotations

import threading

import jwt
import pytest

from airflow_provider_rooms.vendors.tokens import BACKDATED, LIFE, MARGIN, TokenSource, VendorClock, sign

SECRET = "a-secret-that-is-long-enough-for-signing"
START = 1_795_000_000.0


class Source:
    """A token source on a clock of its own."""

    def __init__(self) -> None:
        self.now = START
        self.concealed: list[str] = []
        self.minted = 0
        self.clock = VendorClock(lambda: self.now)
        self.tokens = TokenSource(SECRET, self._claims, clock=self.clock, conceal=self.concealed.append)

    def _claims(self, issued: int) -> dict[str, object]:
        self.minted += 1
        return {"key": "k", "nbf": issued, "number": self.minted}

    def claims(self) -> dict[str, int]:
        options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        found: dict[str, int] = jwt.decode(self.tokens.token(), SECRET, ["HS256"], options=options)
        return found


def test_a_token_says_what_it_should() -> None:
    assert Source().claims() == {
        "key": "k",
        "nbf": START - BACKDATED,
        "number": 1,
        "iat": START - BACKDATED,
        "exp": START + LIFE,
    }


def test_it_is_kept_until_shortly_before_it_expires() -> None:
    source = Source()
    source.tokens.token()
    source.now += LIFE - MARGIN
    assert source.claims()["number"] == 1
    source.now += 1
    assert source.claims()["number"] == 2
    assert len(source.concealed) == 2


def test_a_clock_that_goes_back_mints_nothing_anew() -> None:
    source = Source()
    source.tokens.token()
    source.now -= 600
    assert source.claims()["number"] == 1


@pytest.mark.parametrize("skew", [-86400.0, -600.0, 0.0, 600.0, 86400.0])
def test_a_forgotten_token_is_minted_by_the_vendors_clock(skew: float) -> None:
    source = Source()
    source.tokens.token()
    source.tokens.forget()
    source.clock.skew = skew
    claims = source.claims()
    assert claims["number"] == 2
    assert claims["iat"] == START - BACKDATED + skew
    source.now += LIFE - MARGIN
    assert source.claims()["number"] == 2
    source.now += 1
    assert source.claims()["exp"] == source.now + skew + LIFE


def test_threads_get_the_same_token() -> None:
    source = Source()
    found: set[str] = set()
    threads = [threading.Thread(target=lambda: found.add(source.tokens.token())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), source.minted) == (1, 1)
    assert source.concealed == list(found)


def test_headers_of_a_token() -> None:
    assert jwt.get_unverified_header(sign({}, SECRET)) == {"alg": "HS256", "typ": "JWT"}
    assert jwt.get_unverified_header(sign({}, SECRET, {"cty": "acme-fpa;v=1"}))["cty"] == "acme-fpa;v=1"
