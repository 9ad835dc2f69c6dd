"""Looks at the cameras that `camwarden masks` was asked about, with the logins and the picture worker of the site.

`agent/onsite/masks_look/look.py` judges them; who approves is taken from the command line or the login.
"""

import argparse
import os
import time
from collections.abc import Mapping
from dataclasses import replace

from agent.commands.terminal.progress_line import progress_line
from agent.commands.terminal.unconfined import say_confinement, with_flag
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.host.not_ours import require_readable
from agent.host.paths import credentials_file
from agent.model.errors import UsageError
from agent.model.finding import Message
from agent.observe.approvals.approvals import Approval, prepare_folder, read_approvals
from agent.onsite.masks_look.look import look_at
from agent.onsite.masks_look.seen import CameraLook
from agent.service.cycle.environment import Environment, worker_of
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.harmless import printable
from drivers.credentials import Credentials

APART_S = 2.0


def site_of(args: argparse.Namespace) -> Site:
    """Load the site.

    Raises UsageError for a named camera that it does not have, and Forbidden where this user may not read its folder.
    """
    site = load(args.config)
    require_readable(site.storage.directory)
    unknown = sorted(set(args.camera) - {c.camera.id for c in site.cameras})
    if unknown:
        raise UsageError(
            "site.toml has no camera {unknown!r}: camwarden config show lists them", unknown=printable(unknown[0])
        )
    return site


def look_at_cameras(
    site: Site, args: argparse.Namespace, approvals: Mapping[str, Approval] | None = None
) -> tuple[CameraLook, ...]:
    """Look at the named cameras, or at all, against these approvals, or the stored ones."""
    directory = site.storage.directory
    cameras = tuple(c for c in site.cameras if not args.camera or c.camera.id in args.camera)
    needed = {c.camera.device for c in cameras}
    part = replace(site, cameras=cameras, devices=tuple(d for d in site.devices if d.id in needed))
    looking = Message("{count} cameras of {site} are looked at", {"count": len(cameras), "site": site.id})
    with as_owner_of(directory):
        prepare_folder(directory, site.id)
        remembered = credentials_file(directory, os.environ)
        remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = read_approvals(directory, site.id) if approvals is None else approvals
        part = with_flag(part, args)
        with worker_of(part) as worker, progress_line(args, looking):
            env = Environment(Credentials(remembered), worker.judge, utc_now, wait=time.sleep)
            seen = look_at(part, known, env, args.rounds, APART_S)
        say_confinement(worker.confinement, args, part.worker.unconfined == "accept")
        return seen
