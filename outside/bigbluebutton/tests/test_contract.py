"""The contract tests of airflow-provider-rooms, over BigBlueButton."""

from __future__ import annotations

from airflow_provider_rooms.testing.contract import *
from bigbluebutton_traits import BIGBLUEBUTTON

TRAITS = (BIGBLUEBUTTON,)
