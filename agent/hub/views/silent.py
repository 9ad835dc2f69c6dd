"""Classifies sites that are silent: kind, since when, and the next step. Pure.

    revoked          every key of it was revoked here, or has ended: nothing of it is taken
    never-enrolled   it sends, but nobody vouches for its key; or a key is trusted, but nothing of its site ever came
    not-started      it was enrolled, and its service has not run yet: no health report ever came
    offline          it ended its connection, or the broker published its will
    wedged           it is connected, but no health report came for two whole periods past the time when one was due
    late             no health report came by the time it was due, and half a period more

Decides by what has arrived here and when, on the hub's own clock: a site's clock may be wrong. `next_due_at` is used as
a duration, from the moment at which the site wrote it. A site whose reports are carried here as files is late when no
batch came for a week.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from agent.hub.domain.rows.sites import SiteRow, WaitingRow
from agent.verify.bindings import Binding, Trust

Kind = Literal["revoked", "never-enrolled", "not-started", "offline", "wedged", "late"]

KINDS: Final[tuple[Kind, ...]] = ("revoked", "never-enrolled", "not-started", "offline", "wedged", "late")

TOLERANCE_LEAST: Final = timedelta(minutes=1)
PERIOD_MOST: Final = timedelta(days=1)
"""No site reports less often: a period beyond it is not believed."""

BATCH_WITHIN: Final = timedelta(days=7)

NO_HEALTH_WITHIN: Final = timedelta(hours=1)
"""A site that has never sent a health report is late after so long."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A silent site. `why` is a word: the exact case; `kid` names the key that it is about, if any."""

    site: str
    city: str
    kind: Kind
    why: str
    since: datetime
    kid: str = ""


def silent_sites(
    sites: Iterable[SiteRow], waiting: Iterable[WaitingRow], trust: Trust, now: datetime
) -> tuple[Silent, ...]:
    """Return the silent sites, by kind and duration, of those that sent a verified message or wait for trust."""
    known: Mapping[str, SiteRow] = {row.site: row for row in sites}
    bound: dict[str, list[Binding]] = defaultdict(list)
    for one in trust.bindings.values():
        bound[one.site].append(one)
    judged = ((_refused(row, bound[row.site], now) or _contained(row, now)) for row in known.values())
    found = [silent for silent in judged if silent is not None]
    told = {silent.site for silent in found}
    for row in waiting:
        if row.site and row.site not in known and trust.decide(row.site, row.kid) in ("unknown-key", "trusted"):
            why = "untrusted-key" if trust.decide(row.site, row.kid) == "unknown-key" else "key-not-shown"
            found.append(Silent(row.site, "", "never-enrolled", why, datetime.fromisoformat(row.since), row.kid))
            told.add(row.site)
    for binding in trust.bindings.values():
        if binding.site not in known and binding.site not in told and not binding.revoked_at:
            added_at = datetime.fromisoformat(binding.added_at)
            kind: Kind = "not-started" if binding.by == "enrollment" else "never-enrolled"
            why = "not-started" if binding.by == "enrollment" else "never-sent"
            found.append(Silent(binding.site, "", kind, why, added_at, binding.kid))
            told.add(binding.site)
    return tuple(sorted(found, key=lambda silent: (KINDS.index(silent.kind), silent.since, silent.site)))


def standing(row: SiteRow, bindings: Iterable[Binding], now: datetime) -> Kind | None:
    """Return `revoked` or `not-started` where one of them is what a site is, before anything that its state says."""
    if (refused := _refused(row, bindings, now)) is not None:
        return refused.kind
    return "not-started" if _never_ran(row) else None


def _refused(row: SiteRow, bindings: Iterable[Binding], now: datetime) -> Silent | None:
    """Return a site of which this hub takes no key any more."""
    ended = [
        (one.revoked_at or one.until, "revoked-key" if one.revoked_at else "expired-key", one.kid)
        for one in bindings
        if one.rotated is None  # else another key speaks for the site
    ]
    if not ended or any(not at or (why == "expired-key" and now <= datetime.fromisoformat(at)) for at, why, _ in ended):
        return None
    at, why, kid = max(ended)
    return Silent(row.site, row.city, "revoked", why, datetime.fromisoformat(at), kid)


def _never_ran(row: SiteRow) -> bool:
    """Return whether a site has said goodbye without ever having reported its health, as an enrollment does."""
    return not row.health_at and row.status == "disconnected"


def _contained(row: SiteRow, now: datetime) -> Silent | None:
    """Judge one site; one that cannot be judged is listed as late: nobody knows that it is well."""
    try:
        return _judge(row, now)
    except (ValueError, TypeError, OverflowError):
        return Silent(row.site, row.city, "late", "not-shown", now, row.kid)


def _judge(row: SiteRow, now: datetime) -> Silent | None:
    state_at = datetime.fromisoformat(row.state_at)
    if row.confirm == "file":
        arrived_at = datetime.fromisoformat(row.arrived_at or row.state_at)
        late = now - arrived_at > BATCH_WITHIN
        return Silent(row.site, row.city, "late", "no-batch", arrived_at + BATCH_WITHIN, row.kid) if late else None
    if _never_ran(row):
        return Silent(row.site, row.city, "not-started", "not-started", state_at, row.kid)
    if row.status in ("lost", "disconnected"):
        return Silent(row.site, row.city, "offline", row.status, state_at, row.kid)
    if not row.health_at:
        if now - state_at <= NO_HEALTH_WITHIN:
            return None
        kind: Kind = "wedged" if row.status == "ready" else "late"
        return Silent(row.site, row.city, kind, "no-health-yet", state_at, row.kid)
    health_at, period = datetime.fromisoformat(row.health_at), _period(row)
    due = health_at + period
    if now <= due + max(period / 2, TOLERANCE_LEAST):
        return None
    # A broker speaks the will of a site whose connection is gone: so this one's agent is connected, and does not look.
    if row.status == "ready" and now > due + 2 * period:
        return Silent(row.site, row.city, "wedged", "no-health", due, row.kid)
    return Silent(row.site, row.city, "late", "no-health", due, row.kid)


def _period(row: SiteRow) -> timedelta:
    """Return the site's own period until its next health report, within bounds."""
    try:
        period = datetime.fromisoformat(row.next_due_at) - datetime.fromisoformat(row.health_made_at)
    except (ValueError, TypeError, OverflowError):
        return PERIOD_MOST
    return min(max(period, TOLERANCE_LEAST), PERIOD_MOST)
