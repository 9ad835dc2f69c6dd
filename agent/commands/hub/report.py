"""Reports the municipal assessment by division, maintainer or model, of a day or a month: `hub report`."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from agent.commands.hub.report_book import sheets
from agent.commands.hub.report_table import show
from agent.commands.hub.view import named, reading
from agent.commands.terminal.opened import note_opened
from agent.contract.disputes import decided_json, disputed_json
from agent.host.files import write_atomic
from agent.hub.domain.acknowledged import acknowledged_json
from agent.hub.views.assessment import COVERAGE_LEAST, JUDGED_LEAST, Assessment, GroupRow, assess
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Json, utc_text
from agent.text.workbook import workbook

SCHEMA: Final = "camwarden-hub-report/1"
FIRST_YEAR: Final = 2000
"""No hub has reports of earlier days."""


def run(args: argparse.Namespace) -> int:
    """Add up and show."""
    first, last = (args.day, args.day) if args.day else args.month
    if first.year < FIRST_YEAR:
        raise UsageError("{day}: no hub has reports of that year: write it as 2026-01-31", day=first)
    with reading(args) as store:
        found = assess(store, args.by, first, last, datetime.now(UTC), args.sort)
        told, found = named(args, store, report_json(found)), named(args, store, found)
    if args.xlsx:
        try:
            write_atomic(args.xlsx, workbook(*sheets(found, args.lang)), 0o644)
        except OSError as error:
            raise ConfigurationError(
                "{path}: cannot be written: {why}; choose another place", path=args.xlsx, why=os_words(error)
            ) from None
        note_opened(args.data, "hub report --xlsx", "reports", args.xlsx)
    if args.json:
        sys.stdout.write(json.dumps(told) + "\n")
    elif not args.quiet:
        show(found, Console(no_color=args.no_color, highlight=False), args.lang)
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
        "judged_least_ratio": JUDGED_LEAST,
        "rows": [_row_json(row) for row in found.rows],
        "outages": [asdict(one) for one in found.outages],
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
        "overturned": [
            {"site": one.site, **disputed_json(one.said), "decision": decided_json(one.decision)}
            for one in found.decided
            if one.decision is not None
        ],
        "disputes_undecided": found.undecided,
        "acknowledged": [{"site": one.site, **acknowledged_json(one.known)} for one in found.words],
    }


def _corrected_json(row: GroupRow, name: str) -> dict[str, Json] | None:
    """Return a figure after the decisions on disputes; None where they do not change it."""
    if name not in row.corrected:
        return None
    good, due, unknown, excluded = row.corrected[name]
    told = {"numerator": good, "denominator": due, "unknown": unknown, "excluded": excluded}
    return {**told, "ratio": row.corrected_ratio(name)}


def _row_json(row: GroupRow) -> dict[str, Json]:
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
                "corrected": _corrected_json(row, name),
            }
            for name, figure in row.figures.items()
        },
        "repairs": {
            name: {"repaired": one.repaired, "mean_s": round(one.mean_s), "flapped": one.flapped}
            for name, one in row.repairs.items()
        },
    }
