"""Protects the page: holds code and token of the one session, and compares them by the clock."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from agent.onsite.ui.refusals import NotAllowed
from agent.onsite.ui.session import Gate, may_enter, new_secret, trade, with_code

log = logging.getLogger("camwarden.ui")


class Entrance:
    """The one way in. Thread-safe.

    `mono`: seconds of the monotonic clock; `stay_s`: how long a token counts. `bind`: called with the address of a
    client that has traded a code, and tells whether it may come in.
    """

    def __init__(
        self,
        mono: Callable[[], float],
        stay_s: float = float("inf"),
        bind: Callable[[str], bool] = lambda address: True,
    ) -> None:
        self._mono, self._bind = mono, bind
        self._lock = threading.Lock()
        self._gate = Gate(stay_s)

    def new_code(self) -> str:
        """Return a new code for a link; it replaces the one before."""
        code = new_secret()
        with self._lock:
            self._gate = with_code(self._gate, code, self._mono())
        return code

    def trade(self, code: str, address: str) -> str:
        """Return a new token for a code, which ends the session before. Raises NotAllowed."""
        token = new_secret()
        with self._lock:
            gate, granted = trade(self._gate, code, token, address, self._mono())
            granted = granted and self._bind(address)
            self._gate = gate if granted else replace(self._gate, code=gate.code)
        if not granted:
            raise NotAllowed("this link was used before, or is older than a minute: press Enter in the terminal")
        log.info("a session has begun from %s", address)
        return token

    def is_open(self, authorization: str, address: str) -> bool:
        """Tell whether a request carries the session's token."""
        with self._lock:
            return may_enter(self._gate, authorization, address, self._mono())
