"""What a room costs in requests: 200 classes with real settings, created, found and compared beside 400 to 50 000 other rooms.

Each row has a sandbox of its own. Whether VideoSDK shows the settings of rooms is unknown, so it is measured both ways. Beside
the requests stands what the same costs one by one, and what is allowed: to compare an account is to read all of its open rooms
as well, which beside 50 000 others are 475 to 500 pages, or 48 of Twilio Video.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rooms-bench-"))
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "CRITICAL"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

from accounts import CLASSES, COSTS, ONE_BY_ONE, Account, most_beside_many  # type: ignore[import-not-found]

from airflow_provider_rooms.sandbox.server import SandboxServer


def main() -> int:
    """Print the table; the exit code says whether all is within what is allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--others", type=int, nargs="*", default=(400, 5_000, 50_000), help="other rooms of the account"
    )
    parser.add_argument("--vendors", nargs="*", default=tuple(ONE_BY_ONE))
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print(f"{CLASSES} classes; requests per class\n")
    print(
        f"{'':<16}{'others':>8}{'shows':>7}{'new':>8}{'found':>8}{'compared':>10}{'allowed':>20}{'one by one':>13}{'s':>6}"
    )
    good = True
    for conn_type in given.vendors:
        limits = {(others, shows): most for others, shows, most in COSTS[conn_type].LIMITS}
        both = sorted({shows for _, shows in limits}, reverse=True)  # whether settings are shown, where that is unknown
        for others in given.others:
            least = most_beside_many(conn_type, others)
            known = {size: limits.get((size, True)) for size, _ in limits}
            for shows in both:
                good = row(conn_type, others, shows, known.get(others) or least) and good
    return 0 if good else 1


def row(conn_type: str, others: int, shows: bool, allowed: tuple[float, float, float]) -> bool:
    """Print one; whether it is within what is allowed."""
    began = time.monotonic()
    server = SandboxServer().start()
    try:
        place = Account(server, conn_type, shows=shows)
        place.fill(others)
        costs = [place.cost(run)[1] for run in (place.create, place.create, place.compare)]
    finally:
        server.stop()
    held = all(cost <= limit for cost, limit in zip(costs, allowed, strict=True))
    new, found, compared = costs
    print(
        f"{conn_type:<16}{others:>8}{'yes' if shows else 'no':>7}{new:>8.2f}{found:>8.2f}{compared:>10.2f}"
        f"{' / '.join(f'{limit:.2f}' for limit in allowed):>20}{' / '.join(map(str, ONE_BY_ONE[conn_type])):>13}"
        f"{time.monotonic() - began:>6.0f}{'' if held else '   more than allowed'}",
        flush=True,
    )
    return held


if __name__ == "__main__":
    sys.exit(main())
