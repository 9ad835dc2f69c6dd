"""Verifies the hub's stored decisions again each time they are used: what counts are its signed bytes.

A note is a file on the site's disk, and what its operator writes there must not be read as the hub's word. So a note
holds the command as the hub signed it, and what is shown is parsed from that. One whose signature does not verify with
a pinned key does not count: the dispute stands as undecided, and the log says why.
"""

import logging
from collections.abc import Iterable, Mapping

from agent.contract.orders import Command, Order
from agent.contract.orders_json import read_command
from agent.contract.signing_keys import PublicKey, load_jwks
from agent.judge.memory.disputes import Decision
from agent.model.errors import AgentError, NotVerified
from agent.observe.inventory.owners import Owner
from agent.site.config.site import Site
from agent.text.harmless import printable

log = logging.getLogger("camwarden.notes")


def pinned_keys(site: Site) -> Mapping[str, PublicKey]:
    """Return the hub's pinned keys; none where the site has no hub, or they cannot be read, which is logged."""
    if site.hub is None or site.hub.jwks is None:
        return {}
    try:
        return load_jwks(site.hub.jwks)
    except AgentError as error:
        log.warning("the hub's decisions cannot be verified, and do not count: %s", error)
        return {}


def decision_of(command: Command, order: Order, owner: Owner) -> Decision | None:
    """Return the decision of a verified command as a note, with the signed bytes; None where it decides nothing."""
    word = command.decided
    if word is None:
        return None
    return Decision(
        key=f"{word.check} {word.subject}", dispute=word.dispute, outcome=word.outcome, by=printable(word.by),
        at=word.at, why=printable(word.why), command=command.id, payload=order.payload.decode(), jws=order.jws,
        owner=owner,
    )  # fmt: skip


def verified(notes: Iterable[Decision], keys: Mapping[str, PublicKey], site_id: str) -> tuple[Decision, ...]:
    """Return the decisions that a pinned hub signed for this site, as it signed them, whatever stands beside it."""
    found = []
    for one in notes:
        order = Order("cmd", one.command, one.payload.encode("utf-8", "replace"), one.jws)
        try:
            known = decision_of(read_command(order, keys, site_id), order, one.owner)
        except NotVerified as error:
            log.warning("a decision on %s is not the hub's word, and does not count: %s", printable(one.key), error)
            continue
        found += [known] if known is not None else []
    return tuple(found)
