"""The agent of bench `soak`, in a process that is killed again and again: spool, link, sign and publisher as shipped.

Commits a cycle (health, sometimes events and a large one) every few milliseconds and, only after `commit` has
returned, writes what was committed into a journal, with fsync. A disk that refuses a commit is tried again with the
next cycle; a damaged spool ends the process, and the next start sets the file aside: both as the daemon does it.

Reads a JSON object: `directory`, `port`, `certificates`, `hub_jwks`, `journal`, `clock_file` (seconds by which the
clock is wrong) and `last`: then it commits one cycle, waits until everything is confirmed, and says so.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from agent.contract.chain import Heads, link
from agent.contract.envelope import sign
from agent.contract.signing_keys import Signer, load_jwks, load_or_create_signer
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.capacity import Incident
from agent.deliver.spool.spool import Spool
from agent.judge.memory.transitions import spool_incident
from agent.model.errors import AgentError, SpoolCorrupt
from agent.model.finding import Draft, Envelope, Json, Moment
from agent.report.build import finding_json
from agent.site.config.site import Hub, Site

SITE: Final = "S1"
CITY: Final = "datong"
PACE: Final = Pace(
    resend_s=2.0,
    backlog_per_s=2000,
    backlog_burst=500,
    reconnect_first_s=0.05,
    reconnect_most_s=0.5,
    refused_least_s=0.1,
    settled_s=1.0,
    keepalive_s=2,
    connect_timeout_s=1.0,
)
"""The shipped rules with shorter waits, so that an hour's faults fit into minutes."""

_SPOOL_MAX_BYTES: Final = 6 * 1024 * 1024
_LAST_WITHIN_S: Final = 120.0


class _Agent:
    def __init__(self, asked: dict[str, Any]) -> None:
        directory, certificates = Path(asked["directory"]), Path(asked["certificates"])
        tls = (certificates / "ca-used.crt", certificates / "S1.crt", certificates / "S1.key")
        self._site = Site(SITE, CITY, "140200", hub=Hub("127.0.0.1", asked["port"], True, *tls), digest="c" * 64)
        self._signer: Signer = load_or_create_signer(directory.parent / "report-key.pem")
        self._clock_file = Path(asked["clock_file"])
        self._dice = random.Random()
        self._stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: self._stop.set())
        self._spool = Spool.open(directory / "spool.db", _SPOOL_MAX_BYTES, now=self._clock(), seal=self._seal)
        self._journal = os.open(asked["journal"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._publisher = Publisher(
            self._site, self._spool, self._signer, load_jwks(Path(asked["hub_jwks"])), self._clock, PACE
        )

    def run(self, last: bool) -> None:
        self._publisher.start()
        refused = 0
        try:
            while not self._stop.is_set():
                try:
                    self._cycle()
                    if last:
                        break
                except SpoolCorrupt as error:
                    raise SystemExit(f"{error}") from None
                except AgentError:
                    refused += 1
                    self._stop.wait(0.1)
                self._stop.wait(self._dice.random() * 0.04)
            drained = self._publisher.drained(_LAST_WITHIN_S) if last else False
            counts, status = self._spool.counts(), self._publisher.status()
            said = {"drained": drained, "counts": counts, "refused_commits": refused, "failures": status.failures}
            print(json.dumps(said | {"status": str(status)}), flush=True)
        finally:
            self._publisher.stop(3)
            self._spool.close()

    def _cycle(self) -> None:
        now, spool = self._clock(), self._spool
        incidents = spool.begin(now)
        drafts = [_told(incident) for incident in incidents]
        drafts += [_event(n, self._dice) for n in range(self._dice.choice((0, 0, 1, 3)))]
        drafts.append(_health(self._dice))
        epoch = spool.epoch
        made = self._made(drafts, spool.heads(), epoch)
        spool.commit(made, '{"schema": "soak"}', now, incidents)
        lines: list[dict[str, Any]] = [
            {"epoch": epoch, "stream": one.report.stream, "seq": one.report.seq, "digest": one.report.digest}
            for one in made
        ]
        lines[0]["confirmed"] = {stream: head.seq for stream, head in spool.confirmed().items()}
        if incidents:  # events keep their order: those that tell come first
            for line, incident in zip(lines, incidents, strict=False):
                line["told"] = incident.kind
        os.write(self._journal, "".join(json.dumps(line) + "\n" for line in lines).encode())
        os.fsync(self._journal)
        self._publisher.wake()

    def _made(self, drafts: list[Draft], heads: Heads, epoch: str) -> tuple[Envelope, ...]:
        moment = Moment(self._clock(), 123_456, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", True)
        reports, _ = link(drafts, heads, epoch, self._site.origin, moment)
        return tuple(sign(report, self._signer) for report in reports)

    def _seal(self, draft: Draft, heads: Heads, epoch: str) -> Envelope:
        return self._made([draft], heads, epoch)[0]

    def _clock(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=int(self._clock_file.read_text()))


def _told(incident: Incident) -> Draft:
    told = spool_incident(incident.kind, incident.detail).finding
    return _draft("pass", finding_json(told))


def _event(number: int, dice: random.Random) -> Draft:
    finding: dict[str, Json] = {
        "check": "camera-online",
        "subject": f"camera:c{number}",
        "status": "fail",
        "severity": "major",
        "reason": "unreachable",
        "message": "no answer" + "." * dice.choice((0, 500, 5000)),
        "source": {"document": "GB 50348-2018", "article": "6.4.3"},
        "evidence": {},
        "caused_by": "",
    }
    return _draft("pass", finding)


def _draft(before: str, finding: dict[str, Json]) -> Draft:
    ends: dict[str, Json] = {"from": before, "to": finding["status"], "finding": finding}
    return Draft("event", {"division": "140200", "check": finding["check"], "subject": finding["subject"], **ends})


def _health(dice: random.Random) -> Draft:
    return Draft(
        "health",
        {
            "division": "140200",
            "next_due_at": "2026-11-24T15:19:00Z",
            "counts": {"pass": 1, "warn": 0, "fail": 1, "unknown": 0, "not_applicable": 0},
            "cameras": [["c0", None, "fail"]],
            "not_pass": [],
            "host": {"cpu_ratio": dice.random(), "memory_ratio": 0.2, "disk_free_bytes": 1000, "uptime_s": 10.0},
            "agent": {"version": "soak" + "." * dice.choice((0, 900))},
        },
    )


if __name__ == "__main__":
    _asked = json.load(sys.stdin)
    _Agent(_asked).run(_asked["last"])
