"""Recordings and tables in S3: a moto server in its place, in real Airflow."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from pushed import Pushed
from recording_stage import FILES, hook, recorded, store
from vendor_traits import ANY, TYPES

from airflow_provider_rooms import errors
from airflow_provider_rooms.operators.rooms import (
    RecordingToStorageOperator,
    SessionsToStorageOperator,
)
from airflow_provider_rooms.sandbox.files import MEDIA_BYTES
from airflow_provider_rooms.testing.dag_lab import run_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_rooms.sandbox.client import RoomsSandbox

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")


def cut_short(sandbox: RoomsSandbox, body: str) -> None:
    """The storage hands out less than the vendor said there was."""
    sandbox.fault(ANY.conn_type, "body", path="/files/*", body=body)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A moto server. One for all tests: Airflow keeps what it knows of a storage for as long as the process lives."""
    if "ROOMS_REQUIRE_S3" not in os.environ:
        pytest.importorskip("moto", reason="make test-storage runs this: it brings what stands in for S3")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket "films", with the Airflow connection "films_aws" to it."""
    import boto3
    import requests

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "not-used")
    connection = {
        "conn_type": "aws",
        "login": "AKIAIOSFODNN7EXAMPLE",
        "password": "storage-secret-of-this-test",
        "extra": {"endpoint_url": s3, "region_name": "us-east-1"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_FILMS_AWS", json.dumps(connection))
    assert requests.post(f"{s3}/moto-api/reset", timeout=10).status_code == 200
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    client.create_bucket(Bucket="films")
    return client


def test_into_s3_through_an_airflow_connection(bucket: Any, rooms_sandbox: RoomsSandbox, tmp_path: Path) -> None:
    for conn_type in TYPES:
        recorded(rooms_sandbox, conn_type)
    body = f"""
        for conn_type in {TYPES}:
            for task_id in ("store_", "again_"):
                RecordingToStorageOperator(
                    task_id=task_id + conn_type,
                    conn_id=conn_type + "_default",
                    room_id="algebra",
                    to="s3://films_aws@films/" + conn_type + "/{{name}}/{{id}}.{{ext}}",
                )
    """
    ran = run_tasks(tmp_path, "to_s3", body)
    assert set(ran.states.values()) == {"success"}
    found = {item["Key"]: item["Size"] for item in bucket.list_objects_v2(Bucket="films")["Contents"]}
    rows = [row for conn_type in TYPES for row in ran.value(f"store_{conn_type}")]
    assert found == {row["url"].removeprefix("s3://films_aws@films/"): MEDIA_BYTES for row in rows}
    assert len(found) == sum(FILES.values())
    for conn_type in TYPES:
        assert ran.value(f"again_{conn_type}") == ran.value(f"store_{conn_type}")
    assert "storage-secret" not in json.dumps(list(ran.xcoms.values()))
    fetched = [row["path"] for row in rooms_sandbox.requests() if row["path"].startswith("/files/")]
    assert len(fetched) == len(found)


def test_half_a_film_is_not_left_in_s3(bucket: Any, rooms_sandbox: RoomsSandbox) -> None:
    room = recorded(rooms_sandbox, ANY.conn_type)
    bucket.put_object(Bucket="films", Key="film.mp4", Body=b"half")
    cut_short(rooms_sandbox, "a few bytes")
    row = next(hook(ANY.conn_type).recordings(room))
    operator = RecordingToStorageOperator(
        task_id="store", conn_id="rooms", room_id=room, to="s3://films_aws@films/film.mp4"
    )
    opened = operator.hook.open_recording(row)
    opened.size = MEDIA_BYTES
    operator.hook.open_recording = lambda recording: opened  # type: ignore[method-assign]
    with pytest.raises(errors.TransportError, match=f"of {MEDIA_BYTES} bytes"):
        operator.execute({"ti": Pushed()})  # type: ignore[typeddict-item]
    assert bucket.get_object(Bucket="films", Key="film.mp4")["Body"].read() == b"half"  # what it was before
    store(room, "s3://films_aws@films/film.mp4")
    assert bucket.head_object(Bucket="films", Key="film.mp4")["ContentLength"] == MEDIA_BYTES


def test_a_bucket_of_s3_that_is_not_there_is_said(bucket: Any, rooms_sandbox: RoomsSandbox) -> None:
    room = recorded(rooms_sandbox, ANY.conn_type)
    with pytest.raises(errors.NotFoundError, match="Create the bucket"):
        store(room, "s3://films_aws@nowhere/film.mp4")


def test_a_table_comes_into_s3_whole_or_not_at_all(bucket: Any, rooms_sandbox: RoomsSandbox) -> None:
    recorded(rooms_sandbox, ANY.conn_type)
    given = {"conn_id": "rooms", "since": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    table = SessionsToStorageOperator(task_id="write", to="s3://films_aws@films/sessions/x.csv", **given)
    assert table.execute({})["rows"] == 1  # type: ignore[typeddict-item]
    stored = bucket.get_object(Bucket="films", Key="sessions/x.csv")["Body"].read()
    assert stored.startswith(b"vendor,conn_id,room_name")
    rooms_sandbox.fault(ANY.conn_type, "status", status=400, times=2)
    with pytest.raises(errors.RequestRefusedError):
        table.execute({})  # type: ignore[typeddict-item]
    assert bucket.get_object(Bucket="films", Key="sessions/x.csv")["Body"].read() == stored
    nowhere = SessionsToStorageOperator(task_id="write", to="s3://films_aws@nowhere/x.csv", **given)
    with pytest.raises(errors.NotFoundError, match="Create the bucket"):
        nowhere.execute({})  # type: ignore[typeddict-item]
