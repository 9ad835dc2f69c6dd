"""Diagnoses everything around the agent that it needs for its work, and names the repair of each fault.

It holds no lock, writes nothing, sends no login to a device, and logs in at the broker only where no service runs that
this could disturb. Exit code: 1 where something fails, 4 where a login is refused, 3 where something could not be
probed, else 0.
"""

import argparse
import json
import os
import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from agent.commands.terminal.outcome_table import outcome_table, summary
from agent.model.finding import Message, listed
from agent.model.outcome import Outcome, exit_code
from agent.onsite.doctor import PROBES
from agent.onsite.doctor.model import Situation
from agent.onsite.doctor.survey import as_json, examine, survey
from agent.text.redact import redact_json
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
        titles = {probe.id: probe.title for probe in PROBES}
        table = outcome_table(outcomes, titles, args.lang)
        Console(no_color=args.no_color).print(table, summary(outcomes, args.lang), sep="\n")
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
