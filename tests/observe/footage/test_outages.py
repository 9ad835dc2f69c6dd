"""Outages are what looks have seen: they end with the last look that found them, and are kept within bounds."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sites import DAY, NOW, camera, healthy, observed, site

from agent.observe.footage.outages import OUTAGES_MAX, PER_SUBJECT_MAX, Outage, from_data, to_data, update_outages
from agent.site.config.site import Site
from drivers.footage import Channel, Channels, ChannelState, Disk, Disks, DiskState, Store
from drivers.model import Identity, Observations, Reason, Unavailable
from drivers.picture import Streams

PERIOD = timedelta(minutes=15)
BOX = observed("device:box", Identity("ACME", "N8", "1.0", "42"))
WELL = healthy()


def silent(reason: Reason = "unreachable") -> Observations:
    return observed("device:box", Unavailable("identity", reason)) + observed(
        "camera:gate", Unavailable("streams", reason)
    )


def after(*looks: Observations, a_site: Site | None = None, every: timedelta = PERIOD) -> tuple[Outage, ...]:
    outages: tuple[Outage, ...] = ()
    for number, look in enumerate(looks):
        outages = update_outages(a_site or site(camera()), look, outages, NOW + number * every)
    return outages


def test_a_site_in_order_has_no_outages() -> None:
    assert after(WELL, WELL) == ()


def test_a_device_that_does_not_answer_is_one_outage_from_its_first_to_its_last_look() -> None:
    assert after(WELL, silent(), silent(), WELL) == (
        Outage("device:box", "silent", NOW + PERIOD, NOW + 2 * PERIOD, open=False),
    )


@pytest.mark.parametrize("reason", ["refused", "busy", "not-tried", "fault", "unsupported", "malformed"])
def test_an_answer_that_does_not_help_is_no_outage(reason: Reason) -> None:
    assert after(silent(reason)) == ()


def test_a_look_that_tells_nothing_certain_keeps_an_outage_open() -> None:
    (outage,) = after(silent(), silent("busy"), silent())
    assert (outage.start_at, outage.end_at, outage.open) == (NOW, NOW + 2 * PERIOD, True)


def test_between_looks_that_lie_far_apart_nothing_is_known() -> None:
    assert [one.start_at for one in after(silent(), silent(), every=DAY)] == [NOW, NOW + DAY]


def channels(state: ChannelState) -> Observations:
    return BOX + observed("device:box", Channels((Channel(1, "gate", state),)))


@pytest.mark.parametrize(("state", "kinds"), [("offline", ["offline"]), ("empty", ["offline"]), ("online", [])])
def test_a_recorder_says_which_of_its_cameras_is_offline(state: ChannelState, kinds: list[str]) -> None:
    found = after(channels(state))
    assert [(one.subject, one.kind) for one in found] == [("camera:gate", kind) for kind in kinds]


def test_a_state_that_a_recorder_does_not_know_changes_nothing() -> None:
    (outage,) = after(channels("offline"), channels("unknown"))
    assert outage.open
    (outage,) = after(channels("offline"), channels("online"))
    assert not outage.open


def test_a_channel_without_a_video_source_is_a_camera_that_is_offline() -> None:
    assert [one.subject for one in after(BOX + observed("camera:gate", Streams(())))] == ["camera:gate"]


def test_a_camera_is_silent_while_its_device_answers() -> None:
    found = after(BOX + observed("camera:gate", Unavailable("streams", "deadline")))
    assert [(one.subject, one.kind) for one in found] == [("camera:gate", "silent")]


def test_a_silent_camera_of_a_store_is_the_camera_s_outage_too() -> None:
    a_site = site(
        camera(store="disk", store_name="gate"), stores=(Store("disk", "segments", site().storage.directory),)
    )
    assert {one.subject for one in after(silent(), a_site=a_site)} == {"device:box", "camera:gate"}


def disks(*states: DiskState) -> Observations:
    return BOX + observed("device:box", Disks(tuple(Disk(f"hdd{n}", "HDD", s) for n, s in enumerate(states))))


@pytest.mark.parametrize("state", ["failed", "failing", "unformatted", "mismatched", "formatting"])
def test_a_disk_that_is_not_well_is_an_outage_of_its_recorder(state: DiskState) -> None:
    assert [(one.subject, one.kind) for one in after(disks("ok", state))] == [("device:box", "disk")]


def test_disks_that_are_well_or_of_which_nothing_is_known_are_none() -> None:
    assert after(disks("ok", "unknown")) == ()
    assert [one.open for one in after(disks("failed"), disks("ok"))] == [False]


def test_the_disks_of_this_host_are_those_of_the_site() -> None:
    found = after(WELL + observed("site", Disks((Disk("/dev/sda", "ATA", "failing"),))))
    assert [(one.subject, one.kind) for one in found] == [("site", "disk")]


def test_outages_are_forgotten_after_90_days_or_the_longest_floor() -> None:
    old = (Outage("device:box", "silent", NOW - 100 * DAY, NOW - 95 * DAY, open=False),)
    assert update_outages(site(camera()), WELL, old, NOW) == ()
    assert update_outages(site(camera(retention_days=120)), WELL, old, NOW) == old


def test_an_outage_from_the_future_is_one_by_a_wrong_clock() -> None:
    assert update_outages(site(camera()), WELL, (Outage("device:box", "silent", NOW + DAY, NOW + DAY),), NOW) == ()


def test_a_camera_that_flaps_does_not_push_out_the_others() -> None:
    outages: tuple[Outage, ...] = (Outage("device:other", "silent", NOW - DAY, NOW - DAY, open=False),)
    for number in range(200):
        look = silent() if number % 2 else WELL
        outages = update_outages(site(camera()), look, outages, NOW + number * PERIOD)
    assert len(outages) == PER_SUBJECT_MAX + 1
    assert outages[0].subject == "device:other"
    assert outages[-1].start_at == NOW + 199 * PERIOD


def test_there_are_never_more_outages_than_are_kept() -> None:
    many = tuple(
        Outage(f"camera:c{n}", "offline", NOW - n * PERIOD, NOW - n * PERIOD, open=False)
        for n in range(OUTAGES_MAX + 50)
    )
    assert len(update_outages(site(camera()), WELL, many, NOW)) == OUTAGES_MAX


def test_an_outage_survives_its_text() -> None:
    for outage in after(WELL, silent(), WELL, disks("failed")):
        assert from_data(json.loads(json.dumps(to_data(outage)))) == outage


@pytest.mark.parametrize("data", [[], ["device:box", "silent", "now", 1, True], ["device:box"]])
def test_a_text_of_something_else_is_refused(data: list[object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        from_data(data)
