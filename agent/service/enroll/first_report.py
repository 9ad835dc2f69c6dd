"""Sends the first report of an enrolled site: one signed event, committed, sent, and confirmed by the hub.

It proves the whole way (broker, certificate, access list, trust, confirmation) before a first look at the cameras.
Where the service runs it has the spool, and reports by itself.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from agent.contract.signing_keys import load_jwks
from agent.deliver.keys.place import place_of
from agent.deliver.keys.rotate import SPOOL_NAME, commit_event, settle_for_service
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.seal import seal_for
from agent.deliver.spool.spool import Spool
from agent.host.files import as_owner_of
from agent.host.health import moment
from agent.model.errors import Locked
from agent.model.finding import Finding, Json, Message, Source
from agent.site.config.site import Site

CHECK_ID: Final = "hub-certificate"
_STOP_S = 4.0
_BY_HAND: Final = Pace(reconnect_most_s=5.0, connect_timeout_s=10.0)
"""A person waits: a broker that is slow, or not there yet, is tried again within seconds."""

Outcome = Literal["confirmed", "waits", "service", "carried"]


@dataclass(frozen=True, slots=True)
class FirstReport:
    """The outcome of the report.

    `confirmed`: the hub has it. `waits`: it is in the spool, `why` it waits. `service`: the running service has the
    spool. `carried`: this site's reports go by hand.
    """

    outcome: Outcome
    why: str = ""


def enrolled_finding(evidence: Mapping[str, Json]) -> Finding:
    """Return the finding that the site was enrolled."""
    source = Source("camwarden", "promise 5: nothing committed is lost")
    message = Message("the site was enrolled at its hub")
    return Finding(CHECK_ID, "site", "pass", "major", message, source, "enrolled", dict(evidence))


def send_first(site: Site, evidence: Mapping[str, Json], clock: Callable[[], datetime], within_s: float) -> FirstReport:
    """Report that the site was enrolled, and wait `within_s` for the hub's confirmation.

    `evidence` is that of the report's finding, `clock` the wall clock, aware UTC. Raises AgentError where key or spool
    cannot be used.
    """
    hub_keys = load_jwks(site.hub.jwks) if site.hub and site.hub.jwks else {}
    directory = site.storage.directory
    with as_owner_of(directory), closing(place_of(site, os.environ)) as keys:
        try:
            signer = settle_for_service(site, keys, clock)
            seal = seal_for(site, signer, clock)
            spool = Spool.open(directory / SPOOL_NAME, site.storage.spool_max_bytes, now=clock(), seal=seal)
        except Locked:
            return FirstReport("service")
        with closing(spool):
            commit_event(site, spool, signer, enrolled_finding(evidence), moment(clock()))
            if site.hub is None or site.hub.confirm == "file":
                return FirstReport("carried")
            publisher = Publisher(site, spool, signer, hub_keys, clock, _BY_HAND)
            publisher.start()
            try:
                confirmed = publisher.drained(within_s)
                status = publisher.status()
            finally:
                publisher.stop(_STOP_S)
            return FirstReport("confirmed") if confirmed else FirstReport("waits", status.reason or status.link)
