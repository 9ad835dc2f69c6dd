"""Simulates the attempts of a taken-over decoder, and reports results; only a child started by a test obeys it."""

import ctypes
import errno
import mmap
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Numbers of calls by machine (Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h).
_NUMBERS = {
    "x86_64": {
        "sendto": 44, "socketpair": 53, "ioctl": 16, "tgkill": 234, "newfstatat": 262, "statx": 332, "clone3": 435,
    },
    "aarch64": {
        "sendto": 206, "socketpair": 199, "ioctl": 29, "tgkill": 131, "newfstatat": 79, "statx": 291, "clone3": 435,
    },
}  # fmt: skip
_PTRACE_ATTACH = 16
_PR_GET_NAME = 16
_AT_FDCWD = -100
_FIONREAD = 0x541B


def run_attempts(descriptor: int, wanted: dict[str, Any]) -> dict[str, Any]:
    """Run what a test asks for: end by a signal, hang, answer any bytes, or try every way out."""
    if "die" in wanted:
        signal.signal(int(wanted["die"]), signal.SIG_DFL)
        ctypes.string_at(1) if wanted["die"] == signal.SIGSEGV else ctypes.CDLL(None).abort()
    if "hang" in wanted:
        while True:
            pass
    if "say" in wanted:
        os.write(descriptor, bytes.fromhex(wanted["say"]))
    if "ways" not in wanted:
        return {"self_test": {}}
    return {"self_test": {name: _outcome(one) for name, one in _ways(descriptor, wanted["ways"]).items()}}


def _ways(descriptor: int, wanted: dict[str, Any]) -> dict[str, Callable[[], object]]:
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = _NUMBERS[os.uname().machine]
    path = str(wanted["path"])
    room = ctypes.create_string_buffer(512)

    def call(name: str, *arguments: object) -> Callable[[], None]:
        return lambda: _checked(libc.syscall(numbers[name], *arguments))

    def on_a_socket(use: Callable[[socket.socket], object]) -> Callable[[], None]:
        def attempt() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
                use(one)

        return attempt

    return {
        "read": lambda: Path(path).read_bytes(),
        "create": lambda: Path(str(wanted["new_file"])).write_bytes(b"x"),
        "connect": on_a_socket(lambda one: one.connect(("127.0.0.1", int(wanted["port"])))),
        "listen": on_a_socket(lambda one: one.bind(("127.0.0.1", 0))),
        "execute": lambda: os.execv(str(wanted["program"]), [str(wanted["program"])]),  # noqa: S606 must be refused
        "fork": _fork,
        "signal": lambda: os.kill(os.getppid(), 0),
        "trace": lambda: _checked(libc.ptrace(_PTRACE_ATTACH, os.getppid(), None, None)),
        "stat": call("newfstatat", _AT_FDCWD, path.encode(), room, 0),
        "statx": call("statx", _AT_FDCWD, path.encode(), 0, 0x7FF, room),
        "stat_descriptor": lambda: os.fstat(descriptor),
        "tgkill": call("tgkill", os.getpid(), os.getpid(), 0),  # itself: Landlock alone keeps it from others
        "ioctl": call("ioctl", descriptor, _FIONREAD, room),
        "prctl": lambda: _checked(libc.prctl(_PR_GET_NAME, room, 0, 0, 0)),
        "socketpair": call("socketpair", 1, 1, 0, room),
        "clone3": call("clone3", room, 0),
        "sendto": call("sendto", descriptor, b"x", 0, 0, None, 0),
        "executable_memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
        "memory_made_executable": lambda: _checked(
            libc.mprotect(ctypes.c_void_p(ctypes.addressof(room) & ~4095), 4096, 7)
        ),
        "duplicate": lambda: os.dup(descriptor),
    }


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as failure:
        return errno.errorcode.get(failure.errno or 0, "refused")
    return "done"


def _checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)
