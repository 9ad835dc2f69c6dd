"""Shows both filing deadlines, the five papers, changes since the last filing, and the next step."""

import argparse
import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.host.clock import utc_now
from agent.host.not_ours import require_readable
from agent.model.exits import exit_code
from agent.model.finding import PAST_BREACH, Finding, Json, Message
from agent.observe.facts.filed_file import read_filed
from agent.onsite.filing.page_words import CLOCKS
from agent.onsite.filing.papers import TITLES, Slot
from agent.onsite.filing.status import FilingStatus, filing_status, next_step
from agent.onsite.filing.wire import deadline_json, past_json, slot_json
from agent.site.config.load import load
from agent.text.harmless import json_text, printable
from agent.text.translate import render, translate

SCHEMA = "camwarden-filing-status/1"
STYLES = {"pass": "green", "warn": "yellow", "fail": "bold red", "unknown": "magenta"}


def run(args: argparse.Namespace) -> int:
    """Show; the exit code is that of all findings."""
    site = load(args.config)
    require_readable(site.storage.directory)
    status = filing_status(site, read_filed(site.storage.directory, site.id), utc_now())
    if args.json:
        sys.stdout.write(json_text(status_json(site.id, status)) + "\n")
    elif not args.quiet:
        Console(no_color=args.no_color, highlight=False).print(status_tables(status, args.lang))
    return exit_code(status.findings)


def status_json(site_id: str, status: FilingStatus) -> dict[str, Json]:
    """Return what `--json` prints."""
    last = status.last
    return {
        "schema": SCHEMA,
        "site": site_id,
        "day": status.day.isoformat(),
        "deadlines": [deadline_json(clock) for clock in status.clocks],
        "papers": [slot_json(slot) for slot in status.slots],
        "findings": [finding_json(one) for one in (*status.papers, *status.changes)],
        "past_breaches": [past_json(one) for one in status.past],
        "last_filing": last.at.isoformat() if last else None,
        "next_step": str(next_step(status)),
    }


def finding_json(one: Finding) -> dict[str, Json]:
    """Encode a finding for scripts."""
    return {"check": one.check, "status": one.status, "reason": one.reason, "message": str(one.message)}


def status_tables(status: FilingStatus, lang: str) -> RenderableType:
    """Return the tables and the next step for people."""
    parts: list[RenderableType] = [_clocks(status, lang), _papers(status.slots, lang)]
    told = [one for one in status.changes if one.status != "not_applicable"]
    if told:
        parts += [Text(translate("changes since the last filing", lang), style="italic"), *findings_shown(told, lang)]
    if status.past:
        parts += [Text(translate("what was late or out of order", lang), style="italic")]
        parts += findings_shown(status.past, lang)
    line = Text(translate("next step", lang) + translate(": ", lang), style="bold")
    parts += [Text(), line.append(Text(render(next_step(status), lang), style="not bold"))]
    return Group(*parts)


def findings_shown(found: Sequence[Finding], lang: str) -> list[RenderableType]:
    """Return one line for each finding: its status and sentence."""
    lines: list[RenderableType] = []
    for one in found:
        line = Text("  ").append(translate(one.status, lang), STYLES.get(one.status, ""))
        lines.append(line.append(f"  {printable(render(one.message, lang))}"))
    return lines


def _clocks(status: FilingStatus, lang: str) -> RenderableType:
    table = _table(translate("deadlines of filing", lang))
    table.add_column(translate("deadline", lang), overflow="fold")
    for heading in (translate("counts from", lang), translate("last day", lang), translate("filed on", lang)):
        table.add_column(heading, no_wrap=True)
    table.add_column(translate("days left", lang), justify="right")
    for clock in status.clocks:
        style = STYLES.get(clock.finding.status, "")
        days = "-" if clock.days_left is None else str(clock.days_left)
        cells = [str(day or "-") for day in (clock.begins, clock.due, clock.filed)]
        table.add_row(Text(translate(CLOCKS[clock.finding.check], lang)), *cells, Text(days, style=style))
    shown = [clock.finding for clock in status.clocks if clock.finding.reason != PAST_BREACH]
    return Group(table, *findings_shown(shown, lang), Text())


def _papers(slots: Sequence[Slot], lang: str) -> Table:
    table = _table(translate("the five papers", lang))
    table.add_column("", justify="right")
    table.add_column(translate("paper", lang), overflow="fold")
    table.add_column(translate("duty", lang), no_wrap=True)
    table.add_column(translate("number or title", lang), overflow="fold")
    table.add_column(translate("date", lang), no_wrap=True)
    table.add_column("SHA-256", no_wrap=True)
    for slot in slots:
        if not slot.is_there:
            words = translate("has run out", lang) if slot.state == "expired" else translate("not declared", lang)
            said = Text(words, style="magenta")
        elif slot.is_none:
            said = Text(translate("there is none", lang))
        else:
            said = Text(printable(slot.paper))
        digest = f"{slot.sha256[:8]}..." if slot.sha256 else "-"
        title = Text(translate(TITLES[slot.duty], lang))
        table.add_row(str(slot.number), title, Text(slot.duty), said, str(slot.dated or "-"), digest)
    return table


def _table(title: str) -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")


def say(args: argparse.Namespace, message: Message) -> None:
    """Write one sentence to standard error."""
    sys.stderr.write(f"{printable(render(message, args.lang))}\n")
