"""Diagnoses everything around the agent that it needs for its work, and names the repair of each fault.

It holds no lock, writes nothing, sends no login to a device, and logs in at the broker only where no service runs that
this could disturb. Exit code: 1 where something fails, 4 where a login is refused, 3 where something could not be
probed, else 0.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.tables import MARK, ORDER, STYLE
from agent.model.finding import Message, listed
from agent.onsite.doctor import PROBES
from agent.onsite.doctor.model import Outcome, Situation
from agent.onsite.doctor.survey import as_json, examine, exit_code, survey
from agent.text.redact import redact, redact_json
from agent.text.translate import render, translate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""


def run(args: argparse.Namespace) -> int:
    """Probe, show, and return the exit code of the outcomes."""
    situation = survey(args.config, datetime.now(UTC), os.environ)
    outcomes = examined(situation, args)
    if args.json:
        told = redact_json(as_json(situation, outcomes))
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        Console(no_color=args.no_color).print(doctor_table(outcomes, args.lang), summary(outcomes, args.lang), sep="\n")
    return exit_code(outcomes.values())


def examined(situation: Situation, args: argparse.Namespace) -> dict[str, Outcome]:
    """Run all probes, with a line on a terminal that names those under way."""
    waiting = {probe.id: translate(probe.title, args.lang) for probe in PROBES}
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    with errors.status("") as progress:

        def told(probe: str) -> None:
            waiting.pop(probe, None)
            done = Message(
                "{done} of {total} looked at; waiting for: {names}",
                {"done": len(PROBES) - len(waiting), "total": len(PROBES), "names": listed(waiting.values())},
            )
            progress.update(Text(render(done, args.lang)))

        told("")
        return examine(situation, PROBES, told)


def doctor_table(outcomes: Mapping[str, Outcome], lang: str) -> Table:
    """Return one row per probe: its status, result and next step."""
    titles = {probe.id: probe.title for probe in PROBES}
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
