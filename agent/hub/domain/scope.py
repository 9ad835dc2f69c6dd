"""Decides which sites and findings a person of the hub may see: those of divisions, operators or maintainers. Pure.

A person who is bound sees what any of the bindings names, and nothing else; whoever is bound to nothing sees everything
or nothing, as the role says. So a binding that was forgotten opens nothing. `agent/hub/stores/reading/scoped.py` has
the same as conditions of queries.

Source: GB/T 2260 (codes of divisions: two digits for each level).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

DIVISION_CHARS: Final = 6


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen: everything, or what lies in one of these; as it is made, nothing.

    `divisions`: codes; one with zeros at its end stands for all below it. `operators`: names of who operates a site.
    `maintainers`: names of whom cameras are maintained by, or findings assigned to.
    """

    divisions: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    maintainers: tuple[str, ...] = ()
    everything: bool = False


EVERYTHING: Final = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class SitePlace:
    """Where a site belongs; empty: nobody has said. `maintainers`: of its open findings, and who is to mend them.

    `divisions`: the one that people at the hub said, else every one that the site told: its own word takes it from
    nobody's sight.
    """

    divisions: Collection[str] = ()
    operator: str = ""
    maintainers: Collection[str] = ()


def allowed(scope: Scope, site: SitePlace) -> bool:
    """Return whether a site may be seen."""
    return (
        scope.everything
        or any(is_below(division, one) for division in site.divisions for one in scope.divisions)
        or (bool(site.operator) and site.operator in scope.operators)
        or any(one in scope.maintainers for one in site.maintainers if one)
    )


def is_within(inner: Scope, outer: Scope) -> bool:
    """Return whether all that one scope names may be seen in another one, by its names alone."""
    if outer.everything:
        return True
    return not inner.everything and all((
        all(any(is_below(one, above) for above in outer.divisions) for one in inner.divisions),
        set(inner.operators) <= set(outer.operators),
        set(inner.maintainers) <= set(outer.maintainers),
    ))  # fmt: skip


def is_below(division: str, above: str) -> bool:
    """Return whether a division is another one, or below it; none where one of them is unknown."""
    low, high = below(above)
    return bool(division and above) and low <= division < high


def below(division: str) -> tuple[str, str]:
    """Return between which codes a division and all below it lie, the second one not included."""
    if not division:
        return "", "\U0010ffff"
    start = division.rstrip("0") if len(division) == DIVISION_CHARS else division
    start += "0" * (len(start) % 2)  # a code has two digits for each level: 140200 is 14 02
    return start, f"{start}:"  # the colon comes behind the digit 9
