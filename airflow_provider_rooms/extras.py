"""What some features need and a plain installation lacks: an error that names the extra, when a DAG file is parsed if it can."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, kw_only=True)
class Extra:
    """What a feature needs.

    :param feature: the feature, at the start of a sentence, in the plural.
    :param modules: what it imports.
    :param install: the arguments of ``pip install``.
    """

    feature: str
    modules: tuple[str, ...]
    install: str

    def require(self) -> None:
        """Make sure that it is installed. Imports nothing but the parents of the modules.

        :raises MissingExtraError: a module is not installed.
        """
        missing = next((name for name in self.modules if not _installed(name)), None)
        if missing is None:
            return
        from airflow_provider_rooms.errors import MissingExtraError

        raise MissingExtraError(
            f"{self.feature} need {missing}, which is not installed.", advice=f"pip install {self.install}"
        )


CALENDARS = Extra(
    feature="Timetables in iCalendar (.ics)",
    modules=("icalendar", "dateutil"),
    install="'airflow-provider-rooms[calendar]'",
)
INVITATIONS = Extra(
    feature="Invitations",
    modules=("icalendar", "airflow.providers.smtp"),
    install="apache-airflow-providers-smtp 'airflow-provider-rooms[calendar]'",
)
PARQUET = Extra(
    feature="Parquet files", modules=("pyarrow",), install="'airflow-provider-rooms[tables]', or use .csv or .jsonl"
)


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a parent of it
        return False
