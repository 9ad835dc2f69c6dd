"""Cameras behind a recorder: what it says of its channels explains a missing picture, and never outweighs a picture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sites import NOW, camera, healthy, healthy_device, observed, picture, site

from agent.judge.checks.devices import online
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.pictures.turns import REMEMBERED
from agent.observe.pictures.view_memory import CameraQuality, SnapshotMark
from agent.observe.remembered.value import Remembered
from drivers.footage import Channel, Channels, ChannelState
from drivers.model import Observations, Unavailable
from drivers.picture import PictureSeen, Stream, Streams


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


def test_a_video_source_that_its_device_lists_no_more_is_a_camera_that_is_lost() -> None:
    finding = judged(healthy_device(), observed("camera:gate", Streams((), lost=True)))
    assert (finding.status, finding.reason) == ("fail", "lost")


def test_pictures_in_which_nothing_is_seen_are_no_camera_in_order() -> None:
    blank = tuple(
        replace(one, value=replace(one.value, contrast=0.0)) if isinstance(one.value, PictureSeen) else one
        for one in healthy()
    )
    assert (judged(blank).status, judged(blank).reason) == ("warn", "blank")


def test_a_picture_of_a_camera_that_its_recorder_has_lost_proves_nothing() -> None:
    """Recorders send a card that says so, or the last picture that came."""
    finding = judged(healthy(), channel("offline"))
    assert (finding.status, finding.reason) == ("unknown", "channel-offline")
    assert judged(healthy(), channel("online")).status == "pass"
    assert judged(healthy(), channel("offline", 2)).status == "pass"


def test_an_input_without_a_signal_is_a_camera_that_is_lost_and_one_that_was_never_there_is_not() -> None:
    def told(word: str) -> Observations:
        channels = Channels((Channel(1, "Gate", "empty", word),))
        return healthy_device() + observed("device:box", channels) + observed("camera:gate", Streams(()))

    finding = judged(told("NO VIDEO"))
    assert (finding.status, finding.reason, finding.caused_by) == ("fail", "signal-lost", "")
    assert (judged(told("no address")).status, judged(told("no address")).reason) == ("unknown", "channel-empty")


def test_a_picture_of_an_input_without_a_signal_is_its_recorder_s_card() -> None:
    def told(word: str) -> Finding:
        return judged(healthy(), observed("device:box", Channels((Channel(1, "Gate", "empty", word),))))

    assert (told("NO VIDEO").status, told("NO VIDEO").reason) == ("fail", "signal-lost")
    assert told("no address").status == "pass"


BOTH = observed(
    "camera:gate", Streams((Stream("snapshot", "http://192.0.2.1/1"), Stream("main", "rtsp://192.0.2.1/1")))
)


def test_a_snapshot_beside_a_stream_that_refuses_is_not_online_and_where_there_is_no_stream_it_is() -> None:
    snapshot = observed("camera:gate", picture("snapshot"))
    refused = observed("camera:gate", Unavailable("picture", "refused", path="main"))
    finding = judged(healthy_device(), BOTH, snapshot, refused)
    assert (finding.status, finding.reason, finding.evidence["why"]) == ("unknown", "snapshot-only", "refused")
    assert judged(healthy_device(), BOTH, snapshot).reason == "snapshot-only"
    only = observed("camera:gate", Streams((Stream("snapshot", "http://192.0.2.1/1"),)))
    assert judged(healthy_device(), only, snapshot).status == "pass"


def test_one_snapshot_for_ever_is_not_online_where_there_is_no_stream() -> None:
    only = observed("camera:gate", Streams((Stream("snapshot", "http://192.0.2.1/1"),)))
    facts = (*healthy_device(), *only, *observed("camera:gate", picture("snapshot")))

    def status(looks: int) -> str:
        mark = SnapshotMark("0" * 64, NOW - timedelta(hours=1), NOW, looks)
        remembered = Remembered(quality={"gate": CameraQuality(snapshot=mark)})
        (finding,) = online.CHECK.run(online.CHECK, site(camera()), gather(facts, remembered=remembered), NOW)
        return f"{finding.status} {finding.reason}".strip()

    assert [status(looks) for looks in (2, 3)] == ["pass", "unknown snapshot-frozen"]


def test_a_stream_without_a_turn_counts_as_it_was_found_last() -> None:
    snapshot = observed("camera:gate", picture("snapshot"))
    kept = tuple(replace(one, method=REMEMBERED) for one in observed("camera:gate", picture("main")))
    assert judged(healthy_device(), BOTH, snapshot, kept).status == "pass"


@pytest.mark.parametrize("told", [channel("online"), channel("unknown"), channel("empty"), channel("offline", 2)])
def test_other_words_and_other_channels_leave_the_camera_s_own_reason(told: Observations) -> None:
    finding = judged(healthy_device(), told, NO_PICTURE)
    assert (finding.status, finding.reason) == ("unknown", "fault")
