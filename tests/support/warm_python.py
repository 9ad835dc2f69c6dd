"""Runs programs of ours in processes of their own without starting an interpreter for each: a warm one forks.

Starting an interpreter and loading our packages costs half a second of processor time, more than what most commands of
a test do. It is for tests whose claim is not that start: where a program is isolated, is of another user, in another
namespace, or is measured, `sys.executable` starts it as ever. A program that a warm one runs is a process with its own
arguments, environment, folder, streams and memory, and so are those that it starts with `sys.executable`.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import marshal
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("agent", "drivers")
OTHERS = ("masking.worker.client", "pytest")
LEFT_OUT = ("__main__", "liars", "pkcs11")
"""What few programs load: the gallery of lies, and the library for tokens."""


@contextmanager
def warm_interpreter() -> Iterator[str]:
    """Start a warm interpreter, yield the program that stands in for it, and end it with all that it still runs."""
    with tempfile.TemporaryDirectory(prefix="camwarden-warm-") as folder:
        place, program = Path(folder, "socket"), Path(folder, "python")
        relay = (Path(__file__).parent / "warm_relay.py").read_text("utf-8")
        called = f"relay({sys.executable!r}, {str(place)!r}, {str(ROOT)!r})"
        program.write_text(f"#!{sys.executable} -IS\n{relay}\n\n{called}\n", "utf-8")
        program.chmod(0o755)
        with subprocess.Popen(
            [sys.executable, "-P", __file__, str(place), str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd="/",
        ) as server:
            assert server.stdin is not None and server.stdout is not None
            assert server.stdout.readline() == b"warm\n", "the warm interpreter did not start"
            try:
                yield str(program)
            finally:
                server.stdin.close()


def load() -> None:
    """Load what programs of ours load."""
    for name in (*PACKAGES, *OTHERS):
        importlib.import_module(name)
    for name in PACKAGES:
        for one in pkgutil.walk_packages(sys.modules[name].__path__, f"{name}."):
            if not any(part in one.name for part in LEFT_OUT):
                importlib.import_module(one.name)


def serve(place: str, program: str) -> None:
    """Fork for each program that is asked for, until standard input ends."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    listener.listen(64)
    running: dict[int, tuple[int, socket.socket]] = {}
    """By descriptor of a process: its number, and who waits for it."""
    polled = select.poll()
    polled.register(0, select.POLLIN)
    polled.register(listener, select.POLLIN)
    os.write(1, b"warm\n")
    while True:
        for descriptor, _ in polled.poll():
            if descriptor == 0:
                for pid, _waiting in running.values():
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                return
            if descriptor == listener.fileno():
                waiting, _ = listener.accept()
                with suppress(OSError, EOFError):
                    asked, streams = _heard(waiting)
                    pid = os.fork()
                    if pid == 0:
                        for _pid, other in running.values():
                            other.close()
                        for one in running:
                            os.close(one)
                        waiting.close()
                        listener.close()
                        run(program, asked, streams)
                    for one in streams:
                        os.close(one)
                    process = os.pidfd_open(pid)
                    running[process] = pid, waiting
                    polled.register(process, select.POLLIN)
                    polled.register(waiting, select.POLLIN)
                    waiting.sendall(pid.to_bytes(4, "big"))  # whoever does not hear it has hung up: seen below
            elif descriptor in running:
                pid, waiting = running.pop(descriptor)
                _, status = os.waitpid(pid, 0)
                polled.unregister(descriptor)
                polled.unregister(waiting)
                os.close(descriptor)
                with suppress(OSError), waiting:
                    waiting.sendall(status.to_bytes(4, "big"))
            else:  # who waited was killed
                for pid, waiting in running.values():
                    if waiting.fileno() == descriptor:
                        polled.unregister(descriptor)
                        polled.register(descriptor, 0)
                        os.kill(pid, signal.SIGKILL)


def _heard(waiting: socket.socket) -> tuple[Any, list[int]]:
    head, streams, _, _ = socket.recv_fds(waiting, 4, 3)
    left, parts = int.from_bytes(head, "big"), []
    while left:
        parts.append(waiting.recv(left))
        if not parts[-1]:
            raise EOFError
        left -= len(parts[-1])
    return marshal.loads(b"".join(parts)), streams  # noqa: S302 - a program of this test


def run(program: str, asked: tuple[list[str], str, dict[str, str]], streams: list[int]) -> None:
    """Become the program that was asked for, and end with it."""
    words, folder, environ = asked
    for number, one in enumerate(streams):
        os.dup2(one, number)
        os.close(one)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the program's own, until its end
    lines = 1 if "PYTHONUNBUFFERED" in environ else -1
    sys.stdout = open(1, "w", encoding="utf-8", buffering=lines, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.executable = program
    ends: list[int | signal.Signals] = [0]
    atexit.register(_leave, ends)
    try:
        _run(words, folder, environ)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        ends[0] = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        traceback.print_exc()
        ends[0] = signal.SIGINT
    except BaseException:  # noqa: BLE001 - as an interpreter does
        traceback.print_exc()
        ends[0] = 1
    sys.exit()


def _leave(ends: list[int | signal.Signals]) -> None:
    """End this process last of all that is called at its end.

    An interpreter that takes itself apart writes to every page that it shares with the warm one: each would be copied.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    if isinstance(ends[0], signal.Signals):
        signal.signal(ends[0], signal.SIG_DFL)
        os.kill(os.getpid(), ends[0])
    os._exit(ends[0] & 0xFF)


def _run(words: list[str], folder: str, environ: dict[str, str]) -> None:
    safe = False
    while words[0] in ("-P", "-B"):
        safe = safe or words[0] == "-P"
        words = words[1:]
    kind, rest = (words[0], words[2:]) if words[0] in ("-c", "-m") else ("", words[1:])
    own = {"-c": "", "-m": folder, "": str(Path(words[0]).resolve().parent)}[kind]
    places = [place for place in environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    sys.path[:] = [*([] if safe else [own]), *places, *sys.path]
    if kind == "-m":
        sys.argv = [words[1], *rest]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv = ["-c", *rest]
        there = types.ModuleType("__main__")
        sys.modules["__main__"] = there
        exec(compile(words[1], "<string>", "exec"), vars(there))  # noqa: S102 - what -c does
    else:
        sys.argv = [words[0], *rest]
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    load()
    sys.path[:] = [place for place in sys.path if place != str(ROOT)]
    gc.collect()
    gc.freeze()
    serve(*sys.argv[1:])
