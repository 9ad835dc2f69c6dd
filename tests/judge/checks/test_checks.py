"""The checks judge facts: what is unknown is never a pass, and one cause is one finding."""

from __future__ import annotations

import pytest
from footage_looks import facts_of, listed
from sites import (
    NOW,
    SQUARE,
    camera,
    gateway,
    healthy,
    healthy_camera,
    healthy_device,
    observed,
    picture,
    site,
    without,
    without_path,
)

from agent.judge.checks.table import CHECKS, run_checks
from agent.model.finding import Finding, is_waiting
from agent.observe.facts.facts import NetworkFacts, gather
from agent.observe.facts.sightings import KnownBox, mark_of
from agent.site.config.site import Discovery, NoPrivateArea, Policy, Site
from drivers.model import Clock, Fact, Identity, Mask, Masks, Observation, Reason, Unavailable
from drivers.picture import Access, PathName, PictureSeen, Stream, Streams, ZoneVerdict

REASONS: tuple[Reason, ...] = (
    "unreachable", "deadline", "refused", "not-tried", "busy", "unsupported", "fault", "malformed",
)  # fmt: skip
CAMERA_FACTS: tuple[Fact, ...] = ("streams", "masks", "overlays", "recordings", "access", "picture")


ASKED = Discovery(interfaces=("192.0.2.9",))
KNOWN = NetworkFacts(remembered={"box": KnownBox(mark_of(Identity("ACME", "N8", "1.0", "42")))})


def judge(
    observations: tuple[Observation, ...], a_site: Site | None = None, around: NetworkFacts = KNOWN
) -> dict[str, Finding]:
    a_site = a_site or site(camera())
    return {f.key: f for f in run_checks(a_site, facts_of(a_site, observations, around), NOW)}


def causes(findings: dict[str, Finding]) -> list[str]:
    """Return the keys of what is wrong or unknown for a reason of its own, but for what no site can show yet."""
    open_ = {k: f for k, f in findings.items() if f.reason != "not-read-yet"}
    return [
        k
        for k, f in open_.items()
        if f.status not in ("pass", "not_applicable") and not f.caused_by and not is_waiting(f)
    ]


def test_a_site_in_order_passes_every_check() -> None:
    a_site = site(camera(), discovery=ASKED, policy=Policy(retention_ceiling_days=60))
    findings = judge(listed(healthy()), a_site)
    without_subject = {"hub-certificate", "config-survives-reboot", "same-picture"}
    assert {f.check for f in findings.values()} == {check.id for check in CHECKS} - without_subject
    not_told = {"storage-health device:box", "retention-forecast device:box", "privacy-mask-ptz camera:gate"}
    not_told |= {"hub-delivery site"}  # this site has no hub
    not_told |= {k for k, f in findings.items() if f.reason in ("profile", "no-rule")}
    not_told |= {"stream-profile-conforms camera:gate"}  # no design is declared
    not_told |= {"insecure-service device:box", "network-exposure site", "firmware-drift site"}  # asked in full only
    not_told |= {"product-advisory-open site", "account-inventory site"}
    not_told |= {"report-signed site", "report-no-image site"}  # nothing is reported from here
    not_told |= {"default-credential site"}  # no login was tried
    unread = {"osd-compliant site", "osd-compliant camera:gate"}  # nobody reads the clock in pictures yet
    assert {findings[key].reason for key in unread} == {"not-read-yet"}
    assert {f.status for k, f in findings.items() if k not in not_told | unread} == {"pass"}
    assert all(is_waiting(findings[key]) or findings[key].status == "not_applicable" for key in not_told)


@pytest.mark.parametrize("reason", REASONS)
def test_nothing_passes_for_a_device_that_cannot_be_read(reason: Reason) -> None:
    unavailable = observed("device:box", *(Unavailable(f, reason) for f in ("identity", "clock", "services", "disks")))
    unavailable += observed("camera:gate", *(Unavailable(f, reason) for f in CAMERA_FACTS))
    findings = judge(unavailable + gateway())
    assert [f.check for f in findings.values() if f.status == "pass"] == [
        "mask-approval",
        "declarations",
        "facts-unread",
        "gateway-health",
    ]
    assert causes(findings) == ["camera-online camera:gate"]


