"""A hub with many sites that report, take or refuse a version, go silent or fail, as a test says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import delivery
from delivery import Maker
from hubdesk import Desk

from agent.contract.chain import Heads, utc_text
from agent.contract.envelope import REPORTED_TYP, sign_payload
from agent.contract.orders import Refused, Reported
from agent.contract.orders_json import write_reported
from agent.contract.topics import topic
from agent.hub.stores import trust
from agent.hub.stores.orders import upgrades
from agent.hub.stores.orders.upgrades import Upgrade
from agent.hub.workers.upgrades.watch import Upgrades
from agent.model.finding import Draft, Json
from agent.site.config.site import Hub
from agent.verify.members import dict_of

OLD = "0.1.0"
NEW = "0.2.0"


@dataclass
class Gateway:
    """A site: the version that runs there, and whether it is silent; `refuses`: what it answers to a named version."""

    maker: Maker
    version: str = OLD
    silent: bool = False
    refuses: str = ""
    heads: Heads = field(default_factory=dict)


class UpgradeCity:
    """Sites of one hub; each minute of its clock is told by `at`."""

    def __init__(self, desk: Desk, folder: Path, count: int, at: datetime) -> None:
        self.desk, self.at = desk, at
        self.sites: dict[str, Gateway] = {}
        self.worker = Upgrades(desk.signer, lambda: trust.load(desk.directory))
        self.told: list[dict[str, Json]] = []
        for number in range(count):
            name = f"S{number:03}"
            self.sites[name] = Gateway(Maker(folder / name, delivery.site(name, hub=Hub("127.0.0.1"))))
        for name, one in self.sites.items():
            trust.add(desk.directory, name, one.maker.signer.kid, at)
        desk.intake.trust = trust.load(desk.directory)
        with desk.store.transaction():
            for one in self.sites.values():
                assert desk.birth(one.maker, "e1", at=at)["event"] == "state"
                self.send(one, delivery.config_report())
        self.report()

    def report(self) -> None:
        """Have every site that is not silent report its health."""
        with self.desk.store.transaction():
            for one in self.sites.values():
                if not one.silent:
                    self.send(one, _health(one.version, self.at))

    def send(self, one: Gateway, draft: Draft) -> None:
        made, one.heads = one.maker.envelopes([draft], one.heads, "e1", self.at)
        for envelope in made:
            event = self.desk.send(envelope, one.maker.site.id, at=self.at)
            assert event["event"] == "verified", event

    def fail(self, name: str, status: str = "fail") -> None:
        """Have a site report that a camera fails since now, or could not be judged."""
        draft = delivery.event(7)
        finding = {**dict_of(draft.body["finding"]), "status": status}
        self.send(self.sites[name], replace(draft, body={**draft.body, "to": status, "finding": finding}))

    def answer(self, name: str, reason: str) -> None:
        """Have a site refuse the newest policy that was sent to it; empty: it takes it."""
        maker = self.sites[name].maker
        version = self.policy_version(name)
        refused = Refused(version, reason, "why") if reason else None
        payload = write_reported(Reported(name, "datong", "e1", version, {}, "c" * 64, refused), self.at)
        jws = sign_payload(payload, maker.signer, REPORTED_TYP)
        assert self.desk.hand_in(topic("datong", name, "reported"), payload, jws, self.at)["event"] == "reported"

    def policy(self, name: str) -> dict[str, Json]:
        """Return the newest policy for a site."""
        rows = self.desk.store.all("SELECT payload FROM desired WHERE site = ? ORDER BY version DESC LIMIT 1", name)
        found: dict[str, Json] = json.loads(rows[0][0])["policy"] if rows else {}
        return found

    def policy_version(self, name: str) -> int:
        ((version,),) = self.desk.store.all("SELECT max(version) FROM desired WHERE site = ?", name)
        return int(version)

    def named(self) -> list[str]:
        """Return the sites whose policy names the new version now."""
        return [name for name in self.sites if self.policy(name).get("agent_version") == NEW]

    def look(self) -> None:
        """Let the hub do what there is to do, until it waits."""
        for _ in range(50):
            self.worker.look_at_s = 0.0
            self.worker.look(self.desk.store, self.at, 1.0, self.told.append)
            if self.worker.look_at_s > 5.0:
                return
        raise AssertionError("the hub never waits")

    def go(self, hours: float) -> None:
        """Let time pass, with reports and looks at its end."""
        self.at += timedelta(hours=hours)
        self.report()
        self.look()

    def install(self, *names: str) -> None:
        """Have root's timer install what is named: at these sites, else wherever it is named."""
        for name in names or self.named():
            self.sites[name].version = NEW

    def upgrade(self) -> Upgrade:
        found = upgrades.newest(self.desk.store)
        assert found is not None
        return found


def _health(version: str, at: datetime) -> Draft:
    draft = delivery.health()
    due = utc_text(at + timedelta(minutes=15))
    return replace(draft, body={**draft.body, "next_due_at": due, "agent": {"version": version}})
