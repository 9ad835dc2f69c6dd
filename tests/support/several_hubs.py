"""Real processes of `hub run`, several on one database or one after another, which a test ends as it likes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from hubside import Recorder
from patience import PATIENCE_S

ROOT = Path(__file__).parents[2]


class HubProcess:
    """One `hub run --worker NAME` of the tree at `root`; `tell` has its events. Use as a context manager."""

    def __init__(self, directory: Path, port: int, worker: str, root: Path = ROOT) -> None:
        words = ["hub", "run", "--data", str(directory), "--host", "127.0.0.1", "--port", str(port), "--json"]
        words += ["--worker", worker] if worker else []
        self.tell = Recorder()
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "agent", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(root)},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self.tell(json.loads(line))

    def awaits(self, kind: str, count: int = 1) -> None:
        """Wait until it has told so many events of a kind."""
        self.tell.wait(lambda events: sum(one["event"] == kind for one in events) >= count)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._child.kill()
        self._child.wait(PATIENCE_S)

    def __enter__(self) -> HubProcess:
        self.awaits("ready")
        return self

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
        code = self._child.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        assert self._child.stdout is not None and self._child.stderr is not None
        with self._child.stdout, self._child.stderr as errors:
            assert code in (0, -signal.SIGKILL), errors.read()
