"""The daemon's rest ends when somebody rings, and no burst of signals makes a handler wait for itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from agent.service.daemon.signals import HEARD_TOGETHER_S, Signals

LONG_S = 20.0


@pytest.fixture
def signals() -> Iterator[Signals]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    with Signals() as opened:
        yield opened
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_ring_before_the_rest_ends_it_and_only_that_one(signals: Signals) -> None:
    began_at = time.monotonic()
    for _ in range(3):
        signals.ring()
    signals.rest(LONG_S)
    assert time.monotonic() - began_at < LONG_S / 2
    began_at = time.monotonic()
    signals.rest(2 * HEARD_TOGETHER_S)
    assert time.monotonic() - began_at >= 2 * HEARD_TOGETHER_S, "all three were one"


def test_a_ring_from_another_thread_ends_the_rest(signals: Signals) -> None:
    ringer = threading.Thread(target=signals.ring)
    began_at = time.monotonic()
    ringer.start()
    signals.rest(LONG_S)
    assert time.monotonic() - began_at < LONG_S / 2
    ringer.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_sets_its_flag_and_ends_the_rest(signals: Signals, number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    signals.rest(LONG_S)
    assert (signals.stop, signals.reload) == (number != signal.SIGHUP, number == signal.SIGHUP)


def test_more_rings_than_the_socket_holds_block_nobody(signals: Signals) -> None:
    for _ in range(100_000):
        signals.ring()
    signals.rest(LONG_S)


def test_a_ring_after_the_end_is_no_error() -> None:
    signals = Signals()
    signals.__exit__()
    signals.ring()


BURST = """
import os, signal, threading
from agent.service.daemon.signals import Signals

def hammer():
    for _ in range(30_000):
        os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)

with Signals() as signals:
    thread = threading.Thread(target=hammer)
    thread.start()
    while not signals.stop:
        signals.reload = False
        signals.rest(0)
    thread.join()
print("ended")
"""


def test_a_burst_of_signals_is_survived() -> None:
    done = subprocess.run([sys.executable, "-c", BURST], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "ended\n"
