"""Counts what came in another order than it was sent: what `order_breaks` of `cluster_faults` rests on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

Place = tuple[str, str, int]
"""Site, stream, number."""


def order_breaks(stored: Iterable[Place], sent: Mapping[Place, int]) -> int:
    """Return how many reports, in the order in which the hub stored them, are behind a later one of their stream.

    Not those that their site itself sent behind it: after a while without a broker it sends what is fresh first.
    `sent`: the how-manieth of its site's sendings each was.
    """
    breaks, newest = 0, Counter[tuple[str, str]]()
    before: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for site, stream, seq in stored:
        key, number = (site, stream), sent[site, stream, seq]
        breaks += seq < newest[key] and any(one > seq and other > number for one, other in before[key])
        newest[key] = max(newest[key], seq)
        before[key].append((seq, number))
    return breaks
