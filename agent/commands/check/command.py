"""Checks a site, or one address, once and shows the findings; nothing is changed, stored or sent.

The result is one value, `Checked`; every output is made from it.
"""

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.commands.check import jobs
from agent.commands.check import report as check_report
from agent.commands.check.looking import LookOptions, look, look_at_site
from agent.commands.check.options import add_options, check_options, device_of, login_of
from agent.commands.check.plan import show_plan
from agent.commands.check.show import show
from agent.commands.terminal.opened import note_opened
from agent.commands.terminal.progress_line import progress_line
from agent.commands.terminal.unconfined import with_flag
from agent.host.clock import utc_now
from agent.host.paths import user_state
from agent.model import exits
from agent.model.exits import exit_code
from agent.model.finding import Message
from agent.onsite.one_look.anonymise import anonymous
from agent.onsite.one_look.result import CheckResult
from agent.onsite.one_look.single_address import of_host, site_of, with_channels
from agent.site.config.load import load
from agent.site.config.site import Site
from drivers.credentials import Credentials
from drivers.discovery.detect_protocol import detect_driver
from drivers.errors import DriverError
from drivers.http.transport import open_transport
from drivers.model import Device
from masking.worker.client import Worker

DRIVER_WITHIN_S: Final = 8.0
"""How long a device may take to show which protocol it speaks."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_options(parser)
    jobs.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Look, show, and return the exit code of the findings."""
    check_options(args)
    if args.plan:
        return show_plan(args)
    site = load(args.config) if args.host is None else None
    if jobs.is_asked(args):
        if site is None:
            return jobs.run(args, _job_site(args), lambda asked, _: _one_address(asked))
        return jobs.run(args, site, _site)
    report = check_report.plan_report(args, site)
    checked = _one_address(args) if site is None else _site(args, site)
    checked = anonymous(checked) if args.redact else checked
    show(args, checked)
    if report is not None:
        with progress_line(args, Message("the report is written")):
            check_report.write_report(report, checked)
        note_opened(_folder(site), "check --report", "pictures", report.path)
    return exits.INTERRUPTED if checked.interrupted else exit_code(checked.seen.findings)


def _folder(site: Site | None) -> Path:
    """Return the state folder of a site; of a single address that of this user."""
    return site.storage.directory if site is not None else user_state(os.environ)


def _site(args: argparse.Namespace, site: Site) -> CheckResult:
    return look_at_site(args, site, _look_options(args))


def _look_options(args: argparse.Namespace) -> LookOptions:
    reported = args.report is not None
    return LookOptions(args.rounds, args.sample if reported else 0, args.pictures if reported else "none")


def _job_site(args: argparse.Namespace) -> Site:
    """Return the site that a job has for a single address: no other address may be compared with it."""
    device = device_of(args)
    site = site_of(device, user_state(os.environ))
    return replace(site, id=f"{site.devices[0].id}-{device.port}")


def _one_address(args: argparse.Namespace) -> CheckResult:
    """Look at one address, and once more at all channels of a recorder. Nothing is stored.

    Refused logins are remembered as long as this takes: a wrong password is sent once.
    """
    device = device_of(args)
    credentials = Credentials(None)
    with (
        tempfile.TemporaryDirectory(prefix="camwarden-") as folder,
        Worker(accept_unconfined=args.unconfined) as worker,
    ):
        device = replace(device, credential=login_of(args), driver=args.driver or _driver(device, credentials))
        site = with_flag(site_of(device, Path(folder)), args)
        checked = look(args, site, worker, credentials, _look_options(args))
        known = with_channels(site, checked.seen.facts)
        if known != site and not checked.interrupted:
            checked = look(args, known, worker, credentials, _look_options(args))
        return replace(checked, seen=replace(checked.seen, findings=of_host(checked.seen.findings)))


def _driver(device: Device, credentials: Credentials) -> str:
    """Detect a device's protocol; one that does not answer is read over ONVIF, which then reports why not."""
    try:
        with open_transport(device, DRIVER_WITHIN_S, credentials, utc_now, device.ca) as transport:
            return detect_driver(transport)
    except DriverError:
        return "onvif"
