"""100ms' recordings. https://www.100ms.live/docs/server-side/v2/api-reference/recordings/overview"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_rooms import errors
from airflow_provider_rooms.vendors.contract.recordings import Recordings, Wanted, extension, make_recording
from airflow_provider_rooms.vendors.exchange import LONGEST_MESSAGE, as_items
from airflow_provider_rooms.vendors.flow import Flow, Page, gathered, next_page
from airflow_provider_rooms.vendors.hundredms.api import HundredMsApi
from airflow_provider_rooms.vendors.hundredms.options import RecordingOptions
from airflow_provider_rooms.vendors.hundredms.sessions import LONGEST_SESSION
from airflow_provider_rooms.vendors.made import found_or_made
from airflow_provider_rooms.vendors.rest import Resource, newest_first, or_none

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from airflow_provider_rooms.models import Recording, RecordingKind, RecordingState, Room
    from airflow_provider_rooms.vendors.options import Options

#: Kinds that a job of the recorder makes, and where its jobs are listed. Other files have no job that can be listed.
JOBS: Mapping[RecordingKind, Resource] = {
    "recording": Resource(path="/v2/recordings"),
    "hls": Resource(path="/v2/live-streams"),
}
FILES = Resource(path="/v2/recording-assets")
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


class HundredMsRecordings(HundredMsApi, Recordings):
    """A job of the recorder leaves files (assets) behind. A recording is its file, or the job until there is one."""

    lacks: ClassVar[Mapping[str, str]] = {
        "delete_recording": "100ms deletes files in its own storage after 15 days. Files in your bucket have to be deleted "
        "there."
    }
    recording_options: ClassVar[type[Options]] = RecordingOptions
    no_recordings: ClassVar[Mapping[RecordingKind, str]] = {
        "composition": "100ms records one video per session automatically: use kind='recording'."
    }

    def list_recordings(self, room: Room, kind: RecordingKind | None) -> Flow[None]:
        """Jobs without a file from their own lists, files from /v2/recording-assets: neither shows all of it."""
        return self._recordings({"room_id": room.id}, kind)

    def past_recordings(
        self, since: dt.datetime, until: dt.datetime, named: Callable[[str | None], bool]
    ) -> Flow[None]:
        """The same for the whole workspace, newest first. A recording began when its job did, which may be a day before."""
        return self._recordings({}, None, since - LONGEST_SESSION)

    def _recordings(
        self, filters: Mapping[str, Any], kind: RecordingKind | None, since: dt.datetime | None = None
    ) -> Flow[None]:
        told: dict[str, Recording] = {}
        waiting: dict[str, Recording] = {}
        began: dict[str, str | None] = {}

        for job_kind, jobs in JOBS.items():
            if kind not in (None, job_kind):
                continue
            for job in (yield from gathered(self._since(jobs, filters, since))):
                recording = _job(job_kind, job)
                began[recording.id] = recording.created_at
                if job.get("status") == "completed" and _makes_file(job):
                    waiting[recording.id] = recording
                else:
                    told[recording.id] = recording
        yield Page(list(told.values()))

        assets = self._since(FILES, filters, since)
        while (page := (yield from next_page(assets))) is not None:
            files = []
            for asset in page:
                job_id, asset_kind = str(asset.get("job_id")), kind_of_asset(asset)
                if asset_kind is None or kind not in (None, asset_kind):
                    continue
                if asset_kind in JOBS and job_id in told:
                    continue  # The job ended between the two reads, or failed: it is told of once.
                if asset_kind in JOBS:
                    waiting.pop(job_id, None)
                file = _make(asset_kind, asset, _ASSET_STATES.get(str(asset.get("status")), "processing"))
                files.append(replace(file, created_at=began.get(job_id) or file.created_at))
            yield Page(files)
        # Completed, but the file does not show yet.
        yield Page(list(waiting.values()))

    def _since(self, resource: Resource, filters: Mapping[str, Any], since: dt.datetime | None) -> Flow[None]:
        """A list back to that time; all of it without one."""
        pages = self.listed(resource, filters, lambda item: item)
        return pages if since is None else newest_first(pages, lambda item: item.get("created_at"), since)

    # -- start and stop -------------------------------------------------------------------------------------------------

    def start_recording(self, room: Room, body: Mapping[str, Any]) -> Flow[list[Recording]]:
        """POST /v2/recordings/room/{id}/start; "beam already started" is answered by 409. The recorder needs no people."""
        path = JOBS["recording"].at("room", room.id, "start")

        def make() -> Flow[list[Recording] | None]:
            try:
                return [_job("recording", (yield from self.submit(path, self.an_object("id"), body, room=room.id)))]
            except errors.RequestRefusedError as error:
                if error.status != 409:
                    raise
            return None

        return (yield from found_or_made(self, lambda: self._running(room), make, what="recording"))

    def stop_recording(self, room: Room) -> Flow[list[Recording]]:
        """POST /v2/recordings/room/{id}/stop; "beam not found" is answered by 404: fine."""
        path = JOBS["recording"].at("room", room.id, "stop")
        response = yield from or_none(self.post(path, {}, room=room.id, repeatable=True))
        if response is None:
            return []
        body = self.decode(response)
        if isinstance(body, Mapping) and body.get("error"):
            raise errors.RequestRefusedError(
                f"100ms responded: {self.scrub(str(body['error']))[:LONGEST_MESSAGE]}", vendor=self.title, room=room.id
            )
        return [_job("recording", job) for job in as_items(body, "data")]

    def _running(self, room: Room) -> Flow[list[Recording]]:
        found: list[Recording] = []
        for status in _RUNNING:
            jobs = yield from self.items(JOBS["recording"], {"room_id": room.id, "status": status})
            found += [_job("recording", job) for job in jobs]
        return found

    # -- files ----------------------------------------------------------------------------------------------------------

    def file_url(self, wanted: Wanted) -> Flow[str]:
        """GET /v2/recording-assets/{id}/presigned-url, of the recording's file or of the first file of its job."""
        asset = yield from self._file(wanted)
        if asset is None or asset.get("status") == "processing":
            raise self.no_file_yet(wanted.id)
        if asset.get("status") == "failed":
            raise self.no_file(wanted.id, "failed")
        path, query = FILES.at(asset["id"], "presigned-url"), {"presign_duration": LINK_SECONDS}
        return str((yield from self.fetch(path, self.an_object("url"), query))["url"])

    def _file(self, wanted: Wanted) -> Flow[Mapping[str, Any] | None]:
        asset = yield from or_none(self.item(FILES, wanted.id))
        if asset is not None:
            return asset
        for kind, jobs in JOBS.items():
            job = yield from or_none(self.item(jobs, wanted.id))
            if job is None:
                continue
            if job.get("status") == "failed":
                return {**job, "status": "failed"}
            files = as_items(job, "recording_assets") if "recording_assets" in job else []
            return next((file for file in files if kind_of_asset(file) == (wanted.kind or kind)), None)
        raise self.no_recording(wanted.id)


