"""Shows the report key of this site, rotates it, and requests a certificate for the broker.

    camwarden keys show               thumbprint and public key of the report key
    camwarden keys rotate             a new report key; the old one signs that it hands over
    camwarden keys csr [--out FILE]   a request for the broker's TLS certificate, CN = site
    camwarden keys import CERT [--ca CA]   put the certificate that came back into its place

The hub gets the thumbprint with `camwarden hub trust add SITE THUMBPRINT`, over another way.
"""

import argparse
import json
import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from rich.cells import cell_len

from agent.contract.signing_keys import PublicKey
from agent.deliver.keys.place import place_of
from agent.deliver.keys.rotate import settle
from agent.deliver.keys.tls_certificate import certificate_request, fitting_certificate, read_file
from agent.host.files import as_owner_of, write_atomic
from agent.model.errors import ConfigurationError, Forbidden, Locked, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import utc_text
from agent.site.config.load import load, load_tls_place
from agent.site.config.site import Site
from agent.text.translate import translate

SCHEMA = "camwarden-keys/1"

_CERTIFICATE_MODE = 0o644


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("show", help="print thumbprint and public key")
    actions.add_parser("rotate", help="make a new report key; the old one signs the hand-over")
    csr = actions.add_parser("csr", help="print a request (PKCS #10) for the broker's TLS certificate")
    csr.add_argument("--out", type=Path, metavar="FILE", help="write it to a file instead")
    into = actions.add_parser("import", help="check the certificate that came back, and put it into its place")
    into.add_argument("certificate", type=Path, metavar="CERT", help="the site's certificate and its chain, PEM")
    into.add_argument("--ca", type=Path, metavar="FILE", help="the authorities that may have issued it, PEM")


def run(args: argparse.Namespace) -> int:
    """Run one action; nothing is sent from here.

    Raises AgentError: no configuration, no key, or a key or certificate that cannot be used.
    """
    if args.action in ("csr", "import"):
        return _csr(args) if args.action == "csr" else _import(args)
    site = load(args.config)
    return _rotate(args, site) if args.action == "rotate" else _show(args, site)


def _show(args: argparse.Namespace, site: Site) -> int:
    """Print thumbprint and public JWK of the report key; it is made by `camwarden run`, never here. No PIN is tried."""
    with closing(place_of(site, os.environ)) as keys:
        key, waiting = keys.shown()
        path = keys.where()
    if key is None:
        raise ConfigurationError("{path}: there is no key; `camwarden run` makes it at its first start", path=path)
    if args.json:
        shown = {
            "schema": SCHEMA,
            "site": site.id,
            "kid": key.kid,
            "alg": key.alg,
            "jwk": dict(key.jwk),
            "path": path,
            "waiting": waiting.kid if waiting else None,
        }
        print(json.dumps(shown, ensure_ascii=False))
        return OK
    rows = [
        ("site", site.id),
        ("thumbprint", key.kid),
        ("algorithm", key.alg),
        ("public key", json.dumps(dict(key.jwk))),
        ("kept in", path),
        *([("next key", waiting.kid)] if waiting is not None else []),
        ("at the hub", f"camwarden hub trust add {site.id} {key.kid} --data DIR"),
    ]
    for name, value in rows:
        said = translate(name, args.lang)
        print(f"{said}{' ' * (12 - cell_len(said))}{value}")
    return OK


def _rotate(args: argparse.Namespace, site: Site) -> int:
    """Make the waiting key, and have it take over: here, or by the service where that runs."""
    with as_owner_of(site.storage.directory), closing(place_of(site, os.environ)) as keys:
        old, _ = keys.shown()
        if old is None:
            raise ConfigurationError(
                "{where}: there is no key; `camwarden run` makes it at its first start", where=keys.where()
            )
        new = keys.create_waiting().public
        try:
            settle(site, keys, lambda: datetime.now(UTC))
            done = True
        except Locked:
            done = False
    return _print_rotation(args, site, old, new, done)


def _print_rotation(args: argparse.Namespace, site: Site, old: PublicKey, new: PublicKey, done: bool) -> int:
    if args.json:
        print(json.dumps({"schema": SCHEMA, "site": site.id, "from": old.kid, "to": new.kid, "done": done}))
    elif not args.quiet:
        sentence = (
            translate("the report key is now {to}; the hub is told at the next start, signed by {old}", args.lang)
            if done
            else translate("the running service changes the report key to {to} before its next cycle", args.lang)
        )
        print(sentence.format(to=new.kid, old=old.kid))
        print(translate("back the new key up: the old one, and a backup of it, is good for nothing now", args.lang))
    return OK


def _csr(args: argparse.Namespace) -> int:
    place = load_tls_place(args.config)
    with as_owner_of(place.key.parent):
        request = certificate_request(place.key, place.site_id)
    if args.out is not None:
        _write(args.out, request)
    if args.json:
        shown = {"schema": SCHEMA, "site": place.site_id, "key": str(place.key), "csr": request.decode()}
        print(json.dumps(shown))
    elif args.out is None:
        print(request.decode(), end="")
    if not (args.json or args.quiet):
        sys.stderr.write(translate("the private key is in {path} and stays there", args.lang).format(path=place.key))
        sys.stderr.write("\n")
    return OK


def _import(args: argparse.Namespace) -> int:
    place = load_tls_place(args.config)
    authorities = read_file(args.ca) if args.ca is not None else None
    data, now = read_file(args.certificate), datetime.now(UTC)
    chain, ends = fitting_certificate(data, place.key, place.site_id, now, authorities)
    with as_owner_of(place.certificate.parent):
        _write(place.certificate, chain)
    if args.json:
        shown = {"schema": SCHEMA, "site": place.site_id, "path": str(place.certificate), "not_after": utc_text(ends)}
        print(json.dumps({**shown, "named": place.named}))
    elif not args.quiet:
        sentence = translate("{path}: the certificate is in its place, valid until {until}", args.lang)
        print(sentence.format(path=place.certificate, until=utc_text(ends)))
        if not place.named:
            print(translate("write these two lines into [hub] of site.toml, and restart the service:", args.lang))
            print(f"certificate = {json.dumps(str(place.certificate))}\nkey = {json.dumps(str(place.key))}")
    return OK


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomic(path, data, _CERTIFICATE_MODE)
    except PermissionError:
        raise Forbidden("{path}: this user may not write it; run as its owner or as root", path=path) from None
    except OSError as error:
        raise UsageError("{path}: cannot be written: {why}", path=path, why=os_words(error)) from None
