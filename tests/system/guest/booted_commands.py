"""What operators type beside the running service, as the service's own user."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gateway
import pytest
from conftest import Gateway
from machine import as_user, main_pid, said
from places import SITE_ID, STATE, USER

FINDINGS = (0, 1, 3, 4)
"""Exit codes of a command that did what it was asked, whatever it found."""

CAMERAS = {"gate", "corridor", "annex", "library"}


def as_json(*command: str) -> Any:
    """Run a command as the service's user and return the object that it prints."""
    done = as_user(USER, "camwarden", *command, "--json")
    assert done.returncode in FINDINGS, f"{done.returncode}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def test_status_tells_the_last_cycle(service: Gateway) -> None:
    told = as_json("status")
    assert (told["site"], told["stale"], {camera["id"] for camera in told["cameras"]}) == (SITE_ID, False, CAMERAS)


def test_check_looks_at_every_camera_with_the_passwords_of_the_service(service: Gateway) -> None:
    """It reads the copy that systemd keeps for the running service: the file itself is closed to this user."""
    told = as_json("check", "--rounds", "1")
    online = {row["subject"]: row["status"] for row in told["findings"] if row["check"] == "camera-online"}
    assert {online.get(f"camera:{camera}") for camera in CAMERAS} == {"pass"}


def test_doctor_finds_configuration_and_files_in_order(service: Gateway) -> None:
    probes = {row["probe"]: row["status"] for row in as_json("doctor")["probes"]}
    assert {probes["configuration"], probes["permissions"]} == {"pass"}


@pytest.mark.parametrize("prefix", ["sudo -u camwarden", "runuser -u camwarden --"])
def test_commands_leave_the_service_alone(service: Gateway, prefix: str) -> None:
    """It goes on in the same process, and every file in its folder is still its own."""
    pid = main_pid()
    for command in ("status", "doctor", "queue list", "keys show"):
        said(*f"{prefix} camwarden {command}".split(), codes=FINDINGS)
    assert main_pid() == pid and gateway.times_started() == 0
    assert {path.owner() for path in [STATE, *Path(STATE).rglob("*")]} == {USER}
