"""Prints what a first look has found, in the order of harm, and what comes next: for people, or as one JSON object."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.start.logins import Settled
from agent.commands.terminal.asking import say
from agent.commands.terminal.marks import STYLE
from agent.host.paths import SECRETS_NAME, SITE_NAME
from agent.model import exits
from agent.model.finding import Finding, Json, Message
from agent.model.matters import counts
from agent.onsite.one_look.result import CheckResult
from agent.onsite.start.harm import Harm, by_harm, to_declare
from agent.onsite.start.next_steps import next_steps
from agent.report.build import finding_json
from agent.report.check_titles import TITLES
from agent.site.config.site import Site
from agent.text.harmless import json_text, printable
from agent.text.translate import render, render_apart, together, translate

SCHEMA: Final = "camwarden-start/1"
SHOWN_MAX: Final = 12
"""So many findings of one harm are shown; the report has all."""
MISSING: Final = ("refused", "silent", "later")
"""Logins that are still to be settled."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a first look came to: its files, its findings, and how each group took its login."""

    folder: Path
    report: Path
    kid: str
    checked: CheckResult
    settled: tuple[Settled, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The groups whose login is still to be settled."""
        return tuple(one.name for one in self.settled if one.outcome in MISSING)


def exit_code_of(result: Result) -> int:
    """Return 1 where something fails, else 4 where a login was refused, else 3 where something is unknown."""
    findings = result.checked.seen.findings
    return exits.worst(
        fails=any(one.status == "fail" for one in findings),
        refused=bool(exits.refused(findings)) or any(one.outcome == "refused" for one in result.settled),
        unchecked=exits.exit_code(findings) != exits.OK,
    )


def print_result(args: argparse.Namespace, result: Result) -> None:
    """Print it for people."""
    lang, findings = args.lang, result.checked.seen.findings
    console = Console(no_color=args.no_color)
    harms = by_harm(findings)
    for harm in harms:
        console.print(_table(result.checked.site, harm, lang))
    if not harms:
        say(translate("nothing is wrong that a look can see", lang))
    if result.checked.interrupted:
        say(translate("interrupted: what came back by then is shown, the rest is unknown", lang))
    open_ = to_declare(findings)
    if open_:
        line = Message(
            "{count} questions are open that no device can answer; until then they are unknown", {"count": open_}
        )
        say(render(line, lang))
    totals = counts(findings)
    say(together((f"{totals[one]} {translate(one, lang)}" for one in ("fail", "warn", "unknown", "pass")), lang))
    say()
    where = Message("report, with pictures of the site, to be opened in a browser: {path}", {"path": result.report})
    say(render(where, lang))
    say(translate("next:", lang))
    steps = next_steps(result.folder, result.missing, result.checked.interrupted)
    width = max(len(step.command) for step in steps)
    for step in steps:
        say(f"  {step.command:{width}}  {render(step.why, lang)}")


def as_json(result: Result) -> str:
    """Return it for programs: findings in the order of harm, messages in English."""
    checked = result.checked
    groups: list[Json] = [
        {"name": one.name, "login": one.outcome, "settled_by": one.at.id if one.at else None} for one in result.settled
    ]
    harms: list[Json] = [
        {"title": str(harm.title), "findings": [finding_json(one) for one in harm.findings]}
        for harm in by_harm(checked.seen.findings)
    ]
    told: dict[str, Json] = {
        "schema": SCHEMA,
        "site": str(result.folder / SITE_NAME),
        "secrets": str(result.folder / SECRETS_NAME),
        "report": {"file": str(result.report), "kid": result.kid},
        "interrupted": checked.interrupted,
        "devices": [one.id for one in checked.site.devices],
        "cameras": [one.camera.id for one in checked.site.cameras],
        "groups": groups,
        "counts": counts(checked.seen.findings),
        "harms": harms,
        "to_declare": to_declare(checked.seen.findings),
        "next": [step.command for step in next_steps(result.folder, result.missing, checked.interrupted)],
    }
    return json_text(told)


def _table(site: Site, harm: Harm, lang: str) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, show_header=False, title_justify="left", expand=False)
    table.title = Text(f"{render(harm.title, lang)}{translate(': ', lang)}{len(harm.findings)}", style="bold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    names = {f"camera:{one.camera.id}": one.camera.name or one.camera.id for one in site.cameras}
    for one in harm.findings[:SHOWN_MAX]:
        status = Text(translate(one.status, lang), style=STYLE[one.status])
        where = Text(printable(names.get(one.subject, one.subject.partition(":")[2] or translate("the site", lang))))
        table.add_row(status, where, _what(one, lang))
    if len(harm.findings) > SHOWN_MAX:
        more = Message("and {count} more, in the report", {"count": len(harm.findings) - SHOWN_MAX})
        table.add_row("", "", Text(render(more, lang), style="dim"))
    return table


def _what(finding: Finding, lang: str) -> Text:
    words, step = render_apart(finding.message, lang)
    what = Text(printable(words or translate(TITLES.get(finding.check, finding.check), lang)))
    what.append(f"\n→ {printable(step)}" if step else "")
    return what
