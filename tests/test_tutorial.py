"""A newcomer's path: every command of the tutorial, typed into one shell in a fresh clone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stack import free_port

REPO = Path(__file__).parent.parent
PAGE = REPO / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MINUTES = 12


def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall(PAGE.read_text(encoding="utf-8"))


def test_the_page_has_commands_and_no_other_kind_of_block():
    assert {kind for kind, _ in blocks()} == {"bash", "text"}
    assert PAGE.read_text().count("\n```") == 2 * len(blocks())
    assert len(blocks()) > 10


def test_every_command_is_one_that_a_shell_understands():
    script = "\n".join(text for kind, text in blocks() if kind == "bash")
    assert subprocess.run(["bash", "-n", "-c", script], check=False).returncode == 0


@pytest.mark.slow
def test_a_newcomer_who_types_it_all(tmp_path: Path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(REPO), str(clone)], check=True)
    # The newest words of the page and of what it uses count, committed or not.
    for name in ("docs/tutorial.md", "example_dags/nightly_rooms.py", "example_dags/class_life.py"):
        shutil.copy(REPO / name, clone / name)
    ports = {"8790": str(free_port()), "8025": str(free_port())}
    script = ["set -e -o pipefail"]
    number = 0
    for kind, text in blocks():
        for written, free in ports.items():
            text = text.replace(written, free)
        if kind == "bash":
            number += 1
            script += [f"echo '## block {number}'", text]
    # What is shown after a block is looked for in what the block printed.
    shown = [(index, text) for index, (kind, text) in enumerate(blocks()) if kind == "text"]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "VIRTUAL_ENV", "PYTEST", "COV_"))
    }
    environment |= {"PYTHON": sys.executable, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "COLUMNS": "200"}
    log = (tmp_path / "shell.log").open("w")
    shell = subprocess.Popen(
        ["bash", "-m", "-c", "\n".join(script)],
        cwd=clone,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        code = shell.wait(MINUTES * 60)
    finally:
        for group in groups_of(shell.pid):
            try:
                os.killpg(group, signal.SIGTERM)
            except ProcessLookupError:
                pass
        log.close()
    said = (tmp_path / "shell.log").read_text()
    airflow = clone / ".tutorial" / "airflow.log"
    assert code == 0, said[-3000:] + (airflow.read_text()[-3000:] if airflow.exists() else "")
    parts = re.split(r"^## block (\d+)$", said, flags=re.MULTILINE)
    printed = {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}
    for index, text in shown:
        before = sum(kind == "bash" for kind, _ in blocks()[:index])
        for line in text.strip().splitlines():
            assert line in printed[before], (
                f"the page shows {line!r} after block {before}, which printed {printed[before]!r}"
            )
    assert "To: Ada <ada@example.com>" in said
    assert "Subject: My first class" in said
    assert re.search(r"recordings/first-class/\S+\.mp4", said)
    assert len(set(re.findall(r"(?:alg|chem)-\d+_[ao]_\S+", printed[8]))) == 2
    assert not (clone / ".tutorial").exists()


def groups_of(session: int) -> set[int]:
    """The process groups of a session that we started: a shell with job control gives each job its own."""
    listed = subprocess.run(["ps", "-eo", "pgid=,sid="], capture_output=True, text=True, check=True).stdout
    return {int(line.split()[0]) for line in listed.splitlines() if int(line.split()[1]) == session}
