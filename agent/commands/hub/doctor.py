"""Diagnoses everything around the hub that it needs for its work, and names the repair of each fault.

Exit code: 1 where something fails, 3 where something could not be probed, else 0, as `camwarden doctor` has.
"""

import argparse
import contextlib
import io
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from agent.commands.hub.cluster_options import add_node_options
from agent.commands.terminal.broker_named import broker_of
from agent.commands.terminal.broker_options import add_broker_options
from agent.commands.terminal.outcome_table import outcome_table, summary
from agent.hub.doctor import PROBES
from agent.hub.doctor.model import Situation, as_json, examine
from agent.model.errors import AgentError, os_words
from agent.model.finding import Message
from agent.model.outcome import exit_code
from agent.site.config.site import Hub
from agent.text.redact import redact_json

_OPTIONS = re.compile(r"(?m)^HUB_OPTIONS=(.*)$")


def run(args: argparse.Namespace) -> int:
    """Probe, show, and return the exit code of the outcomes."""
    broker, wrong = _broker(args.env)
    situation = Situation(args.data, args.backups, datetime.now(UTC), broker, wrong)
    outcomes = examine(situation, PROBES)
    if args.json:
        told = redact_json(as_json(situation, outcomes))
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        table = outcome_table(outcomes, {probe.id: probe.title for probe in PROBES}, args.lang)
        Console(no_color=args.no_color).print(table, summary(outcomes, args.lang), sep="\n")
    return exit_code(outcomes.values())


def _broker(env: Path) -> tuple[Hub | None, Message | None]:
    """Return the broker that the unit's options name, None where there are none; and what is wrong with them.

    Source: systemd.exec(5), EnvironmentFile; systemd.service(5): an unquoted variable is parted at blanks.
    """
    try:
        found = _OPTIONS.findall(env.read_text("utf-8"))
    except FileNotFoundError:
        return None, None
    except (OSError, UnicodeDecodeError) as error:
        why = os_words(error) if isinstance(error, OSError) else "not a text file"
        return None, Message("{path}: cannot be read: {why}", {"path": str(env), "why": why})
    parser = argparse.ArgumentParser("hub run", add_help=False, allow_abbrev=False)
    add_broker_options(parser)
    add_node_options(parser)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options, _ = parser.parse_known_args((found[-1] if found else "").strip("\"' ").split())
        return broker_of(options), None
    except SystemExit:
        why = said.getvalue().rpartition("error: ")[2].strip()
        return None, Message("{path}: {why}", {"path": str(env), "why": why})
    except AgentError as error:
        return None, Message("{path}: {why}", {"path": str(env), "why": error.message})
