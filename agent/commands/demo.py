"""Runs the whole flow on a simulated site: real protocols on loopback, nothing left running."""

import argparse
import importlib
import shutil
import signal
import sys
import time
import webbrowser
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.text import Text

from agent.commands.terminal.progress_line import progress_line
from agent.commands.terminal.tables import cameras_table, findings_table, summary
from agent.commands.verify.watch import until_interrupted, wait_until
from agent.demo import run as simulation
from agent.demo.broker import BrokerFailed
from agent.demo.children import ChildFailed
from agent.demo.city import replay
from agent.demo.site_config import CITY
from agent.demo.world.cameras import Fault
from agent.host.clock import utc_now
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Finding, Message, Status
from agent.report.build import parse_finding
from agent.report.levels import basis_of_row
from agent.report.plain_findings import plain_findings
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.recognize import recognize
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
LOOKING = Message("the simulated site is looked at")
LOOKS_MOST = 3
"""How often a change is looked for until it is told."""
BAD: frozenset[Status] = frozenset({"fail", "warn"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--out", type=Path, default=Path("build/demo"), help="folder for report.html, hub.html and logs"
    )
    parser.add_argument(
        "--broker", choices=sorted(simulation.BROKERS), default="embedded", help="which MQTT broker to start"
    )
    parser.add_argument("--watch", action="store_true", help="keep running while the site changes; Ctrl-C ends it")
    parser.add_argument(
        "--serve", action="store_true", help="end with the hub's page, with 40 further sites replayed; Ctrl-C ends it"
    )
    parser.add_argument("--open", action="store_true", help="open the hand-over report in the browser")
    parser.add_argument("--rounds", type=int, default=0, help="with --watch: end after this many rounds of changes")
    parser.add_argument(
        "--liars", action="store_true", help="instead: let simulated devices lie, and show which lies are seen through"
    )


def run(args: argparse.Namespace) -> int:
    """Run one cycle, and with `--watch` more of them, and return 0 when the hub has confirmed every report."""
    if args.liars:
        # The gallery costs a second of CPU to load, and nothing else here needs it.
        return int(importlib.import_module("agent.commands.demo_liars").run(args))
    console = Console(no_color=args.no_color, quiet=args.quiet or args.json)
    signal.signal(signal.SIGTERM, _interrupt)
    began_at = time.monotonic()
    _clear(args.out)

    def say(line: Message) -> None:
        console.print(Text(f"{time.monotonic() - began_at:5.1f} s  {render(line, args.lang)}"))

    try:
        with ExitStack() as stack:
            with progress_line(args, Message("the simulated site is started"), console):
                demo = simulation.start(stack, args.out.absolute(), args.broker, utc_now, say)
            up_s = time.monotonic() - began_at
            with progress_line(args, LOOKING, console):
                simulation.first_cycle(demo, say)
            what = simulation.delivered(demo)
            total_s = time.monotonic() - began_at
            simulation.write_results(demo, what, {"start_s": round(up_s, 2), "total_s": round(total_s, 2)}, args.lang)
            with progress_line(args, Message("the report is written"), console):
                simulation.hand_over(demo, args.lang)
            _show(console, demo, what, args)
            if args.open:
                webbrowser.open((args.out / "report.html").absolute().as_uri())
            if args.watch:
                _watch(console, demo, what, args, say)
            if args.serve:
                _serve(stack, console, demo, what, args)
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
    rows = plain_findings(what.payload["body"])
    findings = tuple(_in_words(parse_finding(row), args.lang) for row in rows)
    known = {one.key: basis_of_row(row) for one, row in zip(findings, rows, strict=True)}
    console.print(findings_table(site, findings, args.lang, known))
    console.print(cameras_table(site, findings, args.lang))
    console.print(summary(findings, args.lang, known))
    counts = {"sent": what.sent, "verified": what.verified, "confirmed": what.confirmed}
    files = {name: args.out / name for name in ("report.html", "hub.html", "result.json")}
    for line in (
        Message("{sent} reports sent, {verified} verified, {confirmed} confirmed by the hub", counts),
        Message("hand-over report: {path}", {"path": files["report.html"]}),
        Message("what the hub has verified: {page}   data: {data}",
                {"page": files["hub.html"], "data": files["result.json"]}),
    ):  # fmt: skip
        console.print(Text(render(line, args.lang)), soft_wrap=True)
    if args.watch:
        console.print(Text(translate("the simulated devices and their logins, as long as this runs:", args.lang)))
        _show_devices(console, demo, site)
    console.print(Text(translate("go on with:", args.lang)))
    for command in _next_commands(args, demo, site):
        console.print(Text(f"  {command}"), soft_wrap=True)


def _in_words(finding: Finding, lang: str) -> Finding:
    """Return a finding from a report, which speaks English, with the message behind its sentence."""
    return replace(finding, message=recognize(str(finding.message), lang)) if lang != "en" else finding


def _program() -> str:
    # In a checkout the command lies in .venv and is on nobody's path.
    return "camwarden" if shutil.which("camwarden") else sys.argv[0]


def _show_devices(console: Console, demo: simulation.Demo, site: Site) -> None:
    """Print where the simulated devices listen, and their logins, which are new in each run."""
    for device in site.devices:
        user, password = demo.site.login(device.id)
        console.print(Text(f"  {device.id:10} http://{device.host}:{device.port}   {user} {password}"), soft_wrap=True)


def _next_commands(args: argparse.Namespace, demo: simulation.Demo, site: Site) -> tuple[str, ...]:
    """Return commands to go on with: about what is running, or where it has ended, about what there is to see."""
    program, verify = _program(), f"verify {args.out / 'report.html'} --data {args.out / 'hub'}"
    if args.watch:
        first = site.devices[0]
        host = f"check --host {first.host}:{first.port} --user {demo.site.login(first.id)[0]} --ask-password"
        return (f"{program} {host}", f"{program} check --config {demo.config}", f"{program} {verify}")
    return (
        f"{program} {verify}", f"{program} demo --watch", f"{program} demo --serve", f"{program} demo --liars",
    )  # fmt: skip


def _serve(
    stack: ExitStack, console: Console, demo: simulation.Demo, what: simulation.Delivered, args: argparse.Namespace
) -> None:
    """Serve the hub's page until somebody ends it; `stack` ends it with the rest."""
    with progress_line(args, Message("further sites are replayed"), console):
        sites = replay(demo.hub_data, demo.out / "replayed", what.payload["body"], CITY, utc_now())
        url, name, password = simulation.hub_page(stack, demo)
    for line in (
        Message("{count} further sites are replayed from the reports of this one", {"count": len(sites)}),
        Message(
            "the hub's page: {url}   log in as {name} with {password}", {"url": url, "name": name, "password": password}
        ),
        Message("Ctrl-C ends it"),
    ):
        console.print(Text(render(line, args.lang)), soft_wrap=True)
    wait_until(until_interrupted())


def _watch(
    console: Console, demo: simulation.Demo, what: simulation.Delivered, args: argparse.Namespace, say: Any
) -> None:
    """Change the site, look again, and print what changed as the hub has verified it."""
    before: Mapping[str, Finding] = _findings(what)
    done = 0
    while not args.rounds or done < args.rounds:
        for camera, fault in CHANGES:
            demo.site.change(camera, fault)
            say(Message("{camera}: {fault}", {"camera": camera, "fault": Message(fault or "all is well again")}))
            with progress_line(args, LOOKING, console):
                before, changed = _look_until_told(demo, camera, before, say, args.lang)
            for one in changed:
                console.print(Text(f"         {render(one, args.lang)}", style="bold"), soft_wrap=True)
        done += 1


def _look_until_told(
    demo: simulation.Demo, camera: str, before: Mapping[str, Finding], say: Any, lang: str
) -> tuple[Mapping[str, Finding], tuple[Message, ...]]:
    """Look until the hub tells a change of a camera, `LOOKS_MOST` times; return its findings and what has changed.

    On a busy machine a device may miss its deadline, or a report come after the look that was waited for.
    """
    after = before
    for _ in range(LOOKS_MOST):
        simulation.another_cycle(demo)
        after = _findings(simulation.delivered(demo))
        changed = changes_of(camera, before, {key: _in_words(one, lang) for key, one in after.items()})
        if changed:
            return after, changed
        say(Message("nothing of {camera} has changed at the hub yet: looking once more", {"camera": camera}))
    return after, ()


def _findings(what: simulation.Delivered) -> dict[str, Finding]:
    return {one.key: one for one in map(parse_finding, plain_findings(what.payload["body"]))}


def changes_of(camera: str, before: Mapping[str, Finding], after: Mapping[str, Finding]) -> tuple[Message, ...]:
    """Return a line for each finding of a camera that turned good or bad; those of another's cause only where alone.

    Findings, not events: a mask that comes and goes all the time makes no events after its second time.
    """
    turned = [
        one
        for key, one in after.items()
        if one.subject == f"camera:{camera}"
        and (key not in before or before[key].status != one.status)
        and (one.status in BAD or (key in before and before[key].status in BAD))
    ]
    own = [one for one in turned if not one.caused_by] or turned
    return tuple(_change(before.get(one.key), one) for one in own)


def _change(before: Finding | None, after: Finding) -> Message:
    values = {"check": after.check, "before": Message(before.status if before else "not known"),
              "after": Message(after.status), "what": after.message}  # fmt: skip
    if not str(after.message):
        return Message("{check} turned from {before} to {after}", values)
    return Message("{check} turned from {before} to {after}: {what}", values)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
