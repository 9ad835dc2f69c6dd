"""Runs a self-test of one device's interface for the police platform, as a platform of our own.

    camwarden link test nvr --id 14021300001180000001 --free-slot
    camwarden link test nvr --id ... --picture --certificate DIR --made-by NAME    a signed page of it
    camwarden link listen --interface eth1                                        `agent/commands/link/listen.py`

A port is open only while it runs, to one address, for one id and a password of this test. What is typed into the device
goes to standard error, the password too: it is worth nothing once the test has ended. Nothing is asked that changes the
device; a person fills in a free slot, and empties it again.
"""

import argparse
import ipaddress
import json
import os
import sys
import time
from dataclasses import dataclass, replace
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.link import calls, listen
from agent.commands.link.certificate import add_options, plan_certificate, write_certificate
from agent.commands.link.remember import remember
from agent.commands.terminal.asking import Ended, ask
from agent.commands.terminal.unconfined import say_confinement
from agent.commands.terminal.worker_flag import add_worker_flag
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.host.health import clock_synced
from agent.host.paths import credentials_file
from agent.model.errors import UsageError, os_words
from agent.model.finding import Message, listed
from agent.model.host_name import is_host
from agent.observe.probe import platform_slots
from agent.onsite.link import guide
from agent.onsite.link.certificate import without_address
from agent.onsite.link.flow import run_test
from agent.onsite.link.plan import LASTS_S, QUIET_AFTER_S, Plan, random_plan
from agent.onsite.link.result import LinkResult, StepStatus
from agent.onsite.link.slots import Slots, slots_for
from agent.onsite.link.wording import NOTE, QUIRKS, STATUSES, TITLES
from agent.site.config.load import load, load_declared
from agent.site.config.site import Site
from agent.site.toml.problems import ConfigError
from agent.text.harmless import printable
from agent.text.translate import render, render_apart, together, translate
from agent.verify.device_certificate import sm2_verify
from drivers.credentials import Credentials
from drivers.deadline import resolve
from drivers.errors import DriverError
from drivers.footage import PlatformLink
from drivers.gb28181.wire import Wire, address_towards
from drivers.registry import LINKS
from masking.worker.client import Worker

PORT: Final = 5060
"""Source: GB/T 28181-2022, 6.1.2."""
STYLE: Final[dict[StepStatus, str]] = {
    "seen": "green",
    "told": "green",
    "failed": "bold red",
    "unknown": "magenta",
    "skipped": "dim",
}


@dataclass(frozen=True, slots=True)
class Target:
    """The device of a test: its host, and its site with its id there, where a site file has it."""

    host: str
    site: Site | None = None
    device: str = ""
    driver: str = ""

    @property
    def cameras(self) -> tuple[str, ...]:
        """The codes of its cameras, as the site file has them."""
        own = (one.camera for one in self.site.cameras) if self.site is not None else ()
        return tuple(one.code for one in own if one.device == self.device and one.code)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    tested = actions.add_parser("test", help="let one device register here for some minutes, and ask what it is asked")
    tested.add_argument("device", metavar="DEVICE", nargs="?", help="the device, by its id in site.toml")
    tested.add_argument("--host", metavar="ADDRESS", help="the device's address, without a site file")
    tested.add_argument("--id", required=True, metavar="CODE", help="the 20 digits of the device at the platform")
    tested.add_argument("--free-slot", action="store_true", help="you have looked: the slot is used by no platform")
    calls.add_options(tested)
    add_worker_flag(tested)
    tested.add_argument("--port", type=int, default=PORT, help="where the device registers here (default 5060)")
    tested.add_argument("--digest", choices=("MD5", "SHA-256"), default="MD5", help="how it logs in (default MD5)")
    tested.add_argument("--minutes", type=float, default=LASTS_S / 60, help="when it ends at the latest (default 10)")
    tested.add_argument(
        "--quiet-after", type=float, default=QUIET_AFTER_S, metavar="S",
        help="after how many seconds of silence the slot is off (default 60)",
    )  # fmt: skip
    tested.add_argument(
        "--test-clock", action="store_true",
        help="give it the time when it registers, which sets its clock, and see whether it takes it",
    )  # fmt: skip
    add_options(tested)
    heard = actions.add_parser(
        "listen", help="hear on a mirror port what a recorder and its platform say to each other"
    )
    listen.add_arguments(heard)


def run(args: argparse.Namespace) -> int:
    """Run the test; the exit code is 1 where a step fails, 4 after a wrong password, 3 where a step is unknown.

    Raises UsageError where it cannot begin.
    """
    if args.action == "listen":
        return listen.run(args)
    if not 0 < args.minutes <= LASTS_S / 60:
        raise UsageError("--minutes {minutes}: give more than 0 and at most 10", minutes=args.minutes)
    target = _target(args)
    calls.require_closed(args, target.site, utc_now())
    if args.test_clock and not clock_synced():
        raise UsageError(
            "--test-clock: this machine's clock is not known to be right, and would set that of the device: let it "
            "take the time from a server first, or leave --test-clock out"
        )
    plan = random_plan(args.id, args.digest, args.minutes * 60, max(1.0, args.quiet_after), target.cameras)
    plan = replace(plan, gives_time=args.test_clock)
    peer = _address(target.host)
    paper = plan_certificate(args, target.site, target.device)
    slots = _read_slots(args, target)
    if slots is None:
        _require_free_slot(args)
    calls.require_consent(args, slots)
    with _open(peer, args.port) as wire, Worker(accept_unconfined=args.unconfined) as worker:
        eye = calls.eye_for(args, wire.local, peer, worker.judge, target.site, target.device)
        _print_guide(plan, wire, target.driver, slots, args.lang)
        try:
            result = run_test(
                plan, wire, peer, time.monotonic, utc_now, lambda message: _tell(args, message), eye, slots,
                sm2_verify(),
            )  # fmt: skip
        except KeyboardInterrupt:
            _say(render(Message("stopped: switch the slot off in the device"), args.lang))
            raise
        say_confinement(worker.confinement, args, args.unconfined)
    if target.site is not None:
        remember(target.site, target.device, result)
    _print_result(args, result)
    if paper is not None:
        write_certificate(paper, without_address(result), args)
    return result.exit_code


