"""Look at the site once and show what was found; nothing is changed, kept or sent.

The result is one value, `Checked`; every output is made from it. The options stand in `check_options.py`, what is
printed in `check_show.py`.
"""

from __future__ import annotations

import argparse
import os
import time

from rich.console import Console

from agent.checked import Checked
from agent.commands.check_options import add_options
from agent.commands.check_show import show
from agent.config import Site
from agent.config_load import load
from agent.cycle import see
from agent.daemon import utc_now
from agent.files import as_owner_of
from agent.host import moment
from agent.paths import credentials_file
from agent.rim import Rim
from agent.verdict import exit_code
from drivers.credentials import Credentials
from masking.worker import Worker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Look, show, and return the exit code of what was found."""
    checked = look_once(args, load(args.config))
    show(args, checked)
    return exit_code(checked.seen.findings)


def look_once(args: argparse.Namespace, site: Site) -> Checked:
    """Look at the site, and remember nothing of it but refused logins."""
    now = moment(utc_now())
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    remembered = credentials_file(site.storage.directory, os.environ)
    remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    progress = errors.status(f"reading {len(site.devices)} devices of {site.id}")

    def wait(seconds: float) -> None:
        progress.update(f"looking at {site.id} once more in {seconds:g} s: one picture said too little")
        time.sleep(seconds)
        progress.update(f"looking at {site.id} once more")

    with Worker() as worker, progress, as_owner_of(site.storage.directory):
        credentials = Credentials(remembered)
        seen = see(site, Rim(credentials, worker.judge, utc_now, wait=wait), now, rounds=args.rounds)
    return Checked(site, seen, now.at)
