"""Airflow's web pages by what a person does there. Works on 3.1 and 3.3, whose pages differ little."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

#: Milliseconds for anything on a page; the machine may be busy.
PATIENCE = 60_000


class AirflowPage:
    """One browser window.

    :param pictures: first part of the files that :meth:`picture` writes.
    """

    def __init__(self, context: Any, url: str, pictures: Path) -> None:
        self.context = context
        self.url = url
        self.page = context.new_page()
        context.set_default_timeout(PATIENCE)
        self._pictures = pictures
        self._number = count(1)

    def picture(self, what: str, page: Any = None) -> None:
        """Keep what is seen."""
        name = f"{self._pictures.name}-{next(self._number)}-{what}.png"
        (page or self.page).wait_for_timeout(700)  # until things have moved to their places
        (page or self.page).screenshot(path=self._pictures.with_name(name))

    def log_in(self, user: str, password: str) -> None:
        """Through the log-in page."""
        self.page.goto(f"{self.url}/connections")
        self.page.fill("input[name=username]", user)
        self.page.fill("input[name=password]", password)
        self.page.keyboard.press("Enter")
        # The address alone comes early: on 3.1 the page is loaded once more after that.
        self.page.get_by_role("button", name="Add Connection").wait_for()
        self.page.wait_for_load_state("networkidle")

    # -- connections ----------------------------------------------------------------------------------------------------

    def new_connection(self, conn_id: str, title: str) -> None:
        """Open the form of a type."""
        self.page.goto(f"{self.url}/connections")
        self.page.get_by_role("button", name="Add Connection").click()
        self.page.fill("input[name=connection_id]", conn_id)
        kind = self.page.get_by_role("combobox")
        kind.click()
        kind.fill(title)
        self.page.keyboard.press("Enter")
        self.page.get_by_text("Standard Fields").wait_for()

    def fill(self, **fields: str) -> None:
        """Fill standard fields by their names: ``login``, ``password``, ``host``, ``port``."""
        for name, value in fields.items():
            self.page.fill(f"input[name={name}]", value)

    def open_extra_fields(self) -> None:
        """Unfold the type's own fields."""
        self.page.get_by_role("button", name="Extra Fields", exact=True).click()
        self.page.get_by_text("Room name prefix", exact=True).wait_for()

    def fill_extra(self, **fields: str) -> None:
        """Fill fields of our own by their keys."""
        for name, value in fields.items():
            self.page.locator(f"[name={name}], [name=element_{name}]").first.fill(value)

    def save(self) -> dict[str, Any]:
        """Save the form; what was sent, with the extra read."""
        with self.page.expect_response(lambda answer: answer.request.method in ("POST", "PATCH")) as waiting:
            self.page.get_by_role("button", name="Save").click()
        answer = waiting.value
        assert answer.ok, answer.text()
        self.page.get_by_role("dialog").wait_for(state="detached")
        sent: dict[str, Any] = answer.request.post_data_json
        return {**sent, "extra": json.loads(sent.get("extra") or "{}")}

    def test(self, conn_id: str) -> tuple[bool, str]:
        """Press the test button in the row of a connection; what it says."""
        row = self.page.locator("tr", has_text=conn_id)
        with self.page.expect_response("**/connections/test") as waiting:
            row.get_by_role("button", name="Test Connection").click()
        answer = waiting.value.json()
        assert "status" in answer, answer
        if not answer["status"]:
            self.page.get_by_text(answer["message"][:30]).wait_for()
        return answer["status"], answer["message"]

    def edit(self, conn_id: str) -> None:
        """Open the form of a connection that is there."""
        self.page.locator("tr", has_text=conn_id).get_by_role("button", name="Edit Connection").click()
        self.page.get_by_text("Standard Fields").wait_for()

    # -- runs -----------------------------------------------------------------------------------------------------------

    def trigger(self, dag_id: str, **params: str) -> str:
        """Trigger a DAG through its form; the run's id."""
        self.page.goto(f"{self.url}/dags/{dag_id}")
        self.page.get_by_role("button", name="Trigger").first.click()
        for name, value in params.items():
            self.page.locator(f"[name=element_{name}]").fill(value)
        with self.page.expect_response("**/dagRuns") as waiting:
            self.page.get_by_role("dialog").get_by_role("button", name="Trigger").click()
        answer = waiting.value
        assert answer.ok, answer.text()
        return str(answer.json()["dag_run_id"])

    def open_task(self, dag_id: str, run_id: str, task_id: str, map_index: int, tab: str) -> None:
        """Open a tab of a task instance: ``xcom``, ``rendered_templates``, ``details``, or ``""`` for its log."""
        task = f"/dags/{dag_id}/runs/{quote(run_id, safe='')}/tasks/{task_id}"
        self.page.goto(f"{self.url}{task}{f'/mapped/{map_index}' if map_index >= 0 else ''}/{tab}")
        self.page.get_by_text("Map Index" if map_index >= 0 else "Operator").first.wait_for()
