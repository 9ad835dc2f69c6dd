"""The command line run in the process of the test: what it says and how it ends, as a child's, without starting one."""

from __future__ import annotations

import io
import logging
import os
import subprocess
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from agent.cli import main


def run_here(*arguments: str | Path, answers: str = "", environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command with exactly this environment and these lines on its standard input, which is no terminal.

    It is for what a command says. What a process is (signals, a terminal, a pipe that closes) takes a child.
    """
    words = [str(one) for one in arguments]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True) for _ in range(2))
    with (
        patch.dict(os.environ, environ, clear=True),
        patch("sys.stdin", io.StringIO(answers)),
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(logging.getLogger(), "handlers", logging.getLogger().handlers[:]),  # its own writes to `err`
    ):
        code = main(words)
    told = [one.detach().getvalue().decode("utf-8") for one in (out, err)]
    return subprocess.CompletedProcess(words, code, *told)
