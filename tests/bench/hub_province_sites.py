"""Makes the reports of some sites and takes them into a store, in a child of bench `hub_province`, period by period.

Reads `{engine, directory, first, count, begins_at, periods, warm, everything}` as one line: sites `first` and those
behind it report in each of the periods, signed with real keys, health alone or everything. After the births and `warm`
periods it prints `warm` and waits for a line; at the end `{reports, cpu_s}` of what came behind: making is not in it.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, count, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from fleet_reports import CITY, Life, new_signer
from hub_city_site import HEALTHS, PERIOD, birth, day, new_life

from agent.contract.chain import utc_text
from agent.contract.signing_keys import load_or_create_signer
from agent.contract.topics import topic
from agent.deliver.publish.messages import DecodedMessage
from agent.hub.ports.store import Store
from agent.hub.stores import signing_key, trust
from agent.hub.stores.postgres.store import Store as PostgresStore
from agent.hub.stores.store import Store as SqliteStore
from agent.hub.workers.batches import judge
from agent.hub.workers.intake import Intake
from agent.model.errors import StoreWaits
from agent.verify.bindings import Binding, Trust, file_text

BATCH = 256


def main() -> None:
    """Take what is asked."""
    asked = json.loads(sys.stdin.readline())
    directory = Path(asked["directory"])
    store: Store = (PostgresStore if asked["engine"] == "postgres" else SqliteStore)(directory)
    signer = load_or_create_signer(directory / signing_key.KEY_NAME)
    begins_at, rng = datetime.fromisoformat(asked["begins_at"]), random.Random(asked["first"])
    lives = [
        new_life(f"S{number:06}", new_signer()) for number in range(asked["first"], asked["first"] + asked["count"])
    ]
    intake = Intake(store, _trust(directory / f"trust-{asked['first']}", lives, begins_at))
    days = [_days(life, begins_at, rng, asked["everything"]) for life in lives]
    births = [DecodedMessage(name, payload, jws) for name, payload, jws in (birth(one, begins_at) for one in lives)]
    stored, cpu_s = 0, 0.0
    for period in range(asked["periods"]):
        if period == asked["warm"]:
            print("warm", flush=True)
            sys.stdin.readline()
            stored, cpu_s = 0, 0.0
        made = chain(() if period else births, (one for messages in days for one in next(messages)))
        at = begins_at + period * PERIOD
        while batch := list(islice(made, BATCH)):
            begun = time.process_time()
            stored += _take(store, intake, signer, batch, at)
            cpu_s += time.process_time() - begun
        if not asked["first"]:
            print(f"period {period + 1} of {asked['periods']}", file=sys.stderr, flush=True)
    store.close()
    print(json.dumps({"reports": stored, "cpu_s": cpu_s}))


def _trust(directory: Path, lives: list[Life], at: datetime) -> Trust:
    """Return the bindings of sites, all of which are taken over from one file: each alone would be synced to disk."""
    directory.mkdir()
    entries = [Binding(life.signer.kid, life.site.id, utc_text(at)) for life in lives]
    (directory / trust.FILE).write_text(file_text(entries))
    trust.add(directory, lives[0].site.id, lives[0].signer.kid, at)
    return trust.load(directory)


def _days(life: Life, begins_at: datetime, rng: random.Random, everything: bool) -> Iterator[list[DecodedMessage]]:
    """Yield what a site sends in each period, for as many days as are asked for."""
    for number in count():
        made = day(life, begins_at + number * HEALTHS * PERIOD, rng)
        for _, of_period in groupby(made, itemgetter(0)):
            kept = (one for _, one in of_period if everything or one.report.stream == "health")
            yield [
                DecodedMessage(topic(CITY, life.site.id, one.report.stream), one.report.payload, one.jws)
                for one in kept
            ]


def _take(store: Store, intake: Intake, signer: Any, batch: list[DecodedMessage], at: datetime) -> int:
    while True:
        try:
            events, _ = judge(store, intake, signer, batch, at)
            break
        except StoreWaits:
            intake.forget()
    intake.dirty.clear()
    told = [event["event"] for event in events]
    if other := set(told) - {"verified", "state"}:
        raise SystemExit(f"an honest report was refused: {other}")
    return told.count("verified")


if __name__ == "__main__":
    main()
