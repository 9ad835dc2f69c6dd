"""Undeclared devices and boxes that changed: one quiet finding for a network, one per device, and none by guess."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from footage_looks import facts_of
from sites import NOW, camera, healthy, healthy_camera, healthy_device, observed, site, without

from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import transitions
from agent.model.finding import Finding, is_waiting
from agent.observe.facts.facts import NO_NETWORK_FACTS, NetworkFacts, gather
from agent.observe.facts.sightings import BoxMark, KnownBox, Sighting, mark_of
from agent.observe.inventory.stocktake import ONE_BOX, TWO_BOXES
from agent.report.build import finding_json
from agent.site.config.site import Discovery
from drivers.model import Fact, Identity, Observation, Unavailable
from drivers.picture import Streams

HOUR = timedelta(hours=1)
BOX = KnownBox(mark_of(Identity("ACME", "N8", "1.0", "42")))


def stranger(number: int, times: int) -> Sighting:
    seen = tuple(NOW - HOUR * n for n in reversed(range(times)))
    return Sighting(f"192.0.2.{number}:80", "e" * 16, "m" * 16, seen[0], seen)


def judged(
    around: NetworkFacts, observations: tuple[Observation, ...] = healthy(), discovery: Discovery | None = None
) -> dict[str, Finding]:
    where = discovery or Discovery(interfaces=("192.0.2.9",))
    found = run_checks(site(camera(), discovery=where), gather(observations, around), NOW)
    return {f.check: f for f in found if f.check in ("undeclared-camera", "inventory-drift")}


@pytest.mark.parametrize(
    ("around", "status", "reason"),
    [
        (NO_NETWORK_FACTS, "pass", ""),
        (NetworkFacts(ignored=3), "pass", ""),
        (NetworkFacts(strangers=(stranger(7, 3),)), "fail", "undeclared"),
        (NetworkFacts(strangers=(stranger(7, 3),), failed=("192.0.2.9",)), "fail", "undeclared"),
        (NetworkFacts(newcomers=(stranger(7, 1),)), "unknown", "not-yet-counted"),
        (NetworkFacts(failed=("192.0.2.9",)), "unknown", "not-asked"),
        (NetworkFacts(failed=("192.0.2.9",), newcomers=(stranger(7, 1),)), "unknown", "not-asked"),
    ],
)
def test_what_answers_on_the_network_is_one_finding_of_the_site(around: NetworkFacts, status: str, reason: str) -> None:
    finding = judged(around)["undeclared-camera"]
    assert (finding.subject, finding.status, finding.reason) == ("site", status, reason)
    assert (finding.severity, finding.source.article) == ("major", "article 10; articles 7, 9")


@pytest.mark.parametrize("where", [{"addresses": ("192.0.2.64",)}, {"ranges": ("192.0.2.0/28",)}, {}])
def test_it_is_quiet_where_discovery_is_off_and_nowhere_else(where: dict[str, tuple[str, ...]]) -> None:
    finding = judged(NO_NETWORK_FACTS, discovery=Discovery(**where) if where else Discovery(wait_s=1.0))
    assert finding["undeclared-camera"].status == ("pass" if where else "unknown")
    assert where or is_waiting(finding["undeclared-camera"])


def test_the_finding_names_strangers_by_address_and_digest_and_stays_small() -> None:
    many = tuple(stranger(n, 3) for n in range(200))
    finding = judged(NetworkFacts(strangers=many))["undeclared-camera"]
    assert "200 devices" in str(finding.message) and "192.0.2.3:80, ..." in str(finding.message)
    assert finding.evidence["devices"][0] == {  # type: ignore[index]
        "address": "192.0.2.0:80",
        "mac_digest": "m" * 16,
        "first_at": "2026-11-24T10:00:00Z",
        "last_at": "2026-11-24T12:00:00Z",
    }
    assert len(json.dumps(finding_json(finding))) < 4096


def test_a_visitor_that_answers_one_look_makes_no_event() -> None:
    memory = Memory()
    for around in (NO_NETWORK_FACTS, NetworkFacts(newcomers=(stranger(7, 1),)), NO_NETWORK_FACTS):
        told, memory = transitions((judged(around)["undeclared-camera"],), memory, NOW)
        assert told == ()
    told, memory = transitions((judged(NetworkFacts(strangers=(stranger(7, 3),)))["undeclared-camera"],), memory, NOW)
    assert [(t.before, t.finding.status) for t in told] == [("pass", "fail")]


OTHER = without(healthy(), Identity) + observed("device:box", Identity("ACME", "N9", "1.0", "43"))
NAMELESS = without(healthy(), Identity) + observed("device:box", Identity("ACME", "N8", "1.0", "00000000"))
UNREAD = without(healthy(), Identity) + observed("device:box", Unavailable("identity", "refused"))
EMPTY = without(healthy(), Streams) + observed("camera:gate", Streams(()))


@pytest.mark.parametrize(
    ("around", "observations", "status", "reason"),
    [
        (NetworkFacts(remembered={"box": BOX}), healthy(), "pass", ""),
        (NO_NETWORK_FACTS, healthy(), "unknown", "nothing-remembered"),
        (NetworkFacts(remembered={"box": BOX}), OTHER, "warn", "replaced"),
        (NetworkFacts(remembered={"box": BOX}), NAMELESS, "unknown", "identity-not-told"),
        (NetworkFacts(remembered={"box": BOX}, doubled={"box": TWO_BOXES}), OTHER, "warn", "replaced"),
        (
            NetworkFacts(remembered={"box": BOX}, doubled={"box": TWO_BOXES}),
            healthy(),
            "warn",
            "two-devices-at-address",
        ),
        (NetworkFacts(remembered={"box": BOX}, doubled={"box": ONE_BOX}), UNREAD, "warn", "one-device-at-several"),
        (NetworkFacts(remembered={"box": BOX}), EMPTY, "warn", "channel-empty"),
        (NetworkFacts(remembered={"box": BOX}), UNREAD, "unknown", "refused"),
        (NO_NETWORK_FACTS, UNREAD, "unknown", "refused"),
    ],
)
def test_a_device_is_the_box_that_it_was_or_it_is_said(
    around: NetworkFacts, observations: tuple[Observation, ...], status: str, reason: str
) -> None:
    finding = judged(around, observations)["inventory-drift"]
    assert (finding.subject, finding.status, finding.reason) == ("device:box", status, reason)


def test_another_box_is_told_with_both_marks_and_no_serial_number() -> None:
    finding = judged(NetworkFacts(remembered={"box": BOX}), OTHER)["inventory-drift"]
    known, seen = BOX.mark, BoxMark("ACME N9", mark_of(Identity("", "", "", "43")).serial)
    assert finding.evidence == {
        "boxes": [
            {
                "subject": "device:box",
                "remembered": {"model": known.model, "serial_digest": known.serial, "mac_digests": []},
                "seen": {"model": seen.model, "serial_digest": seen.serial, "mac_digests": []},
            }
        ]
    }
    assert str(finding.message) == (
        "another box answers at its address, ACME N9 where ACME N8 was: find out who changed it"
    )


CHANNEL_FACTS: tuple[Fact, ...] = ("encoders", "audio", "masks", "overlays", "recordings", "picture", "access")


def on_an_empty_channel(name: str) -> tuple[Observation, ...]:
    """Return what the ONVIF driver and the capture tell of a camera whose channel has no video source."""
    missing = (Unavailable(one, "unsupported", "the channel has no video source") for one in CHANNEL_FACTS)
    return observed(f"camera:{name}", Streams(()), *missing)


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("others", [True, False])
def test_an_empty_channel_is_one_finding_of_its_device_and_no_check_passes_its_camera(
    recorded: bool, others: bool
) -> None:
    """`recorded` False: not even a recording is due of it, so that nothing was looked at and nothing is proven."""
    cameras = [camera("gate", recorded=recorded), *([camera("yard")] if others else [])]
    seen = healthy_device() + on_an_empty_channel("gate") + (healthy_camera("yard") if others else ())
    around = NetworkFacts(remembered={"box": BOX})
    found = run_checks(site(*cameras), facts_of(site(*cameras), seen, around), NOW)
    wrong = {f.key: f for f in found if f.status not in ("pass", "not_applicable") and not is_waiting(f)}
    roots = {key for key, finding in wrong.items() if not finding.caused_by}
    roots -= {"retention-days site", "osd-compliant site"}
    assert roots == {"inventory-drift device:box"}
    assert (wrong["inventory-drift device:box"].reason, wrong["inventory-drift device:box"].status) == (
        "channel-empty",
        "warn",
    )
    of_it = [f for f in found if f.subject == "camera:gate"]
    not_due = ("not-recorded", "no-design")
    assert len(of_it) >= 5 and {f.status for f in of_it if f.reason not in not_due} == {"unknown"}
    of_other = [
        f
        for f in found
        if f.subject == "camera:yard" and not is_waiting(f) and f.reason not in ("not-read-yet", *not_due)
    ]
    assert {f.status for f in of_other} <= {"pass"}
    assert wrong["camera-online camera:gate"].reason == "channel-empty"


def test_a_channel_that_could_not_be_read_is_not_said_to_be_empty() -> None:
    missing = (Unavailable(one, "malformed") for one in ("streams", *CHANNEL_FACTS))  # type: ignore[arg-type]
    seen = healthy_device() + observed("camera:gate", *missing)
    found = {f.key: f for f in run_checks(site(camera()), gather(seen, NetworkFacts(remembered={"box": BOX})), NOW)}
    assert found["inventory-drift device:box"].status == "pass"
    assert found["camera-online camera:gate"].reason == "malformed"


def test_a_certificate_that_nobody_vouches_for_is_told_as_that_and_not_as_a_cable() -> None:
    said = "GetServices: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    facts = ("streams", *CHANNEL_FACTS)
    missing = (Unavailable(one, "unreachable", said, cause="untrusted") for one in facts)  # type: ignore[arg-type]
    found = run_checks(site(camera()), gather(observed("camera:gate", *missing)), NOW)
    online = next(f for f in found if f.check == "camera-online")
    assert (online.status, online.reason) == ("fail", "unreachable") and "as ca" in str(online.message)
