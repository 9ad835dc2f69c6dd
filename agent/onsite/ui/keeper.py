"""Runs the page of a gateway as the service's user, below a parent that stays root and does one thing: save site.toml.

The parent takes one kind of request from the page's process, a text and the digest of the file that it was made from,
and trusts nothing in it: which file is replaced was decided at the start, a child without rights reads the text, and
only what was drawn and declared may differ. It runs no other program, opens no other file for it, and ends with it.

Source: setresuid(2), credentials(7), prctl(2) (PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG), pidfd_open(2), tty_ioctl(4).
"""

import ctypes
import json
import os
import re
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.host.users import account
from agent.model.errors import AgentError, UsageError
from agent.model.finding import Message
from agent.onsite.ui.refusals import Changed, NotGranted
from agent.onsite.ui.replacing import TEXT_MAX_BYTES, accept_drawn, replace_site

Save = Callable[[str, str], None]
"""Replaces site.toml by a text, if its digest still is the given one. Raises Changed, NotGranted."""

REQUEST_WITHIN_S: Final = 10.0
CHECK_WITHIN_S: Final = 60.0
"""How long the loader may take with a text: a site of ten thousand cameras takes seconds."""

HEAD: Final = re.compile(rb"save ([0-9a-f]{64}) ([0-9]{8})\n")
HEAD_BYTES: Final = 79
ANSWER_MAX_BYTES: Final = 1024 * 1024
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
_ENVIRONMENT: Final = (
    "LANG",
    "LC_ALL",
    "LC_MESSAGES",
    "LANGUAGE",
    "TERM",
    "TZ",
    "NO_COLOR",
    "COLUMNS",
    "PYTHONDONTWRITEBYTECODE",
)
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38


@dataclass(frozen=True, slots=True)
class Account:
    """A user whose rights a process takes on."""

    name: str
    user: int
    group: int


def account_of(name: str) -> Account:
    """Return the account of the service's user. Raises UsageError where there is none, or it is root."""
    found = account(name)
    if found is None or found[0] == 0:
        raise UsageError(
            "there is no user {user} without rights here: install the package, or run as yourself", user=name
        )
    return Account(name, *found)


