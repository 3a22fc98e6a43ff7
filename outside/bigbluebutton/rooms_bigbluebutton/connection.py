"""The connection type, as data: nothing heavy is imported here, since Airflow reads it in every process."""

from __future__ import annotations

from typing import Any

from airflow_provider_rooms.connections import ConnectionType, Setting
from airflow_provider_rooms.get_provider_info import provider_of

from rooms_bigbluebutton import __version__

CONNECTION_TYPE = ConnectionType(
    conn_type="bigbluebutton",
    title="BigBlueButton",
    vendor="rooms_bigbluebutton.vendor.BigBlueButton",
    sandbox="rooms_bigbluebutton.sandbox.BigBlueButton",
    docs_url="https://docs.bigbluebutton.org",
    example_url="https://bbb.example.org/bigbluebutton",
    api_version="api",
    password="Shared secret",
    password_help="what bbb-conf --secret prints on the server",
    again="Copy it again from what bbb-conf --secret prints on the server.",
    own=(
        Setting(
            name="checksum",
            label="Checksum",
            help="The hash function that signs requests; a server may be set up to accept only some of them.",
            choices=("sha256", "sha1", "sha384", "sha512"),
        ),
    ),
)


def get_provider_info() -> dict[str, Any]:
    """What Airflow is told: the connection's form."""
    return provider_of(CONNECTION_TYPE, distribution="airflow-provider-rooms-bigbluebutton", version=__version__)
