"""Caches what the open transaction has read or written already.

Only the store's own transaction changes the tables meanwhile (`BEGIN IMMEDIATE`): what was so stays so until a writer
of the same transaction says otherwise here. The store clears it at the end. Decides nothing.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Within:
    """What is known within a transaction.

    `met`: epochs that the tables have. `connected`: sites of which a health report of this epoch has taken a goodbye
    back, or found none. `no_refused_key`: sites of which no key is stored as refused. `waiting`: how many messages of
    a site wait for a key, and their bytes. `divisions`: those that a site has told, stored or too many. `log_sizes`:
    how much of the log a site holds, to be written at the end.
    """

    met: set[tuple[str, str]] = field(default_factory=set)
    connected: dict[str, str] = field(default_factory=dict)
    no_refused_key: set[str] = field(default_factory=set)
    waiting: dict[str, tuple[int, int]] = field(default_factory=dict)
    divisions: set[tuple[str, str]] = field(default_factory=set)
    log_sizes: dict[str, int] = field(default_factory=dict)

    def clear(self) -> None:
        """Drop everything: the transaction is over, or was rolled back."""
        for held in (self.met, self.connected, self.no_refused_key, self.waiting, self.divisions, self.log_sizes):
            held.clear()
