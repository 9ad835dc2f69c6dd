"""Runs the agent: checks the site each period and reports to the hub, until it is stopped."""

import argparse
import logging

from agent.host.clock import utc_now
from agent.model import exits
from agent.model.exits import exit_code
from agent.service.daemon.loop import run_once, serve
from agent.site.config.load import load

log = logging.getLogger("camwarden.run")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--once", action="store_true", help="one cycle, wait for the hub's confirmation, then end (for a timer)"
    )


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM and return 0; with `--once` return the findings' exit code, or 69 without confirmation."""
    site = load(args.config)
    if not args.once:
        return serve(args.config, site, utc_now)
    seen, confirmed = run_once(site, utc_now)
    if not confirmed:
        log.error(
            "the hub has not confirmed every report yet; they stay in the spool and are sent again next time. Where "
            "none was ever confirmed, it may not know this site's key: its team needs what camwarden keys show prints"
        )
        return exits.UNAVAILABLE
    return exit_code(seen.findings)
