"""Prints the table of `camwarden hub report`: one line per group, in a wide or a narrow terminal."""

import math
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Final

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from agent.contract.repair_counts import CLASSES, Repairs
from agent.hub.domain.acknowledged import acknowledged_line
from agent.hub.domain.figures import CHINA, METRICS
from agent.hub.views.assessment import Assessment, GroupRow
from agent.hub.views.figure_words import HEADINGS
from agent.model.finding import Message
from agent.report.indication import error_rates, indication
from agent.text.duration import duration_text
from agent.text.harmless import printable
from agent.text.site_time import local
from agent.text.translate import render, translate

SHORT: Final[Mapping[str, str]] = {
    "online": "online",
    "good": "well",
    "linked": "linked",
    "recorded": "whole",
    "clock": "clock",
    "overlay": "label",
    "file": "docs",
}
"""The same in one word, for a terminal of 80 columns."""
BEHIND: Final = (
    "camera-online", "camera-good-rate", "platform-registered", "recording-completeness", "clock-offset",
    "osd-compliant", "camera-file-complete",
)  # fmt: skip
"""The checks behind the figures."""
_SHOWN_FROM: Final = 0.0005
_SHOWN_MOST: Final = 10
_REPAIRS_SHOWN: Final = 40


def show(found: Assessment, console: Console, lang: str) -> None:
    """Print the groups, repairs by class, exclusions, planned work, acknowledgements, and decisions on disputes.

    A narrow terminal gets short headings, shares unknown in whole percent, and neither sites nor the sum of repairs.
    """
    if not found.rows:
        console.print(Text(translate("no site was due to report in this time", lang)))
        return
    with_repairs = any(row.repairs for row in found.rows)
    table = _table(found, lang, True, with_repairs)
    wide = Measurement.get(console, console.options.update(width=1000), table).maximum <= console.width
    console.print(table if wide else _table(found, lang, False, False))
    notes = _notes(found, lang)
    if not wide:
        notes.insert(0, translate("%: share of the site-days that were reported", lang))
    for note in notes:
        console.print(Text(note, style="dim"), soft_wrap=True)
    if with_repairs:
        console.print(_repairs_table(found, lang))
    for line in _more(sum(len(row.repairs) for row in found.rows), _REPAIRS_SHOWN, lang):
        console.print(Text(line), soft_wrap=True)
    for line in (*_work_lines(found, lang), *_acknowledgement_lines(found, lang), *_decision_lines(found, lang)):
        console.print(Text(printable(line)), soft_wrap=True)


