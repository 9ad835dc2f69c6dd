"""Builds the presence of a new connection of a site, under the next number of its spool."""

from agent.contract.presence import Presence
from agent.contract.signing_keys import Signer
from agent.deliver.spool.spool import Spool
from agent.site.config.site import Site


def next_presence(site: Site, spool: Spool, signer: Signer) -> Presence:
    """Return the presence of a new connection; its number is stored in the spool first."""
    number = spool.next_connection_no()
    return Presence(
        origin=site.origin,
        confirm=site.confirm,
        epoch=spool.epoch,
        connection_no=number,
        jwk=signer.jwk,
        heads=spool.heads(),
        confirmed=spool.confirmed(),
    )
