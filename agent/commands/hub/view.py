"""Shows status, silence and orders of the hub, for people and programs."""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from agent.hub.domain.acknowledged import acknowledged_line, read_acknowledged
from agent.hub.domain.drills import drill_line, read_drills
from agent.hub.domain.figures import CHINA
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store, open_trust
from agent.hub.views.disk import disk_json, disk_line, read_forecast
from agent.hub.views.disputes.words import status_lines
from agent.hub.views.people import speaker, with_names
from agent.hub.views.policy_words import policy_lines
from agent.hub.views.silent_words import next_step
from agent.hub.views.standby import read_from_json, read_from_line
from agent.hub.views.status import find_silent, write_orders, write_silent, write_status
from agent.model.errors import UsageError
from agent.model.exits import FAILS, OK
from agent.model.finding import Json, Message
from agent.text.harmless import printable
from agent.text.site_time import local
from agent.text.translate import render, together, translate

T = TypeVar("T")

NUMBERS: Final = ("received", "verified", "confirmed", "untrusted", "duplicates", "forks", "tampered")

CHANGED: Final = {
    "cameras-fewer": Message("cameras are no longer reported, ask whether they were taken down"),
    "camera-elsewhere": Message("cameras are read from another device or channel, ask whether they are the same"),
    "device-replaced": Message("another box answers as this device, ask who changed it"),
    "one-box-as-several": Message("one box is reported as several devices, ask which camera is really looked at"),
    "zones-fewer": Message("private zones are no longer declared, ask who decided it"),
    "threshold-loosened": Message("a figure is less strict than it was, ask why"),
    "rules-fewer": Message("a rule pack no longer counts, ask why"),
    "rules-edited": Message("a rule pack has other bytes under the same version, compare it with the released one"),
    "masks-approved-anew": Message("changed masks were approved, have a spot check look at them"),
    "approver-new": Message("somebody approves who did not before, ask whether he may"),
    "index-restarted": Message("the sealed footage index begins anew, ask what became of the state directory"),
    "declaration-backdated": Message("a declaration is dated before a report that missed it, ask for the paper"),
    "clock-back": Message("the site's clock went back, compare the times of arrival"),
    "configuration-edited": Message("site.toml was edited"),
}
"""What is said of each kind of `agent/hub/views/changes.py`, with the question to the site."""


def status(args: argparse.Namespace) -> int:
    """Print what came from each site."""
    now = datetime.now(UTC)
    with reading(args) as store:
        told = write_status(store, open_trust(args.data).of_sites, now, (args.site, args.after), args.limit)
        told = named(args, store, told)
        disk, read_from = read_forecast(store, now), store.read_from()
    if args.site and not told["sites"]:
        raise UsageError(
            "{site!r} is not known here: nothing of it has come; see `camwarden hub status`", site=args.site
        )
    if args.json:
        more = {"disk": disk_json(disk), "read_from": read_from_json(read_from)}
        print(json.dumps({**told, **more}, ensure_ascii=False))
    else:
        _print_status(told, args.lang)
        if not args.site and not args.quiet:
            print(render(disk_line(disk), args.lang))
            if read_from is not None:
                print(render(read_from_line(read_from), args.lang))
        if told["next"] is not None and not args.quiet:
            values = {"total": told["total"], "after": told["next"]}
            print(
                render(Message("{total} sites in all; the next ones: the same with --after {after}", values), args.lang)
            )
    return OK


def silent(args: argparse.Namespace) -> int:
    """Print the silent sites; 1 if there are any."""
    now = datetime.now(UTC)
    believed = open_trust(args.data).load()
    with reading(args) as store:
        told = write_silent(find_silent(store, believed, now), now)
    sites: Any = told["sites"]
    if args.json:
        print(json.dumps(told, ensure_ascii=False))
    elif sites:
        for site in sites:
            step = next_step(site["kind"], site["why"])
            kind = translate(site["kind"], args.lang)
            print(f"{site['site']:23}  {kind:14}  {_age(site['silent_s']):>7}  {render(step, args.lang)}")
            if site["why"] == "untrusted-key":
                print(f"{'':23}  {site['kid']}")
    elif not args.quiet:
        print(translate("every site is heard of", args.lang))
    return FAILS if sites else OK


def orders(args: argparse.Namespace) -> int:
    """Print the orders to a site, or to all, with their results."""
    with reading(args) as store:
        told = write_orders(store, args.site, datetime.now(UTC))
    if args.json:
        print(json.dumps(told, ensure_ascii=False))
        return OK
    listed: Any = told["orders"]
    for order in listed:
        reason = f": {order['reason']}" if order["reason"] else ""
        at = order["created_at"][:19] + "Z"
        state = translate(order["state"], args.lang)
        print(f"{order['site']:23}  {order['command']:10}  {state}{reason}  {at}  {order['id']}")
    policies: Any = told["policies"]
    for policy in policies:
        for message in policy_lines(policy):
            print(f"{policy['site']:23}  {printable(render(message, args.lang))}")
    if not listed and not policies and not args.quiet:
        print(translate("nothing was asked", args.lang))
    return OK


