"""Decides whether a check is due at this site, or a rule exempts it. Pure.

The only place that decides it, for every check. Exemptions are `when` in the packs: Order 799 article 9(2) exempts
other public places from the mandatory parts of articles 11, 14, 15, 16(2) and 17, and article 33 those that are not
public. A check with several rules is due as long as one of them binds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from agent.model.finding import Message
from agent.site.config.site import Site
from agent.site.declarations.standing import standing, waits_or_fails
from agent.site.declarations.table import BY_ID, Condition, counts_in
from agent.site.declarations.words import duty_word
from agent.site.rules.pack import Obligation, in_effect


@dataclass(frozen=True, slots=True)
class Due:
    """Whether a check is due (None: a declaration is missing), `why` not, and the `rules` that bind."""

    is_due: bool | None
    why: Message | None = None
    rules: tuple[str, ...] = ()


BINDS = Due(True)


def due(site: Site, check: str, today: date) -> Due:
    """Return whether a check is due at the site.

    Only packs in force bind: standards that no law makes binding neither exempt a site nor bind it. Conditions on
    single cameras are left to the check. A fact outside the site's profile that nobody declared counts as false.
    """
    binding = list(_binding(site, check, today))
    if not binding:
        return BINDS
    told = [_holds(site, one, today) for _, one in binding]
    if any(holds is True for holds, _ in told):
        return BINDS
    names = tuple(name for name, _ in binding)
    waits = [why for holds, why in told if holds is None]
    return Due(None, waits[0], names) if waits else Due(False, told[0][1], names)


def _binding(site: Site, check: str, today: date) -> Iterator[tuple[str, Obligation]]:
    for pack in site.packs:
        if pack.status == "in-force":
            yield from ((name, one) for name, one in pack.by_check.get(check, ()) if in_effect(one, today))


def _holds(site: Site, one: Obligation, today: date) -> tuple[bool | None, Message | None]:
    conditions = tuple(when for when in one.when if BY_ID[when.duty].scope == "site")
    open_ = tuple(when for when in conditions if _is_unasked(site, when, today))
    if open_:
        return False, Message("{duty} is not declared", {"duty": duty_word(open_[0].duty)})
    return waits_or_fails(site, conditions, today)


def _is_unasked(site: Site, when: Condition, today: date) -> bool:
    return not counts_in(BY_ID[when.duty], site.rules.profile) and standing(site, when.duty, today).state == "missing"
