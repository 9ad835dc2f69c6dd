"""Finds the cells of the tables of ten commands that hold Latin words in Chinese, at a site of which much fails.

`foreign_cells` is for `papers.py`, whose figure `zh_cells_with_latin_words` counts them beside those of the report.
Run alone: python tests/bench/papers_tables.py. It prints the cells, one a line, with the command that they are of.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from held_items import GATE, PORCH, RECORDER
from told_site import Told, told_site

from agent.cli import main as camwarden
from agent.contract.chain import STREAMS
from agent.demo.world.cameras import RecordingPlan
from agent.judge.checks.table import CHECKS
from agent.site.config.load import load
from agent.site.declarations.table import BY_ID, PROFILES
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped
from masking.worker.client import Worker

COMMANDS = (
    ("check", "--all"),
    ("declare", "--list"),
    ("rules", "list"),
    ("rules", "show", "cn-799"),
    ("rules", "explain", "retention-days"),
    ("masks", "show"),
    ("findings",),
    ("queue", "list"),
    ("filing", "status"),
    ("doctor",),
)
"""Ten commands that print a table or a list for people."""

WIDE = "400"
"""So many columns that no word is broken in the middle."""

CODES = (
    r"camwarden(?: (?:--?)?[A-Za-z.][A-Za-z0-9.=_-]*)*",
    r"--[a-z-]+(?: [A-Z]+)?",
    r"(?:GB|GA|DB\d+)(?:/T)? ?[\d.]+(?:-\d{4})?",
    r"\[{0,2}[a-z_.]+\]{1,2}|\b[a-z_]+ = [\w.]+|\b[a-z]+(?:_[a-z]+)+\b|\b[a-z-]+\.toml|[A-Z][A-Z_]+(?==)",
    r"(?<![A-Za-z0-9])(?:IP|NTP|OSD|ONVIF|RTSP|HTTP|MQTT|TLS|SVAC|JPEG|SHA-256|UTC|systemd|inode|Landlock|seccomp)"
    r"(?![A-Za-z0-9])",
    r"(?<![A-Za-z0-9])(?:MiB|GiB|KiB|kbit/s|fps|true|false|host|port|recorded)(?![A-Za-z0-9])",
    r"\b[a-z][a-z0-9-]+ \d+(?:\.\d+)+",
    r"(?:device|camera):[\w.-]+",
    r"(?:/[\w.@-]+)+/?",
    r"\b[0-9a-f]{12,}\b|\b[\w-]{43}\b|\bT\d\d:\d\d(?::\d\d)?Z?|\d+ (?:ms|s|h)\b",
)
"""What stays in Latin letters in Chinese: commands, keys of files, standards, words of the field, versions, digests."""


def foreign_cells() -> list[tuple[str, str]]:
    """Return command and cell of each cell with a Latin word that is neither a name nor a code."""
    with tempfile.TemporaryDirectory() as name, Worker(timeout_s=120) as worker, _site(Path(name), worker) as told:
        told.cycle(2)
        names = _names(told)
        known = re.compile("|".join((*(re.escape(one) for one in sorted(names, key=len, reverse=True) if one), *CODES)))
        return [
            (" ".join(command), cell)
            for command in COMMANDS
            for cell in _cells(_printed(told, command))
            if re.search(r"[A-Za-z]{2,}", known.sub(" ", cell))
        ]


@contextlib.contextmanager
def _site(folder: Path, worker: Worker) -> Iterator[Told]:
    short = replace(GATE, recording=RecordingPlan(20, gap_hours=30))
    with told_site(folder, worker, (replace(RECORDER, clock_offset_s=95.0),), (short, PORCH)) as told:
        yield told


def _printed(told: Told, command: tuple[str, ...]) -> str:
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": WIDE}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = camwarden([*command, "--lang", "zh_CN", "--no-color", "--config", str(told.config)])
    if not out.getvalue():
        raise RuntimeError(f"{' '.join(command)} printed nothing (exit {code}): {err.getvalue()}")
    return out.getvalue()


def _cells(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from (cell for cell in re.split(r" {2,}|[│┃|]", line) if cell.strip("─━ "))


def _names(told: Told) -> set[str]:
    """Return what the site named itself, and the ids of checks, rules, duties and figures."""
    site = load(told.config)
    rules = list(obligations(shipped()))
    ids = {name for name, _ in rules} | {pack.id for pack in shipped()} | {check.id for check in CHECKS}
    figures = {name for _, one in rules for name in one.parameters}
    words = {*STREAMS, site.id, site.name, site.time_zone, *PROFILES, *BY_ID}
    cameras = {text for one in site.cameras for text in (one.camera.id, one.camera.name)}
    boxes = {text for one in site.devices for text in (one.id, one.host, one.driver)}
    zones = {zone.name for one in site.cameras for zone in one.zones}
    people = {row.by for row in site.declarations}
    choices = {str(one.value) for row in BY_ID.values() for one in row.choices}
    return ids | figures | words | cameras | boxes | zones | people | choices


if __name__ == "__main__":
    for command, cell in foreign_cells():
        print(f"{command}: {cell}")
