"""What the picture worker may not do: each attempt is really made, by a real child."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pictures
import pytest
from patience import PATIENCE_S, waits

from masking.model import Confinement, WorkerError
from masking.worker import decode, warm_parent
from masking.worker.client import Worker

NOWHERE = {"path": "/etc/hostname", "port": 9, "new_file": "/tmp/x", "program": "/bin/true"}  # noqa: S108 never written
NOBODY = 65534


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S, self_test=True) as running:
        yield running


@pytest.fixture(scope="module")
def encoded() -> dict[str, bytes]:
    return pictures.encodings()


@pytest.fixture(scope="module")
def outcomes(shared: Worker) -> dict[str, str]:
    """What came of each attempt of a child that tries everything."""
    return shared.attempts({"ways": NOWHERE})


def test_this_machine_lets_a_child_give_up_everything(shared: Worker) -> None:
    """Continuous integration runs on a kernel with Landlock and seccomp; a machine without them says so here."""
    assert shared.measure() == Confinement()


def test_the_locked_down_child_can_reach_nothing(tmp_path: Path, shared: Worker) -> None:
    key = tmp_path / "key.pem"
    key.write_text("secret")
    new_file, program = tmp_path / "new", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/executed\n")
    program.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        wanted = {"path": str(key), "port": port, "new_file": str(new_file), "program": str(program)}
        found = shared.attempts({"ways": wanted})
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    tried = {"read", "create", "connect", "listen", "execute", "fork", "signal", "trace"}
    assert {name: found[name] for name in tried} == dict.fromkeys(tried, "EPERM")
    assert not new_file.exists()
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "way",
    [
        "stat", "statx", "stat_descriptor", "tgkill", "ioctl", "prctl", "socketpair", "clone3", "sendto",
        "executable_memory", "memory_made_executable", "duplicate",
    ],
)  # fmt: skip
def test_the_locked_down_child_may_not(outcomes: dict[str, str], way: str) -> None:
    assert outcomes[way] == "EPERM"


def test_each_layer_alone_keeps_the_key_file_closed(tmp_path: Path) -> None:
    """Landlock without seccomp, then seccomp without Landlock, in a process of its own each time."""
    key = tmp_path / "key"
    key.write_text("secret")
    code = (
        "import sys, pathlib, ctypes;"
        "from masking.worker import lockdown;"
        "libc = ctypes.CDLL(None, use_errno=True); libc.prctl(38, 1, 0, 0, 0);"
        "limits = lockdown._landlock(libc) if sys.argv[1] == 'landlock' else lockdown._seccomp(lockdown._CALLS);"
        "assert limits == [], limits\n"
        "try:\n pathlib.Path(sys.argv[2]).read_text()\nexcept PermissionError: print('refused')"
    )
    for layer in ("landlock", "seccomp"):
        command = [sys.executable, "-c", code, layer, str(key)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        assert ran.stdout.strip() == "refused", (layer, ran.stderr)


@pytest.mark.parametrize("which", ["child", "warm parent"])
def test_child_and_warm_parent_have_no_rights_no_threads_and_no_files_but_their_sockets(
    encoded: dict[str, bytes], which: str
) -> None:
    with Worker(timeout_s=PATIENCE_S) as running:
        running.judge(pictures.of_camera("gate", encoded["jpeg"]))
        pid = running.pid if which == "child" else running.warm_pid
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
        )
        assert status["Threads"].strip() == "1"
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapInh"], 16) == 0
        assert status["NoNewPrivs"].strip() == "1"
        assert status["Seccomp"].strip() == "2"
        assert status["Seccomp_filters"].strip() == ("2" if which == "child" else "1")
        if os.geteuid() == 0:  # a process that cannot be traced shows its files to root only
            targets = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
            sockets = [target for target in targets if target.startswith("socket:")]
            assert len(sockets) == 1, "a child has its own socket alone, not that of the warm parent"
            assert all(one.startswith("pipe:") or one == "/dev/null" for one in targets if one not in sockets), targets


def test_a_child_has_hard_limits(encoded: dict[str, bytes]) -> None:
    with Worker(timeout_s=PATIENCE_S) as running:
        running.judge(pictures.of_camera("gate", encoded["jpeg"]))
        rows = Path(f"/proc/{running.pid}/limits").read_text().splitlines()[1:]
    limits = {row[:26].strip(): row[26:].split()[:2] for row in rows}
    none = ("Max core file size", "Max file size", "Max processes", "Max open files", "Max locked memory")
    assert {name: limits[name] for name in none} == {name: ["0", "0"] for name in none}
    assert limits["Max cpu time"] == ["300", "300"]
    assert limits["Max msgqueue size"] == ["0", "0"]
    assert 1.5e9 < int(limits["Max address space"][1]) < 4e9


def test_neither_child_nor_warm_parent_can_be_read_by_other_processes_of_their_user(encoded: dict[str, bytes]) -> None:
    """A process that is dumpable belongs to its user below /proc; one that is not belongs to root."""
    code = (
        "import os, sys\n"
        "from masking.worker.client import Worker; from masking.model import Job\n"
        "with Worker(60) as running:\n"
        " running.judge(Job(sys.stdin.buffer.read(), 'jpeg', device='gate'))\n"
        " print(*[os.stat(f'/proc/{pid}/mem').st_uid for pid in (os.getpid(), running.pid, running.warm_pid)])\n"
    )
    assert os.geteuid() == 0, "this test needs another user: run it as root"
    # The right to pass through folders is kept: Python may lie in one that is root's.
    through = "+dac_read_search"
    other = ["setpriv", f"--reuid={NOBODY}", "--clear-groups", f"--inh-caps={through}", f"--ambient-caps={through}"]
    command = [*other, sys.executable, "-c", code]
    ran = subprocess.run(command, input=encoded["jpeg"], capture_output=True, check=False, timeout=60)
    assert ran.stdout.split() == [str(NOBODY).encode(), b"0", b"0"], ran.stderr


def test_children_end_with_the_process_that_asked_for_them(encoded: dict[str, bytes], tmp_path: Path) -> None:
    """Also where that is killed: nothing of a worker stays behind, not even a child that hangs."""
    (tmp_path / "picture").write_bytes(encoded["jpeg"])
    code = (
        "import os, signal, sys\n"
        "from masking.worker.client import Worker; from masking.model import Job\n"
        "running = Worker(60)\n"
        f"running.judge(Job(open({str(tmp_path / 'picture')!r}, 'rb').read(), 'jpeg', device='gate'))\n"
        "os.kill(running.pid, signal.SIGSTOP)\n"
        "print(running.pid, running.warm_pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)
    pids = [int(pid) for pid in ran.stdout.split()]
    assert len(pids) == 2, ran.stderr
    waits(lambda: not any(is_running(pid) for pid in pids))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_neither_the_environment_nor_secrets_of_its_user_reach_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/secret-place")
    with Worker(timeout_s=PATIENCE_S) as running:
        running.measure()
        command = Path(f"/proc/{running.warm_pid}/cmdline").read_bytes()
        assert b"secret-place" not in command
        if os.geteuid() == 0:
            assert b"secret-place" not in Path(f"/proc/{running.warm_pid}/environ").read_bytes()


REFUSING = (
    "import sys, errno, pyseccomp\n"
    "rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)\n"
    "for call in {calls!r}: rules.add_rule(pyseccomp.ERRNO({errno}), call)\n"
    "rules.load()\n"
)
"""Begins a process in which some calls are refused, to it and to all that it starts."""

LANDLOCK = ("landlock_create_ruleset", "landlock_restrict_self")


@pytest.mark.parametrize("answer", ["errno.ENOSYS", "errno.EOPNOTSUPP", "errno.EPERM"])
def test_without_landlock_a_complete_seccomp_filter_confines_and_it_is_said(
    encoded: dict[str, bytes], answer: str
) -> None:
    """Kernels before 5.13, kernels built or started without it, and a sandbox around the agent that refuses it."""
    code = REFUSING.format(calls=LANDLOCK, errno=answer) + (
        "from masking.worker.client import Worker; from masking.model import Job\n"
        "with Worker(60, self_test=True) as running:\n"
        " print(running.judge(Job(sys.stdin.buffer.read(), 'jpeg')).width_px)\n"
        " print(running.confinement)\n"
        f" print(set(running.attempts({{'ways': {NOWHERE!r}}}).values()))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=encoded["jpeg"], capture_output=True, check=False, timeout=60
    )
    lines = ran.stdout.decode().splitlines()
    assert lines[0] == "640", ran.stderr
    assert lines[1].startswith("Confinement(limits=('landlock: not offered here")
    assert lines[1].endswith("open_ways=())")
    assert lines[2] == "{'EPERM'}"


WITHOUT_SECCOMP = (
    "import sys\n"
    "from masking.worker import warm_parent\n"
    "warm_parent._BOOT = 'import sys; sys.modules[\"pyseccomp\"] = None; ' + warm_parent._BOOT\n"
)
"""Begins a process whose workers find no libseccomp."""


@pytest.mark.parametrize("with_landlock", [True, False])
def test_without_seccomp_nothing_is_judged(encoded: dict[str, bytes], with_landlock: bool) -> None:
    refusing = "" if with_landlock else REFUSING.format(calls=LANDLOCK, errno="errno.ENOSYS")
    code = f"{refusing}{WITHOUT_SECCOMP}" + (
        "from masking.worker.client import Worker; from masking.model import Job, WorkerError\n"
        "picture = Job(sys.stdin.buffer.read(), 'jpeg')\n"
        "with Worker(60) as running:\n"
        " try: print(running.judge(picture))\n"
        " except WorkerError as refused: print(refused.reason)\n"
        " print(*running.confinement.open_ways)\n"
        "with Worker(60, accept_unconfined=True) as running: print(running.judge(picture).width_px)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=encoded["jpeg"], capture_output=True, check=False, timeout=60
    )
    reason, ways, accepted = ran.stdout.decode().splitlines() or ["", "", ran.stderr.decode()]
    assert reason == "worker-not-confined"
    assert {"files", "programs", "tracing"} <= set(ways.split())
    assert accepted == "640"


@pytest.mark.parametrize("filtered", [False, True])
def test_the_worker_works_for_a_parent_without_capabilities(encoded: dict[str, bytes], filtered: bool) -> None:
    """As under a service user, and under a unit whose filter refuses capset: then there was nothing to drop.

    Root here keeps its files but loses its rights, also for the programs it starts.
    """
    code = (
        "import sys, os, ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "if os.geteuid() == 0: assert libc.prctl(28, 3, 0, 0, 0) == 0\n"  # PR_SET_SECUREBITS: no root, locked
        "header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
        "assert libc.capset(header, none) == 0\n"
        f"{REFUSING.format(calls=('capset',), errno='errno.EPERM') if filtered else ''}"
        "from masking.worker.client import Worker; from masking.model import Job\n"
        "with Worker(60, self_test=True) as running:\n"
        " print(running.judge(Job(sys.stdin.buffer.read(), 'jpeg')).width_px, running.confinement)\n"
        f" print(set(running.attempts({{'ways': {NOWHERE!r}}}).values()))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=encoded["jpeg"], capture_output=True, check=False, timeout=60
    )
    assert ran.stdout.decode().splitlines() == [f"640 {Confinement()}", "{'EPERM'}"], ran.stderr


def test_self_tests_are_refused_by_a_child_that_was_not_started_for_them() -> None:
    with (
        Worker(timeout_s=PATIENCE_S) as running,
        pytest.raises(WorkerError, match="not started for self-tests"),
    ):
        running.attempts({"ways": NOWHERE})


def test_the_agent_loads_neither_opencv_nor_numpy(encoded: dict[str, bytes]) -> None:
    code = (
        "import sys; from masking.worker.client import Worker; from masking.model import Job\n"
        "with Worker() as running: running.judge(Job(sys.stdin.buffer.read(), 'jpeg'))\n"
        "sys.exit(any(name in sys.modules for name in ('cv2', 'numpy', 'pyseccomp')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], input=encoded["jpeg"], check=False, timeout=60)
    assert ran.returncode == 0


def test_warm_parent_and_decoder_agree_on_their_settings() -> None:
    assert decode.ENVIRONMENT.items() <= warm_parent._ENVIRONMENT.items()


def test_an_abort_in_a_child_ends_it() -> None:
    """Without the call by which abort() signals its own process, it faults."""
    with Worker(timeout_s=PATIENCE_S, self_test=True) as running, pytest.raises(WorkerError, match="signal 11"):
        running.attempts({"die": 6})
