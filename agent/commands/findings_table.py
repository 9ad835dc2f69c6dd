"""The table of findings that `check` and `demo` print. Names from devices are text, never markup."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.config import Site
from agent.model import Finding, Status
from agent.report import counts
from agent.text import render, translate

ORDER: tuple[Status, ...] = ("fail", "warn", "unknown", "pass", "not_applicable")
STYLE: dict[Status, str] = {
    "fail": "bold red",
    "warn": "yellow",
    "unknown": "magenta",
    "pass": "green",
    "not_applicable": "dim",
}


def findings_table(site: Site, findings: tuple[Finding, ...], lang: str, everything: bool = False) -> RenderableType:
    """Return findings in the order of the configuration, worst first; `everything` adds passes and consequences."""
    shown = [f for f in findings if everything or (f.status not in ("pass", "not_applicable") and not f.caused_by)]
    places = {f"camera:{c.camera.id}": i for i, c in enumerate(site.cameras)}
    shown.sort(key=lambda f: (ORDER.index(f.status), places.get(f.subject, -1)))
    names = {f"camera:{c.camera.id}": c.camera.name for c in site.cameras}
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    for heading, ratio in (("status", 2), ("where", 4), ("check", 5), ("finding", 12), ("rule", 6)):
        table.add_column(translate(heading, lang), ratio=ratio, overflow="fold")
    for finding in shown:
        name = names.get(finding.subject, "")
        table.add_row(
            Text(translate(finding.status, lang), style=STYLE[finding.status]),
            Text(f"{name}\n{finding.subject}" if name else finding.subject),
            Text(finding.check),
            Text(render(finding.message, lang)),
            Text(str(finding.source), style="dim"),
        )
    return Group(table, Text(summary(findings, lang)))


def summary(findings: tuple[Finding, ...], lang: str) -> str:
    """Return one line: how many findings have each status, consequences left out."""
    totals = counts(findings)
    return ", ".join(f"{totals[status]} {translate(status, lang)}" for status in ORDER)