def test_nothing_passes_where_nothing_was_observed_at_all() -> None:
    told = [f.check for f in judge(()).values() if f.status == "pass"]
    assert told == ["mask-approval", "declarations", "facts-unread"], "what somebody says needs no observation"


def test_a_silent_recorder_of_two_cameras_is_one_finding() -> None:
    a_site = site(camera("gate"), camera("yard"))
    silent = observed("device:box", *(Unavailable(f, "deadline") for f in ("identity", "clock", "services", "disks")))
    for name in ("gate", "yard"):
        silent += observed(f"camera:{name}", *(Unavailable(f, "deadline") for f in CAMERA_FACTS))
    findings = judge(silent + gateway(), a_site)
    assert causes(findings) == ["camera-online device:box"]
    assert findings["camera-online device:box"].status == "fail"


@pytest.mark.parametrize("path", ["snapshot", "main", "sub", "playback"])
def test_one_bare_path_fails_the_mask_and_is_named(path: PathName) -> None:
    facts = tuple(
        Observation(o.subject, ZoneVerdict(path, "window", "FAIL", "not-covered"), NOW, "test")
        if isinstance(o.value, ZoneVerdict) and o.value.path == path
        else o
        for o in healthy()
    )
    finding = judge(facts)["privacy-mask-effective camera:gate"]
    assert (finding.status, finding.reason) == ("fail", "not-covered")
    assert f"not hidden on {path} (" in str(finding.message)


@pytest.mark.parametrize("path", ["snapshot", "main", "sub", "playback"])
def test_a_path_that_was_not_looked_at_leaves_the_mask_unknown(path: PathName) -> None:
    finding = judge(without_path(healthy(), path))["privacy-mask-effective camera:gate"]
    assert (finding.status, finding.reason, finding.evidence["missing"]) == ("unknown", "path-not-looked-at", path)


def test_a_fail_outweighs_a_path_that_was_not_looked_at() -> None:
    facts = without_path(healthy(), "playback") + observed(
        "camera:gate", ZoneVerdict("main", "window", "FAIL", "translucent")
    )
    assert judge(facts)["privacy-mask-effective camera:gate"].status == "fail"


def test_an_unsure_verdict_is_unknown_with_its_reason() -> None:
    facts = without(healthy(), ZoneVerdict) + observed(
        "camera:gate",
        *(ZoneVerdict(p, "window", "UNSURE", "no-texture") for p in ("snapshot", "main", "sub", "playback")),
    )
    finding = judge(facts)["privacy-mask-effective camera:gate"]
    assert (finding.status, finding.reason) == ("unknown", "no-texture")


def test_a_decoded_picture_without_a_verdict_is_no_pass() -> None:
    assert judge(without(healthy(), ZoneVerdict))["privacy-mask-effective camera:gate"].status == "unknown"


def test_a_dark_picture_proves_no_mask() -> None:
    facts = without(healthy(), PictureSeen) + observed(
        "camera:gate", *(picture(p, mean_luma=3.0, contrast=0.5) for p in ("snapshot", "main", "sub", "playback"))
    )
    findings = judge(facts)
    assert findings["camera-online camera:gate"].status == "warn"
    mask = findings["privacy-mask-effective camera:gate"]
    assert (mask.status, mask.reason, mask.caused_by) == ("unknown", "dark", "camera-online camera:gate")


def test_a_disabled_mask_is_one_finding_with_its_consequences() -> None:
    facts = without(listed(healthy()), Masks, ZoneVerdict) + observed(
        "camera:gate",
        Masks((Mask("m1", SQUARE, "Color", False),)),
        *(ZoneVerdict(p, "window", "FAIL", "not-covered") for p in ("snapshot", "main", "sub", "playback")),
    )
    wrong = {k: f for k, f in judge(facts).items() if f.status != "pass"}
    assert causes(wrong) == ["privacy-mask-present camera:gate"]
    assert wrong["privacy-mask-present camera:gate"].reason == "disabled"
    shown = [f for f in wrong.values() if f.reason != "not-read-yet" and not is_waiting(f)]
    assert {f.status for f in shown} == {"fail", "not_applicable"}


