"""Errors that VideoSDK answers with, for the tests of all vendors."""

from __future__ import annotations

from play import answer

from airflow_provider_rooms.errors import (
    AccessDeniedError,
    AuthenticationError,
    NotFoundError,
    RequestRefusedError,
)

#: An answer, the error that it becomes, and words of its text.
REFUSALS = [
    (answer(400, "Room not found."), NotFoundError, "Room not found."),
    (answer(400, "RoomId is invalid."), NotFoundError, "RoomId is invalid."),
    (answer(400, "perPage must be a positive integer"), RequestRefusedError, "perPage"),
    (answer(400, {"error": "Token is invalid or expired"}), AuthenticationError, "invalid or expired"),
    (answer(401, {"error": "x"}), AuthenticationError, "this machine's clock"),
    (answer(402, {"error": "Room not found"}), NotFoundError, "Room not found"),
    (answer(402, {"message": "pay"}), NotFoundError, "pay"),
    (answer(403, {"msg": "no role"}), AccessDeniedError, "no role"),
    (answer(403, {"error": "Room does not belong to you"}), AccessDeniedError, "another VideoSDK account"),
    (answer(404), NotFoundError, "rejected the request without giving a reason"),
    (answer(409, '"conflict"'), RequestRefusedError, "conflict"),
]
#: Headers that hold the vendor's id of a request.
REQUEST_IDS = ["x-request-id", "x-amz-request-id"]
