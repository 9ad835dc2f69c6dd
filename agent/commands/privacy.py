"""Shows what is stored of people, why, where and how long, and who opened it; writes it as a page for the file.

    camwarden privacy                         purpose, receivers, stores with their limits, who opened what
    camwarden privacy --page privacy.html     the same as a page, with an impact assessment to fill in
    camwarden privacy --hub-data DIR          of a hub, without a site

It asks no device and sends nothing.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.new_file import require_new
from agent.commands.terminal.opened import note_opened
from agent.host.clock import utc_now
from agent.host.files import write_atomic
from agent.host.not_ours import forbidden, require_readable
from agent.host.paths import own_state
from agent.hub.stores.engines import files_of
from agent.model.errors import ConfigurationError, Forbidden, os_words
from agent.model.exits import OK, UNCHECKED
from agent.model.finding import Message
from agent.onsite.privacy.contents import PURPOSES, PrivacyFile, hub_file, privacy_file
from agent.onsite.privacy.page import file_json, opening_rows, recipient_rows, render_page, store_cells
from agent.onsite.privacy.page_words import WORDS
from agent.site.config.load import load
from agent.site.config.site import DEFAULT_TIME_ZONE
from agent.text.harmless import json_text, printable
from agent.text.translate import render, together, translate

MODE = 0o600
OPENINGS_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--page", type=Path, metavar="FILE", help="write a page for the file, to print: a new HTML")
    parser.add_argument("--hub-data", type=Path, metavar="DIR", help="look at a hub's data instead of a site")


def run(args: argparse.Namespace) -> int:
    """Show or write; the exit code is 3 where a folder is not for this user to see, or a file has no row.

    Raises:
        UsageError: The page exists already, or its folder does not.
        Forbidden: A register may not be read, or the page not be written.
        ConfigurationError: No hub has run in the folder.
    """
    if args.page is not None:
        require_new(args.page)
    file, folder = _gathered(args)
    if args.page is not None:
        _write(args.page, render_page(file, args.lang))
        note_opened(folder, "privacy --page", "register", args.page)
    if args.json:
        sys.stdout.write(json_text(file_json(file)) + "\n")
    elif args.page is not None and not args.quiet:
        sys.stdout.write(render(Message("written: {path}", {"path": printable(str(args.page))}), args.lang) + "\n")
    elif not args.quiet:
        Console(no_color=args.no_color, highlight=False).print(tables(file, args.lang))
    looked_at = [one for one in file.stores if one.store.folder in ("state", "hub")]
    return UNCHECKED if file.unnamed or any(one.files is None for one in looked_at) else OK


def _gathered(args: argparse.Namespace) -> tuple[PrivacyFile, Path]:
    """Return the file, and the folder whose register notes that it was opened."""
    if args.hub_data is not None:
        folder = args.hub_data
        require_readable(folder)
        if not files_of(folder).has_store(folder):
            raise ConfigurationError("{path}: no hub has run here; check --hub-data", path=folder)
    else:
        site = load(args.config)
        folder = site.storage.directory
        require_readable(folder)
    try:
        if args.hub_data is not None:
            return hub_file(folder, utc_now(), DEFAULT_TIME_ZONE), folder
        return privacy_file(site, own_state(folder, os.environ), utc_now()), folder
    except OSError as error:
        raise forbidden(folder, error) from None


def _write(path: Path, html: str) -> None:
    try:
        write_atomic(path, html.encode(), MODE)
    except OSError as error:
        raise Forbidden(
            "{path}: {why}; name a file in a folder with room, of your own", path=path, why=os_words(error)
        ) from None


def tables(file: PrivacyFile, lang: str) -> RenderableType:
    """Return the privacy file as tables for a terminal."""
    words = {name: translate(text, lang) for name, text in WORDS.items()}
    parts: list[RenderableType] = [Text(words["purpose"], style="bold")]
    parts += [Text(translate(text, lang)) for text in PURPOSES]
    if file.recipients:
        received = _table((words["who"], words["gets"], words["leaves"]), recipient_rows(file, lang))
        parts += [Text(), Text(words["recipients"], style="bold"), received]
    parts += [Text(), Text(words["stores"], style="bold"), *_stores(file, words, lang)]
    parts += [Text(f"{words['unnamed']}: {printable(name)}", style="yellow") for name in file.unnamed]
    shown = opening_rows(file, lang)[:OPENINGS_SHOWN]
    headings = [words[name] for name in ("time", "user", "command", "what", "file")]
    parts += [Text(), Text(words["openings"], style="bold")]
    parts.append(_table(headings, shown) if shown else Text(words["nothing"], style="dim"))
    return Group(*parts)


def _stores(file: PrivacyFile, words: dict[str, str], lang: str) -> list[RenderableType]:
    """Return what holds something of people now; what is empty has a line, and the page has all."""
    about_people = [one for one in file.stores if one.store.has_people]
    headings = [words[name] for name in ("store", "holds", "kept", "now")]
    rows = [store_cells(file, one, lang) for one in about_people if one.files != 0]
    parts: list[RenderableType] = [_table(headings, [(row[0], row[1], row[3], row[5]) for row in rows])]
    empty = together((translate(one.store.title, lang) for one in about_people if one.files == 0), lang)
    return [*parts, Text(f"{words['empty']}{translate(': ', lang)}{empty}")] if empty else parts


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table
