"""Caches what the open transaction has read or written already, or will write at its end.

Only the store's own transaction changes these rows meanwhile: what was so stays so until a writer of the same
transaction says otherwise here. The store clears it at the end. Decides nothing.
"""

from dataclasses import dataclass, field, fields


@dataclass(slots=True, kw_only=True)
class Within:
    """What is known within a transaction.

    `met`: epochs that the tables have. `lives`: city and epoch of sites. `connected`: sites of which a health report of
    this epoch has taken a goodbye back, or found none. `no_refused_key`, `no_refused`: sites of which no key, or no
    report, is stored as refused. `waiting`: how many messages of a site wait for a key, and their bytes. `divisions`:
    those that a site has told, stored or too many. `ack_nos`: the number of the last watermark of sites.

    To be written at the end: `new_ack_nos`; `log_sizes`: how much of the log a site holds; `days`: of what, day, site
    and epoch, number of the report and figures.
    """

    met: set[tuple[str, str]] = field(default_factory=set)
    lives: dict[str, tuple[str, str]] = field(default_factory=dict)
    connected: dict[str, str] = field(default_factory=dict)
    no_refused_key: set[str] = field(default_factory=set)
    no_refused: set[str] = field(default_factory=set)
    waiting: dict[str, tuple[int, int]] = field(default_factory=dict)
    divisions: set[tuple[str, str]] = field(default_factory=set)
    ack_nos: dict[str, int] = field(default_factory=dict)
    new_ack_nos: dict[str, int] = field(default_factory=dict)
    log_sizes: dict[str, int] = field(default_factory=dict)
    days: dict[tuple[str, str, str, str], tuple[int, str]] = field(default_factory=dict)

    def clear(self) -> None:
        """Drop everything: the transaction is over, or was rolled back."""
        for one in fields(self):
            getattr(self, one.name).clear()
