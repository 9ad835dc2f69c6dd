"""Look at the site once and show what was found; nothing is changed, kept or sent."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from rich.console import Console

from agent.commands.findings_table import findings_table
from agent.config import Site
from agent.config_load import load
from agent.cycle import Rim, Seen, see
from agent.daemon import utc_now
from agent.host import moment
from agent.model import Json
from agent.report import counts, finding_json, utc_text
from agent.text import choose_lang
from agent.verdict import exit_code
from agent.version import VERSION
from drivers.credentials import Credentials
from masking.worker import Worker

SCHEMA = "camwarden-check/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--all", action="store_true", help="show what passes, and what shares another's cause, too")


def run(args: argparse.Namespace) -> int:
    """Look, show, and return the exit code of what was found."""
    site = load(args.config)
    now = moment(utc_now())
    errors = Console(stderr=True, no_color=args.no_color)
    credentials = Credentials(credentials_path(site, dict(os.environ)))
    with Worker() as worker, errors.status(f"reading {len(site.devices)} devices of {site.id}"):
        seen = see(site, Rim(credentials, worker.judge, utc_now, lambda: None), now)
    if args.json:
        sys.stdout.write(json.dumps(result_json(site, seen, utc_text(now.at)), ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        lang = choose_lang(args.lang, dict(os.environ))
        Console(no_color=args.no_color).print(findings_table(site, seen.findings, lang, everything=args.all))
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


def credentials_path(site: Site, environ: dict[str, str]) -> Path:
    """Return where refused credentials are remembered: beside the spool, or in the user's own state folder.

    A contractor who may not write the service's folder still must not lock a device by trying twice.
    """
    directory = site.storage.directory
    if os.access(directory, os.W_OK):
        return directory / "credentials.json"
    own = Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "camwarden"
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    return own / "credentials.json"
