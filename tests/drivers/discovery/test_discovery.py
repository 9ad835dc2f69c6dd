"""WS-Discovery: questions over real UDP sockets, paced by a clock, and answers that come as floods."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from itertools import pairwise
from typing import Any

import pytest
from lxml import etree
from own_network import own_network
from patience import LATE_S, PATIENCE_S
from probe_matches import ONE, bound, matches, responder, until

from drivers.discovery import network_sweep
from drivers.discovery.answer import Sweep
from drivers.discovery.network_sweep import resolved, sweep
from drivers.discovery.plan import PER_SECOND, plan_of
from drivers.discovery.protocols import PROTOCOLS
from drivers.discovery.ws_probe import WS_DISCOVERY

PORT, GROUP = WS_DISCOVERY.port, WS_DISCOVERY.group
QUESTIONS = sum(len(one.asks) for one in PROTOCOLS)
"""How many questions one host is asked: two probes, and one of each maker's search."""

NETWORK_BEGIN = f"127.{10 + os.getpid() % 240}.0"
NETWORK = f"{NETWORK_BEGIN}.0/27"
"""Thirty hosts that all are this machine: Linux answers for the whole of 127/8. Another run of this test has others."""


def address_of(sock: socket.socket) -> str:
    return f"127.0.0.1:{sock.getsockname()[1]}"


def test_a_single_address_is_asked_and_its_answers_are_merged() -> None:
    sock = bound()
    address = address_of(sock)
    with responder(sock, [b"rubbish", ONE, ONE]) as asked:
        heard = sweep(plan_of((), (address,), ()), PATIENCE_S, clock=until(lambda: len(asked) == 2 * QUESTIONS))
    assert [(one.address, one.endpoint) for one in heard.found] == [("127.0.0.1", "urn:uuid:1")]
    assert heard.failed == ()
    assert len(asked) == 2 * QUESTIONS, "everything, asked twice because datagrams get lost"
    roots = [etree.fromstring(data) for data in asked if b"Envelope" in data]
    assert [root.findtext(".//{*}Types") for root in roots] == ["dn:NetworkVideoTransmitter", "tds:Device"] * 2
    identifiers = [root.findtext(".//{*}MessageID") for root in roots]
    assert identifiers[:2] == identifiers[2:] and len(set(identifiers)) == 2
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", str(one)) for one in identifiers)


def test_it_listens_for_its_time_after_the_last_question() -> None:
    with bound() as sock:
        begun = time.monotonic()
        assert sweep(plan_of((), (address_of(sock),), ()), 0.4) == Sweep()
        assert network_sweep.REPEAT_AFTER_S + 0.4 <= time.monotonic() - begun < 0.6 + LATE_S


def test_a_short_time_to_listen_is_not_spent_in_turning() -> None:
    """The repeat comes after 0.2 s: who listens for 0.1 s rests until then."""
    turns: list[None] = []
    with bound() as sock:
        sweep(plan_of((), (address_of(sock),), ()), 0.1, progress=lambda: turns.append(None))
    assert len(turns) < 10


def test_several_devices_are_found_and_none_is_asked_twice_as_often() -> None:
    with contextlib.ExitStack() as stack:
        addresses, questions = [], []
        for number in range(3):
            sock = bound()
            addresses.append(address_of(sock))
            questions.append(stack.enter_context(responder(sock, [matches((f"urn:uuid:{number}", "", "http://a/"))])))
        clock = until(lambda: all(len(asked) >= 2 * QUESTIONS for asked in questions))
        heard = sweep(plan_of((), addresses + addresses, ()), PATIENCE_S, clock=clock)
    assert sorted(one.endpoint for one in heard.found) == ["urn:uuid:0", "urn:uuid:1", "urn:uuid:2"]
    assert [len(asked) for asked in questions] == [2 * QUESTIONS] * 3


