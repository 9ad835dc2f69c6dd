"""Simulates further sites of the demo, with reports made up of those of its own, for the pages of the hub.

Each has a key of its own, and its reports are signed, chained and taken in as any others. What they say is made up of
what the site's own agent said: other divisions and names, more or fewer of the faults, two weeks of daily figures.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from agent.contract.chain import GENESIS, STREAMS, Origin, link, utc_text
from agent.contract.envelope import STATE_TYP, sign, sign_payload
from agent.contract.presence import Presence, write_state
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.contract.topics import topic
from agent.hub.domain.figures import CHINA, METRICS
from agent.hub.stores import signing_key
from agent.hub.stores.engines import open_store, open_trust
from agent.hub.workers.answers import write_ack
from agent.hub.workers.intake import Intake
from agent.model.finding import Draft, Head, Moment, StreamName
from agent.report.plain_findings import plain_findings, with_plain_findings
from agent.verify.members import dict_of

SITES: Final = 40
DAYS: Final = 14
DIVISIONS: Final = ("140212", "140213", "140214", "140215", "140221", "140225")
COMPANIES: Final = ("Company North", "Company South", "Company East")
EPOCH: Final = "replayed"
MENDED_EACH: Final = 3
"""After so many days something is mended, and the configuration reported anew."""

SILENT_EACH: Final = 13
"""Every so many sites one is not heard of since the morning."""

_LOOKS: Final = 1440
_BOOT: Final = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"

Body = Mapping[str, Any]


@dataclass(slots=True)
class _Life:
    """A replayed site: its key, and the heads of its chains."""

    origin: Origin
    signer: Signer
    heads: dict[StreamName, Head] = field(default_factory=lambda: dict.fromkeys(STREAMS, GENESIS))


def replay(hub: Path, keys: Path, config: Body, city: str, now: datetime, sites: int = SITES) -> list[str]:
    """Add sites to a hub's store, also beside the running hub; return their names.

    Args:
        hub: The hub's data.
        keys: A folder for the sites' keys.
        config: Body of the configuration report that they are made up of.
        city: That of the demo.
        now: When the last of their reports come.
        sites: How many.
    """
    keys.mkdir(parents=True, exist_ok=True)
    plain = dict_of(with_plain_findings({"body": config})["body"])
    lives, trusted = [], open_trust(hub)
    for number in range(1, sites + 1):
        name = f"replay{number:02}"
        life = _Life(Origin(name, city, "c" * 64), load_or_create_signer(keys / f"{name}.pem"))
        trusted.add(name, life.signer.kid, now - timedelta(days=DAYS + 1))
        lives.append(life)
    hub_signer = load_or_create_signer(hub / signing_key.KEY_NAME)
    with closing(open_store(hub)) as store:
        intake = Intake(store, trusted.load())
        for number, life in enumerate(lives, 1):
            with store.transaction():
                _tell(intake, life, plain, number, now)
                intake.settle()
                write_ack(store, hub_signer, life.origin.site, EPOCH, now)
    return [life.origin.site for life in lives]


def _tell(intake: Intake, life: _Life, config: Body, number: int, now: datetime) -> None:
    rng = random.Random(number)  # noqa: S311  made up, the same each time
    begins_at = now - timedelta(days=DAYS)
    presence = Presence(
        origin=life.origin, confirm="hub", epoch=EPOCH, connection_no=1, jwk=life.signer.jwk, heads={}, confirmed={}
    )  # fmt: skip
    payload = write_state(presence, "ready", begins_at)
    intake.take(
        topic(life.origin.city, life.origin.site, "state"), payload, sign_payload(payload, life.signer, STATE_TYP),
        begins_at,
    )  # fmt: skip
    wrong = rng.uniform(0.05, 0.9)
    division = DIVISIONS[number % len(DIVISIONS)]
    ends_at = now - timedelta(hours=5) if number % SILENT_EACH == 0 else now
    for at, drafts in _days(config, division, wrong, rng, (begins_at, ends_at)):
        moment = Moment(at, 1_000, _BOOT, True)
        reports, life.heads = link(drafts, life.heads, EPOCH, life.origin, moment)
        for envelope in (sign(report, life.signer) for report in reports):
            place = topic(life.origin.city, life.origin.site, envelope.report.stream)
            intake.take(place, envelope.report.payload, envelope.jws, at)


def _days(
    config: Body, division: str, wrong: float, rng: random.Random, span: tuple[datetime, datetime]
) -> Iterator[tuple[datetime, list[Draft]]]:
    """Yield what a site says, in order: its health each day, its configuration now and then, with ever fewer faults."""
    begins_at, ends_at = span
    company, luck = rng.choice(COMPANIES), random.Random(rng.random())  # noqa: S311  made up
    drawn = {_key(one): luck.random() for one in plain_findings(config)}
    cameras = len(config.get("cameras", ())) or 1
    for day in range(DAYS + 1):
        at = min(begins_at + timedelta(days=day), ends_at)
        drafts = [Draft("health", _health(division, cameras, wrong, rng, at))] if day else []
        if day % MENDED_EACH == 0 or day == DAYS:
            share = wrong + (1 - wrong) * 0.5 * (1 - day / DAYS)
            drafts.append(Draft("config", _config(config, division, company, share, drawn)))
        yield at, drafts


def _config(
    config: Body, division: str, company: str, share: float, drawn: Mapping[tuple[str, str], float]
) -> dict[str, Any]:
    """Return a configuration with a share of the faults, by what was drawn for each; the others pass."""
    found = [
        dict(one)
        if one["status"] not in ("fail", "warn", "unknown") or drawn[_key(one)] < share
        else {**one, "status": "pass", "reason": "", "message": "", "caused_by": ""}
        for one in plain_findings(config)
    ]
    cameras = [{**camera, "maintainer": company} for camera in config.get("cameras", ())]
    return {**config, "division": division, "cameras": cameras, "findings": found}


def _key(finding: Body) -> tuple[str, str]:
    return str(finding["check"]), str(finding["subject"])


def _health(division: str, cameras: int, wrong: float, rng: random.Random, at: datetime) -> dict[str, Any]:
    due = cameras * _LOOKS
    figures = {}
    for name in (*(one for one in METRICS if one != "recorded"), "recorded_s"):
        bad, unknown = (round(due * wrong * rng.uniform(0, most)) for most in (0.08, 0.03))
        figures[name] = [due - bad - unknown, due, unknown, 0]
    day = (at.astimezone(CHINA) - timedelta(days=1)).date().isoformat()
    return {
        "division": division, "next_due_at": utc_text(at + timedelta(minutes=15)), "rates": {"day": day, **figures},
    }  # fmt: skip
