"""What can happen to a class, and how each wait must end: one table for all vendors and three modes.

Minutes count from the start of the class, which lasts an hour. ``s1`` is the oldest session.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_rooms.sensors.rooms import RecordingReadySensor, SessionEndedSensor, SessionStartedSensor
from airflow_provider_rooms.testing.rows import By
from airflow_provider_rooms.testing.stage import Stage
from airflow_provider_rooms.testing.traits import Traits

Step = Callable[[Stage], None]


# -- what happens ---------------------------------------------------------------------------------------------------------


def come(stage: Stage) -> None:
    """Teacher and student join."""
    stage.box.start_session(stage.vendor, stage.room.id)


def go(stage: Stage) -> None:
    """Everybody leaves; a recorder may stay."""
    stage.box.end_session(stage.vendor, stage.room.id, ["Teacher", "Student"])


def come_and_go(stage: Stage) -> None:
    """People were in the room for a minute."""
    come(stage)
    stage.advance(60)
    go(stage)


def close(stage: Stage) -> None:
    """The room is closed."""
    stage.hook.close_room(stage.room.id)


def record(stage: Stage) -> None:
    """A recording starts."""
    stage.box.recording(stage.vendor, stage.room.id, "start")


def finish_recording(stage: Stage) -> None:
    """The file is there, however long that took."""
    stage.box.recording(stage.vendor, stage.room.id, "complete")


def fail_recording(stage: Stage) -> None:
    """The recording fails."""
    stage.box.recording(stage.vendor, stage.room.id, "fail")


def fault(kind: str = "status", **what: Any) -> Step:
    """Something goes wrong at the vendor."""
    return lambda stage: stage.box.fault(stage.vendor, kind, **what)


def refused_once(stage: Stage) -> None:
    """The vendor refuses the old secret. Where a token is minted with it, another one is tried at once."""
    stage.box.fault(stage.vendor, status=401, times=2 if stage.traits.renews_token else 1)


def last_week(stage: Stage) -> None:
    """The same class a week ago. Its room may be gone by now, and the name lead to a new one."""
    come(stage)
    stage.advance(3600)
    go(stage)
    stage.advance(7 * 86400 - 3600)
    stage.room = stage.hook.ensure_room({"name": "algebra-1", **stage.traits.remembered})
    stage.starts_at += dt.timedelta(days=7)


# -- how it ends ----------------------------------------------------------------------------------------------------------


def class_value(*sessions: tuple[int, int], first: int = 1) -> dict[str, Any]:
    """What SessionEndedSensor returns for sessions given by minutes; lengths are in minutes too here."""
    rows = [
        {"id": f"s{number}", "started_at": start, "ended_at": end, "seconds": end - start}
        for number, (start, end) in enumerate(sessions, first)
    ]
    return {
        "first_start": sessions[0][0] if sessions else None,
        "last_end": sessions[-1][1] if sessions else None,
        "seconds": sum(row["seconds"] for row in rows),
        "sessions": rows,
    }


def _tells_sessions(traits: Traits) -> bool:
    return traits.vendor.can("list_sessions")


def _tells_recordings(traits: Traits) -> bool:
    return _tells_sessions(traits) and traits.vendor.can("list_recordings") and bool(traits.recorded)


@dataclass(frozen=True)
class Situation:
    """One row of the table.

    :param story: minutes and steps.
    :param how: ``value``, ``skip``, or the error's name.
    :param value: what the task returns.
    :param begin: the minute at which the task starts.
    :param before: happens before the task starts.
    :param only: whether it can happen at a vendor.
    :param recording: what the task says of the recording, for the Rooms page.
    """

    name: str
    sensor: type
    story: Sequence[tuple[float, Step]] = ()
    how: Any = "value"
    value: Any = None
    params: Any = field(default_factory=dict)
    begin: int = -30
    before: Step | None = None
    behind: float = 0.0
    restarts: Sequence[float] = ()
    only: Callable[[Traits], bool] = lambda traits: True
    url: bool = True
    recording: Any = None

    def happens(self, traits: Traits) -> bool:
        """Whether it can happen at a vendor, and be waited for there."""
        told = _tells_recordings if self.sensor is RECORDED else _tells_sessions
        return told(traits) and self.only(traits) and self.name not in traits.impossible


STARTED, ENDED, RECORDED = SessionStartedSensor, SessionEndedSensor, RecordingReadySensor
#: Without a window of its own, a wait counts from the start of the run.
NO_WINDOW = {"starts_at": None, "ends_at": None}


def _recorded(traits: Traits) -> list[dict[str, Any]]:
    return [
        {"id": "?", "session_id": "s1" if told else None, "kind": kind, "state": "ready"}
        for kind, told in traits.recorded
    ]


READY = By(_recorded)
_RECORDED_CLASS: Sequence[tuple[float, Step]] = ((-5, come), (0, record), (60, go))

SITUATIONS = (
    # -- starts
    Situation("starts on time", STARTED, [(0, come)], value="s1"),
    Situation("starts late", STARTED, [(25, come)], value="s1"),
    Situation("is on when the task starts", STARTED, before=come, begin=10, value="s1"),
    Situation("mic test in the window counts", STARTED, [(-20, come), (-15, go), (0, come)], value="s1"),
    Situation(
        "mic test before the window does not",
        STARTED,
        [(-55, come), (-50, go), (-5, come)],
        begin=-58,
        params={"early": 600},
        value="s2",
    ),
    Situation("never starts", STARTED, how="skip"),
    Situation("never starts, fail", STARTED, how="NoShowError", params={"on_no_show": "fail"}),
    Situation("never starts, value", STARTED, value=None, params={"on_no_show": "value"}),
    Situation("never starts, fail, soft_fail", STARTED, how="skip", params={"on_no_show": "fail", "soft_fail": True}),
    Situation("room closed before anybody came", STARTED, [(-10, close)], how="skip"),
    Situation("same room last week: starts", STARTED, [(5, come)], before=last_week, value="s2"),
    Situation("task cleared after the class", STARTED, before=come_and_go,
              begin=-2, value="s1"),
    Situation("starts, room given by name", STARTED, [(0, come)], value="s1", params={"room_id": "algebra-1"}),
    Situation("starts, times from the room dict", STARTED, [(0, come)], value="s1", params={
        "room_id": lambda stage: stage.room.as_dict() | {"starts_at": stage.at(0).isoformat()}, **NO_WINDOW}),
    Situation("starts, no window", STARTED, [(0, come)], value="s1", params=NO_WINDOW),
    # -- ends
    Situation("ends", ENDED, [(0, come), (60, go)], value=class_value((0, 60))),
    Situation("ends early, at the class's end", ENDED, [(0, come), (40, go)], value=class_value((0, 40))),
    Situation("mic test and class", ENDED, [(-20, come), (-15, go), (0, come), (60, go)],
              value=class_value((-20, -15), (0, 60))),
    Situation("break", ENDED, [(0, come), (25, go), (35, come), (60, go)], value=class_value((0, 25), (35, 60))),
    Situation("reopens just before the end", ENDED, [(0, come), (50, go), (56, come), (70, go)],
              value=class_value((0, 50), (56, 70))),
    Situation("runs over", ENDED, [(0, come), (95, go)], value=class_value((0, 95))),
    Situation("next class in the same room", ENDED, [(0, come), (60, go), (64, come)], value=class_value((0, 60))),
    Situation("same room last week: ends", ENDED, [(0, come), (60, go)], before=last_week,
              value=class_value((0, 60), first=2)),
    Situation("room closed early", ENDED, [(0, come), (30, go), (31, close)], value=class_value((0, 30))),
    Situation("over, and nobody came", ENDED, value=class_value()),
    Situation("over, and nobody came, skip", ENDED, how="skip", params={"on_no_show": "skip"}),
    Situation("ends, no end given", ENDED, [(-20, come), (-15, go), (0, come), (45, go)], params={"ends_at": None},
              value=class_value((-20, -15), (0, 45))),
    Situation("ends, no window", ENDED, [(0, come), (45, go)], params=NO_WINDOW, value=class_value((0, 45))),
    # -- recordings
    Situation("recording ready", RECORDED, _RECORDED_CLASS, value=READY, recording="ready"),
    Situation("recording late", RECORDED, [*_RECORDED_CLASS[:2], (60, lambda stage: None), (58, go), (100, finish_recording)],
              value=READY, recording="ready"),
    Situation("recording never made", RECORDED, [(0, come), (60, go)], how="skip", recording="late"),
    Situation("recording never made, fail", RECORDED, [(0, come), (60, go)], how="RecordingMissingError",
              params={"on_missing": "fail"}, recording="late"),
    Situation("recording failed", RECORDED, [*_RECORDED_CLASS, (60, fail_recording)],
              how=By(lambda traits: traits.recording_failed),
              recording=By(lambda traits: "late" if traits.recording_failed == "skip" else "failed")),
    Situation("recording, and nobody came", RECORDED, how="skip"),
    # -- vendors and networks
    Situation("one 503", STARTED, [(-10, fault(status=503, times=20)), (0, come)], value="s1"),
    Situation("one 429", STARTED, [(-10, fault(status=429, headers={"Retry-After": "0.1"}, times=3)), (0, come)], value="s1"),
    Situation("connections cut", ENDED, [(0, come), (20, fault("drop_before", times=10)), (60, go)],
              value=class_value((0, 60))),
    Situation("vendor clock behind: starts", STARTED, [(0, come)], behind=118, value="s1", params=NO_WINDOW, begin=0),
    Situation("vendor clock behind: ends", ENDED, [(0, come), (60, go)], behind=118, value=class_value((-2, 58))),
    Situation("key refused until its secret is looked up again", STARTED, [(-10, refused_once), (0, come)], value="s1"),
    Situation("key refused for good", STARTED, [(-10, fault(status=401, times=-1))], how="AuthenticationError"),
    Situation("key refused for good, soft_fail", STARTED, [(-10, fault(status=401, times=-1))], how="skip",
              params={"soft_fail": True}),
    Situation("times out", STARTED, how="AirflowSensorTimeout", params={"timeout": 1200.0}),
    Situation("times out, soft_fail", STARTED, how="skip", params={"timeout": 1200.0, "soft_fail": True}),
    Situation("times out, never_fail", STARTED, how="skip", params={"timeout": 1200.0, "never_fail": True}),
    Situation("workers and triggerers restarted", ENDED, [(0, come), (60, go)], restarts=(-5, 20, 55),
              value=class_value((0, 60))),
    # -- bad input
    Situation("unknown room", STARTED, how="NotFoundError", params={"room_id": "no-such-room"}, url=False),
    Situation("unknown room, soft_fail", STARTED, how="skip", params={"room_id": "no-such-room", "soft_fail": True},
              url=False),
    Situation("room of another vendor", ENDED, how="InvalidSpecError", url=False,
              params={"room_id": {"vendor": "another", "id": "1"}}),
    Situation("kind the vendor does not make", RECORDED, how="UnsupportedError", url=False,
              params=By(lambda traits: {"kind": next(iter(traits.vendor.no_recordings))}),
              only=lambda traits: bool(traits.vendor.no_recordings)),
    Situation("no time zone", ENDED, how="InvalidSpecError", params={"ends_at": "2026-11-20T10:00:00"}, url=False),
)  # fmt: skip
