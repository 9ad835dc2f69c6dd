"""Orders, stops, resumes and shows an upgrade of the agents: `camwarden hub upgrade`.

The order is written into the hub's database; the running hub names the version to the sites, wave by wave.
"""

import argparse
import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final

from agent.commands.hub.view import reading
from agent.hub.stores.engines import files_of, open_store, open_trust
from agent.hub.views.upgrade_words import upgrade_lines
from agent.hub.views.upgrades import write_upgrade
from agent.hub.workers.upgrades.order import order_upgrade, resume_upgrade, stop_upgrade
from agent.model.errors import ConfigurationError, UsageError
from agent.model.exits import FAILS, OK
from agent.text.harmless import printable
from agent.text.translate import render

RESUME: Final = "resume"
STOP: Final = "stop"


def run(args: argparse.Namespace) -> int:
    """Do what the words say, and show the state; exit code 1 where it has stopped by itself."""
    now = datetime.now(UTC)
    if args.what is not None:
        if not (args.by and args.why):
            raise UsageError("say who does it and why: --by NAME --why TEXT")
        _act(args, now)
    with reading(args) as store:
        told = write_upgrade(store)
    if args.json:
        print(json.dumps(told, ensure_ascii=False))
    elif not args.quiet or args.what is None:
        for line in upgrade_lines(told["upgrade"]):
            print(printable(render(line, args.lang)))
    shown: Any = told["upgrade"]
    by_itself = shown is not None and shown["state"] == "stopped" and shown["why"] != "person"
    return FAILS if args.what is None and by_itself else OK


def _act(args: argparse.Namespace, now: datetime) -> None:
    if not files_of(args.data).has_store(args.data):
        raise ConfigurationError("{path}: no hub has run here; check --data", path=files_of(args.data).where(args.data))
    scope = args.division is not None or args.operator is not None or args.all
    if args.what in (RESUME, STOP) and scope:
        raise UsageError("{what} is of the upgrade that is there: name no group", what=args.what)
    if args.what not in (RESUME, STOP) and not scope:
        raise UsageError("say to which sites: --division CODE, --operator NAME, or --all")
    with closing(open_store(args.data)) as store:
        if args.what == RESUME:
            resume_upgrade(store, open_trust(args.data).load(), args.by, args.why, now)
        elif args.what == STOP:
            stop_upgrade(store, args.by, args.why, now)
        elif args.division is not None:
            order_upgrade(store, args.what, "division", args.division, args.soak, args.by, args.why, now)
        elif args.operator is not None:
            order_upgrade(store, args.what, "operator", args.operator, args.soak, args.by, args.why, now)
        else:
            order_upgrade(store, args.what, "all", "", args.soak, args.by, args.why, now)
