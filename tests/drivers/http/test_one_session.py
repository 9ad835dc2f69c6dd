"""A device has one session at a time, across processes: the next one waits, and is told so where it waits in vain."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patience import LATE_S, PATIENCE_S

from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.errors import InUse
from drivers.http.one_session import one_session, session_file
from drivers.http.transport import open_transport
from drivers.model import Device

BOX = Device("nvr", "192.0.2.1", 80, "onvif")
OTHER = Device("nvr", "192.0.2.1", 81, "onvif")
HOLDS = """
import sys, time
from pathlib import Path
from drivers.deadline import Deadline
from drivers.http.one_session import one_session
from drivers.model import Device
with one_session(Path(sys.argv[1]), Device("other-name", "192.0.2.1", 80, "onvif"), Deadline(60)):
    print("held", flush=True)
    sys.stdin.read()
"""


def now() -> datetime:
    return datetime.now(UTC)


def test_another_process_keeps_the_device_until_it_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", HOLDS, str(tmp_path)]
    states = Credentials(tmp_path / "credentials.json")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InUse) as refused, open_transport(BOX, 0.3, states, now):
            pass
        assert (refused.value.reason, refused.value.cause) == ("busy", "in-use")
        with open_transport(OTHER, PATIENCE_S, states, now):
            pass
        holder.kill()
        holder.wait(PATIENCE_S)
    with open_transport(BOX, PATIENCE_S, states, now) as transport:
        assert transport.device == BOX


def test_a_session_that_ends_in_time_is_waited_for(tmp_path: Path) -> None:
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with one_session(tmp_path, BOX, Deadline(PATIENCE_S)):
            order.append("second")

    thread = threading.Thread(target=second)
    with one_session(tmp_path, BOX, Deadline(PATIENCE_S)):
        thread.start()
        assert begun.wait(PATIENCE_S)
        order.append("first")
    thread.join(PATIENCE_S)
    assert order == ["first", "second"]


def test_waiting_counts_against_the_devices_deadline(tmp_path: Path) -> None:
    states = Credentials(tmp_path / "credentials.json")
    held, free = threading.Event(), threading.Event()

    def first() -> None:
        with one_session(tmp_path, BOX, Deadline(PATIENCE_S)):
            held.set()
            free.wait(PATIENCE_S)

    thread = threading.Thread(target=first)
    thread.start()
    assert held.wait(PATIENCE_S)
    opening = threading.Timer(0.5, free.set)
    opening.start()
    with open_transport(BOX, PATIENCE_S, states, now) as transport:
        assert transport.deadline.remaining_s() <= PATIENCE_S - 0.4
        assert transport.deadline.remaining_s() >= PATIENCE_S - 0.5 - LATE_S
    thread.join(PATIENCE_S)


def test_without_states_or_where_the_folder_cannot_be_written_a_session_begins_at_once(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("a file in its place")
    with one_session(None, BOX, Deadline(1)), one_session(None, BOX, Deadline(1)):
        pass
    with one_session(tmp_path, BOX, Deadline(1)), one_session(tmp_path, BOX, Deadline(1)):
        pass


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    aim = tmp_path / "aim"
    path = session_file(tmp_path, BOX)
    path.parent.mkdir()
    path.symlink_to(aim)
    with one_session(tmp_path, BOX, Deadline(1)):
        assert not aim.exists()
