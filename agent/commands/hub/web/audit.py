"""Shows and verifies what people did on the hub's page: `camwarden hub audit`."""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import Final

from agent.hub.domain.people.audit import AuditRow, first_changed
from agent.hub.ports.people import PeopleStore
from agent.hub.stores.engines import open_people, open_store
from agent.model.exits import FAILS, OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render, translate

SCHEMA: Final = "camwarden-hub-audit/1"
ROWS_AT_ONCE: Final = 10_000


def run(args: argparse.Namespace) -> int:
    """Print the newest rows, or verify them all; 1 where one was changed, or the one that was asked for is gone."""
    open_store(args.data, read_only=True).close()
    with closing(open_people(args.data)) as people:
        if args.verify:
            return _verify(args, people)
        rows = people.audit(most=args.limit)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "rows": [asdict(row) for row in rows]}, ensure_ascii=False))
        return OK
    for row in reversed(rows):
        parts = (f"{row.no:6}", f"{row.at[:19]}Z", row.who or "-", row.act, row.what, row.outcome, row.address)
        print(printable("  ".join(part for part in parts if part)))
    if not rows and not args.quiet:
        print(translate("nothing was done on the page yet", args.lang))
    return OK


def _verify(args: argparse.Namespace, people: PeopleStore) -> int:
    seen = _Seen(args.head or "")
    changed = first_changed(seen.noted(_all(people)))
    is_there = not args.head or seen.is_there
    if args.json:
        told = {"schema": SCHEMA, "rows": seen.rows, "head": seen.head, "first_changed": changed or None}
        print(json.dumps({**told, "head_is_there": is_there if args.head else None}))
    elif changed:
        said = Message(
            "row {no} is not what was written: it, or one before it, was changed or taken out", {"no": changed}
        )
        print(render(said, args.lang))
    elif not is_there:
        print(render(Message("no row has that digest: rows at the end were taken out"), args.lang))
    elif not args.quiet:
        said = Message("{rows} rows are as they were written; write down the head: {head}", seen.values())
        print(render(said, args.lang))
    return FAILS if changed or not is_there else OK


class _Seen:
    """What went by while rows were verified."""

    def __init__(self, wanted: str) -> None:
        self._wanted, self.rows, self.head, self.is_there = wanted, 0, "", False

    def noted(self, rows: Iterator[AuditRow]) -> Iterator[AuditRow]:
        """Yield the rows."""
        for row in rows:
            self.rows, self.head = self.rows + 1, row.digest
            self.is_there = self.is_there or row.digest == self._wanted
            yield row

    def values(self) -> dict[str, object]:
        """Return number and head for a message."""
        return {"rows": self.rows, "head": self.head or "-"}


def _all(people: PeopleStore) -> Iterator[AuditRow]:
    """Yield every row, oldest first, some at a time."""
    first = 0
    while rows := people.audit_from(first, ROWS_AT_ONCE):
        yield from rows
        first = rows[-1].no + 1