def _makes_file(job: Mapping[str, Any]) -> bool:
    """A stream leaves a file only where it was asked to."""
    recording = job.get("recording")
    return any(recording.values()) if isinstance(recording, Mapping) else True


def kind_of_asset(asset: Mapping[str, Any]) -> RecordingKind | None:
    """What kind of recording a file is; None for chats and summaries, which are none."""
    kind = ASSET_KINDS.get(str(asset.get("type")))
    # A stream recorded layer by layer leaves composites too.
    layered = isinstance(asset.get("metadata"), Mapping) and "layer" in asset["metadata"]
    return "hls" if kind == "recording" and layered else kind


def _job(kind: RecordingKind, job: Mapping[str, Any]) -> Recording:
    state: RecordingState = "failed" if job.get("status") == "failed" else "processing"
    if job.get("status") == "completed" and not _makes_file(job):
        state = "ready"
    return _make(kind, job, state)


def _make(kind: RecordingKind, item: Mapping[str, Any], state: RecordingState) -> Recording:
    return make_recording(
        item.get("id"),
        item.get("room_id"),
        kind,
        state,
        session_id=item.get("session_id"),
        seconds=item.get("duration") or None,
        size=item.get("size") or None,
        format=extension(item.get("path")),
        began=item.get("created_at"),
    )
