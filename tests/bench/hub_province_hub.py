"""The folder of a hub in bench `hub_province`, and the workers that take messages into it, each a child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fleet_reports import Life
from hub_city_site import PERIOD

from agent.contract.signing_keys import load_or_create_signer
from agent.hub.stores import areas, signing_key

ROOT: Final = Path(__file__).resolve().parents[2]
BEGINS_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
SAMPLE_S: Final = 0.01

Message = tuple[str, str, str]


class Hub:
    """The folder of a hub that trusts these sites."""

    def __init__(self, directory: Path, engine: str, lives: Sequence[Life]) -> None:
        self.directory, self._engine, self._files = directory, engine, 0
        directory.mkdir(exist_ok=True)
        load_or_create_signer(directory / signing_key.KEY_NAME)
        trust = areas.TrustStore(directory)
        for life in lives:
            trust.add(life.site.id, life.signer.kid, BEGINS_AT)

    def work(self, parts: Sequence[Sequence[Message]], seeds: Sequence[int | None], look: Any = None) -> list[Any]:
        """Have a worker take each part, all at the same time; `look` is called again and again meanwhile."""
        workers = [self._worker(part, seed) for part, seed in zip(parts, seeds, strict=True)]
        for worker in workers:
            if worker.stdout is None or worker.stdout.readline() != "ready\n":
                raise RuntimeError("a worker did not start")
        for worker in workers:
            tell(worker, "go")
        while look is not None and any(worker.poll() is None for worker in workers):
            look()
            time.sleep(SAMPLE_S)
        done = [worker.communicate()[0] for worker in workers]
        if any(worker.returncode for worker in workers):
            raise RuntimeError("a worker failed")
        return [json.loads(told) for told in done]

    def _worker(self, part: Sequence[Message], seed: int | None) -> subprocess.Popen[str]:
        self._files += 1
        path = self.directory / f"messages-{self._files}"
        path.write_text("".join(f"{json.dumps(one)}\n" for one in part), "utf-8")
        at = (BEGINS_AT + 96 * PERIOD).isoformat()
        asked = {
            "engine": self._engine,
            "directory": str(self.directory),
            "messages": str(path),
            "seed": seed,
            "at": at,
        }
        return self.start("hub_province_worker.py", asked)

    def start(self, program: str, asked: Mapping[str, Any]) -> subprocess.Popen[str]:
        """Start a program beside this file with what is asked of it."""
        paths = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]
        worker = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name(program))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )  # fmt: skip
        tell(worker, json.dumps(asked))
        return worker


def tell(worker: subprocess.Popen[str], line: str) -> None:
    """Send a line to a worker. Raises RuntimeError."""
    if worker.stdin is None:
        raise RuntimeError("no pipe to a worker")
    worker.stdin.write(f"{line}\n")
    worker.stdin.flush()
