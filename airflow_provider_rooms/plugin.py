"""Airflow plugin: has Airflow mask the secret keys of our connections whose names it does not know.

Airflow's pages, REST API and logs hide a key of a connection's extra by its name alone, from a list of its own (``password``,
``secret``, ``token`` …) that knows neither ``webhook_headers`` nor ``storage_credentials``. An administrator can extend that
list by ``[core] sensitive_var_conn_names``; this plugin does it for our keys, so that nobody has to know.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from airflow.providers.common.compat.sdk import AirflowPlugin

from airflow_provider_rooms.connections import COMMON_SETTINGS, CONNECTION_TYPES

log = logging.getLogger(__name__)

#: Every secret key of extra that we read.
SECRET_KEYS = tuple(
    dict.fromkeys(
        setting.name
        for settings in (COMMON_SETTINGS, *(kind.own for kind in CONNECTION_TYPES))
        for setting in settings
        if setting.secret
    )
)


class RoomsPlugin(AirflowPlugin):
    """Loaded by Airflow's web server, scheduler, workers and triggerer."""

    name = "rooms"

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Extend Airflow's list; where its insides are others than we know, say what to do instead."""
        try:
            mask_keys(SECRET_KEYS)
        except (ImportError, AttributeError, TypeError) as error:
            log.warning(
                "This Airflow may show the connection keys %s in clear (%s): add them to [core] sensitive_var_conn_names.",
                ", ".join(SECRET_KEYS),
                type(error).__name__,
            )


def mask_keys(names: tuple[str, ...]) -> None:
    """Have values under these keys masked in this process.

    :raises ImportError, AttributeError, TypeError: Airflow keeps its list elsewhere than 2.11 to 3.3 do.
    """
    try:
        # Airflow 3.1 and later: a list each for its own processes and for tasks.
        maskers = [import_module(f"airflow.{part}_shared.secrets_masker") for part in ("", "sdk.")]
    except ImportError:
        _mask_keys_before_31(names)
        return
    for module in maskers:
        known = module._secrets_masker().sensitive_variables_fields
        known.extend(name for name in names if name not in known)


def _mask_keys_before_31(names: tuple[str, ...]) -> None:
    try:
        masker = import_module("airflow.sdk.execution_time.secrets_masker")  # 3.0
    except ImportError:
        masker = import_module("airflow.utils.log.secrets_masker")  # 2.11
    masker.DEFAULT_SENSITIVE_FIELDS = frozenset({*masker.DEFAULT_SENSITIVE_FIELDS, *names})  # type: ignore[attr-defined]
    # Worked out once, from the list and the configuration.
    masker.get_sensitive_variables_fields.cache_clear()
