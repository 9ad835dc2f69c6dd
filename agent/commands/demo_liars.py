"""Shows the gallery of lying devices: what each fakes, what is right, and whether camwarden was fooled."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.marks import STYLE
from agent.demo.children import ChildFailed
from agent.demo.liars.gallery import Verdict, gallery
from agent.host.clock import utc_now
from agent.model import exits
from agent.model.finding import Message
from agent.text.translate import render, translate

SCHEMA = "camwarden-liars/1"


def run(args: argparse.Namespace) -> int:
    """Tell every lie and return 0 where none fooled camwarden, else the code for what fails."""
    progress = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    began_at = time.monotonic()

    def say(line: Message) -> None:
        progress.print(Text(f"{time.monotonic() - began_at:5.1f} s  {render(line, args.lang)}"))

    verdicts: list[Verdict] = []
    try:
        with tempfile.TemporaryDirectory(prefix="camwarden-liars-") as folder:
            for verdict in gallery(Path(folder), utc_now(), say):
                verdicts.append(verdict)
                say(Message("{lie} was told: {result}", {"lie": verdict.lie.name, "result": Message(_result(verdict))}))
    except ChildFailed as error:
        sys.stderr.write(translate("the demo failed: {why}", args.lang).format(why=error) + "\n")
        return exits.UNAVAILABLE
    if args.json:
        sys.stdout.write(json.dumps(as_json(verdicts), ensure_ascii=False, indent=2) + "\n")
    else:
        _show(Console(no_color=args.no_color, quiet=args.quiet), verdicts, args.lang)
    return exits.FAILS if any(verdict.wrong for verdict in verdicts) else exits.OK


def as_json(verdicts: Sequence[Verdict]) -> dict[str, object]:
    """Return the gallery as one object."""
    rows = [
        {
            "lie": verdict.lie.name,
            "world": verdict.lie.world,
            "fakes": str(verdict.lie.fakes),
            "fooled": bool(verdict.wrong),
            "findings": [
                {
                    "finding": key,
                    "right": list(verdict.lie.right[key]),
                    "status": finding.status if finding else None,
                    "reason": finding.reason if finding else "",
                    "wrong": key in verdict.wrong,
                }
                for key, finding in verdict.said.items()
            ],
        }
        for verdict in verdicts
    ]
    return {"schema": SCHEMA, "lies": rows, "fooled": sum(bool(verdict.wrong) for verdict in verdicts)}


def _show(console: Console, verdicts: Sequence[Verdict], lang: str) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("lie", lang), overflow="fold")
    table.add_column(translate("what it fakes", lang), overflow="fold")
    table.add_column(translate("what is right", lang), overflow="fold")
    table.add_column(translate("what camwarden says", lang), overflow="fold")
    table.add_column(translate("result", lang), no_wrap=True)
    for verdict in verdicts:
        right, said = Text(), Text()
        for key, finding in verdict.said.items():
            right.append(f"{key}: {_either(verdict.lie.right[key], lang)}\n")
            status = finding.status if finding else "unknown"
            said.append(f"{translate(status, lang)}\n", style=STYLE[status] if key in verdict.wrong else "")
        result = Text(translate(_result(verdict), lang), style="bold red" if verdict.wrong else "green")
        table.add_row(Text(verdict.lie.name), Text(render(verdict.lie.fakes, lang)), right, said, result)
    console.print(table)
    fooled = Message(
        "{count} lies were told, {fooled} fooled camwarden",
        {"count": len(verdicts), "fooled": sum(bool(verdict.wrong) for verdict in verdicts)},
    )
    console.print(Text(render(fooled, lang)))


def _either(statuses: Sequence[str], lang: str) -> str:
    return " / ".join(translate(status, lang).replace("_", " ") for status in statuses)


def _result(verdict: Verdict) -> str:
    return "fooled" if verdict.wrong else "held"
