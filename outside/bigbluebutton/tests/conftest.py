"""An Airflow home of its own, set before anything imports Airflow."""

from __future__ import annotations

from airflow_provider_rooms.testing.home import temporary_airflow

temporary_airflow()
