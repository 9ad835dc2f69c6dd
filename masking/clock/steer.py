"""Schedules looks at moments when a clock shows digits that were not seen yet. Pure; no numpy.

Looks at quarters of an hour would show 00, 15, 30 and 45 for ever. What teaches are the minutes, in which each digit
must be seen some times; and an hour of the afternoon, which tells 24 hours from 12.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from masking.clock.digits import DAY_S, HALF_DAY_S, digits_of

_CELLS: Final = (1, 2, 3)
"""Ones of the hour, and both digits of the minute: those of the second come by chance."""
MINUTE_S: Final = 60


def teaches(shown_s: Sequence[int], second: int) -> float:
    """Return how much a look at a second of the day would teach beside looks at others: more for digits seen less."""
    seen = Counter((cell, digits_of(at, False)[cell]) for at in shown_s for cell in _CELLS)
    own = digits_of(second, False)
    digits = sum(1 / (1 + seen[cell, own[cell]]) for cell in _CELLS)
    halves = Counter(at % DAY_S >= HALF_DAY_S for at in shown_s)
    return digits + 0.5 / (1 + halves[second % DAY_S >= HALF_DAY_S])


def best_moment(shown_s: Sequence[int], first: int, period_s: int) -> int:
    """Return the second within a period from `first` on at which a look teaches most; the earliest of equal ones.

    It lies in the middle of a minute, so that a clock that is two seconds off still shows it.
    """
    begin = first - first % MINUTE_S + MINUTE_S // 2
    moments = [at for at in range(begin, first + max(period_s, 1), MINUTE_S) if at >= first]
    return max(moments, key=lambda at: (teaches(shown_s, at), -at), default=first)
