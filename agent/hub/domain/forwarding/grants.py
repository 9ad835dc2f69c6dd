"""Decides for which sites a lower hub may vouch, and which of its reports count. Pure.

People at the upper hub grant a lower hub divisions. It vouches for a site that lies in one of them and that nobody else
has bound: neither a person or an enrollment here, nor another lower hub. What a site signs under such a voucher counts
as long as the division that the report names, if it names one, is granted too.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from agent.contract.jwk import PublicKey
from agent.contract.voucher import Voucher
from agent.hub.domain.rows.places import DIVISION
from agent.hub.domain.scope import is_below
from agent.verify.bindings import Binding

Refusal = Literal["", "grant-revoked", "division", "another-hub", "bound-here", "key-of-another-site", "old-voucher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LowerHub:
    """A hub that may forward to this one. `divisions`: codes, each for all below it; `revoked_at` empty: it may."""

    name: str
    key: PublicKey = field(repr=False)
    divisions: tuple[str, ...]
    added_at: str
    added_by: str
    why: str
    revoked_at: str = ""

    def grants(self, division: str) -> bool:
        """Return whether a division is granted to it."""
        return bool(DIVISION.fullmatch(division)) and any(is_below(division, above) for above in self.divisions)


@dataclass(frozen=True, slots=True)
class Vouched:
    """What counts of a site: the kid of the hub that vouches for it, its division by that, the voucher's number."""

    hub: str
    division: str
    number: int


def judge_voucher(
    voucher: Voucher, hub: LowerHub, before: Vouched | None, bound: Iterable[Binding], others: Iterable[Binding]
) -> Refusal:
    """Return why a voucher does not count; empty: it does.

    Args:
        voucher: Verified: `hub` has signed it.
        hub: As people here know it.
        before: The voucher that stands for this site.
        bound: Every binding of this site.
        others: The bindings of the keys that the voucher names.
    """
    if hub.revoked_at:
        return "grant-revoked"
    if not hub.grants(voucher.division):
        return "division"
    if before is not None and before.hub != hub.key.kid:
        return "another-hub"
    if before is None and any(one.by in ("person", "enrollment") for one in bound):
        return "bound-here"  # by a hub alone: the database that had the voucher was lost
    if any(one.site != voucher.site for one in others):
        return "key-of-another-site"
    if before is not None and voucher.number < before.number:
        return "old-voucher"
    return ""


def is_foreign(hub: LowerHub, division: object) -> bool:
    """Return whether a report under a voucher names a division that is not granted; one that names none does not."""
    return isinstance(division, str) and division != "" and not hub.grants(division)
