"""Options of 100ms that hold secrets, for the test that looks for them."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, Any] = {
    "webhook": {"url": "https://hooks.example/x", "headers": {"X-Secret": "{{ var.value.school }}"}},
    "recording_info": {
        "enabled": True,
        "upload_info": {
            "type": "s3",
            "location": "bucket",
            "credentials": {"key": "{{ var.value.bucket }}", "secret": "{{ var.value.bucket2 }}"},
        },
    },
}
