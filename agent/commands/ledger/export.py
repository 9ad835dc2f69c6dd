"""Exports the site as a ledger, with what its devices report of themselves; never a user or password."""

import argparse
from pathlib import Path

from agent.commands.ledger.file import given_equipment, print_json, say, write_file
from agent.commands.terminal.opened import note_opened
from agent.host.clock import utc_now
from agent.host.files import portable_name
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Message
from agent.onsite.ledger.columns import EXPORTED, SEEN, Column
from agent.onsite.ledger.export import cell, choices, heading, rows, without_places
from agent.onsite.ledger.files.csv_file import csv_bytes
from agent.onsite.ledger.seen import NOTHING_SEEN
from agent.site.config.load import load_declared
from agent.site.config.tables import site_tables
from agent.site.declarations.secret import is_secret
from agent.site.declarations.standing import local_day
from agent.text.translate import translate
from agent.text.workbook import Sheet, SheetColumn, workbook

SCHEMA = "camwarden-ledger-export/1"


def run(args: argparse.Namespace) -> int:
    """Write the ledger; no file is overwritten."""
    site = load_declared(args.config)
    path: Path = args.out or Path(portable_name(f"{site.id}.xlsx"))
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise UsageError("{path}: the name must end in .xlsx or .csv", path=path)
    if path.exists() or path.is_symlink():
        raise UsageError("{path} is there already and is not overwritten: name a new file with --out", path=path)
    today = local_day(site, utc_now())
    tables = site_tables(site)
    seen = given_equipment(args, tables) or NOTHING_SEEN
    secret = {one.camera.id for one in site.cameras if is_secret(site, one.camera.id, today)}
    found = without_places(rows(tables, seen, today), secret)
    cells = [[cell(row.get(column.key), column, args.lang) for column in EXPORTED] for row in found]
    if path.suffix.lower() == ".csv":
        data = csv_bytes([heading(column, args.lang) for column in EXPORTED], cells)
    else:
        data = workbook(Sheet(translate("camera ledger", args.lang), [_column(c, args.lang) for c in EXPORTED], cells))
    write_file(path, data)
    note_opened(site.storage.directory, "ledger export", "equipment", path)
    if args.json:
        print_json({"schema": SCHEMA, "file": str(path), "cameras": len(found), "seen": len(seen.cameras)})
    if not args.quiet:
        said: dict[str, str | int | float] = {"path": str(path), "count": len(found), "seen": len(seen.cameras)}
        say(args, Message("{path}: {count} cameras, {seen} of them with what their devices say", said))
    return exits.OK


def _column(column: Column, lang: str) -> SheetColumn:
    fill = "seen" if column.key in (*SEEN, "maker") else "declare" if column.choices else ""
    return SheetColumn(heading(column, lang), translate(column.told, lang), choices(column, lang), fill)
