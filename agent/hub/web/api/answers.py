"""Answers programs with JSON: findings, sites, one site, silent sites, orders. Each is what the hub's command prints.

A page says `next`, which goes into `after` of the next one. An answer has an ETag over its bytes.
"""

import hashlib
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.domain.quick_json import ENCODE
from agent.hub.domain.rows.findings import FindingRow, place_of, place_text
from agent.hub.domain.rows.seen import ListedSite
from agent.hub.domain.scope import below
from agent.hub.stores.engines import open_trust
from agent.hub.views.people import speaker, with_names
from agent.hub.views.silent import KINDS, Silent
from agent.hub.views.site import read_site, site_json
from agent.hub.views.status import find_silent, write_orders, write_silent
from agent.hub.web.asked import JSON, Asked, Missing, Reply
from agent.hub.web.filters import OF_FINDINGS, after_finding, limit, refuse_others, wanted_findings
from agent.model.errors import UsageError
from agent.model.finding import Json

FINDINGS_SCHEMA: Final = "camwarden-hub-findings/1"
SITES_SCHEMA: Final = "camwarden-hub-sites/1"
USUAL: Final = 50
MOST: Final = 1000


def list_findings(asked: Asked) -> Reply:
    """Return open findings, as `hub findings --json` does."""
    refuse_others(asked, *OF_FINDINGS)
    wanted, most = wanted_findings(asked), limit(asked, USUAL, MOST)
    found = asked.store.findings.page(wanted, after_finding(asked), most + 1)
    following = place_text(place_of(found[most - 1])) if len(found) > most else None
    listed: list[Json] = [_row(one) for one in found[:most]]
    return as_json(
        asked,
        {"schema": FINDINGS_SCHEMA, "total": asked.store.findings.total(wanted), "findings": listed, "next": following},
    )


def list_sites(asked: Asked) -> Reply:
    """Return sites by name, each with what is open there."""
    refuse_others(asked, "division")
    most, division = limit(asked, USUAL, MOST), below(asked.query.get("division", ""))
    found = asked.store.seen.listed(asked.scope, division, asked.query.get("after", ""), most + 1)
    following = found[most - 1].site if len(found) > most else None
    number = asked.store.seen.counted(asked.scope, division)
    sites: list[Json] = [_row(one) for one in found[:most]]
    return as_json(asked, {"schema": SITES_SCHEMA, "total": number, "sites": sites, "next": following})


def show_site(asked: Asked) -> Reply:
    """Return one site, as `hub site --json` does; of its findings those that may be seen. Raises Missing."""
    refuse_others(asked)
    site = asked.path_values["site"]
    if not asked.store.seen.may_see(asked.scope, site):
        raise Missing("there is no such site")
    bindings = open_trust(asked.store.directory).of_sites(site, site).bindings.values()
    view = read_site(asked.store, bindings, site, asked.now, asked.scope)
    if view is None:
        raise Missing("there is no such site")
    return as_json(asked, site_json(view))


def list_silent(asked: Asked) -> Reply:
    """Return silent sites by kind and duration, as `hub silent --json` does."""
    refuse_others(asked)
    most, after = limit(asked, USUAL, MOST), _silent_place(asked.query.get("after", ""))
    found = find_silent(asked.store, asked.place.keys.now(asked.place.directory), asked.now, asked.scope)
    behind = [one for one in found if after is None or _place_in_silent(one) > after]
    following = "/".join(str(part) for part in _place_in_silent(behind[most - 1])) if len(behind) > most else None
    told = write_silent(behind[:most], asked.now)
    return as_json(asked, {**told, "total": len(found), "next": following})


def list_orders(asked: Asked) -> Reply:
    """Return orders, oldest first, and policies, as `hub orders --json` does."""
    refuse_others(asked, "site")
    most, site = limit(asked, USUAL, MOST), asked.query.get("site") or None
    at, _, id = asked.query.get("after", "").partition("/")
    told: Any = write_orders(asked.store, site, asked.now, asked.scope, (at, id), most + 1)
    orders, total = told["orders"], asked.store.commands.count(site, asked.scope)
    following = _place_in_orders(orders[most - 1]) if len(orders) > most else None
    return as_json(asked, {**told, "total": total, "orders": orders[:most], "next": following})


def _place_in_silent(one: Silent) -> tuple[int, str, str]:
    return KINDS.index(one.kind), utc_text(one.since), one.site


def _silent_place(text: str) -> tuple[int, str, str] | None:
    parts = text.split("/", 2)
    if not text:
        return None
    if len(parts) != 3 or not (parts[0].isascii() and parts[0].isdecimal() and len(parts[0]) < 3):
        raise UsageError("after {text!r}: no page ended so; take `next` of the page before", text=text[:80])
    return int(parts[0]), parts[1], parts[2]


def _place_in_orders(one: dict[str, Any]) -> str:
    return f"{one['created_at']}/{one['id']}"


def _row(one: FindingRow | ListedSite) -> dict[str, Json]:
    """Return the columns of a row; `asdict` copies deeply, which takes ten times as long."""
    return {name: getattr(one, name) for name in type(one).__dataclass_fields__}


def as_json(asked: Asked, told: dict[str, Json]) -> Reply:
    """Return JSON with its ETag, or nothing where the client has just that."""
    body = ENCODE(told)
    if b"author-" in body:  # to look for ids in each text takes longer than to write them all
        body = ENCODE(with_names(speaker(asked.store), told))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if etag in [one.strip().removeprefix("W/") for one in asked.headers.get("if-none-match", "").split(",")]:
        return Reply(304, JSON, b"", {"ETag": etag})
    return Reply(200, JSON, body, {"ETag": etag})
