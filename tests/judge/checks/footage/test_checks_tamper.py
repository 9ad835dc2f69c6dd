"""Footage passes as untouched only when a sealed day was read again, and what a look contradicts is one finding."""

from __future__ import annotations

from datetime import timedelta

import pytest
from footage_looks import CYCLE, listed, remembered
from sites import DAY, NOW, camera, healthy, observed, site, without

from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import transitions
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.footage.days import Footage
from agent.observe.footage.join import without_acknowledged
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site
from drivers.model import Observations, Recordings, Span, Unavailable

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KEY = "recording-tamper camera:gate"
SITE = site(camera())


def held(*spans: tuple[timedelta, timedelta], names: tuple[str, ...] = ("gate",)) -> Observations:
    found = Recordings(tuple(Span(NOW - start, NOW - end) for start, end in spans), "rtsp://192.0.2.1/replay")
    return listed(
        tuple(
            one for name in names for one in (*without(healthy(name), Recordings), *observed(f"camera:{name}", found))
        )
    )


WHOLE = held((35 * DAY, 0 * DAY))
LESS = held((35 * DAY, 5 * DAY), (4 * DAY, 0 * DAY))


def after(*looks: Observations, a_site: Site = SITE) -> tuple[dict[str, Finding], Footage]:
    times = [NOW - (len(looks) - 1 - n) * MINUTE for n in range(len(looks))]
    footage = remembered(a_site, zip(looks, times, strict=True))
    return {
        f.key: f for f in run_checks(a_site, gather(looks[-1], remembered=Remembered(footage=footage)), NOW)
    }, footage


def status(*looks: Observations, a_site: Site = SITE) -> str:
    finding = after(*looks, a_site=a_site)[0][KEY]
    return f"{finding.status} {finding.reason}".strip()


def test_it_passes_only_when_a_sealed_day_was_read_again() -> None:
    assert status(WHOLE) == "unknown first-look"
    assert status(WHOLE, WHOLE) == "pass"
    assert "32 days of footage are sealed" in str(after(WHOLE, WHOLE)[0][KEY].message)


def test_footage_of_which_no_day_is_over_cannot_pass() -> None:
    today = held((6 * HOUR, 0 * DAY))
    assert status(today, today, today) == "unknown not-read-again"


def test_a_camera_that_is_not_recorded_has_no_footage_to_change() -> None:
    assert status(WHOLE, WHOLE, a_site=site(camera(recorded=False))) == "not_applicable not-recorded"


def test_a_vanished_day_is_unknown_first_and_a_fail_with_evidence_next() -> None:
    assert status(WHOLE, LESS) == "unknown to-be-confirmed"
    finding = after(WHOLE, LESS, LESS)[0][KEY]
    assert (finding.status, finding.reason, finding.severity) == ("fail", "vanished", "critical")
    rows = finding.evidence["changes"]
    assert isinstance(rows, list)
    assert [(row["from_day"], row["before"], row["after"]) for row in rows if isinstance(row, dict)] == [
        ("2026-11-19", "86400", "72000"),
        ("2026-11-20", "86400", "14400"),
    ]
    assert finding.source.article == "article 15; article 23(5)"


def test_a_finding_stays_while_the_camera_is_silent() -> None:
    silent = without(WHOLE, Recordings) + observed("camera:gate", Unavailable("recordings", "deadline"))
    assert status(WHOLE, LESS, LESS, silent) == "fail vanished"


def test_an_acknowledged_change_lets_the_check_pass_again() -> None:
    findings, footage = after(WHOLE, LESS, LESS)
    rows = findings[KEY].evidence["changes"]
    assert isinstance(rows, list)
    footage = remembered(
        SITE, [(LESS, NOW)], without_acknowledged(footage, {row["id"] for row in rows if isinstance(row, dict)})
    )
    assert {f.key: f for f in run_checks(SITE, gather(LESS, remembered=Remembered(footage=footage)), NOW)}[
        KEY
    ].status == "pass"


NAMES = ("gate", "yard", "hall")
THREE = site(*(camera(name) for name in NAMES))


def test_a_formatted_recorder_is_one_finding_and_every_camera_s_loss_follows_from_it() -> None:
    whole, new = held((35 * DAY, 0 * DAY), names=NAMES), held((CYCLE / 2, 0 * DAY), names=NAMES)
    findings, _ = after(whole, new, new, a_site=THREE)
    wrong = [key for key, f in findings.items() if f.status == "fail" and not f.caused_by]
    assert wrong == ["recording-tamper device:box"]
    assert findings["recording-tamper device:box"].evidence["cameras"] == list(NAMES)
    assert findings["retention-days camera:gate"].caused_by == KEY


def test_one_camera_that_lost_its_footage_is_that_camera_s_finding() -> None:
    whole, new = held((35 * DAY, 0 * DAY), names=NAMES), held((CYCLE / 2, 0 * DAY))
    mixed = (*held((35 * DAY, 0 * DAY), names=NAMES[1:]), *new)
    findings, _ = after(whole, mixed, mixed, a_site=THREE)
    assert "recording-tamper device:box" not in findings
    assert (findings[KEY].reason, findings[KEY].caused_by) == ("formatted", "")


def test_cameras_of_one_recorder_that_wait_for_a_second_look_are_one_open_item() -> None:
    # Nothing of it was over yet at the first look: there is no sealed day to read again.
    today = held((6 * HOUR, 0 * DAY), names=NAMES)
    findings, _ = after(today, today, a_site=THREE)
    cause = findings["recording-tamper device:box"]
    assert (cause.status, cause.reason, cause.evidence["cameras"]) == ("unknown", "not-read-again", list(NAMES))
    assert {findings[f"recording-tamper camera:{name}"].caused_by for name in NAMES} == {cause.key}


@pytest.mark.parametrize("later", [LESS, held(), held((HOUR, 0 * DAY))])
def test_one_cause_is_told_once_however_many_looks_see_it(later: Observations) -> None:
    footage: Footage = {}
    memory = Memory()
    told: list[tuple[str, str]] = []
    for number, look in enumerate((WHOLE, WHOLE, *[later] * 6)):
        now = NOW + number * timedelta(seconds=1)
        footage = remembered(SITE, [(look, now)], footage)
        found, memory = transitions(
            run_checks(SITE, gather(look, remembered=Remembered(footage=footage)), now), memory, now
        )
        told += [(one.finding.check, one.finding.status) for one in found]
    fails = [check for check, status in told if status == "fail"]
    assert fails == ["recording-tamper"]


def test_a_recorder_that_lists_nothing_for_one_look_is_told_of_by_nothing() -> None:
    footage: Footage = {}
    memory = Memory()
    told: list[str] = []
    for number, look in enumerate((WHOLE, WHOLE, held(), WHOLE, WHOLE)):
        now = NOW + number * timedelta(seconds=1)
        footage = remembered(SITE, [(look, now)], footage)
        found, memory = transitions(
            run_checks(SITE, gather(look, remembered=Remembered(footage=footage)), now), memory, now
        )
        told += [one.finding.key for one in found if one.told and one.finding.status != "pass"]
    assert told == []


def test_the_sealed_days_are_told_with_the_finding() -> None:
    findings, footage = after(WHOLE, WHOLE)
    assert findings[KEY].evidence["sealed_days"] == footage["gate"].sealed_days == 32
