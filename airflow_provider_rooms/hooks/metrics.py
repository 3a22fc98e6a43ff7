"""What can be counted, through Airflow's own metrics: StatsD, Datadog or OpenTelemetry, as Airflow is configured."""

from __future__ import annotations

import datetime as dt
import functools
import logging
from typing import TYPE_CHECKING, Any, Final, Literal

from airflow_provider_rooms.vendors.flow import nothing_noted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_rooms.vendors.flow import Note

log = logging.getLogger(__name__)

#: Every metric: its kind, its tags beside ``vendor``, and what it counts. No tag names a class, a room or a person.
METRICS: Final[Mapping[str, tuple[Literal["counter", "timer"], tuple[str, ...], str]]] = {
    "rooms.ensured": (
        "counter",
        ("outcome",),
        "Results of creating a room: `created`, `found`, `updated`, `reopened`, `class_over`, `failed`",
    ),
    "rooms.requests": ("counter", ("status",), "Requests sent: `2xx`, `4xx`, `5xx`, or `none` without a response"),
    "rooms.throttled": ("counter", ("lane",), "429 responses, to `reads` or `writes`"),
    "rooms.pace_wait": ("timer", ("lane",), "Time that requests waited for the rate limit"),
    "rooms.polls": ("counter", ("purpose",), "Polls by sensors: `started`, `ended` or `recording`"),
    "rooms.waits": ("counter", ("purpose", "status"), "Waits that ended: `success`, `skip`, `error` or `timeout`"),
}
_SWITCHES: Final = ("statsd_on", "statsd_datadog_enabled", "otel_on")


def noting(vendor: str) -> Note:
    """What notes a vendor's events as metrics; where Airflow has metrics off, it does nothing."""
    stats = _stats()
    return functools.partial(_note, stats, vendor) if stats else nothing_noted


def _note(stats: Any, vendor: str, name: str, amount: float, tags: Mapping[str, str]) -> None:
    kind = METRICS[name][0]
    try:
        if kind == "timer":
            stats.timing(name, dt.timedelta(seconds=amount), tags={"vendor": vendor, **tags})
        else:
            stats.incr(name, int(amount), tags={"vendor": vendor, **tags})
    except Exception as error:  # noqa: BLE001 - a metric is never worth a room
        log.debug("Metric %s could not be sent: %s", name, type(error).__name__)


@functools.cache
def _stats() -> Any:
    """Airflow's metrics, or None where they are off."""
    from airflow.providers.common.compat.sdk import conf

    if not any(conf.getboolean("metrics", name, fallback=False) for name in _SWITCHES):
        return None
    from airflow.providers.common.compat.sdk import Stats

    _make_ready()
    return Stats


def _make_ready() -> None:
    """Airflow 3.2 and newer initialize the metrics of tasks, and not those of code that a triggerer runs."""
    try:
        from airflow.sdk._shared.observability.metrics import stats
        from airflow.sdk.configuration import conf
        from airflow.sdk.observability.metrics.stats_utils import get_stats_factory
    except ImportError:
        return
    if not hasattr(stats, "initialize"):  # 3.2, where a class has what a module has from 3.3 on
        of_3_2: Any = stats.Stats
        factory_for: Any = get_stats_factory
        if of_3_2.factory is None:
            of_3_2.initialize(factory=factory_for(of_3_2))
    elif getattr(stats, "_factory", stats) is None:
        stats.initialize(
            factory=get_stats_factory(),
            export_legacy_names=conf.getboolean("metrics", "legacy_names_on", fallback=True),
        )
