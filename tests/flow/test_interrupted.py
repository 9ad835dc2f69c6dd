"""What runs until it is interrupted ends by SIGTERM, whichever of its threads the system gives the signal to."""

from __future__ import annotations

import subprocess
import sys

from patience import PATIENCE_S

TAKEN_BY_ANOTHER_THREAD = """
import signal, threading
from agent.commands.verify.watch import until_interrupted, wait_until
stop = until_interrupted()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
def take():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    signal.raise_signal(signal.SIGTERM)
threading.Timer(0.2, take).start()
wait_until(stop)
print("ended")
"""


def test_a_signal_that_another_thread_took_ends_it_as_well() -> None:
    """As when a machine ends: systemd 257 stops all, sends SIGTERM and lets them go on; the desk stayed for 90 s."""
    command = [sys.executable, "-c", TAKEN_BY_ANOTHER_THREAD]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert done.stdout == "ended\n"
