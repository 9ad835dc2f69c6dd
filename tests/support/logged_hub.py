"""A hub's log beside a hub's desk, and a site whose reports it accepts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, trusted

from agent.contract.jwk import PublicKey
from agent.hub.domain.rows.log import State
from agent.hub.log import receipts
from agent.hub.log.sequencer import append
from agent.hub.stores.log import LogStore
from agent.model.finding import Envelope, Head, StreamName

LATER = NOW + timedelta(hours=1)


@dataclass
class Logged:
    """A hub with a log, and a site that reports to it."""

    desk: Desk
    maker: Maker
    log: LogStore
    heads: dict[StreamName, Head] = field(default_factory=dict)
    sent: list[Envelope] = field(default_factory=list)

    def report(self, count: int) -> None:
        """Have the hub accept so many further events."""
        drafts = [delivery.event(len(self.sent) + n) for n in range(count)]
        made, self.heads = self.maker.envelopes(drafts, self.heads, "e1")
        assert [self.desk.send(one)["event"] for one in made] == ["verified"] * count
        self.sent += made

    def append(self) -> State:
        return append(self.log, self.desk.store, self.desk.signer, NOW)[0]

    def receipt(self, seq: int) -> str:
        return receipts.receipt(self.log, self.desk.store, receipts.Place("S1", "event", seq))

    @property
    def keys(self) -> dict[str, PublicKey]:
        return {self.desk.signer.kid: self.desk.signer.public}


@pytest.fixture
def logged(desk: Desk, tmp_path: Path) -> Iterator[Logged]:
    """A hub without a broker that has a log, and a trusted site."""
    maker = Maker(tmp_path / "site")
    trusted(desk, maker)
    with closing(LogStore(desk.directory)) as log:
        yield Logged(desk, maker, log)
