"""Requests a time stamp over the newest checkpoint of the hub's log: `camwarden hub log stamp`."""

import argparse
import json
from contextlib import closing
from functools import partial
from typing import Final

from agent.commands.verify.stamps import read_authorities
from agent.hub.log.stamping import ask_over_http, stamp
from agent.hub.stores.engines import open_log
from agent.model.errors import ConfigurationError
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render

SCHEMA: Final = "camwarden-hub-log-stamp/1"


def run(args: argparse.Namespace) -> int:
    """Have the newest checkpoint stamped, and write it with its stamp."""
    roots = read_authorities(args.tsa_ca)
    with closing(open_log(args.data, read_only=True)) as log:
        state = log.state()
    if state is None:
        raise ConfigurationError("there is no log yet, so none can go on: start the hub")
    done = stamp(state, args.folder, roots, partial(ask_over_http, args.tsa))
    at = done.stamp.at.isoformat()
    if args.json:
        told = {"schema": SCHEMA, "origin": state.origin, "size": state.size, "at": at, "new": done.is_new}
        told |= {"checkpoint": str(done.checkpoint), "stamp": str(done.response), "authority": done.stamp.authority}
        print(json.dumps(told, ensure_ascii=False))
    elif not args.quiet:
        values = {"path": done.response, "size": state.size, "at": at, "authority": printable(done.stamp.authority)}
        print(render(Message("{path}: {size} entries, stamped at {at} by {authority}", values), args.lang))
    return OK
