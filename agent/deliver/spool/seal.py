"""Signs the gap records that the spool writes by itself."""

from collections.abc import Callable
from datetime import datetime

from agent.contract.chain import Heads, link
from agent.contract.envelope import sign
from agent.contract.signing_keys import Signer
from agent.deliver.spool.capacity import Seal
from agent.host.health import moment as moment_of
from agent.model.finding import Draft, Envelope
from agent.site.config.site import Site


def seal_for(site: Site, signer: Signer, clock: Callable[[], datetime]) -> Seal:
    """Return a function that links and signs the spool's gap records."""

    def seal(draft: Draft, heads: Heads, epoch: str) -> Envelope:
        reports, _ = link((draft,), heads, epoch, site.origin, moment_of(clock()))
        return sign(reports[0], signer)

    return seal