@pytest.mark.parametrize(
    ("masks", "status", "reason"),
    [
        ((), "fail", "missing"),
        ((Mask("m1", SQUARE, "Color", None),), "unknown", "enabled-unreadable"),
        ((Mask("m1", (), "Color", True),), "unknown", "polygon-unreadable"),
        ((Mask("m1", ((0.7, 0.7), (0.9, 0.7), (0.9, 0.9)), "Color", True),), "fail", "missing"),
    ],
)
def test_what_the_mask_list_says_is_told_apart(masks: tuple[Mask, ...], status: str, reason: str) -> None:
    facts = without(healthy(), Masks) + observed("camera:gate", Masks(masks))
    finding = judge(facts)["privacy-mask-present camera:gate"]
    assert (finding.status, finding.reason) == (status, reason)


def test_a_mask_that_leaves_a_strip_open_fails_the_geometry() -> None:
    narrow = ((0.2, 0.2), (0.48, 0.2), (0.48, 0.5), (0.2, 0.5))
    facts = without(healthy(), Masks) + observed("camera:gate", Masks((Mask("m1", narrow, "Color", True),)))
    finding = judge(facts)["privacy-mask-geometry camera:gate"]
    assert (finding.status, finding.reason, finding.caused_by) == ("fail", "uncovered", "")
    assert finding.evidence["uncovered_ratio"] == {"window": pytest.approx(0.0667, abs=1e-3)}


def test_a_mask_of_which_nobody_knows_whether_it_is_on_leaves_the_geometry_unknown() -> None:
    unclear, elsewhere = (
        Mask("m1", SQUARE, "Color", None),
        Mask("m2", ((0.7, 0.7), (0.9, 0.7), (0.9, 0.9)), "Color", None),
    )
    for mask, expected in ((unclear, ("unknown", "enabled-unreadable")), (elsewhere, ("fail", "uncovered"))):
        facts = without(healthy(), Masks) + observed("camera:gate", Masks((mask,)))
        finding = judge(facts)["privacy-mask-geometry camera:gate"]
        assert (finding.status, finding.reason) == expected


def test_geometry_without_a_picture_that_agrees_is_no_pass() -> None:
    """A device's coordinates count as understood only when a picture confirms them."""
    findings = judge(without(healthy(), ZoneVerdict, PictureSeen))
    assert findings["privacy-mask-geometry camera:gate"].status == "unknown"


def test_masks_over_a_protocol_without_masks_are_unsupported_never_none() -> None:
    facts = without(healthy(), Masks) + observed("camera:gate", Unavailable("masks", "unsupported"))
    findings = judge(facts)
    present = findings["privacy-mask-present camera:gate"]
    assert (present.status, present.reason) == ("unknown", "unsupported")
    assert findings["privacy-mask-effective camera:gate"].status == "pass"
    assert findings["privacy-mask-geometry camera:gate"].caused_by == present.key


def test_cameras_that_nobody_declared_are_one_open_item() -> None:
    names = [f"cam{i}" for i in range(5)]
    a_site = site(*(camera(name, zones=(), recorded=False) for name in names))
    facts = healthy_device() + tuple(o for name in names for o in healthy_camera(name))
    open_items = [
        f for f in judge(facts, a_site).values() if f.status == "unknown" and not f.caused_by and not is_waiting(f)
    ]
    assert [(f.check, f.subject) for f in open_items] == [
        ("privacy-mask-present", "site"),
        ("retention-days", "site"),
        ("osd-compliant", "site"),
    ]
    assert open_items[0].evidence["cameras"] == names


def test_a_declaration_that_nothing_is_private_is_not_applicable_and_says_who() -> None:
    a_site = site(camera(zones=(), no_private_area=NoPrivateArea("Li", "2026-11-01")))
    finding = judge(healthy(), a_site)["privacy-mask-present camera:gate"]
    assert (finding.status, finding.evidence["by"]) == ("not_applicable", "Li")


