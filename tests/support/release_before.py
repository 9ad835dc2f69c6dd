"""The release before this one, of its own commit: its command line, and a site of it in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import delivery
from hubside import FAST
from patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
COMMIT = "9c5cd3fe1d56e09a5e56a2b77a0ad0f2bf08d0e8"
"""Release 0.1, as `tests/system/other_version.py` builds its package."""

_PACKAGES = ("agent", "drivers", "masking")
_PACE = ("resend_s", "backlog_per_s", "backlog_burst", "reconnect_first_s", "reconnect_most_s", "refused_least_s")

_SITE = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.chain import link
from agent.config import Hub, Site
from agent.envelope import sign
from agent.keys import load_jwks, load_or_create_signer
from agent.model import Draft, Moment
from agent.publish import Publisher
from agent.publish_pace import Pace
from agent.spool import Spool

def clock():
    return datetime.now(UTC)

def made(drafts, heads, epoch):
    moment = Moment(clock(), 123_456, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", True)
    reports, _ = link(drafts, heads, epoch, site, moment)
    return tuple(sign(report, signer) for report in reports)

def told(**what):
    print(json.dumps(what), flush=True)

asked = json.loads(sys.stdin.readline())
directory = Path(asked["directory"])
site = Site(asked["site"], "datong", "140200", hub=Hub("127.0.0.1", asked["port"], False), digest="c" * 64)
signer = load_or_create_signer(directory / "report-key.pem")
spool = Spool.open(directory / "spool.db", 8 << 20, now=clock(), seal=lambda one, *at: made([one], *at)[0])
told(kid=signer.kid)
publisher = Publisher(site, spool, signer, load_jwks(Path(asked["jwks"])), clock, Pace(**asked["pace"]))
publisher.start()
for line in sys.stdin:
    if line.strip() == "drained":
        told(drained=publisher.drained(asked["patience_s"]))
        continue
    drafts = [Draft(*one) for one in asked["drafts"]]
    spool.commit(made(drafts, spool.heads(), spool.epoch), "{}", clock(), spool.begin(clock()))
    publisher.wake()
    told(health=spool.heads()["health"].seq, event=spool.heads()["event"].seq)
publisher.stop(5)
spool.close()
"""
"""A site in the words of release 0.1: commits a cycle for each line, or says whether everything is confirmed."""


def tree(folder: Path) -> Path:
    """Unpack the packages of the release before into a folder: an archive of its commit."""
    packed = subprocess.run(["git", "archive", COMMIT, *_PACKAGES], cwd=ROOT, capture_output=True, check=False)
    assert packed.returncode == 0, f"the commit {COMMIT} is not in this clone: git fetch --unshallow"
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return folder


def run_before(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the release before."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "agent", *words], env=_environment(root), capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip


class SiteBefore:
    """A site of the release before that publishes. Use as a context manager."""

    def __init__(self, root: Path, directory: Path, name: str, port: int, jwks: Path) -> None:
        directory.mkdir()
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-c", _SITE], env=_environment(root), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        pace = {key: value for key, value in asdict(FAST).items() if key in _PACE}
        drafts = [[one.stream, one.body] for one in (delivery.event(), delivery.health())]
        self.kid = self._ask(
            directory=str(directory), site=name, port=port, jwks=str(jwks), pace=pace, drafts=drafts,
            patience_s=PATIENCE_S,
        )["kid"]  # fmt: skip

    def cycle(self) -> Mapping[str, int]:
        """Commit an event and a health report; return the heads of its streams."""
        return self._say("cycle")

    def drained(self) -> bool:
        """Return whether everything was confirmed in time."""
        return bool(self._say("drained")["drained"])

    def _ask(self, **asked: Any) -> Mapping[str, Any]:
        return self._say(json.dumps(asked))

    def _say(self, line: str) -> Mapping[str, Any]:
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.write(f"{line}\n")
        self._child.stdin.flush()
        found: Mapping[str, Any] = json.loads(self._child.stdout.readline())
        return found

    def __enter__(self) -> SiteBefore:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin is not None and self._child.stdout is not None
        with self._child.stdout:
            self._child.stdin.close()
            assert self._child.wait(PATIENCE_S) == 0


def _environment(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root)}
