"""What vanishes together is one finding with its class and who mends it; alone, it is a fault of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sites import DECLARED, NOW, camera, healthy_camera, healthy_device, observed, without
from sites import site as site_of

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration
from drivers.details import Host
from drivers.footage import Channel, Channels, ChannelState
from drivers.model import Device, Fact, Observation, Reason, Streams, Unavailable

OF_BOX: tuple[Fact, ...] = ("identity", "clock", "services", "disks")
OF_CAMERA: tuple[Fact, ...] = ("streams", "masks", "overlays", "recordings", "access", "picture", "audio")


def silent_box(name: str, reason: Reason = "deadline") -> tuple[Observation, ...]:
    return observed(f"device:{name}", *(Unavailable(fact, reason) for fact in OF_BOX))


def silent_camera(name: str, reason: Reason = "deadline") -> tuple[Observation, ...]:
    return observed(f"camera:{name}", *(Unavailable(fact, reason) for fact in OF_CAMERA))


def host(uptime_s: int) -> tuple[Observation, ...]:
    return observed("site", Host(0.1, 0.4, 50_000_000_000, 100_000_000_000, uptime_s))


def two_boxes(hosts: tuple[str, ...] = ("10.0.0.1", "10.0.0.2"), more: tuple[Declaration, ...] = ()) -> Site:
    cameras = tuple(camera(name, name) for name in "abcdef"[: len(hosts)])
    devices = tuple(Device(c.camera.id, where, 80, "onvif") for c, where in zip(cameras, hosts, strict=True))
    return site_of(*cameras, devices=devices, declarations=DECLARED + more)


def judge(a_site: Site, *facts: tuple[Observation, ...]) -> dict[str, Finding]:
    return {f.key: f for f in run_checks(a_site, gather(sum(facts, ())), NOW)}


def roots(found: dict[str, Finding]) -> list[str]:
    return [
        key
        for key, f in found.items()
        if f.status in ("fail", "warn") and not f.caused_by and f.check in ("camera-online", "shared-fault")
    ]


def hidden(found: dict[str, Finding]) -> set[str]:
    return {key for key, f in found.items() if f.caused_by == "shared-fault site"}


def well(name: str) -> tuple[Observation, ...]:
    return without(healthy_device(name), Host) + healthy_camera(name)


def gone(name: str) -> tuple[Observation, ...]:
    return silent_box(name) + silent_camera(name)


def test_all_devices_gone_while_the_gateway_ran_on_is_one_fault_of_the_network() -> None:
    found = judge(two_boxes(), host(90_000), gone("a"), gone("b"))
    one = found["shared-fault site"]
    assert roots(found) == ["shared-fault site"]
    assert hidden(found) >= {"camera-online camera:a", "camera-online camera:b"}
    assert (one.status, one.evidence["fault_class"], one.evidence["responsible"]) == (
        "fail", "network-group", "maintainer",
    )  # fmt: skip
    assert one.evidence["fault_why"] == "all devices vanished while the gateway ran on"


def test_all_devices_gone_and_a_gateway_that_has_just_booted_is_a_loss_of_power() -> None:
    found = judge(two_boxes(), host(600), gone("a"), gone("b"))
    one = found["shared-fault site"]
    assert (one.reason, one.evidence["fault_class"], one.evidence["responsible"]) == ("power", "power", "operator")


def test_without_a_word_of_the_gateway_nothing_is_said_of_power() -> None:
    assert judge(two_boxes(), gone("a"), gone("b"))["shared-fault site"].reason == "network-group"


def test_one_of_two_devices_is_a_fault_of_its_own() -> None:
    found = judge(two_boxes(), host(600), gone("a"), well("b"))
    assert roots(found) == ["camera-online camera:a"]
    assert found["shared-fault site"].status == "pass"
    assert found["camera-online camera:a"].evidence["fault_class"] == "camera"


def test_the_devices_of_one_network_are_one_fault_and_the_others_none() -> None:
    a_site = two_boxes(("10.0.0.1", "10.0.0.2", "10.0.1.1"))
    found = judge(a_site, host(90_000), gone("a"), gone("b"), well("c"))
    assert roots(found) == ["shared-fault site"]
    assert found["shared-fault site"].evidence["groups"] == [
        {"where": "10.0.0.0/24", "count": 2, "why": "all devices of one network vanished, others answer"}
    ]


def test_a_name_in_the_place_of_an_address_is_in_no_network() -> None:
    a_site = two_boxes(("cam-a.example", "cam-b.example", "10.0.1.1"))
    found = judge(a_site, host(90_000), gone("a"), gone("b"), well("c"))
    assert roots(found) == ["camera-online camera:a", "camera-online camera:b"]


def test_a_silent_recorder_leaves_its_cameras_unknown() -> None:
    a_site = site_of(camera("gate"), camera("yard"))
    found = judge(a_site, host(90_000), silent_box("box"), silent_camera("gate"), silent_camera("yard"))
    assert roots(found) == ["camera-online device:box"]
    assert found["camera-online device:box"].evidence["fault_class"] == "recorder"
    for name in ("gate", "yard"):
        child = found[f"camera-online camera:{name}"]
        assert (child.status, child.caused_by) == ("unknown", "camera-online device:box")


def behind(*states: ChannelState) -> tuple[Observation, ...]:
    channels = Channels(tuple(Channel(n, f"c{n}", state) for n, state in enumerate(states, 1)))
    return healthy_device() + observed("device:box", channels)


def recorder_of_two() -> Site:
    second = camera("yard")
    return site_of(camera("gate"), replace(second, camera=replace(second.camera, channel=2)))


def test_a_recorder_that_has_lost_every_camera_is_one_fault_of_the_network_behind_it() -> None:
    no_picture = silent_camera("gate", "fault") + silent_camera("yard", "fault")
    found = judge(recorder_of_two(), behind("offline", "offline"), no_picture)
    assert roots(found) == ["shared-fault site"]
    assert hidden(found) >= {"camera-online camera:gate", "camera-online camera:yard"}


def test_one_lost_camera_behind_a_recorder_is_its_own_fault() -> None:
    found = judge(
        recorder_of_two(), behind("offline", "online"), silent_camera("gate", "fault"), healthy_camera("yard")
    )
    assert roots(found) == ["camera-online camera:gate"]
    assert found["camera-online camera:gate"].evidence["fault_class"] == "camera"


@pytest.mark.parametrize("reason", ["refused", "not-tried"])
def test_a_refused_login_is_the_operator_s_and_never_a_shared_fault(reason: Reason) -> None:
    refused = (
        silent_box("a", reason) + silent_camera("a", reason) + silent_box("b", reason) + silent_camera("b", reason)
    )
    found = judge(two_boxes(), host(600), refused)
    one = found["camera-online camera:a"]
    assert (one.caused_by, one.evidence["fault_class"], one.evidence["responsible"]) == ("", "credential", "operator")


def test_an_answer_that_says_nothing_stays_unknown() -> None:
    found = judge(two_boxes(), host(600), well("b"), silent_box("a", "malformed"), silent_camera("a", "malformed"))
    assert found["camera-online camera:a"].evidence["fault_class"] == "unknown"


def test_nothing_seen_at_all_is_neither_a_shared_fault_nor_a_pass() -> None:
    found = judge(two_boxes())["shared-fault site"]
    assert (found.status, found.reason) == ("unknown", "not-looked-at")


def test_whoever_is_declared_to_mend_it_is_named() -> None:
    word = Declaration("maintainer", "Jinbei Security", "Li Na", date(2026, 1, 31))
    found = judge(two_boxes(more=(word,)), host(600), gone("a"), well("b"))
    assert found["camera-online camera:a"].evidence["responsible_name"] == "Jinbei Security"
    others = replace(word, value="Other firm", cameras=("b",))
    found = judge(two_boxes(more=(word, others)), host(90_000), gone("a"), gone("b"))
    assert "responsible_name" not in found["shared-fault site"].evidence


def test_a_camera_without_streams_is_no_silent_device() -> None:
    found = judge(two_boxes(), host(600), well("b"), healthy_device("a"), observed("camera:a", Streams(())))
    assert found["shared-fault site"].status == "pass"
