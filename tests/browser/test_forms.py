"""Adding a connection of each type in the browser: the form, the test button, and bad input."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow_page import AirflowPage
from vendor_traits import ANY, rows

from airflow_provider_rooms.connections import BY_TYPE, ConnectionType

KINDS = pytest.mark.parametrize("kind", BY_TYPE.values(), ids=BY_TYPE)

#: A vendor that has a use for secret headers.
HEADED = next(kind for kind in BY_TYPE.values() if "webhook_headers" in kind.uses)


def given(stack: Any, kind: ConnectionType) -> dict[str, Any]:
    """A good connection; with its port, which the test button of Airflow 3.3.1 and 3.3.2 needs."""
    connection = stack.vendors.connection(kind.conn_type)
    return {**connection, "port": str(urlsplit(connection["host"]).port)}


@KINDS
def test_a_connection_is_added_tested_corrected_and_tested_again(
    page: AirflowPage, stack: Any, kind: ConnectionType
) -> None:
    good = given(stack, kind)
    conn_id = f"{kind.conn_type}_default"
    page.new_connection(conn_id, kind.title)
    for label in ("Base URL", kind.login, kind.password):
        assert page.page.get_by_text(label, exact=True).is_visible(), label
    assert page.page.get_by_placeholder(kind.default_url, exact=True).is_visible()
    assert page.page.get_by_placeholder(kind.login_help, exact=True).is_visible()
    assert page.page.locator("input[name=schema]").count() == 0
    assert page.page.locator("input[name=password]").get_attribute("type") == "password"
    page.picture("standard")
    # White space around a pasted key, a slash at the end of the URL: taken as meant.
    page.fill(
        host=good["host"] + "/", port=good["port"], login=f" {good['login']} ", password="canary-wrong-" + "0" * 30
    )
    page.open_extra_fields()
    for setting in kind.fields:
        assert page.page.get_by_text(setting.label, exact=True).is_visible(), setting.label
    page.picture("own")
    page.fill_extra(name_prefix="ui-", **{name: str(value) for name, value in good.get("extra", {}).items()})
    sent = page.save()
    assert sent["extra"]["name_prefix"] == "ui-"

    works, told = page.test(conn_id)
    assert not works
    assert f"{kind.title} rejected the credentials (HTTP 401" in told
    assert "canary" not in told
    page.picture("refused")

    page.edit(conn_id)
    page.fill(password=good["password"])
    page.picture("edit")
    page.save()
    assert page.test(conn_id)[0]
    page.picture("works")


def test_a_secret_field_comes_back_masked_and_survives_an_edit(page: AirflowPage, stack: Any) -> None:
    good = given(stack, HEADED)
    page.new_connection("masked", HEADED.title)
    page.fill(host=good["host"], port=good["port"], login=good["login"], password=good["password"])
    page.open_extra_fields()
    headers = '{"X-Caller": "' + stack.planted + '-headers"}'
    page.fill_extra(webhook_headers=headers, storage_credentials='{"key": "' + stack.planted + '-storage"}')
    page.save()

    page.edit("masked")
    page.open_extra_fields()
    page.picture("masked")
    assert stack.planted not in page.page.content()
    page.fill_extra(name_prefix="m-")
    assert page.save()["extra"]["webhook_headers"] == "***"
    # Had the mask been stored, it would be no JSON.
    names = HEADED.sign_in("")
    assert page.test("masked") == (True, f"{HEADED.title} accepted the {names.login} and {names.password}.")


BAD = [
    *rows("connections", "IN_THE_FORM"),
    (ANY.conn_type, {"login": " "}, {}, f"has no {ANY.kind.login} (login)"),
    (ANY.conn_type, {}, {"name_prefix": "a b"}, "name_prefix in extra is not 1 to 40 letters, digits, '-' or '_'"),
    (ANY.conn_type, {}, {"roles": "teacher"}, "roles in extra is not a JSON object"),
    (
        ANY.conn_type,
        {"host": "ftp://api.example"},
        {},
        f"is not a valid base URL (host). Use a URL such as {ANY.kind.default_url}",
    ),
    (
        ANY.conn_type,
        {"host": "http://no-such-host.invalid"},
        {},
        "cannot be reached: its host name could not be resolved (DNS)",
    ),
]


@pytest.mark.parametrize(("conn_type", "fields", "extra", "told"), BAD, ids=range(len(BAD)))
def test_what_is_wrong_is_told_by_the_test_button(
    page: AirflowPage, stack: Any, conn_type: str, fields: dict[str, str], extra: dict[str, str], told: str
) -> None:
    kind = BY_TYPE[conn_type]
    good = given(stack, kind)
    conn_id = f"bad{BAD.index((conn_type, fields, extra, told))}"
    page.new_connection(conn_id, kind.title)
    page.fill(**{name: good[name] for name in ("host", "port", "login", "password")} | fields)
    if extra:
        page.open_extra_fields()
        page.fill_extra(**extra)
    page.save()
    works, said = page.test(conn_id)
    page.picture("told")
    assert not works
    assert told in said
    assert said.startswith(("The connection", fields.get("host", "The connection")))
