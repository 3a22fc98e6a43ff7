"""Every distribution under ``outside/``, built and installed beside the package in an environment of its own: its tests, and a DAG."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import dist

REPO = Path(__file__).parent.parent.parent
DISTRIBUTIONS = sorted(path.parent for path in (REPO / "outside").glob("*/pyproject.toml"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own wheel."""
    return dist.build(tmp_path_factory.mktemp("ours"))[0]


@pytest.mark.parametrize("source", DISTRIBUTIONS, ids=lambda source: source.name)
def test_a_vendor_from_outside_works_beside_the_package(source: Path, wheel: Path, tmp_path: Path) -> None:
    dist.run(dist.BIN / "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, source)
    (other,) = tmp_path.glob("*.whl")
    python = dist.install(Path(f"{wheel}[testing]"), tmp_path / "venv", str(other), "apache-airflow-providers-standard")
    assert _run(python, "-m", "airflow", "providers", "list").count(source.name) >= 1
    _run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(source / "tests"), cwd=tmp_path)

    home = tmp_path / "airflow"
    home.mkdir()
    told = json.loads(_run(python, str(Path(__file__).parent / "try_vendors.py"), str(home)).strip().splitlines()[-1])
    assert told
    for row in told.values():
        assert set(row["states"].values()) == {"success"}, row["errors"]
        assert (row["outcomes"], row["ids"], row["open"]) == (["created", "found"], 1, 0)


def test_nothing_of_ours_names_them() -> None:
    names = [source.name for source in DISTRIBUTIONS]
    ours = [path for part in ("airflow_provider_rooms", "tests", "docs") for path in (REPO / part).rglob("*.*")]
    texts = {path: path.read_text(errors="ignore").lower() for path in ours if path.suffix in (".py", ".md", ".html")}
    assert [path for path, text in texts.items() if any(name in text for name in names)] == []


def _run(python: Path, *words: str, cwd: Path | None = None) -> str:
    ended = subprocess.run([python, *words], cwd=cwd, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, f"{ended.stdout[-4000:]}\n{ended.stderr[-4000:]}"
    return ended.stdout
