"""What a command holds in memory gets into no core file, and no other process of the same user reads it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from patience import PATIENCE_S

from agent.cli import COMMANDS

ROOT = Path(__file__).parents[2]
CAMWARDEN = Path(sys.executable).parent / "camwarden"
AS_A_USER = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
"""Before a program, for both sides: without its rights over every process, root is a user like others."""
LOOK = """
import ctypes, sys
from pathlib import Path
proc = Path("/proc", sys.argv[1])
def told(look):
    try:
        return look()
    except OSError as error:
        return type(error).__name__
def memory():
    with (proc / "mem").open("rb", buffering=0) as file:
        file.seek(int(maps().split(b"-")[0], 16))
        return bool(file.read(16))
def maps():
    return (proc / "maps").read_bytes()
libc = ctypes.CDLL(None, use_errno=True)
print(told(memory), told(lambda: bool(maps())), told(lambda: bool((proc / "environ").read_bytes())),
      told(lambda: bool((proc / "fd/0").readlink())))
"""
OF_A_USER = """
import ctypes, encodings.ascii, os, sys  # afterwards its Python may be out of its reach
from pathlib import Path
from agent.service.enroll.secret_argument import hide_argument
from agent.host.no_core import protect_memory
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    assert ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == 0  # as one whom exec has started
mem = Path("/proc/self/mem")
before = mem.stat().st_uid
protect_memory()
print(before == os.geteuid(), mem.stat().st_uid, hide_argument(sys.argv[1]))
sys.stdout.flush()
print(len(list(Path("/proc/self/fd").iterdir())) > 2, Path("/proc/self/cmdline").read_bytes())
"""


HELD = """
import ctypes, importlib, os, resource, sys
from agent import cli
def say(name):
    print(name, resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
for command in sys.argv[1:]:
    module = importlib.import_module(cli.COMMANDS[command][0])
    if os.fork() == 0:
        module.add_arguments = lambda parser: None
        module.run = lambda args: say(command) or 0
        sys.argv[1:] = [command]
        os._exit(cli.main())
    os.wait()
say("before")
"""
"""Runs each command in a process of its own, forked from one that has loaded them all and keeps nothing private."""


@contextmanager
def asking(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command that asks for a login, with core files allowed, up to its first question."""
    words = [
        *AS_A_USER,
        "sh",
        "-c",
        'ulimit -c unlimited; exec "$@"',
        "sh",
        CAMWARDEN,
        "init",
        "--out",
        tmp_path / "new",
    ]
    pipe, environment = subprocess.PIPE, {**os.environ, "PYTHONUNBUFFERED": "1", "LC_ALL": "C"}
    with subprocess.Popen(words, cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as child:
        try:
            assert child.stdout is not None and child.stdout.readline().startswith(b"At most eight questions")
            yield child
        finally:
            child.kill()


def core_limit(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4:6] for line in lines if line.startswith("Max core file size"))


def looked(pid: int) -> list[str]:
    """What another process of the same user, without a right of root's, gets out of a process."""
    words = [*AS_A_USER, sys.executable, "-Ic", LOOK, str(pid)]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout.split()


def test_a_command_leaves_no_core_file_and_nobody_reads_its_memory(tmp_path: Path) -> None:
    with asking(tmp_path) as child:
        assert core_limit(child.pid) == ["0", "0"]
        assert looked(child.pid) == ["PermissionError"] * 4
        child.send_signal(signal.SIGSEGV)
        assert child.wait(PATIENCE_S) == -signal.SIGSEGV
    assert list(tmp_path.iterdir()) == [], "no core file"


@pytest.fixture(scope="module")
def held() -> dict[str, str]:
    """What each command has of core files and of its memory's privacy when it begins."""
    words = [sys.executable, "-c", HELD, *COMMANDS]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert told.pop("before").endswith(") 1"), done.stderr
    return told


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_does_it_before_it_begins(command: str, held: dict[str, str]) -> None:
    assert held[command] == "(0, 0) 0"


def test_a_process_that_does_not_keep_its_memory_private_is_read(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    words = [*AS_A_USER, "sh", "-c", "echo ready; read line"]
    with subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        assert "PermissionError" not in looked(child.pid)[1:], "memory itself may be kept from others by the kernel"
        child.kill()


def test_what_a_command_starts_leaves_no_core_file_either() -> None:
    start = (
        "import subprocess, sys\nfrom agent.host.no_core import protect_memory\nprotect_memory()\n"
        "print(subprocess.run(['sh', '-c', 'ulimit -Hc'], capture_output=True, text=True).stdout)"
    )
    done = subprocess.run([sys.executable, "-c", start], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_an_ordinary_user_s_command_still_hides_its_token_and_sees_its_own_files() -> None:
    """Its /proc/self/mem belongs to root then."""
    words = [sys.executable, "-c", OF_A_USER, "a-secret-token", "--config", "x"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    first, second = done.stdout.splitlines()
    assert first == "True 0 True"
    assert second.startswith("True ") and "--------------" in second and "a-secret-token" not in second
