"""The documentation: it builds without a warning, asks nobody for anything, and says what the code says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from docs_site import text_of
from vendor_traits import ANY

import docs_vendors
import reference
from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from docs_hook import MARKER

REPO = Path(__file__).parent.parent
PACKAGE = REPO / "airflow_provider_rooms"
DOCS = REPO / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


class TestSite:
    def test_a_reader_of_it_asks_nobody_else(self, site: Path):
        for page in site.rglob("*.html"):
            html = page.read_text(encoding="utf-8")
            fetched = re.findall(r"<(?:script|img|iframe|source)[^>]+src=[\"']?(https?:[^\"' >]+)", html)
            fetched += re.findall(
                r"<link[^>]+rel=[\"']?(?:stylesheet|preload|icon)[^>]+href=[\"']?(https?:[^\"' >]+)", html
            )
            assert fetched == [], page

    def test_the_search_works_for_a_page_opened_as_a_file(self, site: Path):
        assert (site / "search" / "search_index.js").read_text(encoding="utf-8").startswith("var __index")
        worker = (site / "iframe-worker.js").read_text(encoding="utf-8")
        assert "window.Worker =" in worker
        for page in site.rglob("*.html"):
            assert re.search(r'<script src="[./]*iframe-worker.js">', page.read_text(encoding="utf-8")), page

    def test_every_page_is_in_the_navigation(self, site: Path):
        index = (site / "index.html").read_text(encoding="utf-8")
        links = set(re.findall(r'href="([^"#]+\.html)', index))
        missing = {str(page.relative_to(DOCS).with_suffix(".html")) for page in PAGES} - links - {"index.html"}
        assert missing == set()

    def test_every_class_is_in_the_reference(self, site: Path):
        text = text_of(site / "reference" / "operators.html")
        for part in reference.PARTS:
            for one in reference.public_classes(part):
                assert one.__name__ in text
        for name in ("CreateRoomOperator", "ReconcileRoomsOperator", "SendInvitationOperator", "SessionEndedSensor"):
            assert name in text

    def test_every_error_is_in_the_table(self, site: Path):
        text = text_of(site / "reference" / "errors.html")
        assert all(one.__name__ in text for one in reference._subclasses(errors.RoomsError))

    def test_every_example_has_its_page(self, site: Path):
        examples = {file.stem for file in (REPO / "example_dags").glob("*.py")}
        assert examples <= {page.stem for page in (site / "examples").glob("*.html")}
        for name in examples:
            assert f"def {name}" in text_of(site / "examples" / f"{name}.html")


class TestGenerated:
    def test_every_marker_names_something(self):
        marked = [marker for page in PAGES for marker in MARKER.findall(page.read_text(encoding="utf-8"))]
        assert len(marked) > 20
        for marker in marked:
            assert reference.generate(marker).strip()

    @pytest.mark.parametrize("vendor", VENDORS)
    def test_every_option_has_its_row(self, vendor: str):
        rows = docs_vendors.options(vendor)

        def fields(model, prefix=""):
            for name, field in model.model_fields.items():
                yield f"{prefix}{name}"
                for inner in [field.annotation, *getattr(field.annotation, "__args__", ())]:
                    if hasattr(inner, "model_fields"):
                        yield from fields(inner, f"{prefix}{name}.")

        for path in fields(vendor_class(vendor).options):
            assert f"| `{path}` |" in rows

    def test_the_parameters_are_what_is_sent(self):
        rows = {line.split("|")[1].strip(): line for line in docs_vendors.parameters().splitlines()}
        assert "`size`, 1 to 20000" in rows["`max_participants`"]
        assert "`MaxParticipants`, 1 to 50" in rows["`max_participants`"]
        assert "`geoFence`" in rows["`region`"]
        assert "needs `record`" in rows["`transcribe`"]
        assert set(docs_vendors.SAMPLES) >= set(docs_vendors.vendors()[ANY.conn_type].unsupported)


def test_the_page_about_the_architecture_names_every_part_of_the_package():
    page = (DOCS / "house.md").read_text(encoding="utf-8")
    table, _, layers = page.partition("## Imports")
    parts = {one.name for one in PACKAGE.iterdir() if not one.name.startswith("__") and one.suffix in ("", ".py")}
    assert {one for one in parts if f"`{one}{'' if one.endswith('.py') else '/'}`" not in table} == set()
    assert {one for one in parts if f"`{one.removesuffix('.py')}`" not in layers} == {"sandbox"}


class TestTroubleshooting:
    PAGE = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")

    @staticmethod
    def raised() -> set[str]:
        """The messages of our own errors, with ``…`` for what is put in."""
        found = set()
        for file in ours():
            for node in ast.walk(parsed(file)):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                kind = getattr(errors, name, None)
                if isinstance(kind, type) and issubclass(kind, errors.RoomsError):
                    found |= set(messages(node.args[0]))
        return found

    def test_what_it_explains_is_said_somewhere(self):
        source = "\n".join(text for file in ours() for node in ast.walk(parsed(file)) for text in messages(node))
        for message in re.findall(r"^\| `([^`]+)` \|", self.PAGE, re.MULTILINE):
            if message.startswith(("XCom", "airflow rooms")):
                continue
            pieces = [text.strip(" :") for text in message.split("…") if len(text.strip(" :")) > 6]
            assert all(piece in source for piece in pieces), message

    def test_every_message_that_does_not_name_a_parameter_is_explained(self):
        explained = [piece(message) for message in re.findall(r"^\| `([^`]+)` \|", self.PAGE, re.MULTILINE)]
        own_words = re.compile(
            r"^[A-Za-z_.…\[\]]+(\.[a-z_]+)*: |^name |^ends_at |^(join_page|roles) of connection |^room_name\(\)|^…|^\d+$"
        )
        assert [
            message
            for message in sorted(self.raised())
            if len(piece(message)) >= 8
            and not own_words.match(message)
            and not any(known in message or piece(message) in known for known in explained)
        ] == []


def ours() -> list[Path]:
    return [file for file in PACKAGE.rglob("*.py") if "sandbox" not in file.parts]


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def messages(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
        return ["".join(str(part) for part in parts)]
    if isinstance(node, ast.IfExp):
        return [*messages(node.body), *messages(node.orelse)]
    return []


def piece(message: str) -> str:
    """The longest run of words without a gap."""
    return max((part.strip(" :") for part in message.split("…")), key=len)
