"""What a DAG asks for, read and checked; and what it would come upon."""

from __future__ import annotations

from airflow_provider_rooms.planning.lookups import plan_rooms, summary

__all__ = ["plan_rooms", "summary"]
