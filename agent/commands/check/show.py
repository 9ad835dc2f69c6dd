"""Prints the one result of `check`: tables for people, JSON for programs, CSV for spreadsheets."""

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from agent.commands.check.timeline_table import TimelineTable
from agent.commands.terminal.tables import cameras_table, findings_table, summary
from agent.judge.checks.pictures.masks import EFFECTIVE
from agent.judge.memory.disputes import contested_json
from agent.judge.memory.episodes import times_json
from agent.judge.wording.broken_rules import standing
from agent.judge.zone_words import ZoneWord, zone_words
from agent.model.finding import Basis, Finding, Ground, Json, Message, listed, utc_text
from agent.model.matters import Matter, counts, finding_counts, matters
from agent.observe.approvals.approvals import with_approvals
from agent.observe.inventory.equipment import equipment_json
from agent.onsite.handover.left_out import left_out, left_out_text
from agent.onsite.one_look.result import CheckResult
from agent.report.basis import bases
from agent.report.build import finding_json
from agent.report.levels import passes_by_level
from agent.report.timeline import Timeline, timeline_json
from agent.report.timeline_days import timeline_of
from agent.text.harmless import csv_cell, json_text, printable
from agent.text.translate import render, render_apart, translate
from agent.version import VERSION
from drivers.http.samples import Sample

SCHEMA = "camwarden-check/1"
COLUMNS = (
    "status",
    "severity",
    "subject",
    "name",
    "check",
    "reason",
    "message",
    "next_step",
    "rule",
    "caused_by",
    "at",
    "level",
    "oldest_age_s",
    "matter",
)
BOM = "\ufeff"
"""Without it Excel reads UTF-8 as the code page of its own country."""


def show(args: argparse.Namespace, checked: CheckResult) -> None:
    """Print the findings in the requested format; nothing with --quiet."""
    site, seen = checked.site, checked.seen
    days = timeline_of(site, seen.facts, seen.findings, checked.at) if args.timeline else None
    if args.quiet:
        return
    if args.json:
        sys.stdout.write(json_text(result_json(checked, days)) + "\n")
    elif args.csv:
        sys.stdout.flush()
        sys.stdout.buffer.write(result_csv(checked, args.lang, everything=args.all).encode())
    else:
        _print_tables(args, checked, days)


def _print_tables(args: argparse.Namespace, checked: CheckResult, days: Timeline | None) -> None:
    site, findings = checked.site, checked.seen.findings
    console = Console(no_color=args.no_color)
    known = bases(site, checked.seen.facts, findings, checked.at)
    console.print(findings_table(site, findings, args.lang, known, everything=args.all, disputed=checked.disputed))
    console.print(cameras_table(site, findings, args.lang))
    if days is not None:
        console.print(TimelineTable(days, args.lang))
        console.print(Text(translate("a single check asks for few days: the others are not known to it", args.lang)))
    for line in skipped_lines(checked.seen.samples, args.lang):
        console.print(Text(printable(line), style="dim"))
    if (without := left_out_text(site, findings, args.lang)) is not None:
        console.print(Text(render(without, args.lang)))
    console.print(summary(findings, args.lang, known))
    if checked.interrupted:
        ended = translate("interrupted: what came back by then is shown, the rest is unknown", args.lang)
        console.print(Text(ended, style="bold"))


def result_json(checked: CheckResult, days: Timeline | None = None) -> dict[str, Json]:
    """Return what `--json` prints: one object, English keys and messages; `days` is the timeline, if requested."""
    site, seen = checked.site, checked.seen
    online = {f.subject: f.status for f in seen.findings if f.check == "camera-online"}
    rests_on = bases(site, seen.facts, seen.findings, checked.at)
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "site": {"id": site.id, "name": site.name, "city": site.city, "division": site.division},
        "at": utc_text(checked.at),
        "cfg_digest": site.digest,
        "interrupted": checked.interrupted,
        "cameras": [
            {
                "id": c.camera.id,
                "name": c.camera.name,
                "code": c.camera.code or None,
                "device": c.camera.device,
                "channel": c.camera.channel,
                "online": online.get(f"camera:{c.camera.id}", "unknown"),
                "zones": [word_json(one) for one in zone_words(EFFECTIVE, seen.facts, c, checked.at)],
            }
            for c in with_approvals(site, seen.facts.approvals).cameras
        ],
        "counts": {**counts(seen.findings)},
        "finding_counts": {**finding_counts(seen.findings)},
        "matters": [matter_json(one) for one in matters(seen.findings)],
        "left_out": [{"document": one.document, "article": one.article} for one in left_out(seen.findings)],
        "pass_by_level": {level: count for level, count in passes_by_level(seen.findings, rests_on).items()},
        "devices": equipment_json(site, seen.facts),
        "not_understood": [_sample_json(one) for one in seen.samples],
        "undeclared": list(seen.facts.undeclared),
        "findings": [_finding_json(checked, f, rests_on[f.key]) for f in seen.findings],
        **({} if days is None else {"timeline": timeline_json(days)}),
    }


