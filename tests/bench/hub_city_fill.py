"""Fills a hub's store with a city for bench `hub_city`, through the functions by which the intake writes.

Signatures are random bytes of the right form: nothing that reads the store verifies them. Finding history and assessed
days of a month are rows as the intake leaves them.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from hub_city_site import CAMERAS, CHECKS, PERIOD, city_config

from agent.contract.chain import GENESIS, SCHEMA, digest, utc_text
from agent.contract.signing_keys import b64url
from agent.contract.topics import Address
from agent.hub.domain.figures import CHINA, METRICS
from agent.hub.stores import day_figures, trust
from agent.hub.stores.engines import open_store
from agent.hub.workers.day_sums import DaySums
from agent.model.finding import Head, StreamName
from agent.verify.bindings import Binding, file_text
from agent.verify.message import Chain, Claim

DAYS: Final = 30
HISTORY_A_SITE: Final = 30
AT_ONCE: Final = 100


def opened(directory: Path, read_only: bool = False) -> Any:
    """Open a hub's store with its engine's statements, which the ports do not have."""
    return open_store(directory, read_only)


def fill(directory: Path, sites: int, healths: int, ends_at: datetime) -> int:
    """Store a city whose last reports came just before `ends_at`; return how many reports there are.

    Each site has one configuration report, and its last `healths` health reports.
    """
    store = opened(directory)
    for start in range(0, sites, AT_ONCE):
        with store.transaction():
            for number in range(start, min(sites, start + AT_ONCE)):
                _site(store, number, healths, ends_at)
    store.close()
    entries = [Binding(_kid(n), _name(n), utc_text(ends_at - timedelta(days=60))) for n in range(sites)]
    (directory / trust.FILE).write_text(file_text(entries))
    trust.add(directory, "first", "F" * 43, ends_at)  # imports the file
    return sites * (healths + 1)


def add_days_up(directory: Path, now: datetime) -> int:
    """Let a hub add up its days, as one that runs has done before somebody looks; return how many looks."""
    looks, is_more = 0, True
    store, worker = opened(directory), DaySums()
    while is_more:
        worker.look(store, now, worker.look_at_s, lambda event: None)
        looks, is_more = looks + 1, bool(worker.todo)
    store.close()
    return looks


def _site(store: Any, number: int, healths: int, ends_at: datetime) -> None:
    site = _name(number)
    begins_at = ends_at - healths * PERIOD - timedelta(minutes=number % 15)
    store.meet(site, "datong", "e1", begins_at)
    store.keep_birth(site, _kid(number), "hub")
    store.keep_state(site, 1, "ready", begins_at)
    _report(store, number, "config", 1, begins_at, city_config(number))
    for seq in range(1, healths + 1):
        at = begins_at + seq * PERIOD
        body = {
            "division": f"14{number % 200:04}",
            "next_due_at": utc_text(at + PERIOD),
            "host": {"cpu_ratio": seq / 96},
        }
        _report(store, number, "health", seq, at, body)
        store.chains.health(site, "e1", utc_text(at), utc_text(at + PERIOD))
    figures = {name: [CAMERAS * 90, CAMERAS * 96, 30, 12] for name in METRICS}
    told = json.dumps({f"14{number % 200:04}": figures}, separators=(",", ":"))
    for day in range(1, DAYS + 1):
        of_day = (ends_at.astimezone(CHINA) - timedelta(days=day)).date().isoformat()
        store.run(
            "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES ('division', ?, ?, 'e1', ?, ?)",
            *(of_day, site, day, told),
        )
    for row in range(HISTORY_A_SITE):
        from_at = ends_at - timedelta(days=1 + row % DAYS, hours=row % 7)
        store.run(
            "INSERT INTO finding_history (site, check_id, subject, status, reason, from_at, to_at)"
            " VALUES (?, ?, ?, 'fail', 'unreachable', ?, ?)",
            *(site, CHECKS[row % len(CHECKS)], f"camera:camera-{row % CAMERAS}", utc_text(from_at)),
            utc_text(from_at + timedelta(hours=3)),
        )


def _report(store: Any, number: int, stream: StreamName, seq: int, at: datetime, body: dict[str, Any]) -> None:
    site = _name(number)
    data: dict[str, Any] = {
        "schema": SCHEMA, "city": "datong", "site": site, "epoch": "e1", "stream": stream, "seq": seq,
        "ts": utc_text(at), "clock_synced": True, "prev": GENESIS.digest, "body": body,
    }  # fmt: skip
    payload = json.dumps(data, separators=(",", ":")).encode()
    head = b64url(
        b'{"alg":"ES256","b64":false,"crit":["b64"],"kid":"%s","typ":"vss-report+json"}' % _kid(number).encode()
    )
    claim = Claim(
        Address("datong", site, stream), _kid(number), "e1", stream, seq, GENESIS.digest, digest(payload), at, data,
        payload, f"{head}..{b64url(os.urandom(64))}",
    )  # fmt: skip
    store.keep_report(claim, False, at)
    store.keep_current(claim)
    day_figures.keep(store, claim)
    key = (site, "e1", stream)
    store.chains.count(site, "received")
    store.chains.count(site, "verified")
    store.chains.expect(key, seq)
    store.chains.keep(key, Chain(Head(seq, claim.digest), Head(seq, claim.digest)))
    store.chains.hear(site, utc_text(at), "mqtt5")


def _name(number: int) -> str:
    return f"S{number:05}"


def _kid(number: int) -> str:
    return f"{number:043d}"
