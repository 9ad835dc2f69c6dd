"""Finds what is left of English in the Chinese tables of ten commands, at a site of which much fails.

`chinese_cells` is for `papers.py`, which counts it beside that of the pages.
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
from papers_words import foreign_cells, id_cells
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

WIDE = "2000"
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


def chinese_cells() -> dict[str, tuple[list[str], list[str]]]:
    """Return by command the cells with a Latin word that is neither a name nor a code, and the sentences with an id."""
    with tempfile.TemporaryDirectory() as name, Worker(timeout_s=120) as worker, _site(Path(name), worker) as told:
        told.cycle(2)
        own, ids = _own_names(told), _ids()
        found = {}
        for command in COMMANDS:
            cells = list(_cells(_printed(told, command)))
            found[" ".join(command)] = (foreign_cells(cells, own | ids, CODES), id_cells(cells, own, CODES))
        return found


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


def _ids() -> set[str]:
    """Return the ids of checks, rules, duties and figures, which have cells of their own."""
    rules = list(obligations(shipped()))
    named = {name for name, _ in rules} | {pack.id for pack in shipped()} | {check.id for check in CHECKS}
    choices = {str(one.value) for row in BY_ID.values() for one in row.choices}
    return named | {name for _, one in rules for name in one.parameters} | {*STREAMS, *BY_ID} | choices


def _own_names(told: Told) -> set[str]:
    """Return what the site named itself, and its profile."""
    site = load(told.config)
    cameras = {text for one in site.cameras for text in (one.camera.id, one.camera.name)}
    boxes = {text for one in site.devices for text in (one.id, one.host, one.driver)}
    zones = {zone.name for one in site.cameras for zone in one.zones}
    people = {row.by for row in site.declarations}
    return {site.id, site.name, site.time_zone, *PROFILES} | cameras | boxes | zones | people


if __name__ == "__main__":
    for told_by, (foreign, with_ids) in chinese_cells().items():
        for cell in dict.fromkeys((*foreign, *with_ids)):
            print(f"{told_by}: {cell}")
