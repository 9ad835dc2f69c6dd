"""Discovery joined with the configuration: what is unknown is named once, and what is known in every way it can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sites import NOW, camera, observed, site

from agent.observe.facts.facts import NetworkFacts, gather
from agent.observe.inventory.stocktake import (
    ONE_BOX,
    TWO_BOXES,
    MatchedAnswer,
    ambiguous,
    configured_boxes,
    empty_channels,
    network_facts,
    stock_of,
    take_stock,
)
from agent.observe.remembered.look import Look
from agent.observe.remembered.table import OBSERVED, fold
from agent.observe.remembered.value import EMPTY, Remembered
from agent.site.config.site import Discovery, Ignored, Site
from drivers.discovery.answer import Discovered, Sweep
from drivers.footage import Channel, Channels
from drivers.model import Device, Identity, Observation, Unavailable
from drivers.picture import Stream, Streams

MAC = "44:19:b6:00:00:01"


def found(address: str, *xaddrs: str, endpoint: str = "", mac: str = "") -> Discovered:
    scopes = (f"onvif://www.onvif.org/MAC/{mac}",) if mac else ()
    return Discovered(address, endpoint or f"urn:uuid:{address}", (), scopes, xaddrs, (address,))


def devices(*rows: tuple[str, str, int]) -> Site:
    """Return a site of devices: id, host, port."""
    return replace(site(), devices=tuple(Device(id_, host, port, "onvif") for id_, host, port in rows))


def standing(placed: tuple[MatchedAnswer, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.address, one.standing, one.devices) for one in placed]


@pytest.mark.parametrize(
    ("one", "address"),
    [
        (found("192.0.2.1", "http://192.0.2.1/onvif/device_service"), "192.0.2.1:80"),
        # A recorder with several addresses is one device, whichever of them it answers from.
        (found("10.0.0.9", "http://10.0.0.9/onvif", "http://192.0.2.1:80/onvif"), "10.0.0.9:80"),
        # A private host in the service address, the configured one under the answer.
        (found("192.0.2.1", "http://10.0.0.9/onvif"), "10.0.0.9:80"),
        # A wrong port, but nobody else is there.
        (found("192.0.2.1", "http://192.0.2.1:8899/onvif"), "192.0.2.1:8899"),
        (found("192.0.2.1"), "192.0.2.1"),
        (found("192.0.2.1", "http://[::bad:99999", "rtsp://\x1b[2J/"), "192.0.2.1"),
    ],
)
def test_a_configured_device_is_known_by_any_of_its_addresses(one: Discovered, address: str) -> None:
    assert standing(take_stock(devices(("box", "192.0.2.1", 80)), [one])) == [(address, "configured", ("box",))]


def test_another_service_of_a_host_with_several_devices_is_not_guessed_to_be_one_of_them() -> None:
    a_site = devices(("a", "192.0.2.1", 8001), ("b", "192.0.2.1", 8002))
    placed = take_stock(a_site, [found("192.0.2.1", "http://192.0.2.1:8003/")])
    assert standing(placed) == [("192.0.2.1:8003", "undeclared", ())]


def test_two_boxes_that_answer_from_one_host_are_told_apart_by_their_ports() -> None:
    answers = [
        found("192.0.2.1", "http://192.0.2.1:8001/", endpoint="urn:uuid:1"),
        found("192.0.2.1", "http://192.0.2.1:8002/", endpoint="urn:uuid:2"),
    ]
    assert [one.standing for one in take_stock(devices(("a", "192.0.2.1", 8001)), answers)] == [
        "configured",
        "undeclared",
    ]


def test_a_configured_host_name_is_known_by_its_address() -> None:
    a_site = devices(("box", "Cam.local", 80))
    one = found("192.0.2.1", "http://192.0.2.1/")
    assert take_stock(a_site, [one], {"Cam.local": ("192.0.2.1",)})[0].devices == ("box",)
    assert take_stock(a_site, [one])[0].standing == "undeclared"
    assert take_stock(a_site, [found("192.0.2.1", "http://CAM.local/")])[0].devices == ("box",)


def test_an_unknown_device_is_named_by_the_service_at_the_address_that_it_answered_from() -> None:
    one = found("192.0.2.7", "http://169.254.1.1/", "https://192.0.2.7/onvif", "http://[fe80::1]/")
    (placed,) = take_stock(devices(("box", "192.0.2.1", 80)), [one])
    assert (placed.address, placed.tls, placed.standing) == ("192.0.2.7:443", True, "undeclared")


def test_an_ipv6_address_stands_in_brackets() -> None:
    (placed,) = take_stock(devices(("box", "fd00::1", 80)), [found("fd00::1", "http://[fd00::1]/onvif")])
    assert (placed.address, placed.devices) == ("[fd00::1]:80", ("box",))


@pytest.mark.parametrize("behind", ["192.0.2.7", "192.0.2.7:80", MAC])
def test_a_camera_behind_a_configured_recorder_is_known(behind: str) -> None:
    one = found("192.0.2.7", "http://192.0.2.7/", mac=MAC)
    placed = take_stock(devices(("nvr", "192.0.2.1", 80)), [one], behind=frozenset({behind}))
    assert placed[0].standing == "behind"
    assert take_stock(devices(("nvr", "192.0.2.1", 80)), [one], behind=frozenset({"192.0.2.8"}))[0].standing != "behind"


@pytest.mark.parametrize(
    ("ignored", "standing_"),
    [
        ({"address": "192.0.2.7"}, "ignored"),
        ({"address": "192.0.2.7:80"}, "ignored"),
        ({"address": "192.0.2.7:81"}, "undeclared"),
        ({"address": "192.0.2.70"}, "undeclared"),
        ({"endpoint": "URN:uuid:192.0.2.7"}, "ignored"),
        ({"endpoint": "urn:uuid:192.0.2"}, "undeclared"),
    ],
)
def test_a_device_is_ignored_for_a_reason(ignored: dict[str, str], standing_: str) -> None:
    a_site = replace(site(), discovery=Discovery(ignore=(Ignored("intercom", "Li", "2026-01-31", **ignored),)))
    (placed,) = take_stock(a_site, [found("192.0.2.7", "http://192.0.2.7/")])
    assert (placed.standing, placed.reason) == (standing_, "intercom" if standing_ == "ignored" else "")


def test_two_boxes_at_one_address_and_one_box_at_two_are_said() -> None:
    a_site = devices(("a", "192.0.2.1", 80), ("b", "192.0.2.2", 80), ("c", "192.0.2.3", 80))
    answers = [
        found("192.0.2.1", "http://192.0.2.1/", endpoint="urn:uuid:1"),
        found("192.0.2.1", "http://192.0.2.1/", endpoint="urn:uuid:2"),
        found("192.0.2.2", "http://192.0.2.2/", "http://192.0.2.3/"),
    ]
    assert ambiguous(take_stock(a_site, answers)) == {"a": TWO_BOXES, "b": ONE_BOX, "c": ONE_BOX}
    assert ambiguous(take_stock(a_site, answers[1:2])) == {}


def test_an_empty_channel_is_no_camera_and_one_that_could_not_be_read_is_not_empty() -> None:
    a_site = site(*(camera(name, "nvr") for name in ("full", "empty", "silent", "unread")), camera("other", "lobby"))
    facts = gather(
        observed("camera:full", Streams((Stream("main", "rtsp://192.0.2.1/"),)))
        + observed("camera:empty", Streams(()))
        + observed("camera:silent", Unavailable("streams", "deadline"))
        + observed("camera:other", Streams(()))
    )
    assert empty_channels(a_site, facts, "nvr") == ("empty",)


STRANGER = found("192.0.2.7", "http://192.0.2.7/")


def look_around(
    a_site: Site, heard: Sweep, told: tuple[Observation, ...], before: Remembered, now: datetime
) -> tuple[NetworkFacts, Remembered]:
    """Take in one round of discovery, as a cycle does."""
    stock = stock_of(a_site, heard, told, now)
    after = fold(OBSERVED, before, Look(site=a_site, now=now, told=told, stock=stock))
    return network_facts(stock, after.sightings, configured_boxes(a_site, before.identities), now), after


def looks(a_site: Site, *rounds: Sweep, memory: Remembered = EMPTY) -> tuple[list[tuple[int, int]], Remembered]:
    """Look around once per period; return how many strangers and newcomers each look told of."""
    told = []
    for index, heard in enumerate(rounds):
        seen, memory = look_around(a_site, heard, (), memory, NOW + index * timedelta(seconds=a_site.period_s))
        told.append((len(seen.strangers), len(seen.newcomers)))
    return told, memory


def test_a_device_is_a_newcomer_until_it_was_seen_three_times() -> None:
    told, memory = looks(site(), *[Sweep((STRANGER,))] * 3, Sweep())
    assert told == [(0, 1), (0, 1), (1, 0), (1, 0)]
    # Declared, or ignored, it is forgotten at once, also while it is silent.
    declared = devices(("new", "192.0.2.7", 80))
    assert looks(declared, Sweep(), memory=memory)[0] == [(0, 0)]
    ignoring = replace(site(), discovery=Discovery(ignore=(Ignored("x", "Li", "2026-01-31", address="192.0.2.7"),)))
    assert looks(ignoring, Sweep((STRANGER,)), memory=memory)[0] == [(0, 0)]


def test_nobody_is_a_stranger_while_a_configured_name_has_no_address() -> None:
    a_site = devices(("box", "cam.local", 80))
    heard = Sweep((STRANGER,), names={"cam.local": ()})
    told, memory = looks(a_site, *[heard] * 4)
    assert told == [(0, 0)] * 4
    seen, _ = look_around(a_site, heard, (), memory, NOW)
    assert seen.failed == ("cam.local",)


@pytest.mark.parametrize(
    "channel",
    [
        Channel(1, "Gate", "online", host="192.0.2.7"),
        Channel(1, "Gate", "offline", host="192.0.2.7"),
        Channel(1, "Gate", "online", mac="44-19-B6-00-00-01"),
        Channel(1, "Gate", "online", mac="4419b6000001"),
    ],
)
def test_a_camera_that_a_recorder_lists_among_its_channels_is_nobody_s_stranger(channel: Channel) -> None:
    camera_ = found("192.0.2.7", "http://192.0.2.7/onvif", mac=MAC)
    a_site = devices(("nvr", "192.0.2.1", 80))
    told = observed("device:nvr", Channels((channel, Channel(2, "", "empty"))))
    seen, memory = look_around(a_site, Sweep((camera_,)), told, EMPTY, NOW)
    assert (seen.strangers, seen.newcomers, memory.sightings) == ((), (), ())
    other = observed("device:nvr", Channels((Channel(1, "Gate", "online", host="192.0.2.8", mac="no"),)))
    assert look_around(a_site, Sweep((camera_,)), other, EMPTY, NOW)[0].newcomers != ()


def test_a_flood_of_strangers_leaves_a_bounded_memory() -> None:
    flood = Sweep(tuple(found(f"10.0.{n >> 8}.{n & 255}") for n in range(2000)))
    _, memory = looks(site(), flood, flood)
    assert len(memory.sightings) == 256


def test_the_box_behind_each_declared_device_is_remembered_and_that_of_others_forgotten() -> None:
    identity = observed("device:box", Identity("ACME", "N8", "1.0", "42"))
    a_site = site(camera())
    before, memory = look_around(a_site, Sweep(), identity, EMPTY, NOW)
    assert (before.remembered, memory.identities["box"].mark.model) == ({}, "ACME N8")
    assert "42" not in repr(memory.identities), "of a serial number only its digest"
    after, _ = look_around(a_site, Sweep(), (), memory, NOW)
    assert after.remembered == memory.identities
    assert look_around(site(), Sweep(), (), memory, NOW)[1].identities == {}
