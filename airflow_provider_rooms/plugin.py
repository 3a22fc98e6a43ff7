"""Airflow plugin: the Rooms page, the receiver of webhooks, and masks for secret keys whose names Airflow does not know.

Airflow's pages, REST API and logs hide a key of a connection's extra by its name alone, from a list of its own (``password``,
``secret``, ``token`` …) that knows neither ``webhook_headers`` nor ``storage_credentials``. An administrator can extend that
list by ``[core] sensitive_var_conn_names``; this plugin does it for our keys, so that nobody has to know.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import AirflowPlugin, conf

from airflow_provider_rooms.connections import COMMON_SETTINGS, CONNECTION_TYPES
from airflow_provider_rooms.secrets.maskers import masker_modules

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

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The Rooms page, and the receiver where it is on. Only the API server of Airflow 3 asks; the page needs 3.1."""
        from airflow_provider_rooms.events.queued import tell_queued_runs

        tell_queued_runs()
        apps: list[dict[str, Any]] = []
        if conf.getboolean("rooms", "webhooks", fallback=False):
            from airflow_provider_rooms.events.publishing import Publisher
            from airflow_provider_rooms.events.receiver import Receiver

            # before the page: the first prefix that fits is taken
            apps.append({"app": Receiver(Publisher()), "url_prefix": "/rooms/webhooks", "name": "Rooms: webhooks"})
        if _has_pages():
            apps.append({"app": _page(), "url_prefix": "/rooms", "name": "Rooms: page"})
        return apps

    @property
    def external_views(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The Rooms page's place in Airflow's navigation."""
        if not _has_pages():
            return []
        below = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
        return [{"name": "Rooms", "href": f"{below}/rooms/", "destination": "nav", "url_route": "rooms"}]

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Extend Airflow's list; where its insides are others than we know, say what to do instead."""
        try:
            mask_keys(SECRET_KEYS)
        except (ImportError, AttributeError, TypeError) as error:
            log.warning(
                "This Airflow may show the connection keys %s unmasked (%s). Add them to [core] "
                "sensitive_var_conn_names.",
                ", ".join(SECRET_KEYS),
                type(error).__name__,
            )


@cache
def _page() -> Any:
    """The page's application: one, however often Airflow asks what its plugins bring along."""
    from airflow_provider_rooms.page.app import make_app

    return make_app()


def _has_pages() -> bool:
    """Whether this Airflow shows pages of plugins, which came with 3.1."""
    from airflow import __version__

    return tuple(map(int, __version__.split(".")[:2])) >= (3, 1)


def mask_keys(names: tuple[str, ...]) -> None:
    """Have values under these keys masked in this process.

    :raises ImportError, AttributeError, TypeError: Airflow keeps its list elsewhere than 2.11 to 3.3 do.
    """
    for module in masker_modules():
        if hasattr(module, "get_sensitive_variables_fields"):  # before Airflow 3.1
            module.DEFAULT_SENSITIVE_FIELDS = frozenset({*module.DEFAULT_SENSITIVE_FIELDS, *names})
            # Worked out once, from the list and the configuration.
            module.get_sensitive_variables_fields.cache_clear()
        else:
            known = module._secrets_masker().sensitive_variables_fields
            known.extend(name for name in names if name not in known)
