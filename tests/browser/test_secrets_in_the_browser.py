"""No secret in anything that Airflow's REST API answers: connections, XComs, tasks, rendered fields, logs, the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_rooms.connections import BY_TYPE, CONNECTION_TYPES
from ui import with_port

#: What a signed token begins with: none of ours may stand anywhere, whatever it is for.
TOKEN = "eyJ"

#: The vendor that the DAG "planted" hands secrets to.
KEEPS = next(kind for kind in CONNECTION_TYPES if "storage_credentials" in kind.uses)


@pytest.fixture(scope="module")
def answers(stack: Any) -> dict[str, str]:
    """Every answer about connections and about the run of the DAG that meets secrets, by its path."""
    api, planted = stack.api, stack.planted
    for row in list(api.call("GET", "/api/v2/connections?limit=200")["connections"]):
        api.call("DELETE", f"/api/v2/connections/{row['connection_id']}")
    for conn_type in BY_TYPE:
        connection = with_port(stack.vendors.connection(conn_type))
        connection["extra"] = {
            **connection.get("extra", {}),
            "webhook_headers": {"X-Caller": f"{planted}-header"},
            "storage_credentials": {"key": f"{planted}-storage-key", "sessionToken": f"{planted}-storage-session"},
            "auth_token": f"{planted}-auth-token",
        }
        api.put_connection(f"{conn_type}_default", connection)
    api.put_connection(
        "planted_wrong", {**stack.vendors.connection(KEEPS.conn_type), "password": f"{planted}-password"}
    )
    # As text too, the way the form keeps JSON.
    text = {"webhook_headers": json.dumps({"X-Caller": f"{planted}-header-as-text"})}
    api.put_connection("planted_text", {**stack.vendors.connection(KEEPS.conn_type), "extra": text})
    for conn_id in (KEEPS.default_conn_id, "planted_wrong", "planted_text"):
        row = api.call("GET", f"/api/v2/connections/{conn_id}")
        api.call("PATCH", f"/api/v2/connections/{conn_id}?update_mask=description", {**row, "description": "seen"})

    run_id = api.trigger("planted", {"room": "nowhere"})
    api.wait_for_run_but_for("planted", run_id, {"ahead"}, 400)
    return dict(crawl(api, "planted", run_id))


def crawl(api: Any, dag_id: str, run_id: str) -> Iterator[tuple[str, str]]:
    """Path and text of every answer that may hold something of ours."""
    run = api.run_path(dag_id, run_id)
    paths = [
        "/api/v2/connections?limit=200",
        # Pages of a hundred, whatever is asked for.
        *(f"/api/v2/eventLogs?limit=100&offset={offset}" for offset in range(0, 1000, 100)),
        "/api/v2/assets/events?limit=200",
        "/api/v2/importErrors",
        "/api/v2/plugins",
        "/api/v2/providers?limit=200",
        "/ui/connections/hook_meta",
        run,
        f"{run}/taskInstances?limit=200",
    ]
    paths += [f"/api/v2/connections/{row['connection_id']}" for row in api.call("GET", paths[0])["connections"]]
    for task in api.call("GET", f"{run}/taskInstances?limit=200")["task_instances"]:
        one = f"{run}/taskInstances/{task['task_id']}"
        paths += [one, f"{one}/tries", f"{one}/links", f"{one}/xcomEntries"]
        paths += [f"{one}/logs/{number}?full_content=true" for number in range(1, max(1, task["try_number"]) + 1)]
        for xcom in api.call("GET", f"{one}/xcomEntries")["xcom_entries"]:
            paths.append(f"{one}/xcomEntries/{xcom['key']}")
    for path in paths:
        answer = api.call("GET", path)
        if isinstance(answer, dict):
            answer.pop("continuation_token", None)  # Airflow's own: where its log goes on
        yield path, json.dumps(answer, ensure_ascii=False)


def test_enough_was_asked(answers: dict[str, str]) -> None:
    text = "\n".join(answers.values())
    # All of this has to do with secrets, and is shown.
    for shown in (
        "recording_info",
        "upload_info",
        "hooks.example",
        "refuses" if "refuses" in text else "Token validation",
    ):
        assert shown in text, shown
    for task in ("create", "drift", "refused", "batch"):
        assert any(f"/taskInstances/{task}/logs/1" in path and len(answer) > 200 for path, answer in answers.items()), (
            task
        )
    states = json.loads(next(answer for path, answer in answers.items() if path.endswith("/taskInstances?limit=200")))
    found = {task["task_id"]: task["state"] for task in states["task_instances"]}
    assert {task: found[task] for task in ("create", "drift", "refused", "batch")} == {
        "create": "success",
        "drift": "failed",
        "refused": "failed",
        "batch": "success",
    }
    assert any("planted_text" in answer for path, answer in answers.items() if "eventLogs" in path)


def test_no_secret_is_in_any_answer(answers: dict[str, str], stack: Any) -> None:
    secrets = [stack.planted, stack.vendors.connection(CONNECTION_TYPES[0].conn_type)["password"], TOKEN]
    told = [
        (path, secret, answer[max(0, answer.find(secret) - 120) :][:240])
        for path, answer in answers.items()
        for secret in secrets
        if secret in answer
    ]
    assert told == []


def test_options_are_shown_as_json_with_their_secrets_masked(answers: dict[str, str]) -> None:
    task = json.loads(next(answer for path, answer in answers.items() if path.endswith("/taskInstances/create")))
    options = task["rendered_fields"]["options"]
    options = json.loads(options) if isinstance(options, str) else options
    assert options["recording_info"]["upload_info"]["location"] == "recordings"
    assert options["recording_info"]["upload_info"]["credentials"] == {"key": "***", "secret": "***"}
