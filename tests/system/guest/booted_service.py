"""The service as systemd has it: up, watched, ended and started again, and what it leaves on the disk."""

from __future__ import annotations

import os
import re
import signal
import time
from functools import partial

import gateway
import peers
import pytest
import wedge
from conftest import Gateway
from listing import difference, listing
from machine import drop_in, journal, main_pid, prop, props, said, wait_for
from places import RUNTIME, SITE_TOML, STATE, UNIT

STOP_WITHIN_S = 5.0
EXPOSURE_MOST = 1.2
WATCHDOG_S = 4
ENDED_BY_WATCHDOG_WITHIN_S = 20.0
PRIVATE_TMP = ("/tmp/systemd-private-", "/var/tmp/systemd-private-")  # noqa: S108 - what systemd gives it as its own


def test_it_is_active_and_says_what_it_found(service: Gateway) -> None:
    """Type=notify: active means that it said READY; its status is the count of the last cycle."""
    told = props("Type", "NotifyAccess", "ActiveState", "SubState", "StatusText", "NRestarts", "UnitFileState")
    assert re.fullmatch(r"\d+ \w+(, \d+ \w+)*", told.pop("StatusText"))
    assert told == {
        "Type": "notify", "NotifyAccess": "main", "ActiveState": "active", "SubState": "running", "NRestarts": "0",
        "UnitFileState": "enabled",
    }  # fmt: skip


def test_the_hub_has_confirmed_everything(service: Gateway) -> None:
    """What the hub's own store says, and nothing waits in the spool."""
    numbers = gateway.wait_until_confirmed()
    assert gateway.spool() == {"confirmed": numbers["confirmed"]}
    assert numbers["verified"] == numbers["confirmed"]
    assert (numbers["forks"], numbers["tampered"]) == (0, 0)


def test_systemd_rates_its_exposure_as_ok(service: Gateway) -> None:
    told = said("systemd-analyze", "--no-pager", "security", UNIT)
    rated = re.search(r"Overall exposure level for camwarden\.service: ([0-9.]+) OK", told)
    assert rated and float(rated[1]) <= EXPOSURE_MOST, told.splitlines()[-1]


def test_it_ends_within_five_seconds_at_rest_and_in_a_cycle(service: Gateway) -> None:
    for moment in ("at rest", "in a cycle"):
        if moment == "in a cycle":
            said("systemctl", "start", UNIT)
            assert prop("StatusText") == "", "the first cycle is over already"
        started_at_mono = time.monotonic()
        said("systemctl", "stop", UNIT)
        took_s = time.monotonic() - started_at_mono
        assert took_s < STOP_WITHIN_S, f"{moment}: {took_s:.1f} s"
        assert props("ActiveState", "Result", "ExecMainStatus") == {
            "ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0",
        }, moment  # fmt: skip


@pytest.mark.parametrize("wedged", [wedge.whole_process, wedge.schedule_alone], ids=["all", "schedule"])
def test_the_watchdog_restarts_it_when_it_is_wedged(service: Gateway, wedged: wedge.Wedge) -> None:
    """The whole process stands, or only the thread of the schedule while the one that publishes goes on."""
    drop_in("watchdog", f"WatchdogSec={WATCHDOG_S}", "TimeoutAbortSec=1", "RestartSec=100ms")
    said("systemctl", "restart", UNIT)
    gateway.wait_until_seen()
    pid, confirmed = main_pid(), peers.counts()["confirmed"]
    with wedged(pid):
        wait_for("a new process", lambda: main_pid() not in (0, pid), ENDED_BY_WATCHDOG_WITHIN_S)
    assert "watchdog" in journal().lower()
    assert gateway.times_started() == 1
    gateway.wait_until_seen()
    gateway.wait_until_confirmed(more_than=confirmed)


def test_nothing_is_lost_when_it_is_killed_while_the_broker_is_away(service: Gateway) -> None:
    """SIGKILL after a cycle that nobody could be told, and again in the middle of the next one."""
    confirmed = gateway.wait_until_confirmed()["confirmed"]
    peers.stop_broker()
    said("systemctl", "restart", UNIT)
    gateway.wait_until_seen()
    assert gateway.spool_waits() > 0
    for _ in range(2):
        killed = main_pid()
        os.kill(killed, signal.SIGKILL)
        wait_for("a new process", partial(_another_runs, killed))
    assert gateway.times_started() == 2
    gateway.wait_until_seen()
    peers.start_broker()
    numbers = gateway.wait_until_confirmed(more_than=confirmed)
    assert_without_gap(numbers)


def _another_runs(pid: int) -> bool:
    return main_pid() not in (0, pid) and prop("ActiveState") == "active"


def assert_without_gap(numbers: dict[str, int]) -> None:
    """Every number of every stream is at the hub, once, in one epoch, confirmed."""
    held = peers.streams()
    assert len({stream.epoch for stream in held}) == 1
    for stream in held:
        assert sorted(stream.numbers) == list(range(1, len(stream.numbers) + 1)), stream.name
    assert numbers["confirmed"] == sum(len(stream.numbers) for stream in held)
    assert not any(peers.gaps().values())
    assert (numbers["forks"], numbers["tampered"]) == (0, 0)


def test_a_wrong_configuration_ends_it_with_78_and_no_new_start(service: Gateway) -> None:
    SITE_TOML.write_text(SITE_TOML.read_text().replace("period_s = 60", "period_s = 1"))
    said("systemctl", "restart", UNIT, codes=(1,))
    assert_given_up()
    assert "site.toml" in journal() and "period_s" in journal()


def test_a_missing_configuration_is_waited_for_without_a_start(service: Gateway) -> None:
    """Installed and not yet set up is no failure of the unit; the program itself ends with 78."""
    SITE_TOML.unlink()
    said("systemctl", "restart", UNIT)
    assert props("ActiveState", "SubState", "ConditionResult", "NRestarts", "MainPID") == {
        "ActiveState": "inactive", "SubState": "dead", "ConditionResult": "no", "NRestarts": "0", "MainPID": "0",
    }  # fmt: skip
    assert "unmet condition" in said("systemctl", "status", "--no-pager", UNIT, codes=(3,))
    said("camwarden", "run", codes=(78,))


def assert_given_up() -> None:
    """Failed for good: a service that systemd is about to start again is `activating`, in `auto-restart`."""
    assert gateway.ended() == {
        "ActiveState": "failed", "SubState": "failed", "Result": "exit-code", "ExecMainStatus": "78", "NRestarts": "0",
        "MainPID": "0",
    }  # fmt: skip


def test_it_writes_nothing_outside_its_own_folders(service: Gateway) -> None:
    """From start to stop, with a cycle and its delivery between: everything that changed on the whole machine."""
    confirmed = gateway.wait_until_confirmed()["confirmed"]
    said("systemctl", "stop", UNIT)
    before = listing()
    said("systemctl", "start", UNIT)
    gateway.wait_until_seen()
    gateway.wait_until_confirmed(more_than=confirmed)
    running = set(difference(before, listing()))
    said("systemctl", "stop", UNIT)
    changed = running | set(difference(before, listing()))
    inside = {path for path in changed if path.startswith((str(STATE), str(RUNTIME), *PRIVATE_TMP))}
    assert f"{RUNTIME}/status.json" in inside and any(path.startswith(f"{STATE}/") for path in inside)
    assert changed - inside == set()
