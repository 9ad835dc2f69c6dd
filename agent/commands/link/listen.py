"""Runs `camwarden link listen`: follows a recorder and the police platform on a mirror port.

    sudo camwarden link listen --interface eth1 --minutes 10

For a contractor's laptop, never for the service: it needs root or CAP_NET_RAW to begin. Before the first packet is read
it becomes whoever called sudo. It sends nothing, asks nobody, and stores nothing; it ends after its minutes or with
Ctrl-C, and shows what was heard until then.
"""

import argparse
import json
import os
import sys
import time
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.host.users import become_caller
from agent.model.errors import Forbidden, UsageError, os_words
from agent.model.finding import Message, listed
from agent.onsite.link.listening.talks import Listener
from agent.onsite.link.listening.verdict import IN_WORDS, Listened, Verdict, judge
from agent.onsite.link.result import Step
from agent.onsite.link.wording import QUIRKS, STATUSES, TITLES
from agent.text.harmless import printable
from agent.text.translate import render, render_apart, together, translate
from drivers.gb28181.tap import Tap, interfaces

MINUTES_MAX: Final = 120
AT_ONCE_S: Final = 1.0
NOTE: Final = Message(
    "Heard on the line, and not asked: whoever can send there can have it look so. It is no word of the police."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("--interface", required=True, metavar="NAME", help="where the mirror port is plugged in: eth1")
    parser.add_argument("--port", type=int, default=5060, help="the platform's port (default 5060)")
    parser.add_argument("--minutes", type=float, default=10.0, help="when it ends at the latest (default 10)")


def run(args: argparse.Namespace) -> int:
    """Listen; the exit code is 1 where something fails or breaks a clause, 3 where something is not known.

    Raises UsageError, or Forbidden where this user may not listen.
    """
    if not 0 < args.minutes <= MINUTES_MAX:
        raise UsageError("--minutes {minutes}: give more than 0 and at most 120", minutes=args.minutes)
    if not 0 < args.port < 65536:
        raise UsageError("--port {port}: give a port from 1 to 65535", port=args.port)
    with _open(args.interface, args.port) as tap:
        become_caller(os.environ)
        heard = _listen(tap, args)
    if args.json:
        sys.stdout.write(json.dumps(heard.to_data(), ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        _print(heard, args)
    return heard.exit_code


def _listen(tap: Tap, args: argparse.Namespace) -> Listened:
    """Follow what passes until the time is over, or a person ends it."""
    listener, began_s = Listener(), time.monotonic()
    values = {"interface": args.interface, "port": args.port, "minutes": f"{args.minutes:g}"}
    try:
        _say(args, Message("listening on {interface}, port {port}, for {minutes} minutes; Ctrl-C ends it", values))
        while (left_s := began_s + args.minutes * 60 - time.monotonic()) > 0:
            _take(tap, min(left_s, AT_ONCE_S), listener)
    except KeyboardInterrupt:
        _take_rest(tap, listener)
    return judge(listener, time.monotonic() - began_s, tap.lost)


def _take_rest(tap: Tap, listener: Listener) -> None:
    """Follow what had come before the end, and was not read yet: a busy laptop is behind; a busy line never ends."""
    until_s = time.monotonic() + AT_ONCE_S
    while tap.has_next() and time.monotonic() < until_s:
        _take(tap, 0, listener)


def _take(tap: Tap, within_s: float, listener: Listener) -> None:
    if (passed := tap.next(within_s)) is not None:
        listener.take(passed.packet, time.monotonic() - passed.ago_s)


def _open(interface: str, port: int) -> Tap:
    if interface not in interfaces():
        raise UsageError(
            "there is no interface {name!r}; give one of {names}", name=interface, names=listed(interfaces())
        )
    try:
        return Tap(interface, port)
    except PermissionError:
        raise Forbidden("listening on a line needs root: repeat it with sudo, on a laptop of your own") from None
    except OSError as error:
        raise UsageError("{name} cannot be listened to: {why}", name=interface, why=os_words(error)) from None


def _say(args: argparse.Namespace, message: Message) -> None:
    if not args.quiet:
        sys.stderr.write(f"{printable(render(message, args.lang))}\n")
        sys.stderr.flush()


def _print(heard: Listened, args: argparse.Namespace) -> None:
    console = Console(no_color=args.no_color, highlight=False)
    if not heard.verdicts:
        nobody = Message(
            "nobody registered and no heartbeat passed within {seconds} s", {"seconds": round(heard.listened_s)},
            next_step="look whether the switch mirrors the recorder's port here, and which port its platform has",
        )  # fmt: skip
        console.print(Text(printable(render(nobody, args.lang))))
    for one in heard.verdicts:
        values = {"device": one.device_id or "-", "platform": one.platform_id or "-", "transport": one.transport}
        console.print(Text(printable(render(Message("{device} at {platform}, over {transport}", values), args.lang))))
        _print_talk(one, args, console)
    if heard.lost or heard.no_room:
        gaps = Message(
            "not all was heard: packets lost {lost}, requests not followed {count}",
            {"lost": heard.lost, "count": heard.no_room},
        )
        console.print(Text(render(gaps, args.lang)))
    console.print(Text(render(NOTE, args.lang), style="dim"))


def _print_talk(one: Verdict, args: argparse.Namespace, console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("status", "step", "what was found, and the next step"):
        table.add_column(translate(title, args.lang), overflow="fold")
    for step in one.steps:
        table.add_row(*_words(step, args.lang))
    for flaw in one.flaws:
        values = {"clause": IN_WORDS.get(flaw.clause, flaw.clause), "what": flaw.what}
        clause = Message("not as GB/T 28181-2022, {clause} has it: {what}", values)
        status = translate("warn", args.lang) if flaw.mild else render(STATUSES["failed"], args.lang)
        table.add_row(status, "", printable(render(clause, args.lang)))
    console.print(table)
    if one.quirks:
        quirks = together((QUIRKS[word] for word in one.quirks), args.lang, "; ")
        console.print(Text(printable(render(Message("habits: {quirks}", {"quirks": quirks}), args.lang))))


def _words(step: Step, lang: str) -> tuple[Text, Text, Text]:
    words, next_step = render_apart(step.what, lang)
    what = Text(printable(words))
    what.append(f"\n→ {printable(next_step)}" if next_step else "")
    return Text(render(STATUSES[step.status], lang)), Text(render(TITLES[step.name], lang)), what
