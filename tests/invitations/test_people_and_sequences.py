"""People as they are read, and numbers that rise with every sending."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import icalendar
import pytest
from invitation_help import ADA, make, send, spec

from airflow_provider_rooms.invitations.calendar import Sequences, read_people, read_person, sequence_at, timezone_rules
from stack import MailSink

if TYPE_CHECKING:
    pass


class TestSequences:
    def test_it_rises_with_every_sending_within_a_second(self, sink: MailSink):
        room, other = make(), make(spec=spec(name="other"))
        begun = sequence_at(dt.datetime.now(dt.UTC))
        sent = [send(room_id=room, join_url="https://x.example")["sequence"] for _ in range(5)]
        assert sent == sorted(set(sent))
        # Those of another class do not count: the next process is behind by as little as can be.
        assert (
            begun
            <= send(room_id=other, join_url="https://x.example")["sequence"]
            <= sequence_at(dt.datetime.now(dt.UTC))
        )

    def test_it_follows_the_clock_again_once_that_is_ahead(self):
        sequences, now = Sequences(), dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
        first = sequence_at(now)
        assert [sequences.next("a", now) for _ in range(3)] == [first, first + 1, first + 2]
        assert sequences.next("a", now - dt.timedelta(hours=1)) == first + 3
        assert sequences.next("a", now + dt.timedelta(seconds=60)) == first + 60
        assert sequences.next("b", now + dt.timedelta(seconds=60)) == first + 60

    def test_threads_have_each_one_of_their_own(self):
        sequences, now = Sequences(), dt.datetime.now(dt.UTC)
        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(lambda _: sequences.next("a", now), range(1000)))) == 1000


class TestPeople:
    def test_one_text_a_dict_and_what_a_template_makes_of_a_list(self):
        noted: list[str] = []
        for given in ("ada@example.org; alan@example.org", "['ada@example.org', 'alan@example.org']"):
            assert [person.address for person in read_people("to", given, noted.append)] == [
                "ada@example.org",
                "alan@example.org",
            ]
        (host,) = read_people("to", {"email": "ada@example.org", "role": "host"}, noted.append)
        assert (host.address, host.name, host.role) == ("ada@example.org", None, "host")
        assert noted == []

    def test_commas_in_names(self):
        noted: list[str] = []
        for given in ('"Doe, Jane" <jane@example.org>, al@example.org', "Doe, Jane <jane@example.org>; al@example.org"):
            assert [one.name for one in read_people("to", given, noted.append)] == ["Doe, Jane", None]

    def test_addresses_stay_out_of_repr(self):
        assert repr(read_person("to", ADA)) == "Person(role='guest')"


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"]
)
def test_the_rules_of_a_zone_say_what_the_zone_says(zone: str):
    own = icalendar.Timezone.from_ical(timezone_rules(ZoneInfo(zone), 2026)).to_tz(lookup_tzid=False)
    halves = [dt.datetime(2026, 1, 1) + dt.timedelta(minutes=30 * number) for number in range(365 * 48)]  # noqa: DTZ001
    clocks = [
        (half.replace(tzinfo=own).utcoffset(), half.replace(tzinfo=ZoneInfo(zone)).utcoffset()) for half in halves
    ]
    wrong = [half for half, (ours, theirs) in zip(halves, clocks, strict=True) if ours != theirs]
    # Only what happens twice, or never, may be read in two ways: half an hour at a time, two hours in a year at most.
    assert len(wrong) <= 4
    for half in wrong:
        assert (
            half.replace(tzinfo=ZoneInfo(zone)).utcoffset() != half.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset()
        )
