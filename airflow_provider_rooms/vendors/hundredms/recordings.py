"""100ms' recordings. https://www.100ms.live/docs/server-side/v2/api-reference/recordings/overview"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Recording, RecordingKind, RecordingState, Room
from airflow_provider_rooms.vendors.exchange import LONGEST_MESSAGE, as_items, as_object, parse_time
from airflow_provider_rooms.vendors.flow import Flow, Page, gathered, paged, segment
from airflow_provider_rooms.vendors.hundredms.api import HundredMsApi
from airflow_provider_rooms.vendors.hundredms.options import RecordingOptions
from airflow_provider_rooms.vendors.presence import iso
from airflow_provider_rooms.vendors.recordings import Wanted, extension, found_or_made

if TYPE_CHECKING:
    from airflow_provider_rooms.vendors.options import Options

#: Kinds that a job of the recorder makes, and where its jobs are listed. Other files have no job that can be listed.
JOBS: Mapping[RecordingKind, str] = {"recording": "/v2/recordings", "hls": "/v2/live-streams"}
#: Types of https://www.100ms.live/docs/server-side/v2/api-reference/recording-assets/overview; chats and summaries are none.
ASSET_KINDS: Mapping[str, RecordingKind] = {
    "room-composite": "recording",
    "room-composite-legacy": "recording",
    "room-vod": "hls",
    "track": "track",
    "stream": "track",
    "transcript": "transcript",
}
_ASSET_STATES: Mapping[str, RecordingState] = {"completed": "ready", "failed": "failed"}
_RUNNING = ("starting", "running")
#: How long a link is asked to work, in seconds: it is used at once.
LINK_SECONDS = 3600


class HundredMsRecordings(HundredMsApi):
    """A job of the recorder leaves files (assets) behind. A recording is its file, or the job until there is one."""

    recording_options: ClassVar[type[Options]] = RecordingOptions
    no_recordings: ClassVar[Mapping[RecordingKind, str]] = {
        "composition": "100ms makes one video of a session automatically: ask for kind='recording'."
    }

    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """Jobs without a file from their own lists, files from /v2/recording-assets: neither shows all of it."""
        filters = {"room_id": room.id}
        told: dict[str, Recording] = {}
        waiting: dict[str, Recording] = {}
        for job_kind, path in JOBS.items():
            if kind not in (None, job_kind):
                continue

            jobs = yield from gathered(paged(partial(self.page, path, filters)))
            for job in jobs:
                recording = _job(job_kind, job)
                if job.get("status") == "completed" and _makes_file(job):
                    waiting[recording.id] = recording
                else:
                    told[recording.id] = recording
        yield Page(list(told.values()))

        def files(cursor: str | None) -> Flow[tuple[list[Recording], str | None]]:
            assets, following = yield from self.page("/v2/recording-assets", filters, cursor)
            found = []
            for asset in assets:
                job = str(asset.get("job_id"))
                asset_kind = _asset_kind(asset)
                if asset_kind is None or kind not in (None, asset_kind):
                    continue
                if asset_kind in JOBS and job in told:
                    continue  # The job ended between the two reads, or failed: it is told of once.
                if asset_kind in JOBS:
                    waiting.pop(job, None)
                found.append(_asset(asset_kind, asset))
            return found, following

        yield from paged(files)
        # Completed, but the file does not show yet.
        yield Page(list(waiting.values()))

    # -- start and stop -------------------------------------------------------------------------------------------------

    def start_recording(self, room: Room, body: Mapping[str, Any]) -> Flow[list[Recording]]:
        """POST /v2/recordings/room/{id}/start; "beam already started" is answered by 409. The recorder needs no people."""

        def make() -> Flow[list[Recording] | None]:
            try:
                response = yield from self.post(f"/v2/recordings/room/{segment(room.id)}/start", body, room=room.id)
            except errors.RequestRefusedError as error:
                if error.status == 409:
                    return None
                raise
            return [_job("recording", as_object(response, key="id"))]

        return (yield from found_or_made(self, lambda: self._running(room), make, what="recording"))

    def stop_recording(self, room: Room) -> Flow[list[Recording]]:
        """POST /v2/recordings/room/{id}/stop; "beam not found" is answered by 404: fine."""
        path = f"/v2/recordings/room/{segment(room.id)}/stop"
        try:
            response = yield from self.post(path, {}, room=room.id, repeatable=True)
        except errors.NotFoundError:
            return []
        body = response.json()
        if isinstance(body, Mapping) and body.get("error"):
            raise errors.RequestRefusedError(
                f"100ms answered: {self.scrub(str(body['error']))[:LONGEST_MESSAGE]}", vendor=self.title, room=room.id
            )
        return [_job("recording", job) for job in as_items(body, "data")]

    def _running(self, room: Room) -> Flow[list[Recording]]:
        found: list[Recording] = []
        for status in _RUNNING:
            filters = {"room_id": room.id, "status": status}
            jobs = yield from gathered(paged(partial(self.page, "/v2/recordings", filters)))
            found += [_job("recording", job) for job in jobs]
        return found

    # -- files ----------------------------------------------------------------------------------------------------------

    def file_url(self, wanted: Wanted) -> Flow[str]:
        """GET /v2/recording-assets/{id}/presigned-url, of the recording's file or of the first file of its job."""
        asset = yield from self._file(wanted)
        if asset is None or asset.get("status") == "processing":
            raise self.no_file_yet(wanted.id)
        if asset.get("status") == "failed":
            raise errors.NotFoundError(f"Recording {wanted.id} failed: there is no file.", vendor=self.title)
        path = f"/v2/recording-assets/{segment(str(asset['id']))}/presigned-url"
        response = yield from self.get(path, {"presign_duration": LINK_SECONDS})
        return str(as_object(response, key="url")["url"])

    def _file(self, wanted: Wanted) -> Flow[Mapping[str, Any] | None]:
        try:
            return as_object((yield from self.get(f"/v2/recording-assets/{segment(wanted.id)}")), key="id")
        except errors.NotFoundError:
            pass
        for kind, path in JOBS.items():
            try:
                response = yield from self.get(f"{path}/{segment(wanted.id)}")
            except errors.NotFoundError:
                continue
            job = as_object(response, key="id")
            if job.get("status") == "failed":
                return {**job, "status": "failed"}
            files = as_items(job, "recording_assets") if "recording_assets" in job else []
            return next((file for file in files if _asset_kind(file) == (wanted.kind or kind)), None)
        raise self.no_recording(wanted.id)

    def delete_recording(self, wanted: Wanted) -> Flow[None]:
        """100ms has no call for it."""
        yield from ()  # nothing to ask the vendor
        raise errors.UnsupportedError(
            "100ms cannot delete a recording.",
            vendor=self.title,
            advice="Files in its own storage vanish after 15 days; in your bucket, delete them there.",
        )


