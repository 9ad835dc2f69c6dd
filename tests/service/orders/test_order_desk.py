"""The desk between hub and cycle, on a real spool and real keys: which commands are answered, and once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from contract_schemas import fits
from delivery import DAY, NOW, config_report, health, moment
from order_room import Room, room_in
from orders_by_hub import HOUR, NONCE, command, order

from agent.contract.envelope import COMMAND_TYP, DESIRED_TYP, sign_payload
from agent.contract.orders import CommandName, Order, Range
from agent.contract.signing_keys import load_or_create_signer
from agent.model.errors import SpoolFailed
from agent.service.orders.decide import REMEMBERED
from agent.service.orders.desk import HEARD_AT_MOST, ORDER_MAX_BYTES, OrderDesk


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    opened = room_in(tmp_path)
    yield opened
    opened.spool.close()


def test_report_now_waits_for_a_cycle_and_names_its_health_report(room: Room) -> None:
    room.take(order(command("report-now", NOW), room.hub))
    assert room.desk.waits
    assert room.results() == []
    room.cycle()
    (result,) = room.results()
    assert not room.desk.waits
    assert result.report is not None
    head = room.spool.heads()["health"]
    assert (result.status, result.report.stream, result.report.seq) == ("done", "health", head.seq)
    assert (result.report.digest, result.report.epoch) == (head.digest, room.spool.epoch)
    fits(room.said[0].payload)


def test_check_now_names_the_config_report_and_the_cycle_is_told_whom_to_look_at(room: Room) -> None:
    room.take(order(command("check-now", NOW, cameras=("yard",)), room.hub))
    asked = room.desk.asked(room.desk.in_force(room.site, moment()))
    assert asked.cameras(room.site) == {"yard"}
    (answer,) = asked.looked(NOW, NOW + HOUR).answers()
    assert isinstance(answer, dict)
    assert (answer["cmd"], answer["nonce"], answer["cameras"]) == ("c1", NONCE, ["yard"])
    room.cycle()
    (result,) = room.results()
    assert result.report is not None
    assert result.report.digest == room.spool.heads()["config"].digest


def test_one_cycle_answers_everything_that_waits_and_nothing_that_came_later(room: Room) -> None:
    room.take(*(order(command("report-now", NOW, f"r{n}"), room.hub) for n in range(3)))
    asked = room.desk.asked(room.desk.in_force(room.site, moment()))
    room.take(order(command("check-now", NOW, "late"), room.hub))
    envelopes, _ = room.maker.envelopes([config_report(), health()], room.spool.heads(), room.spool.epoch)
    room.desk.answer(asked, envelopes, moment())
    assert {result.id for result in room.results()} == {"r0", "r1", "r2"}
    assert room.desk.waits


def test_resend_is_done_at_once_and_says_what_is_gone(room: Room) -> None:
    room.maker.cycle(room.spool, events=4)
    room.spool.mark_sent([row.id for row in room.spool.pending(10, NOW)], NOW)
    assert room.spool.pending(10, NOW) == ()
    asked = Range(room.spool.epoch, "event", 2, 6)
    room.take(order(command("resend", NOW, resend=asked), room.hub))
    (result,) = room.results()
    assert (result.status, result.resent, result.missing) == ("done", 3, ((5, 6),))
    assert {(row.stream, row.seq) for row in room.spool.pending(10, NOW)} == {("event", n) for n in (2, 3, 4)}
    assert not room.desk.waits


def test_a_refusal_is_answered_with_its_word_and_fits_the_contract(room: Room) -> None:
    room.take(order(command("resend", NOW, resend=Range("e0", "event", 1, 2)), room.hub))
    (result,) = room.results()
    assert (result.status, result.reason, result.name) == ("refused", "other-epoch", "resend")
    fits(room.said[0].payload)


@pytest.mark.parametrize(
    "name", ["run", "set-mask", "reboot", "snapshot", "report-now; reboot", "", None, ["report-now"]]
)
def test_what_is_on_no_list_is_no_order_even_from_the_hub(room: Room, name: object) -> None:
    """What a hub may ask for is a report, a look, and to send something again; and it says what it has decided."""
    assert set(get_args(CommandName)) == {"report-now", "check-now", "resend", "decide"}
    good = order(command("report-now", NOW), room.hub)
    payload = json.dumps({**json.loads(good.payload), "command": name}).encode()
    room.take(replace(good, payload=payload, jws=sign_payload(payload, room.hub, COMMAND_TYP)))
    assert (room.said, room.desk.waits, room.desk.ignored()) == ([], False, {"payload": 1})
    room.take(good)
    assert room.desk.waits


def test_a_repeated_command_gets_the_same_bytes_again_and_runs_once_also_over_a_restart(room: Room) -> None:
    asked = order(command("report-now", NOW), room.hub)
    room.take(asked)
    room.take(asked)
    room.cycle()
    room.take(asked, at=NOW + 2 * HOUR)
    room.open()
    room.take(asked, at=NOW + 3 * HOUR)
    assert not room.desk.waits
    assert len(room.said) == 3
    assert len({message.payload for message in room.said}) == 1


def test_a_command_that_waits_is_answered_after_a_restart(room: Room) -> None:
    room.take(order(command("check-now", NOW), room.hub))
    room.desk.close()
    room.open()
    room.take()
    assert room.desk.waits
    room.cycle()
    assert [result.status for result in room.results()] == ["done"]


def test_a_command_heard_but_not_taken_up_when_the_daemon_ends_is_answered_after_the_restart(room: Room) -> None:
    room.take(order(command("report-now", NOW, "first"), room.hub))
    room.desk.hear(order(command("report-now", NOW, "second"), room.hub))
    room.desk.close()
    room.open()
    room.take()
    room.cycle()
    assert {result.id for result in room.results()} == {"first", "second"}


def test_one_that_expired_meanwhile_is_refused_after_the_restart(room: Room) -> None:
    room.take(order(command("report-now", NOW), room.hub))
    room.open()
    room.take(at=NOW + 2 * HOUR)
    assert [(result.status, result.reason) for result in room.results()] == [("refused", "expired")]


def test_a_restart_keeps_what_was_answered_whatever_strangers_have_put_on_the_desk(room: Room) -> None:
    good = order(command("report-now", NOW), room.hub)
    room.take(good)
    room.cycle()
    for _ in range(HEARD_AT_MOST - 2):
        room.desk.hear(Order("cmd", "c2", b"x" * ORDER_MAX_BYTES, "x"))
    for _ in range(2):
        room.desk.hear(order(command("report-now", NOW, "late"), room.hub))
    room.desk.close()
    kept = json.loads((room.site.storage.directory / "orders.json").read_text())
    assert [topic_id for topic_id, _, _ in kept["waiting"]] == ["late"]
    room.open()
    room.take(good)
    assert len({message.payload for message in room.said}) == 1, "it is answered from the book and not done again"


def test_a_refusal_is_answered_however_much_was_carried_out_before(room: Room) -> None:
    room.take(order(command("report-now", NOW), room.hub))
    room.cycle()
    path = room.site.storage.directory / "orders.json"
    data = json.loads(path.read_text())
    data["answered"] = [[f"old{n}", *data["answered"][0][1:]] for n in range(REMEMBERED)]
    path.write_text(json.dumps(data))
    room.open()
    late = NOW + DAY
    room.take(
        *(order(command("check-now", late, f"attic{n}", cameras=("attic",)), room.hub) for n in range(3)), at=late
    )
    assert [result.reason for result in room.results()[1:]] == ["unknown-camera"] * 3


def test_a_command_that_meets_a_failing_disk_is_tried_again_and_those_before_it_are_answered(room: Room) -> None:
    room.maker.cycle(room.spool)
    asked = order(command("resend", NOW, "again", resend=Range(room.spool.epoch, "event", 1, 1)), room.hub)
    with closing(sqlite3.connect(room.site.storage.directory / "spool.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SpoolFailed):
            room.take(order(command("check-now", NOW, "attic", cameras=("attic",)), room.hub), asked)
        other.execute("ROLLBACK")
    assert [result.id for result in room.results()] == ["attic"]
    room.take()
    assert [result.id for result in room.results()] == ["attic", "again"]


def test_a_command_that_comes_many_times_at_once_is_answered_once_and_nothing_is_written_for_it(room: Room) -> None:
    asked = order(command("check-now", NOW, cameras=("attic",)), room.hub)
    room.take(asked)
    path = room.site.storage.directory / "orders.json"
    path.unlink()
    for _ in range(5):
        room.desk.hear(asked)
    room.take()
    assert len(room.results()) == 2
    assert not path.exists()


def test_nobody_trusted_is_answered_and_everyone_is_counted(room: Room, tmp_path: Path) -> None:
    stranger = load_or_create_signer(tmp_path / "stranger.pem")
    good = order(command("report-now", NOW), room.hub)
    room.take(
        order(command("report-now", NOW), stranger),
        order(command("report-now", NOW, site="dt0002"), room.hub),
        order(command("report-now", NOW), room.hub, topic_id="c2"),
        order(command("report-now", NOW), room.hub, typ=DESIRED_TYP),
        replace(good, payload=good.payload.replace(b"report-now", b"check-now")),
        Order("cmd", "c1", b"\xff", "x"),
        Order("cmd", "c1", b"x" * (ORDER_MAX_BYTES + 1), good.jws),
    )
    assert room.said == []
    assert not room.desk.waits
    assert room.desk.ignored() == {
        "malformed": 1, "payload": 1, "signature": 1, "site": 1, "too-large": 1, "typ": 1, "unknown-key": 1,
    }  # fmt: skip


def test_whoever_waits_for_orders_is_rung_for_each(room: Room) -> None:
    rung: list[int] = []
    desk = OrderDesk(room.site, room.spool, room.maker.signer, {}, rung=lambda: rung.append(1))
    for _ in range(2):
        desk.hear(Order("cmd", "c1", b"{}", "x"))
    assert len(rung) == 2


def test_a_flood_of_orders_is_cut_off_and_counted(room: Room) -> None:
    for _ in range(HEARD_AT_MOST + 5):
        room.desk.hear(Order("cmd", "c1", b"{}", "x"))
    room.take()
    assert room.desk.ignored() == {"malformed": HEARD_AT_MOST, "too-many": 5}
    room.take(order(command("report-now", NOW), room.hub))
    assert room.desk.waits


@pytest.mark.parametrize("data", [b"", b"null", b"\xff\xfe", b"{" * 10])
def test_a_damaged_file_of_commands_is_begun_anew(room: Room, data: bytes) -> None:
    (room.site.storage.directory / "orders.json").write_bytes(data)
    room.open()
    room.take(order(command("report-now", NOW), room.hub))
    room.cycle()
    assert len(room.results()) == 1


def test_a_forged_command_in_the_file_is_not_believed(room: Room) -> None:
    room.take(order(command("report-now", NOW), room.hub))
    path = room.site.storage.directory / "orders.json"
    data = json.loads(path.read_text())
    data["waiting"][0][0] = "c2"
    path.write_text(json.dumps(data))
    assert path.stat().st_mode & 0o777 == 0o600
    room.open()
    room.take()
    assert not room.desk.waits
    assert room.desk.ignored() == {"payload": 1}
