"""What a contributor is told is true: commands exist, links lead somewhere, CI runs what is claimed to be tested."""

from __future__ import annotations

import re

import pytest
import yaml

from matrix import VERSIONS
from stack import REPO

PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/releasing.md", ".github/pull_request_template.md")
CI = yaml.safe_load((REPO / ".github" / "workflows" / "ci.yml").read_text())
STEPS = [step["run"] for job in CI["jobs"].values() for step in job["steps"] if "run" in step]


def targets() -> set[str]:
    files = [REPO / "Makefile", *REPO.glob("make/*.mk")]
    return {name for file in files for name in re.findall(r"^([a-z-]+):", file.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_exist(page: str):
    text = (REPO / page).read_text()
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets()
    for path in re.findall(r"tests/[\w/]+(?:\.py)?", text):
        assert (REPO / path).exists(), path


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_somewhere(page: str):
    file = REPO / page
    links = re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", file.read_text())
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_ci_calls_make_and_nothing_else():
    called = [re.fullmatch(r"make ([a-z-]+)( .*)?", step) for step in STEPS]
    assert len(called) > 10
    assert {found[1] for found in called if found} <= targets()
    assert all(called), STEPS


def test_ci_runs_every_python_and_every_airflow_that_is_supported():
    assert set(CI["jobs"]["test"]["strategy"]["matrix"]["python"]) == {one.pythons[0] for one in VERSIONS.values()}
    pairs = CI["jobs"]["airflow"]["strategy"]["matrix"]["include"]
    assert {one["airflow"]: one["python"] for one in pairs} == {name: one.pythons[0] for name, one in VERSIONS.items()}


def test_templates_ask_for_what_is_needed():
    for file in (REPO / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        form = yaml.safe_load(file.read_text())
        assert file.name == "config.yml" or {"name", "description", "body"} <= form.keys()
