"""Reads what each door of a site counts in one look, out of what the door prints, writes or sends."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from handed_over import html
from rich.console import Console

from agent.commands.check.show import result_csv, result_json
from agent.commands.terminal.tables import findings_table, summary
from agent.judge.memory.episodes import FindingState
from agent.onsite.one_look.result import CheckResult
from agent.onsite.ui.site_screen import site_json
from agent.onsite.ui.values import State
from agent.report.basis import bases
from agent.report.health import health_body
from agent.service.alerts.digest import DigestState, decide
from agent.service.alerts.metrics import Cycle, cycle_metrics
from agent.service.daemon.status_text import status_content
from agent.site.config.messages import DailyDigest
from agent.site.declarations.standing import local_day
from agent.text.translate import translate

STATUSES = ("fail", "warn", "unknown", "pass", "not_applicable")


def site_doors(checked: CheckResult, lang: str = "en") -> dict[str, dict[str, int]]:
    """Return by the door's name how many matters of each status it shows; a door may leave statuses out."""
    site, seen, at = checked.site, checked.seen, checked.at
    told = result_json(checked)
    status: Any = status_content(site, seen, {}, None, None, {}, at)
    screen: Any = site_json(State(text="", digest="", site=site), checked, at, local_day(site, at), lang)
    body: Any = health_body(site, seen.facts, seen.findings, at, {})
    return {
        "terminal headline": _sentence(_printed(checked, lang).splitlines()[0], lang),
        "terminal summary": _sentence(_summary(checked, lang), lang),
        "check --json": _numbers(told["counts"]),
        "check --json matters": dict(Counter(one["status"] for one in _rows(told["matters"]))),
        "check --csv": _csv(result_csv(checked, lang, everything=True), lang),
        "hand-over report": _totals(html(checked, lang)),
        "status file": _numbers(status["counts"]),
        "local page": _numbers(screen["counts"]),
        "health report": _numbers(body["counts"]),
        "metrics": _metrics(cycle_metrics(site, seen.findings, Cycle(at, 1.0, 1, at + timedelta(minutes=15)))),
        "digest": _digest(checked),
    }


def _rows(value: Any) -> list[dict[str, Any]]:
    return list(value)


def _numbers(counts: Any) -> dict[str, int]:
    return {status: int(counts.get(status, 0)) for status in STATUSES}


def _sentence(line: str, lang: str) -> dict[str, int]:
    names = {translate(status, lang).replace("_", " "): status for status in STATUSES}
    found = {names[word.strip()]: int(count) for count, word in re.findall(r"(\d+) ([^\W\d]+(?: [a-z]+)?)", line)}
    assert set(found) == set(STATUSES), line
    return found


def _printed(checked: CheckResult, lang: str) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    known = bases(checked.site, checked.seen.facts, checked.seen.findings, checked.at)
    console.print(findings_table(checked.site, checked.seen.findings, lang, known))
    return console.export_text()


def _summary(checked: CheckResult, lang: str) -> str:
    known = bases(checked.site, checked.seen.facts, checked.seen.findings, checked.at)
    return str(summary(checked.seen.findings, lang, known)).splitlines()[0]


def _csv(text: str, lang: str) -> dict[str, int]:
    """Count the matters of a CSV: the rows of a cause name it, and its own status is in its id."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    return dict(Counter(matter.split(" ")[1] for matter in dict.fromkeys(row["matter"] for row in rows)))


def _totals(page: str) -> dict[str, int]:
    block = re.search(r'<ul class="totals">(.*?)</ul>', page, re.DOTALL)
    assert block is not None
    rows = re.findall(r'<li class="(\w+)(?: zero)?"><b>(\d+)</b>', block[1])
    return {status: int(count) for status, count in rows}


def _metrics(text: str) -> dict[str, int]:
    rows = re.findall(r'^camwarden_matters\{status="(\w+)"\} (\d+)', text, re.MULTILINE)
    return {status: int(count) for status, count in rows}


def _digest(checked: CheckResult) -> dict[str, int]:
    digest = DailyDigest(at="00:00", heartbeat_days=1)
    known: MappingProxyType[str, FindingState] = MappingProxyType({})
    decided = decide(DigestState(), digest, checked.site, checked.seen.findings, known, checked.at)
    assert decided.waiting is not None
    opened: Any = decided.waiting.news["open"]
    return {status: int(count) for status, count in opened.items()}
