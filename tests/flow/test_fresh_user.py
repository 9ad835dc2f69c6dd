"""A user who is new on a machine, without root: start, adopt, prove a repair, write a dossier, all in an own folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.host.clock import utc_now
from agent.model import exits

ROOT = Path(__file__).parents[2]
NOBODY = 65534
PASSWORD = "school-pw"
WITHIN_S = 300
# The right to pass through folders is kept: Python may lie in one that is root's.
THROUGH = "-all,+dac_read_search"
OTHER = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={THROUGH}",
         f"--ambient-caps={THROUGH}", f"--bounding-set={THROUGH}")  # fmt: skip


def as_nobody(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as another user than root, with nothing but a home."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*(OTHER if os.geteuid() == 0 else ()), sys.executable, "-P", "-B", "-m", "agent", *words],
        cwd=home, env=environ, capture_output=True, encoding="utf-8", timeout=WITHIN_S, check=False,
    )  # fmt: skip


def test_a_fresh_user_without_root_starts_adopts_proves_a_repair_and_writes_a_dossier(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "answers.toml").write_text(f'user = "viewer"\npassword = "{PASSWORD}"\n')
    (home / "answers.toml").chmod(0o600)
    if os.geteuid() == 0:
        for path in (home, home / "answers.toml"):
            os.chown(path, NOBODY, NOBODY)
    recorder = replace(next(one for one in DEVICES if one.id == "recorder"), user="viewer")
    gate = next(one for one in CAMERAS if one.id == "gate")
    at = ("--config", "camwarden-site/site.toml", "--json")
    with SimulatedSite(utc_now, [recorder], [gate], password=PASSWORD) as site:
        (place,) = (f"{one.host}:{one.port}" for one in site.devices.values())
        begun = as_nobody(home, "start", "--answers", "answers.toml", "--host", place, "--json")
        assert begun.returncode in (exits.OK, exits.FAILS, exits.UNCHECKED), begun.stderr
        assert json.loads(begun.stdout)["groups"][0]["login"] == "accepted"
        adopted = as_nobody(home, "masks", "adopt", *at, "--yes", "--by", "Li Na", "--rounds", "1")
        assert adopted.returncode == exits.OK, adopted.stdout + adopted.stderr
        site.change("gate", "mask-removed")
        opened = as_nobody(home, "check", *at, "--rounds", "1", "--open", "2611-gate")
        assert opened.returncode == exits.FAILS, opened.stderr
        site.change("gate", None)
        closed = as_nobody(home, "check", *at, "--rounds", "1", "--close", "2611-gate")
        outcomes = {one["check"]: one["outcome"] for one in json.loads(closed.stdout)["compared"]}
        assert outcomes["privacy-mask-present"] == "repaired", outcomes
        dossier = as_nobody(home, "filing", "export", *at, "--out", "dossier.zip")
        assert dossier.returncode == exits.OK, dossier.stderr
    assert (home / "dossier.zip").is_file()
    if os.geteuid() == 0:
        assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}
