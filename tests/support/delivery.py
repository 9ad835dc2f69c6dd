"""What tests of the delivery half share: a clock that is set, a site, signed envelopes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.contract.chain import GENESIS, Heads, digest, encode, link
from agent.contract.envelope import sign
from agent.contract.presence import Presence
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.contract.watermark import Watermark
from agent.deliver.spool.spool import Spool
from agent.model.finding import Draft, Envelope, Head, Json, Moment, StreamName
from agent.site.config.site import Hub, Site

NOW = datetime(2026, 11, 24, 15, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def moment(at: datetime = NOW) -> Moment:
    return Moment(at, 123_456, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", True)


def site(site_id: str = "S1", city: str = "datong", hub: Hub | None = None) -> Site:
    return Site(id=site_id, city=city, division="140200", hub=hub, digest="c" * 64)


EMPTY: Heads = {}


class Maker:
    """Makes signed reports of one site and keeps them in a spool, as a cycle does."""

    def __init__(self, directory: Path, site_: Site | None = None, key: str = "report-key.pem") -> None:
        self.site = site_ or site()
        self.directory = directory
        self.signer: Signer = load_or_create_signer(directory / key)

    def seal(self, draft: Draft, heads: Heads, epoch: str) -> Envelope:
        """Make a gap record, as the daemon's seal does."""
        (report,), _ = link((draft,), heads, epoch, self.site.origin, moment())
        return sign(report, self.signer)

    def open(self, name: str = "spool.db", max_bytes: int = 8 * 1024 * 1024, now: datetime = NOW) -> Spool:
        """Open a spool beside the key."""
        return Spool.open(self.directory / name, max_bytes, now=now, seal=self.seal)

    def presence(
        self,
        epoch: str = "e1",
        number: int = 1,
        jwk: Mapping[str, str] | None = None,
        heads: Heads = EMPTY,
        confirmed: Heads = EMPTY,
    ) -> Presence:
        """Return what a state message of the site says."""
        return Presence(
            origin=self.site.origin,
            confirm=self.site.confirm,
            epoch=epoch,
            connection_no=number,
            jwk=self.signer.jwk if jwk is None else jwk,
            heads=heads,
            confirmed=confirmed,
        )

    def envelopes(
        self, drafts: list[Draft], heads: Heads, epoch: str, at: datetime = NOW
    ) -> tuple[tuple[Envelope, ...], dict[StreamName, Head]]:
        """Link and sign drafts."""
        reports, after = link(drafts, heads, epoch, self.site.origin, moment(at))
        return tuple(sign(report, self.signer) for report in reports), after

    def cycle(self, spool: Spool, at: datetime = NOW, filling: int = 0, events: int = 1) -> tuple[Envelope, ...]:
        """Commit `events` events and one health report."""
        incidents = spool.begin(at)
        drafts = [event(n, filling) for n in range(events)] + [health(filling)]
        made, _ = self.envelopes(drafts, spool.heads(), spool.epoch, at)
        spool.commit(made, '{"schema": "memory"}', at, incidents)
        return made


def event(number: int = 0, filling: int = 0) -> Draft:
    finding: Mapping[str, Json] = {
        "check": "camera-online",
        "subject": f"camera:c{number}",
        "status": "fail",
        "severity": "major",
        "reason": "unreachable",
        "message": "no answer" + "." * filling,
        "source": {"document": "GB 50348-2018", "article": "6.4.3"},
        "evidence": {},
        "caused_by": "",
    }
    body: Mapping[str, Json] = {
        "division": "140200",
        "check": "camera-online",
        "subject": f"camera:c{number}",
        "from": "pass",
        "to": "fail",
        "finding": finding,
    }
    return Draft("event", body)


def health(filling: int = 0) -> Draft:
    return Draft(
        "health",
        {
            "division": "140200",
            "next_due_at": "2026-11-24T15:19:00Z",
            "counts": {"pass": 1, "warn": 0, "fail": 1, "unknown": 0, "not_applicable": 0},
            "code_prefix": "",
            "cameras": {"fail": [["c0", None]]},
            "not_pass": [
                {
                    "check": "camera-online",
                    "status": "fail",
                    "reason": "x" * filling + "-",
                    "count": 1,
                    "subjects": ["camera:c0"],
                }
            ],
            "queue": {"pending": 0, "sent": 0, "parked": 0, "confirmed": 0, "dropped": 0},
            "host": {"cpu_ratio": 0.1, "memory_ratio": 0.2, "disk_free_bytes": 1000, "uptime_s": 10.0},
            "agent": {"version": "0.1.0"},
        },
    )


def config_report(filling: int = 0) -> Draft:
    return Draft(
        "config",
        {
            "division": "140200",
            "agent": {"version": "0.1.0"},
            "devices": [{"id": "d", "driver": "onvif", "identity": None}],
            "cameras": [],
            "findings": [],
            "digests": {"config": "c" * 64 + "x" * filling, "desired": None},
            "answers": [],
        },
    )


def mark(spool: Spool, ack_no: int = 1, **heads: Head) -> Watermark:
    """Return a watermark of this spool's own heads, or of the given ones."""
    return Watermark("S1", spool.epoch, ack_no, heads or spool.heads())


def waiting(spool: Spool, now: datetime = NOW) -> list[dict[str, Any]]:
    """Return every payload that waits, decoded."""
    return [json.loads(row.payload) for row in spool.pending(10_000, now)]


def assert_closed(payloads: list[dict[str, Any]]) -> None:
    """Every stream is a chain from its first report to its last; holes only where a gap record names them."""
    gaps = [payload["body"] for payload in payloads if payload["stream"] == "gap"]
    for stream in {payload["stream"] for payload in payloads}:
        seq, head = 0, GENESIS.digest
        for payload in sorted((p for p in payloads if p["stream"] == stream), key=lambda p: p["seq"]):
            while payload["seq"] != seq + 1:
                gap = next(g for g in gaps if g["stream"] == stream and g["from_seq"] == seq + 1)
                seq, head = gap["to_seq"], gap["last_digest"]
            assert payload["prev"] == head
            seq, head = payload["seq"], digest(encode(payload))
