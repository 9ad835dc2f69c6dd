"""A site that fills a store through the ports of the hub alone, for tests of every engine in the table.

Signatures are bytes of the right form: nothing that reads a store verifies them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agent.contract.chain import GENESIS, SCHEMA, digest, utc_text
from agent.contract.signing_keys import b64url
from agent.contract.topics import Address
from agent.hub.ports.store import Store
from agent.model.finding import Head, StreamName
from agent.verify.message import Chain, Claim

BEGIN = datetime.fromisoformat("2026-11-02T02:00:00Z")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Opens = Callable[..., Store]


@dataclass
class Sender:
    """A site that signs nothing, and what it has made so far, by stream and number."""

    site: str = "S1"
    city: str = "datong"
    epoch: str = "e1"
    made: dict[tuple[StreamName, int], Claim] = field(default_factory=dict)

    def meet(self, store: Store, at: datetime = BEGIN) -> Sender:
        """Be met, and connected, as intake writes it."""
        with store.transaction():
            store.meet(self.site, self.city, self.epoch, at)
            store.keep_state(self.site, 1, "ready", at)
            store.keep_birth(self.site, self.kid, "hub")
        return self

    @property
    def kid(self) -> str:
        return f"{self.site:k<43}"

    def claim(
        self, stream: StreamName, seq: int, body: dict[str, Any], at: datetime, *, prev: str = "", payload: bytes = b""
    ) -> Claim:
        """Return a report as intake has verified it; `payload` in the place of the usual bytes."""
        before = self.made.get((stream, seq - 1))
        prev = prev or (before.digest if before else GENESIS.digest)
        data: dict[str, Any] = {
            "schema": SCHEMA, "city": self.city, "site": self.site, "epoch": self.epoch, "stream": stream, "seq": seq,
            "ts": utc_text(at), "clock_synced": True, "prev": prev, "body": body,
        }  # fmt: skip
        payload = payload or json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        head = b64url(
            b'{"alg":"ES256","b64":false,"crit":["b64"],"kid":"%s","typ":"vss-report+json"}' % self.kid.encode()
        )
        jws = f"{head}..{b64url(hashlib.sha512(payload).digest())}"
        return Claim(
            Address(self.city, self.site, stream), self.kid, self.epoch, stream, seq, prev, digest(payload), at, data,
            payload, jws,
        )  # fmt: skip

    def send(
        self, store: Store, stream: StreamName, seq: int, body: dict[str, Any], at: datetime, **more: Any
    ) -> Claim:
        """Have a report stored with all that intake stores beside it, in one transaction."""
        claim = self.claim(stream, seq, body, at, **more)
        self.made[stream, seq] = claim
        with store.transaction():
            store.keep_report(claim, False, at)
            store.keep_current(claim)
            if stream in ("health", "config"):
                store.figures.keep(claim)
            key = (self.site, self.epoch, stream)
            store.chains.expect(key, seq)
            if store.chains.get(key).position.seq == seq - 1:
                head = Head(seq, claim.digest)
                store.chains.keep(key, Chain(head, head))
            store.chains.hear(self.site, utc_text(at), "mqtt5")
            store.chains.count(self.site, "verified")
        return claim


def finding(check: str, subject: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "check": check, "subject": subject, "status": status, "severity": "major", "reason": "unreachable",
        "message": f"{subject} is {status}", "evidence": {"rtt_ms": 7}, **more,
    }  # fmt: skip


def config(*found: dict[str, Any], division: str = "140200", model: str = "DS-1", cameras: int = 2) -> dict[str, Any]:
    """Return the body of a configuration report: a recorder of `model`, and its cameras c0, c1 and so on."""
    identity = {"manufacturer": "m", "model": model, "firmware": "5.7", "serial": "1"}
    return {
        "division": division,
        "devices": [{"id": "nvr", "driver": "isapi", "identity": identity}],
        "cameras": [
            {"id": f"c{n}", "device": "nvr", "channel": n + 1, "name": f"c{n}", "maintainer": "Anfang Ltd"}
            for n in range(cameras)
        ],
        "findings": list(found),
    }


def health(at: datetime, **more: Any) -> dict[str, Any]:
    return {"division": "140200", "next_due_at": utc_text(at + HOUR), **more}
