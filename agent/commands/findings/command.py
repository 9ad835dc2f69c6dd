"""Shows open findings, repair times, and notes of people; adds such notes.

    camwarden findings [--open | --history] [--camera ID] [--since DAY]
    camwarden findings ack CHECK SUBJECT --why TEXT --until DAY
    camwarden findings dispute CHECK SUBJECT --by NAME --why TEXT
    camwarden findings form CHECK SUBJECT --out FILE.html
    camwarden findings plan --camera ID --from TIME --until TIME --why TEXT

It reads the spool and the history beside a running service and leaves notes for it; no device is asked.
"""

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from agent.commands.findings import say, show
from agent.commands.findings.dispute import dispute, form
from agent.commands.terminal.moments import day_or_span, time_or_day
from agent.host.clock import utc_now
from agent.host.not_ours import require_readable
from agent.model.errors import UsageError
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.site.declarations.secret import nameless
from agent.site.declarations.standing import local_day

ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace, Site, datetime], int]]] = {
    **say.ACTIONS,
    "dispute": dispute,
    "form": form,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--open", action="store_true", help="what is not well now, and since when (default)")
    what.add_argument("--history", action="store_true", help="what was not well and is over, and how long repairs took")
    parser.add_argument("--camera", metavar="ID", help="only what is about this camera")
    parser.add_argument(
        "--since", type=day_or_span, metavar="DAY", help="only from this day on: 2026-11-01, or 30d ago"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    ack = actions.add_parser("ack", help="say that somebody knows of a finding: it stays, and is told no more")
    _add_key(ack)
    _add_author(ack)
    ack.add_argument(
        "--until", type=day_or_span, required=True, metavar="DAY", help="the last day on which that counts"
    )
    _add_key(actions.add_parser("unack", help="take that back"))
    settle = actions.add_parser("settle", help="say that a change of footage was looked into: its finding ends")
    _add_key(settle)
    _add_author(settle)
    disputed = actions.add_parser("dispute", help="say that a finding is wrong: it stays, and the hub decides")
    _add_disputed(disputed)
    _add_author(disputed)
    form_parser = actions.add_parser("form", help="write a form to be printed, for whoever disputes without a login")
    _add_disputed(form_parser)
    form_parser.add_argument("--out", dest="file", type=Path, required=True, metavar="FILE", help="where it goes: HTML")
    plan = actions.add_parser("plan", help="plan work: outages of what it is about are not told meanwhile")
    _add_subject(plan)
    plan.add_argument("--from", dest="start", type=time_or_day, required=True, metavar="TIME", help="2026-11-25T22:00")
    plan.add_argument("--until", type=time_or_day, required=True, metavar="TIME", help="a time, or the last day")
    _add_author(plan)
    unplan = actions.add_parser("unplan", help="take back every plan about something that is not over")
    _add_subject(unplan)


def run(args: argparse.Namespace) -> int:
    """Show, or take a note; the exit code of the list is that of what is open."""
    site = load(args.config)
    require_readable(site.storage.directory)
    now = utc_now()
    if args.action:
        return ACTIONS[args.action](args, site, now)
    if args.camera and args.camera not in {camera.camera.id for camera in site.cameras}:
        raise UsageError("site.toml has no camera {camera!r}", camera=args.camera)
    since = starts(args.since, ZoneInfo(site.time_zone), now) if args.since else None
    told = nameless(site, local_day(site, now))
    return (show.show_history if args.history else show.show_open)(args, told, now, since)


def starts(said: date | timedelta, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when a day begins on site, or a duration ago."""
    if isinstance(said, timedelta):
        return now - said
    return datetime.combine(said, time(), zone).astimezone(UTC)


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("check", metavar="CHECK", help="the check of the finding, such as camera-online")
    parser.add_argument("subject", metavar="SUBJECT", help="what it is about, such as camera:gate")


def _add_disputed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("check", nargs="?", default="", metavar="CHECK", help="the check of the finding")
    parser.add_argument("subject", nargs="?", default="", metavar="SUBJECT", help="what it is about: camera:gate")
    parser.add_argument("--code", default="", metavar="CODE", help="or the code of its printed form")


def _add_author(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", default="", metavar="NAME", help="who says so (default: the login name)")
    parser.add_argument("--why", required=True, metavar="TEXT", help="the reason, for whoever reads it later")


def _add_subject(parser: argparse.ArgumentParser) -> None:
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--camera", dest="of_camera", metavar="ID", help="the camera that is worked on")
    subject.add_argument("--device", dest="of_device", metavar="ID", help="the device, and every camera behind it")
    subject.add_argument("--site", dest="of_site", action="store_true", help="the whole site")
