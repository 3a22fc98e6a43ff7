"""The sandbox: all vendors on one local port, for trying DAGs and for tests.

Written from the vendors' pages, not from our client: nothing of ``airflow_provider_rooms`` outside this folder
is imported here, so the sandbox cannot share a mistake with the code it checks. Where a vendor's behaviour is
not known, a comment says so and the stricter reading is taken.

Start it with ``python -m airflow_provider_rooms.sandbox``, or use the pytest fixture ``rooms_sandbox``.
"""

from __future__ import annotations
