"""From the state file to Airflow: what was taken is told through the REST API, and counts as told once Airflow lists it.

An answer can be lost, and before Airflow 3.2 an event may even be answered before it is committed. So no answer is believed:
after every batch, and first thing after a failure or a start, the newest events of the asset are read back.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from airflow_provider_rooms.errors import NotFoundError, PermanentError, RequestRefusedError, RoomsError
from airflow_provider_rooms.events.publishing import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.events.rest import AirflowApi
    from airflow_provider_rooms.events.statefile import StateFile, Waiting

log = logging.getLogger(__name__)

#: Told before they are read back.
AT_ONCE = 100
#: Airflow's rows may appear this much later than their times say.
OVERLAP = dt.timedelta(minutes=10)
#: What no DAG asks for is left out after this time: a DAG file may just be replaced.
GRACE = dt.timedelta(minutes=1)
#: Seconds between two looks at what Airflow lists, until it lists what it was sent.
LISTED_AFTER = (0.1, 0.4, 1.0, 2.0, 4.0)
#: An event that was sent so often without being listed is not sent again.
MOST_TELLINGS = 3
#: Seconds until the next try when Airflow does not answer, at first and at most; and when it refuses.
FIRST_PAUSE, LONGEST_PAUSE, REFUSED_PAUSE = 1.0, 15.0, 60.0
#: Seconds between two looks whether there is a DAG now for what nobody asked for.
IDLE = 15.0
#: Seconds between two clearings of the state file.
CLEARING = 3600.0


class Teller:
    """Tells Airflow, in a thread of its own, what the state file holds."""

    def __init__(self, state: StateFile, airflow: AirflowApi) -> None:
        self._state = state
        self._airflow = airflow
        #: What keeps Airflow from being told; '' when nothing does.
        self.trouble = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rooms-telling", daemon=True)
        #: Assets whose events are known, but for what others may have stored since.
        self._sure: set[str] = set()
        #: How often Airflow was sent each event that it does not list yet.
        self._told: Counter[tuple[str, str]] = Counter()
        self._cleared = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float) -> bool:
        """End after the current request; what is not told stays in the state file.

        :returns: whether it has ended within the time.
        """
        self._stopping.set()
        self._state.changed.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            try:
                pause = self._round(pause)
            except Exception as error:
                # Whatever it is (a full disk, say), deliveries go on being taken, and this thread must not end.
                self.trouble, pause = type(error).__name__, LONGEST_PAUSE
                log.exception("Events could not be passed to Airflow; next attempt in %.0f s.", pause)
            self._stopping.wait(pause)

    def _round(self, pause: float) -> float:
        """Tell a batch, or wait for something to tell.

        :param pause: how long was waited before this.
        :returns: how long to wait before the next.
        """
        self._state.changed.clear()
        before = self._state.count()
        try:
            told, left = self.tell()
        except RoomsError as error:
            self.trouble, left = str(error), self._state.count()
            permanent = isinstance(error, PermanentError)
            if permanent:
                pause = REFUSED_PAUSE
            else:
                pause = FIRST_PAUSE if left < before else min(max(FIRST_PAUSE, pause * 2), LONGEST_PAUSE)
            level = logging.ERROR if permanent else logging.WARNING
            log.log(level, "%s Waiting to be told: %d; next try in %.0f s.", error, left, pause)
            return pause
        self.trouble = ""
        if told:
            log.info("Told Airflow: %d; waiting: %d.", told, left)
        else:
            self._state.changed.wait(IDLE if left else None)
        return 0.0

    def tell(self) -> tuple[int, int]:
        """Tell what waits, a batch of it.

        :returns: how many events were told, and how many wait.
        :raises RoomsError: Airflow does not answer, or refuses.
        """
        self._clear()
        wanting = self._state.wanting()
        if not wanting:
            return 0, 0
        assets = self._airflow.assets()
        if unwanted := wanting - assets.keys():
            left_out = self._state.leave_out(unwanted, GRACE)
            if left_out:
                log.info("Dropped, because no active DAG is scheduled on them: %d events.", left_out)
        wanted = {uri: assets[uri] for uri in wanting & assets.keys()}
        for uri in wanted.keys() - self._sure:
            self._read_back(uri, wanted[uri])
        batch = self._state.waiting(wanted, AT_ONCE)
        for waiting in batch:
            if self._stopping.is_set():
                break
            self._sure.discard(waiting.uri)
            self._told[waiting.uri, waiting.id] += 1
            try:
                self._airflow.tell(waiting.uri, wanted[waiting.uri], waiting.event)
            except (RequestRefusedError, NotFoundError) as error:
                log.warning("%s", error)  # this one: others may be fine
        missing = self._confirm(batch, wanted)
        return len(batch) - missing, self._state.count()

    def _confirm(self, batch: Iterable[Waiting], assets: dict[str, int]) -> int:
        """Read back what was told, until all of it is listed.

        :returns: how many events are not.
        """
        missing: dict[str, set[str]] = {}
        for waiting in batch:
            missing.setdefault(waiting.uri, set()).add(waiting.id)
        for pause in (*LISTED_AFTER, 0.0):
            for uri in list(missing):
                missing[uri] -= self._read_back(uri, assets[uri], missing[uri])
                if not missing[uri]:
                    del missing[uri]
            if not missing or self._stopping.wait(pause):
                break
        for uri, ids in missing.items():
            for event_id in ids:
                if self._told[uri, event_id] >= MOST_TELLINGS:
                    log.error(
                        "Airflow was sent an event of %s %d times and does not list it. It is not sent again.",
                        uri,
                        MOST_TELLINGS,
                    )
                    self._state.know(uri, {event_id: dt.datetime.now(dt.UTC)})
                    del self._told[uri, event_id]
        return sum(map(len, missing.values()))

    def _read_back(self, uri: str, asset_id: int, wanted: set[str] | None = None) -> set[str]:
        """Learn which events of an asset Airflow has, from the newest back to where they are known.

        :param wanted: where these are found, nothing is looked for that appeared late.
        :returns: the ids that were found.
        """
        known_to = self._state.read_to(uri)
        floor = known_to - OVERLAP if known_to else dt.datetime.now(dt.UTC) - WEEK
        found: set[str] = set()
        newest = known_to
        for page in self._airflow.told(asset_id):
            stored = {event_id: at for at, ids in page for event_id in ids if at >= floor}
            self._state.know(uri, stored)
            found |= stored.keys()
            for event_id in stored:
                self._told.pop((uri, event_id), None)
            oldest = page[-1][0]
            newest = max(newest or oldest, page[0][0])
            if oldest < floor or (known_to and oldest <= known_to and wanted is not None and wanted <= found):
                break
        if newest is not None:
            self._state.set_read_to(uri, newest)
        self._sure.add(uri)
        return found

    def _clear(self) -> None:
        if time.monotonic() - self._cleared > CLEARING:
            self._cleared = time.monotonic()
            self._state.forget()