@pytest.mark.parametrize(
    ("offset_s", "uncertainty_s", "status"),
    [(0.9, 0.0, "pass"), (-1.4, 0.5, "pass"), (3.0, 0.1, "warn"), (95.0, 0.2, "fail"), (-31.0, 0.2, "fail")],
)
def test_a_clock_is_judged_beyond_its_uncertainty(offset_s: float, uncertainty_s: float, status: str) -> None:
    facts = without(healthy(), Clock) + observed("device:box", Clock(offset_s, uncertainty_s))
    assert judge(facts)["clock-offset device:box"].status == status


def test_no_clock_is_judged_by_one_that_is_not_synchronised() -> None:
    facts = gather(healthy(), own_clock_trusted=False)
    found = {f.key: f for f in run_checks(site(camera()), facts, NOW)}
    of_the_site, of_the_device = found["clock-offset site"], found["clock-offset device:box"]
    assert (of_the_site.status, of_the_site.caused_by) == ("unknown", "")
    assert (of_the_device.status, of_the_device.caused_by) == ("unknown", "clock-offset site")


def test_a_stream_that_answers_without_a_login_fails() -> None:
    facts = without(healthy(), Access) + observed(
        "camera:gate", Access(("http snapshot", "rtsp main", "rtsp sub"), ("rtsp sub",))
    )
    finding = judge(facts)["stream-auth-required camera:gate"]
    assert (finding.status, finding.evidence["anonymous"]) == ("fail", ["rtsp sub"])


def test_a_path_that_was_not_tried_without_a_login_is_no_pass() -> None:
    facts = without(healthy(), Access) + observed("camera:gate", Access(("rtsp main", "rtsp sub"), ()))
    assert judge(facts)["stream-auth-required camera:gate"].status == "unknown"


def test_a_path_that_is_listed_without_an_address_was_not_tried_without_a_login() -> None:
    streams = Streams((Stream("snapshot", "http://192.0.2.1/"), Stream("sub", "rtsp://192.0.2.1/")))
    asked = Access(("http snapshot", "rtsp sub"), ())
    facts = (
        without(without(healthy(), Access), Streams) + observed("camera:gate", asked) + observed("camera:gate", streams)
    )
    assert judge(facts)["stream-auth-required camera:gate"].status == "pass"
    facts += observed("camera:gate", Unavailable("picture", "fault", path="main"))
    finding = judge(facts)["stream-auth-required camera:gate"]
    assert (finding.status, finding.reason) == ("unknown", "path-not-looked-at")


def test_every_finding_names_a_rule_and_every_cause_is_a_finding() -> None:
    findings = judge(without(healthy(), Streams, PictureSeen, Masks))
    for finding in findings.values():
        assert finding.source.document
        assert finding.source.article
        if finding.caused_by:
            assert findings[finding.caused_by].status not in ("pass", "not_applicable")


def test_a_device_that_gives_local_time_as_utc_is_told_so_and_not_judged() -> None:
    facts = without(healthy(), Clock) + observed("device:box", Clock(28_800.2, 0.5, local_time_as_utc=True))
    finding = judge(facts)["clock-offset device:box"]
    assert (finding.status, finding.reason) == ("warn", "local-time-as-utc")


def test_a_clock_a_year_off_in_a_wrong_zone_fails_and_says_both() -> None:
    facts = without(healthy(), Clock) + observed("device:box", Clock(-365 * 86_400.0, 0.5, zone_wrong=True))
    finding = judge(facts)["clock-offset device:box"]
    assert (finding.status, finding.reason) == ("fail", "offset")
    assert "365 days behind" in str(finding.message) and "its time zone" in str(finding.message)
    assert finding.evidence["broken"] == ["offset", "zone-wrong"]


def test_a_snapshot_alone_proves_no_mask() -> None:
    """Devices are known that mask the snapshot and not the video."""
    facts = healthy()
    for path in ("main", "sub", "playback"):
        facts = without_path(facts, path)
    only = Streams(
        tuple(s for o in facts if isinstance(o.value, Streams) for s in o.value.streams if s.path == "snapshot")
    )
    facts = without(facts, Streams) + observed("camera:gate", only)
    finding = judge(facts, site(camera(recorded=False)))["privacy-mask-effective camera:gate"]
    assert (finding.status, finding.reason) == ("unknown", "snapshot-only")
