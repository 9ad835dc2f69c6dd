"""`camwarden hub report`: the figures of municipal assessment by division, maintainer or model, of a day or a month."""

from __future__ import annotations

import argparse
import json
import math
import sys
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import reduce
from pathlib import Path
from typing import Any, Final, get_args

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.hub_view import reading
from agent.commands.site_time import lasted, local
from agent.errors import ConfigurationError, os_words
from agent.exits import OK
from agent.files import write_atomic
from agent.harmless import printable
from agent.hub.assessed import CHINA, METRICS, By
from agent.hub.assessment import COVERAGE_LEAST, Assessment, Row, assess
from agent.ledger.write_xlsx import Sheet, SheetColumn, Value, workbook
from agent.model import Json, Message, utc_text
from agent.repaired import CLASSES, Repairs
from agent.text import render, translate

SCHEMA: Final = "camwarden-hub-report/1"

HEADINGS: Final[Mapping[str, str]] = {
    "online": "online rate",
    "good": "good-condition rate",
    "linked": "linked rate",
    "recorded": "recording completeness",
    "clock": "clock right",
    "overlay": "overlay right",
    "file": "camera file complete",
}
"""What each figure is called."""

_SHOWN_FROM: Final = 0.0005
_WORKS_SHOWN: Final = 10


