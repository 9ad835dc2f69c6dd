"""An order desk with everything around it: a real spool, real keys, and what the hub would get."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from delivery import NOW, Maker, config_report, health, moment
from sites import camera, site

from agent.contract.orders import Order, Reported, Result
from agent.contract.orders_json import read_reported, read_result
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.deliver.publish.messages import Message
from agent.deliver.spool.spool import Spool
from agent.service.orders.desk import OrderDesk
from agent.site.config.site import Site, Storage


@dataclass
class Room:
    """A desk with everything around it; `said` is what the hub would get."""

    site: Site
    maker: Maker
    spool: Spool
    hub: Signer
    said: list[Message] = field(default_factory=list)
    desk: OrderDesk = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Begin anew, as after a restart."""
        keys = {self.hub.kid: self.hub.public}
        self.desk = OrderDesk(self.site, self.spool, self.maker.signer, keys, self.said.append)

    def take(self, *orders: Order, at: datetime = NOW, connects: int = 0) -> None:
        for one in orders:
            self.desk.hear(one)
        self.desk.take(self.site, moment(at), connects)

    def cycle(self, at: datetime = NOW) -> None:
        """Answer with a cycle's reports, as the daemon does."""
        asked = self.desk.asked(self.desk.in_force(self.site, moment(at)))
        drafts = [config_report(), health()]
        envelopes, _ = self.maker.envelopes(drafts, self.spool.heads(), self.spool.epoch, at)
        self.spool.commit(envelopes, "{}", at)
        self.desk.answer(asked, envelopes, moment(at))

    def results(self) -> list[Result]:
        keys = {self.maker.signer.kid: self.maker.signer.public}
        return [read_result(m.payload, m.jws, keys) for m in self.said if "/cmd-result/" in m.topic]

    def reported(self) -> list[Reported]:
        keys = {self.maker.signer.kid: self.maker.signer.public}
        return [read_reported(m.payload, m.jws, keys) for m in self.said if m.topic.endswith("/config/reported")]


def room_in(directory: Path) -> Room:
    """Return the desk of a site of two cameras whose state is in this folder; its spool is the caller's to close."""
    a_site = site(camera(), camera("yard"), storage=Storage(directory), digest="c" * 64)
    maker = Maker(directory, a_site)
    return Room(a_site, maker, maker.open(), load_or_create_signer(directory / "hub.pem"))
