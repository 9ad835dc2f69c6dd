"""Devices that weigh a login and never answer it, or keep accounts for one way in: how many logins their log shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from devices import NOW, PASSWORD, Answer, Asked, HttpDevice, device, http
from onvif_device import Script
from onvif_reading import CAMERAS

from drivers.credentials import DOUBTFUL_PAUSE, LOCK_TIME, Credentials
from drivers.errors import DriverError, NotTried
from drivers.exchange import Request
from drivers.http.transport import open_transport
from drivers.onvif.read import read

PERIOD = timedelta(minutes=15)
ASK = Request("GetThing", "GET", "/")
BOX = device(80)


class Swallows:
    """Answers each request without a login with a challenge, and hangs up on each login. Counts them by the minute."""

    def __init__(self) -> None:
        self.logins = 0

    def __call__(self, asked: Asked) -> Answer:
        if asked.authorization:
            self.logins += 1
            return iter(())
        return http(401, b"", ("WWW-Authenticate", 'Digest realm="a", nonce="n", qop="auth"'))


def asked(served: HttpDevice, states: Credentials, now: datetime, times: int = 5) -> list[DriverError]:
    errors = []
    with open_transport(device(served.port, PASSWORD), 30.0, states, lambda: now) as transport:
        for _ in range(times):
            with pytest.raises(DriverError) as raised:
                transport.exchange(ASK)
            errors.append(raised.value)
    return errors


def test_a_login_that_is_swallowed_is_not_sent_with_each_question_nor_each_look(tmp_path: Path) -> None:
    """With a wrong password one for each question locks the account, and so does one for each look."""
    gate = Swallows()
    with HttpDevice(gate) as served:
        for number in range(8):
            states = Credentials(tmp_path / "states.json")
            errors = asked(served, states, NOW + number * PERIOD)
            assert any(isinstance(one, NotTried) for one in errors)
    # Two hours: at 0, 45 and 90 minutes, as the longest known lock time is over.
    assert gate.logins == 3


def test_over_soap_neither() -> None:
    script, swallowed = Script(login="wsse", password="another"), 0

    def swallows(request: Asked) -> Answer:
        nonlocal swallowed
        if b"UsernameToken" not in request.body:
            return script.answer(request)
        swallowed += 1
        empty: Iterator[bytes] = iter(())
        return empty

    states = Credentials(None)
    with script.device() as served:
        served.answer = swallows
        for number in range(3):
            box, now = device(served.port, PASSWORD), NOW + number * PERIOD
            with open_transport(box, 30.0, states, lambda now=now: now) as transport:  # type: ignore[misc]
                read(CAMERAS, transport)
    assert swallowed == 1


def test_a_login_that_worked_may_go_unanswered_once_and_one_that_is_answered_then_is_as_ever() -> None:
    states = Credentials(None)
    states.accepted(BOX, NOW)
    states.unanswered(BOX, NOW)
    states.admit(BOX, NOW)
    states.accepted(BOX, NOW)
    states.unanswered(BOX, NOW)
    states.admit(BOX, NOW)
    states.unanswered(BOX, NOW)
    with pytest.raises(NotTried, match="never answered"):
        states.admit(BOX, NOW)
    states.admit(BOX, NOW + LOCK_TIME)
    assert states.accepted(BOX, NOW + LOCK_TIME)
    assert states.state(BOX).state == "worked"


def test_no_silence_makes_a_refused_one_be_tried_sooner() -> None:
    states = Credentials(None)
    states.accepted(BOX, NOW)
    states.refused(BOX, NOW)
    tried = NOW + LOCK_TIME
    states.admit(BOX, tried)
    states.unanswered(BOX, tried)
    with pytest.raises(NotTried):
        states.admit(BOX, tried + LOCK_TIME)
    states.refused(BOX, NOW)
    fresh = Credentials(None)
    fresh.unanswered(BOX, NOW)
    fresh.admit(BOX, NOW + LOCK_TIME)
    fresh.refused(BOX, NOW + LOCK_TIME)
    assert fresh.state(BOX).state == "wrong", "what never worked and is refused is wrong"


def test_a_login_that_one_way_refuses_and_another_takes_is_doubtful_for_that_way_alone() -> None:
    """Hikvision keeps accounts for ONVIF beside its own: RTSP and snapshots refuse those."""
    states = Credentials(None)
    states.accepted(BOX, NOW, "soap")
    states.refused(BOX, NOW, way="rtsp")
    with pytest.raises(NotTried):
        states.admit(BOX, NOW, "soap")
    again = NOW + LOCK_TIME
    states.admit(BOX, again, "soap")
    states.accepted(BOX, again, "soap")
    tries = {"soap": 0, "rtsp": 0}
    for number in range(1, 96 * 3):
        now = again + number * PERIOD
        for way in tries:
            try:
                states.admit(BOX, now, way)
            except NotTried:
                continue
            tries[way] += 1
            states.accepted(BOX, now, way) if way == "soap" else states.refused(BOX, now, way=way)
    assert tries == {"soap": 287, "rtsp": 2}, "one way is asked each look, the other once a day"
    states.admit(BOX, again + 4 * DOUBTFUL_PAUSE, "rtsp")
    states.accepted(BOX, again + 4 * DOUBTFUL_PAUSE, "rtsp")
    states.admit(BOX, again + 4 * DOUBTFUL_PAUSE, "rtsp")


def test_a_login_that_never_worked_is_wrong_for_all_ways_at_once() -> None:
    states = Credentials(None)
    states.refused(BOX, NOW, way="http")
    for way in ("", "http", "soap", "rtsp"):
        with pytest.raises(NotTried):
            states.admit(BOX, NOW + timedelta(days=365), way)
    assert states.retry("box")
    states.admit(BOX, NOW, "soap")
