"""What a DAG file pays for importing our operators, over ``airflow.sdk`` alone; Airflow's http provider beside it.

Airflow parses every DAG file again every half minute, so an import that takes a third of a second takes one per cent of a
core for each file, for ever. Each figure is the median of ten fresh processes; the three imports take turns, so that a busy
machine slows all of them alike.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys

ROUNDS = 10
LIMIT_MS = 10.0
MUST_NOT_LOAD = ("requests", "jwt", "aiohttp", "pydantic_settings")

_PROBE = """
import importlib, json, sys, time
import airflow.sdk
from airflow.sdk import DAG, task
before = set(sys.modules)
start = time.perf_counter()
for name in {modules!r}:
    importlib.import_module(name)
took = (time.perf_counter() - start) * 1000
print(json.dumps([took, len(set(sys.modules) - before), [m for m in {heavy!r} if m in sys.modules]]))
"""

OURS = [f"airflow_provider_rooms.{part}.rooms" for part in ("operators", "sensors", "links")]
HTTP = [f"airflow.providers.http.{part}.http" for part in ("operators", "sensors")]


def probe(modules: list[str]) -> tuple[float, int, list[str]]:
    """Milliseconds, modules added, and which heavy libraries are loaded, in a fresh process."""
    code = _PROBE.format(modules=modules, heavy=MUST_NOT_LOAD)
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    took, added, heavy = json.loads(answer.strip().splitlines()[-1])
    return took, added, heavy


def main() -> int:
    """Print the table; the exit code says whether ours is within its limit."""
    ours = [name for name in OURS if importlib.util.find_spec(name)]
    rows = {"ours": ours, "ours with triggers": [*ours, "airflow_provider_rooms.triggers.rooms"], "http provider": HTTP}
    rows = {label: modules for label, modules in rows.items() if all(importlib.util.find_spec(m) for m in modules)}
    results: dict[str, list[tuple[float, int, list[str]]]] = {label: [] for label in rows}
    for _ in range(ROUNDS):
        for label, modules in rows.items():
            results[label].append(probe(modules))
    print(f"{'import over airflow.sdk':<26}{'median ms':>10}{'modules':>9}  loads")
    for label, answers in results.items():
        median = statistics.median(took for took, _, _ in answers)
        print(f"{label:<26}{median:>10.1f}{answers[0][1]:>9}  {', '.join(answers[0][2]) or '-'}")
    median = statistics.median(took for took, _, _ in results["ours"])
    heavy = results["ours"][0][2]
    if median > LIMIT_MS or heavy:
        print(f"over the limit of {LIMIT_MS:g} ms, or loading {heavy}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
