"""A person at a terminal: starts one command, waits for each question, types the answer, and sees what is shown."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CTRL_C = "\x03"
KILL = "SIGKILL"
"""An answer that nobody types: the power goes."""


@dataclass(frozen=True, slots=True)
class Session:
    """The end of a command: its exit code, all that the terminal showed, and how many answers it took."""

    code: int
    shown: str
    typed: int


def at_terminal(
    words: Sequence[str | Path],
    answers: Sequence[tuple[str, str]],
    *,
    cwd: Path,
    env: Mapping[str, str],
    within_s: float,
) -> Session:
    """Run a command on a terminal of its own; `answers`: what a question holds, and the line to type then.

    An answer that is Ctrl-C is typed alone, once the command sleeps: a signal that comes between its question and its
    read(2) shows with the next key only, which nobody types. Ends what does not end `within_s` seconds, or asks
    something else.
    """
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        words, cwd=cwd, env={"TERM": "xterm", **env}, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True, preexec_fn=lambda: os.login_tty(theirs),
    )  # fmt: skip
    os.close(theirs)
    shown, read_to, typed = "", 0, 0
    until = time.monotonic() + within_s
    try:
        while select.select([ours], [], [], max(0.0, until - time.monotonic()))[0]:
            try:
                more = os.read(ours, 65536)
            except OSError:  # the other end of a terminal is closed
                break
            if not more:
                break
            shown += more.decode(errors="replace")
            if typed < len(answers) and answers[typed][0] in shown[read_to:]:
                read_to, line = len(shown), answers[typed][1]
                typed += 1
                if line == KILL:
                    os.killpg(child.pid, signal.SIGKILL)
                else:
                    os.write(ours, (line if line == CTRL_C else f"{line}\n").encode())
        return Session(child.wait(max(1.0, until - time.monotonic())), shown, typed)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"it did not end, after {typed} answers: {shown[-2000:]}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        os.close(ours)


def _until_it_waits(pid: int, until: float) -> None:
    """Wait until the first thread of a process sleeps in a system call. Source: proc_pid_stat(5), field 3."""
    while time.monotonic() < until:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S":
            return
        os.sched_yield()
