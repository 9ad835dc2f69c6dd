"""What the picture worker may not do: each attempt is really made, by the real child."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pictures
import pytest
from patience import PATIENCE_S

from masking import decode, worker
from masking.model import WorkerError
from masking.worker import Worker


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


@pytest.fixture(scope="module")
def encoded() -> dict[str, bytes]:
    return pictures.encodings()


def test_this_machine_lets_the_child_give_up_everything(shared: Worker) -> None:
    """Continuous integration runs on a kernel with Landlock and seccomp; a machine without them says so here."""
    assert shared.limits == ()


def test_the_locked_down_child_can_reach_nothing(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("secret")
    new_file, program = tmp_path / "new", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/executed\n")
    program.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as server, Worker(self_test=True) as running:
        outcomes = running.attempts(str(key), server.getsockname()[1], str(new_file), str(program))
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    refused = {"EPERM", "EACCES", "EMFILE", "EAGAIN"}
    wanted = {"read", "create", "connect", "listen", "execute", "fork", "signal", "trace"}
    assert set(outcomes) == wanted
    assert {name: outcome for name, outcome in outcomes.items() if outcome not in refused} == {}
    assert not new_file.exists()
    assert not (tmp_path / "executed").exists()


def test_each_layer_alone_keeps_the_key_file_closed(tmp_path: Path) -> None:
    """Landlock without seccomp, then seccomp without Landlock, in a process of its own each time."""
    key = tmp_path / "key"
    key.write_text("secret")
    code = (
        "import sys, pathlib, ctypes;"
        "from masking import lockdown;"
        "libc = ctypes.CDLL(None, use_errno=True); libc.prctl(38, 1, 0, 0, 0);"
        "limits = lockdown._landlock(libc) if sys.argv[1] == 'landlock' else lockdown._seccomp();"
        "assert limits == [], limits\n"
        "try:\n pathlib.Path(sys.argv[2]).read_text()\nexcept PermissionError: print('refused')"
    )
    for layer in ("landlock", "seccomp"):
        command = [sys.executable, "-c", code, layer, str(key)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        assert ran.stdout.strip() == "refused", (layer, ran.stderr)


def test_the_child_has_no_rights_no_threads_and_no_files_but_its_pipes(shared: Worker) -> None:
    assert shared.limits == ()
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{shared.pid}/status").read_text().splitlines() if ":" in line
    )
    assert status["Threads"].strip() == "1"
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapInh"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    if os.geteuid() == 0:  # a process that cannot be traced shows its files to root only
        targets = [str(entry.readlink()) for entry in Path(f"/proc/{shared.pid}/fd").iterdir()]
        assert all(target.startswith("pipe:") or target == "/dev/null" for target in targets), targets


def test_the_child_gets_neither_the_environment_nor_secrets_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/secret-place")
    with Worker(timeout_s=PATIENCE_S) as running:
        assert running.limits == ()
        command = Path(f"/proc/{running.pid}/cmdline").read_bytes()
        assert b"secret-place" not in command
        if os.geteuid() == 0:
            assert b"secret-place" not in Path(f"/proc/{running.pid}/environ").read_bytes()


def test_the_worker_works_in_a_sandboxed_parent_without_landlock(encoded: dict[str, bytes]) -> None:
    """A parent whose own seccomp filter refuses Landlock: the child says so, and files stay closed all the same."""
    code = (
        "import sys, errno, pyseccomp;"
        "rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW);"
        "[rules.add_rule(pyseccomp.ERRNO(errno.EPERM), call) for call in"
        " ('landlock_create_ruleset', 'landlock_restrict_self')];"
        "rules.load();"
        "from masking.worker import Worker; from masking.model import Job\n"
        "with Worker(self_test=True) as running:\n"
        " print(running.judge(Job(sys.stdin.buffer.read(), 'jpeg')).width_px)\n"
        " print(running.limits)\n"
        " print(running.attempts('/etc/hostname', 9, '/tmp/x', '/bin/true')['read'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=encoded["jpeg"], capture_output=True, check=False, timeout=60
    )
    lines = ran.stdout.decode().splitlines()
    assert lines[0] == "640", ran.stderr
    assert lines[1].startswith("('landlock: not offered here")
    assert "files:" not in lines[1]
    assert lines[2] == "EPERM"


@pytest.mark.parametrize("filtered", [False, True])
def test_the_worker_works_for_a_parent_without_capabilities(encoded: dict[str, bytes], filtered: bool) -> None:
    """As under a service user, and under a unit whose filter refuses capset: then there was nothing to drop.

    Root here keeps its files but loses its rights, also for the programs it starts.
    """
    refuse_capset = (
        "import errno, pyseccomp\n"
        "rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)\n"
        "rules.add_rule(pyseccomp.ERRNO(errno.EPERM), 'capset')\n"
        "rules.load()\n"
    )
    code = (
        "import sys, os, ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "if os.geteuid() == 0: assert libc.prctl(28, 3, 0, 0, 0) == 0\n"  # PR_SET_SECUREBITS: no root, locked
        "header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
        "assert libc.capset(header, none) == 0\n"
        f"{refuse_capset if filtered else ''}"
        "from masking.worker import Worker; from masking.model import Job\n"
        "with Worker(self_test=True) as running:\n"
        " print(running.judge(Job(sys.stdin.buffer.read(), 'jpeg')).width_px, running.limits)\n"
        " print(set(running.attempts('/etc/hostname', 9, '/tmp/x', '/bin/true').values()))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=encoded["jpeg"], capture_output=True, check=False, timeout=60
    )
    assert ran.stdout.decode().splitlines() == ["640 ()", "{'EPERM'}"], ran.stderr


def test_self_tests_are_refused_by_a_child_that_was_not_started_for_them(shared: Worker) -> None:
    with pytest.raises(WorkerError, match="not started for self-tests"):
        shared.attempts("/etc/hostname", 9, "/tmp/x", "/bin/true")  # noqa: S108 never written


def test_the_parent_loads_neither_opencv_nor_numpy(encoded: dict[str, bytes]) -> None:
    code = (
        "import sys; from masking.worker import Worker; from masking.model import Job\n"
        "with Worker() as running: running.judge(Job(sys.stdin.buffer.read(), 'jpeg'))\n"
        "sys.exit(any(name in sys.modules for name in ('cv2', 'numpy', 'pyseccomp')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], input=encoded["jpeg"], check=False, timeout=60)
    assert ran.returncode == 0


def test_parent_and_child_agree_on_the_decoder_settings() -> None:
    assert decode.ENVIRONMENT.items() <= worker._ENVIRONMENT.items()
