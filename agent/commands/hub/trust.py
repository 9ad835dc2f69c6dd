"""Trusts and revokes keys of sites, and prints the hub's own key: `camwarden hub trust` and `jwks`."""

import argparse
import json
from datetime import UTC, datetime

from agent.contract.jwk import jwk_set, load_shown_key
from agent.hub.stores.engines import open_trust
from agent.hub.stores.signing_key import hub_signer
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.translate import render, together
from agent.verify import bindings


def run(args: argparse.Namespace) -> int:
    """Change or show the trust file."""
    now, trusted = datetime.now(UTC), open_trust(args.data)
    if args.trust_action == "add":
        key = load_shown_key(args.key) if args.key is not None else None
        bound = trusted.add(args.site, args.thumbprint, now, args.until, key=key)
        until = bound.bindings[args.thumbprint].until
        if args.json:
            told = {"schema": bindings.SCHEMA, "site": args.site, "kid": args.thumbprint, "trusted": True}
            print(json.dumps({**told, "until": until or None}))
        elif not args.quiet:
            values = {"site": args.site, "kid": args.thumbprint, "path": trusted.where, "until": until}
            line = Message("site {site}: {kid} is trusted ({path})", values)
            if until:
                line = Message("site {site}: {kid} is trusted until {until} ({path})", values)
            print(render(line, args.lang))
    elif args.trust_action == "revoke":
        trusted.revoke(args.thumbprint, now)
        if args.json:
            print(json.dumps({"schema": bindings.SCHEMA, "kid": args.thumbprint, "trusted": False}))
        elif not args.quiet:
            values = {"kid": args.thumbprint, "path": trusted.where}
            print(render(Message("{kid} is no longer trusted ({path})", values), args.lang))
    elif args.trust_action == "export":
        print(bindings.file_text(open_trust(args.data).load().bindings.values()), end="")
    else:
        _list(args)
    return OK


def _list(args: argparse.Namespace) -> None:
    listed = sorted(open_trust(args.data).load().bindings.values(), key=lambda b: (b.site, b.added_at))
    if args.json:
        keys = [
            {
                "site": b.site,
                "kid": b.kid,
                "added_at": b.added_at,
                "revoked_at": b.revoked_at or None,
                "until": b.until or None,
                "by": b.by,
                "rotated_to": b.rotated.to if b.rotated else None,
            }
            for b in listed
        ]
        print(json.dumps({"schema": bindings.SCHEMA, "keys": keys}))
        return
    for b in listed:
        words = [Message("revoked {at}", {"at": b.revoked_at})]
        if not b.revoked_at:
            words = [Message("added {at} by {by}", {"at": b.added_at, "by": b.by})]
        words += [Message("until {day}", {"day": b.until})] if b.until else []
        words += [Message("handed over to {kid}", {"kid": b.rotated.to})] if b.rotated else []
        print(f"{b.site:23}  {b.kid}  {together(words, args.lang)}")


def print_jwks(args: argparse.Namespace) -> int:
    """Print the hub's public key; make the key where there is none yet."""
    signer = hub_signer(args.data)
    print(json.dumps(jwk_set({signer.kid: signer.public})))
    return OK
