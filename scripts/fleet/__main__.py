"""Run scenarios on a fleet: ``python -m fleet outage``. Sizes are options; everything is ended on the way out."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from importlib import import_module

from fleet.deployment import Fleet, Sizes
from fleet.report import conclude
from fleet.stores import missing_programs

SCENARIOS = ("outage", "kills", "away", "waits", "limit", "leaks")


def main() -> int:
    """0 if every count is what it has to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help=f"of {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--keep", action="store_true", help="leave the logs there")
    for name, value in vars(Sizes()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value, help=f"(default: {value})")
    given = parser.parse_args()
    wanted = given.scenarios or list(SCENARIOS)
    if unknown := set(wanted) - set(SCENARIOS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if missing := missing_programs():
        print(f"A fleet needs {' and '.join(missing)}: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    sizes = Sizes(**{name: getattr(given, name) for name in vars(Sizes())})
    began = time.monotonic()
    checks = []
    with Fleet(sizes=sizes, keep=given.keep) as fleet:
        for name in wanted:
            print(f"== {name}", flush=True)
            checks += [(name, check) for check in import_module(f"fleet.{name}").run(fleet)]
    code = conclude(checks)
    print(f"\n  {time.monotonic() - began:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
