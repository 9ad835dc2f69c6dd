"""Runs the hub's service: `camwarden hub run`."""

import argparse
import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from agent.commands.terminal.broker_named import broker_of
from agent.commands.verify.lines import ready_line
from agent.commands.verify.watch import until_interrupted
from agent.hub.transport.carriers import connector
from agent.hub.transport.mqtt import SUBSCRIPTION
from agent.hub.transport.topology import EXCHANGE, Part
from agent.hub.views.metrics import serving
from agent.hub.workers import service
from agent.hub.workers.intake import Event
from agent.hub.workers.quiet import LogLimit
from agent.model.exits import OK
from agent.text.translate import render

_QUIET_EVENTS = ("verified", "duplicate", "confirmed", "state", "stale-state", "logged", "unheard")
"""What is normal: told with --json only."""

_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]*):)?([0-9]+)")


def run(args: argparse.Namespace) -> int:
    """Receive until interrupted."""
    broker = broker_of(args)
    nodes = tuple(replace(broker, host=host, port=port) for host, port in args.also)
    stop = until_interrupted()
    with ExitStack() as beside:
        if args.metrics is not None:
            page = serving(args.data, args.metrics, lambda: datetime.now(UTC), args.metrics_name, args.backups)
            beside.enter_context(page)
        kept, worker = timedelta(days=args.keep_days), args.worker or ""
        options = service.Options(args.data, broker, kept, nodes, connector(args.amqp, worker), worker)
        tell = _print_json if args.json else partial(_print_text, args.lang, _source(args.amqp))
        service.run(options, stop, partial(_print_unless_quiet, LogLimit(), tell), lambda: datetime.now(UTC))
    return OK


def _print_unless_quiet(quiet: LogLimit, tell: Callable[[Event], None], event: Event) -> None:
    said = quiet.take(event, time.monotonic())
    if said is not None:
        tell(said)


def _print_json(event: Event) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _source(part: Part | None) -> str:
    """Return what the hub reads, as its broker calls it."""
    return SUBSCRIPTION if part is None else f"{EXCHANGE}.*"


def _print_text(lang: str, source: str, event: Event) -> None:
    kind = event["event"]
    if kind == "ready":
        print(render(ready_line(source, str(event["host"]), int(str(event["port"]))), lang), flush=True)
    elif kind not in _QUIET_EVENTS or event.get("new_epoch"):
        details = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
        print(f"{kind}: {details}", flush=True)  # a log of events: its words are those of --json
