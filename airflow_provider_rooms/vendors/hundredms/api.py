"""100ms: its name, its tokens, its errors. https://www.100ms.live/docs/server-side/v2/how-to-guides/make-api-calls"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.base import Vendor
from airflow_provider_rooms.vendors.exchange import Fault, a_list
from airflow_provider_rooms.vendors.hundredms.options import HundredMsOptions
from airflow_provider_rooms.vendors.tokens import TokenSource

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.flow import Flow
    from airflow_provider_rooms.vendors.options import Options

#: Items asked for at once, the most that 100ms gives.
PAGE_SIZE = 100


class HundredMsApi(Vendor):
    """Base of 100ms' parts."""

    name: ClassVar[str] = "hundredms"
    title: ClassVar[str] = "100ms"
    console: ClassVar[str] = "https://dashboard.100ms.live/rooms"
    key_field: ClassVar[str] = "name"
    id_field: ClassVar[str] = "id"
    reopens_in_place: ClassVar[bool] = True
    vendor_chooses: ClassVar[Mapping[str, str]] = {"region": "auto"}
    options: ClassVar[type[Options]] = HundredMsOptions
    can_update: ClassVar[bool] = True
    unsupported: ClassVar[Mapping[str, str]] = {
        "record": "Switch recording on in the template, use StartRecordingOperator, or options.recording_info (legacy).",
        "transcribe": "Switch transcription on in the template.",
    }
    limits: ClassVar[Mapping[str, tuple[int, int]]] = {
        "max_participants": (1, 20000),
        "max_duration": (120, 43200),
    }
    secret_fields: ClassVar[tuple[str, ...]] = (
        "webhook.headers",
        "recording_info.upload_info.credentials",
        "recording.upload_info.credentials",
    )
    # Texts of https://www.100ms.live/docs/server-side/v2/how-to-guides/make-api-calls; they move between message and details.
    faults: ClassVar[Mapping[str | int, Fault]] = {
        "template not found": Fault(
            errors.RequestRefusedError, "Check template_id, in options and in the connection, against the dashboard."
        ),
        "token validation error": Fault(
            errors.AuthenticationError,
            "Check app access key and app secret of the connection, and this machine's clock.",
        ),
        # A mistake of ours that is answered by 500.
        "hipaa enabled": Fault(errors.RequestRefusedError, "Recording needs a bucket in a HIPAA workspace."),
        "rate limit exceeded": Fault(
            errors.RateLimitError, "Run fewer tasks of this account at once, or lower its reads_per_second."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tokens = TokenSource(self.config.secret, self._claims, self.runtime)

    def _claims(self, now: int) -> Mapping[str, Any]:
        """https://www.100ms.live/docs/get-started/v2/get-started/security-and-tokens"""
        return {
            "access_key": self.config.key,
            "type": "management",
            "version": 2,
            "jti": str(uuid.uuid4()),
            "nbf": now,
        }

    def authorization(self) -> str:
        """A management token."""
        return f"Bearer {self._tokens.token()}"

    def forget_token(self, skew: float = 0.0) -> bool:
        """A token can be minted again at any time."""
        self._tokens.forget(skew)
        return True

    def error_parts(self, body: Any) -> tuple[str | int | None, str]:
        """``{code, message, details}``; the code only repeats the HTTP status."""
        _, message = super().error_parts(body)
        details = body.get("details") if isinstance(body, Mapping) else None
        if isinstance(details, list):
            message = "; ".join([message, *(str(item) for item in details)])
        return None, message

    def page(
        self, path: str, filters: Mapping[str, Any], cursor: str | None
    ) -> Flow[tuple[list[Mapping[str, Any]], str | None]]:
        """A page of a list and the cursor of the next one.

        ``last`` is filled on the final page too: a short page ends the list, and so does a cursor that stands still.
        """
        query = {"limit": PAGE_SIZE, **filters, "start": cursor}
        items, body = yield from self.fetch(path, a_list("data"), query)
        limit, last = (body.get("limit"), body.get("last")) if isinstance(body, Mapping) else (None, None)
        full = bool(items) and isinstance(limit, int) and len(items) >= limit
        return items, last if full and isinstance(last, str) and last and last != cursor else None
