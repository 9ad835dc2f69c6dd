"""Asks at most eight questions, scans the network, and writes site.toml and secrets.toml of a new site.

The requests are shown before the first datagram. The login is written only for devices that the person picked from
those that answered, and no file is overwritten.
"""

import argparse
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from agent.commands.discover import plan_of, plan_text, progress_after, result_table
from agent.commands.init.answers import LOGIN, Answers, hub_lines, secrets_toml
from agent.commands.terminal.asking import Ended, say
from agent.commands.terminal.own_addresses import own_addresses
from agent.host.paths import CONFIG, SECRETS_NAME
from agent.model import exits
from agent.model.errors import UsageError, os_words
from agent.observe.inventory.site_skeleton import OWN_STORAGE, STATE_NAME, skeleton
from agent.observe.inventory.stocktake import MatchedAnswer, take_stock
from agent.observe.probe.devices import discover
from agent.site.config.load import load
from agent.site.config.site import Discovery, Site
from agent.text.harmless import json_text
from agent.text.translate import translate

SCHEMA = "camwarden-init/1"


@dataclass(frozen=True, slots=True)
class SitePaths:
    """The paths of a site's files."""

    site: Path
    secrets: Path

    @property
    def is_the_services(self) -> bool:
        """Whether it is the folder that the installed service reads."""
        return self.site == CONFIG


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write into (default /etc/camwarden)")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="TOML file with the answers; asks nothing")


def run(args: argparse.Namespace) -> int:
    """Ask, scan, write, and show what comes next."""
    if args.json and args.answers is None:
        raise UsageError("--json asks nothing: give the answers with --answers FILE")
    place = _site_paths(args)
    answers = Answers(args.lang, args.answers)
    if not args.json:
        say(translate("At most eight questions; Enter takes what stands in brackets.", args.lang))
    try:
        site = answers.site()
        site = replace(site, discovery=answers.network(own_addresses()))
        user, password = answers.login()
        placed, failed = _scan(args, site)
        chosen = answers.devices(placed)
        hub = answers.hub()
    except Ended:
        raise UsageError(
            "the answers ended before the last question: nothing was written; answer on a terminal, or give "
            "--answers FILE"
        ) from None
    has_keys = (place.site.parent / "hub-jwks.json").is_file()
    text = skeleton(site, chosen, LOGIN if user else "") + hub_lines(hub, has_keys)
    secrets = secrets_toml(user, password) if user else ""
    _write(place, text if place.is_the_services else text + OWN_STORAGE, secrets)
    written = load(place.site)
    if args.json:
        answer = {"schema": SCHEMA, "site": str(place.site), "secrets": str(place.secrets) if secrets else None}
        found = [device.id for device in written.devices]
        sys.stdout.write(json_text({**answer, "devices": found, "failed": list(failed)}) + "\n")
    else:
        _print_next_steps(args, place, written, bool(secrets))
    return exits.UNCHECKED if failed else exits.OK


def _site_paths(args: argparse.Namespace) -> SitePaths:
    site = args.config if args.out is None else args.out / CONFIG.name
    place = SitePaths(site, site.parent / SECRETS_NAME)
    for path in (place.site, place.secrets):
        if os.path.lexists(path) and not (path == place.secrets and _is_empty(path)):
            raise UsageError(
                "{path} is there already and is not overwritten: name another folder with --out DIR", path=path
            )
    return place


def _is_empty(path: Path) -> bool:
    """Return whether a file holds nothing yet, as the service's installation leaves secrets.toml."""
    status = path.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def _scan(args: argparse.Namespace, site: Site) -> tuple[tuple[MatchedAnswer, ...], tuple[str, ...]]:
    """Ask the named networks, and show what answered."""
    if site.discovery == Discovery():
        return (), ()
    plan = plan_of(site)
    if not args.quiet:
        sys.stderr.write(plan_text(plan, args.lang))
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    with progress_after(errors, plan.sending_s + site.discovery.wait_s, args.lang) as progress:
        heard = discover(site, progress)
    placed = tuple(one for one in take_stock(site, heard.found, heard.names) if one.standing != "ignored")
    if not args.json and not args.quiet:
        Console(no_color=args.no_color).print(result_table(placed, args.lang, numbered=True))
    for failed in heard.failed:
        sys.stderr.write(translate("not asked or not heard: {what}", args.lang).format(what=failed) + "\n")
    return placed, heard.failed


def _write(place: SitePaths, site: str, secrets: str) -> None:
    """Write both files, or none."""
    written: list[Path] = []
    try:
        place.site.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_the_services:
            (place.site.parent / STATE_NAME).mkdir(mode=0o700, exist_ok=True)
        for path, text, mode in ((place.secrets, secrets, 0o600), (place.site, site, 0o644)):
            if text:
                if os.path.lexists(path) and _is_empty(path):
                    path.unlink()
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
                written.append(path)
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
    except OSError as error:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise UsageError(
            "{path} cannot be written: {why}", path=error.filename or place.site, why=os_words(error)
        ) from None


def _print_next_steps(args: argparse.Namespace, place: SitePaths, site: Site, has_secrets: bool) -> None:
    lang = args.lang
    say()
    files = f"{place.site}, {place.secrets}" if has_secrets else str(place.site)
    line = translate("written: {files}; {devices} devices, {cameras} cameras", lang)
    say(line.format(files=files, devices=len(site.devices), cameras=len(site.cameras)))
    if site.hub is not None and site.hub.confirm == "broker":
        say(translate("the hub's public keys are missing: as its team gives them, put hub-jwks.json beside site.toml, "
                      'and write jwks = "hub-jwks.json" and confirm = "hub" under [hub]', lang))  # fmt: skip
    option = "" if place.is_the_services else f" --config {place.site}"
    say(translate("next: a recorder needs one [[camera]] for each of its channels; then", lang))
    for command in ("check", "declare", "masks adopt"):
        say(f"  camwarden {command}{option}")
