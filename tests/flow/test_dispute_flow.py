"""An owner disputes a finding, the hub decides, the site shows it: over a real broker, a real hub, a real spool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from camera_cycles import ONLINE
from contract_schemas import fits
from disputing import GATE, DisputedSite
from hubside import FAST, RunningHub, clock
from mosquitto import Broker
from patience import PATIENCE_S

from agent.cli import main
from agent.contract.authors import author_id
from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import signing_key, trust
from agent.hub.stores.store import Store
from agent.judge.memory.authors import author_key
from agent.site.config.site import Hub


def test_a_dispute_goes_from_owner_to_site_to_hub_and_the_decision_comes_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The finding fails before, between and after; only the word beside it changes."""
    data = tmp_path / "hub"

    def told(*words: str, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        assert main([*words, "--json"]) == code
        out: dict[str, Any] = json.loads(capsys.readouterr().out)
        return out

    with Broker(tmp_path / "broker") as broker:
        options = Hub("127.0.0.1", broker.port, tls=False)
        hub_key = load_or_create_signer(data / signing_key.KEY_NAME)
        site = DisputedSite(tmp_path / "site", {hub_key.kid: hub_key.public}, options)
        trust.add(data, "S1", site.maker.signer.kid, clock())
        with RunningHub(data, options) as hub:
            publisher = Publisher(
                site.maker.site, site.spool, site.maker.signer, {hub_key.kid: hub_key.public}, clock, FAST,
                heard=site.desk.hear,
            )  # fmt: skip
            site.publisher = publisher
            publisher.start()
            here = ("--config", str(site.config), "findings")
            site.cycle(clock(), gate="fail", yard="pass")
            said = told(*here, "dispute", ONLINE, GATE, "--by", "业主张", "--why", "那天停电")
            assert said["note"]["kind"] == "dispute"
            (row,) = told(*here, code=1)["open"]
            assert (row["status"], row["disputed"]["by"], row["disputed"]["decision"]) == ("fail", "业主张", None)

            site.cycle(clock(), gate="fail", yard="pass")
            (event,) = [body for body in site.bodies["event"] if "dispute" in body]
            assert event["dispute"]["why"] == "那天停电"
            publisher.wake()
            hub.tell.wait(lambda _: len(hub.tell.of("disputed")) == 1)
            (listed,) = told("hub", "disputes", "--data", str(data))["disputes"]
            assert (listed["id"], listed["overdue"], listed["decision"]) == (event["dispute"]["id"], False, None)

            decide = ("--outcome", "overturned", "--by", "科长李", "--why", "停电单已核对")
            told("hub", "decide", "S1", listed["id"][:8], *decide, "--data", str(data))
            assert site.rung.wait(PATIENCE_S)
            site.take(clock())
            hub.tell.wait(lambda _: any(event["command"] == "decide" for event in hub.tell.of("answered")))
            (listed,) = told("hub", "disputes", "--data", str(data))["disputes"]
            assert (listed["decision"]["outcome"], listed["order"]["state"]) == ("overturned", "answered")

            (row,) = told(*here, code=1)["open"]
            assert (row["status"], row["disputed"]["decision"]["outcome"]) == ("fail", "overturned")
            site.cycle(clock(), gate="fail", yard="pass")
            (config,) = site.bodies["config"]
            (word,) = config["disputed"]
            by = author_id(author_key(site.folder), "S1", "科长李")
            assert (word["outcome"], word["decided_by"]) == ("overturned", by)
            assert not site.bodies["event"], "neither is said twice, and no status changed"
            assert site.statuses()[f"{ONLINE} {GATE}"] == "fail"
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
            assert publisher.stop(5)
        site.spool.close()
    assert not hub.tell.of("rejected")
    for _, payload in signed_in(data):
        fits(payload)


def signed_in(data: Path) -> list[tuple[str, bytes]]:
    """Return every command that the hub has signed."""
    store = Store(data, read_only=True)
    try:
        return store.all("SELECT name, payload FROM command")
    finally:
        store.close()
