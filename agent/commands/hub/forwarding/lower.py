"""Stores which hubs may forward to this one, and for which divisions: `camwarden hub lower add | list | revoke`."""

import argparse
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.orders import writing
from agent.commands.hub.view import reading
from agent.commands.hub.web.user import COMMAND
from agent.contract.chain import utc_text
from agent.contract.jwk import PublicKey, load_jwks
from agent.hub.domain.forwarding.grants import LowerHub
from agent.hub.domain.people.audit import AuditRow
from agent.hub.domain.people_text import NAME_MAX_CHARS, refuse_text
from agent.hub.domain.rows.places import DIVISION
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_people
from agent.hub.workers.forwarding import vouching
from agent.model.errors import ConfigurationError, UsageError
from agent.model.exits import OK
from agent.model.finding import Json, Message, listed
from agent.text.harmless import printable
from agent.text.translate import render

SCHEMA: Final = "camwarden-hub-lower/1"
DIVISIONS_MOST: Final = 64


def run(args: argparse.Namespace) -> int:
    """Run one action. Raises UsageError, ConfigurationError."""
    if args.lower_action == "list":
        return _list(args)
    refuse_text(args.by, NAME_MAX_CHARS)
    refuse_text(args.why)
    now = datetime.now(UTC)
    with writing(args.data) as (store, _), closing(open_people(args.data)) as people, people.changing():
        hub, said = _added(args, store, now) if args.lower_action == "add" else _revoked(args, store, now)
        what = " ".join((hub.name, hub.key.kid, *hub.divisions, args.by, args.why))
        people.record(AuditRow(utc_text(now), COMMAND, f"lower-{args.lower_action}", what, "ok", ""))
    if args.json:
        print(json.dumps({"schema": SCHEMA, "lower": [_told(hub)]}, ensure_ascii=False))
    elif not args.quiet:
        print(printable(render(said, args.lang)))
    return OK


def _added(args: argparse.Namespace, store: Store, now: datetime) -> tuple[LowerHub, Message]:
    refuse_text(args.name, NAME_MAX_CHARS)
    wrong = [code for code in args.division if not DIVISION.fullmatch(code)]
    if wrong or len(args.division) > DIVISIONS_MOST:
        code = wrong[0] if wrong else args.division[DIVISIONS_MOST]
        raise UsageError("{code!r}: name the division by its six digits, such as 140202", code=code[:80])
    key = _only_key(args, load_jwks(args.jwks))
    hub = LowerHub(
        name=args.name, key=key, divisions=tuple(dict.fromkeys(args.division)), added_at=utc_text(now),
        added_by=args.by, why=args.why,
    )  # fmt: skip
    store.lower_hubs.keep(hub)
    values = {"name": hub.name, "kid": key.kid, "divisions": listed(hub.divisions)}
    return hub, Message("{name} ({kid}) may forward sites of {divisions} to this hub", values)


def _only_key(args: argparse.Namespace, keys: Mapping[str, PublicKey]) -> PublicKey:
    if len(keys) != 1:
        raise ConfigurationError("{path}: {count} keys; a lower hub has one", path=args.jwks, count=len(keys))
    return next(iter(keys.values()))


def _revoked(args: argparse.Namespace, store: Store, now: datetime) -> tuple[LowerHub, Message]:
    hub = next((one for one in store.lower_hubs.listed() if one.name == args.name), None)
    if hub is None:
        raise UsageError("{name!r} is no lower hub here; see `camwarden hub lower list`", name=args.name[:80])
    sites = vouching.revoke(store, hub, now)
    values = {"name": hub.name, "sites": sites}
    said = Message("{name} may no longer forward; the keys of {sites} sites that it vouched for are revoked", values)
    return replace(hub, revoked_at=hub.revoked_at or utc_text(now)), said


def _list(args: argparse.Namespace) -> int:
    with reading(args) as store:
        found = [(hub, len(store.lower_hubs.sites_of(hub.key.kid))) for hub in store.lower_hubs.listed()]
    if args.json:
        told = [_told(hub) | {"sites": sites} for hub, sites in found]
        print(json.dumps({"schema": SCHEMA, "lower": told}, ensure_ascii=False))
        return OK
    if not found:
        print(render(Message("no hub may forward to this one; grant it: camwarden hub lower add"), args.lang))
    for hub, sites in found:
        values = {"name": hub.name, "kid": hub.key.kid, "divisions": listed(hub.divisions), "sites": sites}
        line = Message("{name}  {kid}  divisions {divisions}, vouches for {sites} sites", values)
        if hub.revoked_at:
            values["at"] = hub.revoked_at
            line = Message("{name}  {kid}  divisions {divisions}, vouches for {sites} sites, revoked {at}", values)
        print(printable(render(line, args.lang)))
    return OK


def _told(hub: LowerHub) -> dict[str, Json]:
    return {
        "name": hub.name,
        "kid": hub.key.kid,
        "divisions": list(hub.divisions),
        "added_at": hub.added_at,
        "added_by": hub.added_by,
        "why": hub.why,
        "revoked_at": hub.revoked_at or None,
    }
