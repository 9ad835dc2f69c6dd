"""Asks and tells the guest's systemd, and waits for what it is to become."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from places import CARRIED, DROP_INS, UNIT

POLL_S = 0.1

Answer = TypeVar("Answer")


def said(*command: str | Path, codes: tuple[int, ...] = (0,), within_s: float = 60, typed: str = "") -> str:
    """Run a command and return what it printed; any other exit code fails the test with all it said.

    `typed` is what it reads from standard input.
    """
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=within_s, input=typed)
    shown = " ".join(str(word) for word in command)
    assert done.returncode in codes, f"{shown} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def wait_for(what: str, look: Callable[[], Answer | None], within_s: float = 30) -> Answer:
    """Return the first answer of `look` that is something; fail with `what` and the journal where none comes."""
    give_up_at = time.monotonic() + within_s
    while time.monotonic() < give_up_at:
        answer = look()
        if answer:
            return answer
        time.sleep(POLL_S)
    raise AssertionError(f"not within {within_s:g} s: {what}\n{journal()}")


def hand_over(name: str, text: str) -> None:
    """Give the people of the other machine something; they see it whole, or not yet."""
    (CARRIED / f"{name}.part").write_text(text)
    (CARRIED / f"{name}.part").rename(CARRIED / name)


def handed_over(name: str, within_s: float = 300) -> str:
    """Return what the people of the other machine have given, once they have."""
    path = CARRIED / name
    return wait_for(f"{name} is handed over", lambda: path.read_text() if path.exists() else "", within_s)


def prop(name: str, unit: str = UNIT) -> str:
    """Return a property of a unit."""
    return said("systemctl", "show", "--value", f"--property={name}", unit).strip()


def props(*names: str, unit: str = UNIT) -> dict[str, str]:
    """Return properties of a unit, all of one moment."""
    told = said("systemctl", "show", f"--property={','.join(names)}", unit)
    return dict(line.split("=", 1) for line in told.splitlines())


def main_pid() -> int:
    """Return the service's main process, 0 where none runs."""
    return int(prop("MainPID"))


def journal(lines: int = 40) -> str:
    """Return the service's last words."""
    return said("journalctl", "--no-pager", "--output=short-monotonic", f"--lines={lines}", f"--unit={UNIT}")


def drop_in(name: str, *lines: str) -> None:
    """Change the service for one test; the fixture `service` takes it away again."""
    DROP_INS.mkdir(parents=True, exist_ok=True)
    (DROP_INS / f"{name}.conf").write_text("\n".join(["[Service]", *lines]) + "\n")
    said("systemctl", "daemon-reload")


def transient(unit: str, *command: str | Path) -> None:
    """Run a program as a unit of its own that is there for the whole run."""
    again = ("--property=Restart=on-failure", "--property=RestartSec=0.2")
    said("systemd-run", "--quiet", f"--unit={unit}", *again, *command)


def as_user(user: str, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody else, as an operator types it."""
    words = ["sudo", "-u", user, *(str(word) for word in command)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, env=_plain_environment())


def _plain_environment() -> dict[str, str]:
    """The environment of a shell: nothing of the test's own."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/root"}
