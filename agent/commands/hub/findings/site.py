"""Shows one site: its state, boxes, open findings, and how long faults lasted: `camwarden hub site`."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.commands.hub.findings.lines import print_lines
from agent.commands.hub.view import reading
from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.findings import SiteFacts, Stretch, Wanted
from agent.hub.domain.rows.words import Word
from agent.hub.stores.engines import open_trust
from agent.hub.views.silent import standing
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.duration import duration_text
from agent.text.harmless import printable
from agent.text.translate import render, together, translate

SCHEMA: Final = "camwarden-hub-site/1"
STRETCHES_MOST: Final = 1000
STRETCHES_SHOWN: Final = 10


def run(args: argparse.Namespace) -> int:
    """Print one site. Raises UsageError where nothing verified has come of it."""
    believed = open_trust(args.data).load()
    with reading(args) as store:
        facts = store.findings.site(args.site)
        row = next((one for one in store.sites.rows(args.site)), None)
        if facts is None or row is None:
            raise UsageError(
                "{site!r} is not known here: no verified message of it has come; see `camwarden hub status`",
                site=args.site,
            )
        found = store.findings.page(Wanted(site=args.site))
        stretches = store.findings.history(args.site, STRETCHES_MOST)
        said = store.words.of_site(args.site)
    bindings = [one for one in believed.bindings.values() if one.site == args.site]
    state = standing(row, bindings, datetime.now(UTC)) or row.status
    repair_s = mean_repair_s(stretches)
    if args.json:
        told = {
            **asdict(facts),
            "devices": [
                dict(zip(("id", "manufacturer", "model", "firmware"), box, strict=True)) for box in facts.devices
            ],
            "state": state,
            "health_at": row.health_at or None,
            "findings": [asdict(one) for one in found],
            "words": [asdict(one) for one in said],
            "history": [asdict(one) for one in stretches],
            "mean_repair_s": repair_s,
        }
        print(json.dumps({"schema": SCHEMA, **told}, ensure_ascii=False))
        return OK
    _print_facts(facts, state, args.lang)
    print_lines(found, args.lang, datetime.now(CHINA).date())
    _print_words(said, args.lang)
    if repair_s is not None:
        values = {"count": len(_mended(stretches)), "mean": duration_text(repair_s, args.lang)}
        print(render(Message("{count} faults ended, after {mean} on average", values), args.lang))
    for one in [one for one in stretches if one.to_at][:STRETCHES_SHOWN]:
        status = translate(one.status, args.lang)
        print(printable(f"  {one.from_at[:16]}Z -> {one.to_at[:16]}Z  {status}  {one.check}  {one.subject}"))
    return OK


def mean_repair_s(stretches: Sequence[Stretch]) -> float | None:
    """Return how long a fault that is over lasted on average, seconds by the site's own times; None: none is over."""
    mended = _mended(stretches)
    total = sum((_time(one.to_at) - _time(one.from_at) for one in mended), timedelta())
    return total.total_seconds() / len(mended) if mended else None


def _mended(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return the fails that ended, without those whose clock went back."""
    return [one for one in stretches if one.status == "fail" and one.from_at <= one.to_at]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _print_words(said: Sequence[Word], lang: str) -> None:
    for word in said:
        name = translate(word.kind, lang)
        told = together((part for part in (word.assignee, word.until, word.text) if part), lang)
        print(printable(f"  {word.at[:10]}  {word.said_by}  {name}  {word.check}  {word.subject}  {told}"))


def _print_facts(facts: SiteFacts, state: str, lang: str) -> None:
    values = {"division": facts.division or "-", "cameras": facts.cameras, "at": f"{facts.made_at[:16]}Z"}
    told = Message("division {division}, {cameras} cameras, configuration report of {at}", values)
    if not facts.made_at:
        told = Message("no configuration report of its present life has come")
    line = together((translate(state, lang), render(told, lang)), lang)
    print(printable(f"{facts.site}{translate(': ', lang)}{line}"))
    for device, *names in facts.devices:
        print(printable(f"  {device}  {' '.join(name for name in names if name)}".rstrip()))
