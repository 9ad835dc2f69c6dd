"""Lists devices on which the factory login may be tried, and its results; `--yes` tries it.

Nothing is sent without `--yes`, and never from a cycle. `agent/observe/facts/factory_logins.py` decides what may be
tried, `drivers/http/factory_try.py` tries, `agent/judge/checks/devices/factory.py` judges the result. No password is
shown.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from agent.commands.terminal.service_memory import read_memory
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.host.lock import lock
from agent.host.not_ours import forbidden
from agent.host.paths import credentials_file, own_state
from agent.model import exits
from agent.model.errors import AgentError, UsageError, os_words
from agent.model.finding import Message, listed, sentence, utc_text
from agent.observe.facts import factory_logins
from agent.observe.facts.sightings import BoxMark
from agent.observe.inventory.owners import claim
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.translate import render
from drivers.credentials import Credentials
from drivers.errors import DriverError
from drivers.http.factory_logins import Outcome, maker_of
from drivers.http.factory_try import try_factory
from drivers.model import Device

SCHEMA = "camwarden-factory/1"

SAID: Mapping[Outcome, Message] = {
    "accepted": Message("takes the login of its factory: set a password of its own"),
    "refused": Message("refuses the login of its factory"),
    "open": Message("answers without any login, so that none was sent"),
    "unclear": Message("says neither yes nor no; it is not asked again with this configuration"),
}
READY = Message("may be tried; with --yes one login is sent, once")


@dataclass(frozen=True, slots=True)
class DeviceResult:
    """The result of one device; `sent`: a login went out now."""

    device: str
    maker: str
    message: Message
    result: Outcome | None = None
    at: str = ""
    sent: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this action."""
    parser.add_argument("device", metavar="DEVICE", nargs="*", help="only these devices, by their ids in site.toml")
    parser.add_argument("--yes", action="store_true", help="send the login, once to each device that may be tried")


def run(args: argparse.Namespace) -> int:
    """Show or try; the exit code is 1 where a device takes the login of its factory.

    Raises:
        UsageError: There is no such device, or the file of tries cannot be read.
        AgentError: The configuration or its secrets cannot be read, or another process tries.
    """
    site = load(args.config)
    wanted = _wanted(site, args.device)
    directory = own_state(site.storage.directory, os.environ)
    marks = _marks(directory)
    with as_owner_of(directory):
        try:
            if directory == site.storage.directory:  # the user's own folder is that of all sites, row by row
                claim(directory, site.id)
        except OSError as error:
            raise forbidden(directory, error) from None
        held = lock(directory / factory_logins.NAME)
        try:
            rows = [_row(site, device, marks.get(device.id), directory, args.yes) for device in wanted]
        finally:
            os.close(held)
    if args.json:
        devices = [
            {"device": one.device, "maker": one.maker, "result": one.result, "at": one.at, "sent": one.sent,
             "message": str(one.message)}
            for one in rows
        ]  # fmt: skip
        sys.stdout.write(json.dumps({"schema": SCHEMA, "devices": devices}, ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        sys.stdout.writelines(f"{one.device}  {one.at}  {render(one.message, args.lang)}\n" for one in rows)
    return exits.FAILS if any(one.result == "accepted" for one in rows) else exits.OK


def _wanted(site: Site, names: list[str]) -> tuple[Device, ...]:
    known = {device.id: device for device in site.devices}
    for name in names:
        if name not in known:
            raise UsageError("there is no device {name!r}; there are: {names}", name=name, names=listed(known))
    return tuple(known[name] for name in names) if names else site.devices


def _marks(directory: Path) -> dict[str, BoxMark]:
    """Return which box each device was last, as far as that is remembered."""
    with suppress(AgentError):
        return {device: known.answering for device, known in read_memory(directory).remembered.identities.items()}
    return {}


def _row(site: Site, device: Device, mark: BoxMark | None, directory: Path, go: bool) -> DeviceResult:
    """Report one device, and try it where that is wanted and allowed.

    Its maker is that of its driver, or of its last reported model.
    """
    maker, box = maker_of(device.driver, mark.model if mark else ""), factory_logins.box_of(mark)
    rows = _read(directory, site.id)
    tried = factory_logins.tries_of_site(rows, site.id)
    last = factory_logins.last_tries(tried).get(device.id)
    state = Credentials(credentials_file(site.storage.directory, os.environ)).state(device).state
    why = factory_logins.why_no_try(device, maker, site.digest, box, tried, state)
    if why is None and go:
        row = factory_logins.LoginTry(device.id, site.digest, maker, utc_now(), "unclear", box, site.id)
        return _try_login(row, site, device, directory, rows)
    if last is not None and last.is_of(box) and (last.config == site.digest or last.result == "accepted"):
        return DeviceResult(device.id, maker, SAID[last.result], last.result, utc_text(last.at))
    return DeviceResult(device.id, maker, READY if why is None else why)


def _try_login(
    row: factory_logins.LoginTry,
    site: Site,
    device: Device,
    directory: Path,
    tried: tuple[factory_logins.LoginTry, ...],
) -> DeviceResult:
    maker, now = row.maker, row.at
    if factory_logins.is_own(device, maker):
        result: Outcome = "accepted"
    else:
        factory_logins.write_tried(
            directory, factory_logins.with_try(tried, row)
        )  # before it is sent: a crash must not make two tries of it
        try:
            result = try_factory(device, maker, utc_now, site.probe.deadline_s)
        except DriverError as error:
            factory_logins.write_tried(directory, tried)
            message = Message("no login was sent: {why}", {"why": sentence(str(error))})
            return DeviceResult(device.id, maker, message)
    if result == "open":
        factory_logins.write_tried(directory, tried)
    else:
        factory_logins.write_tried(directory, factory_logins.with_try(tried, replace(row, result=result)))
    sent = result != "open" and not factory_logins.is_own(device, maker)
    return DeviceResult(device.id, maker, SAID[result], result, utc_text(now), sent)


def _read(directory: Path, site_id: str) -> tuple[factory_logins.LoginTry, ...]:
    try:
        return factory_logins.read_tried(directory, site_id)
    except OSError as error:
        why: object = os_words(error)
    except ValueError:
        why = Message("it is damaged")
    raise UsageError(
        "{path}: what was tried before cannot be read ({why}); nothing is tried, so that no device is locked",
        path=directory / factory_logins.NAME,
        why=why,
    )
