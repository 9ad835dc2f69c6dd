"""Lists the open findings of all sites, from the hub's current tables: `camwarden hub findings`."""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, time
from typing import Final

from agent.commands.hub.findings.lines import print_lines
from agent.commands.hub.view import named, reading
from agent.commands.terminal.opened import note_opened
from agent.contract.chain import utc_text
from agent.host.files import write_atomic
from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.findings import FindingRow, Place, Wanted, place_of, place_text, read_place
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import csv_cell
from agent.text.translate import render, translate
from agent.text.workbook import Sheet, SheetColumn, workbook

SCHEMA: Final = "camwarden-hub-findings/1"
SHOWN_MOST: Final = 1000
"""Findings that are listed where nobody names a number; a table that goes into a file has all."""

COLUMNS: Final = tuple(field.name for field in fields(FindingRow))


def run(args: argparse.Namespace) -> int:
    """Print the open findings that are wanted, or write them as a workbook."""
    since = utc_text(datetime.combine(args.since, time(), CHINA).astimezone(UTC)) if args.since else ""
    wanted = Wanted(
        site=args.site or "",
        division=args.division or "",
        maintainer=args.maintainer or "",
        check=args.check or "",
        status=args.status or "",
        model=args.model or "",
        since=since,
        operator=args.operator or "",
        assignee=args.assignee or "",
    )
    most = args.limit or (-1 if args.csv or args.xlsx else SHOWN_MOST)
    with reading(args) as store:
        found = named(args, store, store.findings.page(wanted, _place(args.after), most + 1 if most > 0 else most))
        count = store.findings.total(wanted)
    found, is_more = (found[:most], len(found) > most) if most > 0 else (found, False)
    after = place_text(place_of(found[-1])) if is_more else None
    if args.xlsx:
        _write_workbook(args, found)
    if args.json:
        told = {"schema": SCHEMA, "total": count, "findings": [asdict(one) for one in found], "next": after}
        print(json.dumps(told, ensure_ascii=False))
    elif args.csv:
        writer = csv.writer(sys.stdout, quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        writer.writerows([csv_cell(str(value)) for value in asdict(one).values()] for one in found)
    else:
        print_lines(found, args.lang, datetime.now(CHINA).date())
        if not found and not args.quiet:
            print(translate("no open finding of this kind is reported", args.lang))
        elif after is not None and not args.quiet:
            values = {"shown": len(found), "total": count, "after": after}
            print(
                render(
                    Message("{shown} of {total} shown; the next ones: the same with --after {after}", values), args.lang
                )
            )
    return OK


def _place(text: str | None) -> Place | None:
    """Parse where the page before ended. Raises UsageError."""
    try:
        return read_place(text) if text else None
    except ValueError:
        raise UsageError(
            "--after {word!r}: no page ended so; take the word that `hub findings` printed", word=text
        ) from None


def _write_workbook(args: argparse.Namespace, found: Sequence[FindingRow]) -> None:
    columns = [SheetColumn(name) for name in COLUMNS]
    rows = [list(asdict(one).values()) for one in found]
    try:
        write_atomic(args.xlsx, workbook(Sheet(translate("findings", args.lang), columns, rows)), 0o644)
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}; choose another place", path=args.xlsx, why=os_words(error)
        ) from None
    note_opened(args.data, "hub findings --xlsx", "reports", args.xlsx)
    if not args.quiet and not args.json and not args.csv:
        values = {"count": len(rows), "path": args.xlsx}
        print(render(Message("{count} findings written to {path}", values), args.lang))
