"""The table of all waits at the end of the run."""

from __future__ import annotations

from airflow_provider_rooms.testing.waiting import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]
