"""A channel with a camera that nobody configured is a finding, seen twice, and so is a camera that left site.toml."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sites import NOW, camera, healthy, observed, site

from agent.judge.checks.devices.inventory import UNDECLARED
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.inventory.unconfigured import Inventory, update_configured, update_strays
from agent.observe.remembered.value import EMPTY
from agent.site.config.site import Discovery, Ignored, Site
from drivers.details import VideoSource, VideoSources
from drivers.footage import Channel, Channels
from drivers.model import Observation

OURS = Channel(1, "gate", "online", host="192.0.2.65")
HIDDEN = Channel(3, "", "online")
ASKED = Discovery(interfaces=("192.0.2.9",))
HERE = site(camera(), discovery=ASKED)


def listed(*channels: Channel) -> tuple[Observation, ...]:
    return healthy() + observed("device:box", Channels(channels))


def judged(a_site: Site, *looks: tuple[Observation, ...]) -> Finding:
    strays: dict[str, int] = {}
    for told in looks:
        strays = update_strays(a_site, told, strays)
    facts = gather(looks[-1], remembered=replace(EMPTY, inventory=Inventory(strays=strays)))
    (found,) = UNDECLARED.run(UNDECLARED, a_site, facts, NOW)
    return found


def test_a_channel_with_a_camera_that_nobody_configured_fails_once_it_was_seen_twice() -> None:
    once, twice = judged(HERE, listed(OURS, HIDDEN)), judged(HERE, *[listed(OURS, HIDDEN)] * 2)
    assert (once.status, once.reason) == ("unknown", "not-yet-counted")
    assert (twice.status, twice.reason, twice.evidence["channels"]) == ("fail", "undeclared-channel", ["box/3"])
    assert judged(HERE, listed(OURS, HIDDEN), listed(OURS)).status == "pass"


def test_a_recorder_that_is_silent_for_a_look_is_not_forgiven_and_one_that_is_configured_is() -> None:
    looks = [listed(OURS, HIDDEN)] * 2 + [healthy()]
    assert judged(HERE, *looks).status == "fail"
    third = replace(camera("third"), camera=replace(camera("third").camera, channel=3))
    assert judged(site(camera(), third, discovery=ASKED), *looks[:2]).status == "pass"


def test_a_recorder_that_tells_no_channels_leaves_open_whether_all_are_configured() -> None:
    both = site(camera(), camera("yard"), discovery=ASKED)
    untold, silent = judged(both, healthy()), judged(both, ())
    assert (untold.status, untold.reason, untold.caused_by) == ("unknown", "channels-not-told", "")
    assert (silent.status, silent.caused_by) == ("unknown", "camera-online device:box")
    assert judged(both, listed(OURS, Channel(2, "yard", "online"))).status == "unknown"


def test_slots_without_a_camera_are_no_channels() -> None:
    slots = (Channel(2, "", "empty"), Channel(4, "Channel 4", "unknown"), Channel(5, "", "offline", "Unconnect"))
    assert judged(HERE, *[listed(OURS, *slots)] * 2).status == "pass"
    lost = Channel(6, "", "offline", "netUnreachable", host="192.0.2.66")
    assert judged(HERE, *[listed(OURS, lost)] * 2).evidence["channels"] == ["box/6"]


def test_video_sources_count_too() -> None:
    sources = VideoSources(tuple(VideoSource(n, f"vs{n}", "", 0, 0, 2) for n in (1, 2)))
    assert judged(HERE, *[healthy() + observed("device:box", sources)] * 2).evidence["channels"] == ["box/2"]


def test_a_channel_may_be_ignored_by_name_and_that_is_said_where_discovery_is_off_too() -> None:
    ignored = (Ignored("the till's own camera", "Li Na", "2026-11-01", channel="box/3"),)
    assert (
        judged(site(camera(), discovery=replace(ASKED, ignore=ignored)), *[listed(OURS, HIDDEN)] * 2).status == "pass"
    )
    assert judged(site(camera()), *[listed(OURS, HIDDEN)] * 2).status == "fail"
    assert judged(site(camera()), listed(OURS)).reason == "discovery-off"


def test_a_camera_that_left_the_configuration_is_told_for_a_month() -> None:
    both, day = site(camera(), camera("yard"), discovery=ASKED), timedelta(days=1)
    configured = update_configured(both, {}, NOW - day)
    for days, status in ((0, "warn"), (28, "warn"), (30, "pass")):
        kept = update_configured(HERE, configured, NOW + days * day)
        facts = gather(listed(OURS), remembered=replace(EMPTY, inventory=Inventory(configured=kept)))
        (found,) = UNDECLARED.run(UNDECLARED, HERE, facts, NOW)
        assert found.status == status, days
    assert (found.reason, "yard" in str(kept)) == ("", False)
    back = gather(
        listed(OURS),
        remembered=replace(EMPTY, inventory=Inventory(configured=update_configured(both, configured, NOW))),
    )
    assert UNDECLARED.run(UNDECLARED, both, back, NOW)[0].status == "pass"