def _makes_file(job: Mapping[str, Any]) -> bool:
    """A stream leaves a file only where it was asked to."""
    recording = job.get("recording")
    return any(recording.values()) if isinstance(recording, Mapping) else True


def _asset_kind(asset: Mapping[str, Any]) -> RecordingKind | None:
    kind = ASSET_KINDS.get(str(asset.get("type")))
    # A stream recorded layer by layer leaves composites too.
    layered = isinstance(asset.get("metadata"), Mapping) and "layer" in asset["metadata"]
    return "hls" if kind == "recording" and layered else kind


def _job(kind: RecordingKind, job: Mapping[str, Any]) -> Recording:
    state: RecordingState = "failed" if job.get("status") == "failed" else "processing"
    if job.get("status") == "completed" and not _makes_file(job):
        state = "ready"
    return _make(kind, job, state)


def _asset(kind: RecordingKind, asset: Mapping[str, Any]) -> Recording:
    return _make(kind, asset, _ASSET_STATES.get(str(asset.get("status")), "processing"))


def _make(kind: RecordingKind, item: Mapping[str, Any], state: RecordingState) -> Recording:
    began = parse_time(item.get("created_at"))
    return Recording(
        id=str(item.get("id")),
        session_id=str(item["session_id"]) if item.get("session_id") else None,
        room_id=str(item.get("room_id")),
        kind=kind,
        state=state,
        seconds=item.get("duration") or None,
        bytes=item.get("size") or None,
        format=extension(item.get("path")),
        created_at=iso(began) if began else None,
    )
