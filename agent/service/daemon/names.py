"""Sends the hub the names behind the ids that reports have: signed, in no chain and no log, so that they can be erased.

They go to the hub alone: no mirror gets one, no file that is carried has one, and no broker retains one. They go again
where one is new, with each connection and each day, so that what got lost on the way is there within a day.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from agent.contract.authors import Names, write_names
from agent.contract.envelope import NAMES_TYP, sign_payload
from agent.contract.signing_keys import KeyUnavailable, Signer
from agent.deliver.publish.messages import Message, signed_message
from agent.judge.memory.authors import read_told
from agent.site.config.site import Site

EXPIRES_S: Final = 86_400
"""A broker drops it after a day, when the next one is due."""

log = logging.getLogger("camwarden.names")


class NameTeller:
    """Tells the hub of one site who is behind its ids; knows what this process told last."""

    def __init__(self, site: Site, signer: Signer, say: Callable[[Message], None]) -> None:
        self._site, self._signer, self._say = site, signer, say
        self._told: tuple[object, ...] = ()

    def tell(self, connects: int, now: datetime) -> None:
        """Send the names of now where they, the connection or the day are new. Never fails."""
        names = read_told(self._site.storage.directory)
        if not names or (names, connects, now.date()) == self._told:
            return
        try:
            self._say(names_message(self._site, self._signer, names, now))
        except KeyUnavailable as error:
            log.warning("the hub is not told who is behind the ids of its reports: %s", error)
            return
        self._told = names, connects, now.date()


def names_message(site: Site, signer: Signer, names: dict[str, str], now: datetime) -> Message:
    """Return the signed message with the names behind ids. Raises KeyUnavailable."""
    payload = write_names(Names(site.id, site.city, now, names))
    return signed_message(site, "names", payload, sign_payload(payload, signer, NAMES_TYP), expires_s=EXPIRES_S)
