"""The deliveries of which scenarios of the contract are made; see `write_contract_scenarios.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from agent.contract.chain import Heads
from agent.contract.disputes import Decided, Disputed, disputed_json
from agent.contract.envelope import COMMAND_TYP, REPORTED_TYP, STATE_TYP, flatten, sign_payload, unflatten
from agent.contract.orders import Command, Reported
from agent.contract.orders_json import write_command, write_reported
from agent.contract.presence import Status, write_state
from agent.contract.signing_keys import Signer, jwk_set
from agent.contract.topics import Kind, topic
from agent.model.finding import Draft, Envelope, Json
from agent.version import VERSION
from write_contract_vectors import AT, EPOCH, SITE, flat, presence

Step = dict[str, Json]
Scenario = dict[str, Json]

NOTHING_YET: Final[Heads] = {}

SAID = Disputed(
    check="camera-online", subject="camera:c1", status="fail", reason="unreachable",
    detected_at=AT - timedelta(hours=3), repaired_at=None, by="业主张", at=AT, why="the power was off that day",
)  # fmt: skip
DECIDED = Decided(
    dispute=SAID.id, check=SAID.check, subject=SAID.subject, outcome="overturned", by="科长李",
    why="the note of the power company was seen", at=AT,
)  # fmt: skip
DECIDE = Command("decide-1", SITE.id, "decide", AT, AT + timedelta(days=1), decided=DECIDED)


def dispute(altered: bool = False) -> Draft:
    """Return the event of the dispute; `altered`: its id is not that of what it says."""
    said = replace(SAID, why="the cable was cut") if altered else SAID
    return Draft("event", {"division": SITE.division, "dispute": {**disputed_json(said), "id": SAID.id}})


def hub(
    about: str,
    trust: list[Json],
    steps: Sequence[Step],
    watermark: Mapping[str, int],
    missing: list[Json] | None = None,
    epoch: str = EPOCH,
) -> Scenario:
    """Return a scenario of a hub. `missing`: stream, first and last number."""
    final: Json = {"epoch": epoch, "watermark": dict(watermark), "missing": missing or []}
    return {"about": about, "trust": trust, "deliveries": list(steps), "finally": final}


def having(about: str, made: Sequence[Envelope], hub_key: Signer, steps: Sequence[Step]) -> Scenario:
    """Return a scenario of a site that has made some reports and has pinned a hub's key."""
    pinned: Json = json.loads(json.dumps(jwk_set({hub_key.kid: hub_key.public})))
    reports: list[Json] = [members(flat(envelope)) for envelope in made]
    return {"about": about, "site": SITE.id, "pinned": pinned, "made": reports, "deliveries": list(steps)}


def trusted(signer: Signer, name: str = SITE.id, until_h: float = 0, revoked: bool = False) -> list[Json]:
    """Return a trust file's row for a key; `until_h`: hours after which it has expired, 0: never."""
    until = (AT + timedelta(hours=until_h)).isoformat() if until_h else None
    return [{"kid": signer.kid, "site": name, "until": until, "revoked": revoked}]


def told(envelopes: Sequence[Envelope]) -> list[Step]:
    """Return the deliveries of reports that are verified."""
    return [sent(envelope, "verified") for envelope in envelopes]


def sent(envelope: Envelope, expect: str, after_h: float = 0) -> Step:
    """Return the delivery of a report on its topic."""
    return delivery(envelope.report.stream, flat(envelope), expect, after_h)


def changed(envelope: Envelope, expect: str) -> Step:
    """Return the delivery of a report of which a word was changed on the way."""
    return delivery(envelope.report.stream, flat(envelope).replace(b"no answer", b"an answer"), expect)


def state(signer: Signer, status: Status, number: int, epoch: str = EPOCH, expect: str = "state") -> Step:
    """Return the delivery of a birth or a will."""
    payload = write_state(presence(epoch, number, signer, NOTHING_YET), status, AT)
    payload = payload.replace(f'"version":"{VERSION}"'.encode(), b'"version":"0.1.0"')  # scenarios outlive releases
    return delivery("state", flatten(payload, sign_payload(payload, signer, STATE_TYP)), expect)


def reported(signer: Signer, said: Reported) -> Step:
    """Return the delivery of what a site says is in force."""
    return step("reported", write_reported(said, AT), signer, REPORTED_TYP, "reported")


def ordered(command: Command, signer: Signer, expect: str) -> Step:
    """Return the delivery of a command."""
    return step("cmd", write_command(command), signer, COMMAND_TYP, expect, command.id)


def step(kind: Kind, payload: bytes, signer: Signer, typ: str, expect: str, command_id: str = "") -> Step:
    """Return the delivery of a payload that somebody signed."""
    return delivery(kind, flatten(payload, sign_payload(payload, signer, typ)), expect, command_id=command_id)


def delivery(kind: Kind, data: bytes, expect: str, after_h: float = 0, command_id: str = "") -> Step:
    """Return one delivery: when, on which topic, what, and what must become of it."""
    return {
        "at": (AT + timedelta(hours=after_h)).isoformat(),
        "topic": topic(SITE.city, SITE.id, kind, command_id),
        "message": members(data),
        "expect": expect,
    }


def members(data: bytes) -> dict[str, Json]:
    """Return the flattened JWS as a value."""
    payload, jws = unflatten(data)
    protected, _, signature = jws.split(".")
    return {"payload": payload.decode(), "protected": protected, "signature": signature}
