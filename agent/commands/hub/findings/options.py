"""Defines the options of what lists open findings and stores notes about them; no action is imported for it."""

import argparse
from pathlib import Path
from typing import Any

from agent.commands.terminal.moments import day
from agent.hub.domain.open_statuses import OPEN


def add(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe them; `data` is what every action shares."""
    _listing(actions, data)
    _words(actions, data)


def _listing(actions: Any, data: argparse.ArgumentParser) -> None:
    kind = argparse.ArgumentParser(add_help=False)
    kind.add_argument("--check", metavar="CHECK", help="of this check only")
    kind.add_argument("--model", metavar="MODEL", help="of boxes of this model only")
    listed = actions.add_parser("findings", parents=[data, kind], help="list the open findings of sites")
    listed.add_argument("site", nargs="?", metavar="SITE", help="of this site only")
    listed.add_argument("--status", choices=OPEN, help="with this status only (default: each of them)")
    listed.add_argument("--division", metavar="CODE", help="of this division, or all below it where it ends with zeros")
    listed.add_argument("--operator", metavar="NAME", help="of sites of this operator only, as `hub operator` keeps it")
    listed.add_argument("--assignee", metavar="NAME", help="that are assigned to this name only")
    listed.add_argument("--maintainer", metavar="NAME", help="of cameras of this maintainer only")
    listed.add_argument(
        "--since", type=day, metavar="DAY", help="that are as they are since this day in China or later"
    )
    listed.add_argument("--limit", type=count, metavar="N", help="at most so many (default: 1000, in tables all)")
    listed.add_argument("--after", metavar="WORD", help="what comes behind a page, as its end names it")
    listed.add_argument("--csv", action="store_true", help="print comma-separated values")
    listed.add_argument("--xlsx", type=Path, metavar="FILE", help="write a workbook too")
    one = actions.add_parser("site", parents=[data], help="show one site: boxes, open findings, how long faults lasted")
    one.add_argument("site", metavar="SITE")
    many = actions.add_parser(
        "fleet", parents=[data, kind], help="show which check fails at many boxes of one model and firmware"
    )
    many.add_argument("--least", type=count, default=2, metavar="N", help="from so many failing on (default 2)")
    mended = actions.add_parser("repairs", parents=[data], help="show how long faults lasted, by check")
    mended.add_argument(
        "--since", type=day, metavar="DAY", help="that ended on this day or later (default: 30 days ago)"
    )
    mended.add_argument("--check", metavar="CHECK", help="of this check only")
    mended.add_argument("--division", metavar="CODE", help="of this division, or all below it where it ends with zeros")


def _words(actions: Any, data: argparse.ArgumentParser) -> None:
    by = argparse.ArgumentParser(add_help=False)
    by.add_argument("--by", required=True, metavar="NAME", help="who says so")
    place = argparse.ArgumentParser(add_help=False, parents=[by])
    place.add_argument("site", metavar="SITE")
    place.add_argument("check", metavar="CHECK")
    place.add_argument("subject", metavar="SUBJECT", help="such as camera:gate, as `hub findings` lists it")
    known = actions.add_parser("acknowledge", parents=[data, place], help="keep that somebody knows of a finding")
    known.add_argument("--until", type=day, required=True, metavar="DAY", help="last day on which that counts")
    known.add_argument("--why", required=True, metavar="TEXT", help="the reason")
    assign = actions.add_parser("assign", parents=[data, place], help="keep who is to mend a finding, and by when")
    assign.add_argument("--to", required=True, metavar="NAME", help="who is to mend it")
    assign.add_argument("--due", type=day, required=True, metavar="DAY", help="last day for it")
    assign.add_argument("--why", metavar="TEXT", help="what is to be done")
    planned = actions.add_parser("plan", parents=[data, place], help="keep that the repair of a finding is planned")
    planned.add_argument("--until", type=day, required=True, metavar="DAY", help="last day for it, at most 30 days on")
    planned.add_argument("--why", required=True, metavar="TEXT", help="the reason")
    comment = actions.add_parser("comment", parents=[data, place], help="keep a comment on a finding")
    comment.add_argument("text", metavar="TEXT")
    order = actions.add_parser(
        "work-order", parents=[data], help="print what is assigned to somebody, in both languages"
    )
    order.add_argument("site", nargs="?", metavar="SITE", help="of this site only")
    order.add_argument("--to", required=True, metavar="NAME", help="to whom it is assigned")
    operator = actions.add_parser("operator", parents=[data, by], help="keep who operates a site")
    operator.add_argument("site", metavar="SITE")
    operator.add_argument("name", metavar="NAME")
    lies = actions.add_parser("place", parents=[data, by], help="keep in which division a site lies")
    lies.add_argument("site", metavar="SITE")
    lies.add_argument("--division", required=True, metavar="CODE", help="six digits of GB/T 2260, such as 140202")
    lies.add_argument("--why", required=True, metavar="TEXT", help="how that is known")
    lies.add_argument(
        "--since", type=day, metavar="DAY", help="first day on which it lies there (default: it never lay elsewhere)"
    )
    actions.add_parser("places", parents=[data], help="list sites that tell another division than the one that counts")


def count(text: str) -> int:
    """Parse a number above zero; argparse names this function in its message."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value
