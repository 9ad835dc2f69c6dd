"""A refused credential is not tried again blindly: the states, and the file that keeps them."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import stat
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from devices import NOW, PASSWORD, device
from patience import PATIENCE_S

from drivers.credentials import BUSY_PAUSE_MAX, DOUBTFUL_PAUSE, LOCK_TIME, Credentials
from drivers.errors import Busy, DriverError, NoPassword, NotTried
from drivers.http.refusal import weigh
from drivers.model import Device

BOX = device(80)


def admitted(states: Credentials, now: datetime, box: Device = BOX) -> bool:
    try:
        states.admit(box, now)
    except DriverError:
        return False
    return True


@pytest.fixture(params=["memory", "file"])
def states(request: pytest.FixtureRequest, tmp_path: Path) -> Credentials:
    return Credentials(tmp_path / "credentials.json" if request.param == "file" else None)


def test_a_new_credential_may_be_tried(states: Credentials) -> None:
    assert admitted(states, NOW)
    assert states.state(BOX).state == "new"


def test_without_a_credential_nothing_may_be_tried(states: Credentials) -> None:
    with pytest.raises(NotTried, match="none is configured"):
        states.admit(device(80, password=None), NOW)


def test_a_login_without_a_password_is_none_yet(states: Credentials) -> None:
    with pytest.raises(NoPassword):
        states.admit(device(80, password=""), NOW)
    assert states.entries() == ()


def test_a_credential_that_never_worked_is_wrong_for_ever(states: Credentials) -> None:
    states.refused(BOX, NOW)
    assert states.state(BOX).state == "wrong"
    assert not admitted(states, NOW + timedelta(days=3650))


def test_another_secret_may_be_tried_and_the_old_one_stays_wrong(states: Credentials) -> None:
    states.refused(BOX, NOW)
    assert admitted(states, NOW, device(80, "another"))
    assert not admitted(states, NOW)


def test_the_same_secret_on_another_device_is_another_credential(states: Credentials) -> None:
    states.refused(BOX, NOW)
    assert admitted(states, NOW, Device("other", "127.0.0.1", 80, "onvif", BOX.credential))


def test_one_that_worked_before_is_tried_after_the_lock_time_then_once_a_day(states: Credentials) -> None:
    states.accepted(BOX, NOW)
    states.refused(BOX, NOW)
    assert states.state(BOX).state == "doubtful"
    assert not admitted(states, NOW + LOCK_TIME - timedelta(seconds=1))
    tried = NOW + LOCK_TIME
    assert admitted(states, tried)
    assert not admitted(states, tried), "one retry is one retry, also before its outcome is known"
    states.refused(BOX, tried)
    assert not admitted(states, tried + DOUBTFUL_PAUSE - timedelta(seconds=1))
    assert admitted(states, tried + DOUBTFUL_PAUSE)
    states.accepted(BOX, tried + DOUBTFUL_PAUSE)
    assert states.state(BOX).state == "worked"


def test_the_lock_time_is_longer_than_any_that_is_known() -> None:
    assert timedelta(minutes=30) < LOCK_TIME <= timedelta(minutes=60)


def test_a_lock_out_that_the_device_tells_stops_even_what_worked(states: Credentials) -> None:
    states.accepted(BOX, NOW)
    states.refused(BOX, NOW, "<lockStatus>lock</lockStatus>")
    assert states.state(BOX).state == "wrong"


def test_a_lock_out_that_is_told_before_a_login_only_ever_makes_the_wait_longer(states: Credentials) -> None:
    def until(now: datetime, unlock_s: int) -> datetime:
        states.shut(BOX, now, f"<lockStatus>lock</lockStatus><unlockTime>{unlock_s}</unlockTime>")
        return datetime.fromisoformat(states.state(BOX).not_before)

    states.accepted(BOX, NOW)
    long = until(NOW, 3600)
    assert long > NOW + timedelta(seconds=3600)
    assert until(NOW + timedelta(minutes=1), 60) == long, "another channel's shorter lock"
    assert until(NOW + timedelta(minutes=2), 3600) > long


def test_a_lock_out_does_not_make_a_wrong_secret_one_that_is_tried_again(states: Credentials) -> None:
    states.refused(BOX, NOW)
    states.shut(BOX, NOW, "<lockStatus>lock</lockStatus><unlockTime>60</unlockTime>")
    assert states.state(BOX).state == "wrong"
    assert not admitted(states, NOW + timedelta(days=1))


def test_busy_backs_off_longer_each_time_up_to_a_limit(states: Credentials) -> None:
    states.accepted(BOX, NOW)
    now, waits = NOW, []
    for _ in range(9):
        states.refused(BOX, now, "online user amount has reached the threshold")
        with pytest.raises(Busy):
            states.admit(BOX, now)
        until = datetime.fromisoformat(states.state(BOX).not_before)
        waits.append(until - now)
        now = until
        states.admit(BOX, now)
    assert waits == sorted(waits) and waits[0] == timedelta(minutes=1) and waits[-1] == BUSY_PAUSE_MAX
    states.accepted(BOX, now)
    states.refused(BOX, now, "too many connections")
    assert datetime.fromisoformat(states.state(BOX).not_before) - now == waits[0]


def test_retry_allows_one_more_try(states: Credentials) -> None:
    states.refused(BOX, NOW)
    assert states.retry("box") is True
    assert admitted(states, NOW)
    states.refused(BOX, NOW)
    assert not admitted(states, NOW)
    assert states.retry("no-such-device") is False


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", "refused"),
        ("Sender not authorized. You still have 22 attempt(s)", "refused"),
        ("<lockStatus>unlock</lockStatus><retryLoginTime>4</retryLoginTime>", "refused"),
        ('{"ErrorCode":268632081,"RmLock":0,"RmLogin":4}', "refused"),
        ('{"ErrorCode":268632081,"RmLock":1800,"RmLogin":0}', "locked"),
        ("<userCheck><lockStatus>lock</lockStatus></userCheck>", "locked"),
        ("The account has been locked for 30 minutes", "locked"),
        ("online user amount has reached the threshold", "busy"),
        ("Too many connections", "busy"),
        ("", "refused"),
        ("Invalid Authority!", "refused"),
        ("Sender not authorized. You still have 1 attempt(s)", "refused"),
        ("You still have 0 attempt(s)", "locked"),
        ("<lockStatus>unlock</lockStatus><unlockTime>0</unlockTime><retryLoginTime>0</retryLoginTime>", "locked"),
        ("<lockStatus>lock</lockStatus><unlockTime>1799</unlockTime>", "locked"),
        ('{"lockStatus": "lock", "unlockTime": 1799}', "locked"),
        ('{"lockStatus": "unlock", "retryLoginTime": 6}', "refused"),
        ("<subStatusCode>userLocked</subStatusCode>", "locked"),
        ("<illegalLoginLock>true</illegalLoginLock>", "locked"),
        ('{"ErrorCode":268632081,"RmLock":0,"RmLogin":0}', "locked"),
        ("The IP address was blocked", "locked"),
        ("用户名或密码错误", "refused"),
        ("账号已被锁定 30分钟后再试", "locked"),
        ("IP已被锁定", "locked"),
        ("用户数已达上限", "busy"),
        ("连接数已满", "busy"),
        ("The maximum number of users is reached", "busy"),
        ("Session limit exceeded", "busy"),
        ("Device locked down by policy", "locked"),
        ("the door is unlocked", "refused"),
        ("Authority:check failure.", "refused"),
    ],
)
def test_the_words_of_a_refusal_are_weighed(text: str, meaning: str) -> None:
    assert weigh(text) == meaning


def test_the_file_is_private_and_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    previous = os.umask(0)
    try:
        Credentials(path).refused(BOX, NOW)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["credentials.json", "credentials.json.lock"]


def test_the_same_secret_looks_different_in_every_file(tmp_path: Path) -> None:
    stored = []
    for name in ("a", "b"):
        Credentials(tmp_path / name).refused(BOX, NOW)
        stored.append(json.loads((tmp_path / name).read_text())["entries"][0]["secret"])
    assert stored[0] != stored[1]


def test_states_survive_a_restart_and_are_shared_with_other_commands(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    daemon = Credentials(path)
    daemon.refused(BOX, NOW)
    command = Credentials(path)
    assert not admitted(command, NOW)
    command.retry("box")
    assert admitted(daemon, NOW)


def _refuse(path: Path, name: str) -> None:
    for number in range(20):
        Credentials(path).refused(Device(f"{name}-{number}", "127.0.0.1", 80, "onvif", BOX.credential), NOW)


def test_processes_do_not_overwrite_each_other(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_refuse, args=(path, name)) for name in ("a", "b")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_S)
        assert process.exitcode == 0
    assert len(Credentials(path).entries()) == 40


def test_one_of_many_threads_gets_the_one_retry(tmp_path: Path) -> None:
    states = Credentials(tmp_path / "credentials.json")
    states.accepted(BOX, NOW)
    states.refused(BOX, NOW)
    got: list[bool] = []
    threads = [threading.Thread(target=lambda: got.append(admitted(states, NOW + LOCK_TIME))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(got) == [False] * 7 + [True]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"schema": "another/1", "salt": "00", "entries": []}',
        b'{"schema": "camwarden-credentials/1", "salt": "zz", "entries": []}',
        b'{"schema": "camwarden-credentials/1", "salt": "00", "entries": [{"device": 1, "user": "", "secret": ""}]}',
        b'{"schema": "camwarden-credentials/1", "salt": "00",'
        b' "entries": [{"device": "a", "user": "", "secret": "", "state": "fine"}]}',
        b'{"schema": "camwarden-credentials/1", "salt": "00",'
        b' "entries": [{"device": "a", "user": "", "secret": "", "not_before": "2026-01-01T00:00:00"}]}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_set_aside_and_said(content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "credentials.json"
    path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        states = Credentials(path)
    assert admitted(states, NOW)
    assert (tmp_path / "credentials.json.damaged").read_bytes() == content
    assert "set aside" in caplog.text


def test_a_file_that_cannot_be_written_still_holds_in_this_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    states = Credentials(folder / "credentials.json")
    states.admit(BOX, NOW)
    (folder / "credentials.json.lock").unlink()
    folder.rmdir()
    states.refused(BOX, NOW)
    assert not admitted(states, NOW)
    assert "could not be written" in caplog.text


def test_old_secrets_of_a_device_do_not_pile_up() -> None:
    states = Credentials(None)
    for number in range(100):
        states.refused(device(80, f"secret {number}"), NOW)
    assert len(states.entries()) <= 16
    assert not admitted(states, NOW, device(80, "secret 99"))
