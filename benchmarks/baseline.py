"""One lost answer, three retries: how many rooms ours makes, and how many Airflow's HttpOperator makes.

The vendor makes the room, and the connection is cut before its answer arrives (the sandbox's fault ``drop_after``): once, or
three times in a row. Each task has three retries. HttpOperator is written in both ways that people write it: without a name,
and with the name in the request. The room is of use only if its id reaches XCom.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rooms-bench-"))
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "CRITICAL"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

from airflow_provider_rooms.testing import airflow_versions
from stack import sandbox

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

RETRIES = 3
LOST = (1, RETRIES)
#: Where each vendor takes the room's name in a create, and gives its id.
NAMED = {"videosdk": ("customRoomId", "roomId"), "hundredms": ("name", "id"), "twilio_video": ("UniqueName", "sid")}
PATHS = {"videosdk": "/videosdk/v2/rooms", "hundredms": "/hundredms/v2/rooms", "twilio_video": "/twilio/v1/Rooms"}


def token(vendor: str) -> str:
    """What a DAG author signs by hand, after the vendor's page."""
    import jwt

    from airflow_provider_rooms.sandbox import credentials

    now = int(time.time())
    claims: dict[str, Any] = {"iat": now, "nbf": now, "exp": now + 3600}
    if vendor == "videosdk":
        claims |= {"apikey": credentials.KEY, "permissions": ["allow_join"], "version": 2, "roles": ["crawler"]}
    else:
        claims |= {"access_key": credentials.KEY, "type": "management", "version": 2, "jti": str(uuid.uuid4())}
    return jwt.encode(claims, credentials.SECRET, "HS256")


def by_hand(vendor: str, name: str | None) -> Any:
    """HttpOperator as people write it for this vendor."""
    from airflow.providers.http.operators.http import HttpOperator

    field, room_id = NAMED[vendor]
    body = {} if name is None else {field: name}
    if vendor == "twilio_video":  # a form, and the key in the connection
        request: dict[str, Any] = {"data": body, "headers": {}}
    else:
        scheme = "Bearer " if vendor == "hundredms" else ""
        headers = {"Content-Type": "application/json", "Authorization": scheme + token(vendor)}
        request = {"data": json.dumps(body), "headers": headers}
    return HttpOperator(
        task_id="create",
        http_conn_id=f"{vendor}_http",
        endpoint=PATHS[vendor],
        response_filter=lambda response: response.json()[room_id],
        retries=RETRIES,
        retry_delay=0,
        **request,
    )


def ours(vendor: str, name: str) -> Any:
    """CreateRoomOperator."""
    from airflow_provider_rooms.operators.rooms import CreateRoomOperator

    return CreateRoomOperator(task_id="create", conn_id=f"{vendor}_default", name=name, retries=RETRIES, retry_delay=0)


WRITERS = {
    "HttpOperator, no name": lambda vendor: by_hand(vendor, None),
    "HttpOperator, named": lambda vendor: by_hand(vendor, "algebra-1"),
    "CreateRoomOperator": lambda vendor: ours(vendor, "algebra-1"),
}


def connections(box: RoomsSandbox) -> dict[str, str]:
    """Ours, and one of Airflow's http type for each vendor."""
    from urllib.parse import urlsplit

    from airflow_provider_rooms.sandbox import credentials

    parts = urlsplit(box.url)
    http = {"conn_type": "http", "host": parts.hostname, "port": parts.port, "schema": "http"}
    twilio = {"login": credentials.TWILIO_API_KEY, "password": credentials.TWILIO_SECRET}
    plain = {
        f"AIRFLOW_CONN_{vendor.upper()}_HTTP": json.dumps(http | (twilio if vendor == "twilio_video" else {}))
        for vendor in NAMED
    }
    return plain | box.env()


def run(box: RoomsSandbox, vendor: str, who: str, lost: int) -> tuple[int, int, str, bool]:
    """Rooms at the vendor, tries, the task's state, and whether XCom holds the id of one of the rooms."""
    from airflow.sdk import DAG

    box.reset()
    box.fault(vendor, "drop_after", method="POST", path=PATHS[vendor].removeprefix(f"/{box_name(vendor)}"), times=lost)
    with DAG(f"{vendor}-{who}-{lost}".replace(" ", "_").replace(",", ""), schedule=None) as dag:
        WRITERS[who](vendor)
    airflow_versions.store(airflow_versions.bag_of(dag))
    ended = airflow_versions.run(dag)
    (ti,) = ended.get_task_instances()
    found = {value for *_, key, value in airflow_versions.xcoms(dag.dag_id, ended.run_id) if key == "return_value"}
    rooms = {room[NAMED[vendor][1]] for room in box.rooms(vendor)}
    return len(rooms), ti.try_number, str(ti.state), bool(found & rooms)


def box_name(vendor: str) -> str:
    """The vendor's part of a sandbox address."""
    return PATHS[vendor].split("/")[1]


def main() -> int:
    """Print the table; the exit code says whether ours made one room each time."""
    from airflow.utils.db import initdb

    initdb()
    good = True
    with sandbox(Path(os.environ["AIRFLOW_HOME"]) / "sandbox.log") as box:
        os.environ.update(connections(box))
        print(f"the answer to a create is lost; each task has {RETRIES} retries\n")
        print(f"{'vendor':<14}{'':<24}{'answers lost':>13}{'rooms':>7}{'tries':>7}  {'task':<9}room id in XCom")
        for vendor in NAMED:
            for who in WRITERS:
                for lost in LOST:
                    rooms, tries, state, kept = run(box, vendor, who, lost)
                    print(
                        f"{vendor:<14}{who:<24}{lost:>13}{rooms:>7}{tries:>7}  {state:<9}{'yes' if kept else 'no'}",
                        flush=True,
                    )
                    if who == "CreateRoomOperator":
                        good = good and rooms == 1 and kept
    if not good:
        print("CreateRoomOperator did not make exactly one room each time", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
