"""BigBlueButton for the contract tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from airflow_provider_rooms.testing import Call, Cost, Traits
from airflow_provider_rooms.vendors.flow import Response

from rooms_bigbluebutton.answers import read_xml

#: A meeting ends a quarter of an hour after the last one left, and is gone.
_GONE = {"ends": "created", "same": None}


def _read(body: bytes) -> Any:
    return read_xml(Response(status=200, body=body))


def _write(tree: Any) -> bytes:
    return f"<response>{_elements(tree)}</response>".encode("utf-8", "surrogatepass")


def _elements(tree: Any) -> str:
    if not isinstance(tree, Mapping):
        return "" if tree is None else escape(str(tree))
    rows = [(tag, item) for tag, found in tree.items() for item in (found if isinstance(found, list) else [found])]
    return "".join(f"<{tag}>{_elements(item)}</{tag}>" for tag, item in rows)


BIGBLUEBUTTON = Traits(
    conn_type="bigbluebutton",
    closing="deletes",
    updates=False,
    sample={"max_participants": 10},
    other={"max_participants": 20},
    drifts="maxParticipants",
    misspelt={"options": {"maxParticipant": 10}},
    out_of_range={"options": {"voiceBridge": 1}},
    contradiction={"max_participants": 10, "options": {"maxParticipants": 20}},
    cannot={"region": "eu"},
    unshown=({"record": True}, ["autoStartRecording"]),
    options={
        "name": "Algebra",
        "welcome": "Hello",
        "moderatorOnlyMessage": "Hello",
        "bannerText": "Hello",
        "bannerColor": "#ffffff",
        "logo": "https://school.example/logo.png",
        "logoutURL": "https://school.example",
        "loginURL": "https://school.example",
        "dialNumber": "613-555-1234",
        "voiceBridge": 71234,
        "maxParticipants": 5,
        "duration": 90,
        "record": False,
        "autoStartRecording": False,
        "allowStartStopRecording": False,
        "recordFullDurationMedia": False,
        "notifyRecordingIsOn": True,
        "muteOnStart": True,
        "allowModsToUnmuteUsers": True,
        "allowModsToEjectCameras": True,
        "webcamsOnlyForModerator": True,
        "userCameraCap": 1,
        "meetingCameraCap": 9,
        "lockSettingsDisableCam": True,
        "lockSettingsDisableMic": True,
        "lockSettingsDisablePrivateChat": True,
        "lockSettingsDisablePublicChat": True,
        "lockSettingsDisableNotes": True,
        "lockSettingsHideUserList": True,
        "lockSettingsLockOnJoin": False,
        "lockSettingsHideViewersCursor": True,
        "guestPolicy": "ASK_MODERATOR",
        "meetingKeepEvents": True,
        "meetingLayout": "SMART_LAYOUT",
        "endWhenNoModerator": True,
        "endWhenNoModeratorDelayInMinutes": 2,
        "meetingExpireIfNoUserJoinedInMinutes": 60,
        "meetingExpireWhenLastUserLeftInMinutes": 0,
        "disabledFeatures": "polls",
        "disabledFeaturesExclude": "polls",
        "preUploadedPresentation": "https://school.example/first.pdf",
        "preUploadedPresentationName": "first.pdf",
        "meta": {"course": "MATH 101"},
    },
    nulls=False,
    id_key="meetingID",
    name_key="meetingID",
    usable=lambda meeting: meeting["endTime"] == "0",
    create=Call(method="GET", path="/api/create"),
    cost=Cost(absent=1, present=1),
    renews_token=False,
    read_body=_read,
    write_body=_write,
    lingers=2.0,
    # of a meeting that is over, only its recording tells
    remembered={"record": True},
    session_times=False,
    # a meeting is over after 15 minutes without anybody: nobody comes back to it later
    impossible=frozenset({"mic test before the window does not", "mic test and class", "ends, no end given"}),
    differs={
        "used, then empty for an hour": _GONE,
        "7 gone mad without working": {"says": "Expected an answer in XML"},
        # errors come with HTTP 200
        "9 a wrong secret": {"status": 200},
    },
)
