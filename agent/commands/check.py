"""Look at the site once and show what was found; nothing is changed, kept or sent."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from rich.console import Console
from rich.text import Text

from agent.commands.findings_table import cameras_table, findings_table
from agent.commands.timeline_table import TimelineTable
from agent.config import Site
from agent.config_load import load
from agent.cycle import Seen, see
from agent.daemon import utc_now
from agent.files import as_owner_of
from agent.host import moment
from agent.model import Json, utc_text
from agent.paths import credentials_file
from agent.report import counts, finding_json
from agent.rim import Rim
from agent.text import translate
from agent.timeline import timeline_json
from agent.timeline_days import timeline_of
from agent.verdict import exit_code
from agent.version import VERSION
from drivers.credentials import Credentials
from masking.worker import Worker

SCHEMA = "camwarden-check/1"
ROUNDS = 3
ROUNDS_MAX = 9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--all", action="store_true", help="show what passes, and what shares another's cause, too")
    parser.add_argument(
        "--rounds",
        type=int,
        choices=range(1, ROUNDS_MAX + 1),
        default=ROUNDS,
        metavar="N",
        help="look up to N times, 10 s apart, where one picture says too little (default 3)",
    )
    parser.add_argument("--timeline", action="store_true", help="draw which days of each camera are recorded")


def run(args: argparse.Namespace) -> int:
    """Look, show, and return the exit code of what was found."""
    site = load(args.config)
    now = moment(utc_now())
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    remembered = credentials_file(site.storage.directory, os.environ)
    remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    progress = errors.status(f"reading {len(site.devices)} devices of {site.id}")

    def wait(seconds: float) -> None:
        progress.update(f"looking at {site.id} once more in {seconds:g} s: one picture said too little")
        time.sleep(seconds)
        progress.update(f"looking at {site.id} once more")

    with Worker() as worker, progress, as_owner_of(site.storage.directory):
        credentials = Credentials(remembered)
        seen = see(site, Rim(credentials, worker.judge, utc_now, wait=wait), now, rounds=args.rounds)
    days = timeline_of(site, seen.facts, seen.findings, now.at) if args.timeline else None
    if args.json:
        result = result_json(site, seen, utc_text(now.at))
        if days is not None:
            result["timeline"] = timeline_json(days)
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        console = Console(no_color=args.no_color)
        console.print(cameras_table(site, seen.findings, args.lang))
        if days is not None:
            console.print(TimelineTable(days, args.lang))
            console.print(
                Text(translate("a single check asks for few days: the others are not known to it", args.lang))
            )
        console.print(findings_table(site, seen.findings, args.lang, everything=args.all))
    return exit_code(seen.findings)


def result_json(site: Site, seen: Seen, at: str) -> dict[str, Json]:
    """Return what `--json` prints: one object, English keys and messages."""
    online = {f.subject: f.status for f in seen.findings if f.check == "camera-online"}
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "site": {"id": site.id, "name": site.name, "city": site.city, "division": site.division},
        "at": at,
        "cameras": [
            {
                "id": c.camera.id,
                "name": c.camera.name,
                "code": c.camera.code or None,
                "device": c.camera.device,
                "channel": c.camera.channel,
                "online": online.get(f"camera:{c.camera.id}", "unknown"),
            }
            for c in site.cameras
        ],
        "counts": counts(seen.findings),
        "undeclared": list(seen.facts.undeclared),
        "findings": [finding_json(f) for f in seen.findings],
    }