def _table(found: Assessment, lang: str, wide: bool, with_repairs: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(translate("rank", lang), justify="right")
    table.add_column(translate(found.by, lang), overflow="fold")
    if wide:
        table.add_column(translate("sites", lang), justify="right", no_wrap=True)
    table.add_column(translate("reported", lang) if wide else "%", justify="right", no_wrap=True)
    for name in METRICS:
        heading = translate((HEADINGS if wide else SHORT)[name], lang)
        table.add_column(heading, justify="right", overflow="fold", no_wrap=not wide)
    if with_repairs:
        table.add_column(translate("mean time to repair", lang), justify="right", overflow="fold")
    for row in found.rows:
        name = printable(row.name) or translate("unknown", lang)
        rank = str(row.rank) if row.rank else "-"
        cells = [_cell(row, metric, wide) for metric in METRICS]
        cells += [_repair_cell(row, lang)] if with_repairs else []
        sites = [Text(str(row.sites))] if wide else []
        reported = _percent(row.coverage_ratio) if row.due else "-"  # repairs alone make no day due
        table.add_row(Text(rank), Text(name), *sites, Text(reported), *cells)
    return table


def worth(lang: str) -> list[str]:
    """Return what such a report is worth, with the error rates of the checks behind its figures."""
    return [indication(lang), *(f"{title} {rates}".strip() for title, rates in error_rates(BEHIND, {}, lang))]


def _notes(found: Assessment, lang: str) -> list[str]:
    notes = [
        *worth(lang),
        translate("?: share of which nothing is known; it never counts as good", lang),
        translate("no rank where less than 95 % of the site-days were reported", lang),
    ]
    if any(row.corrected for row in found.rows):
        notes.append(translate("→: after decisions on disputes, which ranks; above it what was reported", lang))
    if found.outages:
        said = translate("planned outages at {count} sites are excluded; --json and --xlsx list them", lang)
        notes.append(said.format(count=len(found.outages)))
    return notes


def _work_lines(found: Assessment, lang: str) -> Iterator[str]:
    for one in found.works[:_SHOWN_MOST]:
        plan = one.plan
        values = {"site": one.site, "subject": plan.subject, "by": plan.by, "why": plan.why}
        values |= {"from": local(plan.start_at, CHINA), "until": local(plan.until, CHINA)}
        yield render(Message("{site}: planned work on {subject} from {from} until {until} ({by}: {why})", values), lang)
    yield from _more(len(found.works), _SHOWN_MOST, lang)


def _acknowledgement_lines(found: Assessment, lang: str) -> Iterator[str]:
    """Return the acknowledgements; the figures count these findings all the same."""
    for one in found.words[:_SHOWN_MOST]:
        said = acknowledged_line(one.known, local(one.known.until, CHINA))
        yield render(Message("{site}: {what}", {"site": one.site, "what": said}), lang)
    yield from _more(len(found.words), _SHOWN_MOST, lang)


def _decision_lines(found: Assessment, lang: str) -> Iterator[str]:
    """Return the overturned findings that correct these figures, and how many disputes wait for a decision."""
    for one in found.decided[:_SHOWN_MOST]:
        if one.decision is None:
            continue
        values = {"site": one.site, "check": one.said.check, "subject": one.said.subject}
        values |= {"by": one.decision.by, "why": one.decision.why, "from": local(one.said.detected_at, CHINA)}
        yield render(
            Message("{site}: {check} {subject} of {from} was overturned, and counts no longer ({by}: {why})", values),
            lang,
        )
    yield from _more(len(found.decided), _SHOWN_MOST, lang)
    if found.undecided:
        values = {"count": str(found.undecided)}
        yield render(Message("disputes without a decision: {count}; see camwarden hub disputes", values), lang)


def _more(count: int, shown: int, lang: str) -> Iterator[str]:
    if count > shown:
        yield render(Message("and {count} more: see --json or --xlsx", {"count": count - shown}), lang)


def _cell(row: GroupRow, metric: str, wide: bool) -> Text:
    ratio, unknown = row.ratio(metric), row.unknown_ratio(metric)
    if ratio is None:
        return Text("-")
    text = Text(_percent(ratio))
    if unknown is not None and unknown >= _SHOWN_FROM:
        share = f"? {_percent(unknown, up=True)}" if wide else f"?{math.ceil(unknown * 100 - 1e-9)}%"
        text.append(f"\n{share}", style="dim")
    if metric in row.corrected:
        after = row.corrected_ratio(metric)
        text.append(f"\n→ {'-' if after is None else _percent(after)}", style="bold")
    return text


def _repairs_table(found: Assessment, lang: str) -> Table:
    """Return the mean time to repair of each group by class of fault."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(translate(found.by, lang), overflow="fold")
    table.add_column(translate("class of fault", lang), overflow="fold")
    for heading in ("repaired", "mean time to repair", "came and went"):
        table.add_column(translate(heading, lang), justify="right", overflow="fold")
    told = [(row.name, name, one) for row in found.rows for name, one in row.repairs.items()]
    for name, fault, one in told[:_REPAIRS_SHOWN]:
        table.add_row(
            Text(printable(name) or translate("unknown", lang)), Text(translate(CLASSES[fault], lang)),
            Text(str(one.repaired)), Text(duration_text(one.mean_s, lang)), Text(str(one.flapped)),
        )  # fmt: skip
    return table


def _repair_cell(row: GroupRow, lang: str) -> Text:
    """Return the mean over all classes of fault, and below it the number of repairs."""
    repairs = reduce(Repairs.plus, row.repairs.values(), Repairs())
    if not repairs.repaired:
        return Text("-")
    return Text(duration_text(repairs.mean_s, lang)).append(f"\n/ {repairs.repaired}", style="dim")


def _percent(ratio: float, up: bool = False) -> str:
    """Return a share in percent, rounded to the worse side: what is not whole never shows as 100.0."""
    tenths = ratio * 1000
    return f"{(math.ceil(tenths - 1e-9) if up else math.floor(tenths + 1e-9)) / 10:.1f}%"
