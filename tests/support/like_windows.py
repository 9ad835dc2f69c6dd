"""Runs camwarden as far as Linux can play Windows: what it lacks is hidden, and what it refuses is refused.

Run as a program, it reads pairs of a command line and its answers (JSON, on standard input), runs each in this process,
and prints `[[exit code, standard output, standard error], ...]`.

Hidden: the modules and the names of `os`, `signal`, `select` and `socket` that Python documents as "Availability:
Unix". Libraries are loaded before, since they have their own ways on Windows. Refused: names that Windows reserves,
opening a folder, and rights or owners of files (`stat` shows 0666 and user 0).

It is no Windows: paths are divided by `/`, and a console's code page is that of `PYTHONIOENCODING`.

Source: Python documentation, os, signal, select, socket; Microsoft, Naming Files, Paths, and Namespaces.
"""

import builtins
import contextlib
import ctypes
import errno
import importlib
import io
import json
import os
import re
import select
import signal
import socket
import stat
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODULES = frozenset({"fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog", "readline", "curses"})
NAMES: tuple[tuple[types.ModuleType, str], ...] = (
    (os, "getuid geteuid getgid getegid setuid seteuid setgid setegid getgroups getpgid setsid killpg fork forkpty"),
    (os, "chown fchown lchown fchmod statvfs fstatvfs sysconf confstr uname mkfifo mknod pread pwrite sendfile nice"),
    (os, "posix_fadvise getloadavg sched_getaffinity pipe2 openpty fdatasync sync fwalk initgroups memfd_create"),
    (os, "O_NONBLOCK O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NOCTTY O_SYNC"),
    (signal, "SIGHUP SIGKILL SIGALRM SIGUSR1 SIGUSR2 SIGCHLD SIGPIPE SIGQUIT alarm setitimer pthread_sigmask"),
    (select, "poll epoll"),
    (socket, "AF_UNIX SOCK_CLOEXEC SOCK_NONBLOCK socketpair SO_REUSEPORT MSG_DONTWAIT"),
)
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$|.*[<>:\"|?*\x00-\x1f].*|.*[. ]$")
"""Names that no file of Windows may have. Source: Microsoft, Naming Files, Paths, and Namespaces."""
LIBRARIES = (
    "psutil", "requests", "rich.console", "rich.table", "rich.progress", "rich.prompt", "cryptography.x509",
    "lxml.etree", "zeep", "onvif", "openpyxl", "subprocess", "tempfile", "shutil", "sqlite3", "ssl", "getpass",
    "paho.mqtt.client", "jinja2", "http.server", "concurrent.futures", "pathlib", "zoneinfo",
)  # fmt: skip
"""What has its own ways on Windows, and so may see all of this system."""


def hide() -> None:
    """Take away what Windows lacks."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    before = builtins.__import__

    def imported(name: str, globals: Any = None, *rest: Any, **more: Any) -> Any:
        ours = str((globals or {}).get("__name__", "")).startswith(("agent.", "drivers.", "masking."))
        if ours and name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return before(name, globals, *rest, **more)

    builtins.__import__ = imported
    for module, names in NAMES:
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    sys.modules["msvcrt"] = _locking()
    sys.platform = "win32"
    ctypes.CDLL = _no_process_library(ctypes.CDLL)  # type: ignore[assignment,misc]
    os.open = _refusing(os.open, folders=True)
    os.mkdir, io.open, builtins.open = _refusing(os.mkdir), _refusing(io.open), _refusing(builtins.open)
    os.replace = _refusing_second(os.replace)
    os.stat, os.fstat, os.lstat = (_without_rights(one) for one in (os.stat, os.fstat, os.lstat))


def _locking() -> types.ModuleType:
    """Return a module in the place of `msvcrt`: it locks one byte, which nobody else may lock or read."""
    import fcntl

    def locking(descriptor: int, mode: int, size: int) -> None:
        wait = 0 if mode == module.LK_LOCK else fcntl.LOCK_NB
        fcntl.lockf(descriptor, fcntl.LOCK_EX | wait, size, os.lseek(descriptor, 0, os.SEEK_CUR))

    module: Any = types.ModuleType("msvcrt")
    module.LK_LOCK, module.LK_NBLCK, module.locking = 1, 2, locking
    return module  # type: ignore[no-any-return]


def _no_process_library(real: Callable[..., Any]) -> Callable[..., Any]:
    def loaded(name: object, *rest: Any, **more: Any) -> Any:
        if name is None:
            raise TypeError("argument 1 must be str, not None")
        return real(name, *rest, **more)

    return loaded


def _refusing(real: Callable[..., Any], folders: bool = False) -> Callable[..., Any]:
    def called(path: Any, *rest: Any, **more: Any) -> Any:
        if not isinstance(path, int):
            _check(path)
            if folders and Path(os.fsdecode(path)).is_dir():
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *rest, **more)

    return called


def _refusing_second(real: Callable[..., Any]) -> Callable[..., Any]:
    def called(source: Any, target: Any) -> Any:
        _check(target)
        return real(source, target)

    return called


def _check(path: Any) -> None:
    name = Path(os.fsdecode(path)).name
    if name not in ("", ".", "..", Path(os.devnull).name) and RESERVED.match(name):
        raise OSError(errno.EINVAL, "Invalid argument", os.fsdecode(path))


def _without_rights(real: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
    def called(*path: Any, **more: Any) -> os.stat_result:
        true = real(*path, **more)
        kind = stat.S_IFMT(true.st_mode) | (0o777 if stat.S_ISDIR(true.st_mode) else 0o666)
        return os.stat_result((kind, *true[1:4], 0, 0, *true[6:]), {"st_mtime_ns": true.st_mtime_ns})

    return called


def main() -> None:
    """Run the commands of standard input."""
    wanted = json.load(sys.stdin)
    hide()
    from agent import cli  # after what it may not see is hidden

    done = []
    for words, answers in wanted:
        out, err = io.StringIO(), io.StringIO()
        sys.stdin = io.StringIO(answers)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main(words)
        done.append([code, out.getvalue(), err.getvalue()])
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    main()
