"""100ms v2: recordings and live streams (jobs of the recorder) and their files.

Pages: api-reference/recordings, live-streams, recording-assets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_provider_rooms.sandbox import files
from airflow_provider_rooms.sandbox.checks import Record, Text, Whole
from airflow_provider_rooms.sandbox.clock import iso_go
from airflow_provider_rooms.sandbox.hundredms import shapes
from airflow_provider_rooms.sandbox.hundredms.store import ACTIVE, Asset, Job, Room
from airflow_provider_rooms.sandbox.wire import Answer, Call, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_rooms.sandbox.hundredms.rest import HundredMsRest

STATUSES: Final = ("starting", "running", "stopping", "post_processing", "completed", "failed")
ASSET_STATUSES: Final = ("completed", "failed", "processing")
#: Validity of a link when the caller names none (S3: three days).
LINK_SECONDS: Final = 3 * 86_400
_NOTHING: Final = Record({})
_METADATA: Final = Record(
    {"payload": Text(shortest=1, longest=100), "duration": Whole(least=1)}, required=("payload", "duration")
)


def routes(vendor: HundredMsRest) -> Iterable[Route]:
    """The paths of this module."""
    recordings = Jobs(vendor, "recording", "beam already started", "beam not found", shapes.START_RECORDING)
    streams = Jobs(vendor, "stream", "hls already started", "hls not running", shapes.START_STREAM)
    assets = Assets(vendor)
    return (
        Route("POST", "/v2/recordings/room/{id}/start", recordings.start),
        Route("POST", "/v2/recordings/room/{id}/stop", recordings.stop_room),
        Route("POST", "/v2/recordings/room/{id}/pause", recordings.still_running),
        Route("POST", "/v2/recordings/room/{id}/resume", recordings.still_running),
        Route("POST", "/v2/recordings/{job}/stop", recordings.stop_one),
        Route("GET", "/v2/recordings", recordings.list_),
        Route("GET", "/v2/recordings/{job}", recordings.get),
        Route("POST", "/v2/live-streams/room/{id}/start", streams.start),
        Route("POST", "/v2/live-streams/room/{id}/stop", streams.stop_room),
        Route("POST", "/v2/live-streams/{job}/stop", streams.stop_one),
        Route("POST", "/v2/live-streams/{job}/timed-metadata", streams.timed_metadata),
        Route("POST", "/v2/live-streams/{job}/pause-recording", streams.one_still_running),
        Route("POST", "/v2/live-streams/{job}/resume-recording", streams.one_still_running),
        Route("GET", "/v2/live-streams", streams.list_),
        Route("GET", "/v2/live-streams/{job}", streams.get),
        Route("GET", "/v2/recording-assets", assets.list_),
        Route("GET", "/v2/recording-assets/{asset}", assets.get),
        Route("GET", "/v2/recording-assets/{asset}/presigned-url", assets.presigned),
    )


class Jobs:
    """Recordings and live streams differ in a few words and fields only."""

    def __init__(self, vendor: HundredMsRest, kind: str, twice: str, none: str, order: Record) -> None:
        self.vendor = vendor
        self.kind = kind
        self.twice = twice
        self.none = none
        self.order = order

    def _room(self, call: Call) -> Room:
        room = self.vendor.store.rooms.get(call.params["id"])
        if room is None:
            # observed: an unknown room is a matter of permission here, not a 404
            raise self.vendor.refuse(403, "user does not have required permission")
        return room

    def _job(self, call: Call) -> Job:
        job = self.vendor.store.jobs.get(call.params["job"])
        if job is None or job.kind != self.kind:
            raise self.vendor.refuse(404, self.none)
        return job

    def start(self, call: Call) -> Answer:
        body = self.vendor.body(call, self.order)
        room = self._room(call)
        if not room.enabled:
            # a recorder joins like anybody else, so a disabled room should keep it out; not documented
            raise self.vendor.refuse(403, "room is disabled")
        if "meeting_url" not in body and room.template.subdomain is None:
            raise self.vendor.refuse(400, "invalid input", "meeting_url is required")
        if any(self.vendor.store.running(room, self.kind)):
            raise self.vendor.refuse(409, self.twice)
        return as_json(job_view(self.vendor.store.start(room, self.kind, body)))

    def stop_room(self, call: Call) -> Answer:
        """Answers a list envelope, unlike the stop of one."""
        self.vendor.body(call, _NOTHING, needed=False)
        jobs = list(self.vendor.store.running(self._room(call), self.kind))
        if not jobs:
            raise self.vendor.refuse(404, self.none)
        for job in jobs:
            self.vendor.store.stop(job)
        return as_json({"limit": len(jobs), "data": [job_view(job) for job in jobs], "last": jobs[-1].id})

    def stop_one(self, call: Call) -> Answer:
        self.vendor.body(call, _NOTHING, needed=False)
        job = self._job(call)
        if job.status not in ACTIVE:
            raise self.vendor.refuse(404, self.none)
        self.vendor.store.stop(job)
        return as_json(job_view(job))

    def still_running(self, call: Call) -> Answer:
        """Pause and resume: there is no paused status."""
        self.vendor.body(call, _NOTHING, needed=False)
        jobs = list(self.vendor.store.running(self._room(call), self.kind))
        if not jobs:
            raise self.vendor.refuse(404, self.none)
        return as_json(job_view(jobs[-1]))

    def one_still_running(self, call: Call) -> Answer:
        job = self._job(call)
        if job.status not in ACTIVE:
            raise self.vendor.refuse(404, self.none)
        return as_json(job_view(job))

    def timed_metadata(self, call: Call) -> Answer:
        self.vendor.body(call, _METADATA)
        return self.one_still_running(call)

    def get(self, call: Call) -> Answer:
        return as_json(job_view(self._job(call), assets=True))

    def list_(self, call: Call) -> Answer:
        """Without the files, "for speed"."""
        room_id, session_id, status = call.first("room_id"), call.first("session_id"), call.first("status")
        if status and status not in STATUSES:
            raise self.vendor.refuse(400, "invalid query parameter: status")
        candidates: Iterable[Job] = reversed(self.vendor.store.jobs.values())
        if room_id:
            room = self.vendor.store.rooms.get(room_id)
            sessions = reversed(room.sessions) if room is not None else iter(())
            candidates = (job for session in sessions for job in reversed(session.jobs))
        found = [
            job
            for job in candidates
            if job.kind == self.kind
            and (not session_id or job.session.id == session_id)
            and (not status or job.status == status)
        ]
        return self.vendor.envelope(call, found, lambda job: job.id, _listed_view)


class Assets:
    """The files that jobs leave behind."""

    def __init__(self, vendor: HundredMsRest) -> None:
        self.vendor = vendor

    def _asset(self, call: Call) -> Asset:
        asset = self.vendor.store.assets.get(call.params["asset"])
        if asset is None:
            raise self.vendor.refuse(404, "asset not found")
        return asset

    def list_(self, call: Call) -> Answer:
        room_id, session_id, status = call.first("room_id"), call.first("session_id"), call.first("status")
        if status and status not in ASSET_STATUSES:
            raise self.vendor.refuse(400, "invalid query parameter: status")
        found = [
            asset
            for asset in reversed(self.vendor.store.assets.values())
            if (not room_id or asset.job.session.room.id == room_id)
            and (not session_id or asset.job.session.id == session_id)
            and (not status or asset.status == status)
        ]
        return self.vendor.envelope(call, found, lambda asset: asset.id, asset_view)

    def get(self, call: Call) -> Answer:
        return as_json(asset_view(self._asset(call)))

    def presigned(self, call: Call) -> Answer:
        """A link that is the credential itself. Of an asset that is not completed: unknown, 404 here."""
        asset = self._asset(call)
        seconds = self.vendor.number(call, "presign_duration", LINK_SECONDS)
        if not 1 <= seconds <= LINK_SECONDS * 10:
            raise self.vendor.refuse(400, "invalid query parameter: presign_duration")
        if asset.status != "completed":
            raise self.vendor.refuse(404, "asset not found")
        url = files.signed_url(call, self.vendor, asset.path, seconds)
        return as_json({"id": asset.id, "path": asset.path, "url": url, "expiry": seconds})


def job_view(job: Job, assets: bool = False) -> dict[str, Any]:
    """``started_by`` and ``stopped_by`` are empty when the REST API did it."""
    view: dict[str, Any] = {
        "id": job.id,
        "room_id": job.session.room.id,
        "session_id": job.session.id,
        "status": job.status,
        "created_at": iso_go(job.created, 9),
        "started_at": iso_go(job.started),
        "updated_at": iso_go(job.updated, 9),
        "stopped_at": iso_go(job.stopped),
        "meeting_url": job.order.get("meeting_url") or _meeting_url(job),
        "started_by": "",
        "stopped_by": "",
        "destination": job.order.get("destination", ""),
        "recording_assets": None,
    }
    if assets and job.assets is not None:
        view["recording_assets"] = [asset_view(asset, nested=True) for asset in job.assets]
    if job.kind == "recording":
        view["asset_types"] = ["room-composite", "chat", *_texts(job)]
    else:
        recording = job.order.get("recording") or {}
        view["playback"] = {"url": f"https://cdn.example.com/{job.id}/master.m3u8"}
        view["recording"] = {
            "hls_vod": recording.get("hls_vod", False),
            "single_file_per_layer": recording.get("single_file_per_layer", False),
        }
    return view


def _listed_view(job: Job) -> dict[str, Any]:
    view = job_view(job)
    if job.kind == "recording":
        del view["recording_assets"]
    return view


def _texts(job: Job) -> list[str]:
    return ["transcript"] * job.wants_texts + ["summary"] * job.wants_summary


def _meeting_url(job: Job) -> str:
    room = job.session.room
    role = room.template.roles[-1]
    return f"https://{room.template.subdomain}.app.100ms.live/preview/{room.id}/{role}?skip_preview=true"


def asset_view(asset: Asset, nested: bool = False) -> dict[str, Any]:
    """An asset; inside its job it lacks the ids of job, room and session."""
    view: dict[str, Any] = {
        "id": asset.id,
        "thumbnails": None,
        "metadata": asset.metadata,
        "duration": asset.duration,
        "path": asset.path,
        "status": asset.status,
        "created_at": iso_go(asset.created),
        "type": asset.type,
        "size": files.size(asset.path) if asset.status == "completed" else 0,
    }
    if nested:
        return view
    session = asset.job.session
    return view | {"job_id": asset.job.id, "room_id": session.room.id, "session_id": session.id}
