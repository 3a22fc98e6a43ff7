"""The distribution: built, checked, and tried in an environment of its own. `make dist` leaves it in dist/.

python scripts/dist.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).parent.parent
PINS = REPO / "constraints" / "airflow-3.3.txt"
BIN = Path(sys.executable).parent


def main() -> int:
    """0 if the distribution may be published."""
    folder = REPO / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    wheel, sdist = build(folder)
    check(wheel, sdist)
    smoke(install(wheel, REPO / "build" / "dist-venv"))
    print(f"{wheel.relative_to(REPO)} and {sdist.relative_to(REPO)} may be published: docs/releasing.md says how.")
    return 0


def build(folder: Path) -> tuple[Path, Path]:
    """Build the sdist, and the wheel out of the sdist.

    :returns: the wheel and the sdist.
    """
    # One archive is the same as the next of the same commit: what its files are dated is the commit's time.
    stamp = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=REPO, capture_output=True, text=True, check=False)
    env = os.environ | ({"SOURCE_DATE_EPOCH": stamp.stdout.strip()} if stamp.returncode == 0 else {})
    run(BIN / "uv", "build", "--quiet", "--out-dir", folder, REPO, env=env)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def check(*files: Path) -> None:
    """Let twine look at the metadata, as a package index will."""
    run(BIN / "twine", "check", "--strict", *files)


def install(wheel: Path, venv: Path, *more: str) -> Path:
    """Install the wheel, without extras, in a new virtual environment.

    :param more: other packages to install there.
    :returns: its Python.
    """
    run(BIN / "uv", "venv", "--quiet", "--clear", "--python", sys.executable, venv)
    python = venv / "bin" / "python"
    run(BIN / "uv", "pip", "install", "--quiet", "--python", python, "--constraint", PINS, wheel, *more)
    return python


def smoke(python: Path) -> None:
    """Try what is installed. The checkout is not on its path."""
    run(python, "-I", REPO / "scripts" / "smoke.py")


def run(*order: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command that has to succeed."""
    subprocess.run([str(word) for word in order], check=True, env=env)


if __name__ == "__main__":
    sys.exit(main())
