"""Renders the outcomes of the probes of `doctor`, at a site and at a hub, for a terminal."""

from collections.abc import Mapping

from rich import box
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.marks import MARK, ORDER, STYLE
from agent.model.finding import Message
from agent.model.outcome import Outcome
from agent.text.redact import redact
from agent.text.translate import render, translate


def outcome_table(outcomes: Mapping[str, Outcome], titles: Mapping[str, str], lang: str) -> Table:
    """Return one row per probe: its status, title, result and next step."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("status", lang), no_wrap=True)
    table.add_column(translate("looked at", lang), no_wrap=True)
    table.add_column(translate("what was found, and the next step", lang), overflow="fold")
    for name, outcome in outcomes.items():
        what = Text(_line(outcome.what, lang))
        if outcome.next_step is not None:
            what.append(f"\n-> {_line(outcome.next_step, lang)}", style="bold")
        mark = Text(translate(MARK[outcome.status], lang), style=STYLE[outcome.status])
        table.add_row(mark, Text(translate(titles[name], lang)), what)
    return table


def summary(outcomes: Mapping[str, Outcome], lang: str) -> Text:
    """Return the last line: whether everything is in order, else how much is not."""
    counts: dict[str, int] = {status: sum(one.status == status for one in outcomes.values()) for status in ORDER}
    if not counts["fail"] and not counts["warn"] and not counts["unknown"]:
        return Text(translate("everything that was looked at is in order", lang), style="bold green")
    sentence = Message("{fail} fail, {warn} to watch, {unknown} could not be looked at, {pass} in order", counts)
    return Text(render(sentence, lang), style="bold")


def _line(message: Message, lang: str) -> str:
    """Render a sentence for the terminal, without secrets and control characters."""
    text = redact(render(message, lang))
    return text if text.isprintable() else ascii(text)[1:-1]
