"""Which commands a site carries out: every refusal by its word, and a memory that cannot be flooded."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from delivery import NOW
from orders_by_hub import HOUR, command

from agent.contract.orders import Command, CommandName, Order, Range
from agent.service.orders.decide import (
    A_DAY_AT_MOST,
    DAY,
    REMEMBERED,
    RESEND_AT_MOST,
    VALID_AT_MOST,
    WAITING_AT_MOST,
    Answered,
    CommandContext,
    CommandLog,
    from_json,
    refusal,
    remember,
    to_json,
)

HERE = CommandContext({"gate", "yard"}, {"camera-online"}, "e1", NOW, True)
ALL = Range("e1", "event", 1, 10)


def done(name: CommandName, number: int, ago: timedelta = HOUR, carried_out: bool = True) -> Answered:
    return Answered(f"{name}-{number}", name, carried_out, NOW - ago, "{}")


def full(name: CommandName, ago: timedelta = HOUR) -> CommandLog:
    return CommandLog(tuple(done(name, n, ago) for n in range(A_DAY_AT_MOST[name])))


ACCEPTED = [
    command("report-now", NOW),
    command("resend", NOW, resend=ALL),
    command("resend", NOW, resend=replace(ALL, to_seq=RESEND_AT_MOST)),
    command("check-now", NOW),
    command("check-now", NOW, cameras=("gate",), checks=("camera-online",)),
    command("report-now", NOW, valid=VALID_AT_MOST),
]


@pytest.mark.parametrize("asked", ACCEPTED, ids=range(len(ACCEPTED)))
def test_what_is_in_order_is_accepted(asked: Command) -> None:
    assert refusal(asked, CommandLog(), (), HERE) == ""


REFUSED = {
    "expired": command("report-now", NOW - 2 * HOUR),
    "expired-at-the-moment": command("report-now", NOW - HOUR),
    "too-long-ahead": command("report-now", NOW + 3 * VALID_AT_MOST),
    "too-long": command("report-now", NOW, valid=VALID_AT_MOST + timedelta(seconds=1)),
    "too-long-range": command("resend", NOW, resend=replace(ALL, to_seq=RESEND_AT_MOST + 1)),
    "unknown-camera": command("check-now", NOW, cameras=("gate", "attic")),
    "unknown-check": command("check-now", NOW, checks=("open-the-gate",)),
    "other-epoch": command("resend", NOW, resend=replace(ALL, epoch="e0")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_is_refused_by_its_word(name: str) -> None:
    word = refusal(REFUSED[name], CommandLog(), (), HERE)
    assert word
    assert name.startswith(word)


def test_expiry_is_not_judged_by_a_clock_that_nobody_trusts() -> None:
    assert refusal(REFUSED["expired"], CommandLog(), (), replace(HERE, clock_trusted=False)) == ""


@pytest.mark.parametrize("name", A_DAY_AT_MOST)
def test_only_so_many_a_day_are_carried_out(name: CommandName) -> None:
    asked = command(name, NOW, resend=ALL if name == "resend" else None)
    assert refusal(asked, full(name), (), HERE) == "too-many"
    assert refusal(asked, CommandLog(full(name).answered[1:]), (), HERE) == ""
    assert refusal(asked, CommandLog(full(name).answered[1:]), (replace(asked, id="w"),), HERE) == "too-many"
    assert refusal(asked, full(name, DAY), (), HERE) == "", "yesterday's do not count"
    assert refusal(asked, full(name, -3 * DAY), (), HERE) == "", "nor those of a clock that was wrong"
    refused = tuple(replace(one, done=False) for one in full(name).answered)
    assert refusal(asked, CommandLog(refused), (), HERE) == "", "what was refused costs nothing"


def test_one_kind_of_command_does_not_use_up_another() -> None:
    assert refusal(command("report-now", NOW), full("check-now"), (), HERE) == ""


def test_a_flood_of_refused_commands_pushes_nothing_out_that_was_carried_out() -> None:
    book = full("check-now")
    for number in range(3 * REMEMBERED):
        book = remember(book, done("report-now", number, carried_out=False))
    assert len(book.answered) == REMEMBERED
    assert book.within_a_day("check-now", NOW) == A_DAY_AT_MOST["check-now"]
    assert refusal(command("check-now", NOW), book, (), HERE) == "too-many"


def test_the_newest_result_is_kept_whatever_fills_the_book() -> None:
    book = CommandLog(tuple(done("resend", number) for number in range(REMEMBERED)))
    book = remember(book, done("report-now", 1, carried_out=False))
    assert book.find("report-now-1") is not None
    assert len(book.answered) == REMEMBERED


def test_a_command_from_a_hub_whose_clock_is_a_little_ahead_is_accepted() -> None:
    assert refusal(command("report-now", NOW + HOUR, valid=VALID_AT_MOST), CommandLog(), (), HERE) == ""


def test_a_file_holds_no_more_commands_than_are_read_back() -> None:
    waiting = tuple(Order("cmd", f"c{n}", b"{}", "h..s") for n in range(2 * WAITING_AT_MOST))
    assert len(json.loads(to_json(CommandLog(), waiting))["waiting"]) == WAITING_AT_MOST


def test_the_oldest_result_goes_when_all_were_carried_out() -> None:
    book = CommandLog()
    for number in range(REMEMBERED + 1):
        book = remember(book, done("resend", number))
    assert book.find("resend-0") is None
    assert book.find("resend-1") is not None


def test_results_are_remembered_for_longer_than_any_command_is_valid() -> None:
    assert sum(A_DAY_AT_MOST.values()) * (VALID_AT_MOST / DAY) < REMEMBERED


def test_the_book_survives_its_file() -> None:
    book = CommandLog((done("resend", 1), done("check-now", 2, carried_out=False)))
    waiting = (Order("cmd", "c9", b"\xff\x00 not text", "h..s"),)
    assert from_json(to_json(book, waiting)) == (book, waiting)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 5000,
        '{"schema": "camwarden-orders/2", "answered": [], "waiting": []}',
        '{"schema": "camwarden-orders/1", "answered": [["a"]], "waiting": []}',
        '{"schema": "camwarden-orders/1", "answered": [["a", "reboot", true, "2026-11-24T00:00:00+00:00", ""]],'
        ' "waiting": []}',
        '{"schema": "camwarden-orders/1", "answered": [["a", "resend", true, "2026-11-24T00:00:00", ""]],'
        ' "waiting": []}',
        '{"schema": "camwarden-orders/1", "answered": [], "waiting": [["a", 7, "x"]]}',
    ],
)
def test_another_file_is_no_book(text: str) -> None:
    with pytest.raises(ValueError, match="not a list of commands"):
        from_json(text)
