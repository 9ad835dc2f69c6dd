"""Defines which pictures a self-test asks a device for, by the options of the command, and refuses where it may harm.

A recorder may have one session for playback, which whoever works there needs while the place is open. A device that
serves another platform meanwhile may have only so many streams.
"""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent.commands.terminal.asking import Ended, ask
from agent.commands.terminal.service_memory import read_memory
from agent.host.clock import utc_now
from agent.host.paths import own_state
from agent.model.errors import AgentError, UsageError
from agent.observe.approvals.approvals import read_approvals, with_approvals
from agent.observe.footage.due import due_hours
from agent.observe.pictures.derived_views import approved_views, read_derived
from agent.onsite.link.footage import is_open
from agent.onsite.link.play import WAYS, Eye
from agent.onsite.link.slots import Slots
from agent.onsite.masks_look.platform_pictures import Behind, masks_judge
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.text.translate import translate
from drivers.gb28181.media import Media
from masking.model import Job, Judged

YES: Final = ("y", "yes", "是", "有", "可以")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options for pictures."""
    parser.add_argument(
        "--picture", action="store_true", help="ask for one live picture too: one more stream for some seconds"
    )
    parser.add_argument(
        "--playback", action="store_true", help="and for one recorded picture, of the oldest day that it lists"
    )
    parser.add_argument(
        "--connect", action="store_true", help="connect to the device for a picture where it cannot connect here"
    )
    parser.add_argument(
        "--beside", action="store_true",
        help="ask for pictures while the device serves another platform, which may lose one of its streams",
    )  # fmt: skip


def require_closed(args: argparse.Namespace, site: Site | None, now: datetime) -> None:
    """Refuse to play back while the place is open for business, as it is declared. Raises UsageError."""
    if args.playback and not args.picture:
        raise UsageError("--playback: add --picture, which it comes after")
    if not args.playback or site is None:
        return
    if is_open(due_hours(site, local_day(site, now)), now.astimezone(ZoneInfo(site.time_zone))):
        raise UsageError(
            "--playback: the place is open by its declared business-hours, and who works there may need the recorder: "
            "repeat it when it is closed"
        )


def require_consent(args: argparse.Namespace, slots: Slots | None) -> None:
    """Have a person agree to one more stream where the device serves another platform. Raises UsageError.

    Where its slots cannot be read, whoever asks for a picture has agreed: nobody can tell him more.
    """
    others = [] if slots is None else [one for one in slots.before if one.enabled and one.registered is not False]
    if not args.picture or args.beside or not others:
        return
    if sys.stdin.isatty() and not args.json:
        question = translate("It serves another platform. May a test take one of its streams? yes/no", args.lang)
        try:
            if ask(question, str).lower() in YES:
                return
        except Ended:
            pass
    raise UsageError(
        "it serves another platform, and may have only so many streams: ask who watches there, and add --beside, or "
        "leave --picture out"
    )


def eye_for(
    args: argparse.Namespace, local: str, peer: str, judge: Callable[[Job], Judged], site: Site | None, device: str
) -> Eye | None:
    """Return where pictures come in, None where none is asked for; with a site file masks are judged in them."""
    if not args.picture:
        return None
    ways = (*WAYS, "TCP-active") if args.connect else WAYS
    eye = Eye(lambda way: Media(way, local, peer), judge, ways, args.playback)
    if site is None:
        return eye
    behind = _behind(site, device)
    return replace(eye, masks=lambda code: masks_judge(behind, code, judge, utc_now))


def _behind(site: Site, device: str) -> Behind:
    """Return what this gateway knows of the cameras behind a device."""
    directory = own_state(site.storage.directory, os.environ)
    approvals = read_approvals(directory, site.id)
    masks: dict[str, str] = {}
    with suppress(AgentError):
        looked = sorted(read_memory(directory).remembered.looked, key=lambda one: one.at)
        masks = {one.camera_id: one.masks for one in looked if one.masks}
    views = approved_views(approvals, read_derived(directory, site.id, approvals))
    return Behind(site=with_approvals(site, approvals), device=device, views=views, masks=masks)
