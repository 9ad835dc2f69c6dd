"""Discovers devices in the configured networks, and lists which of them are not configured.

They are asked over ONVIF and in makers' own searches. The requests are shown before the first datagram. No login is
sent, and a device is asked for its identity alone: all output is its own, sanitized for terminals, spreadsheets and
files.
"""

import argparse
import csv
import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.own_addresses import own_addresses
from agent.host.paths import default_config
from agent.model import exits
from agent.model.errors import UsageError, os_words
from agent.model.finding import Json, Message, listed
from agent.observe.inventory.site_skeleton import PLACEHOLDER, skeleton
from agent.observe.inventory.stocktake import MatchedAnswer, take_stock
from agent.observe.probe.devices import discover, discovery_plan
from agent.site.config.load import load
from agent.site.config.sections import is_own_address, is_range, is_responder
from agent.site.config.site import Discovery, Site
from agent.text.harmless import csv_cell, json_text, printable
from agent.text.redact import redact
from agent.text.translate import render, together, translate
from drivers.discovery.answer import Discovered, mac_of, model_of, scope_text
from drivers.discovery.mac_vendors import maker_of
from drivers.discovery.plan import PER_SECOND, Plan
from drivers.discovery.protocols import PROTOCOLS

SCHEMA = "camwarden-discover/1"
PLAN_SCHEMA = "camwarden-discover-plan/1"
COLUMNS = (
    "address", "name", "model", "location", "mac", "endpoint", "standing", "devices", "reason", "xaddrs",
    "maker", "firmware", "serial", "activated",
)  # fmt: skip
"""`maker` is who was given the MAC; the last three are the device's own word in its maker's search."""
PROGRESS_AFTER_S = 2.0
NOT_ACTIVATED = "not activated: set a password in the maker's tool (SADP / ConfigTool) first"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--csv", action="store_true", help="print comma-separated values, safe for spreadsheets")
    shape.add_argument("--plan", action="store_true", help="only say what would be sent, and send nothing")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write what was found as a new site.toml")
    add_where(parser)


def add_where(parser: argparse.ArgumentParser) -> None:
    """Add the options that name networks to ask."""
    where = parser.add_argument_group("where to ask", "each may be given again; any of them replaces [discovery]")
    options = (
        ("--interface", "ADDRESS", is_own_address, "own IPv4 address to send the multicast from"),
        ("--address", "HOST", is_responder, "one host, with or without :port"),
        ("--range", "NETWORK", is_range, "IPv4 network whose hosts are all asked, slowly, such as 192.0.2.0/28"),
    )
    for name, shown, right, told in options:
        where.add_argument(name, action="append", default=[], metavar=shown, type=_checked(right, shown), help=told)


def run(args: argparse.Namespace) -> int:
    """Show the plan, ask, and print what answered and how it relates to the configuration."""
    if args.csv and args.json:
        raise UsageError("--csv and --json are two shapes of one answer: choose one")
    site = _site(args)
    plan = plan_of(site)
    if not plan.datagrams:
        told = Message(
            "nothing was sent: name networks under [discovery] in site.toml, or with --interface, --address, --range"
        )
        sys.stderr.write(render(told, args.lang) + "\n")
        return exits.UNCHECKED
    if args.plan:
        sys.stdout.write(json_text(plan_json(plan)) + "\n" if args.json else plan_text(plan, args.lang))
        return exits.OK
    if args.write is not None and (args.write.exists() or args.write.is_symlink()):
        raise UsageError("{path} is there already and is not overwritten: name a new file", path=args.write)
    if not args.quiet:
        sys.stderr.write(plan_text(plan, args.lang))
    console = Console(no_color=args.no_color)
    seconds = plan.sending_s + site.discovery.wait_s
    with progress_after(Console(stderr=True, no_color=args.no_color, quiet=args.quiet), seconds, args.lang) as progress:
        heard = discover(site, progress)
    placed = take_stock(site, heard.found, heard.names)
    if args.json:
        sys.stdout.write(json_text(result_json(placed, heard.failed)) + "\n")
    elif args.csv:
        sys.stdout.write(result_csv(placed))
    elif not args.quiet:
        console.print(result_table(placed, args.lang))
    if not placed and not args.quiet:
        told = Message(
            "nothing answered: many devices have this search switched off, and it ends at a router. Ask a network host "
            "by host with --range, or look at one address with camwarden check --host"
        )
        sys.stderr.write(render(told, args.lang) + "\n")
    for failed in heard.failed:
        sys.stderr.write(translate("not asked or not heard: {what}", args.lang).format(what=printable(failed)) + "\n")
    if args.write is not None:
        _write(args.write, skeleton(site, placed))
        line = translate("{path}: written; check every line, then: camwarden config validate", args.lang)
        sys.stderr.write(line.format(path=args.write) + "\n")
    return exits.UNCHECKED if heard.failed else exits.OK


