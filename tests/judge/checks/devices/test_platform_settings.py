"""The link judged by its settings alone: each clause passes, fails and is unknown for its own reason; no lie passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from duty_sites import declared_site, judged, verdict, word
from sites import NOW, camera, healthy_camera, healthy_device, observed, observed_at

from agent.judge.checks.devices.platform_codes import Place, wrong_codes, wrong_times
from agent.observe.facts.facts import Facts, gather
from agent.observe.facts.link_tests import LinkTest, TestOutcome
from drivers.footage import Neighbour, PlatformLink, PlatformServer
from drivers.model import Camera

KEEPALIVE, CATALOG, PLAYABLE = "platform-keepalive", "platform-catalog-complete", "platform-stream-playable"
GATE, YARD = "14020000001320000001", "14020000001320000002"
SITE = declared_site(
    word("linked", True), cameras=(camera("gate"), camera("yard", camera=Camera("yard", "box", channel=2)))
)
WHOLE = PlatformServer(
    "GB28181", True, True, server_id="14020000002000000001", domain="1402000000", device_id="14020000001180000001",
    expires_s=3600, heartbeat_s=60, codes=((1, GATE), (2, YARD)), slot=1, filled=True, local_port=5060,
    heartbeat_misses=3, retry_s=60,
)  # fmt: skip


def told(*servers: PlatformServer) -> Facts:
    """Return facts in which the recorder lists these slots."""
    seen = healthy_device() + healthy_camera("gate") + healthy_camera("yard")
    return gather(seen + observed("device:box", PlatformLink(servers)))


def one(**changes: object) -> Facts:
    return told(replace(WHOLE, **changes))


def test_a_link_that_is_set_up_as_the_standard_has_it_passes_by_the_word_of_the_device_alone() -> None:
    for check in (KEEPALIVE, CATALOG):
        (finding,) = judged(check, SITE, told(WHOLE))
        assert (finding.status, finding.reason) == ("pass", ""), str(finding.message)
        assert {ground.level for ground in finding.rests_on} == {"told", "declared"}


TIMES: Mapping[str, tuple[Facts, tuple[str, str]]] = {
    "as low as it may be": (one(expires_s=3600, retry_s=60, heartbeat_s=60), ("pass", "")),
    "more often than it must": (one(heartbeat_s=30, heartbeat_misses=2), ("pass", "")),
    "a maker that tells neither retries nor losses": (one(retry_s=0, heartbeat_misses=0), ("pass", "")),
    "a registration of an hour less a second": (one(expires_s=3599), ("fail", "short-registration")),
    "tries again each second": (one(retry_s=1), ("fail", "hasty-retry")),
    "a rare heartbeat": (one(heartbeat_s=61), ("warn", "rare-heartbeat")),
    "patient": (one(heartbeat_misses=4), ("warn", "many-misses")),
    "rare, and not registered": (one(heartbeat_s=61, registered=False), ("warn", "rare-heartbeat")),
    "no heartbeat told": (one(heartbeat_s=0), ("unknown", "not-read-yet")),
    "no duration told": (one(expires_s=0), ("unknown", "not-read-yet")),
    "it does not say whether it is registered": (one(registered=None), ("unknown", "not-read-yet")),
    "it says that it is not": (one(registered=False), ("unknown", "not-read-yet")),
    "off, and online by its word": (one(enabled=False), ("unknown", "not-read-yet")),
    "two slots on one port": (told(WHOLE, replace(WHOLE, slot=2)), ("fail", "shared-port")),
    "two slots on two ports": (told(WHOLE, replace(WHOLE, slot=2, local_port=5061)), ("pass", "")),
    "the other on that port is off": (told(WHOLE, replace(WHOLE, slot=2, enabled=False)), ("pass", "")),
    "no port told": (told(replace(WHOLE, local_port=0), replace(WHOLE, slot=2, local_port=0)), ("pass", "")),
    "no slot": (told(), ("unknown", "not-read-yet")),
    "nothing told": (gather(healthy_device()), ("unknown", "not-read-yet")),
}  # fmt: skip


@pytest.mark.parametrize("case", TIMES)
def test_heartbeats_and_durations_are_held_to_the_standard(case: str) -> None:
    facts, expected = TIMES[case]
    assert verdict(KEEPALIVE, SITE, facts) == expected


def codes(*texts: str) -> tuple[tuple[int, str], ...]:
    return tuple(enumerate(texts, start=1))


EXAMPLES = codes("34020000001320000001", "34020000001320000002")
CODES: Mapping[str, tuple[Facts, tuple[str, str]]] = {
    "a gateway of the area": (one(server_id="14020000002090000001"), ("pass", "")),
    "a domain with the usual end": (one(domain="1402000000.spvmn.cn"), ("pass", "")),
    "a domain that is an address": (one(domain="platform.example:5060"), ("pass", "")),
    "a code short of a digit": (one(device_id="1402000000118000000"), ("fail", "malformed-code")),
    "digits of another script": (one(device_id="1402000000118000000\u0661"), ("fail", "malformed-code")),
    "a camera's code for a recorder of two": (one(device_id="14020000001320000009"), ("fail", "device-type")),
    "a platform's code for a recorder": (one(device_id="14020000002000000009"), ("fail", "device-type")),
    "a camera's code for the platform": (one(server_id="14020000001320000009"), ("fail", "platform-type")),
    "the domain of another": (one(domain="1401000000"), ("fail", "other-domain")),
    "the factory's example for the device": (one(device_id="34020000001180000001"), ("fail", "example-code")),
    "the factory's examples for channels": (one(codes=EXAMPLES), ("fail", "example-code")),
    "a recorder's code for a channel": (one(codes=codes(GATE, "14020000001180000002")), ("fail", "channel-type")),
    "one code for two": (one(codes=codes(GATE, GATE)), ("fail", "repeated-code")),
    "a channel of another centre": (one(codes=codes(GATE, "14020001001320000002")), ("warn", "other-centre")),
    "a channel short of a digit": (one(codes=codes(GATE, YARD[1:])), ("fail", "malformed-code")),
    "a camera without a code": (one(codes=codes(GATE)), ("fail", "not-in-catalog")),
    "no code of the device told": (one(device_id=""), ("unknown", "not-read-yet")),
    "no code of the platform told": (one(server_id=""), ("unknown", "not-read-yet")),
    "no domain told": (one(domain=""), ("unknown", "not-read-yet")),
    "no codes of channels told": (one(codes=()), ("unknown", "not-read-yet")),
    "half an answer of two slots": (told(WHOLE, replace(WHOLE, slot=2, codes=())), ("unknown", "not-read-yet")),
    "off, and in order": (one(enabled=False), ("unknown", "not-read-yet")),
    "no slot": (told(), ("unknown", "not-read-yet")),
}  # fmt: skip


@pytest.mark.parametrize("case", CODES)
def test_codes_are_held_to_the_standard(case: str) -> None:
    facts, expected = CODES[case]
    assert verdict(CATALOG, SITE, facts) == expected


def test_codes_of_another_area_and_of_the_examples_own_area_are_told_apart() -> None:
    away = one(
        device_id="11010000001180000001", codes=codes("11010000001320000001", "11010000001320000002"),
    )  # fmt: skip
    assert verdict(CATALOG, SITE, away) == ("warn", "other-area")
    in_wuhu = replace(SITE, division="340203")
    there = one(server_id="34020000002000000001", domain="3402000000", device_id="34020000001180000001", codes=EXAMPLES)
    assert verdict(CATALOG, in_wuhu, there) == ("pass", "")


@pytest.mark.parametrize(
    ("kind", "industry", "wrong"),
    [
        ("primary school", "11", False), ("小学", "55", False), ("小学", "00", False), ("小学", "92", False),
        ("小学", "49", True), ("hospital", "56", False), ("hospital", "11", True), ("银行网点", "49", False),
        ("warehouse", "49", False), ("", "49", False),
    ],
)  # fmt: skip
def test_an_industry_is_that_of_the_place_where_its_kind_is_known(kind: str, industry: str, wrong: bool) -> None:
    slot = replace(WHOLE, device_id=f"14020000{industry}1180000001")
    found = [flaw.reason for flaw in wrong_codes(slot, Place(division="140200", kind=kind))]
    assert ("other-industry" in found) is wrong


def test_the_kind_of_place_is_the_declared_one() -> None:
    school = declared_site(word("linked", True), word("place-kind", "primary school"), cameras=SITE.cameras)
    bank = one(device_id="14020000491180000001")
    assert verdict(CATALOG, school, bank) == ("warn", "other-industry")


def test_a_single_camera_may_be_a_recorders_or_its_own() -> None:
    slot = replace(WHOLE, codes=codes(GATE))
    for own in ("14020000001320000001", "14020000001180000001"):
        changed = replace(slot, device_id=own)
        assert [*wrong_codes(changed, Place(division="140200"))] == []
    assert [one.reason for one in wrong_codes(changed, Place(division="140200", has_several=True))] == []


def test_each_flaw_names_its_clause_and_its_slot_and_no_code() -> None:
    slot = replace(WHOLE, slot=3, device_id="34020000001180000001", expires_s=60, retry_s=1)
    (finding,) = judged(CATALOG, SITE, told(slot))
    assert "box, slot 3" in str(finding.message) and "annex E" in str(finding.message)
    assert finding.evidence["flaws"] == [
        {"device": "box", "slot": 3, "flaw": "example-code", "clause": "annex E"},
        {"device": "box", "slot": 3, "flaw": "other-centre", "clause": "annex E"},
        {"device": "box", "slot": 3, "flaw": "other-centre", "clause": "annex E"},
    ]
    assert [flaw.clause for flaw in wrong_times(slot)] == ["9.1.1 d", "9.1.1 c"]


def test_yesterdays_word_is_too_old_to_pass() -> None:
    stale = observed_at(observed("device:box", PlatformLink((WHOLE,))), NOW - timedelta(days=1))
    facts = gather(healthy_device() + healthy_camera("gate") + healthy_camera("yard") + stale)
    for check in (KEEPALIVE, CATALOG):
        assert verdict(check, SITE, facts)[0] == "unknown"


def after_test(outcome: TestOutcome, age: timedelta = timedelta(days=1)) -> Facts:
    return replace(told(WHOLE), link_tests={"box": LinkTest("S1", "box", NOW - age, outcome, ())})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (after_test("played"), ("pass", "")),
        (after_test("no-picture"), ("fail", "test-failed")),
        (after_test("not-registered"), ("unknown", "not-tested")),
        (after_test("played", timedelta(days=4000)), ("unknown", "not-tested")),
        (told(WHOLE), ("unknown", "not-tested")),
    ],
)
def test_a_picture_that_plays_is_one_of_a_self_test_and_no_word_of_the_device(
    facts: Facts, expected: tuple[str, str]
) -> None:
    (finding,) = judged(PLAYABLE, SITE, facts)
    assert (finding.status, finding.reason) == expected
    assert {ground.level for ground in finding.rests_on} <= {"seen", "declared"}
    assert finding.status != "unknown" or finding.quiet, "a person has to ask for it"


def test_one_recorder_of_two_that_was_tested_is_not_all() -> None:
    two = declared_site(word("linked", True), cameras=(camera("gate"), camera("yard", camera=Camera("yard", "box 2"))))
    two = replace(two, devices=(*two.devices, replace(two.devices[0], id="box 2")))
    facts = after_test("played")
    assert verdict(PLAYABLE, two, facts) == ("unknown", "not-tested")
    assert verdict(KEEPALIVE, two, facts) == ("unknown", "not-read-yet")


def test_what_else_is_on_in_a_recorder_stands_beside_its_link() -> None:
    beside = (Neighbour("cloud", True, True), Neighbour("isup", False), Neighbour("co-signing", None))
    seen = healthy_device() + healthy_camera("gate") + healthy_camera("yard")
    facts = gather(seen + observed("device:box", PlatformLink((WHOLE,), beside)))
    for check in ("platform-interface-configured", "platform-registered"):
        (finding,) = judged(check, SITE, facts)
        assert (finding.status, finding.evidence["beside"]) == ("pass", {"box": ["cloud"]})
