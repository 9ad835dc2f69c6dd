"""Reports as a hostile site could have had them stored by a hub of release 0.1, which had no bounds, each by a name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.contract.chain import digest
from agent.hub.stores import schema
from agent.model.finding import Json

AT = "2026-11-24T15:04:00.000Z"
TIMES = (
    "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59+00:00", "1969-12-31T23:59:59Z", "2026-11-24", "2026-11-24T15:04:00",
    "24:00", "\x00", "T" * 5000,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**53, 2**63, 10**400, 1.5, 1e308, "", "\x1b[2J", "x" * 50_000, [], [[]], [None], {}, {"a": {}},
    [{}], [5], {"": ""},
)  # fmt: skip
DEPTHS = (63, 65, 900, 1001, 3000, 20_000)

Body = dict[str, Any]


def config_body() -> Body:
    """Return a configuration report's body that has every member that a view looks at."""
    return {
        "division": "140200",
        "cameras": [
            {
                "id": "gate", "device": "nvr", "channel": 1, "maintainer": "Li",
                "approval": {"masks_digest": "d" * 64, "by": "Li", "at": AT},
                "retention": {"sealed_days": 30, "oldest_at": AT, "recorded": {"seconds": [1, 2, 0, 0]}},
            }
        ],
        "devices": [{"id": "nvr", "identity": {"serial": "S" * 12, "model": "m"}}],
        "policy": {"retention_floor_days": 90, "retention_ceiling_days": 0},
        "rules": {"packs": [{"id": "p", "version": 1, "digest": "d"}]},
        "digests": {"config": "c" * 64},
        "findings": [
            {
                "check": "privacy-mask-present", "subject": "camera:gate", "status": "pass", "reason": "",
                "message": "",
                "source": {"document": "d", "article": "1"},
                "evidence": {"zones": ["a"], "open": [{"duty": "x", "state": "missing", "at": "2026-11-01"}]},
            }
        ],
        "planned": [{"subject": "site", "by": "Li", "why": "w", "from": AT, "said_at": AT, "until": AT}],
        "acknowledged": [
            {"check": "camera-online", "subject": "camera:gate", "by": "Li", "why": "w", "at": AT, "until": AT}
        ],
        "repaired": {"day": "2026-11-23", "by_subject": {}},
        "answers": [{"cmd": "c1", "nonce": "n", "looked_from": AT, "looked_until": AT}],
    }  # fmt: skip


def health_body() -> Body:
    """Return a health report's body that has every member that a view looks at."""
    return {
        "division": "140200",
        "next_due_at": AT,
        "heads": {"event": {"seq": 1, "digest": "d" * 64}},
        "rates": {"day": "2026-11-23", "online": [1, 2, 0, 0], "repairs": {}},
    }


def event_body() -> Body:
    """Return an event's body."""
    finding = config_body()["findings"][0]
    return {"check": finding["check"], "subject": finding["subject"], "from": "fail", "to": "pass", "finding": finding}


BODIES = {"config": config_body, "health": health_body, "event": event_body}


def hostile() -> Iterator[tuple[str, str, bytes]]:
    """Yield name, stream and payload of each: every member in turn replaced by each value, time and depth."""
    for stream, body in BODIES.items():
        whole = payload(stream, body())
        for path in sorted(_paths(body(), ())):
            values = TIMES if isinstance(_at(body(), path), str) else VALUES[: 9 if len(path) > 3 else None]
            for number, value in enumerate(values):
                changed = body()
                _put(changed, path, value)
                yield f"{stream} {'/'.join(map(str, path))} {number}", stream, payload(stream, changed)
        for number, at in enumerate(TIMES):
            yield f"{stream} ts {number}", stream, payload(stream, body(), at)
        for depth in DEPTHS:
            for one, other in (("[", "]"), ('{"a":', "}")):
                inside = (one * depth + ("1" if one == '{"a":' else "") + other * depth).encode()
                yield f"{stream} {one}{depth}", stream, whole.replace(b'"extra":0', b'"extra":' + inside)
        for number, bad in enumerate((b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b'"\\ud800"', b'{"a":1,"a":2}')):
            yield f"{stream} word {number}", stream, whole.replace(b'"extra":0', b'"extra":' + bad)
        yield f"{stream} no JSON", stream, whole[:-1]
        yield f"{stream} no text", stream, b"\xff" + whole
        yield f"{stream} nothing", stream, b""
        yield f"{stream} a list", stream, b"[]"
        yield f"{stream} body is a list", stream, payload(stream, [])  # type: ignore[arg-type]


def payload(stream: str, body: Body, ts: str = AT, site: str = "S1", seq: int = 1) -> bytes:
    """Return a payload as a site would sign it, with a member `extra` that nothing looks at."""
    said: dict[str, Json] = {
        "schema": "vss-report/1", "site": site, "city": "datong", "stream": stream, "epoch": "e1", "seq": seq,
        "prev": "0" * 64, "ts": ts, "clock_synced": True, "extra": 0, "body": body,
    }  # fmt: skip
    return json.dumps(said, separators=(",", ":")).encode()


def old_hub(directory: Path) -> sqlite3.Connection:
    """Make the database of a hub of release 0.1 and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(directory / "hub.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    for step in schema._STEPS[:3]:
        for statement in step.split(";"):
            db.execute(statement)
    db.execute("PRAGMA user_version=3")
    return db


def put_site(db: sqlite3.Connection, site: str, at: str) -> None:
    """Put in what a hub of release 0.1 kept of a site that is connected."""
    db.execute(
        "INSERT INTO site (site, city, epoch, connection_no, status, state_at, ack_no, arrived_at, health_at,"
        " next_due_at, kid, confirm, protocol)"
        " VALUES (?, 'datong', 'e1', 1, 'ready', ?, 1, ?, ?, ?, 'k', 'hub', 'mqtt5')",
        (site, at, at, at, at),
    )
    db.execute("INSERT INTO epoch (site, epoch, first_at, verdict) VALUES (?, 'e1', ?, 'first')", (site, at))


def put_report(db: sqlite3.Connection, site: str, stream: str, seq: int, data: bytes, at: str) -> None:
    """Put in a report as a hub of release 0.1 stored it."""
    db.execute(
        "INSERT INTO report (site, epoch, stream, seq, digest, prev, fork, city, kid, arrived_at, jws, payload)"
        " VALUES (?, 'e1', ?, ?, ?, ?, 0, 'datong', 'k', ?, 'a..b', ?)",
        (site, stream, seq, digest(data), "0" * 64, at, data),
    )
    db.execute(
        "INSERT INTO chain VALUES (?, 'e1', ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq,"
        " position_seq = excluded.position_seq, expected = excluded.expected",
        (site, stream, seq, digest(data), seq, digest(data), seq),
    )


def put_good(db: sqlite3.Connection, site: str, at: str) -> None:
    """Put in a site that is well: two configuration reports, a health report and an event."""
    put_site(db, site, at)
    for seq in (1, 2):
        put_report(db, site, "config", seq, payload("config", config_body(), site=site, seq=seq), at)
    put_report(db, site, "health", 1, payload("health", health_body(), site=site), at)
    put_report(db, site, "event", 1, payload("event", event_body(), site=site), at)


def _paths(value: object, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from _paths(member, (*path, name))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(value: Any, path: tuple[Any, ...], new: object) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new
