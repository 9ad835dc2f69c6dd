"""Look at a site, or at one address, once and show what was found; nothing is changed, kept or sent.

The result is one value, `Checked`; every output is made from it. The options stand in `check_options.py`, how far it is
in `check_progress.py`, what is printed in `check_show.py` and `check_plan.py`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent import exits
from agent.anonymous import anonymous
from agent.checked import Checked
from agent.commands import check_jobs, check_report
from agent.commands.check_options import add_options, check_options, device_of, login_of
from agent.commands.check_pictures import Album
from agent.commands.check_plan import show_plan
from agent.commands.check_progress import following
from agent.commands.check_show import show
from agent.config import Site
from agent.config_load import load
from agent.cycle import see
from agent.daemon import utc_now
from agent.facts import with_more
from agent.files import as_owner_of
from agent.host import moment
from agent.measured import live_streams, measure, planned_s
from agent.one_device import site_of, with_channels
from agent.paths import credentials_file, user_state
from agent.remembered import episodes_known
from agent.rim import Rim
from agent.verdict import exit_code
from drivers.credentials import Credentials
from drivers.errors import DriverError
from drivers.model import Device
from drivers.speaks import spoken
from drivers.transport import open_transport
from masking.worker import Worker

DRIVER_WITHIN_S: Final = 8.0
"""How long a device may take to show which protocol it speaks."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_options(parser)
    check_jobs.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Look, show, and return the exit code of what was found."""
    check_options(args)
    if args.plan:
        return show_plan(args)
    site = load(args.config) if args.host is None else None
    if check_jobs.is_asked(args):
        if site is None:
            return check_jobs.run(args, _alone(args), lambda asked, _: _one_address(asked))
        return check_jobs.run(args, site, _site)
    report = check_report.planned(args, site)
    checked = _one_address(args) if site is None else _site(args, site)
    checked = anonymous(checked) if args.redact else checked
    show(args, checked)
    if report is not None:
        check_report.write_report(report, checked)
    return exits.INTERRUPTED if checked.interrupted else exit_code(checked.seen.findings)


def _site(args: argparse.Namespace, site: Site) -> Checked:
    """Look at a site that a file describes; only refused logins are remembered."""
    remembered = credentials_file(site.storage.directory, os.environ)
    remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Worker() as worker, as_owner_of(site.storage.directory):
        checked = _look(args, site, worker, Credentials(remembered))
    return replace(checked, episodes=episodes_known(site.storage.directory))


def _alone(args: argparse.Namespace) -> Site:
    """Return what a job calls a single address: no other one may be held against it."""
    device = device_of(args)
    site = site_of(device, user_state(os.environ))
    return replace(site, id=f"{site.devices[0].id}-{device.port}")


def _one_address(args: argparse.Namespace) -> Checked:
    """Look at one address, and once more at all channels where it turns out to be a recorder. Nothing is kept.

    Refused logins are remembered as long as this takes: a wrong password is sent once.
    """
    device = device_of(args)
    credentials = Credentials(None)
    with tempfile.TemporaryDirectory(prefix="camwarden-") as folder, Worker() as worker:
        device = replace(device, credential=login_of(args), driver=args.driver or _driver(device, credentials))
        site = site_of(device, Path(folder))
        checked = _look(args, site, worker, credentials)
        known = with_channels(site, checked.seen.facts)
        if known == site or checked.interrupted:
            return checked
        return _look(args, known, worker, credentials)


def _driver(device: Device, credentials: Credentials) -> str:
    """Ask a device which protocol it speaks; one that does not say is read over ONVIF, which then tells why not."""
    try:
        with open_transport(device, DRIVER_WITHIN_S, credentials, utc_now, device.ca) as transport:
            return spoken(transport)
    except DriverError:
        return "onvif"


def _look(args: argparse.Namespace, site: Site, worker: Worker, credentials: Credentials) -> Checked:
    now = moment(utc_now())
    album = Album(worker.judge, keep=args.report is not None)
    with following(args, site) as progress:
        watch = progress.watch
        rim = Rim(credentials, album.judge, utc_now, wait=watch.wait, stop=watch.stop, stage=watch.stage)
        seen = see(site, rim, now, rounds=args.rounds)
        if args.report is not None and args.sample and not progress.stopped:
            streams = live_streams(site, seen.facts)
            progress.measuring_s = planned_s(site, streams, args.sample)
            measured = measure(site, streams, credentials, utc_now, args.sample, watch)
            seen = replace(seen, facts=with_more(seen.facts, measured))
    return Checked(site, seen, now.at, progress.stopped, pictures=album.blackened(site, seen.facts))
