"""What `check` prints of its one result: tables for people, JSON for programs."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.text import Text

from agent.checked import Checked
from agent.commands.findings_table import cameras_table, findings_table
from agent.commands.timeline_table import TimelineTable
from agent.harmless import json_text
from agent.model import Json, utc_text
from agent.report import counts, finding_json
from agent.text import translate
from agent.timeline import Timeline, timeline_json
from agent.timeline_days import timeline_of
from agent.version import VERSION

SCHEMA = "camwarden-check/1"


def show(args: argparse.Namespace, checked: Checked) -> None:
    """Print what was found in the shape that was asked for; nothing with --quiet."""
    site, seen = checked.site, checked.seen
    days = timeline_of(site, seen.facts, seen.findings, checked.at) if args.timeline else None
    if args.json:
        sys.stdout.write(json_text(result_json(checked, days)) + "\n")
    elif not args.quiet:
        _print_tables(args, checked, days)


def _print_tables(args: argparse.Namespace, checked: Checked, days: Timeline | None) -> None:
    site, findings = checked.site, checked.seen.findings
    console = Console(no_color=args.no_color)
    console.print(cameras_table(site, findings, args.lang))
    if days is not None:
        console.print(TimelineTable(days, args.lang))
        console.print(Text(translate("a single check asks for few days: the others are not known to it", args.lang)))
    console.print(findings_table(site, findings, args.lang, everything=args.all))


def result_json(checked: Checked, days: Timeline | None = None) -> dict[str, Json]:
    """Return what `--json` prints: one object, English keys and messages. `days`: the timeline, if it was asked for."""
    site, seen = checked.site, checked.seen
    online = {f.subject: f.status for f in seen.findings if f.check == "camera-online"}
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "site": {"id": site.id, "name": site.name, "city": site.city, "division": site.division},
        "at": utc_text(checked.at),
        "interrupted": checked.interrupted,
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
        **({} if days is None else {"timeline": timeline_json(days)}),
    }
