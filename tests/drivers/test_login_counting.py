"""What a device's log shows of us over hours: at most one failed login per secret, and one new login an hour.

The device issues a fresh nonce with each challenge and takes each for one hour of its own time, as servers do whose
nonces hold their time. Time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from devices import NOW, PASSWORD, Asked, HttpDevice, device, digest_accepts, digest_parameters, http
from onvif_device import Script

from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Camera, Identity, Masks
from drivers.onvif.read import read
from drivers.picture import Access

CAMERA = Camera("one", "box")
PERIOD = timedelta(minutes=5)
HOUR = timedelta(hours=1)


@dataclass
class Counting:
    """A device behind HTTP Digest, and what it would write into its log."""

    script: Script = field(default_factory=lambda: Script(channels=1))
    password: str = PASSWORD
    now: datetime = NOW
    issued: dict[str, datetime] = field(default_factory=dict)
    logins: dict[str, datetime] = field(default_factory=dict)
    anonymous: list[str] = field(default_factory=list)
    failed: int = 0
    ran_out: int = 0
    taken: int = 0

    def device(self) -> HttpDevice:
        """Make the device; use it as a context manager."""
        served = self.script.device()
        served.answer = self
        return served

    def __call__(self, asked: Asked) -> bytes:
        """Answer one request."""
        if b"GetSystemDateAndTime" in asked.body:
            answer = self.script.answer(asked)
            assert answer is not None
            return answer
        if not asked.authorization:
            self.anonymous.append(asked.method)
            return self._challenge()
        nonce = digest_parameters(asked.authorization)["nonce"]
        if self.now - self.issued[nonce] >= HOUR:
            self.ran_out += 1
            return self._challenge(", stale=true")
        if not digest_accepts(asked.authorization, asked.method, self.password):
            self.failed += 1
            return self._challenge(", stale=false")
        self.taken += 1
        self.logins.setdefault(nonce, self.now)
        answer = self.script.answer(asked)
        assert answer is not None
        return answer

    def _challenge(self, stale: str = "") -> bytes:
        nonce = f"n{len(self.issued)}"
        self.issued[nonce] = self.now
        return http(401, b"", ("WWW-Authenticate", f'Digest realm="cam", nonce="{nonce}", qop="auth"{stale}'))


def run_cycles(
    log: Counting,
    served: HttpDevice,
    states: Credentials,
    count: int,
    password: str = PASSWORD,
    period: timedelta = PERIOD,
) -> list[bool]:
    """Read the device and its snapshot once a period; say of each cycle whether everything was read."""
    read_well = []
    for _ in range(count):
        now = log.now
        with open_transport(device(served.port, password), 10.0, states, lambda now=now: now) as transport:  # type: ignore[misc]
            seen = read((CAMERA,), transport)
            pictures, more = fetch_pictures((CAMERA,), seen, transport, {"one": ("snapshot",)})
        values = [one.value for one in (*seen, *more)]
        whole = [kind for kind in (Identity, Masks) if any(isinstance(value, kind) for value in values)]
        read_well.append(len(whole) == 2 and [picture.path for picture in pictures] == ["snapshot"])
        if pictures:
            assert Access(("http snapshot",), ()) in values
        log.now += period
    return read_well


def test_a_healthy_device_sees_at_most_one_new_login_an_hour() -> None:
    log = Counting()
    with log.device() as served:
        assert run_cycles(log, served, Credentials(None), 48) == [True] * 48
    times = sorted(log.logins.values())
    assert times[0] == NOW and len(times) == 4, "48 cycles of 5 minutes are four hours"
    assert all(later - earlier >= HOUR for earlier, later in pairwise(times))
    assert (log.failed, log.ran_out) == (0, 3)
    assert log.taken > 48 * 10


def test_the_anonymous_snapshot_draws_a_challenge_each_cycle_and_makes_no_login() -> None:
    """Whether the snapshot is open to everybody is asked each time: without a login, so that there is none to count."""
    log = Counting()
    with log.device() as served:
        run_cycles(log, served, Credentials(None), 12)
    assert log.anonymous == ["POST"] + ["GET"] * 12
    assert len(log.issued) == 13 and len(log.logins) == 1
    assert log.failed == 0


def test_a_wrong_secret_is_one_failed_login_in_hours_of_cycles_over_restarts_and_so_is_the_next(tmp_path: Path) -> None:
    """Who begins anew, or runs beside the service, learns from the same file what was refused."""
    log, file = Counting(), tmp_path / "credentials.json"
    with log.device() as served:
        for _ in range(3):
            assert run_cycles(log, served, Credentials(file), 8, "wrong") == [False] * 8
        assert (log.failed, len(log.logins)) == (1, 0)
        for _ in range(3):
            run_cycles(log, served, Credentials(file), 8, "wrong as well")
        assert (log.failed, len(log.logins)) == (2, 0)
        assert run_cycles(log, served, Credentials(file), 2) == [True] * 2
    assert log.failed == 2


def test_a_secret_that_stops_working_is_one_failed_login_then_one_after_the_lock_time_then_one_a_day() -> None:
    log, states = Counting(), Credentials(None)
    with log.device() as served:
        run_cycles(log, served, states, 6)
        log.password = "another"
        failed_after = []
        for hour in range(26):
            often = hour in (0, 1, 23, 24, 25)  # in between nothing is due
            run_cycles(log, served, states, 12 if often else 1, period=PERIOD if often else HOUR)
            failed_after.append(log.failed)
    assert failed_after == [2] * 24 + [3] * 2


@pytest.mark.parametrize(("password", "refused"), [(PASSWORD, 0), ("another", 1)])
def test_a_device_that_takes_tokens_sees_no_failed_login_or_one(password: str, refused: int) -> None:
    """WS-UsernameToken has no session to log in to: what can be counted is what fails."""
    script, states = Script(login="wsse", channels=1, password=password), Credentials(None)
    with script.device() as served:
        for number in range(24):
            script.clock = lambda now=NOW + number * PERIOD: now  # type: ignore[misc]
            with open_transport(device(served.port), 10.0, states, script.clock) as transport:
                read((CAMERA,), transport)
    assert script.refused_logins == refused
    assert (script.good_logins > 24) is (refused == 0)
