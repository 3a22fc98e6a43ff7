"""Requests to Twilio: bodies are forms."""

from __future__ import annotations

from play import Play


def test_a_form() -> None:
    play = Play("twilio_video")
    body = {
        "UniqueName": "a b",
        "VideoCodecs": ["VP8", "H264"],
        "RecordParticipantsOnConnect": True,
        "RecordingRules": [{"type": "include", "all": True}],
        "TranscriptionsConfiguration": {"languageCode": "de"},
        "MaxParticipants": 5,
    }
    play.run(play.vendor.post("/v1/Rooms", body), 201)
    (request,) = play.sent
    assert (request.body or b"").decode() == (
        "UniqueName=a+b&VideoCodecs=VP8&VideoCodecs=H264&RecordParticipantsOnConnect=true"
        "&RecordingRules=%5B%7B%22type%22%3A%22include%22%2C%22all%22%3Atrue%7D%5D"
        "&TranscriptionsConfiguration=%7B%22languageCode%22%3A%22de%22%7D&MaxParticipants=5"
    )
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
