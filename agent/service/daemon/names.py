"""Sends the hub the names behind the ids that reports have: signed, in no chain and no log, so that they can be erased.

They go with each configuration report and each event, to the hub alone: no mirror gets one, no file that is carried has
one, and no broker retains one. What gets lost on the way goes again with the next configuration report, in a day.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from agent.contract.authors import Names, write_names
from agent.contract.envelope import NAMES_TYP, sign_payload
from agent.contract.signing_keys import KeyUnavailable, Signer
from agent.deliver.publish.messages import Message, signed_message
from agent.judge.memory.authors import read_told
from agent.model.finding import Envelope
from agent.site.config.site import Site

EXPIRES_S: Final = 86_400
"""A broker drops it after a day, when the next one is due."""

log = logging.getLogger("camwarden.names")


def names_message(site: Site, signer: Signer, envelopes: Iterable[Envelope], now: datetime) -> Message | None:
    """Return the message with the names behind reports that were just committed; None where it is not due."""
    if not any(one.report.stream in ("config", "event") for one in envelopes):
        return None
    names = read_told(site.storage.directory)
    if not names:
        return None
    payload = write_names(Names(site.id, site.city, now, names))
    try:
        jws = sign_payload(payload, signer, NAMES_TYP)
    except KeyUnavailable as error:
        log.warning("the hub is not told who is behind the ids of its reports: %s", error)
        return None
    return signed_message(site, "names", payload, jws, expires_s=EXPIRES_S)
