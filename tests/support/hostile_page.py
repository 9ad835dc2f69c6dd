"""A page's process below the keeper, as a program: honest or hostile, by the name of one function.

python -P hostile_page.py SITE-FILE NAME; it prints what it found as one line of JSON for each print.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agent.model.errors import AgentError
from agent.onsite.ui.keeper import Save, account_of, kept
from agent.onsite.ui.replacing import accept_drawn

CONFIG = Path(sys.argv[1])
BEFORE = CONFIG.read_text("utf-8")  # while it still is root: a test's folder is closed to others
DRAWN = BEFORE.replace('name = "window"', 'name = "window of the nurse"')


with suppress(AgentError):  # loaded while it still is root: a test's Python may be closed to others
    accept_drawn(CONFIG, BEFORE.encode(), b"")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def tell(*values: object) -> None:
    print(json.dumps(values), flush=True)


def asked(save: Save, text: str, before: str) -> str:
    """Return the kind of a refusal and its words, or "saved"."""
    try:
        save(text, before)
    except AgentError as error:
        return f"{type(error).__name__}: {error}"
    return "saved"


def honest(save: Save) -> int:
    tell(asked(save, DRAWN, digest(BEFORE)))
    tell(asked(save, BEFORE, digest(DRAWN)), asked(save, DRAWN, digest(BEFORE)))
    return 7


def who(save: Save) -> int:
    tell(os.getresuid(), os.getresgid(), os.getgroups(), sorted(os.environ), os.environ["HOME"], Path.cwd().as_posix())
    for attempt in (
        lambda: os.setuid(0), lambda: os.seteuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]),
        lambda: Path("/etc/shadow").read_bytes(), lambda: CONFIG.write_text(""), lambda: os.open("/dev/tty", os.O_RDWR),
        lambda: os.kill(os.getppid(), signal.SIGTERM),
    ):  # fmt: skip
        try:
            attempt()
        except OSError as error:
            tell(type(error).__name__)
        else:
            tell("done")
    status = Path("/proc/self/status").read_text()
    tell([line.split()[1] for line in status.splitlines() if line.startswith(("NoNewPrivs", "CapPrm", "CapEff"))])
    tell(len([one for one in os.listdir("/proc/self/fd") if int(one) > 2]) - 1)  # noqa: PTH208 its own listing is one
    return 0


def link() -> socket.socket:
    """Take the socket to the keeper itself, as a page would that somebody has taken over."""
    for number in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
        with suppress(OSError):
            if number > 2 and os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):  # noqa: PTH115
                return socket.socket(fileno=number)
    raise LookupError("no link")


def said(data: bytes) -> str:
    """Send bytes to the keeper and return its answer, or that it ended the talk."""
    own = link()
    try:
        with suppress(OSError):
            own.sendall(data)
        with suppress(OSError):
            own.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(OSError):
            while data := own.recv(65536):
                answer += data
        return answer.decode()
    finally:
        own.detach()


GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "noise": bytes(range(256)) * 100,
    "lines": b"\n" * 4096,
    "another word": b"open %s %08d\n" % (digest(BEFORE).encode(), 3) + b"abc",
    "another path": b"save /etc/shadow %s %08d\n" % (digest(BEFORE).encode(), 3) + b"abc",
    "far too long": b"save %s %08d\n" % (digest(BEFORE).encode(), 9 << 20) + b"x" * (9 << 20),
    "less than told": b"save %s %08d\n" % (digest(BEFORE).encode(), len(DRAWN.encode())) + DRAWN.encode()[:-1],
    "a negative length": b"save %s %08d\n" % (digest(BEFORE).encode(), -5),
}


def garbage(save: Save) -> int:
    tell(said(GARBAGE[sys.argv[3]]))
    tell(asked(save, DRAWN, digest(BEFORE)))
    return 7


def refused(save: Save) -> int:
    """Ask for what may not be; behind each of it the honest one goes through, and back: the keeper is as it was."""
    for name in sys.argv[3:]:
        no, *yes = (TEXTS[name], digest(BEFORE)), (DRAWN, digest(BEFORE)), (BEFORE, digest(DRAWN))
        tell(asked(save, *no), *(asked(save, *one) for one in yes))
    return 7


TEXTS: dict[str, str] = {
    "no TOML": "[[[",
    "empty": "",
    "NULs": "\0" * 100,
    "a zone that is none": BEFORE.replace("[[0.10, 0.10], [0.40, 0.10],", "[[0.10, 0.10], [9.40, 0.10],"),
    "another host for the logins": BEFORE.replace("192.0.2.10", "192.0.2.66"),
    "another hub": BEFORE.replace("hub.example.org", "evil.example.org"),
    "another camera": BEFORE.replace('id = "roof"', 'id = "loft"'),
    "one camera less": BEFORE.partition('[[camera]]\nid = "roof"')[0],
    "a file of root's": BEFORE.replace('192.0.2.10"', '192.0.2.10"\ntls = true\nca = "secret.pem"'),
    "deeply nested": "a = " + "[" * 100_000,
}


def two_at_once(save: Save) -> int:
    found: list[str] = []
    other = DRAWN.replace("nurse", "doctor")
    threads = [
        threading.Thread(target=lambda text=text: found.append(asked(save, text, digest(BEFORE))))
        for text in (DRAWN, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell(*sorted(found))
    return 0


def leaves_somebody(save: Save) -> int:
    """Leave a process behind that holds the link and asks once the page has ended.

    Its end, not that of its files: those are closed before, while it still may ask.
    """
    page = os.pidfd_open(os.getpid())
    if os.fork() == 0:
        select.select([page], (), ())
        asked(save, DRAWN, digest(BEFORE))
        os._exit(0)
    return 9


def killed(save: Save) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def waits(save: Save) -> int:
    tell(os.getpid())
    threading.Event().wait()
    return 0


def drips(save: Save) -> int:
    """Send a byte at a time, each after having listened for an answer in vain."""
    own = link()
    own.settimeout(0.05)
    tell(os.getpid())
    while True:
        own.send(b"s")
        with suppress(TimeoutError):
            own.recv(1)


def interrupted(save: Save) -> int:
    return waits(save)


if __name__ == "__main__":
    if sys.argv[2] == "interrupted":  # at the first moment at which there are two processes
        os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))
    pages: dict[str, Callable[[Save], int]] = {
        one.__name__: one
        for one in (honest, who, garbage, refused, two_at_once, leaves_somebody, killed, waits, drips, interrupted)
    }
    sys.exit(kept(CONFIG, account_of("nobody"), pages[sys.argv[2]]))