def kept(config: Path, of: Account, page: Callable[[Save], int]) -> int:
    """Run a page as another user, and save for it as root; return the page's exit code.

    Returns in two processes, as fork does: in the page's with its own code, in the parent with the same once that has
    ended. Called as root, before there are threads, and with no file open that the page may not have.

    Args:
        config: The site file that may be replaced, and no other.
        of: Whom the page runs as.
        page: Runs the page; it is given the way to save.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    waiting = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # until both can do with them what they should
    pid = os.fork()
    if pid == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, waiting)
        become(of, theirs.fileno())
        return page(_asking(theirs))
    theirs.close()
    with ours, _handed_on(pid):
        signal.pthread_sigmask(signal.SIG_SETMASK, waiting)
        _serve(ours, pid, config, of)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code


def become(of: Account, left_open: int) -> None:
    """Take on a user's rights for good: no group, environment, terminal or file of root's stays but one descriptor.

    Raises:
        OSError: The system refuses a part of it; the process must end.
    """
    parent = os.getppid()
    os.setsid()  # without a controlling terminal nothing can be typed into root's shell
    for first, last in ((3, left_open), (left_open + 1, os.sysconf("SC_OPEN_MAX"))):
        os.closerange(first, last)
    os.setgroups(os.getgrouplist(of.name, of.group))
    os.setresgid(of.group, of.group, of.group)
    os.setresuid(of.user, of.user, of.user)
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_PDEATHSIG, signal.SIGTERM)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if os.getppid() != parent or os.getresuid() != (of.user,) * 3 or os.getresgid() != (of.group,) * 3:
        raise OSError("the rights of root could not be given up")
    with suppress(PermissionError):
        os.setresuid(0, 0, 0)
        raise OSError("the rights of root could be taken back")
    environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    os.environ.clear()
    os.environ.update(environment, PATH=_PATH, USER=of.name, LOGNAME=of.name, HOME="/")
    os.umask(0o077)
    os.chdir("/")


# The page's side.


def _asking(link: socket.socket) -> Save:
    one_at_a_time = threading.Lock()

    def save(text: str, before: str) -> None:
        raw = text.encode()
        if len(raw) > TEXT_MAX_BYTES:
            raise NotGranted("the new text of site.toml is too large")
        with one_at_a_time:
            try:
                link.sendall(b"save %s %08d\n" % (before.encode(), len(raw)) + raw)
                answer = _line(link)
            except OSError:
                answer = b""
        if not answer:
            raise NotGranted("camwarden ui cannot save any more: end it and start it again")
        told = json.loads(answer)
        if told["kind"] != "saved":
            raise (Changed if told["kind"] == "changed" else NotGranted)(_message(told["message"]))

    return save


def _line(link: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\n"):
        data = link.recv(65536)
        if not data:
            return b""
        found += data
    return found


# The parent's side.


@contextmanager
def _handed_on(pid: int) -> Iterator[None]:
    """End the page where this process is told to end."""

    def end(number: int, frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    before = {one: signal.signal(one, end) for one in _ENDS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _serve(link: socket.socket, pid: int, config: Path, of: Account) -> None:
    """Answer requests until the process has ended; one that is none is the last."""
    ended = os.pidfd_open(pid)
    try:
        watched: list[Any] = [link, ended]
        while ended not in (ready := select.select(watched, (), ())[0]):
            if link in ready and not _answered(link, config, of):
                watched = [ended]
                link.close()
    finally:
        os.close(ended)


def _answered(link: socket.socket, config: Path, of: Account) -> bool:
    """Answer one request; return whether another one may come."""
    try:
        with _within(REQUEST_WITHIN_S):
            head = HEAD.fullmatch(_exactly(link, HEAD_BYTES))
            if head is None or int(head[2]) > TEXT_MAX_BYTES:
                return False
            text = _exactly(link, int(head[2]))
        if len(text) < int(head[2]):
            return False
        try:
            replace_site(config, text, head[1].decode(), lambda *given: _accept_without_rights(of, *given))
            answer: dict[str, Any] = {"kind": "saved"}
        except AgentError as error:
            answer = {"kind": "changed" if isinstance(error, Changed) else "refused", "message": _plain(error.message)}
        with _within(REQUEST_WITHIN_S):
            link.sendall(json.dumps(answer).encode() + b"\n")
    except OSError:
        return False
    return True


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Interrupt what the block waits for after so many seconds, however it drips. Raises TimeoutError."""

    def over(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _exactly(link: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count and (data := link.recv(min(65536, count - len(found)))):
        found += data
    return bytes(found)


def _accept_without_rights(of: Account, config: Path, there: bytes, text: bytes) -> None:
    """Have a child of the page's user read the text: it can be made to open files, and to repeat what is in them.

    Raises:
        NotGranted: What the child said, or that it did not end.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            become(of, writer)
            with os.fdopen(writer, "wb") as told:
                told.write(json.dumps(_verdict(config, there, text)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    answer = b""
    try:
        with suppress(TimeoutError), _within(CHECK_WITHIN_S), os.fdopen(reader, "rb") as said:
            answer = said.read(ANSWER_MAX_BYTES)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    try:
        told = json.loads(answer)
        refused = _message(told) if told is not None else None
    except (ValueError, TypeError, KeyError, AttributeError):
        refused = Message("the new text of site.toml could not be read")
    if refused is not None:
        raise NotGranted("{why}", why=refused)


def _verdict(config: Path, there: bytes, text: bytes) -> Any:
    try:
        accept_drawn(config, there, text)
    except AgentError as error:
        return _plain(error.message)
    return None


def _plain(message: Message) -> dict[str, Any]:
    """Return a message for JSON, so that the page can say it in its reader's language."""
    values = {key: value.message if isinstance(value, AgentError) else value for key, value in message.values.items()}
    return {
        "template": message.template,
        "next_step": message.next_step,
        "values": {
            key: _plain(value)
            if isinstance(value, Message)
            else value
            if isinstance(value, int | float)
            else str(value)
            for key, value in values.items()
        },
    }


def _message(told: Any) -> Message:
    values = {key: _message(value) if isinstance(value, dict) else value for key, value in told["values"].items()}
    return Message(told["template"], values, told["next_step"])
