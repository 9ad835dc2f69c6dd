"""Runs the whole flow on a simulated site: real protocols on loopback, nothing left running."""

import argparse
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.text import Text

from agent.commands import demo_liars, demo_quiz
from agent.commands.terminal.tables import cameras_table, findings_table
from agent.demo import run as simulation
from agent.demo.broker import BrokerFailed
from agent.demo.children import ChildFailed
from agent.demo.world.cameras import Fault
from agent.host.clock import utc_now
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Message
from agent.report.build import parse_finding
from agent.report.plain_findings import plain_findings
from agent.site.config.load import load
from agent.text.translate import render, translate

MARKER = "camwarden-demo.txt"

CHANGES: tuple[tuple[str, Fault | None], ...] = (
    ("gate", "mask-removed"),
    ("gate", None),
    ("roof", "dark"),
    ("roof", None),
    ("parking", "recordings-lost"),
    ("parking", None),
)
"""What `--watch` does to the site, step by step."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--out", type=Path, default=Path("build/demo"), help="folder for report.html, hub.html and logs"
    )
    parser.add_argument(
        "--broker", choices=sorted(simulation.BROKERS), default="embedded", help="which MQTT broker to start"
    )
    parser.add_argument("--watch", action="store_true", help="keep running while the site changes; Ctrl-C ends it")
    parser.add_argument("--rounds", type=int, default=0, help="with --watch: end after this many rounds of changes")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--liars", action="store_true", help="instead: let simulated devices lie, and show which lies are seen through"
    )
    instead.add_argument(
        "--quiz", action="store_true", help="instead: judge simulated devices yourself, some of which lie"
    )


def run(args: argparse.Namespace) -> int:
    """Run one cycle, and with `--watch` more of them, and return 0 when the hub has confirmed every report."""
    if args.liars:
        return demo_liars.run(args)
    if args.quiz:
        return demo_quiz.run(args)
    console = Console(no_color=args.no_color, quiet=args.quiet or args.json)
    signal.signal(signal.SIGTERM, _interrupt)
    began_at = time.monotonic()
    _clear(args.out)

    def say(line: Message) -> None:
        console.print(Text(f"{time.monotonic() - began_at:5.1f} s  {render(line, args.lang)}"))

    try:
        with ExitStack() as stack:
            demo = simulation.start(stack, args.out.absolute(), args.broker, utc_now, say)
            up_s = time.monotonic() - began_at
            simulation.first_cycle(demo, say)
            what = simulation.delivered(demo)
            total_s = time.monotonic() - began_at
            simulation.write_results(demo, what, {"start_s": round(up_s, 2), "total_s": round(total_s, 2)})
            simulation.hand_over(demo, args.lang)
            _show(console, demo, what, args)
            if args.watch:
                _watch(console, demo, what, args.rounds, say)
    except (BrokerFailed, ChildFailed) as error:
        sys.stderr.write(translate("the demo failed: {why}", args.lang).format(why=error) + "\n")
        return exits.UNAVAILABLE
    if args.json:
        sys.stdout.write((args.out / "result.json").read_text() + "\n")
    return exits.OK if what.sent == what.verified == what.confirmed > 0 else exits.UNAVAILABLE


def _clear(out: Path) -> None:
    """Empty the folder of an earlier demo, and mark it as one. Raises UsageError for a folder with other files."""
    if out.exists() and any(out.iterdir()) and not (out / MARKER).exists():
        raise UsageError("{out}: not empty, and not the folder of an earlier demo; choose another with --out", out=out)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARKER).write_text("Written by camwarden demo, which empties this folder when it runs again.\n")


def _show(console: Console, demo: simulation.Demo, what: simulation.Delivered, args: argparse.Namespace) -> None:
    site = load(demo.config)
    findings = tuple(parse_finding(f) for f in plain_findings(what.payload["body"]))
    console.print(cameras_table(site, findings, args.lang))
    console.print(findings_table(site, findings, args.lang))
    counts = {"sent": what.sent, "verified": what.verified, "confirmed": what.confirmed}
    files = {name: args.out / name for name in ("report.html", "hub.html", "result.json")}
    report = {"path": files["report.html"], "command": _verifying(args)}
    for line in (
        Message("{sent} reports sent, {verified} verified, {confirmed} confirmed by the hub", counts),
        Message("hand-over report: {path}", report),
        Message("check it: {command}", report),
        Message("what the hub has verified: {page}   data: {data}",
                {"page": files["hub.html"], "data": files["result.json"]}),
    ):  # fmt: skip
        console.print(Text(render(line, args.lang)), soft_wrap=True)


def _verifying(args: argparse.Namespace) -> str:
    # In a checkout the command lies in .venv and is on nobody's path.
    program = "camwarden" if shutil.which("camwarden") else sys.argv[0]
    return f"{program} verify {args.out / 'report.html'} --data {args.out / 'hub'}"


def _watch(console: Console, demo: simulation.Demo, what: simulation.Delivered, rounds: int, say: Any) -> None:
    """Change the site, look again, and print each event as the hub has verified it."""
    told = {event.seq for event in what.events}
    done = 0
    while not rounds or done < rounds:
        for camera, fault in CHANGES:
            demo.site.change(camera, fault)
            say(Message("{camera}: {fault}", {"camera": camera, "fault": Message(fault or "all is well again")}))
            simulation.another_cycle(demo)
            what = simulation.delivered(demo)
            for event in what.events:
                if event.seq not in told:
                    told.add(event.seq)
                    console.print(Text(f"         {event_line(event)}", style="bold"))
        done += 1


def event_line(event: simulation.Event) -> str:
    """Render one line for an event as the hub stores it."""
    body = event.body
    change = f"{body['from'] or 'not known'} -> {body['to']}"
    return f"event {event.seq}: {body['subject']} {body['check']} {change}: {body['finding']['message']}"


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
