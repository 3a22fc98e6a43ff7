"""100ms v2: the history of webhooks. Page: api-reference/analytics/list-webhook-events."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox.clock import iso_seconds
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.hundredms.rest import HundredMsRest
    from airflow_provider_rooms.sandbox.hundredms.webhooks import Report, Reports

#: "Supported Event Types"; others are not in the history.
EVENTS: Final = frozenset(
    {
        *("session.open.success", "session.close.success", "peer.join.success", "peer.leave.success"),
        *("recording.success", "recording.failed", "transcription.success", "hls.recording.success"),
        *("beam.started.success", "beam.stopped.success", "beam.recording.success", "stream.recording.success"),
    }
)
STATUSES: Final = ("all", "failed", "success")
KEPT: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=14)


def routes(vendor: HundredMsRest, reports: Reports) -> Iterable[Route]:
    """The paths of this module."""
    return (Route("GET", "/v2/analytics/webhooks", History(vendor, reports).list_),)


class History:
    """What was reported, whatever the receiver answered."""

    def __init__(self, vendor: HundredMsRest, reports: Reports) -> None:
        self.vendor = vendor
        self.reports = reports

    def list_(self, call: Call) -> Answer:
        """Pages by number; newest first (not stated)."""
        now = self.vendor.clock.now()
        start = self.vendor.moment(call, "start_time") or now - timedelta(hours=24)
        end = self.vendor.moment(call, "end_time") or now
        if start < now - KEPT:
            raise self.vendor.refuse(400, "start_time must be within the last 30 days")
        if end - start > LONGEST:
            raise self.vendor.refuse(400, "end_time must be within 14 days after start_time")
        names, room_id, status = call.every("event_names"), call.first("room_id"), call.first("status") or "all"
        if status not in STATUSES:
            raise self.vendor.refuse(400, "invalid query parameter: status")
        size, page = self.vendor.number(call, "limit", 50), self.vendor.number(call, "page", 1)
        if not 1 <= size <= 100 or page < 1:
            raise self.vendor.refuse(400, "invalid query parameter: limit")
        found = [
            report
            for report in reversed(self.reports.sent)
            if report.word in EVENTS
            and start <= report.at <= end
            and (not names or report.word in names)
            and room_id in (None, "", report.room_id)
            and status in ("all", _status(report))
        ]
        pages = -(-len(found) // size)
        return as_json(
            {
                "events": [_view(report) for report in found[(page - 1) * size : page * size]],
                "pagination": {
                    "current_page": page,
                    "page_size": size,
                    "total_pages": pages,
                    "total_items": len(found),
                    "has_next": page < pages,
                    "has_prev": page > 1,
                },
                "summary": {"total_events": len(found)},
            }
        )


def _status(report: Report) -> str:
    return "success" if any(attempt.get("status") == 200 for attempt in report.parcel.attempts) else "failed"


def _view(report: Report) -> dict[str, Any]:
    status = _status(report)
    reason = {"error_reason": "timeout"} if status == "failed" else {}
    # The sample shows three fields of the data and the room beside it; whether all are there is unknown: all but the room are.
    data = {name: value for name, value in report.data.items() if name != "room_id" and "presigned" not in name}
    return {
        "event_id": report.id,
        # the word for one that was delivered is not on the page
        "event_name": f"reporter.webhook.delivery.{status}",
        "room_id": report.room_id,
        "event_timestamp": iso_seconds(report.at),
        "payload": {
            "event_data": data,
            "webhook_url": report.parcel.url,
            "original_event_name": report.word,
            **reason,
        },
    }