def _target(args: argparse.Namespace) -> Target:
    if (args.device is None) == (args.host is None):
        raise UsageError("name the device by its id in site.toml, or give its address: --host 192.0.2.10")
    if args.host is not None:
        if not is_host(args.host):
            raise UsageError(
                "--host {host}: is no address and no name of a host; give one such as 192.0.2.10", host=args.host
            )
        return Target(args.host)
    site = load_declared(args.config)
    device = next((one for one in site.devices if one.id == args.device), None)
    if device is None:
        names = listed(one.id for one in site.devices)
        raise UsageError("there is no device {name!r}; there are: {names}", name=args.device, names=names)
    return Target(device.host, site, device.id, device.driver)


def _address(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        found = resolve(host)
    if not found:
        raise UsageError("{host}: has no address; give one: --host 192.0.2.10", host=host)
    return next((one for one in found if ":" not in one), found[0])


def _require_free_slot(args: argparse.Namespace) -> None:
    """Have a person say that no platform loses its slot: where a device has only one, it may be that of the police."""
    if args.free_slot:
        return
    if sys.stdin.isatty() and not args.json:
        question = translate("Is there a slot in the device that no platform uses? yes/no", args.lang)
        try:
            if ask(question, str).lower() in ("y", "yes", "是", "有"):
                return
        except Ended:
            pass
    raise UsageError(
        "a test needs a slot of its own: one that is in use may be that of the police; look in the device, and add "
        "--free-slot where one is free"
    )


def _read_slots(args: argparse.Namespace, target: Target) -> Slots | None:
    """Read the slots with the device's login; None where they cannot be read, which is told: a person looks instead.

    Raises UsageError where none is free.
    """
    if target.site is None or target.driver not in LINKS:
        return None
    try:
        device = next(one for one in load(args.config).devices if one.id == target.device)
    except ConfigError:
        _say(render(Message("the slots are not read: its login cannot be read by this user"), args.lang))
        return None
    path = credentials_file(target.site.storage.directory, os.environ)

    def read() -> PlatformLink | DriverError:
        with as_owner_of(path.parent):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return platform_slots.read_slots(device, Credentials(path), utc_now)

    def read_again() -> PlatformLink | None:
        link = read()
        return None if isinstance(link, DriverError) else link

    link = read()
    if isinstance(link, DriverError):
        why = {"why": link.cause or link.reason}
        _say(render(Message("the slots cannot be read: {why}; look in the device", why), args.lang))
        return None
    return slots_for(link, lambda: platform_slots.begin(read_again))


def _open(peer: str, port: int) -> Wire:
    try:
        return Wire(address_towards(peer), port, peer)
    except (OSError, OverflowError) as error:
        why = os_words(error) if isinstance(error, OSError) else str(error)
        raise UsageError(
            "port {port} towards {peer} cannot be opened: {why}; choose another: --port 5062",
            port=port,
            peer=peer,
            why=why,
        ) from None


def _print_guide(plan: Plan, wire: Wire, driver: str, slots: Slots | None, lang: str) -> None:
    _say(render(guide.page(driver, slots), lang))
    for name, value in guide.rows(plan, wire.local, wire.port, driver, slots):
        _say(f"  {render(name, lang)}{translate(': ', lang)}{value}")
    for message in guide.after(plan, driver):
        _say(render(message, lang))


def _tell(args: argparse.Namespace, message: Message) -> None:
    if not args.quiet:
        _say(f"{time.strftime('%H:%M:%S')} {render(message, args.lang)}")


def _say(text: str) -> None:
    sys.stderr.write(f"{printable(text)}\n")
    sys.stderr.flush()


def _print_result(args: argparse.Namespace, result: LinkResult) -> None:
    if args.json:
        sys.stdout.write(json.dumps(result.to_data(), ensure_ascii=False, indent=2) + "\n")
        return
    if args.quiet:
        return
    lang = args.lang
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("status", lang), no_wrap=True)
    table.add_column(translate("step", lang), no_wrap=True)
    table.add_column(translate("what was found, and the next step", lang), overflow="fold")
    for step in result.steps:
        words, next_step = render_apart(step.what, lang)
        what = Text(printable(words))
        what.append(f"\n→ {printable(next_step)}" if next_step else "")
        status = Text(render(STATUSES[step.status], lang), style=STYLE[step.status])
        table.add_row(status, Text(render(TITLES[step.name], lang)), what)
    console = Console(no_color=args.no_color, highlight=False)
    console.print(table)
    if result.quirks:
        quirks = together((QUIRKS[one] for one in result.quirks), lang, "; ")
        habits = Message("habits that were read all the same: {quirks}", {"quirks": quirks})
        console.print(Text(printable(render(habits, lang))))
    console.print(Text(render(NOTE, lang), style="dim"))
