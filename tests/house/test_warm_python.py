"""What stands in for the interpreter runs a program as a new interpreter would, or starts one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hubside import waits
from patience import PATIENCE_S
from warm_python import ROOT

ENVIRON = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
TOLD = (
    "import os, sys; from agent.version import VERSION; "
    "print([sys.argv, os.getcwd(), os.environ.get('WORD'), sys.stdin.read(), __name__, VERSION]); "
    "print('é', file=sys.stderr); sys.exit(int(sys.argv[1]))"
)


def ran(python: str, *words: str, cwd: Path, **environ: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [python, *words], input="typed", capture_output=True, encoding="utf-8", cwd=cwd, env=ENVIRON | environ,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_program_has_its_own_arguments_environment_folder_streams_and_end(tmp_path: Path, warm_python: str) -> None:
    for words in (("-P", "-c", TOLD, "7", "x"), ("-c", TOLD, "0")):
        warm = ran(warm_python, *words, cwd=tmp_path, WORD="said")
        new = ran(sys.executable, *words, cwd=tmp_path, WORD="said")
        assert warm == new
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, beside\nprint(sys.argv, __name__, beside.__name__)\nraise ValueError('é')\n", "utf-8"
    )
    (tmp_path / "beside.py").touch()
    warm, new = (ran(python, str(script), "x", cwd=tmp_path) for python in (warm_python, sys.executable))
    assert warm[:2] == new[:2] == (1, f"{[str(script), 'x']} __main__ beside\n")
    assert warm[2].splitlines()[-1] == new[2].splitlines()[-1] == "ValueError: é"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_the_program_and_whoever_waits_sees_that(number: signal.Signals, warm_python: str) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with subprocess.Popen([warm_python, "-c", code], stdout=-1, stderr=subprocess.DEVNULL, env=ENVIRON) as child:
        assert child.stdout is not None
        pid = int(child.stdout.readline())
        assert pid != child.pid
        child.send_signal(number)
        assert child.wait(PATIENCE_S) == -number
    waits(lambda: not Path(f"/proc/{pid}").exists())


def test_what_a_warm_one_cannot_be_handed_starts_a_new_one(tmp_path: Path, warm_python: str) -> None:
    code = "import sys; print('agent.cli' in sys.modules, sys.executable)"
    new = f"False {sys.executable}\n"
    assert ran(warm_python, "-c", code, cwd=tmp_path)[1] == f"True {warm_python}\n"
    assert ran(warm_python, "-I", "-c", code, cwd=tmp_path)[1] == new
    assert ran(warm_python, "-c", code, cwd=tmp_path, PYTHONIOENCODING="utf-8")[1] == new
    (tmp_path / "agent").mkdir()
    assert ran(warm_python, "-c", code, cwd=tmp_path, PYTHONPATH=str(tmp_path))[1] == new
    with (tmp_path / "open").open("w") as beside:
        words = [warm_python, "-c", code]
        handed = subprocess.run(
            words, capture_output=True, text=True, env=ENVIRON, pass_fds=[beside.fileno()], check=True
        )
    assert handed.stdout == new
