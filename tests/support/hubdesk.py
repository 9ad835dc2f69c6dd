"""A hub's intake on a real store, without a broker: messages are handed in by a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import delivery
from delivery import NOW, Maker
from empty_hub import lay_empty

from agent.contract.envelope import STATE_TYP, sign_payload
from agent.contract.presence import write_state
from agent.contract.signing_keys import load_or_create_signer
from agent.contract.topics import topic
from agent.hub.stores import signing_key, trust
from agent.hub.stores.store import Store
from agent.hub.views.status import write_status
from agent.hub.workers import resend
from agent.hub.workers.chains import epochs
from agent.hub.workers.intake import Intake
from agent.judge.memory.authors import read_told
from agent.model.finding import Envelope, Json
from agent.service.daemon.names import names_message


class Desk:
    """A hub's intake on a real store, without a broker: messages are handed in by a test."""

    def __init__(self, directory: Path, open_store: Callable[[Path], Any] = Store) -> None:
        self.directory = directory
        self.signer = load_or_create_signer(directory / signing_key.KEY_NAME)
        self.store: Store = open_store(lay_empty(directory) if open_store is Store else directory)
        self.intake = Intake(self.store, trust.load(directory))
        self.told: list[dict[str, Json]] = []

    def send(self, envelope: Envelope, site: str = "S1", city: str = "datong", at: datetime = NOW) -> dict[str, Json]:
        """Hand in a report on its topic."""
        return self.hand_in(topic(city, site, envelope.report.stream), envelope.report.payload, envelope.jws, at)

    def hand_in(self, name: str, payload: bytes, jws: str, at: datetime = NOW) -> dict[str, Json]:
        """Hand in anything; what else comes of it is added to `told`."""
        with self.store.transaction():
            event = self.intake.take(name, payload, jws, at)
            if self.intake.news:
                self.told += self.intake.retry()
            self.told += self.intake.settle()
        return event

    def name(self, maker: Maker, envelopes: Iterable[Envelope], at: datetime = NOW) -> None:
        """Hand in the names behind reports, as the daemon sends them, where it would."""
        names = read_told(maker.site.storage.directory)
        if names and any(one.report.stream != "health" for one in envelopes):
            told = names_message(maker.site, maker.signer, names, at)
            assert self.hand_in(told.topic, told.payload, told.jws, at)["event"] == "names"

    def look(self, at: datetime) -> list[dict[str, Json]]:
        """Look for what is missing, as the running hub does now and then."""
        with self.store.transaction():
            return epochs.find_unexplained(self.store, at) + resend.request_due(self.store, self.signer, at)

    def holes(self, site: str = "S1") -> list[tuple[str, int, int, str, str]]:
        """Return stream, first, last, kind and state of what the hub knows to be missing."""
        return self.store.all(
            "SELECT stream, from_seq, to_seq, kind, state FROM hole WHERE site = ? ORDER BY stream, from_seq", site
        )

    def birth(
        self,
        maker: Maker,
        epoch: str,
        number: int = 1,
        status: str = "ready",
        at: datetime = NOW,
        **more: object,
    ) -> dict[str, Json]:
        """Hand in a state message."""
        presence = maker.presence(epoch, number, heads=more.get("heads", {}), confirmed=more.get("confirmed", {}))
        payload = write_state(presence, status, NOW)
        jws = sign_payload(payload, maker.signer, STATE_TYP)
        return self.hand_in(topic(maker.site.city, maker.site.id, "state"), payload, jws, at)

    def vouch(self, maker: Maker) -> list[dict[str, Json]]:
        """Trust a site's key, as the running hub does when the file changes."""
        trust.add(self.directory, maker.site.id, maker.signer.kid, NOW)
        self.intake.trust = trust.load(self.directory)
        with self.store.transaction():
            return self.intake.retry()

    def watermark(self, epoch: str, site: str = "S1") -> dict[str, int]:
        """Return what the hub would confirm now."""
        return {stream: head.seq for stream, head in self.store.chains.watermark(site, epoch).items()}

    def status(self, site: str = "S1") -> dict[str, Json]:
        """Return what `hub status` shows of a site."""
        return write_status(self.store)["sites"][site]


def chain_of(maker: Maker, count: int, epoch: str = "e1") -> list[Envelope]:
    envelopes, _ = maker.envelopes([delivery.event(n) for n in range(count)], {}, epoch)
    return list(envelopes)


def trusted(desk: Desk, maker: Maker, epoch: str = "e1") -> None:
    desk.vouch(maker)
    assert desk.birth(maker, epoch)["event"] == "state"
