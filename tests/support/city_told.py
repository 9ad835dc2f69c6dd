"""Fills a hub's store with small sites through the functions by which the intake writes; signatures are none."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from empty_hub import lay_empty

from agent.contract.chain import GENESIS, SCHEMA, digest, utc_text
from agent.contract.topics import Address
from agent.hub.domain.rows.city_map import NO_MAP, MapFile, MapWord, Outline
from agent.hub.stores.store import NAME, Store
from agent.hub.stores.words import keep_operator
from agent.model.finding import Head, StreamName
from agent.verify.message import Chain, Claim

NOW = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
DIVISION, OPERATOR, COMPANY = "140200", "Datong East", "Company One"
HIDDEN = ("hidden-gate", "Hidden Operator", "Hidden Company", "149999")
"""What only foreign sites say: a page of somebody who is bound to one of the three above must have none of it."""

PLACES = {
    "S1": ("140202", OPERATOR, COMPANY, "gate"),
    "S2": ("140202", OPERATOR, COMPANY, "gate"),
    "F3": (HIDDEN[3], HIDDEN[1], HIDDEN[2], HIDDEN[0]),
    "F4": (HIDDEN[3], "", HIDDEN[2], HIDDEN[0]),
}
"""Division, operator, maintainer and first camera of each site."""

CHECKS = ("camera-online", "clock-offset", "retention-days")
POSITIONS = {"S1": (113.30, 40.08), "S2": (113.36, 40.10), "F3": (113.13, 40.03), "F4": (112.90, 39.90)}
DISTRICT = Outline("Pingcheng", (((113.2, 40.0), (113.4, 40.0), (113.4, 40.2), (113.2, 40.2), (113.2, 40.0)),))

STATUSES = ("fail", "warn", "unknown")


def city(directory: Path) -> Path:
    """Fill a hub's folder with the sites of `PLACES` on a map; each has three open findings at each of two cameras.

    They are told once: who wants the same in a folder in which no hub has been gets a copy of its files.
    """
    if (directory / NAME).exists():
        _tell(directory)
        return directory
    directory.mkdir(parents=True, exist_ok=True)
    for name, (mode, data) in _told().items():
        path = directory / name
        path.touch(mode)
        path.write_bytes(data)
    return directory


@cache
def _told() -> dict[str, tuple[int, bytes]]:
    with tempfile.TemporaryDirectory() as name:
        _tell(Path(name))
        return {path.name: (path.stat().st_mode & 0o777, path.read_bytes()) for path in Path(name).iterdir()}


def _tell(directory: Path) -> None:
    with closing(Store(lay_empty(directory))) as store:
        for site, (division, operator, maintainer, camera) in PLACES.items():
            tell_site(store, site, division, maintainer, camera)
            if operator:
                keep_operator(store, site, operator, "test", NOW)
        word = MapWord(by="Li", why="surveyed", at=utc_text(NOW), frame="wgs84", digest="d" * 64)
        store.city_map.keep(NO_MAP.with_file(MapFile(sites=POSITIONS, outlines=(DISTRICT,)), word))


def tell_site(store: Store, site: str, division: str, maintainer: str, camera: str = "gate") -> None:
    """Store a site with one report of its configuration and one of its health."""
    at = NOW - timedelta(minutes=10)
    cameras = [
        {"id": one, "device": "nvr", "channel": n, "maintainer": maintainer}
        for n, one in enumerate((camera, f"{camera}-2"))
    ]
    findings = [
        {
            "check": check, "subject": f"camera:{one['id']}", "severity": "major", "reason": "unreachable",
            "level": "seen", "status": status, "message": "192.0.2.4:80: timed out", "evidence": {},
            "source": {"document": "GB 50348-2018", "article": "6.4.3"}, "caused_by": "",
        }
        for one in cameras for check, status in zip(CHECKS, STATUSES, strict=True)
    ]  # fmt: skip
    identity = {"manufacturer": "ACME", "model": "NVR-8", "firmware": "5.1", "serial": site}
    config = {
        "division": division, "devices": [{"id": "nvr", "driver": "isapi", "identity": identity}], "cameras": cameras,
        "findings": findings, "digests": {"config": "c" * 64, "desired": None}, "answers": [],
    }  # fmt: skip
    with store.transaction():
        store.meet(site, "datong", "e1", at)
        store.keep_birth(site, "k" * 43, "hub")
        store.keep_state(site, 1, "ready", at)
        tell(store, site, "config", at, config)
        tell(store, site, "health", at, {"division": division, "next_due_at": utc_text(at + timedelta(minutes=15))})
        store.chains.health(site, "e1", utc_text(at), utc_text(at + timedelta(minutes=15)))


def tell(store: Store, site: str, stream: StreamName, at: datetime, body: dict[str, Any]) -> None:
    """Store a report as the first of its stream. Within a transaction."""
    data: dict[str, Any] = {
        "schema": SCHEMA, "city": "datong", "site": site, "epoch": "e1", "stream": stream, "seq": 1,
        "ts": utc_text(at), "clock_synced": True, "prev": GENESIS.digest, "body": body,
    }  # fmt: skip
    payload = json.dumps(data, separators=(",", ":")).encode()
    claim = Claim(
        Address("datong", site, stream), "k" * 43, "e1", stream, 1, GENESIS.digest, digest(payload), at, data, payload,
        f"{'h' * 20}..{'s' * 86}",
    )  # fmt: skip
    store.keep_report(claim, False, at)
    store.keep_current(claim)
    for name in ("received", "verified"):
        store.chains.count(site, name)
    store.chains.expect((site, "e1", stream), 1)
    store.chains.keep((site, "e1", stream), Chain(Head(1, claim.digest), Head(1, claim.digest)))
    store.chains.hear(site, utc_text(at), "mqtt5")
