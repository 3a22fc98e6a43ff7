"""Errors that 100ms answers with, for the tests of all vendors."""

from __future__ import annotations

from play import answer

from airflow_provider_rooms.errors import (
    AccessDeniedError,
    AuthenticationError,
    NotFoundError,
    RateLimitError,
    RequestRefusedError,
    VendorDownError,
)

#: An answer, the error that it becomes, and words of its text.
REFUSALS = [
    (answer(400, {"code": 400, "message": "Error: template not found"}), RequestRefusedError, "template_id"),
    (
        answer(404, {"code": 404, "message": "x", "details": ["template not found"]}),
        RequestRefusedError,
        "x; template not found",
    ),
    (answer(401, {"code": 401, "message": "Token validation error"}), AuthenticationError, "app secret"),
    (answer(403, {"message": "no"}), AccessDeniedError, "no"),
    (answer(404, {"message": "room not found", "details": None}), NotFoundError, "room not found"),
    (answer(500, {"message": "hipaa enabled: recording config"}), RequestRefusedError, "bucket"),
    (answer(500, {"message": "internal"}), VendorDownError, "internal"),
    (answer(400, {"message": "rate limit exceeded"}), RateLimitError, "reads_per_second"),
]
#: Headers that hold the vendor's id of a request.
REQUEST_IDS = ["request-id", "x-amzn-requestid"]
