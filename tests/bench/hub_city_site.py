"""The reports of a day of sites with 15 cameras, for bench `hub_city`.

A body is what `fleet_reports` makes by the real checks and reports; every number with a fraction, and what counts up,
differs from report to report, and the fault of a camera comes and goes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from fleet_reports import CITY, Life, drafts

from agent.contract.chain import GENESIS, STREAMS, link
from agent.contract.envelope import STATE_TYP, sign, sign_payload
from agent.contract.presence import Presence, write_state
from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.model.finding import Draft, Envelope, Json, Moment
from agent.site.config.site import Site

CAMERAS: Final = 15
HEALTHS: Final = 96
EVENTS: Final = 9
OF_DAY: Final = HEALTHS + EVENTS + 1
PERIOD: Final = timedelta(minutes=15)
CHECKS: Final = ("camera-online", "clock-offset", "privacy-mask-present", "retention-days", "osd-compliant")
MODELS: Final = 40
MAINTAINERS: Final = 60
DIVISIONS: Final = 200

_MADE = drafts(CAMERAS)


def new_life(name: str, signer: Signer) -> Life:
    """Return a site that has made nothing yet."""
    return Life(Site(name, CITY, "140200"), signer, "e1", dict.fromkeys(STREAMS, GENESIS))


def birth(life: Life, at: datetime) -> tuple[str, bytes, str]:
    """Return topic, payload and JWS of the first state message of a site."""
    presence = Presence(
        origin=life.site.origin, confirm="hub", epoch=life.epoch, connection_no=1, jwk=life.signer.jwk, heads={},
        confirmed={},
    )  # fmt: skip
    payload = write_state(presence, "ready", at)
    return topic(CITY, life.site.id, "state"), payload, sign_payload(payload, life.signer, STATE_TYP)


def day(life: Life, begins_at: datetime, rng: random.Random) -> Iterator[tuple[datetime, Envelope]]:
    """Yield the signed reports of a day with their times, in order: configuration, health, events."""
    for number in range(HEALTHS):
        at = begins_at + number * PERIOD
        made = [varied(_MADE["health"], rng, at, number)]
        if number == 0:
            made.append(varied(_MADE["config"], rng, at, number))
        if number % (HEALTHS // EVENTS) == 1 and number // (HEALTHS // EVENTS) < EVENTS:
            made.append(event(rng))
        moment = Moment(at, 123_456_789 + number * 900_000, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", True)
        reports, life.heads = link(made, life.heads, life.epoch, life.site.origin, moment)
        yield from ((at, sign(report, life.signer)) for report in reports)


def varied(draft: Draft, rng: random.Random, at: datetime, number: int) -> Draft:
    """Return a draft whose measured numbers are others than in the report before."""
    body: dict[str, Any] = {**draft.body}
    if draft.stream == "health":
        host = body["host"]
        body["host"] = {
            **host,
            "cpu_ratio": round(rng.uniform(0.05, 0.6), 3),
            "memory_ratio": round(rng.uniform(0.2, 0.3), 3),
            "disk_free_bytes": host["disk_free_bytes"] - rng.randrange(10**9),
            "uptime_s": host["uptime_s"] + number * 900,
        }
        body["queue"] = {**body["queue"], "pending": rng.randrange(4), "confirmed": 96 + number}
        body["next_due_at"] = f"{at + PERIOD:%Y-%m-%dT%H:%M:%SZ}"
        return Draft(draft.stream, body)
    return Draft(draft.stream, _shaken(body, rng))


def event(rng: random.Random) -> Draft:
    """Return an event of one camera."""
    subject = f"camera:camera-{rng.randrange(CAMERAS)}"
    made = _MADE["event"].body
    finding: Mapping[str, Json] = {**made["finding"], "subject": subject}  # type: ignore[dict-item]
    return Draft("event", {**made, "subject": subject, "finding": finding})


def city_config(number: int) -> dict[str, Any]:
    """Return the body of a configuration report of one of the city's sites, with its own division, boxes and faults."""
    rng = random.Random(number)
    model, firmware = f"MODEL-{number % MODELS:02}", f"5.{number % 7}"
    identity = {"manufacturer": "ACME", "model": model, "firmware": firmware, "serial": f"{number:08}"}
    cameras = [
        {"id": f"camera-{n}", "device": "nvr", "channel": n, "maintainer": f"Company {number % MAINTAINERS}"}
        for n in range(CAMERAS)
    ]
    findings = [
        {
            "check": check, "subject": f"camera:camera-{n}", "severity": "major", "reason": "unreachable",
            "level": "seen", "status": rng.choices(("pass", "fail", "warn", "unknown"), (80, 8, 6, 6))[0],
            "message": "192.0.2.4:80: timed out", "evidence": {"value": round(rng.random(), 3)},
            "source": {"document": "GB 50348-2018", "article": "6.4.3"}, "caused_by": "",
        }
        for check in CHECKS for n in range(CAMERAS)
    ]  # fmt: skip
    return {
        "division": f"14{number % DIVISIONS:04}", "devices": [{"id": "nvr", "driver": "isapi", "identity": identity}],
        "cameras": cameras, "findings": findings, "digests": {"config": "c" * 64, "desired": None}, "answers": [],
    }  # fmt: skip


def _shaken(value: Any, rng: random.Random) -> Any:
    """Return the same value with every number that has a fraction changed a little."""
    if isinstance(value, float):
        return round(value * rng.uniform(0.9, 1.1), 3)
    if isinstance(value, dict):
        return {name: _shaken(one, rng) for name, one in value.items()}
    return [_shaken(one, rng) for one in value] if isinstance(value, list | tuple) else value
