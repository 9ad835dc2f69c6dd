"""The link to the police platform, judged by the recorder's own word; required points, judged by who covers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from duty_sites import FACTS, declared_site, judged, verdict, word
from sites import NOW, camera, healthy_camera, healthy_device, observed

from agent.judge.checks.table import run_checks
from agent.judge.wording.declared_words import FOLDED
from agent.model.finding import utc_text
from agent.observe.facts.facts import Facts, NetworkFacts, gather
from agent.observe.facts.link_tests import LinkTest, TestOutcome
from agent.observe.facts.sightings import BoxMark, KnownBox
from agent.site.config.site import Rules, Site
from drivers.footage import PlatformLink, PlatformServer
from drivers.model import CAMERA_FACTS, Camera, Reason, Unavailable

INTERFACE, REGISTERED, KEEPALIVE = "platform-interface-configured", "platform-registered", "platform-keepalive"
CATALOG, PLAYABLE = "platform-catalog-complete", "platform-stream-playable"
UNTESTED = "platform-facts-match unknown"
"""What is said of the catalogue until a self-test has read it, whatever else is so."""
LINKED = declared_site(
    word("linked", True), cameras=(camera("gate"), camera("yard", camera=Camera("yard", "box", channel=2)))
)
CODES = ((1, "14020000001320000001"), (2, "14020000001320000002"))


def server(registered: bool | None = True, enabled: bool = True, **changes: object) -> PlatformServer:
    return replace(PlatformServer("GB28181", enabled, registered, heartbeat_s=60, codes=CODES), **changes)


def with_link(*servers: PlatformServer) -> Facts:
    """Return facts in which the recorder lists these platforms."""
    seen = healthy_device() + healthy_camera("gate") + healthy_camera("yard")
    return gather(seen + observed("device:box", PlatformLink(servers)))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (with_link(server()), ("pass", "")),
        (with_link(server(enabled=False), server()), ("pass", "")),
        (with_link(), ("fail", "not-configured")),
        (with_link(server(enabled=False)), ("fail", "not-configured")),
        (with_link(server(kind="GA1400")), ("fail", "not-configured")),
        (FACTS, ("unknown", "not-read-yet")),
    ],
)
def test_every_recorder_of_a_linked_camera_is_set_up_for_a_platform(facts: Facts, expected: tuple[str, str]) -> None:
    assert verdict(INTERFACE, LINKED, facts) == expected


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ((server(True),), ("pass", "")),
        ((server(False),), ("fail", "not-registered")),
        ((server(None),), ("unknown", "not-read-yet")),
        ((server(True), server(False)), ("warn", "partly-registered")),
        ((server(True), server(False, enabled=False)), ("pass", "")),
        ((server(False), server(None)), ("fail", "not-registered")),
        ((), ("unknown", "not-read-yet")),
    ],
)
def test_a_recorder_says_whether_it_is_registered(
    servers: tuple[PlatformServer, ...], expected: tuple[str, str]
) -> None:
    assert verdict(REGISTERED, LINKED, with_link(*servers)) == expected


@pytest.mark.parametrize(
    ("codes", "own", "expected"),
    [
        (CODES, "", ("unknown", "not-read-yet")),
        (CODES, CODES[1][1], ("unknown", "not-read-yet")),
        (CODES, "14020000001320000009", ("fail", "not-in-catalog")),
        (CODES[:1], "", ("fail", "not-in-catalog")),
        ((), "", ("unknown", "not-read-yet")),
    ],
)
def test_a_camera_without_its_code_fails_and_the_platforms_own_list_is_unknown(
    codes: tuple[tuple[int, str], ...], own: str, expected: tuple[str, str]
) -> None:
    yard = camera("yard", camera=Camera("yard", "box", channel=2, code=own))
    a_site = replace(LINKED, cameras=(camera("gate"), yard))
    assert verdict(CATALOG, a_site, with_link(server(codes=codes))) == expected


def shown(facts: Facts) -> list[str]:
    """Return what is told of the link, without what hangs on another finding."""
    found = run_checks(LINKED, facts, NOW)
    return [
        f"{f.check} {f.status}"
        for f in found
        if f.check.startswith("platform") and f.status != "pass" and not f.caused_by
    ]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (with_link(server()), [f"{KEEPALIVE} unknown"]),
        (with_link(server(False)), [f"{REGISTERED} fail"]),
        (with_link(), [f"{INTERFACE} fail"]),
        (FACTS, [f"{INTERFACE} unknown"]),
    ],
)
def test_one_cause_is_one_finding(facts: Facts, told: list[str]) -> None:
    assert shown(facts) == [*told, UNTESTED]


UNLINKED: Mapping[str, tuple[Facts, tuple[str, str]]] = {
    "no place for a platform at all": (with_link(), ("fail", "no-interface")),
    "a link of another kind": (with_link(server(kind="GA1400")), ("fail", "no-interface")),
    "registered, by its own word": (with_link(server(True)), ("pass", "")),
    "set up and not registered": (with_link(server(False)), ("unknown", "interface-not-told")),
    "set up, and it does not say whether registered": (with_link(server(None)), ("unknown", "interface-not-told")),
    "a place that is switched off": (with_link(server(True, enabled=False)), ("unknown", "interface-not-told")),
    "nothing told": (FACTS, ("unknown", "interface-not-told")),
}


@pytest.mark.parametrize("case", UNLINKED)
def test_a_system_that_is_not_linked_must_have_the_interface_all_the_same(case: str) -> None:
    facts, expected = UNLINKED[case]
    (finding,) = judged(INTERFACE, declared_site(), facts)
    assert (finding.status, finding.reason) == expected
    assert {one.level for one in finding.rests_on} <= {"told", "declared"}, "nobody has seen it work"
    assert finding.status != "unknown" or finding.quiet, "it changes no exit code, and may be accepted by name"


DAY = timedelta(days=1)


def after_test(facts: Facts, outcome: TestOutcome = "played", age: timedelta = DAY, box: tuple[str, ...] = ()) -> Facts:
    """Return the facts with a self-test of the recorder."""
    return replace(facts, link_tests={"box": LinkTest("S1", "box", NOW - age, outcome, box)})


SELF_TESTED: Mapping[str, tuple[Facts, tuple[str, str], set[str]]] = {
    "a picture came": (after_test(FACTS), ("pass", ""), {"seen", "declared"}),
    "a picture came, and it lists a place": (after_test(with_link(server(None))), ("pass", ""), {"seen", "declared"}),
    "a picture came, and it is registered": (after_test(with_link(server())), ("pass", ""), {"seen", "declared"}),
    "no picture came": (after_test(FACTS, "no-picture"), ("fail", "test-failed"), set()),
    "no picture came, though it says that it is registered": (
        after_test(with_link(server()), "no-picture"), ("fail", "test-failed"), set(),
    ),
    "it did not register": (after_test(FACTS, "not-registered"), ("unknown", "interface-not-told"), set()),
    "it did not register here, and does at the platform": (
        after_test(with_link(server()), "not-registered"), ("pass", ""), {"told", "declared"},
    ),
    "the interface was taken out since": (after_test(with_link()), ("fail", "no-interface"), set()),
    "a year ago": (after_test(FACTS, age=366 * DAY), ("pass", ""), {"seen", "declared"}),
    "longer ago": (after_test(FACTS, age=367 * DAY), ("unknown", "test-too-old"), set()),
    "longer ago, and it is registered": (after_test(with_link(server()), age=367 * DAY), ("pass", ""),
                                         {"told", "declared"}),
    "longer ago, and it was taken out since": (after_test(with_link(), age=367 * DAY), ("fail", "no-interface"), set()),
    "longer ago, and no picture came": (
        after_test(FACTS, "no-picture", 367 * DAY), ("unknown", "interface-not-told"), set(),
    ),
    "longer ago, of another box": (
        replace(
            after_test(FACTS, age=367 * DAY, box=("another",)),
            around=NetworkFacts(remembered={"box": KnownBox(BoxMark("N8", "this"))}),
        ), ("unknown", "interface-not-told"), set(),
    ),
    "longer ago, by a clock that nobody trusts": (
        replace(after_test(FACTS, age=367 * DAY), own_clock_trusted=False), ("unknown", "interface-not-told"), set(),
    ),
    "in a time to come": (after_test(FACTS, age=-DAY), ("unknown", "interface-not-told"), set()),
    "by a clock that nobody trusts": (
        replace(after_test(FACTS), own_clock_trusted=False), ("unknown", "interface-not-told"), set(),
    ),
    "of another box": (
        replace(
            after_test(FACTS, box=("another",)),
            around=NetworkFacts(remembered={"box": KnownBox(BoxMark("N8", "this"))}),
        ), ("unknown", "interface-not-told"), set(),
    ),
    "of a box that was not known then": (  # it may have been exchanged since, for one that no platform can link to
        replace(
            after_test(FACTS, box=()), around=NetworkFacts(remembered={"box": KnownBox(BoxMark("N8", "this"))})
        ), ("unknown", "interface-not-told"), set(),
    ),
    "of this box": (
        replace(
            after_test(FACTS, box=("this",)), around=NetworkFacts(remembered={"box": KnownBox(BoxMark("N8", "this"))})
        ), ("pass", ""), {"seen", "declared"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SELF_TESTED)
def test_a_self_test_passes_as_seen_and_only_for_its_box_in_its_time(case: str) -> None:
    facts, expected, levels = SELF_TESTED[case]
    (finding,) = judged(INTERFACE, declared_site(), facts)
    assert (finding.status, finding.reason) == expected, str(finding.message)
    assert {one.level for one in finding.rests_on} == levels


def test_of_a_self_test_that_names_no_box_it_is_said_why_it_proves_nothing() -> None:
    (finding,) = judged(INTERFACE, declared_site(), SELF_TESTED["of a box that was not known then"][0])
    assert "and may be another one" in str(finding.message)
    assert "link test, with --picture" in str(finding.message)
    (other,) = judged(INTERFACE, declared_site(), SELF_TESTED["of another box"][0])
    assert "neither told nor tested" in str(other.message)


def test_where_cameras_are_linked_a_self_test_takes_the_place_of_what_the_device_does_not_tell() -> None:
    assert verdict(INTERFACE, LINKED, FACTS)[0] == "unknown"
    (finding,) = judged(INTERFACE, LINKED, after_test(FACTS))
    assert finding.status == "pass" and {one.level for one in finding.rests_on} == {"seen", "declared"}
    assert finding.evidence["tested"] == {"box": "played"}
    assert verdict(INTERFACE, LINKED, after_test(with_link(), "played")) == ("fail", "not-configured")
    assert verdict(INTERFACE, LINKED, after_test(with_link(server()), "no-picture")) == ("fail", "test-failed")


@pytest.mark.parametrize("a_site", [declared_site(), LINKED], ids=["unlinked", "linked"])
def test_a_self_test_that_is_too_old_is_to_be_repeated(a_site: Site) -> None:
    (finding,) = judged(INTERFACE, a_site, after_test(FACTS, age=367 * DAY))
    assert (finding.status, finding.reason) == ("unknown", "test-too-old")
    assert "repeat: camwarden link test" in str(finding.message) and "366 days" in str(finding.message)
    assert finding.evidence["tested"] == {"box": "played"}
    assert finding.evidence["tested_at"] == utc_text(NOW - 367 * DAY)
    assert verdict(INTERFACE, a_site, after_test(FACTS, age=366 * DAY)) == ("pass", "")


def test_one_registered_recorder_of_two_is_not_the_system() -> None:
    two = (camera("gate"), camera("yard", camera=Camera("yard", "box 2")))
    boxes = declared_site(cameras=two)
    for other, expected in ((None, "unknown"), (PlatformLink(()), "unknown"), (PlatformLink((server(),)), "pass")):
        seen = healthy_device() + observed("device:box", PlatformLink((server(),)))
        seen += observed("device:box 2", *([other] if other else []))
        assert verdict(INTERFACE, boxes, gather(seen))[0] == expected


@pytest.mark.parametrize("check", [REGISTERED, KEEPALIVE, CATALOG, PLAYABLE])
def test_where_nobody_declared_it_linked_nothing_more_is_asked(check: str) -> None:
    assert verdict(check, declared_site(), with_link()) == ("not_applicable", "not-linked")
    assert verdict(check, declared_site(packs=())) == ("not_applicable", "no-rule")
    (finding,) = judged(check, declared_site(without=("linked",)))
    assert (finding.status, finding.reason, finding.caused_by) == ("unknown", "not-declared", FOLDED)


def test_the_default_profile_asks_for_the_link() -> None:
    assert verdict(INTERFACE, replace(LINKED, rules=Rules()), with_link()) == ("fail", "not-configured")


def test_only_the_cameras_that_are_declared_linked_count() -> None:
    rows = (word("linked", False), word("linked", True, cameras=("gate",)))
    a_site = declared_site(*rows, cameras=LINKED.cameras)
    assert verdict(CATALOG, a_site, with_link(server(codes=CODES[:1]))) == ("unknown", "not-read-yet")


def silent(*names: str, reason: Reason = "unreachable") -> Facts:
    """Return facts in which these cameras show nothing."""
    seen = healthy_device()
    for name in ("gate", "yard"):
        gone = observed(f"camera:{name}", *(Unavailable(fact, reason) for fact in CAMERA_FACTS))
        seen += gone if name in names else healthy_camera(name)
    return gather(seen)


def test_a_recorder_that_is_silent_is_the_cause() -> None:
    lost = observed("device:box", *(Unavailable(f, "unreachable") for f in ("identity", "services", "platform-link")))
    (finding,) = judged(INTERFACE, LINKED, gather(lost))
    assert (finding.status, finding.reason, finding.caused_by) == ("unknown", "unreachable", "camera-online device:box")


POINTS = "required-point-covered"
COVERED: Mapping[str, tuple[Facts, tuple[str, str], str]] = {
    "all run": (FACTS, ("pass", ""), ""),
    "one of the two that cover it runs": (silent("gate"), ("pass", ""), ""),
    "none runs": (silent("gate", "yard"), ("fail", "offline"), "camera-online camera:gate"),
    "none could be seen": (
        silent("gate", "yard", reason="refused"), ("unknown", "not-seen"), "camera-online camera:gate",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", COVERED)
def test_a_point_is_covered_by_a_camera_that_runs(case: str) -> None:
    facts, expected, cause = COVERED[case]
    a_site = declared_site(word("required-points", ("P1",)), word("required-point", "P1"))
    (finding,) = judged(POINTS, a_site, facts)
    assert ((finding.status, finding.reason), finding.caused_by) == (expected, cause)


def test_a_point_without_a_camera_fails_by_itself_whatever_else_is_dark() -> None:
    rows = (word("required-points", ("P1", "P2")), word("required-point", "P1", cameras=("gate",)))
    (finding,) = judged(POINTS, declared_site(*rows), silent("gate"))
    assert (finding.status, finding.reason, finding.caused_by) == ("fail", "no-camera", "")
    assert finding.evidence["uncovered"] == ["P2"]
    assert "P2: name the camera: camwarden declare --set required-point=POINT" in str(finding.message)


def test_points_that_nobody_named_or_declared_are_not_asked_for() -> None:
    assert verdict(POINTS, declared_site()) == ("not_applicable", "none")
    assert verdict(POINTS, declared_site(rules=Rules())) == ("not_applicable", "profile")
    (finding,) = judged(POINTS, declared_site(without=("required-points",)))
    assert (finding.status, finding.caused_by) == ("unknown", FOLDED)
