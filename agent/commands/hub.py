"""Receive, verify and confirm the reports of sites.

camwarden hub run --data DIR --host HOST [--port PORT] [--tls ...] [--user U --password-file F]
camwarden hub trust add SITE THUMBPRINT | list | revoke THUMBPRINT   --data DIR
camwarden hub jwks --data DIR      the hub's public key, for `[hub] jwks` of every site
camwarden hub status --data DIR    what came, what was verified, what is missing
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

from agent.config import Hub
from agent.errors import ConfigurationError, Forbidden, UsageError
from agent.exits import OK
from agent.hub import service, trust
from agent.hub.intake import Event
from agent.hub.report import write_status
from agent.hub.store import Store
from agent.keys import jwk_set, load_or_create_signer
from agent.model import Json
from agent.publish_link import tls_context
from drivers.model import Credential

_QUIET_EVENTS = ("verified", "duplicate", "confirmed", "state", "stale-state")
"""What is normal: told with --json only."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the hub keeps its data")

    run_parser = actions.add_parser("run", parents=[data], help="receive until interrupted")
    run_parser.add_argument("--host", default="127.0.0.1", help="the broker (default %(default)s)")
    run_parser.add_argument("--port", type=port, default=None, help="its port (default 8883 with --tls, else 1883)")
    run_parser.add_argument("--tls", action="store_true", help="connect with TLS")
    run_parser.add_argument("--ca", type=Path, help="PEM file with the certificates that the broker's must lead to")
    run_parser.add_argument("--certificate", type=Path, help="PEM file with the hub's own certificate")
    run_parser.add_argument("--key", type=Path, help="PEM file with its private key")
    run_parser.add_argument("--user", help="login at the broker")
    run_parser.add_argument("--password-file", type=Path, help="file whose first line is the password")

    trust_parser = actions.add_parser("trust", help="say which key speaks for which site")
    trust_actions = trust_parser.add_subparsers(dest="trust_action", required=True, metavar="ACTION")
    add = trust_actions.add_parser("add", parents=[data], help="trust a key after comparing its thumbprint")
    add.add_argument("site", metavar="SITE")
    add.add_argument("thumbprint", metavar="THUMBPRINT", help="as `camwarden keys show` prints it at the site")
    revoke = trust_actions.add_parser("revoke", parents=[data], help="take a key's trust away")
    revoke.add_argument("thumbprint", metavar="THUMBPRINT")
    trust_actions.add_parser("list", parents=[data], help="show the trusted keys")

    actions.add_parser("jwks", parents=[data], help="print the hub's public key as a JWK set")
    actions.add_parser("status", parents=[data], help="show what came from each site")


def run(args: argparse.Namespace) -> int:
    """Run the chosen action.

    Raises:
        AgentError: One clear line and its exit code.
    """
    if args.action == "run":
        return _run(args)
    if args.action == "trust":
        return _trust(args)
    if args.action == "jwks":
        signer = load_or_create_signer(args.data / service.KEY_NAME)
        print(json.dumps(jwk_set({signer.kid: signer.public})))
        return OK
    store = Store(args.data, read_only=True)
    try:
        status = write_status(store)
    finally:
        store.close()
    if args.json:
        print(json.dumps(status, ensure_ascii=False))
    else:
        _print_status(status)
    return OK


def _run(args: argparse.Namespace) -> int:
    number = args.port or (8883 if args.tls else 1883)
    broker = Hub(args.host, number, args.tls, args.ca, args.certificate, args.key, _credential(args))
    tls_context(broker)
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
    options = service.Options(args.data, broker)
    service.run(options, stop, _tell_json if args.json else _tell_text, lambda: datetime.now(UTC))
    return OK


def _tell_json(event: Event) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _tell_text(event: Event) -> None:
    kind = event["event"]
    if kind == "ready":
        print(f"ready: {service.SUBSCRIPTION} at {event['host']}:{event['port']}", flush=True)
    elif kind not in _QUIET_EVENTS or event.get("new_epoch"):
        details = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
        print(f"{kind}: {details}", flush=True)


def _credential(args: argparse.Namespace) -> Credential | None:
    if (args.user is None) != (args.password_file is None):
        raise UsageError("--user and --password-file belong together: give both or neither")
    if args.user is None:
        return None
    path = args.password_file
    try:
        mode = path.stat().st_mode & 0o777
        lines = path.read_text().splitlines()
    except PermissionError:
        raise Forbidden(f"{path}: this user may not read it; run as the hub's user") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {getattr(error, 'strerror', None) or 'not a text file'}") from None
    if mode & 0o077:
        raise Forbidden(f"{path}: mode {mode:04o} opens the password to others; chmod 600 it")
    if not lines or not lines[0]:
        raise ConfigurationError(f"{path}: its first line must be the password")
    return Credential("hub", args.user, lines[0])


def _trust(args: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    if args.trust_action == "add":
        trust.add(args.data, args.site, args.thumbprint, now)
        if args.json:
            print(json.dumps({"schema": trust.SCHEMA, "site": args.site, "kid": args.thumbprint, "trusted": True}))
        elif not args.quiet:
            print(f"site {args.site}: {args.thumbprint} is trusted ({args.data / trust.NAME})")
    elif args.trust_action == "revoke":
        trust.revoke(args.data, args.thumbprint, now)
        if args.json:
            print(json.dumps({"schema": trust.SCHEMA, "kid": args.thumbprint, "trusted": False}))
        elif not args.quiet:
            print(f"{args.thumbprint} is no longer trusted ({args.data / trust.NAME})")
    else:
        bindings = sorted(trust.load(args.data).bindings.values(), key=lambda b: (b.site, b.added_at))
        if args.json:
            keys = [
                {"site": b.site, "kid": b.kid, "added_at": b.added_at, "revoked_at": b.revoked_at or None}
                for b in bindings
            ]
            print(json.dumps({"schema": trust.SCHEMA, "keys": keys}))
        for b in () if args.json else bindings:
            print(f"{b.site:23}  {b.kid}  {'revoked ' + b.revoked_at if b.revoked_at else 'added ' + b.added_at}")
    return OK


def _print_status(status: dict[str, Json]) -> None:
    sites = status["sites"]
    if not isinstance(sites, dict) or not sites:
        print("no site has sent anything")
        return
    for site, of_site in sites.items():
        numbers = ("received", "verified", "confirmed", "untrusted", "duplicates", "forks", "tampered")
        print(f"{site or '(no site)'}: {of_site['state']['status']}")
        print("  " + ", ".join(f"{of_site[name]} {name}" for name in numbers))
        for reason, number in of_site["rejected"].items():
            print(f"  rejected {number}: {reason}")
        for kid in of_site["untrusted_keys"]:
            print(
                f"  waits for trust: camwarden hub trust add {site} {kid} --data DIR   (compare it at the site first)"
            )
        for hole in of_site["gaps"]["missing"]:
            print(f"  missing {hole['stream']} {hole['from_seq']} to {hole['to_seq']} of epoch {hole['epoch']}")
        for gap in of_site["gaps"]["explained"]:
            print(f"  gave up {gap['stream']} {gap['from_seq']} to {gap['to_seq']}: {gap['reason']}")


def port(text: str) -> int:
    """Return a TCP port; argparse names this function in its message."""
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError
    return number
