"""``python -m airflow_provider_rooms``"""

from __future__ import annotations

import sys

from airflow_provider_rooms.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
