"""100ms: its name, its tokens, its errors. https://www.100ms.live/docs/server-side/v2/how-to-guides/make-api-calls"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.api import Api
from airflow_provider_rooms.vendors.exchange import Fault
from airflow_provider_rooms.vendors.hundredms.options import HundredMsOptions
from airflow_provider_rooms.vendors.rest import Cursor, LastItem, Rest
from airflow_provider_rooms.vendors.sign_in import TokenSignIn

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.options import Options


class HundredMsApi(TokenSignIn, Rest, Api):
    """Base of 100ms' parts."""

    name: ClassVar[str] = "hundredms"
    title: ClassVar[str] = "100ms"
    options: ClassVar[type[Options]] = HundredMsOptions
    # As many items at once as 100ms gives.
    cursor: ClassVar[Cursor | None] = LastItem(size=("limit", 100), start="start", last="last")
    secret_fields: ClassVar[tuple[str, ...]] = (
        "webhook.headers",
        "recording_info.upload_info.credentials",
        "recording.upload_info.credentials",
    )
    # Texts of https://www.100ms.live/docs/server-side/v2/how-to-guides/make-api-calls; they move between message and details.
    faults: ClassVar[Mapping[str | int, Fault]] = {
        "template not found": Fault(
            errors.RequestRefusedError,
            "Check template_id in options and in the connection; the dashboard lists your templates.",
        ),
        "token validation error": Fault(
            errors.AuthenticationError,
            "Check the connection's app access key and app secret, and this machine's clock.",
        ),
        # A mistake of ours that is answered by 500.
        "hipaa enabled": Fault(
            errors.RequestRefusedError, "In a HIPAA workspace, recordings need a storage bucket of your own."
        ),
        "rate limit exceeded": Fault(
            errors.RateLimitError, "Run fewer tasks for this account at once, or lower its reads_per_second."
        ),
    }

    def claims(self, now: int) -> Mapping[str, Any]:
        """A management token: https://www.100ms.live/docs/get-started/v2/get-started/security-and-tokens"""
        return {
            "access_key": self.config.key,
            "type": "management",
            "version": 2,
            "jti": str(uuid.uuid4()),
            "nbf": now,
        }

    def error_parts(self, body: Any) -> tuple[str | int | None, str]:
        """``{code, message, details}``; the code only repeats the HTTP status."""
        _, message = super().error_parts(body)
        details = body.get("details") if isinstance(body, Mapping) else None
        if isinstance(details, list):
            message = "; ".join([message, *(str(item) for item in details)])
        return None, message
