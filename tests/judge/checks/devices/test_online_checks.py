"""Cameras behind a recorder: what it says of its channels explains a missing picture, and never outweighs a picture."""

from __future__ import annotations

import pytest
from sites import NOW, camera, healthy, healthy_device, observed, site

from agent.judge.checks.devices import online
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from drivers.footage import Channel, Channels, ChannelState
from drivers.model import Observations, Stream, Streams, Unavailable


def judged(*groups: Observations) -> Finding:
    facts = gather(o for group in groups for o in group)
    (finding,) = online.CHECK.run(online.CHECK, site(camera()), facts, NOW)
    return finding


def channel(state: ChannelState, number: int = 1) -> Observations:
    return observed("device:box", Channels((Channel(number, "Gate", state, "networkAbnormal", "192.0.2.7"),)))


NO_PICTURE = observed(
    "camera:gate", Streams((Stream("main", "rtsp://192.0.2.1/1"),)), Unavailable("picture", "fault", "404", "main")
)


def test_a_camera_that_its_recorder_has_lost_fails_with_the_recorder_s_word() -> None:
    finding = judged(healthy_device(), channel("offline"), NO_PICTURE)
    assert (finding.status, finding.reason) == ("fail", "channel-offline")
    assert "networkAbnormal" in str(finding.message)
    assert finding.evidence == {"channel": 1, "word": "networkAbnormal", "host": "192.0.2.7"}


def test_a_picture_outweighs_what_the_recorder_says() -> None:
    assert judged(healthy(), channel("offline")).status == "pass"


@pytest.mark.parametrize("told", [channel("online"), channel("unknown"), channel("empty"), channel("offline", 2)])
def test_other_words_and_other_channels_leave_the_camera_s_own_reason(told: Observations) -> None:
    finding = judged(healthy_device(), told, NO_PICTURE)
    assert (finding.status, finding.reason) == ("unknown", "fault")
