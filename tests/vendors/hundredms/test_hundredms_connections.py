"""Connections to 100ms as people write them."""

from __future__ import annotations

from typing import Any

from airflow_provider_rooms.hooks import HundredMsHook


def test_pasted_white_space_numbers_as_text_and_empty_settings_are_taken_as_meant(connect: Any) -> None:
    connect(
        {
            "conn_type": "hundredms",
            "login": " key\n",
            "password": "\tsecret ",
            "extra": {
                "timeout": "7.5",
                "template_id": 123456,
                "subdomain": "",
                "writes_per_second": None,
                "roles": '{"host": "teacher"}',
                "extra__hundredms__name_prefix": "stg-",
            },
        }
    )
    config = HundredMsHook("rooms").vendor.config
    assert (config.key, config.secret, config.timeout) == ("key", "secret", 7.5)
    assert config.settings == {"template_id": "123456"}
    assert config.roles == {"host": "teacher"}
    assert config.name_prefix == "stg-"