def result_json(placed: tuple[MatchedAnswer, ...], failed: tuple[str, ...]) -> dict[str, Json]:
    """Return what `--json` prints: each device that answered, and which of them nobody declared."""
    return {
        "schema": SCHEMA,
        "found": [
            {
                **dict(zip(COLUMNS, _row(one), strict=True)),
                "devices": list(one.devices),
                "activated": one.found.told.activated if one.found.told else None,
                "senders": list(one.found.senders),
                "xaddrs": [redact(xaddr) for xaddr in one.found.xaddrs],
                "scopes": [redact(scope) for scope in one.found.scopes],
            }
            for one in placed
        ],
        "undeclared": sorted({one.address for one in placed if one.standing == "undeclared"}),
        "failed": list(failed),
    }


def result_csv(placed: tuple[MatchedAnswer, ...]) -> str:
    """Return what `--csv` prints. Every cell is quoted, and none is a formula. Source: RFC 4180."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([csv_cell(text) for text in _row(one)] for one in placed)
    return written.getvalue()


def result_table(placed: tuple[MatchedAnswer, ...], lang: str, numbered: bool = False) -> Table:
    """Return the table for people, its rows numbered where they are to be picked from.

    Names from devices are text, never markup.
    """
    title = translate("{count} devices answered", lang).format(count=len(placed))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title)
    if numbered:
        table.add_column("#", justify="right", no_wrap=True)
    table.add_column(translate("address", lang), no_wrap=True)
    headings = (translate("name", lang), translate("model, firmware, serial number", lang))
    for heading in (*headings, translate("MAC, maker", lang), translate("standing", lang)):
        table.add_column(heading, overflow="fold")
    words = {
        "configured": translate("configured", lang),
        "behind": translate("behind a recorder", lang),
        "ignored": translate("ignored", lang),
        "undeclared": translate("UNDECLARED: add it as a [[device]], or find out what it is", lang),
    }
    for number, one in enumerate(placed, 1):
        more = together(one.devices, lang) or one.reason
        standing = Text(words[one.standing], style="bold red" if one.standing == "undeclared" else "")
        standing.append(translate(": ", lang) + printable(more) if more else "")
        if is_not_activated(one.found):
            standing.append("\n" + translate(NOT_ACTIVATED, lang), style="bold red")
        mac, told = mac_of(one.found), one.found.told
        box_words = (model_of(one.found), *((told.firmware, told.serial) if told else ()))
        cells = (printable(scope_text(one.found, "name")), lines(box_words), lines((mac, maker_of(mac))))
        first = [Text(str(number))] if numbered else []
        table.add_row(*first, Text(one.address), *(Text(cell) for cell in cells), standing)
    return table


@contextmanager
def progress_after(
    console: Console, seconds: float, lang: str, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[], None]]:
    """Yield a callback of progress: after `PROGRESS_AFTER_S` a terminal shows it."""
    began = clock()
    with console.status("") as status:
        status.stop()
        shown = False

        def progress() -> None:
            nonlocal shown
            passed = clock() - began
            if passed >= PROGRESS_AFTER_S:
                values = {"passed": f"{passed:.0f}", "seconds": f"{max(seconds, passed):.0f}"}
                status.update(render(Message("asking, {passed} s of about {seconds} s", values), lang))
                if not shown:
                    shown = True
                    status.start()

        yield progress


def _row(one: MatchedAnswer) -> tuple[str, ...]:
    """Return the cells of a device in the order of `COLUMNS`."""
    found, told, mac = one.found, one.found.told, mac_of(one.found)
    said = (scope_text(found, "name"), model_of(found), scope_text(found, "location"), mac)
    rest = (found.endpoint, one.standing, " ".join(one.devices), one.reason, redact(" ".join(found.xaddrs)))
    activated = {True: "yes", False: "no", None: ""}[told.activated if told else None]
    return (one.address, *said, *rest, maker_of(mac), *((told.firmware, told.serial) if told else ("", "")), activated)


def is_not_activated(found: Discovered) -> bool:
    """Return whether a device says that it has no administrator's password yet: it takes no login before."""
    return found.told is not None and found.told.activated is False


