"""Reads which policy of the hub counts at a site, beside the service and while it is stopped.

A running service says it in its status. Of a stopped one the stored document counts, verified again and judged as the
next start would judge it: one that has expired, or that a changed site file makes looser, does not count.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from agent.contract.signing_keys import load_jwks
from agent.host.health import clock_synced
from agent.model.errors import AgentError
from agent.model.finding import Json
from agent.service.alerts import status_file
from agent.service.orders import desired_policy
from agent.site.config.site import Site


def orders_in_force(site: Site, now: datetime) -> Mapping[str, Json]:
    """Return `policy` and `policy_version` of the hub's policy that counts at `now`; version 0 or nothing: none."""
    with suppress(AgentError):
        status = status_file.read(site.storage.runtime, now)
        if not status.stale:
            orders = status.content.get("orders")
            return orders if isinstance(orders, Mapping) else {}
    trusted = site.policy.own_clock == "trusted" or clock_synced()
    standing = desired_policy.in_force(site, _stored(site), now if trusted else None)
    return {"policy": standing.policy, "policy_version": standing.version}


def _stored(site: Site) -> desired_policy.StoredPolicy | None:
    """Return the document that the service has stored; None where there is none, or no pinned hub signed it."""
    if site.hub is None or site.hub.jwks is None:
        return None
    path = site.storage.directory / desired_policy.FILE_NAME
    with suppress(AgentError):
        return desired_policy.read_stored(path, load_jwks(site.hub.jwks), site.id)
    return None
