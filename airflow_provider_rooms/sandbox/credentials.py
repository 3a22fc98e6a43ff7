"""The fixed credentials of the sandbox. They open nothing but a sandbox, so they may stand in the open."""

from __future__ import annotations

from typing import Final

SECRET: Final = "sandbox-secret-for-tests-only-32-bytes!"  # noqa: S105 - public on purpose

#: VideoSDK API key and 100ms app access key.
KEY: Final = "sandbox-key"

TWILIO_ACCOUNT: Final = "AC" + "0" * 32
TWILIO_API_KEY: Final = "SK" + "0" * 32
#: The secret of the API key and the account's auth token are the same here.
TWILIO_SECRET: Final = SECRET
