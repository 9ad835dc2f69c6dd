"""Two hubs for tests: a district's and a province's, each with a broker or a desk, and the forwarder between them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from delivery import NOW, Maker
from hubdesk import Desk
from hubside import FAST, Recorder, clock
from patience import PATIENCE_S

from agent.contract.chain import utc_text
from agent.contract.envelope import VOUCHER_TYP, sign_payload
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.contract.topics import topic
from agent.contract.voucher import VouchedKey, Voucher, write_voucher
from agent.hub.domain.forwarding.grants import LowerHub
from agent.hub.ports.store import Store
from agent.hub.stores import signing_key
from agent.hub.workers.forwarding import sending, vouching
from agent.model.finding import Json
from agent.site.config.site import Hub

DATONG = "140200"
TAIYUAN = "140100"


def hub_key(directory: Path) -> Signer:
    """Return a hub's key, made where there is none."""
    return load_or_create_signer(directory / signing_key.KEY_NAME)


def lower_hub(signer: Signer, *divisions: str, name: str = "datong") -> LowerHub:
    """Return a grant as people at the upper hub make it."""
    return LowerHub(
        name=name,
        key=signer.public,
        divisions=divisions or (DATONG,),
        added_at=utc_text(NOW),
        added_by="Li",
        why="agreed",
    )


class Forwarder:
    """`hub forward` in a thread. Use as a context manager."""

    def __init__(self, lower: Path, upper_broker: Hub, upper: Signer, divisions: tuple[str, ...] = ()) -> None:
        self.tell = Recorder()
        self._stop = threading.Event()
        self._options = sending.Options(lower, upper_broker, {upper.kid: upper.public}, divisions)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failure: BaseException | None = None

    def _run(self) -> None:
        try:
            sending.run(self._options, self._stop, self.tell, clock, FAST)
        except BaseException as error:  # noqa: BLE001  told to the test
            self.failure = error
            self.tell({"event": "failed", "why": repr(error)})

    def __enter__(self) -> Forwarder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        assert self.failure is None, self.failure


def voucher_of(maker: Maker, number: int = 1, division: str = DATONG, **changes: object) -> Voucher:
    """Return a voucher for a site's key."""
    told = {"site": maker.site.id, "city": maker.site.city, "keys": (VouchedKey(maker.signer.public),)}
    return Voucher(**{**told, "division": division, "number": number, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Province:
    """An upper hub's desk, to which lower hubs hand in."""

    desk: Desk

    @property
    def store(self) -> Store:
        """The upper hub's store."""
        return self.desk.store

    def vouch(
        self, signer: Signer, voucher: Voucher, at: datetime = NOW, typ: str = VOUCHER_TYP, on_site: str = ""
    ) -> dict[str, Json]:
        """Hand in a voucher that a lower hub signs."""
        payload = write_voucher(voucher, at)
        name = topic(voucher.city, on_site or voucher.site, "voucher")
        with self.store.transaction():
            event = vouching.take(self.store, self.desk.intake, name, payload, sign_payload(payload, signer, typ), at)
            if self.desk.intake.news:
                self.desk.told += self.desk.intake.retry()
        return event
