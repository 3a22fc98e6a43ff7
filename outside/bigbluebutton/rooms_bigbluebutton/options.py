"""What ``create`` takes. https://docs.bigbluebutton.org/development/api#create"""

from __future__ import annotations

from typing import Annotated, Literal

from airflow_provider_rooms.vendors.options import Bool, Int, Options, Text, Url
from pydantic import Field

#: Metadata names come back in lower case, so that is how they are asked for.
MetaName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class CreateOptions(Options):
    """Parameters of ``create``."""

    name: Text | None = None
    welcome: Text | None = None
    moderatorOnlyMessage: Text | None = None
    bannerText: Text | None = None
    bannerColor: Annotated[Text, Field(pattern="^#[0-9A-Fa-f]{6}$")] | None = None
    logo: Url | None = None
    logoutURL: Url | None = None
    loginURL: Url | None = None
    dialNumber: Text | None = None
    voiceBridge: Annotated[Int, Field(ge=10000, le=99999)] | None = None
    maxParticipants: Annotated[Int, Field(ge=0)] | None = None
    duration: Annotated[Int, Field(ge=0)] | None = None
    record: Bool | None = None
    autoStartRecording: Bool | None = None
    allowStartStopRecording: Bool | None = None
    recordFullDurationMedia: Bool | None = None
    notifyRecordingIsOn: Bool | None = None
    muteOnStart: Bool | None = None
    allowModsToUnmuteUsers: Bool | None = None
    allowModsToEjectCameras: Bool | None = None
    webcamsOnlyForModerator: Bool | None = None
    userCameraCap: Annotated[Int, Field(ge=0)] | None = None
    meetingCameraCap: Annotated[Int, Field(ge=0)] | None = None
    lockSettingsDisableCam: Bool | None = None
    lockSettingsDisableMic: Bool | None = None
    lockSettingsDisablePrivateChat: Bool | None = None
    lockSettingsDisablePublicChat: Bool | None = None
    lockSettingsDisableNotes: Bool | None = None
    lockSettingsHideUserList: Bool | None = None
    lockSettingsLockOnJoin: Bool | None = None
    lockSettingsHideViewersCursor: Bool | None = None
    guestPolicy: Literal["ALWAYS_ACCEPT", "ALWAYS_DENY", "ASK_MODERATOR"] | None = None
    meetingKeepEvents: Bool | None = None
    meetingLayout: Text | None = None
    endWhenNoModerator: Bool | None = None
    endWhenNoModeratorDelayInMinutes: Annotated[Int, Field(ge=1)] | None = None
    meetingExpireIfNoUserJoinedInMinutes: Annotated[Int, Field(ge=1)] | None = None
    meetingExpireWhenLastUserLeftInMinutes: Annotated[Int, Field(ge=0)] | None = None
    disabledFeatures: Text | None = None
    disabledFeaturesExclude: Text | None = None
    preUploadedPresentation: Url | None = None
    preUploadedPresentationName: Text | None = None
    meta: dict[MetaName, Text] | None = None