def _finding_json(checked: CheckResult, finding: Finding, basis: Basis) -> dict[str, Json]:
    """Return a finding with what it rests on, its next step, and its times in a service on this host."""
    episode, stands = checked.episodes.get(finding.key), standing(finding)
    return {
        **finding_json(finding),
        "level": basis.level,
        "oldest_age_s": basis.oldest_age_s,
        "rests_on": [_ground_json(one) for one in finding.rests_on],
        "next_step": render_apart(finding.message, "en")[1],
        "standing": str(stands) if stands is not None else None,
        "episode": times_json(episode) if episode else None,
        "disputed": contested_json(word) if (word := checked.disputed(finding.key)) else None,
    }


def matter_json(one: Matter[Finding]) -> dict[str, Json]:
    """Return a matter: its id and status, why it only waits, and the keys of its findings and of what follows."""
    return {
        "id": one.id,
        "status": one.status,
        "quiet": one.quiet or None,
        "findings": [finding.key for finding in one.found],
        "following": [finding.key for finding in one.following],
    }


def word_json(one: ZoneWord) -> dict[str, Json]:
    """Return the check's word on a zone and path, and the picture's own opinion behind it."""
    own: dict[str, Json] = {"verdict": one.picture.verdict, "reason": one.picture.reason}
    return {"zone": one.zone, "path": one.path, "status": one.status, "reason": one.reason, "picture": own}


def _sample_json(one: Sample) -> dict[str, Json]:
    """Return an answer that was read in part (`skipped` elements of unknown names) or not at all, and why."""
    return {"device": one.device, "operation": one.reply.operation, "skipped": one.skipped, "why": one.why}


def skipped_lines(samples: Iterable[Sample], lang: str) -> Iterator[str]:
    """Yield one line for each device of whose answers elements of unknown names were skipped."""
    by_device: dict[str, list[Sample]] = {}
    for one in samples:
        if one.skipped:
            by_device.setdefault(one.device, []).append(one)
    for device, its in by_device.items():
        values = {
            "device": device,
            "count": sum(one.skipped for one in its),
            "operations": listed(one.reply.operation for one in its),
        }
        yield render(
            Message(
                "device {device}: {count} elements of unknown names were skipped in its answers ({operations}); the "
                "rest was read, and `check --json` names them",
                values,
            ),
            lang,
        )


def _ground_json(one: Ground) -> dict[str, Json]:
    """Return one piece of a pass's evidence: told by the device and seen by us are different words."""
    at = utc_text(one.true_at) if one.true_at else None
    return {"kind": one.kind, "subject": one.subject, "level": one.level, "true_at": at, "path": one.path or None}


def result_csv(checked: CheckResult, lang: str, everything: bool = False) -> str:
    """Return what `--csv` prints, one row per finding, in UTF-8 with its mark; no cell is a formula.

    Headings are English, for scripts; sentences are in the reader's language. Source: RFC 4180.
    """
    names = {f"camera:{c.camera.id}": c.camera.name for c in checked.site.cameras}
    known = bases(checked.site, checked.seen.facts, checked.seen.findings, checked.at)
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for one in matters(checked.seen.findings):
        found = (*one.found, *one.following) if everything else one.found if one.is_shown else ()
        for finding in found:
            row = _row(finding, known[finding.key], names, utc_text(checked.at), lang)
            writer.writerow(csv_cell(cell) for cell in (*row, one.id))
    return BOM + written.getvalue()


def _row(finding: Finding, known: Basis, names: dict[str, str], at: str, lang: str) -> tuple[str, ...]:
    words, step = render_apart(finding.message, lang)
    status = translate(finding.status, lang).replace("_", " ")
    name, rule = names.get(finding.subject, ""), str(finding.source)
    told = (status, finding.severity, finding.subject, name, finding.check, finding.reason)
    age = "" if known.oldest_age_s is None else str(known.oldest_age_s)
    return (*told, words, step, rule, finding.caused_by, at, known.level or "", age)
