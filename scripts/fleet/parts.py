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
    from collections.abc import Mapping, Sequence
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
        self.wanted = False
        if self.process is None:
            return
        if self.alive:
            self.process.send_signal(self.ends_on)
            try:
                self.process.wait(timeout=POLITE)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def _signal_group(self, number: signal.Signals) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return

    def children(self) -> list[int]:
        """The ids of the processes that it started, and that those started."""
        return descendants(self.process.pid) if self.process is not None and self.alive else []


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


def descendants(pid: int) -> list[int]:
    """The ids of all processes below a process, the nearest first."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        children.setdefault(parent, []).append(int(entry))
    found, queue = [], [pid]
    while queue:
        below = children.get(queue.pop(0), [])
        found += below
        queue += below
    return found


def wait_until(reached: object, seconds: float, what: str, *, every: float = 0.5) -> None:
    """Wait until a function is true.

    :raises TimeoutError: it did not become true in time.
    """
    until = time.monotonic() + seconds
    while not reached():  # type: ignore[operator]
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:.0f} s for: {what}")
        time.sleep(every)
