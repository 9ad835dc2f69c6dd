"""Policy at the desk between hub and cycle: what is in force, kept, and said to the hub."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from contract_schemas import fits
from delivery import NOW, moment
from order_room import Room, room_in
from orders_by_hub import HOUR, command, order, policy

from agent.contract.envelope import DESIRED_TYP, sign_payload
from agent.contract.orders import Order
from agent.contract.signing_keys import load_or_create_signer


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    opened = room_in(tmp_path)
    yield opened
    opened.spool.close()


def in_force(room: Room, at: datetime = NOW) -> tuple[int, int]:
    standing = room.desk.in_force(room.site, moment(at))
    return standing.version, standing.site.period_s


def test_a_policy_is_in_force_from_the_next_cycle_kept_and_reported(room: Room) -> None:
    room.take(connects=1)
    room.take(policy(4, NOW, room.hub, {"period_s": 120}), connects=1)
    assert in_force(room) == (4, 120)
    first, second = room.reported()
    assert (first.version, first.policy, first.refused) == (0, {}, None)
    assert (second.version, second.policy, second.config_digest) == (4, {"period_s": 120}, "c" * 64)
    assert all(message.retain for message in room.said)
    for message in room.said:
        fits(message.payload)
    room.open()
    assert in_force(room) == (4, 120)
    assert len(room.desk.asked(room.desk.in_force(room.site, moment())).desired) == 64


def test_what_is_in_force_is_said_once_for_each_connection_and_a_replay_is_silent(room: Room) -> None:
    again = policy(4, NOW, room.hub, {"period_s": 120})
    room.take(again, connects=1)
    room.take(again, connects=1)
    room.take(connects=1)
    assert len(room.reported()) == 1
    room.take(connects=2)
    room.take(again, connects=2)
    assert len(room.reported()) == 2


def test_nothing_is_said_before_there_was_a_connection(room: Room) -> None:
    room.take(policy(4, NOW, room.hub, {"period_s": 120}))
    assert room.reported() == []


REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "version-not-rising": (3, {"period_s": 120}),
    "loosens": (5, {"clock_fail_s": 60}),
    "not-valid": (5, {"host": "198.51.100.1"}),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_refused_policy_leaves_the_last_good_one_in_force_and_says_why(room: Room, reason: str) -> None:
    room.take(policy(4, NOW, room.hub, {"period_s": 120}), connects=1)
    version, values = REFUSALS[reason]
    room.take(policy(version, NOW, room.hub, values), connects=1)
    assert in_force(room) == (4, 120)
    told = room.reported()[-1]
    assert told.version == 4
    assert told.refused is not None
    assert (told.refused.version, told.refused.reason) == (version, reason)
    assert told.refused.why
    room.take(policy(9, NOW, room.hub, {}), connects=1)
    assert room.reported()[-1].refused is None


def test_what_a_pinned_hub_signed_for_another_site_or_as_no_policy_is_refused_aloud(room: Room) -> None:
    room.take(policy(1, NOW, room.hub, {}, site="dt0002"), connects=1)
    room.take(Order("desired", "", b"{}", order(command("report-now", NOW), room.hub, typ=DESIRED_TYP).jws), connects=1)
    assert [told.refused.reason for told in room.reported() if told.refused] == ["other-site"]
    assert room.desk.ignored() == {"signature": 1}, "what nobody signed is only counted"


def test_a_policy_that_is_not_utf_8_is_refused_aloud_and_ends_nothing(room: Room) -> None:
    payload = policy(4, NOW, room.hub, {"period_s": 120}).payload.decode().encode("utf-16")
    room.take(Order("desired", "", payload, sign_payload(payload, room.hub, DESIRED_TYP)), connects=1)
    assert in_force(room) == (0, 900)
    told = room.reported()[-1]
    assert told.refused is not None and told.refused.reason == "not-valid"


def test_a_policy_of_a_stranger_is_counted_and_changes_nothing(room: Room, tmp_path: Path) -> None:
    stranger = load_or_create_signer(tmp_path / "stranger.pem")
    room.take(connects=1)
    room.take(policy(1, NOW, stranger, {"period_s": 60}), connects=1)
    assert in_force(room) == (0, 900)
    assert len(room.reported()) == 1
    assert room.desk.ignored() == {"unknown-key": 1}


def test_an_expired_policy_gives_way_to_the_site_s_own_and_that_is_said(room: Room) -> None:
    room.take(policy(4, NOW, room.hub, {"period_s": 120}, expires_at=NOW + HOUR), connects=1)
    room.take(at=NOW + HOUR, connects=1)
    assert in_force(room, NOW + HOUR) == (0, 900)
    told = room.reported()[-1]
    assert told.version == 0
    assert told.refused is not None and told.refused.reason == "expired"


def test_a_tampered_file_is_told_once_set_aside_and_does_not_block_a_good_policy(room: Room) -> None:
    path = room.site.storage.directory / "desired.json"
    good = policy(4, NOW, room.hub, {"period_s": 120})
    room.take(good)
    path.write_bytes(path.read_bytes().replace(b"120", b"300"))
    room.open()
    assert in_force(room) == (0, 900)
    room.take(good)
    assert in_force(room) == (4, 120)
    (told,) = room.desk.asked(room.desk.in_force(room.site, moment())).told
    assert told.finding.reason == "desired-tampered"
    room.cycle()
    assert room.desk.asked(room.desk.in_force(room.site, moment())).told == ()
    assert path.with_suffix(".refused").exists()
    room.open()
    assert in_force(room) == (4, 120)


def test_a_policy_that_cannot_be_kept_is_not_put_in_force(room: Room) -> None:
    path = room.site.storage.directory / "desired.json"
    path.mkdir()
    (path / "in-the-way").touch()
    room.take(policy(4, NOW, room.hub, {"period_s": 120}), connects=1)
    assert in_force(room) == (0, 900)
    told = room.reported()[-1]
    assert told.refused is not None and told.refused.reason == "not-kept"
