"""The processes of a fleet: each in a process group of its own, started, killed and ended by its id, restarted when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

#: Seconds between two looks whether all parts are alive.
LOOK_EVERY = 1.0
#: Seconds that a part has to end politely.
POLITE = 8.0


@dataclass(kw_only=True)
class Part:
    """One process that runs until it is ended.

    :param user: who it runs as, where that is not us: databases refuse to run as root.
    :param ends_on: the signal that ends it.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    user: str | None = None
    ends_on: signal.Signals = signal.SIGTERM
    #: Whether it is to run; one that does not although it is, gets started again.
    wanted: bool = False
    starts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, its output at the end of its log."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.log.parent,
                **({"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}),  # type: ignore[call-overload]
            )
        self.wanted = True
        self.starts += 1

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL for it and all that it started."""
        self._signal_group(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def end(self) -> None:
        """End it, politely at first; whatever it started is gone afterwards."""
        end_all([self])

    def ask_to_end(self) -> None:
        """Tell it to end, and let nobody start it again."""
        self.wanted = False
        if self.process is not None and self.alive:
            self.process.send_signal(self.ends_on)

    def _signal_group(self, number: signal.Signals) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return


def end_all(parts: Iterable[Part]) -> None:
    """End parts together: those that are not gone in time are killed."""
    ending = list(parts)
    for part in ending:
        part.ask_to_end()
    until = time.monotonic() + POLITE
    while any(part.alive for part in ending) and time.monotonic() < until:
        time.sleep(0.1)
    for part in ending:
        part.kill()


class Keeper:
    """Starts parts again that die although they are wanted, as every deployment does."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._done.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._done.wait(LOOK_EVERY):
            for part in self._parts:
                if part.wanted and not part.alive:
                    part.kill()  # what it left behind
                    part.start()


def wait_until(reached: Callable[[], object], seconds: float, what: str, *, every: float = 0.5) -> None:
    """Wait until a function is true.

    :raises TimeoutError: it did not become true in time.
    """
    until = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:.0f} s for: {what}")
        time.sleep(every)