def add_actions(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser = actions.add_parser("report", parents=[data], help="add up the figures of municipal assessment")
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--day", type=day, metavar="DAY", help="of this day, such as 2026-11-24")
    when.add_argument("--month", type=month, metavar="MONTH", help="of this month, such as 2026-11")
    parser.add_argument("--by", choices=get_args(By), required=True, help="one line for each of these")
    parser.add_argument("--sort", choices=METRICS, default="online", help="the figure that ranks (default: online)")
    parser.add_argument("--xlsx", type=Path, metavar="FILE", help="write a workbook too")


def run(args: argparse.Namespace) -> int:
    """Add up and show."""
    first, last = (args.day, args.day) if args.day else args.month
    with reading(args) as store:
        found = assess(store, args.by, first, last, datetime.now(UTC), args.sort)
    if args.xlsx:
        try:
            write_atomic(args.xlsx, workbook(*_sheets(found, args.lang)), 0o644)
        except OSError as error:
            raise ConfigurationError(
                Message(
                    "{path}: cannot be written: {why}; choose another place",
                    {"path": args.xlsx, "why": os_words(error)},
                )
            ) from None
    if args.json:
        sys.stdout.write(json.dumps(report_json(found)) + "\n")
    elif not args.quiet:
        _print(found, Console(no_color=args.no_color, highlight=False), args.lang)
    return OK


def report_json(found: Assessment) -> dict[str, Json]:
    """Return what `--json` prints."""
    return {
        "schema": SCHEMA,
        "by": found.by,
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "sort": found.sort,
        "coverage_least_ratio": COVERAGE_LEAST,
        "rows": [_row_json(row) for row in found.rows],
        "outages": [
            {"site": one.site, "days": one.days, "excluded_ratio": one.excluded_ratio, "days_off": one.days_off}
            for one in found.outages
        ],
        "planned": [
            {
                "site": one.site,
                "subject": one.plan.subject,
                "from": utc_text(one.plan.start_at),
                "until": utc_text(one.plan.until),
                "by": one.plan.by,
                "why": one.plan.why,
            }
            for one in found.works
        ],
    }


def _row_json(row: Row) -> dict[str, Json]:
    return {
        "name": row.name or None,
        "rank": row.rank,
        "sites": row.sites,
        "site_days_due": row.due,
        "site_days_reported": row.reported,
        "coverage_ratio": row.coverage_ratio,
        "figures": {
            name: {
                "numerator": figure[0],
                "denominator": figure[1],
                "unknown": figure[2],
                "excluded": figure[3],
                "ratio": row.ratio(name),
                "unknown_ratio": row.unknown_ratio(name),
            }
            for name, figure in row.figures.items()
        },
        "repairs": {
            name: {"repaired": one.repaired, "mean_s": round(one.mean_s), "flapped": one.flapped}
            for name, one in row.repairs.items()
        },
    }


def _print(found: Assessment, console: Console, lang: str) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(translate("rank", lang), justify="right")
    table.add_column(_by(found, lang), overflow="fold")
    table.add_column(translate("sites", lang), justify="right")
    table.add_column(translate("reported", lang), justify="right")
    for name in METRICS:
        table.add_column(translate(HEADINGS[name], lang), justify="right", overflow="fold")
    with_repairs = any(row.repairs for row in found.rows)
    if with_repairs:
        table.add_column(translate("mean time to repair", lang), justify="right", overflow="fold")
    for row in found.rows:
        name = printable(row.name) or translate("unknown", lang)
        rank = str(row.rank) if row.rank else "-"
        cells = [_cell(row, metric) for metric in METRICS]
        cells += [_repair_cell(row, lang)] if with_repairs else []
        table.add_row(Text(rank), Text(name), str(row.sites), Text(_percent(row.coverage_ratio)), *cells)
    if not found.rows:
        console.print(Text(translate("no site was due to report in this time", lang)))
        return
    console.print(table)
    notes = [
        translate("?: share of which nothing is known; it never counts as good", lang),
        translate("no rank where less than 95 % of the site-days were reported", lang),
    ]
    if found.outages:
        said = translate("planned outages at {count} sites are excluded; --json and --xlsx list them", lang)
        notes.append(said.format(count=len(found.outages)))
    for note in notes:
        console.print(Text(note, style="dim"), soft_wrap=True)
    for one in found.works[:_WORKS_SHOWN]:
        message = Message(
            "{site}: planned work on {subject} from {from} until {until} ({by}: {why})",
            {"site": one.site, "subject": one.plan.subject, "by": one.plan.by, "why": one.plan.why}
            | {"from": local(one.plan.start_at, CHINA), "until": local(one.plan.until, CHINA)},
        )
        console.print(Text(printable(render(message, lang))), soft_wrap=True)
    if (more := len(found.works) - _WORKS_SHOWN) > 0:
        said = render(Message("and {count} more: see --json or --xlsx", {"count": more}), lang)
        console.print(Text(said), soft_wrap=True)


def _cell(row: Row, metric: str) -> Text:
    ratio, unknown = row.ratio(metric), row.unknown_ratio(metric)
    if ratio is None:
        return Text("-")
    text = Text(_percent(ratio))
    if unknown is not None and unknown >= _SHOWN_FROM:
        text.append(f"\n? {_percent(unknown, up=True)}", style="dim")
    return text


def _repair_cell(row: Row, lang: str) -> Text:
    """Return the mean over all classes of fault, and below it how many repairs it is of."""
    repairs = reduce(Repairs.plus, row.repairs.values(), Repairs())
    if not repairs.repaired:
        return Text("-")
    return Text(lasted(repairs.mean_s, lang)).append(f"\n/ {repairs.repaired}", style="dim")


def _percent(ratio: float, up: bool = False) -> str:
    """Return a share in percent, rounded to the worse side: what is not whole never shows as 100.0."""
    tenths = ratio * 1000
    return f"{(math.ceil(tenths - 1e-9) if up else math.floor(tenths + 1e-9)) / 10:.1f}%"


def _sheets(found: Assessment, lang: str) -> tuple[Sheet, ...]:
    unranked = translate("no rank where less than 95 % of the site-days were reported", lang)
    columns = [
        SheetColumn(translate("rank", lang), unranked),
        SheetColumn(_by(found, lang)),
        SheetColumn(translate("sites", lang)),
        SheetColumn(translate("site-days due", lang)),
        SheetColumn(translate("site-days reported", lang)),
        SheetColumn(translate("reported", lang), numbers="0.0%"),
    ]
    for name in METRICS:
        columns.append(SheetColumn(translate(HEADINGS[name], lang), numbers="0.00%"))
        columns += [SheetColumn(translate(part, lang)) for part in ("numerator", "denominator", "excluded")]
        columns.append(SheetColumn(translate("share unknown", lang), numbers="0.00%"))
    rows: list[list[Value]] = []
    for row in found.rows:
        name = row.name or translate("unknown", lang)
        line: list[Value] = [row.rank or "", name, row.sites, row.due, row.reported, row.coverage_ratio]
        for metric in METRICS:
            line += _five(row, metric)
        rows.append(line)
    title = f"{found.first} - {found.last}"
    sheets = Sheet(title, columns, rows), _outages_sheet(found, lang), _works_sheet(found, lang)
    return (*sheets, _repairs_sheet(found, lang)) if found.by == "division" else sheets


def _outages_sheet(found: Assessment, lang: str) -> Sheet:
    columns = [
        SheetColumn(translate("site", lang)),
        SheetColumn(translate("days", lang)),
        SheetColumn(translate("share excluded", lang), numbers="0.00%"),
        SheetColumn(translate("days off", lang)),
    ]
    rows: list[list[Value]] = [[one.site, one.days, one.excluded_ratio, one.days_off] for one in found.outages]
    return Sheet(translate("planned outages", lang), columns, rows)


def _works_sheet(found: Assessment, lang: str) -> Sheet:
    headings = ("site", "where", "begins", "ends", "planned by", "why")
    rows: list[list[Value]] = [
        [
            one.site, one.plan.subject, local(one.plan.start_at, CHINA), local(one.plan.until, CHINA), one.plan.by,
            one.plan.why,
        ]
        for one in found.works
    ]  # fmt: skip
    return Sheet(translate("planned work", lang), [SheetColumn(translate(one, lang)) for one in headings], rows)


def _repairs_sheet(found: Assessment, lang: str) -> Sheet:
    headings = (_by(found, lang), translate("class of fault", lang), translate("repaired", lang))
    columns = [SheetColumn(heading) for heading in headings]
    columns.append(SheetColumn(translate("mean time to repair, hours", lang), numbers="0.0"))
    columns.append(SheetColumn(translate("came and went", lang)))
    rows: list[list[Value]] = [
        [row.name or translate("unknown", lang), translate(CLASSES[name], lang), one.repaired, one.mean_s / 3600,
         one.flapped]
        for row in found.rows
        for name, one in row.repairs.items()
    ]  # fmt: skip
    return Sheet(translate("repairs", lang), columns, rows)


def _five(row: Row, metric: str) -> list[Value]:
    ratio, unknown = row.ratio(metric), row.unknown_ratio(metric)
    if ratio is None or unknown is None:
        return ["", "", "", "", ""]
    good, of, _, excluded = row.figures[metric]
    return [ratio, good, of, excluded, unknown]


def _by(found: Assessment, lang: str) -> str:
    return translate(found.by, lang)


def day(text: str) -> date:
    """Return a day; argparse names this function in its message."""
    return date.fromisoformat(text)


def month(text: str) -> tuple[date, date]:
    """Return first and last day of a month; argparse names this function in its message."""
    first = date.fromisoformat(f"{text}-01")
    return first, first.replace(day=monthrange(first.year, first.month)[1])
