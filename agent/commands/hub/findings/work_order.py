"""Prints the work order of somebody to whom findings are assigned, in both languages: `camwarden hub work-order`."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Final

from agent.commands.hub.view import named, reading
from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.findings import FindingRow, Wanted
from agent.hub.domain.rows.words import Word
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.recognize import recognize
from agent.text.translate import LANGUAGES, render, translate

SCHEMA: Final = "camwarden-hub-work-order/1"

_ABOUT: Final = Message("Work order of {day} for {assignee}: {count} findings")
_LATE: Final = Message("due {due_on}, late")
_DUE: Final = Message("due {due_on}")
_WHERE: Final = Message("site {site}, division {division}, operated by {operator}: {subject}")
_WHAT: Final = Message("{check} is {status} since {since}: {sentence}")
_BOX: Final = Message("device {model}, version {firmware}")
_SAID: Final = Message("{said_by} wrote on {at}: {text}")
_DONE: Final = Message("Mended on: ____________  by: ____________  what was done: ________________________")


def run(args: argparse.Namespace) -> int:
    """Print the order. Raises UsageError where nothing open is assigned to that name."""
    today = datetime.now(UTC).astimezone(CHINA).date()
    with reading(args) as store:
        found = named(args, store, store.findings.page(Wanted(site=args.site or "", assignee=args.to)))
        said = [word for site in sorted({one.site for one in found}) for word in store.words.of_site(site)]
    if not found:
        raise UsageError("nothing open is assigned to {name!r}; see `camwarden hub findings`", name=args.to)
    found.sort(key=lambda one: (one.due_on, one.site, one.check, one.subject))
    if args.json:
        told = [{**asdict(one), "words": [asdict(word) for word in said if _is_of(word, one)]} for one in found]
        order = {"schema": SCHEMA, "day": today.isoformat(), "assignee": args.to, "findings": told}
        print(json.dumps(order, ensure_ascii=False))
        return OK
    for lang in sorted(LANGUAGES, key=lambda lang: lang != args.lang):
        for line in order_lines(args.to, found, said, today, lang):
            print(printable(line))
    return OK


def order_lines(
    assignee: str, found: Sequence[FindingRow], said: Sequence[Word], today: date, lang: str
) -> Iterator[str]:
    """Yield the lines of an order in one language; names and sentences are the sites' own words."""
    yield render(Message(_ABOUT.template, {"day": today.isoformat(), "assignee": assignee, "count": len(found)}), lang)
    for number, one in enumerate(found, 1):
        values = {name: value or translate("unknown", lang) for name, value in asdict(one).items()}
        due = _LATE if one.due_on < today.isoformat() else _DUE
        yield ""
        yield f"{number}. {render(Message(due.template, values), lang)}"
        yield f"   {render(Message(_WHERE.template, values), lang)}"
        sentence = render(recognize(one.message, lang), lang)
        what = {**values, "status": translate(one.status, lang), "since": f"{one.since[:16]}Z", "sentence": sentence}
        yield f"   {render(Message(_WHAT.template, what), lang)}"
        if one.model:
            yield f"   {render(Message(_BOX.template, values), lang)}"
        for word in said:
            if _is_of(word, one) and word.text:
                yield f"   {render(Message(_SAID.template, {**asdict(word), 'at': word.at[:10]}), lang)}"
        yield f"   {render(_DONE, lang)}"
    yield ""


def _is_of(word: Word, one: FindingRow) -> bool:
    return (word.site, word.check, word.subject) == (one.site, one.check, one.subject)
