"""Shows one site: its state, boxes, open findings, and how long faults lasted: `camwarden hub site`."""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.findings.lines import print_lines
from agent.commands.hub.view import named, reading
from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.findings import SiteFacts
from agent.hub.domain.rows.words import Word
from agent.hub.stores.engines import open_trust
from agent.hub.views.site import mended, read_site, site_json
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.duration import duration_text
from agent.text.harmless import printable
from agent.text.translate import render, together, translate

STRETCHES_SHOWN: Final = 10


def run(args: argparse.Namespace) -> int:
    """Print one site. Raises UsageError where nothing verified has come of it."""
    bindings = open_trust(args.data).of_sites(args.site, args.site).bindings.values()
    with reading(args) as store:
        shown = named(args, store, read_site(store, bindings, args.site, datetime.now(UTC)))
    if shown is None:
        raise UsageError(
            "{site!r} is not known here: no verified message of it has come; see `camwarden hub status`",
            site=args.site,
        )
    if args.json:
        print(json.dumps(site_json(shown), ensure_ascii=False))
        return OK
    _print_facts(shown.facts, shown.state, args.lang)
    print_lines(shown.findings, args.lang, datetime.now(CHINA).date())
    _print_words(shown.words, args.lang)
    if shown.mean_repair_s is not None:
        values = {"count": len(mended(shown.history)), "mean": duration_text(shown.mean_repair_s, args.lang)}
        print(render(Message("{count} faults ended, after {mean} on average", values), args.lang))
    for one in [one for one in shown.history if one.to_at][:STRETCHES_SHOWN]:
        status = translate(one.status, args.lang)
        print(printable(f"  {one.from_at[:16]}Z -> {one.to_at[:16]}Z  {status}  {one.check}  {one.subject}"))
    return OK


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
    if facts.division_told not in ("", facts.division):
        values = {"told": facts.division_told, "division": facts.division}
        differs = Message("its reports tell division {told}, but {division} counts", values)
        print(printable(f"  {render(differs, lang)}"))
    for device, *names in facts.devices:
        print(printable(f"  {device}  {' '.join(name for name in names if name)}".rstrip()))
