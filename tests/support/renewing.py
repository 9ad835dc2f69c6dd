"""What tests of renewal share: a gateway that was enrolled, its desk, and both clocks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import delivery
from cryptography import x509
from enrolling import DAY, NOW, EnrollDesk
from hubside import Recorder

from agent.contract.signing_keys import load_or_create_signer
from agent.hub.enroll import server
from agent.service.enroll.gateway import granted, signed_request
from agent.service.enroll.place import DeskAddress, put_certificate, store_desk
from agent.service.enroll.renewal import Renewals
from agent.site.config.report_key import TlsPlace
from agent.site.config.site import Hub
from agent.site.toml.storage import Storage

DUE = NOW + 244 * DAY
WITHIN_S = 40.0


@dataclass
class Enrolled:
    """A gateway that was enrolled at NOW at a desk, the desk's clock and the gateway's, which agree unless told."""

    folder: Path
    desk: EnrollDesk
    port: int
    now: datetime = NOW
    desk_ahead: timedelta = timedelta()
    told: Recorder = field(default_factory=Recorder)
    renewed: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.signer = load_or_create_signer(self.folder / "report-key.pem")
        self.place = TlsPlace("S1", self.folder, self.folder / "site-key.pem", self.folder / "site.pem", named=True)
        hub = Hub("127.0.0.1", certificate=self.place.certificate, key=self.place.key)
        self.site = replace(delivery.site(hub=hub), storage=Storage(directory=self.folder))
        self.at_desk = DeskAddress("127.0.0.1", self.port, self.desk.place.pin)
        with self.desk_runs():
            request = signed_request(self.place, self.signer, self.desk.token("S1", NOW).secret, NOW)
            put_certificate(self.place, granted(self.at_desk, self.place, request, NOW)[1])
        store_desk(self.place, self.at_desk, NOW)
        self.renewals = Renewals(self.site, self.signer, lambda: self.now, self._count)
        self.told.events.clear()

    def _count(self) -> None:
        self.renewed += 1

    def desk_runs(self) -> AbstractContextManager[int]:
        return server.serving(
            self.desk.place, self.desk.store, ("127.0.0.1", self.port), self.told, lambda: self.now + self.desk_ahead
        )

    def cycle(self, at: datetime) -> None:
        """Let one cycle pass at a time, with all that it began."""
        self.now = at
        self.renewals.begin()
        self.renewals.wait(WITHIN_S)

    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.place.certificate.read_bytes())

    def left_over(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name.endswith(".next"))

    def why(self) -> str:
        assert self.renewals.trouble is not None
        return str(self.renewals.trouble.why)


@contextmanager
def held_port() -> Iterator[int]:
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@contextmanager
def enrolled_in(tmp_path: Path) -> Iterator[Enrolled]:
    """Enroll a gateway. The desk's port is kept bound, so that nobody else gets it while no desk runs."""
    desk = EnrollDesk(tmp_path / "hub", now=NOW)
    with closing(desk.store), held_port() as port:
        yield Enrolled(tmp_path / "site", desk, port)
