"""The tests that tell Airflow versions apart, on each version that is supported: `make test-matrix`.

Each version has a virtual environment of its own under .venv-matrix/, made from its pins in constraints/ and kept until
those change.

    python scripts/matrix.py [versions …]           run the tests
    python scripts/matrix.py --pins [versions …]    renew the pins
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

REPO = Path(__file__).parent.parent
VENVS = REPO / ".venv-matrix"
REPORTS = REPO / "build" / "matrix"


@dataclass(frozen=True, kw_only=True)
class Version:
    """One Airflow version.

    :param pythons: Pythons that it runs on, the one to test with first.
    :param before: packages are taken as they were on this day: newer ones broke this Airflow, which pins little itself.
    """

    pythons: tuple[str, ...]
    before: str | None = None


#: Together they cover every Python that is supported; `make test` runs 3.3 once more, on yours.
VERSIONS = {
    "2.11": Version(pythons=("3.12", "3.11")),
    "3.0": Version(pythons=("3.11", "3.12"), before="2025-10-01"),
    "3.1": Version(pythons=("3.12", "3.13", "3.11")),
    "3.2": Version(pythons=("3.13", "3.12", "3.11"), before="2026-06-15"),
    "3.3": Version(pythons=("3.13", "3.12", "3.11")),
}
#: Needed newer than that day: the floor of pyproject.toml.
NEEDED_NEW = ("apache-airflow-providers-common-compat",)
#: What depends on Airflow; the rest of the suite is the same everywhere.
TESTS = [
    "tests/versions",
    "tests/contract/test_creating.py",
    "tests/contract/test_waiting.py",
    "tests/contract/test_secrets.py",
    "tests/events/test_event_assets.py",
    "tests/events/test_publishing.py",
    "tests/events/test_watcher.py",
    "tests/hooks",
    "tests/operators",
    "tests/sensors",
    "tests/example_dags",
    "tests/commands/test_check.py",
    "tests/page",
    "tests/test_day_of_a_run.py",
    "tests/test_plugin.py",
    "tests/test_provider_info.py",
]


def main() -> int:
    """0 if every test passed on every version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*", metavar="version", help=f"of {', '.join(VERSIONS)} (default: all)")
    parser.add_argument("--pins", action="store_true", help="renew constraints/airflow-<version>.txt instead")
    given = parser.parse_args()
    unknown = [name for name in given.versions if name not in VERSIONS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    names = given.versions or list(VERSIONS)
    if given.pins:
        for name in names:
            renew_pins(name)
        return 0
    reports = [run(name) for name in names]
    print(f"\n{'Airflow':<10}{'Python':<10}{'passed':>7}{'skipped':>9}{'failed':>8}{'seconds':>9}")
    for report in reports:
        print(
            f"{report.airflow:<10}{report.python:<10}{report.passed:>7}{sum(report.skipped.values()):>9}"
            f"{len(report.failed):>8}{report.seconds:>9.0f}"
        )
    for report in reports:
        for reason, count in sorted(report.skipped.items()):
            print(f"  {report.airflow} skips {count}: {reason}")
        for test in report.failed:
            print(f"  {report.airflow} fails: {test}")
    return int(any(report.failed or not report.passed for report in reports))


@dataclass
class Report:
    """What came of one version."""

    airflow: str
    python: str
    passed: int
    failed: list[str]
    skipped: dict[str, int]
    seconds: float


def run(name: str) -> Report:
    """Run the tests on one version."""
    python = environment(name)
    told = subprocess.check_output(
        [python, "-c", "import sys, airflow; print(airflow.__version__, sys.version.split()[0])"],
        text=True,
        stderr=subprocess.DEVNULL,
    )
    airflow, version = told.split()[-2:]
    print(f"== Airflow {airflow}, Python {version}", flush=True)
    REPORTS.mkdir(parents=True, exist_ok=True)
    xml = REPORTS / f"{name}.xml"
    xml.unlink(missing_ok=True)
    began = time.monotonic()
    tests = [test for test in TESTS if (REPO / test).exists()]
    subprocess.run(
        [
            python,
            "-m",
            "pytest",
            "-q",
            "-n",
            "2",
            "--dist",
            "worksteal",
            "-p",
            "no:cacheprovider",
            f"--junitxml={xml}",
            "--tb=short",
            *tests,
        ],
        cwd=REPO,
        check=False,
    )
    return read_report(xml, airflow, version, time.monotonic() - began)


def read_report(xml: Path, airflow: str, python: str, seconds: float) -> Report:
    """Count what pytest wrote; no report is a failure."""
    report = Report(airflow, python, 0, [], {}, seconds)
    if not xml.exists():
        report.failed.append("pytest itself")
        return report
    for case in ElementTree.parse(xml).iter("testcase"):  # noqa: S314 - our own file
        skipped = case.find("skipped")
        if skipped is not None:
            reason = skipped.get("message", "")
            report.skipped[reason] = report.skipped.get(reason, 0) + 1
        elif case.find("failure") is not None or case.find("error") is not None:
            report.failed.append(f"{case.get('classname')}::{case.get('name')}")
        else:
            report.passed += 1
    return report


def environment(name: str) -> Path:
    """The Python of the version's virtual environment, which is made anew when its pins or our dependencies change."""
    venv = VENVS / name
    pins = REPO / "constraints" / f"airflow-{name}.txt"
    stamp = venv / ".installed"
    wanted = hashlib.sha256(pins.read_bytes() + (REPO / "pyproject.toml").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run(
            ["sh", "scripts/venv.sh", str(venv), str(pins)],
            cwd=REPO,
            env=os.environ | {"PYTHON": str(find_python(name))},
            check=True,
        )
        stamp.write_text(wanted)
    return venv / "bin" / "python"


def find_python(name: str) -> str:
    """A Python on this machine that the version runs on.

    :raises SystemExit: there is none.
    """
    for version in VERSIONS[name].pythons:
        # pyenv has commands for versions that it does not let through unless they are asked for.
        for extra in ({}, {"PYENV_VERSION": version}):
            try:
                found = subprocess.run(
                    [f"python{version}", "-c", "import sys, venv, ensurepip; print(sys.executable)"],
                    env=os.environ | extra,
                    capture_output=True,
                    text=True,
                    check=False,
                )
            except OSError:
                break
            if found.returncode == 0:
                return found.stdout.strip()
    raise SystemExit(f"Airflow {name} needs Python {' or '.join(VERSIONS[name].pythons)}; none was found.")


def renew_pins(name: str) -> None:
    """Write constraints/airflow-<version>.txt: the newest patch of the version, and what it worked with. No URLs."""
    version = VERSIONS[name]
    wanted = REPO / "constraints" / f"airflow-{name}.in"
    wanted.write_text(f"apache-airflow=={name}.*\n")
    order = ["uv", "pip", "compile", "--quiet", "--upgrade", "--all-extras", "--group", "dev", "--group", "browser"]
    order += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"]
    if version.before:
        today = time.strftime("%Y-%m-%d")
        order += ["--python-version", version.pythons[0], "--exclude-newer", version.before]
        order += [word for package in NEEDED_NEW for word in ("--exclude-newer-package", f"{package}={today}")]
    else:
        order += ["--universal", "--python-version", "3.11"]
    order += ["pyproject.toml", str(wanted.relative_to(REPO)), "-o", f"constraints/airflow-{name}.txt"]
    subprocess.run(order, cwd=REPO, check=True)
    print(f"constraints/airflow-{name}.txt")


if __name__ == "__main__":
    sys.exit(main())