def reading(args: argparse.Namespace) -> closing[Store]:
    """Open the hub's database for reading."""
    return closing(open_store(args.data, read_only=True))


def named(args: argparse.Namespace, store: Store, value: T) -> T:
    """Return what is printed with names for the ids of authors; programs get the words beside them in English."""
    return with_names(speaker(store, "en" if args.json else args.lang), value)


def _print_status(told: dict[str, Json], lang: str) -> None:
    sites: Any = told["sites"]
    if not sites:
        print(translate("no site has sent anything", lang))
    for site, of_site in sites.items():
        health = of_site["health"]
        name = site or translate("(no site)", lang)
        status = translate(of_site["standing"] or of_site["state"]["status"], lang)
        heard = [f"{translate('health', lang)} {health['arrived_at'][:19]}Z"] if health else []
        print(f"{name}{translate(': ', lang)}{together((status, *heard), lang)}")
        print("  " + together((f"{of_site[number]} {translate(number, lang)}" for number in NUMBERS), lang))
        for message in _remarks(site, of_site):
            print(f"  {printable(render(message, lang))}")
        noted = (*_acknowledgement_lines(of_site["acknowledged"], lang), *_drill_lines(of_site["drills"], lang))
        for line in (*_change_lines(of_site["changes"], lang), *noted):
            print(line)
        for message in status_lines(site, of_site["disputes"], datetime.now(UTC)):
            print(f"  {printable(render(message, lang))}")


def _remarks(site: str, of_site: Any) -> Iterator[Message]:
    """Yield what needs attention at a site."""
    if of_site["not_shown"] == "config":
        yield Message("its newest configuration report breaks a bound of the contract, so it cannot be shown")
    elif of_site["not_shown"]:
        yield Message("it cannot be shown ({why}); keep a copy of hub.db and report it", {"why": of_site["not_shown"]})
    for reason, number in of_site["rejected"].items():
        yield Message("rejected {number}: {reason}", {"number": number, "reason": reason})
    for reason, number in of_site["unverified"].items():
        yield Message(
            "not signed by this site {number}: {reason} (somebody publishes on its topics, or its key is not trusted)",
            {"number": number, "reason": reason},
        )
    for kid in of_site["untrusted_keys"]:
        yield Message(
            "waits for trust: camwarden hub trust add {site} {kid} --data DIR   (compare it at the site first)",
            {"site": site, "kid": kid},
        )
    for epoch in of_site["epochs"]:
        if epoch["verdict"] in ("spool-lost", "open"):
            yield Message("epoch {epoch} begins anew without a word ({verdict})", epoch)
    for hole in of_site["gaps"]["missing"]:
        yield Message("missing {stream} {from_seq} to {to_seq} of epoch {epoch}", hole)
    for hole in of_site["gaps"]["lost"]:
        yield Message("lost {stream} {from_seq} to {to_seq}: the site no longer has them", hole)
    for gap in of_site["gaps"]["explained"]:
        yield Message("gave up {stream} {from_seq} to {to_seq}: {reason}", gap)
    if of_site["orders_open"]:
        values = {"count": of_site["orders_open"], "site": site}
        yield Message("{count} orders without an answer: camwarden hub orders {site}", values)
    if of_site["disputes_open"]:
        values = {"count": of_site["disputes_open"], "site": site}
        yield Message("{count} disputes without a decision: camwarden hub disputes {site}", values)
    if of_site["policy"]:
        yield from policy_lines(of_site["policy"], in_force=False)


def _change_lines(told: Any, lang: str) -> Iterator[str]:
    """Yield a line for each way in which the site's reports changed; names are the site's own words."""
    for change in told["kinds"] if told else ():
        more = ["..."] if change["count"] > len(change["what"]) else []
        names = together((*(printable(name) for name in change["what"]), *more), lang)
        was = f" ({change['before']} -> {change['after']})" if change["before"] else ""
        since = f"{told['from'][:10]} -> {told['to'][:10]}"
        named = translate(": ", lang) + names if names else ""
        yield f"  {since}  {render(CHANGED[change['kind']], lang)}{named}{was}"


def _acknowledgement_lines(told: Any, lang: str) -> Iterator[str]:
    """Yield a line for each acknowledged open finding; all of it is the site's own words."""
    for known in read_acknowledged({"acknowledged": told}):
        yield f"  {printable(render(acknowledged_line(known, local(known.until, CHINA)), lang))}"


def _drill_lines(told: Any, lang: str) -> Iterator[str]:
    """Yield a line for each drill of the last month; names are the site's own words."""
    for one in read_drills({"drills": told}):
        yield f"  {printable(render(drill_line(one, local(one.start_at, CHINA)), lang))}"


def _age(seconds: int) -> str:
    age = timedelta(seconds=max(0, seconds))
    if age < timedelta(hours=1):
        return f"{age.total_seconds() / 60:.0f} min"
    return f"{age.total_seconds() / 3600:.0f} h" if age < timedelta(days=2) else f"{age.days} d"
