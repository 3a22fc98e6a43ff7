"""Errors that Twilio Video answers with, for the tests of all vendors."""

from __future__ import annotations

from play import answer

from airflow_provider_rooms.errors import (
    AccessDeniedError,
    AuthenticationError,
    NotFoundError,
    QuotaError,
    RateLimitError,
    RequestRefusedError,
    VendorDownError,
)

#: An answer, the error that it becomes, and words of its text.
REFUSALS = [
    (answer(400, {"code": 53113, "message": "Room exists", "status": 400}), RequestRefusedError, "53113"),
    (answer(401, {"code": 20003, "message": "Authenticate"}), AuthenticationError, "US1 key"),
    (answer(403, {"code": 20008, "message": "x"}), AccessDeniedError, "Test credentials"),
    (answer(404, {"code": 20404, "message": "x"}), NotFoundError, "20404"),
    (answer(429, {"code": 20429, "message": "x"}), RateLimitError, "20 writes per second"),
    (answer(400, {"code": 53119, "message": "x"}), QuotaError, "limit of concurrent rooms"),
    (answer(400, {"code": 53116, "message": "x"}), VendorDownError, "region"),
    (answer(400, {"code": 53103, "message": "x"}), RequestRefusedError, "is not enabled"),
    (answer(400, {"code": 53107, "message": "x"}), RequestRefusedError, "Correct the parameter"),
    (answer(400, {"type": "t", "title": "u", "detail": "d", "code": 53126}), RequestRefusedError, "group"),
    (answer(400, {"code": "53113", "message": "text"}), RequestRefusedError, "text"),
    (answer(500, {"code": 99999, "message": "new"}), VendorDownError, "99999"),
]
#: Headers that hold the vendor's id of a request.
REQUEST_IDS = ["twilio-request-id", "x-request-id"]
