"""How far back logs reach: long enough, too young to tell, and shortened; of devices, and of our own history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.judge.checks.devices import logs
from agent.judge.memory import memory
from agent.judge.memory.history import NAME, oldest_stored, store_history
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import Transition
from agent.model.finding import Finding, Message, Source
from agent.observe.facts.facts import gather
from agent.observe.facts.log_reach import update_logs
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Rules, Site, Storage
from agent.site.rules.read import shipped
from drivers.details import OldestLog
from drivers.model import Device, Observation, Unavailable, Value

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NVR, OWN = "device:nvr", "site"
SITE = Site(
    id="S1", city="datong", division="140200", devices=(Device("nvr", "192.0.2.7", 80, "hikvision"),), packs=shipped()
)
FULL = replace(SITE, rules=Rules("full"))


class Looks:
    """Looks at a log, one after another; what is remembered goes through its text each time."""

    def __init__(self, site: Site = FULL) -> None:
        self.site = site
        self.known: Mapping[str, datetime] = {}

    def look(self, at: datetime, device: Value | None = None, own_from: datetime | None = None) -> dict[str, Finding]:
        seen = (Observation(NVR, device, at, "isapi"),) if device else ()
        after = update_logs(self.site, seen, own_from, self.known, at)
        self.known = memory.from_json(memory.to_json(Memory(remembered=Remembered(logs=after)))).remembered.logs
        facts = replace(gather(seen), own_log_from=own_from, remembered=Remembered(logs=self.known))
        return {one.subject: one for one in logs.CHECK.run(logs.CHECK, self.site, facts, at)}


def words(finding: Finding) -> tuple[str, str]:
    return finding.status, finding.reason


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (400 * DAY, ("pass", "")),
        (180 * DAY, ("pass", "")),
        (180 * DAY - timedelta(minutes=1), ("unknown", "immature")),
        (timedelta(0), ("unknown", "immature")),
    ],
)
def test_a_log_passes_from_half_a_year_on_and_proves_nothing_before(age: timedelta, expected: tuple[str, str]) -> None:
    found = Looks().look(NOW, OldestLog(NOW - age), NOW - age)
    assert words(found[NVR]) == words(found[OWN]) == expected
    assert found[NVR].evidence["due_days"] == 180


def test_a_log_that_grows_stays_young_until_it_passes() -> None:
    looks, begun = Looks(), NOW - 100 * DAY
    found = [words(looks.look(NOW + n * DAY, OldestLog(begun))[NVR])[0] for n in (0, 40, 79, 80)]
    assert found == ["unknown", "unknown", "unknown", "pass"]


def test_a_log_that_was_cleared_fails_until_it_is_long_enough_again() -> None:
    looks = Looks()
    assert words(looks.look(NOW, OldestLog(NOW - 300 * DAY))[NVR]) == ("pass", "")
    cleared = NOW + DAY
    finding = looks.look(NOW + 2 * DAY, OldestLog(cleared))[NVR]
    assert words(finding) == ("fail", "shortened")
    assert finding.evidence["was_from"] == "2026-01-28T12:00:00Z"
    assert finding.evidence["oldest_at"] == "2026-11-25T12:00:00Z"
    assert words(looks.look(NOW + 100 * DAY, OldestLog(cleared))[NVR]) == ("fail", "shortened")
    assert words(looks.look(NOW + 181 * DAY, OldestLog(cleared))[NVR]) == ("pass", "")


def test_a_ring_that_is_too_small_shows_when_its_first_entry_is_gone() -> None:
    looks = Looks()
    assert words(looks.look(NOW, OldestLog(NOW - 90 * DAY))[NVR]) == ("unknown", "immature")
    assert words(looks.look(NOW + DAY, OldestLog(NOW - 89 * DAY))[NVR]) == ("fail", "shortened")


def test_an_entry_that_stands_alone_proves_no_reach_and_no_shortening() -> None:
    looks = Looks()
    assert words(looks.look(NOW, OldestLog(NOW - 365 * DAY, alone=True))[NVR]) == ("unknown", "isolated-entry")
    assert words(looks.look(NOW + DAY, OldestLog(NOW))[NVR]) == ("unknown", "immature")


def test_a_ring_that_is_large_enough_may_lose_what_is_older() -> None:
    looks = Looks()
    looks.look(NOW, OldestLog(NOW - 300 * DAY))
    assert words(looks.look(NOW + DAY, OldestLog(NOW - 299 * DAY))[NVR]) == ("pass", "")


def test_an_hour_of_summer_time_shortens_nothing() -> None:
    looks = Looks()
    looks.look(NOW, OldestLog(NOW - 90 * DAY))
    found = looks.look(NOW + DAY, OldestLog(NOW - 90 * DAY + timedelta(hours=1)))
    assert words(found[NVR]) == ("unknown", "immature")


def test_an_entry_from_the_future_is_not_remembered() -> None:
    looks = Looks()
    finding = looks.look(NOW, OldestLog(NOW + DAY))[NVR]
    assert words(finding) == ("unknown", "immature")
    assert looks.known == {}


@pytest.mark.parametrize("device", [OldestLog(NOW - 3 * DAY), Unavailable("oldest-log", "fault")])
def test_below_the_fullest_profile_a_young_log_is_not_missed(device: Value) -> None:
    looks = Looks(SITE)
    found = looks.look(NOW, device)
    assert {one: words(finding) for one, finding in found.items()} == {OWN: ("not_applicable", "profile")}


def test_a_shortened_log_is_told_in_the_default_profile() -> None:
    looks = Looks(SITE)
    looks.look(NOW, OldestLog(NOW - 300 * DAY), NOW - 300 * DAY)
    found = looks.look(NOW + DAY, OldestLog(NOW), NOW)
    assert words(found[NVR]) == words(found[OWN]) == ("fail", "shortened")


def test_a_log_that_is_not_told_is_unknown_and_folded() -> None:
    finding = Looks().look(NOW, Unavailable("oldest-log", "unsupported"))[NVR]
    assert words(finding) == ("unknown", "unsupported")


def test_without_a_rule_in_effect_nothing_is_judged() -> None:
    finding = Looks(replace(FULL, packs=())).look(NOW, OldestLog(NOW))[OWN]
    assert words(finding) == ("not_applicable", "no-rule")
    before = datetime(2025, 12, 30, tzinfo=UTC)  # the article is in effect from 2026 on
    assert words(Looks().look(before, OldestLog(before))[OWN]) == ("not_applicable", "no-rule")


def test_a_log_of_what_is_no_longer_configured_is_forgotten() -> None:
    assert update_logs(replace(SITE, devices=()), (), None, {NVR: NOW, OWN: NOW}, NOW) == {OWN: NOW}


def transition() -> Transition:
    source = Source("GB 50348-2018", "6.4.3")
    finding = Finding("camera-online", "camera:gate", "fail", "major", Message("no answer"), source)
    return Transition(finding, "pass")


def test_our_own_history_says_since_when_it_is_kept(tmp_path: Path) -> None:
    assert oldest_stored(tmp_path) is None
    for days in (0, 3):
        store_history(Storage(directory=tmp_path), [transition()], NOW + days * DAY)
    assert oldest_stored(tmp_path) == NOW
    (tmp_path / NAME).write_bytes(b"no database" * 100)
    assert oldest_stored(tmp_path) is None


@pytest.mark.parametrize("site", [SITE, FULL])
def test_our_own_history_that_was_there_and_is_gone_is_no_young_one(site: Site) -> None:
    looks = Looks(site)
    assert looks.look(NOW)[OWN].status in ("not_applicable", "unknown")
    assert words(looks.look(NOW, own_from=NOW - 200 * DAY)[OWN]) == ("pass", "")
    found = looks.look(NOW + DAY)[OWN]
    assert words(found) == ("unknown", "gone")
    assert found.evidence["was_from"] == "2026-05-08T12:00:00Z" and "who removed it" in str(found.message)
    assert words(looks.look(NOW + 2 * DAY, own_from=NOW + 2 * DAY)[OWN]) == ("fail", "shortened")


@pytest.mark.parametrize("year", [1970, 2000])
def test_an_entry_from_before_a_clock_was_set_proves_no_reach(year: int) -> None:
    found = Looks().look(NOW, OldestLog(datetime(year, 1, 1, 0, 0, 7, tzinfo=UTC)))[NVR]
    assert words(found) == ("unknown", "clock-not-set")
