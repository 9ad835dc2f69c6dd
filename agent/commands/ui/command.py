"""Serves the local page to one person: see every camera, draw what is private, approve masks; ends when unused.

It belongs to a person and never to the service. It listens on an address of this machine alone, shows its link here,
and writes nothing but what that person has reviewed. Heavy libraries are loaded here alone, and what the site's screen
needs when that is opened.
"""

import argparse
import hashlib
import importlib
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.commands.terminal.asking import Ended, ask, person, say
from agent.commands.terminal.unconfined import with_flag
from agent.commands.terminal.worker_flag import add_worker_flag
from agent.commands.ui.heap import one_heap
from agent.commands.ui.links import Secured, show
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.host.not_ours import require_readable
from agent.host.paths import credentials_file
from agent.host.users import is_root, name_of_user, owner_of
from agent.host.web import random_loopback, serve
from agent.host.web_bounds import WebBounds
from agent.model import exits
from agent.model.errors import UsageError, os_words
from agent.model.finding import Message
from agent.observe.approvals.approvals import prepare_folder
from agent.onsite.lan.one_client import LASTS_S, OneClient
from agent.onsite.ui.desk import Desk, Place
from agent.onsite.ui.entrance import Entrance
from agent.onsite.ui.keeper import Save, account_of, kept
from agent.onsite.ui.openings import Openings
from agent.onsite.ui.replacing import accept_drawn, replace_site
from agent.onsite.ui.routes import app
from agent.onsite.ui.site_desk import Office, SiteDesk
from agent.service.cycle.environment import worker_of
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.harmless import printable
from agent.text.translate import render
from drivers.credentials import Credentials
from masking.worker.client import Worker

TUNNELLED: Final = ("localhost", "127.0.0.1")
"""Names under which a browser reaches the page through `ssh -L`, at the same port."""
OFFICE: Final = "agent.commands.ui.office"
LAN: Final = "agent.commands.ui.lan"
ENDS: Final = {
    "idle": Message("camwarden ui has ended: nobody used it for 30 minutes"),
    "over": Message("camwarden ui has ended: its two hours are over"),
    "asked": Message("camwarden ui has ended"),
    "signal": Message("camwarden ui has ended"),
}


@dataclass(frozen=True, slots=True)
class Where:
    """Where the page listens, and for whom."""

    address: str
    bounds: WebBounds
    names: tuple[str, ...]
    client: OneClient = field(default_factory=OneClient)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The site as it was loaded, its text and digest, and the person."""

    site: Site = field(repr=False)
    text: str = field(repr=False)
    digest: str
    by: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--port", type=int, default=0, metavar="N", help="listen on this port, for ssh -L")
    parser.add_argument("--by", default="", metavar="NAME", help="who draws and approves (default: asks)")
    parser.add_argument(
        "--lan", nargs="?", const="", metavar="ADDRESS", help="for one browser of the network, over TLS, for two hours"
    )
    parser.add_argument("--edit", action="store_true", help="with --lan: that browser may draw, not only approve")
    add_worker_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Serve the page until nobody uses it any more, and return the exit code.

    As root, for a site whose state belongs to another user, the page runs as that user below a parent that saves.
    """
    config: Path = args.config
    site = with_flag(load(config), args)
    directory = site.storage.directory
    require_readable(directory)
    by, where = _person(args), _where(args)
    text, digest = _read(config)
    if digest != site.digest:
        raise UsageError("{path} was changed just now: start again", path=config)
    remembered = credentials_file(directory, os.environ)
    with as_owner_of(directory):
        prepare_folder(directory, site.id)
        remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def page(save: Save) -> int:
        return _serve_page(args, Loaded(site, text, digest, by), where, save)

    owner = owner_of(directory) if is_root() else 0
    if owner:
        return kept(config, account_of(name_of_user(owner)), page)
    return page(lambda new, before: replace_site(config, new.encode(), before, accept_drawn))


def _serve_page(args: argparse.Namespace, loaded: Loaded, where: Where, save: Save) -> int:
    one_heap()
    config, site, directory = args.config, loaded.site, loaded.site.storage.directory
    states = Credentials(credentials_file(directory, os.environ))
    with ExitStack() as stack:
        at_once, looking = (stack.enter_context(worker_of(site)) for _ in range(2))
        place = Place(
            config=config, by=loaded.by, clock=utc_now, credentials=states, judge=at_once.judge,
            look_judge=looking.judge, save=save, note=Openings(directory, loaded.by, utc_now).note,
            may_edit=args.lan is None or args.edit,
        )  # fmt: skip
        desk = Desk(place, site, loaded.text, loaded.digest)
        office = SiteDesk(desk, lambda: _office(looking, states, site))
        entrance = Entrance(time.monotonic, where.bounds.lives_s or float("inf"), where.client.bind)
        made: Secured | None = None
        if args.lan is not None:
            made = importlib.import_module(LAN).secured(where.address, utc_now())
        page = app(desk, office, entrance, args.lang)

        def on_ready(host: str, port: int) -> None:
            show(args, entrance, made, host, port)
            desk.start_look()

        ended = serve(
            where.client.wall(page) if made else page, (where.address, args.port), where.bounds, where.names,
            tls=made.context if made else None,
            on_ready=on_ready,
        )  # fmt: skip
    say(render(ENDS[ended], args.lang))
    return exits.OK


def _office(worker: Worker, states: Credentials, site: Site) -> Office:
    """Return what the site's screen needs; it costs half of the start, and few open it first."""
    made: Office = importlib.import_module(OFFICE).office_of(worker, states, utc_now, site.storage.runtime)
    return made


def _where(args: argparse.Namespace) -> Where:
    """Return where the page listens: this machine alone, or with `--lan` the network. Raises UsageError."""
    if args.lan is None:
        if args.edit:
            raise UsageError("--edit lets another browser draw: add --lan; on this machine everybody may")
        return Where("127.0.0.1" if args.port else random_loopback(), WebBounds(), TUNNELLED)
    if args.edit and not args.by:
        raise UsageError("--lan --edit lets another browser draw: name who does with --by NAME")
    address = importlib.import_module(LAN).own_address(args.lan)
    return Where(address, WebBounds(lives_s=LASTS_S), ())


def _person(args: argparse.Namespace) -> str:
    """Return who draws and approves. Raises UsageError where nobody is named and nobody can be asked."""
    if args.by:
        return printable(args.by)
    if sys.stdin.isatty():
        question = render(Message("Your name, as it will stand beside what you approve:"), args.lang)
        try:
            return printable(ask(question, str.strip, person(args)))
        except Ended:
            pass
    raise UsageError("nobody is known as the one who draws and approves: add --by NAME")


def _read(config: Path) -> tuple[str, str]:
    try:
        raw = config.read_bytes()
    except OSError as error:
        raise UsageError("{path}: cannot be read: {why}", path=config, why=os_words(error)) from None
    return raw.decode("utf-8-sig"), hashlib.sha256(raw).hexdigest()
