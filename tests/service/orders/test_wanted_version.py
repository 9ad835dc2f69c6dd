"""A version that the hub names is taken within the site's own bounds, left for root, and told where it failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract_schemas import fits
from delivery import NOW, moment
from order_room import Room, room_in
from orders_by_hub import policy

from agent.service.orders import desk as order_desk
from agent.service.orders.wanted_version import FILE_NAME, failure_of, write_wanted
from agent.site.config.site import Upgrade

NEWER = "99.0.1"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    opened = room_in(tmp_path)
    yield opened
    opened.spool.close()


def allow(room: Room, is_allowed: bool = True) -> None:
    room.site = replace(room.site, upgrade=Upgrade(allow=is_allowed))


def name(room: Room, version: int, **values: object) -> None:
    room.take(policy(version, NOW, room.hub, dict(values)), connects=1)  # type: ignore[arg-type]


def wanted(room: Room) -> str | None:
    path = room.site.storage.directory / FILE_NAME
    return path.read_text() if path.exists() else None


def refused(room: Room) -> str:
    last = room.reported()[-1].refused
    return last.reason if last else ""


def test_a_site_that_says_nothing_refuses_a_version_and_its_policy_stays(room: Room) -> None:
    name(room, 1, period_s=120)
    name(room, 2, period_s=240, agent_version=NEWER)
    standing = room.desk.in_force(room.site, moment())
    assert (standing.version, standing.site.period_s) == (1, 120)
    assert (refused(room), wanted(room)) == ("not-allowed", None)
    fits(room.said[-1].payload)


def test_an_allowed_newer_version_is_left_for_root_beside_the_thresholds(room: Room) -> None:
    allow(room)
    name(room, 1, period_s=120, agent_version=NEWER)
    standing = room.desk.in_force(room.site, moment())
    assert (standing.version, standing.site.period_s) == (1, 120)
    assert wanted(room) == f"{NEWER}\n"
    assert (room.site.storage.directory / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert room.reported()[-1].policy == {"period_s": 120, "agent_version": NEWER}
    fits(room.said[-1].payload)
    name(room, 2, period_s=120)  # taken back
    assert wanted(room) is None


@pytest.mark.parametrize(
    "named",
    ["", "0.2.0-1~deb13", "0.2.0; reboot", "../0.2.0", "1", "1.2.3.4.5", "0.2.0\n", " 0.2.0", "\uff11.\uff12",
     "1." + "9" * 7, 2, 2.5, None, True, ["0.2.0"], "latest"],
)  # fmt: skip
def test_what_is_no_release_is_refused_as_a_whole(room: Room, named: object) -> None:
    allow(room)
    name(room, 1, period_s=120, agent_version=named)
    assert room.desk.in_force(room.site, moment()).version == 0
    assert (refused(room), wanted(room)) == ("not-valid", None)


def test_an_older_version_is_refused_and_the_same_one_asks_for_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(room)
    name(room, 1, agent_version="0.0.1")
    assert (refused(room), wanted(room)) == ("not-newer", None)
    name(room, 2, agent_version=NEWER)
    monkeypatch.setattr(order_desk, "VERSION", NEWER)
    room.open()
    room.take(connects=1)
    assert (refused(room), wanted(room)) == ("", None)


def test_no_threshold_falls_because_the_site_forbids_upgrades_or_was_upgraded_by_hand(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(room)
    name(room, 1, period_s=120, agent_version=NEWER)
    allow(room, False)
    room.take(connects=1)
    assert (room.desk.in_force(room.site, moment()).site.period_s, wanted(room)) == (120, None)
    allow(room)
    monkeypatch.setattr(order_desk, "VERSION", "99.2")
    monkeypatch.setattr("agent.service.orders.desired_policy.VERSION", "99.2")
    name(room, 2, period_s=180, agent_version=NEWER)  # the hub repeats what it sent last
    assert (room.desk.in_force(room.site, moment()).site.period_s, wanted(room)) == (180, None)


def test_why_root_could_not_install_it_is_told_to_the_hub_until_another_is_named(
    room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outcome = tmp_path / "outcome.json"
    monkeypatch.setattr(order_desk, "UPGRADE_OUTCOME", outcome)
    allow(room)
    name(room, 1, agent_version=NEWER)
    assert refused(room) == ""
    outcome.write_text(json.dumps({"version": NEWER, "why": "apt-get ended with 100:\ndisk full"}))
    room.take(connects=1)
    told = room.reported()[-1].refused
    assert told is not None
    assert (told.version, told.reason, told.why) == (1, "upgrade-failed", "apt-get ended with 100: disk full")
    fits(room.said[-1].payload)
    room.take(connects=1)
    assert len(room.reported()) == 2  # once
    name(room, 2, agent_version="99.0.2")
    assert refused(room) == ""


@pytest.mark.parametrize(
    "text", ["", "[]", "[" * 3000, '{"version": "99.0.1"}', '{"version": ["99.0.1"], "why": "x"}', "\xff", "null"]
)
def test_an_outcome_that_is_none_says_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "outcome.json"
    path.write_text(text, "latin-1")
    assert failure_of(path, NEWER) == ""
    assert failure_of(tmp_path / "none.json", NEWER) == ""


def test_a_disk_that_takes_no_file_is_told_and_tried_again(room: Room) -> None:
    allow(room)
    path = room.site.storage.directory / FILE_NAME
    path.mkdir()
    name(room, 1, agent_version=NEWER)
    assert refused(room) == "not-kept"
    path.rmdir()
    room.take(connects=1)
    assert (refused(room), wanted(room)) == ("", f"{NEWER}\n")


def test_a_file_left_by_an_earlier_start_goes(room: Room) -> None:
    write_wanted(room.site.storage.directory, NEWER)
    room.open()
    room.take()
    assert wanted(room) is None
