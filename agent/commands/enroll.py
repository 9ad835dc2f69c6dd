"""Enrolls this gateway at its hub with a token: certificate, the hub's keys, and a first report.

camwarden enroll TOKEN            also: - (standard input), --token-file FILE, or none: it is asked for
camwarden enroll --renew          do now what the service does by itself when the certificate soon ends

Both private keys are made here and stay here. Nothing is trusted on first use: the token names the certificate that
the hub's desk must show. Whatever was cut off is repeated with the same token.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.commands.terminal.asking import Ended, ask_password
from agent.contract.enrollment import Grant
from agent.contract.enrollment_token import MAX_CHARS, Token, address_text, read_token
from agent.contract.signing_keys import Signer
from agent.host.paths import CONFIG
from agent.model import exits
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.finding import Json, Message, utc_text
from agent.service.enroll.first_report import FirstReport, send_first
from agent.service.enroll.gateway import granted, make_state_folder, report_key, signed_request
from agent.service.enroll.place import DeskAddress, install, plan_installation, read_desk, store_desk
from agent.service.enroll.renewal import is_due, renew
from agent.service.enroll.renewed_pair import finish_replacement, own_at
from agent.service.enroll.secret_argument import hide_argument
from agent.site.config.load import load, load_declared, load_tls_place
from agent.site.config.report_key import TlsPlace
from agent.site.config.site import Site
from agent.text.translate import render

SCHEMA: Final = "camwarden-enroll/1"
CONFIRM_WITHIN_S: Final = 60.0
STILL_SHOWN: Final = Message(
    "this machine does not let the token be taken out of its process list: until this ends, others can read it there; "
    "next time give it when asked, or with --token-file"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("token", nargs="?", metavar="TOKEN", help="from the hub's team; -: from standard input")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="read the token from a file")
    parser.add_argument("--renew", action="store_true", help="get a new certificate when the old one soon ends")
    parser.add_argument("--replace", action="store_true", help="let the token's hub take the place of another one")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; send and write nothing")


def run(args: argparse.Namespace) -> int:
    """Enroll, or renew. Raises AgentError."""
    if args.renew:
        if args.token is not None or args.token_file is not None or args.replace or args.dry_run:
            raise UsageError("--renew needs no token, and goes with no other option")
        return _renew(args)
    token = read_token(_token_text(args))
    place = _place(args.config)
    if token.site != place.site_id:
        values = {"site": token.site, "path": args.config, "id": place.site_id}
        raise UsageError("the token is for site {site}, and {path} says {id}: take the right one of both", **values)
    if args.dry_run:
        return _dry_run(args, token, place)
    site = _site(args.config)
    make_state_folder(site.storage)
    now = datetime.now(UTC)
    desk = DeskAddress(token.host, token.port, token.pin)
    signer = report_key(site, place)
    grant, certificate, ends = granted(desk, place, signed_request(place, signer, token.secret, now), now)
    written = install(args.config, place, certificate, plan_installation(args.config, place, grant, args.replace))
    store_desk(place, desk, now)
    evidence: dict[str, Json] = {"not_after": utc_text(ends), "desk": address_text(desk.host, desk.port)}
    told = send_first(_site(args.config), evidence, lambda: datetime.now(UTC), CONFIRM_WITHIN_S)
    return _print_result(args, place, grant, signer, ends, written, told)


def _token_text(args: argparse.Namespace) -> str:
    """Return the token's text, and remove it from the process list."""
    if args.token is not None and args.token_file is not None:
        raise UsageError("the token comes from one place: give TOKEN or --token-file")
    if args.token_file is not None:
        try:
            with args.token_file.open("rb") as file:
                return str(file.read(2 * MAX_CHARS), "ascii", "replace")
        except OSError as error:
            raise UsageError(
                "{path}: cannot be read: {why}; give the file that holds the token",
                path=args.token_file,
                why=os_words(error),
            ) from None
    match args.token:
        case None:
            return _asked_token(args.lang)
        case "-":
            return sys.stdin.read(2 * MAX_CHARS)
        case given:
            if not hide_argument(given):
                print(render(STILL_SHOWN, args.lang), file=sys.stderr)
            return str(given)


