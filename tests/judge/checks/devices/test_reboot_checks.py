"""A device that starts anew: what is remembered of it from look to look, and how that is judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.judge.checks.devices import survives_reboot
from agent.judge.memory import memory
from agent.judge.memory.memory import Memory
from agent.model.finding import Finding
from agent.observe.facts import restarts
from agent.observe.facts.facts import gather
from agent.observe.facts.restarts import TOLD_FOR, RunningDevice
from agent.observe.remembered.value import Remembered
from agent.site.config.site import CameraConfig, Rules, Site
from drivers.details import Account, Accounts, Encoder, Encoders, Uptime
from drivers.footage import Protocol, Protocols, Schedule, SchedulePeriod
from drivers.model import Camera, Clock, Device, Identity, Mask, Masks, Observation, Overlays, Unavailable, Value

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SITE = Site(
    id="S1",
    city="datong",
    division="140200",
    devices=(Device("nvr", "192.0.2.7", 80, "hikvision"),),
    cameras=(CameraConfig(Camera("gate", "nvr")),),
)
FULL = replace(SITE, rules=Rules("full"))
ENCODERS = Encoders((Encoder("main", "H265", 2560, 1440, 25.0, 4096, 50),))
OTHERS = Encoders((Encoder("main", "H265", 2560, 1440, 25.0, 4096, 25),))
MASK = Mask("m1", ((0.1, 0.1), (0.3, 0.1), (0.3, 0.3)), "Color", True)
RIGHT, WRONG = Clock(0.4, 0.5, ntp=True), Clock(-3600.0, 0.5, ntp=True)


NOTHING_DUE = ("", "")


class Looks:
    """Looks at the device, a quarter of an hour apart; what is remembered goes through its text each time."""

    def __init__(self, site: Site = SITE) -> None:
        self.site = site
        self.now = NOW
        self.booted_at = NOW - timedelta(days=9)
        self.known: dict[str, RunningDevice] = {}

    def look(self, *shown: Value, up: bool = True, trusted: bool = True, restarted: bool = False) -> Finding | None:
        self.now += QUARTER
        if restarted:
            self.booted_at = self.now - timedelta(minutes=3)
        cameras = [value for value in shown if isinstance(value, Encoders | Masks | Overlays)]
        seen = tuple(
            Observation("camera:gate" if value in cameras else "device:nvr", value, self.now, "isapi")
            for value in (*shown, *((Uptime(self.booted_at),) if up else ()))
        )
        known = restarts.update_running(self.site, seen, self.known, self.now, trusted)
        self.known = dict(
            memory.from_json(memory.to_json(Memory(remembered=Remembered(running=known)))).remembered.running
        )
        facts = replace(gather(seen, own_clock_trusted=trusted), remembered=Remembered(running=self.known))
        found = survives_reboot.CHECK.run(survives_reboot.CHECK, self.site, facts, self.now)
        return found[0] if found else None


def words(finding: Finding | None) -> tuple[str, str]:
    return (finding.status, finding.reason) if finding else NOTHING_DUE


def test_a_device_that_has_not_started_anew_is_not_judged() -> None:
    looks = Looks()
    assert words(looks.look(ENCODERS)) == NOTHING_DUE
    assert words(looks.look(OTHERS)) == NOTHING_DUE  # a change without a restart is not ours


def test_what_is_listed_in_another_order_after_a_start_is_not_lost() -> None:
    def shown(step: int) -> tuple[Value, ...]:
        accounts = Account("a", "Operator"), Account("b", "User")
        protocols = Protocol("HTTP", 80, True), Protocol("RTSP", 554, True)
        encoders = (ENCODERS.encoders[0], replace(ENCODERS.encoders[0], profile="sub"))
        periods = tuple(SchedulePeriod(day, 0, 86_400, "continuous") for day in (0, 1))
        return (
            Accounts(accounts[::step]), Protocols(protocols[::step]), Encoders(encoders[::step]),
            Overlays(("Gate", "<DateAndTime>")[::step]), Schedule(periods[::step], True),
        )  # fmt: skip

    looks = Looks()
    looks.look(*shown(1))
    finding = looks.look(*shown(-1), restarted=True)
    assert (words(finding), finding.evidence["compared"]) == (("pass", ""), 5)
    lost = (Accounts((Account("b", "User"),)), *shown(1)[1:])
    assert words(looks.look(*lost, restarted=True)) == ("fail", "configuration-lost")


def test_one_that_comes_up_as_it_was_passes_for_a_month() -> None:
    looks = Looks()
    looks.look(ENCODERS, Masks((MASK,)), RIGHT)
    finding = looks.look(ENCODERS, Masks((MASK,)), RIGHT, restarted=True)
    assert words(finding) == ("pass", "")
    assert finding.evidence == {"restarted_at": "2026-11-24T12:27:00Z", "compared": 3}
    assert words(looks.look(OTHERS, RIGHT)) == ("pass", "")  # changed later, by somebody
    looks.now += TOLD_FOR
    assert words(looks.look(OTHERS, RIGHT)) == NOTHING_DUE


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        (ENCODERS, OTHERS, "encoders camera:gate"),
        (Masks((MASK,)), Masks(()), "masks camera:gate"),
        (Overlays(("Gate",), True), Overlays((), True), "overlays camera:gate"),
        (Accounts((Account("admin", "Administrator"),)), Accounts(()), "accounts device:nvr"),
        (RIGHT, replace(RIGHT, ntp=False), "time-source device:nvr"),
    ],
)
def test_what_is_not_as_it_was_fails_and_is_named_until_it_is_put_right(before: Value, after: Value, part: str) -> None:
    looks = Looks()
    looks.look(before)
    finding = looks.look(after, restarted=True)
    assert words(finding) == ("fail", "configuration-lost")
    changed = finding.evidence["changed"]
    assert isinstance(changed, list)
    (row,) = changed
    assert row["part"] == part and row["before"] != row["after"]
    assert part in str(finding.message)
    assert words(looks.look(after)) == ("fail", "configuration-lost")
    assert words(looks.look(before)) == ("pass", "")


def test_an_update_is_a_warning() -> None:
    looks = Looks()
    old, new = (Identity("Hikvision", "DS-7616", firmware, "N7") for firmware in ("V4.30", "V4.61"))
    looks.look(old, ENCODERS)
    assert words(looks.look(new, OTHERS, restarted=True)) == ("warn", "updated")


def test_an_update_hides_no_clock_that_was_lost() -> None:
    looks = Looks()
    old, new = (Identity("Hikvision", "DS-7616", firmware, "N7") for firmware in ("V4.30", "V4.61"))
    looks.look(old, ENCODERS, RIGHT)
    finding = looks.look(new, OTHERS, WRONG, restarted=True)
    assert words(finding) == ("fail", "clock-lost")
    assert "it was updated" in str(finding.message)


def test_a_clock_that_was_right_and_is_wrong_afterwards_was_lost() -> None:
    looks = Looks()
    looks.look(ENCODERS, RIGHT)
    finding = looks.look(ENCODERS, WRONG, restarted=True)
    assert words(finding) == ("fail", "clock-lost")
    assert finding.caused_by == "clock-offset device:nvr"
    assert words(looks.look(ENCODERS, RIGHT)) == ("pass", "")
    assert words(looks.look(ENCODERS, WRONG)) == ("pass", "")  # wrong again, and not by the restart


@pytest.mark.parametrize(("before", "trusted"), [(WRONG, True), (RIGHT, False)])
def test_a_clock_that_was_wrong_before_or_cannot_be_judged_was_not_lost(before: Clock, trusted: bool) -> None:
    looks = Looks()
    looks.look(ENCODERS, before, trusted=trusted)
    assert words(looks.look(ENCODERS, WRONG, restarted=True, trusted=trusted)) == ("pass", "")


def test_what_is_seen_only_later_is_compared_then() -> None:
    looks = Looks()
    looks.look(ENCODERS)
    assert words(looks.look(restarted=True)) == ("unknown", "not-compared")
    assert words(looks.look(up=False)) == ("unknown", "not-compared")  # restarted a second ago, and busy
    assert words(looks.look(OTHERS)) == ("fail", "configuration-lost")


def test_looks_that_do_not_tell_the_uptime_change_nothing() -> None:
    looks = Looks()
    looks.look(ENCODERS)
    looks.look(OTHERS, up=False)  # it may have started anew: whose part this is cannot be known
    assert words(looks.look(OTHERS, restarted=True)) == ("fail", "configuration-lost")


def test_a_clock_of_ours_that_jumps_is_no_restart() -> None:
    looks = Looks()
    looks.look(ENCODERS)
    looks.now += timedelta(hours=5)
    looks.booted_at += timedelta(hours=5)
    assert words(looks.look(OTHERS)) == NOTHING_DUE
    looks.now -= timedelta(days=1)
    assert words(looks.look(ENCODERS)) == NOTHING_DUE


@pytest.mark.parametrize(("site", "expected"), [(SITE, NOTHING_DUE), (FULL, ("unknown", "fault"))])
def test_a_device_that_does_not_tell_is_missed_in_the_fullest_profile_alone(
    site: Site, expected: tuple[str, str]
) -> None:
    assert words(Looks(site).look(Unavailable("uptime", "fault"), up=False)) == expected


def test_a_device_that_is_no_longer_configured_is_forgotten() -> None:
    looks = Looks()
    looks.look(ENCODERS)
    assert restarts.update_running(replace(SITE, devices=()), (), looks.known, NOW, True) == {}


def test_the_memory_of_a_version_that_knew_no_restarts_is_read() -> None:
    looks = Looks()
    looks.look(ENCODERS)
    looks.look(OTHERS, restarted=True)
    text = memory.to_json(Memory(remembered=Remembered(running=looks.known)))
    assert memory.from_json(text).remembered.running == looks.known
    assert memory.from_json(text.replace('"running"', '"walking"')).remembered.running == {}
