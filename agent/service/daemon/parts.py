"""Opens the long-lived parts of a running agent together, and closes them in reverse order. Decides nothing."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from agent.contract.jwk import PublicKey
from agent.contract.signing_keys import Signer, load_jwks
from agent.deliver.keys.place import KeyHolder, place_of
from agent.deliver.keys.rotate import SPOOL_NAME, report_replaced, settle_for_service
from agent.deliver.publish.mirror import MirrorLink
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.seal import seal_for
from agent.deliver.spool.spool import Spool
from agent.host.health import moment
from agent.host.paths import CREDENTIALS_NAME
from agent.observe.inventory.owners import adopt
from agent.observe.pictures.learned_clocks import read_clocks
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.service.alerts import digest_text, sending
from agent.service.alerts.digest_desk import DigestDesk
from agent.service.alerts.exporters import Telemetry, listening
from agent.service.alerts.notice_desk import NoticeDesk
from agent.service.cycle.environment import worker_of
from agent.service.daemon.names import NameTeller
from agent.service.enroll.renewal import Renewals, finish
from agent.service.orders.desk import OrderDesk
from agent.site.config.site import Site
from drivers.credentials import Credentials
from masking.worker.client import Worker

STOP_S = 4.0
"""What is left for a clean end; systemd and people expect SIGTERM to be done within 5 s."""
DIGEST_STOP_S = 0.5
"""What a digest on its way gets; one that is not known to have arrived is sent again after the next start."""
NOTICES_STOP_S = 0.5
"""The same for what is told at once, for all receivers together."""
MIRROR_STOP_S = 0.5
"""What a mirror gets to say farewell; what has not left by then was best effort."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The long-lived parts of a running agent."""

    spool: Spool
    signer: Signer
    credentials: Credentials
    worker: Worker
    publisher: Publisher | None
    desk: OrderDesk
    keys: KeyHolder
    hub_keys: Mapping[str, PublicKey]
    telemetry: Telemetry
    digests: DigestDesk
    notices: NoticeDesk
    renewals: Renewals
    names: NameTeller
    mirrors: tuple[MirrorLink, ...] = ()
    previous: PreviousPictures = field(default_factory=PreviousPictures)


@contextmanager
def parts_of(site: Site, clock: Callable[[], datetime], rung: Callable[[], None] = lambda: None) -> Iterator[Parts]:
    """Open the spool, keys and worker, and start the publisher; close all of them in reverse order.

    `rung` is called on the publisher's thread when an order for `Parts.desk` has arrived.

    Raises AgentError where the spool is in use, a key is unusable, or a pinned file cannot be read.
    """
    directory = site.storage.directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    adopt(directory, site.id)
    with ExitStack() as stack:
        keys = place_of(site, os.environ)
        stack.callback(keys.close)
        signer = settle_for_service(site, keys, clock)  # a key that waits takes over before anybody else has the spool
        seal = seal_for(site, signer, clock)
        spool = Spool.open(directory / SPOOL_NAME, site.storage.spool_max_bytes, now=clock(), seal=seal)
        stack.callback(spool.close)
        report_replaced(site, spool, signer, moment(clock()))
        credentials = Credentials(directory / CREDENTIALS_NAME)
        worker = stack.enter_context(worker_of(site))
        publisher = None
        finish(site)
        hub_keys = load_jwks(site.hub.jwks) if site.hub and site.hub.jwks else {}
        desk = OrderDesk(site, spool, signer, hub_keys, rung=rung)
        stack.callback(desk.close)  # after the publisher has stopped: nothing more is heard then
        if site.hub is not None and site.hub.confirm != "file":
            publisher = Publisher(site, spool, signer, hub_keys, clock, heard=desk.hear)
            desk.say = publisher.say
            publisher.start()
            stack.callback(publisher.stop, STOP_S)
        mirrors = tuple(MirrorLink(site, mirror, spool, signer, clock) for mirror in site.mirrors)
        for mirror in mirrors:
            mirror.start()
            stack.callback(mirror.stop, MIRROR_STOP_S)
        telemetry = Telemetry(spool, publisher, worker, clock)
        stack.enter_context(listening(site.metrics, telemetry.text))
        digests = DigestDesk(directory, clock, digest_text.send)
        stack.callback(digests.wait, DIGEST_STOP_S)
        notices = NoticeDesk(directory, clock, sending.send)
        stack.callback(notices.stop, NOTICES_STOP_S)
        told = publisher.reread_certificate if publisher is not None else lambda: None
        renewals = Renewals(site, signer, clock, told)
        previous = PreviousPictures(learns_clocks=True)
        previous.clocks.restore(site, read_clocks(directory, site.id))
        yield Parts(
            spool, signer, credentials, worker, publisher, desk, keys, hub_keys, telemetry, digests, notices, renewals,
            NameTeller(site, signer, desk.say), mirrors, previous,
        )  # fmt: skip
