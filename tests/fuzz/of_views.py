"""Fuzzing target of what a hub shows of reports that an older one has stored: nothing bounded them then.

The first byte says which stream; the rest lies in the database as a body, and is brought up to date as the first start
of a hub of today does. Then every view of all sites, and a case.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hostile_bodies import AT, BODIES, hostile, old_hub, payload, put_good
from hub_rows import put_row

from agent.contract.chain import digest
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.hub.case.case import write_case
from agent.hub.stores import case_columns
from agent.hub.stores.keeping import older_rows
from agent.hub.stores.store import Store
from agent.hub.views.assessment import assess
from agent.hub.views.metrics import write_metrics
from agent.hub.views.status import find_silent, write_orders, write_silent, write_status
from agent.model.errors import UsageError
from agent.model.finding import StreamName
from agent.verify.bindings import Trust
from fuzz.target import Target

NOW = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)
STREAMS: tuple[StreamName, ...] = ("config", "health", "event")
SEEDS_MOST = 400


@cache
def _hub() -> tuple[Store, Signer, TemporaryDirectory[str]]:
    """A hub with a site that is well, and one whose newest report is the one that is fuzzed."""
    folder = TemporaryDirectory()
    root = Path(folder.name)
    db = old_hub(root)
    for site in ("good", "S1"):
        put_good(db, site, AT)
    db.close()
    return Store(root), load_or_create_signer(root / "key.pem"), folder


class _Back(Exception):
    """Ends a transaction, so that nothing of it stays."""


def _views(data: bytes) -> object:
    store, signer, _ = _hub()
    stream, body = STREAMS[(data[0] if data else 0) % len(STREAMS)], data[1:]
    shown: dict[str, object] = {}
    with suppress(_Back), store.transaction():
        kept, telling = older_rows.read(stream, body)
        found = case_columns.named("S1", telling)
        number = put_row(
            store, 3, digest(body), body, stream=stream, kid="k", arrived_at="2026-11-24T15:09:00.000Z", jws="a..b",
            said=(kept.made_at, kept.config, *telling.told()), named=tuple(found),
        )  # fmt: skip
        case_columns.keep(store._db, number, "S1", found)
        shown = {
            **write_status(store),
            **write_silent(find_silent(store, Trust(), NOW), NOW),
            **write_orders(store, None, NOW),
        }
        shown["metrics"] = write_metrics(store, Trust(), store.directory, NOW)
        shown["assessed"] = [assess(store, by, NOW.date(), NOW.date(), NOW) for by in ("division", "model")]
        with suppress(UsageError):  # a check of which nothing is told
            begin, end = NOW.replace(hour=0), NOW.replace(day=25)
            shown["case"] = write_case(store, Trust(), signer, "S1", "privacy-mask-present", begin, end)
        of_site = write_status(store)["sites"]
        if of_site["S1"]["not_shown"] not in (None, "config") or of_site["good"]["not_shown"]:  # type: ignore[index, call-overload]
            raise AssertionError("a site was contained only because something failed")
        raise _Back
    return shown


def _seeds() -> Iterator[bytes]:
    for number, stream in enumerate(STREAMS):
        yield bytes((number,)) + payload(stream, BODIES[stream]())
    made = [(stream, data) for _, stream, data in hostile() if len(data) < 16_000]
    for stream, data in made[:: max(1, len(made) // SEEDS_MOST)]:
        yield bytes((STREAMS.index(stream),)) + data  # type: ignore[arg-type]


VIEWS = {"views": Target(_views, (), _seeds, replays=150)}
