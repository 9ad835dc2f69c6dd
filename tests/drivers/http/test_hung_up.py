"""A device that ends a connection after an answer without saying so loses no fact, and is sent no login twice blindly.

Whether it ends before or after our next request is under way is a race on real devices. Here the device always reads
that request first, and then hangs up without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from devices import PASSWORD, Answer, Asked, HttpDevice, clock, device, http
from digest_gate import Gate
from onvif_device import Script
from onvif_reading import CAMERAS, transport_to

from drivers.credentials import Credentials
from drivers.errors import HungUp, Unreachable
from drivers.http.transport import Request, open_transport
from drivers.model import Clock
from drivers.onvif.read import read

ASK = Request("GetThing", "POST", "/onvif/device_service", b"<x/>")


@dataclass
class Ends:
    """Answers `answers` requests of each connection, and ends it when the next one has come."""

    served: HttpDevice
    inner: Callable[[Asked], Answer]
    answers: int
    connection: int = 0
    count: int = 0
    hung_up: int = 0

    def __call__(self, asked: Asked) -> Answer:
        if self.served.connections != self.connection:
            self.connection, self.count = self.served.connections, 0
        self.count += 1
        if self.count > self.answers:
            self.hung_up += 1
            return iter(())
        return self.inner(asked)


def ending(served: HttpDevice, answers: int) -> Ends:
    """Make a device that keeps its connections into one that ends them."""
    ends = Ends(served, served.answer, answers)
    served.answer = ends
    return ends


def test_what_was_under_way_is_asked_again_on_a_connection_of_its_own() -> None:
    with HttpDevice(lambda asked: http(200, b"yes")) as served, transport_to(served) as transport:
        ends = ending(served, answers=1)
        assert [transport.exchange(ASK).reply.body for _ in range(4)] == [b"yes"] * 4
        assert (served.connections, ends.hung_up, len(transport.replies)) == (4, 3, 4)


@pytest.mark.parametrize("answers", [0, 1])
def test_a_new_connection_that_answers_nothing_is_not_tried_again(answers: int) -> None:
    """Once more, and no more: a device that is gone is not asked for ever."""
    talks = iter([http(200, b"yes")] * answers)
    with HttpDevice(lambda asked: next(talks, iter(()))) as served, transport_to(served) as transport:
        for _ in range(answers):
            transport.exchange(ASK)
        with pytest.raises(Unreachable) as raised:
            transport.exchange(ASK)
        assert not isinstance(raised.value, HungUp)
        assert len(served.asked) == 2 * answers + 1


def test_half_an_answer_is_no_hang_up() -> None:
    """What began to answer has weighed the request; it is not asked twice."""
    talks = iter([http(200, b"yes"), iter([http(200, b"abc", length=10)])])
    with HttpDevice(lambda asked: next(talks)) as served, transport_to(served) as transport:  # type: ignore[arg-type,return-value]
        transport.exchange(ASK)
        with pytest.raises(Unreachable):
            transport.exchange(ASK)
        assert len(served.asked) == 2


def test_a_login_that_never_worked_is_not_sent_twice() -> None:
    """The challenge came on this connection, so the device hangs up on the first login: it may have weighed it."""
    gate = Gate(password="another")
    with HttpDevice(gate) as served, transport_to(served) as transport:
        ending(served, answers=1)
        with pytest.raises(Unreachable):
            transport.exchange(ASK)
        assert sum(1 for asked in served.asked if asked.authorization) == 1


def test_a_login_that_worked_is_sent_again_with_a_count_of_its_own() -> None:
    gate = Gate()
    with HttpDevice(gate) as served, transport_to(served) as transport:
        ending(served, answers=3)
        assert [transport.exchange(ASK).reply.body for _ in range(5)] == [b"in"] * 5
        assert (gate.challenged, gate.accepted, gate.refused, gate.renewed) == (1, 5, 0, 0)
        assert gate.counts == ["00000001", "00000002", "00000004", "00000005", "00000006"]


def test_a_request_that_carries_its_own_credential_is_left_to_whoever_made_it() -> None:
    with HttpDevice(lambda asked: http(200, b"yes")) as served, transport_to(served) as transport:
        ending(served, answers=1)
        transport.exchange(ASK)
        with pytest.raises(HungUp):
            transport.exchange(Request("Login", "POST", "/", b"<password/>", carries_credential=True))
        assert len(served.asked) == 2


def test_a_token_that_was_never_taken_is_not_sent_twice() -> None:
    """Nor with the next question: with a wrong password, one for each question locks an account."""
    script, swallowed = Script(login="wsse", password="another"), 0

    def swallows(asked: Asked) -> Answer:
        nonlocal swallowed
        if b"UsernameToken" not in asked.body:
            return script.answer(asked)
        swallowed += 1
        return iter(())

    with script.device() as served, transport_to(served) as transport:
        served.answer = swallows
        read(CAMERAS, transport)
    assert swallowed == 1


@pytest.mark.parametrize("login", ["none", "digest", "wsse"])
def test_a_whole_recorder_is_read_as_from_a_device_that_keeps_its_connections(login: str) -> None:
    states = Credentials(None)

    def cycle(script: Script, answers: int) -> tuple[object, int]:
        with script.device() as served, open_transport(device(served.port, PASSWORD), 60.0, states, clock) as transport:
            ends = ending(served, answers)
            seen = [(one.subject, one.value) for one in read(CAMERAS, transport) if not isinstance(one.value, Clock)]
        assert script.refused_logins == 0
        return str(seen).replace(str(served.port), "PORT"), ends.hung_up

    kept, _ = cycle(Script(login=login), 10_000)
    ended, hung_up = cycle(Script(login=login), 7)
    assert ended == kept and hung_up > 2
