"""Why something could not be read: each cause comes as its own kind of error, and has its words and next step."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from typing import get_args

import pytest

from agent.judge.wording.unavailable import ASKED_ON_THE_SPOT, LOCKED_FOR, ROWS, unavailable_message
from agent.text.translate import render, render_apart, translate
from drivers.deadline import Deadline, connect
from drivers.errors import (
    Busy,
    DriverError,
    Locked,
    NameUnknown,
    NoAnswer,
    NoRoute,
    PortClosed,
    Refused,
    unavailable,
)
from drivers.http.refusal import refusal, unlocks_in_s
from drivers.model import Cause, Device, Reason, Unavailable

DEVICE = Device("box", "192.0.2.64", 8000, "onvif")


@pytest.fixture
def full() -> Iterator[tuple[str, int]]:
    """An address that takes no more connections: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        filling = [socket.socket() for _ in range(4)]
        for one in filling:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield listening.getsockname()
        for one in filling:
            one.close()


def failure(addresses: tuple[str, ...], port: int, seconds: float = 30.0) -> DriverError:
    with pytest.raises(DriverError) as caught:
        connect(addresses, port, Deadline(seconds))
    return caught.value


def test_a_port_on_which_nobody_listens_is_closed() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert type(failure(("127.0.0.1",), bound.getsockname()[1])) is PortClosed


def test_a_name_without_an_address_is_unknown() -> None:
    assert type(failure((), 80)) is NameUnknown


@pytest.mark.parametrize("number", [errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN])
def test_where_the_kernel_says_that_no_way_leads_there_is_no_route(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*arguments: object, **more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket, "create_connection", refuses)
    error = failure(("192.0.2.1",), 80)
    assert type(error) is NoRoute
    assert os.strerror(number) in str(error)


def test_silence_is_told_apart_from_a_device_that_accepts_and_does_not_answer(full: tuple[str, int]) -> None:
    error = failure((full[0],), full[1], 0.3)
    assert type(error) is NoAnswer
    assert (error.reason, error.cause) == ("deadline", "no-answer")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("<userCheck><lockStatus>lock</lockStatus><unlockTime>1680</unlockTime></userCheck>", 1680),
        ('{"ErrorCode":268632081,"RmLock":1800,"RmLogin":0}', 1800),
        ("the account is locked; remainLockSecond=90", 90),
        ("the account is locked", 0),
        ("the account is locked, unlockTime: 99999999999999999999", 0),
        ("the account is locked, unlockTime: 9999999", 86_400),
    ],
)
def test_a_lock_says_for_how_long_where_the_device_does(text: str, seconds: int) -> None:
    error = refusal(text, "GetUsers: the device refused the login")
    assert isinstance(error, Locked)
    assert (error.unlocks_in_s, unlocks_in_s(text)) == (seconds, seconds)
    assert unavailable("identity", error).unlocks_in_s == seconds


def test_other_words_of_a_refusal_are_no_lock() -> None:
    assert type(refusal("Invalid Authority!", "x")) is Refused
    assert type(refusal("too many connections", "x")) is Busy


@pytest.mark.parametrize("key", [key for key in (*get_args(Reason), *get_args(Cause)) if key])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_reason_and_cause_has_words_and_a_next_step_in_each_language(key: str, lang: str) -> None:
    reason = key if key in get_args(Reason) else "unreachable"
    cause = "" if key in get_args(Reason) else key
    for on_the_spot in (False, True):
        message = unavailable_message(Unavailable("identity", reason, "", None, cause), DEVICE, 20.0, on_the_spot)  # type: ignore[arg-type]
        words, step = render_apart(message, lang)
        assert words
        assert bool(step) is (key != "not-looked-at")
        assert "{" not in words + step
    if lang == "zh_CN":
        row = ROWS[key]  # type: ignore[index]
        assert translate(row.template, lang) != row.template


def test_a_lock_of_28_minutes_is_told_as_one() -> None:
    why = Unavailable("identity", "refused", "", None, "locked", 1680)
    assert unavailable_message(why, DEVICE, 20.0).template == LOCKED_FOR.template
    assert "for 28 min" in str(unavailable_message(why, DEVICE, 20.0))
    assert "还需 28 分钟" in render(unavailable_message(why, DEVICE, 20.0), "zh_CN")


def test_a_refused_login_names_the_command_that_allows_one_more_try_unless_no_file_is_behind_it() -> None:
    why = Unavailable("identity", "refused")
    assert "camwarden credentials retry box" in str(unavailable_message(why, DEVICE, 20.0))
    assert "not tried again" in str(unavailable_message(why, DEVICE, 20.0))
    assert "credentials retry" not in str(unavailable_message(why, DEVICE, 20.0, on_the_spot=True))
    assert set(ASKED_ON_THE_SPOT) <= set(ROWS)