def test_what_cannot_be_asked_is_named_and_the_rest_is_asked() -> None:
    sock = bound()
    with responder(sock, [ONE]) as asked:
        plan = plan_of(
            ("203.0.113.77", "not an address", "::1"), ("no-such-host.invalid", "a:b:c", address_of(sock)), ()
        )
        heard = sweep(plan, PATIENCE_S, clock=until(lambda: len(asked) == 2 * QUESTIONS))
    assert len(heard.found) == 1
    assert set(heard.failed) == {"203.0.113.77", "not an address", "::1", "no-such-host.invalid", "a:b:c"}


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_an_ipv6_address_is_asked_too() -> None:
    sock = bound("::1")
    with responder(sock, [ONE]) as asked:
        plan = plan_of((), (f"[::1]:{sock.getsockname()[1]}",), ())
        heard = sweep(plan, PATIENCE_S, clock=until(lambda: len(asked) == 2 * QUESTIONS))
    assert [one.address for one in heard.found] == ["::1"]


def test_a_host_name_is_asked_at_its_address() -> None:
    sock = bound()
    with responder(sock, [ONE]) as asked:
        plan = plan_of((), (f"localhost:{sock.getsockname()[1]}",), ())
        heard = sweep(plan, PATIENCE_S, clock=until(lambda: len(asked) == 2 * QUESTIONS))
    assert (len(heard.found), heard.failed) == (1, ())


def test_a_resolver_that_hangs_costs_its_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    release, ticks = threading.Event(), []

    def hang(host: str) -> tuple[str, ...]:
        if host == "hangs.example":
            release.wait(PATIENCE_S)
        return ("192.0.2.1",)

    monkeypatch.setattr(network_sweep, "resolve", hang)
    begun = time.monotonic()
    found = resolved(["fast.example", "hangs.example", "192.0.2.7", "::1"], 2.0, lambda: ticks.append(1))
    release.set()
    assert time.monotonic() - begun < 2.0 + LATE_S
    assert found == {"fast.example": ("192.0.2.1",), "hangs.example": ()}
    assert ticks


def test_nothing_to_ask_takes_no_time() -> None:
    begun = time.monotonic()
    assert sweep(plan_of((), (), ()), 3 * LATE_S) == Sweep()
    assert sweep(plan_of(("203.0.113.77",), (), ()), 3 * LATE_S) == Sweep((), ("203.0.113.77",))
    assert time.monotonic() - begun < LATE_S


def test_multicast_goes_to_the_standards_group_from_the_given_interface() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((GROUP, PORT))
        sock.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
        )
        with responder(sock.dup(), [ONE]) as asked:
            heard = sweep(plan_of(("127.0.0.1",), (), ()), PATIENCE_S, clock=until(lambda: len(asked) >= 4))
        assert asked
    assert "urn:uuid:1" in [one.endpoint for one in heard.found]


def test_the_plan_counts_what_is_sent() -> None:
    plan = plan_of(("192.0.2.1",), ("192.0.2.3", "cam.local:4000"), ("192.0.2.0/29", "192.0.2.4/30"))
    assert [address for _, address in plan.asked] == [("192.0.2.3", None), ("cam.local", 4000)]
    assert [address[0] for _, address in plan.paced] == [f"192.0.2.{n}" for n in (1, 2, 4, 5, 6)], "192.0.2.3 once"
    to_all = QUESTIONS + 2  # both makers' searches go by broadcast as well
    assert plan.datagrams == 2 * to_all + QUESTIONS * (2 * 2 + 5)
    assert plan.sending_s == QUESTIONS * 5 / PER_SECOND
    assert plan_of((), ("192.0.2.3:3702", "192.0.2.3"), ()).asked == (("192.0.2.3:3702", ("192.0.2.3", None)),)


