"""Shows the state of the running service, from the status file of its last cycle. Imports nothing heavy.

    camwarden status [--all]     whether all is right, what is not and the next step
    camwarden status --nagios    one line for a monitoring system, exit codes 0 to 3 as those have them

Exit code: 3 where the status is stale, for the present is unknown then; else that of the last cycle.
"""

import argparse
import json
import sys
from datetime import UTC, datetime

from agent.commands.status.nagios import UNKNOWN, line, nagios_line
from agent.commands.status.words import lines, mapping, open_unknown
from agent.host import paths
from agent.model import exits
from agent.model.errors import AgentError
from agent.service.alerts.status_file import StatusRead, read
from agent.site.toml.storage import Storage, load_storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--all", action="store_true", help="list every camera, and every figure of the delivery")
    parser.add_argument("--nagios", action="store_true", help="one line with performance data; exit codes 0, 1, 2, 3")


def run(args: argparse.Namespace) -> int:
    """Print the status with its age and return the exit code."""
    if args.nagios:
        return _nagios(args)
    status = _read(args)
    if args.json:
        told = {**status.content, "age_s": round(status.age.total_seconds(), 1), "stale": status.stale}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        sys.stdout.write("\n".join(lines(status, args.lang, args.all)) + "\n")
    return exit_code(status)


def _nagios(args: argparse.Namespace) -> int:
    """Print the one line: an error of other commands is UNKNOWN here, on standard output, where monitors read it."""
    try:
        state, told = nagios_line(_read(args), args.lang)
    except AgentError as error:
        state, told = UNKNOWN, line(UNKNOWN, str(error).splitlines()[0])
    sys.stdout.write(told + "\n")
    return state


def _read(args: argparse.Namespace) -> StatusRead:
    # Without a site file the service may still run with another one; its usual folder is the place to look.
    missing = args.config == paths.CONFIG and not args.config.exists()
    storage = Storage() if missing else load_storage(args.config)
    return read(storage.runtime, datetime.now(UTC))


def exit_code(status: StatusRead) -> int:
    """Return 3 for a stale status, else 1 where something fails, 3 where something is unknown, 0 otherwise."""
    if status.stale:
        return exits.UNCHECKED
    counts = mapping(status.content.get("counts"))
    refused = counts.get("refused", 0)
    return exits.worst(bool(counts.get("fail")), bool(refused), bool(open_unknown(counts)))
