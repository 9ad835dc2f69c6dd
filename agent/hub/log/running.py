"""Runs the log within the hub: appends, publishes receipts, and never holds up what the hub does besides.

A receipt is of the newest health report of a site, which names the heads of all its chains. It is retained, and proves
that the log continues what that very report says that the site holds: one that is lost costs nothing, for the next one
proves the same again.

Where the log cannot go on (its disk is full, `hub.db` was restored), that is told once, `log-waits`, and tried again;
reports are received and confirmed all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.contract.signing_keys import Signer
from agent.deliver.publish.messages import Message
from agent.hub.log.messages import messages_of
from agent.hub.log.sequencer import AT_ONCE, append
from agent.hub.ports.log import LogStore
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_log
from agent.model.errors import AgentError
from agent.model.finding import Json

LOOK_S: Final = 50.0
"""A receipt is with its site within a minute of the report."""

_MORE_S: Final = 1.0

Event = dict[str, Json]
Tell = Callable[[Event], None]


@dataclass(slots=True)
class RunningLog:
    """The log of the hub in `directory`, opened at the first look."""

    directory: Path
    signer: Signer
    look_at_s: float = 0.0
    trouble: str = ""
    log: LogStore | None = None

    def look(self, store: Store, publish: Callable[[Message], object], now: datetime, now_s: float, tell: Tell) -> None:
        """Append what was accepted since the last look where it is time to; `now_s` is monotonic.

        Raises:
            OSError: The connection is gone: what was appended is told with what comes next.
        """
        if now_s < self.look_at_s:
            return
        self.look_at_s = now_s + LOOK_S
        try:
            if self.log is None:
                self.log = open_log(self.directory)
            state, entries = append(self.log, store, self.signer, now)
            is_behind = len(entries) == AT_ONCE  # of old reports; what is told then is of use to nobody
            messages = [] if is_behind else list(messages_of(self.log, state, entries))
        except AgentError as error:
            self._wait(str(error), tell)
            return
        except (ValueError, LookupError, TypeError) as error:  # log.db was damaged in a way that no check knows
            self._wait(f"log.db: damaged ({type(error).__name__}); restore it from a backup", tell)
            return
        if self.trouble:
            self.trouble = ""
            tell({"event": "log-works"})
        if is_behind:
            self.look_at_s = now_s + _MORE_S
        for message in messages:
            publish(message)
        if entries:
            tell({"event": "logged", "entries": len(entries), "size": state.size})

    def _wait(self, why: str, tell: Tell) -> None:
        if self.trouble != why:
            self.trouble = why
            tell({"event": "log-waits", "why": why})

    def close(self) -> None:
        """Close the log's file, if a look has opened it."""
        if self.log is not None:
            self.log.close()
