"""Masks are held against what was approved: each change is told, and nobody is told of what nobody approved twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sites import NOW, SQUARE, ZONE, camera, healthy, observed, site, without

from agent.judge.checks.pictures.drift import DRIFT, Change, changes
from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.approvals.approvals import Approval, approve, approve_no_private_area
from agent.observe.approvals.signed_masks import SignedMask
from agent.observe.facts.facts import gather
from agent.site.config.site import NoPrivateArea, PrivateZone, Site
from drivers.model import Mask, Masks, Observations, Unavailable
from drivers.picture import PathName, ZoneVerdict

ONE = Mask("m1", SQUARE, "Color", True, "#000000")
TWO = Mask("m2", ((0.6, 0.1), (0.9, 0.1), (0.9, 0.4), (0.6, 0.4)), "Blurred", True)
SITE = site(camera())
APPROVED = {"gate": approve(SITE, "gate", "Li Na", NOW, "", (ONE,))}


def shifted(mask: Mask, right: float) -> Mask:
    return replace(mask, polygon=tuple((x + right, y) for x, y in mask.polygon))


def showing(*masks: Mask) -> Observations:
    return without(healthy(), Masks) + observed("camera:gate", Masks(masks))


def judge(
    observations: Observations, approvals: Mapping[str, Approval] = APPROVED, a_site: Site = SITE
) -> dict[str, Finding]:
    return {f.key: f for f in run_checks(a_site, gather(observations, approvals=approvals), NOW)}


def drift(observations: Observations, approvals: Mapping[str, Approval] = APPROVED, a_site: Site = SITE) -> Finding:
    return judge(observations, approvals, a_site)["privacy-mask-drift camera:gate"]


def test_masks_as_they_were_approved_pass_and_say_who_approved_them() -> None:
    finding = drift(showing(ONE))
    assert finding.status == "pass"
    assert str(finding.message) == "masks are as Li Na approved them on 2026-11-24T12:00:00Z"


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        ((), "removed"),
        ((replace(ONE, enabled=False),), "disabled"),
        ((shifted(ONE, 0.03),), "moved"),
        ((replace(ONE, effect="Blurred", color=""),), "altered"),
        ((replace(ONE, color="#ffffff"),), "altered"),
        ((ONE, TWO), "added"),
        ((ONE, replace(TWO, enabled=False)), "added"),
        ((TWO,), "removed"),
        ((shifted(ONE, 0.4), TWO), "moved"),
    ],
)
def test_each_change_fails_and_is_named(now: tuple[Mask, ...], kind: str) -> None:
    finding = drift(showing(*now))
    assert (finding.status, finding.reason) == ("fail", kind)
    assert "since Li Na approved the masks on 2026-11-24T12:00:00Z" in str(finding.message)
    assert "camwarden masks approve" in str(finding.message)
    assert finding.evidence["approved_digest"] == APPROVED["gate"].masks_digest
    assert "article 23(2)" in finding.source.article


def test_rounding_a_new_token_and_another_order_are_no_change() -> None:
    assert changes((ONE, TWO), (TWO, shifted(ONE, 0.001))) == ()
    assert changes((ONE, TWO), (replace(TWO, token="m1"), replace(ONE, token="m9"))) == ()


def test_a_strip_of_a_twentieth_is_a_move() -> None:
    (change,) = changes((ONE,), (shifted(ONE, 0.015),))
    assert (change.kind, change.iou) == ("moved", 0.9048)


def test_the_worst_change_stands_first() -> None:
    found = changes((ONE, TWO), (replace(TWO, enabled=False), shifted(replace(ONE, token="new"), 0.4)))
    assert found == (Change("m1", "removed"), Change("m2", "disabled", 1.0), Change("new", "added"))


def test_a_mask_approved_while_it_was_off_is_a_change_when_it_is_on() -> None:
    assert [c.kind for c in changes((replace(ONE, enabled=False),), (ONE,))] == ["enabled"]
    assert changes((replace(ONE, enabled=False),), (replace(ONE, enabled=False),)) == ()


@pytest.mark.parametrize("now", [replace(ONE, enabled=None), replace(ONE, polygon=())])
def test_what_cannot_be_read_is_unknown_and_no_pass(now: Mask) -> None:
    finding = drift(showing(now))
    assert (finding.status, finding.reason) == ("unknown", "unreadable")


def test_a_change_outweighs_what_cannot_be_read() -> None:
    approvals = {"gate": approve(SITE, "gate", "Li Na", NOW, "", (ONE, TWO))}
    assert drift(showing(replace(ONE, enabled=None)), approvals).reason == "removed"


@pytest.mark.parametrize("reason", ["unreachable", "deadline", "fault", "unsupported"])
def test_masks_that_cannot_be_read_share_the_cause(reason: str) -> None:
    facts = without(healthy(), Masks) + observed("camera:gate", Unavailable("masks", reason))  # type: ignore[arg-type]
    finding = drift(facts)
    assert (finding.status, finding.reason) == ("unknown", reason)
    assert finding.caused_by == "privacy-mask-present camera:gate"
    silent = observed("camera:gate", *(Unavailable(f, "unreachable") for f in ("masks", "streams", "picture")))
    assert drift(silent).caused_by == "camera-online camera:gate"


def test_a_mask_that_is_off_or_no_longer_covers_is_one_cause() -> None:
    assert drift(showing(replace(ONE, enabled=False))).caused_by == "privacy-mask-present camera:gate"
    assert drift(showing(shifted(ONE, 0.1))).caused_by == "privacy-mask-geometry camera:gate"


def test_a_change_hides_behind_nothing_that_is_only_unknown() -> None:
    wide = replace(ONE, polygon=((0.1, 0.1), (0.6, 0.1), (0.6, 0.6), (0.1, 0.6)))
    unsure = tuple(o for o in showing(wide) if type(o.value).__name__ != "ZoneVerdict")
    findings = judge(unsure)
    assert findings["privacy-mask-geometry camera:gate"].status == "unknown"
    assert findings["privacy-mask-drift camera:gate"].status == "fail"
    assert not findings["privacy-mask-drift camera:gate"].caused_by


def test_what_was_approved_without_masks_is_not_compared() -> None:
    bare = site(camera(zones=(), no_private_area=NoPrivateArea("x", "2026-01-01")))
    declared = {"gate": approve_no_private_area(bare, "gate", "Li Na", NOW, "")}
    assert drift(showing(ONE), declared, bare).reason == "no-private-area"
    unlisted = {"gate": approve(SITE, "gate", "Li Na", NOW, "", None)}
    assert drift(showing(ONE), unlisted).reason == "masks-not-listed"
    assert [drift(showing(ONE), a).status for a in (declared, unlisted)] == ["not_applicable", "unknown"]


def test_a_device_approved_without_any_mask_may_not_get_one_silently() -> None:
    none = {"gate": approve(SITE, "gate", "Li Na", NOW, "", ())}
    assert drift(showing(), none).status == "pass"
    assert drift(showing(ONE), none).reason == "added"


def test_cameras_that_nobody_approved_are_one_open_item() -> None:
    a_site = site(*(camera(name) for name in ("gate", "yard", "roof")))
    findings = judge(healthy(), APPROVED, a_site)
    item = findings["mask-approval site"]
    assert (item.status, item.severity, item.reason) == ("unknown", "minor", "not-approved")
    assert item.evidence["cameras"] == ["yard", "roof"]
    assert "of 2 cameras: look at them with camwarden masks adopt" in str(item.message)
    open_item = findings["privacy-mask-drift camera:yard"]
    assert (open_item.status, open_item.reason) == ("unknown", "not-approved")


def test_where_nobody_declared_anything_either_it_is_the_same_cause() -> None:
    undeclared = site(camera(zones=()))
    assert judge(healthy(), {}, undeclared)["mask-approval site"].caused_by == "privacy-mask-present site"


def test_zones_declared_anew_ask_for_a_new_approval() -> None:
    more = PrivateZone("door", TWO.polygon)
    a_site = site(camera(zones=(*camera().zones, more)))
    item = judge(showing(ONE), APPROVED, a_site)["mask-approval site"]
    assert (item.status, item.reason, item.evidence["declared_anew"]) == ("unknown", "declared-anew", ["gate"])


def test_a_site_whose_cameras_are_all_approved_has_no_open_item() -> None:
    assert judge(healthy())["mask-approval site"].status == "pass"


GREY = (("width_px", 1280.0), ("luma", 126.0), ("cr", 128.0), ("cb", 128.0), ("left_px", 0.2), ("right_px", 0.1))
SIGNED = {"gate": replace(APPROVED["gate"], signatures=(SignedMask("main", ZONE.name, GREY),))}


def looking(verdict: str = "PASS", path: PathName = "main", **changed: float) -> Observations:
    """A healthy look in which the mask on one path looks like this."""
    numbers = tuple({**dict(GREY), **changed}.items()) if verdict == "PASS" else ()
    one = ZoneVerdict(path, ZONE.name, verdict, "solid", (), numbers)  # type: ignore[arg-type]
    others = (o for o in showing(ONE) if not (isinstance(o.value, ZoneVerdict) and o.value.path == path))
    return (*others, *observed("camera:gate", one))


def test_a_mask_that_looks_as_approved_passes() -> None:
    assert drift(looking(luma=133.0), SIGNED).status == "pass"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"luma": 16.0}, "it was solid grey, opaque, and is solid black, opaque"),
        ({"left_px": 3.2, "right_px": -2.9}, "it lies 6.0 px beside its place"),
        ({"left_px": 4.5}, "it begins 9.0 px inside the zone on the left side"),
    ],
)
def test_a_mask_that_is_not_the_approved_one_warns_though_it_hides(now: dict[str, float], words: str) -> None:
    found = judge(looking(**now), SIGNED)
    finding = found["privacy-mask-drift camera:gate"]
    assert (finding.status, finding.reason) == ("warn", "not-the-approved-mask")
    assert words in str(finding.message) and "Li Na approved" in str(finding.message)
    assert found["privacy-mask-effective camera:gate"].status == "pass"


@pytest.mark.parametrize(
    "observations",
    [looking(path="sub", luma=16.0), looking("UNSURE"), looking("FAIL"), showing(ONE)],
    ids=["another path", "unsure", "bare", "not measured"],
)
def test_what_was_not_measured_then_or_now_says_nothing_of_the_mask(observations: Observations) -> None:
    assert drift(observations, SIGNED).status == "pass"


def test_one_cause_is_one_finding_and_the_list_speaks_first() -> None:
    finding = drift(without(looking(luma=16.0), Masks) + showing(replace(ONE, color="#ffffff"))[-1:], SIGNED)
    assert (finding.status, finding.reason) == ("fail", "altered")


def test_pictures_tell_of_a_change_where_the_device_lists_no_masks() -> None:
    unlisted = {"gate": replace(SIGNED["gate"], masks=(), masks_digest="")}
    assert drift(looking(luma=16.0), unlisted).reason == "not-the-approved-mask"
    assert drift(looking(), unlisted).reason == "masks-not-listed"


def test_a_change_seen_in_one_look_only_is_no_event() -> None:
    assert DRIFT.looks.warn == 2
