"""Runs the log within the hub: appends every half minute, and never holds up or ends what the hub does besides.

Where the log cannot go on (its disk is full, `hub.db` was restored), that is told once, `log-waits`, and tried again;
reports are received and confirmed all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.contract.signing_keys import Signer
from agent.hub.log.sequencer import AT_ONCE, append
from agent.hub.log.store import LogStore
from agent.hub.stores.store import Store
from agent.model.errors import AgentError
from agent.model.finding import Json

LOOK_S: Final = 30.0
_MORE_S: Final = 1.0

Event = dict[str, Json]


@dataclass(slots=True)
class RunningLog:
    """The log of the hub in `directory`, opened at the first look."""

    directory: Path
    signer: Signer
    look_at_s: float = 0.0
    trouble: str = ""
    log: LogStore | None = None

    def look(self, store: Store, now: datetime, now_s: float, tell: Callable[[Event], None]) -> None:
        """Append what was accepted since the last look where it is time to; `now_s` is monotonic. Raises nothing."""
        if now_s < self.look_at_s:
            return
        self.look_at_s = now_s + LOOK_S
        try:
            if self.log is None:
                self.log = LogStore(self.directory)
            state, entries = append(self.log, store, self.signer, now)
        except AgentError as error:
            if self.trouble != str(error):
                self.trouble = str(error)
                tell({"event": "log-waits", "why": self.trouble})
            return
        if self.trouble:
            self.trouble = ""
            tell({"event": "log-works"})
        if len(entries) == AT_ONCE:
            self.look_at_s = now_s + _MORE_S
        if entries:
            tell({"event": "logged", "entries": len(entries), "size": state.size})
