"""Writes the answer to a question over all sites as a workbook; imported for that alone, as its library is large."""

import argparse
from collections.abc import Sequence

from agent.commands.hub.findings.ask import COUNT
from agent.commands.terminal.opened import note_opened
from agent.host.files import write_atomic
from agent.hub.domain.asking.question import Question
from agent.model.errors import ConfigurationError, os_words
from agent.onsite.ledger.files.write_workbook import Sheet, SheetColumn, workbook
from agent.text.translate import translate


def write(args: argparse.Namespace, asked: Question, rows: Sequence[tuple[tuple[str, ...], int]]) -> None:
    """Write one sheet whose names are texts, never formulas. Raises ConfigurationError."""
    columns = [*map(SheetColumn, asked.by), SheetColumn(COUNT, numbers="0")]
    sheet = Sheet(translate("counts", args.lang), columns, [[*names, count] for names, count in rows])
    try:
        write_atomic(args.xlsx, workbook(sheet), 0o644)
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}; choose another place", path=args.xlsx, why=os_words(error)
        ) from None
    note_opened(args.data, "hub ask --xlsx", "reports", args.xlsx)