@pytest.mark.parametrize("ranges", [("192.0.2.1/28",), ("10.0.0.0/21",), ("10.0.0.0/22", "10.9.0.0/32"), ("::/126",)])
def test_a_range_that_is_none_or_too_large_is_refused(ranges: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        plan_of((), (), ranges)


def test_a_whole_22_is_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(plan_of((), (), ("10.0.0.0/22",)).paced) == 1022
    assert len(plan_of((), (), ("10.0.0.0/23", "10.9.0.0/31", "10.9.0.2/32")).paced) == 510 + 3


@pytest.mark.parametrize("step_s", [0.015, 0.05, 3.0])
def test_a_range_gets_no_more_datagrams_a_second_than_allowed(step_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock that is handed in; a step of 3 s is a machine that was asleep: it does not catch up in a burst."""
    now_s, sent_at = 1000.0, list[float]()

    def clock() -> float:
        nonlocal now_s
        now_s += step_s
        return now_s

    class Timed(socket.socket):
        """Notes by that clock when it sends: when a datagram arrives, a busy machine decides."""

        def sendto(self, *args: Any) -> int:
            sent_at.append(now_s)
            return super().sendto(*args)

    with own_network(), contextlib.ExitStack() as stack:
        places = [(f"{NETWORK_BEGIN}.{n}", one.port) for n in range(1, 31) for one in PROTOCOLS]
        sockets = [stack.enter_context(bound(*place)) for place in places]
        with monkeypatch.context() as patch:
            patch.setattr(network_sweep.socket, "socket", Timed)
            plan = plan_of((), (), (NETWORK,))
            sweep(plan, 0.1, clock=clock)
        for sock, one in zip(sockets, PROTOCOLS * 30, strict=True):
            sock.settimeout(PATIENCE_S)
            for _ in one.asks:
                assert sock.recv(65_535)
    assert len(sent_at) == plan.datagrams == 30 * QUESTIONS
    assert max(sum(1 for other in sent_at if at <= other < at + 1) for at in sent_at) <= PER_SECOND
    assert sent_at[-1] - sent_at[0] >= (30 * QUESTIONS - 1) / PER_SECOND - 1e-6


def test_a_device_in_a_range_is_found_and_asked_once_for_each_kind() -> None:
    with own_network(), responder(bound("127.9.1.2", PORT), [ONE]) as asked:
        heard = sweep(plan_of((), (), ("127.9.1.0/29",)), PATIENCE_S, clock=until(lambda: len(asked) == 2))
    assert [one.address for one in heard.found] == ["127.9.1.2"]
    assert len(asked) == 2


def test_a_flood_of_answers_ends_the_listening_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # Fewer than a kernel's buffer holds: what more comes while this thread waits for a processor is dropped there.
    monkeypatch.setattr(network_sweep, "ANSWERS_MAX", 50)
    flood = [matches((f"urn:uuid:{n}", "", f"http://10.0.{n >> 8}.{n & 255}/")) for n in range(2000)]
    sock = bound()
    with responder(sock, flood):
        heard = sweep(plan_of((), (address_of(sock),), ()), 3.0)
    assert heard.failed == ("too many answers",)
    assert 50 <= len(heard.found) < 114


def test_huge_datagrams_are_read_within_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two datagrams fill the budget: the kernel's buffer holds few of this size, and drops the rest of a burst.
    monkeypatch.setattr(network_sweep, "ANSWER_BYTES_MAX", 100_000)
    sock = bound()
    with responder(sock, [b"<a>" * 20_000] * 400):
        heard = sweep(plan_of((), (address_of(sock),), ()), 3.0)
    assert heard == Sweep((), ("too many answers",))


def test_progress_is_called_while_it_waits_and_may_end_it() -> None:
    sock = bound()
    calls: list[float] = []

    def progress() -> None:
        calls.append(time.monotonic())
        if len(calls) == 4:
            raise InterruptedError

    with sock, pytest.raises(InterruptedError):
        sweep(plan_of((), (address_of(sock),), ()), 3 * LATE_S, progress)
    assert max(b - a for a, b in pairwise(calls)) < LATE_S


def test_a_queue_of_the_kernel_that_stays_full_ends_the_sending_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket is real; only its `sendto` is told to say what it says while the queue is full."""

    class Full(socket.socket):
        def sendto(self, *_: object) -> int:
            raise BlockingIOError

    monkeypatch.setattr(network_sweep.socket, "socket", Full)
    monkeypatch.setattr(network_sweep, "BLOCKED_MAX", 5)
    heard = sweep(plan_of((), ("127.0.0.1:9",), (NETWORK,)), 0.2)
    assert set(heard.failed) == {NETWORK, "127.0.0.1:9"}