def lines(words: Iterable[str]) -> str:
    """Return the words of a device that are there, each on its line."""
    return "\n".join(printable(word) for word in words if word)


def _site(args: argparse.Namespace) -> Site:
    """Return the configured site, with the networks of the command line.

    Without a site file the networks of this machine are asked, by multicast.
    """
    given = where_of(args)
    named = given != Discovery()
    if not args.config.exists() and (named or args.config == default_config()):
        return replace(PLACEHOLDER, discovery=given if named else Discovery(interfaces=own_addresses()))
    site = load(args.config)
    if not named:
        return site
    return replace(site, discovery=replace(given, wait_s=site.discovery.wait_s, ignore=site.discovery.ignore))


def where_of(args: argparse.Namespace) -> Discovery:
    """Return the networks that the command line names."""
    return Discovery(tuple(args.interface), tuple(args.address), tuple(args.range))


def plan_of(site: Site) -> Plan:
    """Return the plan of the requests. Raises UsageError for networks that are too large."""
    try:
        return discovery_plan(site)
    except ValueError as error:
        raise UsageError("{error}: name only the networks that cameras are in", error=error) from None


def plan_text(plan: Plan, lang: str) -> str:
    """Render the plan for people."""
    ranges = Counter(label for label, _ in plan.paced)
    told = [
        Message("these questions over UDP and nothing else; no login is sent:"),
        *(
            Message("  {name}, port {port}: {asks}", {"name": one.name, "port": one.port, "asks": listed(one.asks)})
            for one in PROTOCOLS
        ),
        *(Message("  multicast and broadcast from {address}", {"address": interface}) for interface in plan.multicast),
        *(Message("  to {address}", {"address": label}) for label, _ in plan.asked),
        *(
            Message(
                "  to {count} hosts of {network}, {rate} datagrams a second",
                {"count": count, "network": label, "rate": PER_SECOND},
            )
            for label, count in ranges.items()
        ),
        Message(
            "  {count} datagrams in about {seconds} s", {"count": plan.datagrams, "seconds": f"{plan.sending_s:.0f}"}
        ),
    ]
    return "".join(f"{render(line, lang)}\n" for line in told)


def plan_json(plan: Plan) -> dict[str, Json]:
    """Encode the plan for programs."""
    return {
        "schema": PLAN_SCHEMA,
        "protocols": [
            {"name": one.name, "port": one.port, "group": one.group, "broadcast": one.broadcast, "asks": list(one.asks)}
            for one in PROTOCOLS
        ],
        "multicast": list(plan.multicast),
        "addresses": [label for label, _ in plan.asked],
        "ranges": dict(Counter(label for label, _ in plan.paced)),
        "datagrams": plan.datagrams,
        "sending_s": plan.sending_s,
    }


def _write(path: Path, text: str) -> None:
    """Write a file that must not exist yet."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError("{path} is there already and is not overwritten: name a new file", path=path) from None
    except OSError as error:
        raise UsageError("{path} cannot be written: {why}", path=path, why=os_words(error)) from None


def _checked(right: Callable[[str], bool], shown: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not right(text):
            raise UsageError("{given} is no {shown}: see camwarden discover --help", given=printable(text), shown=shown)
        return text

    return check
