"""The contract of a vendor as pytest tests, for the built-in vendors and for those of other distributions.

A vendor's tests give one object of :class:`Traits` and take the tests over::

    # tests/conftest.py
    from airflow_provider_rooms.testing.home import temporary_airflow

    temporary_airflow()

    # tests/test_contract.py
    from airflow_provider_rooms.testing.contract import *
    from acme_traits import ACME

    TRAITS = (ACME,)

They run against the vendor's part of the sandbox. Needs the extra ``testing``.
"""

from __future__ import annotations

from airflow_provider_rooms.testing.traits import Call, Cost, Traits

__all__ = ["Call", "Cost", "Traits"]