def _asked_token(lang: str) -> str:
    try:
        return ask_password(render(Message("Enrollment token (not shown):"), lang))
    except Ended:
        raise UsageError("no token was given; ask the hub's team for one") from None


def _place(config: Path) -> TlsPlace:
    if not config.exists():
        raise ConfigurationError(
            "{path}: no such file; copy the site's folder from the ledger, or make it with `camwarden init`, and "
            "repeat",
            path=config,
        )
    return load_tls_place(config)


def _site(config: Path) -> Site:
    """Return the site; its passwords are read only where one of them opens the report key."""
    site = load_declared(config)
    return load(config) if site.key.source == "token" else site


def _dry_run(args: argparse.Namespace, token: Token, place: TlsPlace) -> int:
    shown: dict[str, Json] = {
        "schema": SCHEMA,
        "site": token.site,
        "desk": address_text(token.host, token.port),
        "pin": token.pin.hex(),
        "token": token.name,
        "expires_at": utc_text(token.expires_at),
        "key": str(place.key),
        "certificate": str(place.certificate),
        "done": False,
    }
    if args.json:
        print(json.dumps(shown))
        return exits.OK
    said = Message(
        "site {site}: would ask {desk} for a certificate with a token that ends {expires_at}; key in {key}, "
        "certificate into {certificate}; nothing was sent or written",
        shown,
    )
    print(render(said, args.lang))
    return exits.OK


def _print_result(
    args: argparse.Namespace,
    place: TlsPlace,
    grant: Grant,
    signer: Signer,
    ends: datetime,
    written: tuple[Path, ...],
    told: FirstReport,
) -> int:
    code = exits.UNAVAILABLE if told.outcome == "waits" else exits.OK
    if args.json:
        shown = {
            "schema": SCHEMA,
            "site": place.site_id,
            "broker": address_text(grant.broker_host, grant.broker_port),
            "kid": signer.kid,
            "not_after": utc_text(ends),
            "written": [str(path) for path in written],
            "report": told.outcome,
            "why": told.why,
            "done": True,
        }
        print(json.dumps(shown))
        return code
    if not args.quiet or code:
        values = {"site": place.site_id, "until": utc_text(ends)}
        print(render(Message("site {site} is enrolled; its certificate is valid until {until}", values), args.lang))
        print(render(_report_message(told), args.lang))
    if not args.quiet and not code:
        option = "" if args.config == CONFIG else f" --config {args.config}"
        print(render(Message("next:"), args.lang))
        print(f"  camwarden check{option}")
        print("  systemctl reload camwarden" if told.outcome == "service" else "  systemctl enable --now camwarden")
    return code


def _report_message(told: FirstReport) -> Message:
    if told.outcome == "confirmed":
        return Message("the hub has confirmed the first report")
    if told.outcome == "service":
        return Message("the service runs, and reports as soon as it has read site.toml again")
    if told.outcome == "carried":
        return Message("the first report is in the spool: carry it with `camwarden queue export DIR`")
    return Message(
        "the hub has not confirmed the first report yet ({why}); it stays in the spool and is sent again: look with "
        "`camwarden doctor`",
        {"why": told.why},
    )


def _renew(args: argparse.Namespace) -> int:
    """Get a certificate that lasts longer, if the present one soon ends."""
    place = _place(args.config)
    desk = read_desk(place)
    now = datetime.now(UTC)
    finish_replacement(place)
    own = own_at(place)
    if own is not None and not is_due(own, now):
        return _print_renewal(args, place, own.not_after, done=False)
    ends = renew(desk, place, report_key(_site(args.config), place), now)
    return _print_renewal(args, place, ends, done=True)


def _print_renewal(args: argparse.Namespace, place: TlsPlace, ends: datetime, done: bool) -> int:
    if args.json:
        print(json.dumps({"schema": SCHEMA, "site": place.site_id, "not_after": utc_text(ends), "done": done}))
    elif not args.quiet:
        words = Message("nothing to renew yet: the certificate is valid until {until}", {"until": utc_text(ends)})
        if done:
            words = Message("the new certificate is valid until {until}; it counts at once", {"until": utc_text(ends)})
        print(render(words, args.lang))
    return exits.OK
