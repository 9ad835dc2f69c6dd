"""Starts camwarden's own commands as child processes of the demo and makes sure that none is left behind."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

STOP_WITHIN_S = 20.0


class ChildFailed(Exception):
    """A child ended with an unexpected exit code; the message ends with the last line of its output."""


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of this camwarden with the given arguments; `-P` keeps the working directory out."""
    return [sys.executable, "-P", "-m", "agent", *map(str, arguments)]


def output_of(arguments: Sequence[str | Path], accepted: Sequence[int] = (0,), timeout_s: float = 120.0) -> str:
    """Run a command to its end and return its output.

    Raises:
        ChildFailed: It ended with another exit code, or not in time.
    """
    try:
        done = subprocess.run(
            command(*arguments), capture_output=True, text=True, timeout=timeout_s, env=_environment(), check=False
        )
    except subprocess.TimeoutExpired as expired:
        raise ChildFailed(f"camwarden {arguments[0]} did not end within {timeout_s:.0f} s") from expired
    if done.returncode not in accepted:
        raise ChildFailed(f"camwarden {arguments[0]} ended with {done.returncode}: {_last_line(done.stderr)}")
    return done.stdout


@contextmanager
def running(
    arguments: Sequence[str | Path], log: Path, ready_event: str | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a command in the background; end it, and wait for its end, when the block is left.

    Its own session keeps a Ctrl-C in the terminal from reaching it before the demo has decided.

    Args:
        arguments: After the program's name.
        log: File for its standard error.
        ready_event: With it, wait until the command prints a JSON line with this `event`.

    Raises:
        ChildFailed: It ended before it was ready.
    """
    with log.open("w") as errors:
        child = subprocess.Popen(
            command(*arguments), stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment(),
            start_new_session=True,
        )  # fmt: skip
    try:
        if ready_event:
            _wait_for(child, ready_event, log)
        yield child
    finally:
        child.terminate()
        try:
            child.communicate(timeout=STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()


def _wait_for(child: subprocess.Popen[str], event: str, log: Path) -> None:
    assert child.stdout is not None  # noqa: S101 - asked for above
    for line in child.stdout:
        with contextlib.suppress(ValueError):
            if json.loads(line).get("event") == event:
                return
    raise ChildFailed(f"it ended before it was ready: {_last_line(log.read_text())}")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _environment() -> dict[str, str]:
    """Return the environment of a child: without the sockets of a service manager."""
    dropped = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM")
    return {key: value for key, value in os.environ.items() if key not in dropped}
