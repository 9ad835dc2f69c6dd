"""The scenarios of the contract: our hub and our site find what every other implementation must find."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from contract_schemas import CONTRACT, fits
from delivery import DAY, NOW, Maker
from hubdesk import Desk
from sites import site

from agent.contract.chain import digest
from agent.contract.envelope import unflatten
from agent.contract.orders import Order
from agent.contract.orders_json import read_command
from agent.contract.signing_keys import public_key
from agent.contract.topics import read_topic
from agent.contract.watermark import read_watermark
from agent.deliver.spool.spool import Spool
from agent.hub.stores import trust
from agent.model.errors import NotVerified
from agent.model.finding import Envelope, Report
from agent.service.orders.desired_policy import PolicyRefused, StoredPolicy, accept_document
from agent.site.rules.read import shipped

SCENARIOS = CONTRACT / "scenarios"


def scenarios(side: str) -> list[Any]:
    """Return every scenario of one side, by its name."""
    return [
        pytest.param(json.loads(path.read_text()), id=path.stem) for path in sorted((SCENARIOS / side).glob("*.json"))
    ]


def message_of(step: dict[str, Any]) -> tuple[bytes, str]:
    """Return payload and detached JWS of a delivery."""
    payload, jws = unflatten(json.dumps(step["message"]).encode())
    return payload + b" " * step.get("pad_bytes", 0), jws


@pytest.mark.parametrize("scenario", scenarios("hub"))
def test_a_hub_finds_what_is_expected(scenario: dict[str, Any], tmp_path: Path) -> None:
    for row in scenario["trust"]:
        until = datetime.fromisoformat(row["until"]) if row["until"] else None
        trust.add(tmp_path, row["site"], row["kid"], NOW, until=until)
        if row["revoked"]:
            trust.revoke(tmp_path, row["kid"], NOW)
    desk = Desk(tmp_path)
    for number, step in enumerate(scenario["deliveries"], 1):
        with desk.store.transaction():
            event = desk.intake.take(step["topic"], *message_of(step), datetime.fromisoformat(step["at"]))
        outcome = f"rejected:{event['reason']}" if event["event"] == "rejected" else event["event"]
        assert outcome == step["expect"], f"delivery {number}: {event}"
    last = scenario["finally"]
    assert desk.watermark(last["epoch"], "SITE01") == last["watermark"]
    holes: Any = desk.status("SITE01")["gaps"]
    found = [[hole["stream"], hole["from_seq"], hole["to_seq"]] for hole in holes["missing"]]
    assert found == last["missing"]
    desk.store.close()


def spool_with(made: list[dict[str, Any]], directory: Path) -> Spool:
    """Return a spool in which the reports of a scenario were committed."""
    spool = Maker(directory).open()
    envelopes = []
    for members in made:
        payload, jws = unflatten(json.dumps(members).encode())
        data = json.loads(payload)
        envelopes.append(Envelope(Report(data["stream"], data["epoch"], data["seq"], payload, digest(payload)), jws))
    with spool._db.transaction():
        spool._db.set_meta(epoch=envelopes[0].report.epoch)
    spool.commit(envelopes, "{}", NOW)
    return spool


@pytest.mark.parametrize("scenario", scenarios("site"))
def test_a_site_finds_what_is_expected(scenario: dict[str, Any], tmp_path: Path) -> None:
    pinned = {key.kid: key for key in map(public_key, scenario["pinned"]["keys"])}
    spool = spool_with(scenario["made"], tmp_path)
    local = site(id=scenario["site"], packs=shipped())
    kept: StoredPolicy | None = None
    for number, step in enumerate(scenario["deliveries"], 1):
        payload, jws = message_of(step)
        address = read_topic(step["topic"])
        assert address is not None
        try:
            if address.kind == "ack":
                outcome: str = spool.confirm(read_watermark(payload, jws, pinned, scenario["site"]), NOW + DAY)
            elif address.kind == "cmd":
                read_command(Order("cmd", address.command_id, payload, jws), pinned, scenario["site"])
                outcome = "taken"
            else:
                kept = accept_document(Order("desired", "", payload, jws), kept, local, pinned, NOW)
                outcome = "taken"
        except PolicyRefused as error:
            outcome = f"refused:{error.refused.reason}"
        except NotVerified as error:
            outcome = f"rejected:{error.reason}"
        assert outcome == step["expect"], f"delivery {number}"
    spool.close()


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*/*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_payload_of_a_scenario_fits_its_schema(path: Path) -> None:
    for step in json.loads(path.read_text())["deliveries"]:
        fits(step["message"]["payload"].encode())


def test_the_script_makes_the_same_scenarios_again(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(SCENARIOS.parents[2] / "packaging/write_contract_scenarios.py"), str(tmp_path)], check=True
    )
    made = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.json")}
    assert made == {path.relative_to(SCENARIOS): path.read_text() for path in SCENARIOS.rglob("*.json")}
