"""Logins over HTTP against real sockets: what is sent, how often, and when it is left."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from devices import NOW, PASSWORD, Asked, HttpDevice, clock, device, http
from digest_gate import Gate

from drivers.credentials import LOCK_TIME, Credentials
from drivers.errors import Busy, NotTried, Refused
from drivers.http.transport import Request, Transport, open_transport

ASK = Request("GetThing", "POST", "/onvif/device_service", b"<x/>")
CHALLENGE = ("WWW-Authenticate", 'Digest realm="cam", nonce="n1", qop="auth", opaque="o"')


def opened(
    served: HttpDevice,
    deadline_s: float = 5.0,
    password: str | None = PASSWORD,
    states: Credentials | None = None,
    now: Callable[[], datetime] = clock,
) -> AbstractContextManager[Transport]:
    return open_transport(device(served.port, password), deadline_s, states or Credentials(None), now)


@pytest.mark.parametrize(
    ("algorithm", "qop"), [("MD5", ', qop="auth"'), ("SHA-256", ', qop="auth,auth-int"'), ("MD5", "")]
)
def test_digest_asks_anonymously_first_then_reuses_its_nonce(algorithm: str, qop: str) -> None:
    gate = Gate(algorithm, qop)
    with HttpDevice(gate) as served, opened(served) as transport:
        assert [transport.exchange(ASK).anonymous for _ in range(4)] == [False] * 4
        assert (gate.challenged, gate.accepted, gate.refused) == (1, 4, 0)
        assert gate.counts == (["00000001", "00000002", "00000003", "00000004"] if qop else [""] * 4)
        assert not served.asked[0].authorization
        assert served.connections == 1


def test_a_stale_nonce_is_renewed_and_is_no_refusal() -> None:
    gate = Gate()
    gate.limit = 2
    with HttpDevice(gate) as served, opened(served) as transport:
        assert [transport.exchange(ASK).reply.status for _ in range(6)] == [200] * 6
        assert (gate.challenged, gate.refused) == (1, 0)
        assert transport.credentials.state(transport.device).state == "worked"


def test_a_wrong_password_makes_exactly_one_refused_login() -> None:
    gate = Gate(password="another")
    with HttpDevice(gate) as served, opened(served) as transport:
        with pytest.raises(Refused):
            transport.exchange(ASK)
        for _ in range(3):
            with pytest.raises(NotTried):
                transport.exchange(ASK)
        assert gate.refused == 1
        assert sum(1 for asked in served.asked if asked.authorization) == 1
        assert transport.credentials.state(transport.device).state == "wrong"


def test_an_open_path_is_never_sent_a_login() -> None:
    gate = Gate()
    answer = lambda asked: http(200, b"open") if asked.target == "/open" else gate(asked)  # noqa: E731
    with HttpDevice(answer) as served, opened(served) as transport:
        transport.exchange(ASK)
        exchange = transport.exchange(Request("open", "GET", "/open", anonymous_first=True))
        assert exchange.anonymous
        assert not served.asked[-1].authorization


def test_asking_anonymously_first_keeps_the_nonce_in_use() -> None:
    gate = Gate()
    with HttpDevice(gate) as served, opened(served) as transport:
        transport.exchange(ASK)
        gate.nonces = itertools.repeat(1)
        assert not transport.exchange(Request("snapshot", "GET", "/s", anonymous_first=True)).anonymous
        assert gate.counts == ["00000001", "00000002"]


@pytest.mark.parametrize(("password", "why"), [(None, "none is configured"), ("", "no password yet")])
def test_without_a_login_or_its_password_nothing_is_tried(password: str | None, why: str) -> None:
    with (
        HttpDevice(lambda asked: http(401, b"", CHALLENGE)) as served,
        opened(served, password=password) as transport,
        pytest.raises(NotTried, match=why),
    ):
        transport.exchange(ASK)
    assert len(served.asked) == 1


def test_a_body_that_carries_the_login_is_not_tried_with_a_second_scheme() -> None:
    with HttpDevice(lambda asked: http(401, b"no", CHALLENGE)) as served, opened(served) as transport:
        exchange = transport.exchange(Request("X", "POST", "/", b"<token/>", carries_credential=True))
        assert (exchange.reply.status, exchange.anonymous) == (401, False)
        assert len(served.asked) == 1


def test_basic_without_tls_is_not_answered() -> None:
    with (
        HttpDevice(lambda asked: http(401, b"", ("WWW-Authenticate", 'Basic realm="x"'))) as served,
        opened(served) as transport,
        pytest.raises(NotTried, match="password was not sent"),
    ):
        transport.exchange(ASK)
    assert not any(asked.authorization for asked in served.asked)


def test_an_unknown_scheme_is_returned_as_a_401() -> None:
    with (
        HttpDevice(lambda asked: http(401, b"", ("WWW-Authenticate", "Bearer realm=x"))) as served,
        opened(served) as transport,
    ):
        assert transport.exchange(ASK).reply.status == 401


def test_a_lock_out_that_is_read_stops_a_login_that_had_worked() -> None:
    gate = Gate()
    locked = b"<userCheck><lockStatus>lock</lockStatus><unlockTime>1800</unlockTime></userCheck>"
    with (
        HttpDevice(lambda asked: http(403, locked) if asked.authorization and gate.accepted else gate(asked)) as served,
        opened(served) as transport,
    ):
        transport.exchange(ASK)
        with pytest.raises(Refused, match="locked"):
            transport.exchange(ASK)
        assert transport.credentials.state(transport.device).state == "wrong"


def test_a_full_device_is_busy_and_not_wrong() -> None:
    full = http(401, b"online user amount has reached the threshold", CHALLENGE)
    with HttpDevice(lambda asked: full) as served, opened(served) as transport:
        with pytest.raises(Busy):
            transport.exchange(ASK)
        assert transport.credentials.state(transport.device).state == "busy"
        transport.clock = lambda: NOW + timedelta(seconds=30)
        with pytest.raises(Busy, match="next try"):
            transport.exchange(ASK)


# --- from one cycle to the next


def cycles(served: HttpDevice, states: Credentials, count: int, every: timedelta = timedelta(minutes=15)) -> list[str]:
    """Ask three times in each of some cycles; say how each cycle ended."""
    ends = []
    for number in range(count):
        with opened(served, states=states, now=lambda number=number: NOW + number * every) as transport:  # type: ignore[misc]
            try:
                ends.append(str([transport.exchange(ASK).reply.status for _ in range(3)]))
            except (Refused, NotTried) as error:
                ends.append(error.reason)
    return ends


def test_a_healthy_device_sees_one_login_in_many_cycles() -> None:
    gate = Gate()
    with HttpDevice(gate) as served:
        assert cycles(served, Credentials(None), 8) == ["[200, 200, 200]"] * 8
    assert (gate.challenged, gate.accepted, gate.refused) == (1, 24, 0)


def test_a_nonce_that_the_device_ends_after_an_hour_makes_one_new_login_an_hour() -> None:
    gate = Gate()
    gate.limit = 12
    with HttpDevice(gate) as served:
        cycles(served, Credentials(None), 8)
    assert (gate.challenged, gate.renewed, gate.refused) == (1, 1, 0)


def test_a_new_password_in_the_configuration_makes_a_new_login() -> None:
    gate, states = Gate(), Credentials(None)
    with HttpDevice(gate) as served:
        with opened(served, states=states) as transport:
            transport.exchange(ASK)
        gate.password = "another"
        with opened(served, password="another", states=states) as transport:
            transport.exchange(ASK)
    assert (gate.challenged, gate.accepted, gate.refused) == (2, 2, 0)


def test_a_password_that_changed_on_the_device_is_one_failed_login_where_it_has_the_word_stale() -> None:
    gate, states = Gate(names_stale=True), Credentials(None)
    with HttpDevice(gate) as served:
        cycles(served, states, 2)
        gate.password = "another"
        assert cycles(served, states, 3, timedelta(minutes=1)) == ["refused", "not-tried", "not-tried"]
    assert gate.refused == 1


def test_it_is_two_where_the_device_has_no_word_for_a_nonce_that_ran_out() -> None:
    """It cannot be told from one whose nonce ran out. Two is below every lock-out that is known."""
    gate, states = Gate(), Credentials(None)
    with HttpDevice(gate) as served:
        cycles(served, states, 2)
        gate.password = "another"
        assert cycles(served, states, 3, timedelta(minutes=1)) == ["refused", "not-tried", "not-tried"]
    assert gate.refused == 2


def test_a_nonce_that_runs_out_without_a_word_is_renewed() -> None:
    gate, states = Gate(says_stale=False), Credentials(None)
    gate.limit = 4
    with HttpDevice(gate) as served:
        assert cycles(served, states, 4) == ["[200, 200, 200]"] * 4
        assert states.state(device(served.port)).state == "worked" and gate.refused == 0


def test_a_device_that_says_stale_false_when_it_is_not_is_found_out_once() -> None:
    """Its nonce ran out and it said that the password was wrong: after the pause it is not believed a second time."""
    gate, states = Gate(names_stale=True, says_stale=False), Credentials(None)
    gate.limit = 4
    with HttpDevice(gate) as served:
        ends = cycles(served, states, 8, LOCK_TIME + timedelta(minutes=1))
    assert ends == ["[200, 200, 200]", "refused", *["[200, 200, 200]"] * 6]


def test_two_processes_do_not_share_a_nonce() -> None:
    gate = Gate()
    with HttpDevice(gate) as served:
        for _ in range(2):
            cycles(served, Credentials(None), 1)
    assert (gate.challenged, gate.refused) == (2, 0)


def test_basic_without_tls_is_answered_where_the_configuration_allows_it() -> None:
    def answer(asked: Asked) -> bytes:
        return http(200, b"in") if asked.authorization else http(401, b"", ("WWW-Authenticate", 'Basic realm="x"'))

    with HttpDevice(answer) as served:
        box = replace(device(served.port), allow_basic=True)
        with open_transport(box, 5.0, Credentials(None), clock) as transport:
            assert transport.exchange(ASK).reply.body == b"in"
        assert served.asked[1].authorization.startswith("Basic ")
