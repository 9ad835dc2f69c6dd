"""Runs the hub's service: `camwarden hub run`."""

import argparse
import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from agent.commands.terminal.broker_options import add_broker_options, broker_of, port
from agent.commands.verify.lines import ready_line
from agent.commands.verify.watch import until_interrupted
from agent.hub.views.metrics import LOOPBACK, serving
from agent.hub.workers import service
from agent.hub.workers.expire import KEPT_DAYS, KEPT_DAYS_MAX, KEPT_DAYS_MIN
from agent.hub.workers.intake import Event
from agent.hub.workers.quiet import LogLimit
from agent.model.exits import OK
from agent.text.translate import render

_QUIET_EVENTS = ("verified", "duplicate", "confirmed", "state", "stale-state")
"""What is normal: told with --json only."""

_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]*):)?([0-9]+)")


def add_actions(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser = actions.add_parser("run", parents=[data], help="receive until interrupted")
    add_broker_options(parser)
    parser.add_argument(
        "--metrics",
        type=address,
        metavar="[HOST:]PORT",
        help="serve /metrics for Prometheus, without login; HOST is 127.0.0.1 if not given",
    )
    parser.add_argument(
        "--metrics-name",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which /metrics may be asked for, beside its address; may be repeated",
    )
    parser.add_argument(
        "--keep-days",
        type=days_kept,
        default=KEPT_DAYS,
        metavar="N",
        help="delete reports older than so many days, 184 to 36500 (default 1096: three years)",
    )


def run(args: argparse.Namespace) -> int:
    """Receive until interrupted."""
    broker = broker_of(args)
    stop = until_interrupted()
    with ExitStack() as beside:
        if args.metrics is not None:
            beside.enter_context(serving(args.data, args.metrics, lambda: datetime.now(UTC), args.metrics_name))
        options = service.Options(args.data, broker, timedelta(days=args.keep_days))
        tell = _print_json if args.json else partial(_print_text, args.lang)
        service.run(options, stop, partial(_print_unless_quiet, LogLimit(), tell), lambda: datetime.now(UTC))
    return OK


def _print_unless_quiet(quiet: LogLimit, tell: Callable[[Event], None], event: Event) -> None:
    said = quiet.take(event, time.monotonic())
    if said is not None:
        tell(said)


def _print_json(event: Event) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _print_text(lang: str, event: Event) -> None:
    kind = event["event"]
    if kind == "ready":
        print(render(ready_line(service.SUBSCRIPTION, str(event["host"]), int(str(event["port"]))), lang), flush=True)
    elif kind not in _QUIET_EVENTS or event.get("new_epoch"):
        details = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
        print(f"{kind}: {details}", flush=True)  # a log of events: its words are those of --json


def days_kept(text: str) -> int:
    """Parse how many days reports are stored; argparse names this function in its message."""
    if not text.isascii() or not text.isdecimal() or not KEPT_DAYS_MIN <= int(text[:9]) <= KEPT_DAYS_MAX:
        raise ValueError
    return int(text)


def address(text: str) -> tuple[str, int]:
    """Parse host and port; argparse names this function in its message."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError
    return (match[1] or LOOPBACK).strip("[]"), port(match[2])
