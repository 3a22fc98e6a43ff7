"""Secrets in a connection's extra stay out of what Airflow shows, whatever their keys are called."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from importlib import metadata

import airflow
import pytest

from airflow_provider_rooms import plugin
from airflow_provider_rooms.secrets import maskers

EXTRA = {
    "webhook_headers": {"X-Caller": "canary-1"},
    "storage_credentials": json.dumps({"key": "canary-2", "secret": "canary-3"}),
    "auth_token": "canary-4",
    "subdomain": "school",
}

# What Airflow's REST API makes of an extra, before and after its plugins are loaded, in a process of its own.
PROBE = """
import json, sys
import airflow
extra = sys.argv[1]
def shown():
    if airflow.__version__.startswith("2."):
        from airflow.api_connexion.schemas.connection_schema import connection_schema
        from airflow.models.connection import Connection
        return connection_schema.dump(Connection(conn_id="x", conn_type="http", extra=extra))["extra"]
    from airflow.api_fastapi.core_api.datamodels.connections import ConnectionResponse
    return ConnectionResponse.redact_extra(extra)
from airflow import plugins_manager
before = shown()
load = getattr(plugins_manager, "ensure_plugins_loaded", None) or plugins_manager._get_plugins
load()
print(json.dumps([json.loads(before), json.loads(shown())]))
"""


def test_airflow_masks_our_secret_keys_once_it_has_loaded_the_plugin() -> None:
    out = subprocess.check_output([sys.executable, "-c", PROBE, json.dumps(EXTRA)], text=True)
    before, after = json.loads(out.splitlines()[-1])
    # Should Airflow learn these names, the plugin has done its work.
    assert "canary-1" in str(before)
    assert "canary-2" in str(before)
    assert after == {
        "webhook_headers": {"X-Caller": "***"},
        "storage_credentials": "***",
        "auth_token": "***",
        "subdomain": "school",
    }


def test_airflow_finds_the_plugin() -> None:
    (declared,) = metadata.entry_points(group="airflow.plugins", name="rooms")
    assert declared.load() is plugin.RoomsPlugin
    expected = {"webhook_headers", "webhook_secret", "storage_credentials", "auth_token", "people_secret"}
    assert set(plugin.SECRET_KEYS) == expected


def test_an_airflow_that_keeps_its_list_elsewhere_is_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def elsewhere(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(maskers, "import_module", elsewhere)
    with caplog.at_level(logging.WARNING):
        plugin.RoomsPlugin.on_load()
    assert "may show the connection keys webhook_headers, webhook_secret, storage_credentials" in caplog.text
    assert "[core] sensitive_var_conn_names" in caplog.text
    maskers.mask_deeper()  # does without


@pytest.mark.skipif(airflow.__version__.startswith("2."), reason="Airflow 2 has no API server")
def test_the_receiver_is_mounted_and_imported_only_when_it_is_on() -> None:
    """In a process of its own: others here have imported it."""
    asked = """
import json, os, sys
from airflow_provider_rooms.plugin import RoomsPlugin
for on in ("False", "True"):
    os.environ["AIRFLOW__ROOMS__WEBHOOKS"] = on
    mounted = [app["url_prefix"] for app in RoomsPlugin().fastapi_apps]
    imported = [name for name in ("receiver", "publishing") if f"airflow_provider_rooms.events.{name}" in sys.modules]
    print(json.dumps([mounted.count("/rooms/webhooks"), len(imported)]))
"""
    environment = {name: value for name, value in os.environ.items() if name != "AIRFLOW__ROOMS__WEBHOOKS"}
    ran = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert [json.loads(line) for line in ran.stdout.splitlines()[-2:]] == [[0, 0], [1, 2]]
