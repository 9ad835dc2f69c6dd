"""Issues and revokes enrollment tokens and certificates, and runs the enrollment desk: `camwarden hub enroll`.

camwarden hub enroll init --address HOST:PORT --broker HOST[:PORT]   the authority, once
camwarden hub enroll token --site ID ... | --sites DIR [--valid 24h] [--csv] [--write]
camwarden hub enroll serve [--listen HOST[:PORT] | PORT]              answer gateways until interrupted
camwarden hub enroll list
camwarden hub enroll revoke SITE
"""

import argparse
import csv
import json
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from agent.commands.verify.watch import until_interrupted, wait_until
from agent.contract.chain import utc_text
from agent.contract.enrollment_token import Token
from agent.deliver.keys.tls_certificate import certificates_alone, read_file
from agent.host.files import write_atomic
from agent.hub.enroll import desk
from agent.hub.enroll import place as enroll_place
from agent.hub.enroll.listing import SCHEMA, token_state, write_enrollments
from agent.hub.enroll.place import CRL_NAME, DeskFolder, Settings
from agent.hub.enroll.server import serving
from agent.hub.ports.enroll import EnrollStore
from agent.hub.stores.engines import open_enroll
from agent.model.errors import UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Json, Message
from agent.model.host_name import is_host
from agent.site.config.load import load_tls_place
from agent.text.translate import render

FILE_NAME: Final = "enroll-token"
VALID_MOST: Final = timedelta(days=30)
BROKER_PORT: Final = 8883

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def run(args: argparse.Namespace) -> int:
    """Run one action. Raises AgentError."""
    now = datetime.now(UTC)
    if args.enroll_action == "init":
        return _init(args, now)
    place = enroll_place.load(args.data)
    with closing(open_enroll(place.directory)) as store:
        if args.enroll_action == "token":
            return _token(args, place, store, now)
        if args.enroll_action == "serve":
            return _serve(args, place, store)
        if args.enroll_action == "revoke":
            return _revoke(args, place, store, now)
        return _list(args, store, now)


def _init(args: argparse.Namespace, now: datetime) -> int:
    settings = Settings(*args.address, *args.broker)
    wrong = [name for name in args.broker_name if not is_host(name)]
    if wrong:
        raise UsageError("--broker-name: {name!r} is no name or address", name=wrong[0][:80])
    broker_ca = certificates_alone(read_file(args.broker_ca), "the --broker-ca file") if args.broker_ca else b""
    place = enroll_place.make(args.data, settings, args.broker_name, broker_ca, now)
    pin = place.pin.hex()
    if args.json:
        print(json.dumps({"schema": SCHEMA, "directory": str(place.directory), "pin": pin}))
    elif not args.quiet:
        said = Message(
            "{path}: the authority is made; keep ca.key safe, and give the broker ca.crt, ca.crl and its certificate",
            {"path": place.directory},
        )
        print(render(said, args.lang))
    return OK


def _token(args: argparse.Namespace, place: DeskFolder, store: EnrollStore, now: datetime) -> int:
    if args.csv and args.json:
        raise UsageError("--csv and --json are two shapes of one answer: choose one")
    if args.write and args.sites is None:
        raise UsageError("--write needs --sites, the folder to write into")
    folders = site_folders(args.sites) if args.sites is not None else dict.fromkeys(args.site, Path())
    made = desk.make_tokens(place, store, folders, args.valid, now)
    for token, line in made if args.write else []:
        path = folders[token.site] / FILE_NAME
        try:
            write_atomic(path, f"{line}\n".encode(), 0o600)
        except OSError as error:
            raise UsageError("{path}: cannot be written: {why}", path=path, why=os_words(error)) from None
    if args.json:
        print(json.dumps({"schema": SCHEMA, "tokens": [_row(token, line) for token, line in made]}))
    elif args.csv:
        lines = csv.writer(sys.stdout, lineterminator="\n")
        lines.writerow(("site", "expires_at", "name", "token"))
        lines.writerows(_row(token, line).values() for token, line in made)
    else:
        for token, line in made:
            print(f"{token.site}  {utc_text(token.expires_at)}  {line}")
    return OK


def _row(token: Token, line: str) -> dict[str, Json]:
    return {"site": token.site, "expires_at": utc_text(token.expires_at), "name": token.name, "token": line}


def site_folders(directory: Path) -> dict[str, Path]:
    """Return the site folders below one, by site id."""
    found = {load_tls_place(path).site_id: path.parent for path in sorted(directory.glob("*/site.toml"))}
    if not found:
        raise UsageError("{path}: no site's folder is here; make them with `camwarden ledger render`", path=directory)
    return found


def _serve(args: argparse.Namespace, place: DeskFolder, store: EnrollStore) -> int:
    stop = until_interrupted()
    host, port = args.listen or (place.settings.host, None)
    listen = (host, place.settings.port if port is None else port)
    with serving(place, store, listen, partial(_print_event, args), lambda: datetime.now(UTC)) as port:
        _print_event(args, {"event": "ready", "host": listen[0], "port": port})
        wait_until(stop)
    return OK


def _print_event(args: argparse.Namespace, event: dict[str, Json]) -> None:
    """Print one event; a log of events has the words of --json."""
    if args.json:
        print(json.dumps(event), flush=True)
    else:
        details = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
        print(f"{event['event']}: {details}", flush=True)


def _revoke(args: argparse.Namespace, place: DeskFolder, store: EnrollStore, now: datetime) -> int:
    serials = desk.revoke(place, store, args.site, now)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "site": args.site, "revoked": list(serials)}))
    elif not args.quiet:
        values = {"site": args.site, "path": place.path(CRL_NAME)}
        print(render(Message("site {site} is revoked; have the broker read {path} again", values), args.lang))
    return OK


def _list(args: argparse.Namespace, store: EnrollStore, now: datetime) -> int:
    if args.json:
        print(json.dumps({"schema": SCHEMA, **write_enrollments(store, now)}))
        return OK
    for token in store.tokens():
        values = {"state": Message(token_state(token, now)), "until": token.expires_at}
        words = Message("token {state}, good until {until}", values)
        print(f"{token.site:23}  {token.digest[:8]}  {render(words, args.lang)}")
    for one in store.certificates():
        words = Message("certificate {serial} until {until}", {"serial": one.serial, "until": one.not_after})
        if one.revoked_at:
            values = {"serial": one.serial, "at": one.revoked_at}
            words = Message("certificate {serial} revoked {at}", values)
        print(f"{one.site:23}  {one.kid[:8]}  {render(words, args.lang)}")
    return OK
