"""The vendors' own published node clients, each run in a process of its own against the sandbox.

They are installed by ``tests/clients/install.sh``. Without them the tests skip, unless ROOMS_REQUIRE_CLIENTS=1.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

NPM = Path(__file__).parents[2] / "build" / "npm"
REQUIRED = os.environ.get("ROOMS_REQUIRE_CLIENTS") == "1"


def drive(script: Path, package: str, url: str, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
    """What the script saw, as it printed it."""
    node = shutil.which("node")
    lacking = "node is not installed" if node is None else ""
    if not (NPM / "node_modules" / package).is_dir():
        lacking = lacking or f"{package} is not installed: sh tests/clients/install.sh"
    if lacking:
        if REQUIRED:
            pytest.fail(lacking)
        pytest.skip(lacking)
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [str(node), str(script), url, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment | {"ROOMS_NPM": str(NPM), "NO_PROXY": "127.0.0.1"},
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen
