"""What the police platform is told of a camera passes only where it is so, and each difference is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from duty_sites import FACTS, IN_USE, declared_site, judged, verdict, word
from sites import DAY, NOW, camera, healthy_camera, healthy_device, observed, without

from agent.judge.checks.platform.compared import CameraTrue, compare
from agent.model.finding import Finding
from agent.observe.facts.facts import Facts, NetworkFacts, gather
from agent.observe.facts.filed_system import Filing
from agent.observe.facts.platform_told import COUNTS_FOR, CameraTold, DeviceTold
from agent.observe.facts.sightings import BoxMark, KnownBox
from agent.observe.footage.days import CameraFootage
from agent.observe.remembered.value import EMPTY
from agent.site.config.add_declaration import read_value
from agent.site.config.site import Rules, Site
from agent.site.declarations.table import BY_ID
from drivers.footage import PlatformLink, PlatformServer, Schedule, SchedulePeriod
from drivers.model import Camera, Overlays, Recordings, Span, Value
from drivers.picture import PictureSeen, StreamSample, ZoneVerdict

CHECK = "platform-facts-match"
CODES = ("14020000001320000001", "14020000001320000002")
CAMERAS = (
    camera("gate", camera=Camera("gate", "box", "Gate", CODES[0])),
    camera("yard", camera=Camera("yard", "box", "Yard", CODES[1], 2)),
)
SITE = declared_site(word("filed-cameras", 2), cameras=CAMERAS)
WEEK = Schedule(tuple(SchedulePeriod(day, 0, 86_400, "continuous") for day in range(7)), enabled=True)


def seen(name: str) -> tuple[Value, ...]:
    """Return what is measured of a camera besides what the healthy one shows."""
    return (StreamSample("main", 10, 250, 25, 4_000_000, 640, 360, "H265", 2.0, 0), WEEK)


def facts_of(*cameras: CameraTold, age: timedelta = DAY, box: tuple[str, ...] = (), count: int | None = 2) -> Facts:
    """Return the facts of two healthy cameras, and what their recorder told of them."""
    measured = healthy_device()
    for name in ("gate", "yard"):
        measured += healthy_camera(name) + observed(f"camera:{name}", *seen(name))
    told = DeviceTold(site="dt0001", device="box", at=NOW - age, box=box, cameras_count=count, cameras=cameras)
    return replace(gather(measured), platform_told={"box": told})


TOLD = CameraTold(
    code=CODES[0], save_days=30, install_time=datetime(2026, 2, 1), unit="School", resolution="640*360",  # noqa: DTZ001
    encoding="H.265", level="A", masks_on=True, mask_regions=1, time_shown=True, texts=("School gate",), plan_on=True,
    plan_days_s=(86_399,) * 7,
)  # fmt: skip


def judge(told: CameraTold = TOLD, site: Site = SITE) -> Finding:
    (finding,) = judged(CHECK, site, facts_of(told))
    return finding


def test_what_is_so_passes_on_what_was_told_and_on_what_was_measured() -> None:
    finding = judge()
    assert (finding.status, finding.reason) == ("pass", ""), (finding.message, finding.evidence)
    assert {one.level for one in finding.rests_on} == {"told", "seen", "declared"}
    assert finding.evidence["same_count"] == 11


LIES: Mapping[str, tuple[str, CameraTold]] = {
    "footage": ("save-days", replace(TOLD, save_days=90)),
    "installed after its footage": ("install-time", replace(TOLD, install_time=datetime(2026, 11, 20))),  # noqa: DTZ001
    "unit": ("unit", replace(TOLD, unit="Hotel")),
    "resolution": ("resolution", replace(TOLD, resolution="1080P")),
    "codec": ("encoding", replace(TOLD, encoding="H.264")),
    "level": ("level", replace(TOLD, level="C")),
    "no masks": ("masks", replace(TOLD, masks_on=False, mask_regions=0)),
    "no clock": ("time-shown", replace(TOLD, time_shown=False)),
    "text": ("texts", replace(TOLD, texts=("Police",))),
    "plan": ("plan", replace(TOLD, plan_days_s=(28_800,) * 7)),
    "no plan": ("plan", replace(TOLD, plan_on=False)),
}


@pytest.mark.parametrize("case", LIES)
def test_each_difference_is_named_in_one_finding(case: str) -> None:
    fact, told = LIES[case]
    finding = judge(told)
    assert (finding.status, finding.reason) == ("fail", "differs"), finding.evidence
    (row,) = finding.evidence["differences"]  # type: ignore[misc, union-attr]
    assert (row["subject"], row["fact"]) == ("gate", fact)  # type: ignore[index, call-overload]
    assert "gate" in str(finding.message) and str(row["told"]) in str(finding.message)  # type: ignore[index, call-overload]


def test_several_differences_are_one_finding() -> None:
    finding = judge(replace(TOLD, unit="Hotel", level="C", encoding="H.264"))
    assert finding.evidence["differ_count"] == 3 and finding.evidence["same_count"] == 8


GONE: Mapping[str, tuple[type, str]] = {
    "footage": (Recordings, "save-days gate"),
    "verdicts": (ZoneVerdict, "masks gate"),
    "overlays": (Overlays, "texts gate"),
    "plan": (Schedule, "plan gate"),
    "pictures": (PictureSeen, "resolution gate"),
}


@pytest.mark.parametrize("case", GONE)
def test_what_is_not_measured_is_unknown_and_never_a_pass(case: str) -> None:
    kind, key = GONE[case]
    facts = facts_of(TOLD)
    kinds = (kind, StreamSample) if kind is PictureSeen else (kind,)
    left = {subject: without(observed_, *kinds) for subject, observed_ in facts.by_subject.items()}
    (finding,) = judged(CHECK, SITE, replace(facts, by_subject=left))
    assert (finding.status, finding.reason) == ("unknown", "not-measured"), finding.evidence
    assert key in finding.evidence["unknown"]  # type: ignore[operator]


@pytest.mark.parametrize("duty", ["legal-unit", "secure-device-level", "filed-cameras"])
def test_what_nobody_declared_is_unknown(duty: str) -> None:
    gone = ("legal-unit", "owner", "maintainer", "supervising-organ") if duty == "legal-unit" else (duty,)
    site = declared_site(without=gone, cameras=CAMERAS)
    assert verdict(CHECK, site, facts_of(TOLD)) == ("unknown", "not-measured")


UNTOLD: Mapping[str, Facts] = {
    "no self-test": FACTS,
    "too long ago": facts_of(TOLD, age=COUNTS_FOR + DAY),
    "on a day to come": facts_of(TOLD, age=-DAY),
    "by a clock that nobody trusts": replace(facts_of(TOLD), own_clock_trusted=False),
    "of another box": replace(
        facts_of(TOLD, box=("another",)),
        around=NetworkFacts(remembered={"box": KnownBox(BoxMark("N8", "this"))}),
    ),
}


@pytest.mark.parametrize("case", UNTOLD)
def test_without_a_self_test_that_counts_nothing_is_known_and_no_exit_code_changes(case: str) -> None:
    (finding,) = judged(CHECK, SITE, UNTOLD[case])
    assert (finding.status, finding.reason) == ("unknown", "not-tested")
    assert finding.quiet and "camwarden link test" in str(finding.message)


def test_a_device_that_tells_nothing_of_these_cameras_is_unknown() -> None:
    other = replace(TOLD, code="14020000001320000009")
    for told in (other, CameraTold(code=CODES[0])):
        (finding,) = judged(CHECK, SITE, facts_of(told, count=None))
        assert (finding.status, finding.reason) == ("unknown", "nothing-told")


def test_one_device_of_two_that_was_tested_is_not_the_system() -> None:
    two = (CAMERAS[0], camera("yard", camera=Camera("yard", "box 2", "Yard", CODES[1])))
    site = declared_site(cameras=two)
    (finding,) = judged(CHECK, site, facts_of(TOLD))
    assert finding.status == "unknown" and finding.evidence["untested"] == ["box 2"]


def test_more_cameras_than_were_filed_are_a_difference_of_the_site() -> None:
    (finding,) = judged(CHECK, SITE, facts_of(TOLD, count=3))
    (row,) = finding.evidence["differences"]  # type: ignore[misc, union-attr]
    assert row == {"subject": "site", "fact": "cameras", "told": "3", "true": "2"}
    facts = facts_of(TOLD, count=3)
    empty_input = {"box": replace(facts.platform_told["box"], offline_count=1)}
    assert verdict(CHECK, SITE, replace(facts, platform_told=empty_input)) == ("pass", "")


def test_a_camera_without_a_code_is_found_by_its_channel() -> None:
    site = replace(SITE, cameras=(replace(CAMERAS[0], camera=replace(CAMERAS[0].camera, code="")), CAMERAS[1]))
    facts = facts_of(replace(TOLD, unit="Hotel"))
    assert verdict(CHECK, site, facts) != ("fail", "differs")
    link = PlatformLink((PlatformServer("GB28181", True, True, heartbeat_s=60, codes=((1, CODES[0]),)),))
    more = gather(observed("device:box", link)).by_subject["device:box"]
    known = replace(facts, by_subject={**facts.by_subject, "device:box": facts.by_subject["device:box"] + more})
    assert verdict(CHECK, site, known) == ("fail", "differs")


def test_the_name_is_held_against_the_filed_one() -> None:
    filing = Filing("dt0001", IN_USE, ("gate", "yard"), 30, (), {"gate": "大门 1"})
    for name, expected in (("大门\uff11", ("pass", "")), ("后门", ("fail", "differs"))):
        facts = replace(facts_of(replace(TOLD, name=name)), filed=filing)
        assert verdict(CHECK, SITE, facts) == expected


def test_what_a_secret_camera_is_called_is_in_no_finding() -> None:
    site = declared_site(word("secret", True), word("filed-cameras", 2), cameras=CAMERAS)
    (finding,) = judged(CHECK, site, facts_of(replace(TOLD, unit="Bureau 9", texts=("vault door",))))
    assert finding.evidence["differ_count"] == 2
    assert not [one for one in ("Bureau 9", "vault door") if one in f"{finding.message} {finding.evidence}"]


def test_the_kind_of_place_is_declared_by_digits_or_by_number() -> None:
    row = BY_ID["capture-position"]
    assert [read_value(row, text) for text in ("2", "0020000", "0061200")] == ["0020000", "0020000", "0061200"]
    for wrong in ("6", "square", "00100", "00200000"):
        with pytest.raises(ValueError, match="one line"):
            read_value(row, wrong)
    site = declared_site(word("capture-position", "0020100"), word("filed-cameras", 2), cameras=CAMERAS)
    for positions, status in ((("0020100",), "pass"), (("0020000",), "pass"), (("0030000",), "fail")):
        assert judge(replace(TOLD, positions=positions), site).status == status


def test_the_smallest_profile_does_not_ask_for_it() -> None:
    assert verdict(CHECK, declared_site(rules=Rules()), FACTS) == ("not_applicable", "profile")
    assert verdict(CHECK, declared_site(packs=()), FACTS) == ("not_applicable", "no-rule")


AT = datetime(2026, 11, 1)  # noqa: DTZ001 - local, as devices tell it
HARD: Mapping[str, tuple[CameraTold, CameraTrue, str, str]] = {
    "a young camera has not kept its days yet": (
        replace(TOLD, save_days=90), CameraTrue(tested_at=AT, kept_days=20, could_keep_days=21), "save-days", "unknown",
    ),
    "a year in hours": (
        replace(TOLD, save_days=8760), CameraTrue(tested_at=AT, kept_days=365.2), "save-days", "same",
    ),
    "a year of days is no hours": (
        replace(TOLD, save_days=360), CameraTrue(tested_at=AT, kept_days=15, could_keep_days=400.0), "save-days",
        "differs",
    ),
    "added after the site was put into use": (
        replace(TOLD, install_time=datetime(2026, 6, 1)),  # noqa: DTZ001
        CameraTrue(tested_at=AT, in_use=date(2025, 1, 1)), "install-time", "unknown",
    ),
    "a code for a picture that has none": (
        replace(TOLD, resolution="6"), CameraTrue(tested_at=AT, sizes=((2560, 1440),)), "resolution", "unknown",
    ),
    "a word that is no size": (
        replace(TOLD, resolution="HD"), CameraTrue(tested_at=AT, sizes=((640, 360),)), "resolution", "unknown",
    ),
    "SVAC for the platform, H.264 in the house": (
        replace(TOLD, encoding="SVAC"), CameraTrue(tested_at=AT, codecs=("H264",)), "encoding", "unknown",
    ),
    "a unit told by its number": (
        replace(TOLD, unit="140213"), CameraTrue(tested_at=AT, units=("School",)), "unit", "unknown",
    ),
    "a level in words that nobody knows": (
        replace(TOLD, level="high"), CameraTrue(tested_at=AT, level="A"), "level", "unknown",
    ),
    "masks of a kind that the standard has no room for": (
        replace(TOLD, mask_regions=0), CameraTrue(tested_at=AT, masks_seen="hidden", masks_listed=3), "masks", "same",
    ),
    "no such masks, and a bare zone": (
        replace(TOLD, mask_regions=0), CameraTrue(tested_at=AT, masks_seen="bare"), "masks", "unknown",
    ),
    "a name that was cut where its field ends": (
        replace(TOLD, name="大同市第十七中学教学楼三层东侧"),
        CameraTrue(tested_at=AT, filed_name="大同市第十七中学教学楼三层东侧走廊"), "name", "same",
    ),
    "a short name that another one begins with": (
        replace(TOLD, name="大门"), CameraTrue(tested_at=AT, filed_name="大门东"), "name", "differs",
    ),
    "masks that its own list has, and no picture": (
        TOLD, CameraTrue(tested_at=AT, masks_listed=2), "masks", "unknown",
    ),
    "a name that the device fills in": (
        replace(TOLD, texts=("East",)), CameraTrue(tested_at=AT, texts=("<ChannelName>",)), "texts", "unknown",
    ),
    "a plan of which the week begins on Sunday": (
        replace(TOLD, plan_days_s=(0, *(86_400,) * 6)),
        CameraTrue(tested_at=AT, plan_days_s=(*(86_400,) * 6, 0)), "plan", "same",
    ),
    "a plan for events": (
        replace(TOLD, plan_days_s=()), CameraTrue(tested_at=AT, plan_days_s=(0,) * 7), "plan", "unknown",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HARD)
def test_a_case_that_is_easily_taken_for_a_lie(case: str) -> None:
    told, true, fact, state = HARD[case]
    assert compare(told, true)[fact].state == state  # type: ignore[index]


def test_a_camera_that_told_nothing_is_held_against_nothing() -> None:
    assert {one.state for one in compare(CameraTold(code="1"), CameraTrue(tested_at=AT)).values()} == {"not-told"}


def with_footage(*spans: Span, run_at: datetime | None = None) -> Facts:
    """Return the facts with this footage; `run_at`: behind a hole, where what is older stands alone."""
    facts = facts_of(TOLD)
    others = without(facts.by_subject["camera:gate"], Recordings)
    by_subject = {**facts.by_subject, "camera:gate": others + observed("camera:gate", Recordings(spans))}
    known = CameraFootage("gate", "box", NOW, NOW, NOW, earliest_at=spans[0].start_at, run_at=run_at)
    return replace(facts, by_subject=by_subject, remembered=replace(EMPTY, footage={"gate": known}))


def test_a_clip_that_stands_alone_proves_no_footage() -> None:
    clip, rest = Span(NOW - 90 * DAY, NOW - 89 * DAY), Span(NOW - 12 * DAY, NOW)
    (finding,) = judged(CHECK, SITE, with_footage(clip, rest, run_at=rest.start_at))
    assert (finding.status, finding.reason) == ("fail", "differs")
    assert "save-days" in str(finding.evidence["differences"])


def test_a_recorder_that_stopped_proves_no_footage() -> None:
    (finding,) = judged(CHECK, SITE, with_footage(Span(NOW - 60 * DAY, NOW - 5 * DAY)))
    assert "save-days gate" in finding.evidence["unknown"]  # type: ignore[operator]
