"""What the parts of bench `delivery` share: a site with its key, reports of 2 KiB as a cycle makes them, mosquitto."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from agent.contract.chain import Heads, link
from agent.contract.envelope import sign
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.deliver.publish.pace import Pace
from agent.deliver.spool.spool import RETRY_AFTER, Spool
from agent.model.finding import Draft, Envelope, Head, Json, Moment, StreamName
from agent.site.config.site import Hub, Site

REPORT_BYTES: Final = 2048
MEMORY_JSON: Final = '{"schema": "bench"}'
LIFTED: Final = Pace(backlog_per_s=1e9, backlog_burst=10**9)
"""The token bucket of the backlog out of the way, by the parameter that the publisher takes; all else as shipped."""

_ROOMY_BYTES = 64 * 1024**3
_OUTAGE = timedelta(hours=2)  # committed so long ago: nothing of it is live


def bench_site(port: int = 1) -> Site:
    """Return the site whose reports are made, and its broker."""
    return Site("S1", "datong", "140200", hub=Hub("127.0.0.1", port, tls=False), digest="c" * 64)


def bench_signer(directory: Path) -> Signer:
    """Return the site's report key, made now if there is none."""
    return load_or_create_signer(directory / "report-key.pem")


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def moment(at: datetime) -> Moment:
    """Return when a cycle ran."""
    return Moment(at, 123_456_789, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", True)


def drafts(number: int) -> list[Draft]:
    """Return that many drafts, a health report and an event in turn; linked, each is a payload of about 2 KiB."""
    return [_HEALTH if n % 2 == 0 else _EVENT for n in range(number)]


def envelopes(
    made: Sequence[Draft], heads: Heads, epoch: str, site: Site, signer: Signer, at: datetime
) -> tuple[tuple[Envelope, ...], dict[StreamName, Head]]:
    """Link and sign, as a cycle does."""
    reports, after = link(made, heads, epoch, site.origin, moment(at))
    return tuple(sign(report, signer) for report in reports), after


def open_spool(path: Path, site: Site, signer: Signer) -> Spool:
    """Open a spool whose cap is lifted."""

    def seal(draft: Draft, heads: Heads, epoch: str) -> Envelope:
        return envelopes((draft,), heads, epoch, site, signer, utc_now())[0][0]

    return Spool.open(path, _ROOMY_BYTES, now=utc_now(), seal=seal)


def fill(spool: Spool, count: int, site: Site, signer: Signer, at_once: int = 500) -> None:
    """Commit so many reports that an outage has left behind."""
    at = utc_now() - _OUTAGE
    for start in range(0, count, at_once):
        made, _ = envelopes(drafts(min(at_once, count - start)), spool.heads(), spool.epoch, site, signer, at)
        spool.commit(made, MEMORY_JSON, at)


def when_sent(spool: Spool, count: int) -> threading.Event:
    """Return an event that is set once the spool has noted that the broker took so many reports."""
    noted, enough, note = 0, threading.Event(), spool.mark_sent

    def counted(ids: Collection[int], now: datetime, retry_after: timedelta = RETRY_AFTER) -> None:
        nonlocal noted
        note(ids, now, retry_after)
        noted += len(ids)
        if noted >= count:
            enough.set()

    spool.mark_sent = counted  # type: ignore[method-assign]
    return enough


@contextmanager
def broker(directory: Path) -> Iterator[int]:
    """Run mosquitto on 127.0.0.1 with the limits of the sample configuration; yield its port."""
    directory.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "max_packet_size 262144"]
    lines += ["max_inflight_messages 20", "max_queued_messages 100000", "log_type error"]
    if os.geteuid() == 0:  # as root mosquitto would become another user, who may not enter this folder
        lines.append("user root")
    config = directory / "mosquitto.conf"
    config.write_text("\n".join(lines) + "\n")
    program = next((p for p in ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto") if os.access(p, os.X_OK)), None)
    child = subprocess.Popen([program or "mosquitto", "-c", str(config)])
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise RuntimeError("mosquitto does not accept") from None
                with suppress(subprocess.TimeoutExpired):
                    raise RuntimeError(f"mosquitto ended with {child.wait(0.01)}") from None
        yield port
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(10)


def _health_body(cameras: int) -> dict[str, Json]:
    return {
        "division": "140200",
        "next_due_at": "2026-11-24T15:19:00Z",
        "counts": {"pass": 240, "warn": 1, "fail": 1, "unknown": 2, "not_applicable": 12},
        "code_prefix": "140200000013200000",
        "cameras": {"pass": [[f"camera-{n:02}", f"{n:02}"] for n in range(cameras)]},
        "not_pass": [
            {
                "check": "camera-online",
                "status": "fail",
                "reason": "refused",
                "count": 1,
                "subjects": ["camera:camera-07"],
            }
        ],
        "queue": {"pending": 812, "sent": 20, "parked": 0, "confirmed": 5210, "dropped": 0},
        "host": {"cpu_ratio": 0.11, "memory_ratio": 0.23, "disk_free_bytes": 912345678, "uptime_s": 86400.5},
        "agent": {"version": "0.1.0"},
    }


def _event_body(paths: int) -> dict[str, Json]:
    finding: dict[str, Json] = {
        "check": "privacy-mask-effective",
        "subject": "camera:camera-07",
        "status": "fail",
        "severity": "critical",
        "reason": "zone-open",
        "message": "zone 'house opposite' can be seen on the path sub",
        "source": {"document": "Datong Measures for public video", "article": "5(2)"},
        "evidence": {
            f"path-{n}": {"verdict": "FAIL", "numbers": [["contrast", 17.25 + n], ["open_ratio", 0.031]]}
            for n in range(paths)
        },
        "caused_by": "",
    }
    ends: dict[str, Json] = {"from": "pass", "to": "fail", "finding": finding}
    return {"division": "140200", "check": finding["check"], "subject": finding["subject"], **ends}


def _of_2_kib(stream: StreamName, bodies: Sequence[dict[str, Json]]) -> Draft:
    """Return the largest of the bodies that gives at most 2 KiB, filled up to them with a longer word in its text."""
    now = datetime.now(UTC)
    heads: dict[StreamName, Head] = {"health": Head(10**6, secrets.token_hex(32))}
    for body in reversed(bodies):
        draft = Draft(stream, body)
        ((report,), _) = link((draft,), heads, "0" * 16, bench_site().origin, moment(now))
        if len(report.payload) <= REPORT_BYTES:
            return Draft(stream, {**body, "division": "140200" + "0" * (REPORT_BYTES - len(report.payload))})
    raise ValueError("no body is small enough")


_HEALTH: Final = _of_2_kib("health", [_health_body(n) for n in range(64)])
_EVENT: Final = _of_2_kib("event", [_event_body(n) for n in range(64)])
