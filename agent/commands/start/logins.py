"""Settles the login of each group: tries it on one device, stops the group where it is refused, lists the channels.

What was settled is written before the next question, cameras first and the password last: a login in secrets.toml
without a password is one that is still to be settled.
"""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rich.console import Console

from agent.commands.discover import progress_after
from agent.commands.start.answers import Answers
from agent.commands.terminal.asking import say
from agent.host.clock import utc_now
from agent.host.files import write_atomic
from agent.host.paths import SECRETS_NAME, SITE_NAME, credentials_file
from agent.model.finding import Listed, Message, listed
from agent.observe.inventory.stocktake import host_port
from agent.observe.probe.new_devices import FirstRead, Login, read_first
from agent.onsite.ledger.site_text import secrets_text
from agent.onsite.start.site_text import NO_LOGIN, new_cameras, own_login, unsettled, with_listed, with_login
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.translate import render
from drivers.credentials import Credentials
from drivers.model import Credential, Device

SECRETS_MODE = 0o600
SITE_MODE = 0o644

TRIED_MAX = 4
"""So many devices are waited for one by one, where they answer nothing that settles a login."""

Outcome = Literal["accepted", "open", "refused", "silent", "later", "none"]
"""How a group's login ended: as `Login` of one device; nobody gave it yet; there is none."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A group whose login was asked for; `at` is the device that settled it, or None."""

    name: str
    outcome: Outcome
    user: str = ""
    at: Device | None = None


def settle(args: argparse.Namespace, answers: Answers, folder: Path) -> tuple[Settled, ...]:
    """Ask for and try the login of each group that has none yet; write what was accepted.

    A device that refuses what its group took has a login of its own from then on, and is asked for like a group.
    """
    done: list[Settled] = []
    site = load(folder / SITE_NAME)
    credentials = Credentials(_remembered(site))
    while fresh := [pair for pair in unsettled(site).items() if pair[0] not in {one.name for one in done}]:
        name, devices = fresh[0]
        known = devices[0].credential
        user, password = answers.login(name, devices, known.user if known else "")
        result = Settled(name, "none" if user == NO_LOGIN else "later", user)
        told: Mapping[str, FirstRead] = {}
        if password:
            with_it = [replace(one, credential=Credential(name, user, password)) for one in devices]
            result, told = _try(args, answers, site, with_it, credentials)
        if result.outcome == "accepted":
            answers.last = (user, password)
        _write(folder, result, password, told)
        done.append(result)
        if not args.json:
            for line in (_said(result, told), *(_left(told) if result.outcome == "accepted" else ())):
                say("  " + render(line, args.lang))
        site = load(folder / SITE_NAME)
    _with_every_device(folder)
    return tuple(done)


def _try(
    args: argparse.Namespace, answers: Answers, site: Site, devices: Sequence[Device], credentials: Credentials
) -> tuple[Settled, Mapping[str, FirstRead]]:
    """Send a login to one device after another until one takes it, and only then to the others.

    A device that does not answer settles nothing. A refusal ends it, unless a person says that this device alone has
    another login: so no second device counts a wrong one unasked.
    """
    login = devices[0].credential
    name, user = (login.name, login.user) if login is not None else ("", "")

    def read(ones: Sequence[Device]) -> Mapping[str, FirstRead]:
        errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
        with progress_after(errors, site.probe.deadline_s, args.lang) as progress:
            return read_first(ones, credentials, utc_now, site.probe.deadline_s, progress)

    tried: dict[str, FirstRead] = {}
    for device in devices[:TRIED_MAX]:
        tried |= read([device])
        taken = tried[device.id].login
        rest = [one for one in devices if one.id not in tried]
        if taken == "refused" and not (rest and answers.goes_on(device, user)):
            return Settled(name, "refused", user, device), {}
        if taken == "accepted":
            return Settled(name, "accepted", user, device), {**tried, **read(rest)}
    is_open = any(one.login == "open" for one in tried.values())
    return Settled(name, "open" if is_open else "silent", user), tried


def _write(folder: Path, result: Settled, password: str, told: Mapping[str, FirstRead]) -> None:
    """Write what was learned: cameras and drivers, logins of their own, and at last the login that was taken."""
    path, secrets = folder / SITE_NAME, folder / SECRETS_NAME
    site = load(path)
    is_settled = result.outcome in ("accepted", "open")
    cameras = new_cameras(site, {id_: one.observations for id_, one in told.items() if one.observations})
    drivers = {id_: one.driver for id_, one in told.items() if one.driver}
    refused = [id_ for id_, one in told.items() if one.login == "refused" and is_settled]
    own = {id_: own_login(result.name, id_) for id_ in refused}
    # A login is in secrets.toml before site.toml names it, and the password of the group comes last.
    users = dict.fromkeys(own.values(), result.user)
    _replace(
        secrets, secrets_text(users, {own[id_]: [id_] for id_ in refused}, secrets.read_text("utf-8")), SECRETS_MODE
    )
    _replace(path, with_listed(path.read_text("utf-8"), site, cameras, drivers, own), SITE_MODE)
    known = secrets.read_text("utf-8")
    _replace(secrets, with_login(known, result.name, result.user, password if is_settled else ""), SECRETS_MODE)


def _with_every_device(folder: Path) -> None:
    """Give each device without a listed channel its first one: it is looked at, and the look says what keeps it."""
    path = folder / SITE_NAME
    site = load(path)
    with_some = {one.camera.device for one in site.cameras}
    cameras = new_cameras(site, {one.id: () for one in site.devices if one.id not in with_some})
    _replace(path, with_listed(path.read_text("utf-8"), site, cameras), SITE_MODE)


def _replace(path: Path, text: str, mode: int) -> None:
    if text != path.read_text("utf-8"):
        write_atomic(path, text.encode(), mode)


def _said(result: Settled, told: Mapping[str, FirstRead]) -> Message:
    """Return one line on how a group's login ended."""
    values = {"user": result.user, "at": host_port(result.at.host, result.at.port) if result.at else ""}
    counted = {"count": sum(one.login in ("accepted", "open") for one in told.values()), "all": len(told)}
    sentences: dict[Outcome, Message] = {
        "accepted": Message("login accepted by {count} of {all} devices", counted),
        "open": Message("these devices ask for no login"),
        "refused": Message(
            "{at} refused the login of {user}. No other device of this group was asked, so that none is locked. "
            "Correct it: run the same command again",
            values,
        ),
        "silent": Message("no device of this group answered: check its addresses, then run the same command again"),
        "later": Message("no password, so nothing is sent: run the same command again once you have it"),
        "none": Message("no login: these devices are asked only what they tell everybody"),
    }
    return sentences[result.outcome]


def _left(told: Mapping[str, FirstRead]) -> Iterator[Message]:
    """Yield a line on the devices that refused a login which another one of the group took, and on silent ones."""

    def named(login: Login) -> Listed:
        return listed(name for name, one in told.items() if one.login == login)

    if refused := named("refused"):
        values = {"devices": refused}
        yield Message(
            "refused by {devices}, once each: these have a login of their own, which is asked for next", values
        )
    if silent := named("silent"):
        yield Message("no answer that can be read from {devices}", {"devices": silent})


def _remembered(site: Site) -> Path:
    """Return the file that remembers refused logins, its folder made."""
    path = credentials_file(site.storage.directory, os.environ)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
