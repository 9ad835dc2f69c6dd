"""Answers a question over all sites as a table, JSON, CSV or a workbook: `camwarden hub ask`."""

import argparse
import json
import sys
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.hub.findings.saved import save
from agent.commands.hub.view import reading
from agent.commands.terminal.opened import note_opened
from agent.host.files import write_atomic
from agent.hub.domain.asking.question import NOT_TOLD, Answer, Question
from agent.hub.domain.asking.words import question, read_words
from agent.hub.domain.figures import china_day
from agent.hub.domain.scope import EVERYTHING
from agent.hub.views.asking.answers import HEADINGS, answer_json, lines
from agent.hub.views.asking.saved import find_saved, question_of
from agent.hub.views.asking.tables import csv_text, workbook_bytes
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render, translate


def run(args: argparse.Namespace) -> int:
    """Print the answer, or write it as a workbook. Raises UsageError at the first wrong word."""
    now = datetime.now(UTC)
    if bool(args.words) == bool(args.saved) or (args.saved and args.save):
        raise UsageError("write a question, or --saved NAME for one that was saved")
    named = read_words(args.words) if args.words else {}
    with reading(args) as store:
        today = china_day(now)
        asked = question_of(store, find_saved(store, args.saved), today) if args.saved else question(named, today)
        answer = store.questions.answer(asked, EVERYTHING)
    if args.save:
        save(args.data, args.save, named, now)
    if args.xlsx:
        _write_book(args, asked, answer)
    if args.json:
        print(json.dumps(answer_json(asked, answer, now), ensure_ascii=False))
    elif args.csv:
        sys.stdout.write(csv_text(asked, answer))
    else:
        _show(args, asked, answer, now)
    return OK


def _write_book(args: argparse.Namespace, asked: Question, answer: Answer) -> None:
    """Write one sheet. Raises ConfigurationError."""
    try:
        write_atomic(args.xlsx, workbook_bytes(asked, answer, args.lang), 0o644)
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}; choose another place", path=args.xlsx, why=os_words(error)
        ) from None
    note_opened(args.data, "hub ask --xlsx", "reports", args.xlsx)


def _show(args: argparse.Namespace, asked: Question, answer: Answer, now: datetime) -> None:
    console = Console(no_color=args.no_color, highlight=False)
    if asked.by and answer.rows:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for name in asked.by:
            table.add_column(translate(HEADINGS[name], args.lang), overflow="fold")
        table.add_column(translate("how many", args.lang), justify="right", no_wrap=True)
        for row in answer.rows:
            cells = [Text(_cell(*one, args.lang)) for one in zip(asked.by, row.names, strict=True)]
            table.add_row(*cells, Text(str(row.count)))
        console.print(table)
    if answer.is_more and not args.quiet:
        more = Message("these are the first {top} groups; ask for more with top N", {"top": asked.top})
        console.print(Text(render(more, args.lang)), soft_wrap=True)
    for line in lines(asked, answer, now):
        console.print(Text(printable(render(line, args.lang))), soft_wrap=True)


def _cell(by: str, name: str, lang: str) -> str:
    return translate(name, lang) if by == "status" else printable(name) or NOT_TOLD
