"""Compares the ledger with the site's file and the devices: as a table, JSON, or a coloured workbook."""

import argparse

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.ledger import file as ledger_file
from agent.commands.ledger.site_rows import of_site
from agent.host.clock import utc_now
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Message
from agent.onsite.ledger.columns import COLUMNS
from agent.onsite.ledger.compare import Difference, compare
from agent.onsite.ledger.export import PLACES, cell, heading
from agent.onsite.ledger.recorders import parse_said, with_addresses
from agent.onsite.ledger.rows import Entry
from agent.onsite.ledger.sites import plan
from agent.site.config.load import load_declared
from agent.site.config.tables import site_tables
from agent.site.declarations.secret import is_secret
from agent.site.declarations.standing import local_day
from agent.text.harmless import printable
from agent.text.translate import translate
from agent.text.workbook import Painted, Sheet, SheetColumn, workbook

SCHEMA = "camwarden-ledger-diff/1"
STYLE = {
    "refused": "bold red",
    "duplicate": "bold red",
    "missing": "red",
    "extra": "yellow",
    "swapped": "magenta",
    "moved": "cyan",
    "differs": "yellow",
}


def run(args: argparse.Namespace) -> int:
    """Compare and show; 1 where anything differs."""
    if args.xlsx is not None and (args.xlsx.exists() or args.xlsx.is_symlink()):
        raise UsageError("{path} is there already and is not overwritten: name a new file", path=args.xlsx)
    ledger = ledger_file.read_ledger(args)
    configured = load_declared(args.config)
    site = site_tables(configured)
    entries, _ = of_site(ledger, args, site)
    entries = with_addresses(entries, parse_said(args.recorder))
    rows = {entry.row for entry in entries}
    refused = [problem for problem in ledger.problems if not problem.row or problem.row in rows]
    today = local_day(configured, utc_now())
    found = compare(entries, plan(entries, site), site, ledger_file.given_equipment(args, site), today)
    secret = {f"camera:{c.camera.id}" for c in configured.cameras if is_secret(configured, c.camera.id, today)}
    found = tuple(one for one in found if one.subject not in secret or one.key not in PLACES)
    if args.xlsx is not None:
        ledger_file.write_file(args.xlsx, _workbook(entries, found, args.lang))
    if args.json:
        ledger_file.print_json(
            {
                "schema": SCHEMA,
                "file": str(args.file),
                **ledger_file.reading_json(ledger),
                "problems": ledger_file.problems_json(refused),
                "differences": [_json(one) for one in found],
            }
        )
    else:
        ledger_file.print_reading(args, ledger, len(entries))
        ledger_file.print_problems(args, refused)
        if not args.quiet:
            same = Text(translate("the ledger agrees with what it was compared with", args.lang), style="green")
            Console(no_color=args.no_color).print(table(found, args.lang) if found else same)
    if args.xlsx is not None and not args.quiet:
        ledger_file.say(args, Message("{path}: written", {"path": str(args.xlsx)}))
    return exits.FAILS if found or refused else exits.OK


def table(found: tuple[Difference, ...], lang: str) -> Table:
    """Return the differences for people; texts of devices and ledgers are text, never markup."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    words = {
        "refused": translate("wrong", lang),
        "duplicate": translate("twice", lang),
        "missing": translate("not there", lang),
        "extra": translate("not listed", lang),
        "swapped": translate("exchanged", lang),
        "moved": translate("moved", lang),
        "differs": translate("differs", lang),
    }
    for title in (translate("cell", lang), translate("where", lang), translate("difference", lang)):
        shown.add_column(title, no_wrap=True)
    shown.add_column(translate("what was found, and the next step", lang), overflow="fold")
    for one in found:
        said = Text(ledger_file.in_words(one.message, lang))
        shown.add_row(
            Text(printable(one.where)), Text(printable(one.subject)), Text(words[one.kind], STYLE[one.kind]), said
        )
    return shown


def _json(one: Difference) -> dict[str, Json]:
    return {
        "kind": one.kind,
        "against": one.against,
        "subject": one.subject,
        "cell": one.where,
        "row": one.row,
        "key": one.key,
        "ledger": one.ledger,
        "other": one.other,
        "message": str(one.message),
    }


def _workbook(entries: tuple[Entry, ...], found: tuple[Difference, ...], lang: str) -> bytes:
    """Render the ledger's rows as a workbook in which differences are coloured, with a comment each."""
    used = [column for column in COLUMNS if any(column.key in entry.values for entry in entries)]
    first = next((c.key for c in used if c.key == "name"), used[0].key if used else "")
    by_cell: dict[tuple[int, str], list[Difference]] = {}
    for one in found:
        key = one.key if one.key in {column.key for column in used} else first
        by_cell.setdefault((one.row, key), []).append(one)
    lines: list[list[str | int | Painted]] = []
    for entry in entries:
        line: list[str | int | Painted] = []
        for column in used:
            value = cell(entry.values.get(column.key), column, lang)
            here = by_cell.pop((entry.row, column.key), [])
            line.append(_painted(value, here, lang) if here else value)
        lines.append(line)
    for (_, _), rest in by_cell.items():
        for one in rest:
            text = str(one.other) if one.other is not None else ledger_file.in_words(one.message, lang)
            lines.append([_painted(text if column.key == first else "", [one], lang) for column in used])
    return workbook(Sheet(translate("camera ledger", lang), [SheetColumn(heading(c, lang)) for c in used], lines))


def _painted(value: str | int, here: list[Difference], lang: str) -> Painted:
    kind = here[0].kind
    fill = kind if kind in ("missing", "extra") else "differs"
    return Painted(value, fill, "\n".join(ledger_file.in_words(one.message, lang) for one in here))
