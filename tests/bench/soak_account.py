"""What became of every report that the soak's agent had committed: the journal against the hub's databases. Reads only.

A report is accounted for if the hub

- has it verified, byte for byte (by its digest), or has had it in a database that was then lost; or
- has a verified signed gap record that names its epoch, stream and number; or
- has a verified event that says that the spool it was in was damaged and set aside (`spool-corrupt`): the bytes are
  gone from the disk, and the new epoch says so. Not where the agent had seen it confirmed before.

Anything else is lost. `confirmed-before`, which a hub without its database writes by itself, does not count: what it
covers must be in a lost database.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

HUBS_OWN_WORD: Final = "confirmed-before"


@dataclass(slots=True)
class Hubs:
    """What the hub has now (`present`) and what it ever had."""

    present: set[str] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)
    gaps: list[tuple[str, str, int, int]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def read(self, path: Path, present: bool) -> None:
        """Read a database, the present one or a lost one."""
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)
        try:
            digests = {digest for (digest,) in connection.execute("SELECT digest FROM report")}
            self.ever |= digests
            if present:
                self.present = digests
            for epoch, stream, first, last, reason in connection.execute(
                "SELECT epoch, stream, from_seq, to_seq, reason FROM gap"
            ):
                self.reasons[reason] += 1
                if reason != HUBS_OWN_WORD:
                    self.gaps.append((epoch, stream, first, last))
            for name, number in connection.execute("SELECT name, sum(n) FROM count GROUP BY name"):
                self.counts[name] += number
        finally:
            connection.close()


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the lines of the journal; a last one that a kill has cut was not said."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def account(journal: Iterable[dict[str, Any]], hubs: Hubs) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Return how many reports are where, and the lost ones."""
    lines = list(journal)
    lives = [list(life) for _, life in itertools.groupby(lines, key=lambda line: line["epoch"])]
    named: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for epoch, stream, first, last in hubs.gaps:
        named.setdefault((epoch, stream), []).append((first, last))
    where: Counter[str] = Counter(epochs=len({line["epoch"] for line in lines}), lives=len(lives))
    lost = []
    for life, damaged in zip(lives, _damaged(lives, hubs), strict=True):
        confirmed = _confirmed(life)
        for line in life:
            runs = named.get((line["epoch"], line["stream"]), ())
            if line["digest"] in hubs.present:
                where["verified"] += 1
            elif line["digest"] in hubs.ever:
                where["verified_before_the_hub_lost_its_database"] += 1
            elif any(first <= line["seq"] <= last for first, last in runs):
                where["named_in_a_gap_record"] += 1
            elif damaged and line["seq"] > confirmed[line["stream"]]:
                where["in_a_damaged_spool_that_an_event_tells_of"] += 1
            else:
                lost.append(line)
    return where, lost


def _confirmed(life: Iterable[dict[str, Any]]) -> Counter[str]:
    """Return how far the agent saw each stream confirmed in one life of its spool."""
    confirmed: Counter[str] = Counter()
    for line in life:
        for stream, seq in line.get("confirmed", {}).items():
            confirmed[stream] = max(seq, confirmed[stream])
    return confirmed


def _damaged(lives: list[list[dict[str, Any]]], hubs: Hubs) -> list[bool]:
    """Say of each life whether a verified event of the next tells its end; one that was itself destroyed counts as it.

    An epoch may have several lives: an older copy of its spool was put in place after another epoch had begun.
    """
    damaged: list[bool] = [False] * len(lives)
    for number in range(len(lives) - 2, -1, -1):
        told = [line["digest"] for line in lives[number + 1] if line.get("told") == "spool-corrupt"]
        damaged[number] = bool(hubs.ever.intersection(told)) or (bool(told) and damaged[number + 1])
    return damaged
